//! TCP with the framing of RFC 4120 section 7.2.2: a length of four octets, then the message.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use kdc_sim::{FrameError, StreamDecoder, frame};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::Answer;
use super::accept::accept;

/// How long a connection may stay silent, within a message or between two.
const IDLE: Duration = Duration::from_secs(30);

/// Connections served at once; more wait in the listener's backlog.
const CONNECTIONS_MAX: usize = 1024;

/// Serves framed messages until the task is dropped.
///
/// `too_long` is the reply to a length above [`StreamDecoder::DEFAULT_LIMIT`] or with the reserved high bit; the
/// connection is closed after it, because nothing that follows can be told apart from the message.
pub(crate) async fn serve(listener: TcpListener, answer: Answer, too_long: Vec<u8>) {
    let too_long: Arc<[u8]> = too_long.into();
    accept(listener, CONNECTIONS_MAX, "Kerberos", |stream| {
        serve_connection(stream, Arc::clone(&answer), Arc::clone(&too_long))
    })
    .await;
}

async fn serve_connection(stream: TcpStream, answer: Answer, too_long: Arc<[u8]>) -> io::Result<()> {
    let peer = stream.peer_addr()?;
    let mut connection = Framed::new(stream);
    loop {
        let request = match timeout(IDLE, connection.read()).await {
            Ok(Ok(request)) => request,
            Ok(Err(ReadMessage::Frame(error))) => {
                connection.write(&too_long).await?;
                tracing::debug!(%error, "message too long");
                return Ok(());
            }
            Ok(Err(ReadMessage::Io(error))) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Ok(Err(ReadMessage::Io(error))) => return Err(error),
            Err(_elapsed) => return Ok(()),
        };
        match answer(peer, &request) {
            Some(reply) => connection.write(&reply).await?,
            None => return Ok(()),
        }
    }
}

/// A connection that carries framed messages. What arrived behind a message waits here until the next is read.
pub(crate) struct Framed {
    stream: TcpStream,
    decoder: StreamDecoder,
    arriving: Box<[u8]>,
}

/// Why no message could be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadMessage {
    /// The announced length is above the limit or has the reserved bit.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The connection failed or ended.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Framed {
    /// Room for most requests and replies, so that one read gets all of one.
    const READ_BYTES: usize = 8 * 1024;

    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            decoder: StreamDecoder::default(),
            arriving: vec![0; Self::READ_BYTES].into(),
        }
    }

    /// Reads one message. It may be given up at any time: what has arrived is kept.
    pub(crate) async fn read(&mut self) -> Result<Vec<u8>, ReadMessage> {
        loop {
            if let Some(message) = self.decoder.next_message()? {
                return Ok(message);
            }
            let length = self.stream.read(&mut self.arriving).await?;
            if length == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            self.decoder.push(self.arriving.get(..length).unwrap_or_default());
        }
    }

    /// Writes one message.
    pub(crate) async fn write(&mut self, message: &[u8]) -> io::Result<()> {
        let too_long = || io::Error::other("a message of more than 2 GiB");
        // one segment: a length alone would wait for the peer's acknowledgement
        self.stream.write_all(&frame(message).ok_or_else(too_long)?).await
    }
}
