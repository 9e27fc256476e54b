//! KDC proxy servers: by which devices without a way to a domain controller reach one over HTTPS.
//!
//! ```toml
//! [kdc-proxy.gate]
//! domain = "fernhill"
//! ```

use std::net::Ipv4Addr;

use super::document::Name;
use super::read::{Context, dns_name};
use crate::language::{Node, Reader};

/// A KDC proxy server on the internet.
#[derive(Clone, Debug, PartialEq)]
pub struct KdcProxy {
    /// Its DNS name; by default that of its section below the company's domain: `gate.fernhill.example`.
    pub host: String,
    /// The AD domain whose KDCs it asks.
    pub domain: Name,
    /// Its address on the internet.
    pub address: Ipv4Addr,
}

pub(super) fn read(name: &str, node: &Node, index: u32, context: &Context<'_>) -> Option<KdcProxy> {
    let mut reader = Reader::new(node, format!("kdc-proxy {name}"), context.report)?;
    let domain = reader
        .reference("domain", &context.names.of_section("domain"))
        .or_else(|| context.names.first("domain").map(str::to_owned))?;
    let dns = context
        .domains
        .get(&domain)
        .map(|domain| domain.dns_name.as_str());
    // `ad.fernhill.example` belongs to the company `fernhill.example`
    let company = match dns.unwrap_or("invalid").split_once('.') {
        Some((_, rest)) if rest.contains('.') => rest.to_owned(),
        _ => dns.unwrap_or("invalid").to_owned(),
    };
    let label = name.to_ascii_lowercase().replace(['_', ' '], "-");
    let address = reader.text("address", "an IPv4 address", |text| text.parse::<Ipv4Addr>().ok());
    let proxy = KdcProxy {
        host: dns_name(&mut reader, "host").unwrap_or_else(|| format!("{label}.{company}")),
        domain,
        address: address
            .unwrap_or_else(|| Ipv4Addr::new(203, 0, 113, u8::try_from(60 + index % 40).unwrap_or(99))),
    };
    reader.finish();
    Some(proxy)
}
