//! Rules on the network, as data: what matches, and what then happens to the packet.

use core::time::Duration;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One rule. Rules are asked in their order; the first whose match fits decides, a [`Verdict::Delay`] lets later rules
/// decide as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// By which the rule is removed again, and which an event cites: `no-dc-line-of-sight`.
    pub name: Arc<str>,
    /// What it applies to.
    pub matches: Match,
    /// What happens to what matches.
    pub verdict: Verdict,
}

/// What a rule applies to; a field that is `None` fits everything.
///
/// Requests are matched, and an answer shares the fate of its request unless [`Match::direction`] says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// The host the request comes from, as the lab names it.
    pub from: Option<Arc<str>>,
    /// The place that host is at, as the lab names it: `home`.
    pub from_location: Option<Arc<str>>,
    /// The host the request goes to, as the lab names it.
    pub to: Option<Arc<str>>,
    /// The place that host is at, as the lab names it: `home`.
    pub to_location: Option<Arc<str>>,
    /// The port at the receiver of the request.
    pub port: Option<u16>,
    /// The protocol.
    pub protocol: Option<Protocol>,
    /// The way of the packet: requests, unless said otherwise.
    pub direction: Direction,
    /// Only one packet in so many, as a line loses them; which ones follows from their order.
    pub one_in: Option<u32>,
}

/// The way of a packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the one who asks.
    #[default]
    Request,
    /// Back to the one who asked.
    Reply,
}

/// What carries a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// A query to DNS.
    Dns,
    /// A datagram.
    Udp,
    /// A message on a stream.
    Tcp,
    /// HTTP inside TLS.
    Https,
}

/// What happens to a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes, whatever later rules say.
    Pass,
    /// It takes longer; later rules are asked too.
    Delay(Duration),
    /// It vanishes: the sender waits until it gives up.
    Drop,
    /// The receiver's side says at once that nobody listens (TCP reset, ICMP port unreachable).
    Refuse,
    /// It goes on changed.
    Rewrite(Rewrite),
}

/// How a packet is changed on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// The bits of `mask` are flipped in the octet at `offset`, counted from the end when negative; a packet that is
    /// too short passes unchanged.
    FlipBits {
        /// Which octet.
        offset: i32,
        /// Which bits.
        mask: u8,
    },
    /// The packet is cut after so many octets.
    Truncate {
        /// What is left.
        octets: u32,
    },
    /// The packet goes to another host, as a wrong port forwarding or a stale DNS record would do it.
    Redirect {
        /// The host that gets it, as the lab names it.
        to: Arc<str>,
    },
    /// Somebody between answers HTTPS with a certificate the device does not trust.
    UntrustedCertificate,
    /// A proxy answers the HTTPS request itself.
    HttpStatus {
        /// Its status.
        status: u16,
    },
}
