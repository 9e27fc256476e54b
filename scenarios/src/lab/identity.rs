//! Ids and secrets that follow from a lab's seed and a name, so that the same lab has the same ones everywhere.

use kerberos::sid::Sid;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// 32 octets that follow from the seed, what they are for, and whose they are.
pub fn secret(seed: u64, purpose: &str, name: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"trustlab lab secret\0");
    hash.update(seed.to_be_bytes());
    for part in [purpose, name] {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// A random stream for making keys.
pub fn stream(seed: u64, purpose: &str, name: &str) -> ChaCha12Rng {
    ChaCha12Rng::from_seed(secret(seed, purpose, name))
}

/// A GUID of version 4 that follows from what it names; it is no secret, so the seed has no part in it.
pub fn guid(what: &str, name: &str) -> String {
    Uuid::from_bytes(guid_octets(what, name)).to_string()
}

/// The 16 octets of [`guid`], in the order they are printed.
pub fn guid_octets(what: &str, name: &str) -> [u8; 16] {
    let hash = secret(0, what, name);
    let mut octets = [0; 16];
    octets.copy_from_slice(&hash[..16]);
    uuid::Builder::from_random_bytes(octets).into_uuid().into_bytes()
}

/// The SID of a domain, from its DNS name.
pub fn domain_sid(dns_name: &str) -> Option<Sid> {
    let hash = secret(0, "domain SID", dns_name);
    let part = |at: usize| u32::from_be_bytes([hash[at], hash[at + 1], hash[at + 2], hash[at + 3]]);
    format!("S-1-5-21-{}-{}-{}", part(0), part(4), part(8))
        .parse()
        .ok()
}
