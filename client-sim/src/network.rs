//! What the device asks of the network, and the few ways to wait for more than one thing.
//!
//! Flows are written once against [`Network`]. In the lab's world its methods are answered by the event queue, on
//! sockets by an asynchronous runtime. Nothing here starts a task: [`race`], [`join`] and [`with_deadline`] poll what
//! they are given in the order they are given it, so that a run is the same every time.

use std::fmt;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use kerberos::Timestamp;

/// The network as a Windows device sees it.
///
/// Every method gives up by itself: with [`NetworkError::Timeout`] where nobody answers. Futures are not `Send`: a
/// program on sockets runs a device's flows on one thread.
#[allow(
    async_fn_in_trait,
    reason = "flows are generic over the network and stay on their thread"
)]
pub trait Network {
    /// The device's clock.
    fn now(&self) -> Timestamp;

    /// The SRV records of a DNS name, in any order.
    ///
    /// # Errors
    /// [`NetworkError::NameNotFound`] when there are none, or no DNS server answers.
    async fn lookup_srv(&self, name: &str) -> Result<Vec<SrvRecord>, NetworkError>;

    /// The DNS name that DNS finds for a name of one label: completed with the device's own suffix, if it has one, or with what
    /// its place hands out. `None` where no suffix completes it.
    fn complete_name(&self, label: &str, has_suffix: bool) -> Option<Arc<str>>;

    /// The addresses of a host.
    ///
    /// # Errors
    /// [`NetworkError::NameNotFound`] when there are none, or no DNS server answers.
    async fn lookup_host(&self, name: &str) -> Result<Vec<IpAddr>, NetworkError>;

