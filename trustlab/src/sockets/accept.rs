//! Accepting TCP connections, whatever is spoken over them.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Serves connections until the task is dropped, `most` of them at once; more wait in the listener's backlog.
pub(super) async fn accept<S, F>(listener: TcpListener, most: usize, protocol: &'static str, serve: S)
where
    S: Fn(TcpStream) -> F,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let connections = Arc::new(Semaphore::new(most));
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let served = stream.set_nodelay(true).map(|()| serve(stream));
                tokio::spawn(async move {
                    let ended = match served {
                        Ok(serving) => serving.await,
                        Err(error) => Err(error),
                    };
                    if let Err(error) = ended {
                        tracing::debug!(%error, %peer, protocol, "connection ended");
                    }
                    drop(permit);
                });
            }
            Err(error) => {
                // out of file descriptors: wait for connections to end instead of spinning
                tracing::warn!(%error, protocol, "connection not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
