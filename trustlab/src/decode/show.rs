//! Values on one line.

use std::fmt::Write;

use kerberos::codes::{checksum_type_name, etype_name};
use kerberos::pac::FileTime;
use kerberos::wire::{Checksum, EncryptionKey, HostAddress, Microseconds, PrincipalName};
use kerberos::{KerberosTime, Timestamp};

use super::node::Node;

/// Hexadecimal, cut after 48 octets.
pub(crate) fn octets(octets: &[u8]) -> String {
    const SHOWN: usize = 48;
    let mut text = hex::encode(octets.get(..SHOWN).unwrap_or(octets));
    if octets.len() > SHOWN {
        let _ = write!(text, "... ({} octets)", octets.len());
    }
    if text.is_empty() { "none".to_owned() } else { text }
}

/// `aes256-cts-hmac-sha1-96 (18)`.
pub(crate) fn etype(number: i32) -> String {
    named(number, etype_name(number))
}

/// Several of them.
pub(crate) fn etypes(numbers: &[i32]) -> String {
    numbers
        .iter()
        .map(|number| etype(*number))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `hmac-sha1-96-aes256 (16)`.
pub(crate) fn checksum_type(number: i32) -> String {
    named(number, checksum_type_name(number))
}

fn named(number: i32, name: Option<&str>) -> String {
    name.map_or_else(|| format!("type {number}"), |name| format!("{name} ({number})"))
}

/// A time as RFC 3339.
pub(crate) fn time(time: KerberosTime) -> Timestamp {
    time.timestamp()
}

/// A time with its microseconds.
pub(crate) fn time_of(seconds: KerberosTime, microseconds: Option<Microseconds>) -> Timestamp {
    let micros = microseconds.map_or(0, Microseconds::get);
    seconds.timestamp() + std::time::Duration::from_micros(micros.into())
}

/// A FILETIME as RFC 3339, `never` or `not set`.
pub(crate) fn file_time(time: FileTime) -> String {
    match time {
        FileTime::NEVER => "never".to_owned(),
        FileTime::UNSET => "not set".to_owned(),
        FileTime(ticks) => Timestamp::from_filetime(ticks).to_string(),
    }
}

/// A name and its type.
pub(crate) fn name(name: &PrincipalName) -> String {
    format!("{name} ({})", name.name_type)
}

/// A checksum.
pub(crate) fn checksum(checksum: &Checksum) -> String {
    format!(
        "{} {}",
        checksum_type(checksum.r#type),
        octets(&checksum.checksum)
    )
}

/// A key: its type, and its octets only where they are asked for.
pub(crate) fn key(label: &str, key: &EncryptionKey, show: bool) -> Node {
    let octets = key.expose();
    if show {
        return Node::leaf(
            label,
            format_args!("{} {}", etype(key.keytype), hex::encode(octets)),
        );
    }
    Node::leaf(
        label,
        format_args!("{}, {} octets", etype(key.keytype), octets.len()),
    )
}

/// Addresses, the usual ones readable.
pub(crate) fn addresses(addresses: &[HostAddress]) -> String {
    addresses.iter().map(address).collect::<Vec<_>>().join(", ")
}

fn address(address: &HostAddress) -> String {
    match (address.addr_type, &*address.address) {
        (HostAddress::IPV4, &[a, b, c, d]) => std::net::Ipv4Addr::new(a, b, c, d).to_string(),
        (HostAddress::IPV6, octets) => match <[u8; 16]>::try_from(octets) {
            Ok(octets) => std::net::Ipv6Addr::from(octets).to_string(),
            Err(_) => format!("type 24 {}", self::octets(octets)),
        },
        (HostAddress::NET_BIOS, octets) => String::from_utf8_lossy(octets).trim_end().to_owned(),
        (kind, octets) => format!("type {kind} {}", self::octets(octets)),
    }
}
