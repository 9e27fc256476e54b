//! HTTPS, and HTTP in clear: a server around a core that maps requests to responses, and the client of the lab's own devices.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::AnswerHttp;
use super::accept::accept;

/// The largest body a service reads; a PRT request is below 16 KiB.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// How long a client may take for its hand-shake, for the head of a request and for its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections served at once.
const CONNECTIONS_MAX: usize = 1024;

/// Serves HTTPS until the task is dropped.
pub(crate) async fn serve(listener: TcpListener, tls: Arc<rustls::ServerConfig>, answer: AnswerHttp) {
    let acceptor = TlsAcceptor::from(tls);
    accept(listener, CONNECTIONS_MAX, "HTTPS", |stream| {
        serve_connection(stream, acceptor.clone(), Arc::clone(&answer))
    })
    .await;
}

async fn serve_connection(stream: TcpStream, acceptor: TlsAcceptor, answer: AnswerHttp) -> io::Result<()> {
    let peer = stream.peer_addr()?;
    let stream = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await??;
    speak(stream, peer, answer).await
}

/// Serves HTTP in clear until the task is dropped.
pub(crate) async fn serve_in_clear(listener: TcpListener, answer: AnswerHttp) {
    accept(listener, CONNECTIONS_MAX, "HTTP", |stream| {
        let answer = Arc::clone(&answer);
        async move {
            let peer = stream.peer_addr()?;
            speak(stream, peer, answer).await
        }
    })
    .await;
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    answer: AnswerHttp,
) -> io::Result<()> {
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = Arc::clone(&answer);
        async move { Ok::<_, Infallible>(respond(peer, request, &answer).await) }
    });
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await
        .map_err(io::Error::other)
}

async fn respond(peer: SocketAddr, request: Request<Incoming>, answer: &AnswerHttp) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    match read(body, PATIENCE).await {
        Ok(body) => answer(peer, Request::from_parts(head, body.to_vec())).map(|body| Full::new(body.into())),
        Err((status, why)) => {
            let mut refusal = Response::new(Full::new(Bytes::from_static(why)));
            *refusal.status_mut() = status;
            refusal
        }
    }
}

/// The body of a request, or what a client is told whose body is too long or too slow.
async fn read<B>(body: B, patience: Duration) -> Result<Bytes, (StatusCode, &'static [u8])>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let whole = Limited::new(body, BODY_BYTES_MAX).collect();
    match tokio::time::timeout(patience, whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) => {
            tracing::debug!(%error, "request body not read");
            Err((StatusCode::PAYLOAD_TOO_LARGE, b"request body too large or cut\n"))
        }
        Err(_elapsed) => Err((StatusCode::REQUEST_TIMEOUT, b"request body too slow\n")),
    }
}

/// A connection for one request.
///
/// # Errors
/// Nobody listens at `address`.
pub(crate) async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Sends one request and verifies the server's certificate for the request's host.
///
/// # Errors
/// An [`io::Error`] when the request has no host, the connection or its TLS fails, or the body is over the limit.
pub(crate) async fn request(
    stream: TcpStream,
    tls: Arc<rustls::ClientConfig>,
    request: Request<Vec<u8>>,
) -> io::Result<Response<Vec<u8>>> {
    let host = request
        .uri()
        .host()
        .ok_or_else(|| io::Error::other("the request names no host"))?;
    let server_name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    exchange(
        TlsConnector::from(tls).connect(server_name, stream).await?,
        request,
    )
    .await
}

/// Sends one request without TLS.
///
/// # Errors
/// An [`io::Error`] when the connection fails, or the body is over the limit.
pub(crate) async fn request_in_clear(
    stream: TcpStream,
    request: Request<Vec<u8>>,
) -> io::Result<Response<Vec<u8>>> {
    exchange(stream, request).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Vec<u8>>,
) -> io::Result<Response<Vec<u8>>> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    let connection = tokio::spawn(connection);
    let response = sender
        .send_request(origin_form(request)?)
        .await
        .map_err(io::Error::other)?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, BODY_BYTES_MAX)
        .collect()
        .await
        .map_err(io::Error::other)?;
    connection.abort();
    Ok(Response::from_parts(head, body.to_bytes().to_vec()))
}

/// What goes on the wire to an origin server: a path, and the host as a header (RFC 9112 section 3.2.1).
fn origin_form(request: Request<Vec<u8>>) -> io::Result<Request<Full<Bytes>>> {
    let (mut head, body) = request.into_parts();
    if !head.headers.contains_key(http::header::HOST)
        && let Some(authority) = head.uri.authority()
    {
        let host = http::HeaderValue::from_str(authority.as_str()).map_err(io::Error::other)?;
        head.headers.insert(http::header::HOST, host);
    }
    let path = head
        .uri
        .path_and_query()
        .map_or("/", |path| path.as_str())
        .to_owned();
    head.uri = path.parse().map_err(io::Error::other)?;
    Ok(Request::from_parts(head, Full::new(body.into())))
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use hyper::body::Frame;

    use super::*;

    /// A body of which nothing more comes.
    struct Stalled;

    impl Body for Stalled {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_may_be_neither_too_long_nor_too_slow() {
        let of = |length| Full::new(Bytes::from(vec![0; length]));
        let status =
            |read: Result<Bytes, (StatusCode, _)>| read.map(|body| body.len()).map_err(|(status, _)| status);
        assert_eq!(
            status(read(of(BODY_BYTES_MAX), PATIENCE).await),
            Ok(BODY_BYTES_MAX)
        );
        assert_eq!(
            status(read(of(BODY_BYTES_MAX + 1), PATIENCE).await),
            Err(StatusCode::PAYLOAD_TOO_LARGE)
        );
        assert_eq!(
            status(read(Stalled, Duration::from_millis(1)).await),
            Err(StatusCode::REQUEST_TIMEOUT)
        );
    }
}
