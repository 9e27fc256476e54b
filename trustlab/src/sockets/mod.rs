//! Real sockets around the cores: bytes in, a core's answer out. No protocol decision is taken here.

mod accept;
pub(crate) mod datagram;
pub(crate) mod https;
pub(crate) mod ldap;
pub(crate) mod network;
pub(crate) mod stream;
pub(crate) mod tls;

use std::net::SocketAddr;
use std::sync::Arc;

/// A service that answers one request of a peer with one reply, as every Kerberos exchange does. `None` sends nothing.
pub(crate) type Answer = Arc<dyn Fn(SocketAddr, &[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// A service that answers a peer's requests over HTTP.
pub(crate) type AnswerHttp =
    Arc<dyn Fn(SocketAddr, http::Request<Vec<u8>>) -> http::Response<Vec<u8>> + Send + Sync>;
