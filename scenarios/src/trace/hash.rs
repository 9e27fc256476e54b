//! One number for everything that was on the wire.

use core::fmt;
use std::net::{IpAddr, SocketAddr};

use sha2::{Digest, Sha256};

use super::{Fate, Message, Trace};

/// SHA-256 over every message of a trace: times, addresses, fate and octets.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceHash(pub [u8; 32]);

impl TraceHash {
    /// The hash of every message that `trace` kept.
    pub fn of(trace: &Trace) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"trustlab trace 1");
        for message in trace.messages() {
            add(&mut hash, message);
        }
        Self(hash.finalize().into())
    }

    /// One hash for several runs, in their order.
    pub fn chain(hashes: impl IntoIterator<Item = Self>) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"trustlab runs 1");
        for one in hashes {
            hash.update(one.0);
        }
        Self(hash.finalize().into())
    }
}

fn add(hash: &mut Sha256, message: &Message) {
    hash.update(message.time.unix_micros().to_be_bytes());
    hash.update(message.arrival.unix_micros().to_be_bytes());
    add_address(hash, message.source);
    add_address(hash, message.destination);
    let fate = match message.fate {
        Fate::Delivered => 0,
        Fate::Rewritten(_) => 1,
        Fate::Dropped(_) => 2,
        Fate::Refused(_) => 3,
        Fate::Unreachable => 4,
    };
    hash.update([message.protocol as u8, u8::from(message.is_reply), fate]);
    hash.update((message.octets.len() as u64).to_be_bytes());
    hash.update(&message.octets);
}

fn add_address(hash: &mut Sha256, address: SocketAddr) {
    match address.ip() {
        IpAddr::V4(ip) => hash.update(ip.octets()),
        IpAddr::V6(ip) => hash.update(ip.octets()),
    }
    hash.update(address.port().to_be_bytes());
}

impl fmt::Display for TraceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for octet in self.0 {
            write!(f, "{octet:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for TraceHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for TraceHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
