//! LDAP over TCP: messages that say their own length, several answers to one of them, and a connection that remembers who
//! bound.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use kdc_sim::ldap::{Answer, LdapSession, message_length};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A service that answers one message of a connection.
pub(crate) type AnswerLdap = Arc<dyn Fn(&mut LdapSession, &[u8]) -> Answer + Send + Sync>;

/// How long a connection may stay silent (InitRecvTimeout and MaxConnIdleTime are longer; nobody waits for them here).
const IDLE: Duration = Duration::from_secs(120);

/// Connections served at once; more wait in the listener's backlog.
const CONNECTIONS_MAX: usize = 256;

/// Serves connections until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, answer: AnswerLdap) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let answer = Arc::clone(&answer);
                tokio::spawn(async move {
                    if let Err(error) = serve_connection(stream, &answer).await {
                        tracing::debug!(%error, %peer, "LDAP connection ended");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                // out of file descriptors: wait for connections to end instead of spinning
                tracing::warn!(%error, "LDAP connection not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve_connection(mut stream: TcpStream, answer: &AnswerLdap) -> io::Result<()> {
    stream.set_nodelay(true)?;
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
