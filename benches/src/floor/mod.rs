//! The cryptography that cannot be avoided, and nothing else.
//!
//! Each floor is made from messages that were really sent and the keys that open them, so that lengths are right, and
//! it repeats what both sides compute on them: long-term keys keep what they derived, a session key is new to each side
//! and derives anew. No message is encoded, decoded or decided on.

mod access;
mod refresh;
mod ticket;

pub use access::AccessFloor;
pub use refresh::RefreshFloor;
pub use ticket::{TicketFloor, TicketKeys};

use kerberos::crypto::{Etype, Key};

/// A session key as one side gets it: nothing is derived from it yet.
fn fresh(octets: &[u8]) -> Key {
    Key::new(Etype::Aes256CtsHmacSha196, octets).expect("session keys are AES256 keys")
}
