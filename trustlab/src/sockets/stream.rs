//! TCP with the framing of RFC 4120 section 7.2.2: a length of four octets, then the message.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Answer;

/// The largest message a service reads. A ticket with a thousand groups stays well below it.
pub(crate) const MESSAGE_BYTES_MAX: u32 = 128 * 1024;

/// How long a connection may stay silent, within a message or between two.
const IDLE: Duration = Duration::from_secs(30);

/// Connections served at once; more wait in the listener's backlog.
const CONNECTIONS_MAX: usize = 1024;

/// Serves framed messages until the task is dropped.
///
/// `too_long` is the reply to a length above [`MESSAGE_BYTES_MAX`] or with the reserved high bit; the connection is
/// closed after it, because nothing that follows can be told apart from the message.
pub(crate) async fn serve(listener: TcpListener, answer: Answer, too_long: Vec<u8>) {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let too_long: Arc<[u8]> = too_long.into();
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let (answer, too_long) = (Arc::clone(&answer), Arc::clone(&too_long));
                tokio::spawn(async move {
                    if let Err(error) = serve_connection(stream, &answer, &too_long).await {
                        tracing::debug!(%error, %peer, "connection ended");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                // out of file descriptors: wait for connections to end instead of spinning
                tracing::warn!(%error, "connection not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn serve_connection(mut stream: TcpStream, answer: &Answer, too_long: &[u8]) -> io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let request = match timeout(IDLE, read_message(&mut stream)).await {
            Ok(Ok(request)) => request,
            Ok(Err(ReadMessage::TooLong(length))) => {
                write_message(&mut stream, too_long).await?;
                tracing::debug!(length, "message too long");
                return Ok(());
            }
            Ok(Err(ReadMessage::Io(error))) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Ok(Err(ReadMessage::Io(error))) => return Err(error),
            Err(_elapsed) => return Ok(()),
        };
        match answer(&request) {
            Some(reply) => write_message(&mut stream, &reply).await?,
            None => return Ok(()),
        }
    }
}

/// Why no message could be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadMessage {
    /// The announced length is above the limit or has the reserved bit.
    #[error("a message of {0} octets was announced, at most {MESSAGE_BYTES_MAX} are read")]
    TooLong(u32),
    /// The connection failed or ended.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads one framed message.
pub(crate) async fn read_message(stream: &mut TcpStream) -> Result<Vec<u8>, ReadMessage> {
    let length = stream.read_u32().await?;
    if length > MESSAGE_BYTES_MAX {
        return Err(ReadMessage::TooLong(length));
    }
    // grows as octets arrive: an announced length costs nothing
    let mut message = Vec::new();
    let read = stream.take(length.into()).read_to_end(&mut message).await?;
    if read < length as usize {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(message)
}

/// Writes one framed message.
pub(crate) async fn write_message(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    // one segment: a length alone would wait for the peer's acknowledgement
    let mut framed = Vec::with_capacity(4 + message.len());
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(message);
    stream.write_all(&framed).await
}