    /// Sends one datagram and waits for one in return.
    ///
    /// # Errors
    /// Nobody answered, or the host cannot be reached.
    async fn datagram(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError>;

    /// Opens a stream, sends one message and waits for one in return. The four octets of length before a Kerberos
    /// message are written and removed by the network.
    ///
    /// # Errors
    /// The connection was refused, broke, or nobody answered.
    async fn stream(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError>;

    /// One HTTPS request, or one in clear where the scheme of its absolute URI is `http`.
    ///
    /// # Errors
    /// There was no answer. An answer with an error status is not an error here.
    async fn https(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NetworkError>;

    /// Waits until the device's clock shows `deadline` or later.
    async fn sleep_until(&self, deadline: Timestamp);
}

/// A host, by name or by address, and a port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// A DNS name or the text of an address.
    pub host: Arc<str>,
    /// The port.
    pub port: u16,
}

impl Endpoint {
    /// A host and a port.
    pub fn new(host: impl Into<Arc<str>>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
        }
    }

    /// The KDC of a host: port 88.
    pub fn kdc(host: impl Into<Arc<str>>) -> Self {
        Self::new(host, 88)
    }

    /// The connectionless LDAP of a host, which answers the DC locator: port 389.
    pub fn cldap(host: impl Into<Arc<str>>) -> Self {
        Self::new(host, 389)
    }

    /// The file server of a host: port 445.
    pub fn smb(host: impl Into<Arc<str>>) -> Self {
        Self::new(host, 445)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// The port of an HTTP URI: its own, else 80 for `http` and 443 for anything else.
pub fn http_port(uri: &http::Uri) -> u16 {
    let standard = if uri.scheme() == Some(&http::uri::Scheme::HTTP) {
        80
    } else {
        443
    };
    uri.port_u16().unwrap_or(standard)
}

/// A service record of DNS (RFC 2782).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SrvRecord {
    /// Lower is tried first.
    pub priority: u16,
    /// The share among records of one priority.
    pub weight: u16,
    /// The host.
    pub target: Arc<str>,
    /// The port of the service.
    pub port: u16,
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// DNS has no such name, or no DNS server of this network knows it.
    #[error("DNS does not know {name}")]
    NameNotFound {
        /// The name that was asked for.
        name: Arc<str>,
    },
    /// The host answers, and nobody listens on the port.
    #[error("{to} refused the connection")]
    Refused {
        /// Where it was sent.
        to: Endpoint,
    },
    /// The connection broke before there was an answer.
    #[error("the connection to {to} broke")]
    Reset {
        /// Where it was sent.
        to: Endpoint,
    },
    /// Nobody answered in time.
    #[error("{to} did not answer in time")]
    Timeout {
        /// Where it was sent.
        to: Endpoint,
    },
    /// There is no way from this network to the host.
    #[error("{to} cannot be reached from here")]
    Unreachable {
        /// Where it was sent.
        to: Endpoint,
    },
    /// The server's certificate is not trusted, or the encrypted connection failed otherwise.
    #[error("no secure connection to {to}: {why}")]
    Tls {
        /// Where it was sent.
        to: Endpoint,
        /// What is wrong.
        why: Arc<str>,
    },
}

impl NetworkError {
    /// The error of WinHTTP that Windows logs for this (winhttp.h): 12002, 12007, 12029, 12030 or 12175.
    pub const fn winhttp_code(&self) -> u32 {
        match self {
            Self::NameNotFound { .. } => 12007,
            Self::Refused { .. } | Self::Unreachable { .. } => 12029,
            Self::Reset { .. } => 12030,
            Self::Timeout { .. } => 12002,
            Self::Tls { .. } => 12175,
        }
    }
}

/// Which of two futures was first, with its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first one.
    Left(A),
    /// The second one.
    Right(B),
}

/// Waits for the first of two; when both are ready at the same time it is the left one. The other is dropped.
pub async fn race<A: Future, B: Future>(left: A, right: B) -> Either<A::Output, B::Output> {
    let mut left = pin!(left);
    let mut right = pin!(right);
    poll_fn(move |context| {
        if let Poll::Ready(output) = left.as_mut().poll(context) {
            return Poll::Ready(Either::Left(output));
        }
        right.as_mut().poll(context).map(Either::Right)
    })
    .await
}

/// Waits for both, polling the left one first.
pub async fn join<A: Future, B: Future>(left: A, right: B) -> (A::Output, B::Output) {
    let mut left = pin!(left);
    let mut right = pin!(right);
    let (mut left_output, mut right_output) = (None, None);
    poll_fn(move |context| {
        if left_output.is_none()
            && let Poll::Ready(output) = left.as_mut().poll(context)
        {
            left_output = Some(output);
        }
        if right_output.is_none()
            && let Poll::Ready(output) = right.as_mut().poll(context)
        {
            right_output = Some(output);
        }
        match (left_output.take(), right_output.take()) {
            (Some(left), Some(right)) => Poll::Ready((left, right)),
            (left, right) => {
                (left_output, right_output) = (left, right);
                Poll::Pending
            }
        }
    })
    .await
}

/// Waits for `future` until the device's clock shows `deadline`. A future that is ready at that very time still counts.
pub async fn with_deadline<N: Network, F: Future>(
    network: &N,
    deadline: Timestamp,
    future: F,
) -> Option<F::Output> {
    match race(future, network.sleep_until(deadline)).await {
        Either::Left(output) => Some(output),
        Either::Right(()) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use std::task::{Context, Waker};

    fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    /// Ready at the second poll.
    fn later() -> impl Future<Output = u8> {
        let mut polled = false;
        poll_fn(move |_| {
            if polled {
                return Poll::Ready(7);
            }
            polled = true;
            Poll::Pending
        })
    }

    #[test]
    fn the_left_one_wins_a_tie() {
        assert_eq!(poll_once(race(ready(1), ready(2))), Poll::Ready(Either::Left(1)));
        assert_eq!(
            poll_once(race(pending::<u8>(), ready(2))),
            Poll::Ready(Either::Right(2))
        );
    }

    #[test]
    fn both_are_waited_for_and_neither_is_polled_after_it_ended() {
        let mut both = pin!(join(ready(1), later()));
        let context = &mut Context::from_waker(Waker::noop());
        assert_eq!(both.as_mut().poll(context), Poll::Pending);
        assert_eq!(both.as_mut().poll(context), Poll::Ready((1, 7)));
    }
}
