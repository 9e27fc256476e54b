//! LDAP over TCP: messages that say their own length, several answers to one of them, and a connection that remembers who
//! bound.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use kdc_sim::ldap::{Answer, LdapSession, message_length};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::accept::accept;

/// A service that answers one message of a connection.
pub(crate) type AnswerLdap = Arc<dyn Fn(&mut LdapSession, &[u8]) -> Answer + Send + Sync>;

/// How long a connection may stay silent (InitRecvTimeout and MaxConnIdleTime are longer; nobody waits for them here).
const IDLE: Duration = Duration::from_secs(120);

/// Connections served at once; more wait in the listener's backlog.
const CONNECTIONS_MAX: usize = 256;

/// Serves connections until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, answer: AnswerLdap) {
    accept(listener, CONNECTIONS_MAX, "LDAP", |stream| {
        serve_connection(stream, Arc::clone(&answer))
    })
    .await;
}

async fn serve_connection(mut stream: TcpStream, answer: AnswerLdap) -> io::Result<()> {
    let mut session = LdapSession::default();
    let mut received = Vec::new();
    loop {
        let Ok(read) = timeout(IDLE, read_message(&mut stream, &mut received)).await else {
            return Ok(());
        };
        // what is no message gets the notice of disconnection that the core has for it
        let message = match read? {
            Read::End => return Ok(()),
            Read::Message(message) => message,
            Read::Unreadable => std::mem::take(&mut received),
        };
        let answered = answer(&mut session, &message);
        stream.write_all(&answered.messages.concat()).await?;
        if answered.close {
            return stream.shutdown().await;
        }
    }
}

enum Read {
    Message(Vec<u8>),
    Unreadable,
    End,
}

/// The next message; what follows it stays in `received`.
async fn read_message(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<Read> {
    loop {
        match message_length(received) {
            Ok(Some(length)) if received.len() >= length => {
                let rest = received.split_off(length);
                return Ok(Read::Message(std::mem::replace(received, rest)));
            }
            Ok(_) => {}
            Err(_) => return Ok(Read::Unreadable),
        }
        if stream.read_buf(received).await? == 0 {
            return Ok(Read::End);
        }
    }
}
