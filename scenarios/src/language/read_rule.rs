//! Reads rules on the network.

use std::sync::Arc;

use super::problem::{Finding, Report};
use super::read::{Known, Reader, duration, mismatch};
use super::tree::{Node, Value};
use crate::lab::Names;
use crate::world::{Direction, Match, Protocol, Rewrite, Rule, Verdict};

pub(super) const PROTOCOLS: &[(&str, Protocol)] = &[
    ("dns", Protocol::Dns),
    ("udp", Protocol::Udp),
    ("tcp", Protocol::Tcp),
    ("https", Protocol::Https),
];
pub(super) const DIRECTIONS: &[(&str, Direction)] =
    &[("request", Direction::Request), ("reply", Direction::Reply)];

/// Reads `{ from, from-location, to, to-location, port, protocol, direction, one-in, then }`. The rule is named as it says, or
/// after what it came with.
pub(crate) fn read_rule(node: &Node, default_name: &str, names: &Names, report: &Report) -> Option<Rule> {
    let mut reader = Reader::new(node, "a network rule", report)?;
    let name = reader.string("name").unwrap_or_else(|| default_name.to_owned());
    let hosts = hosts_and_entra(names);
    let mut places = names.of_section("location");
    places.names.push("cloud");
    let matches = Match {
        from: reader.reference("from", &hosts).map(Into::into),
        from_location: reader.reference("from-location", &places).map(Into::into),
        to: reader.reference("to", &hosts).map(Into::into),
        to_location: reader.reference("to-location", &places).map(Into::into),
        port: reader
            .integer("port", 1, 65535)
            .and_then(|port| u16::try_from(port).ok()),
        protocol: reader.choice("protocol", PROTOCOLS),
        direction: reader.choice("direction", DIRECTIONS).unwrap_or_default(),
        one_in: reader
            .integer("one-in", 1, i64::from(u32::MAX))
            .and_then(|count| u32::try_from(count).ok()),
    };
    let then = reader.node("then");
    let then = reader.required(
        "then",
        "\"drop\", \"refuse\", \"pass\", { delay = \"200ms\" } or another verdict",
        then,
    );
    reader.finish();
    if name.is_empty() {
        let finding = Finding::new("the rule has no `name`").expected("a name, by which it can be removed");
        report.add(node.span, finding);
        return None;
    }
    Some(Rule {
        name: name.into(),
        matches,
        verdict: verdict(then?, &hosts, report)?,
    })
}

fn hosts_and_entra(names: &Names) -> Known<'_> {
    let mut hosts = names.hosts();
    hosts.names.push("entra");
    hosts
}

fn verdict(node: &Node, hosts: &Known<'_>, report: &Report) -> Option<Verdict> {
    if matches!(node.value, Value::String(_)) {
        let words = [
            ("pass", 0),
            ("drop", 1),
            ("refuse", 2),
            ("untrusted-certificate", 3),
        ];
        return Some(match super::read::choice(report, node, &words)? {
            0 => Verdict::Pass,
            1 => Verdict::Drop,
            2 => Verdict::Refuse,
            _ => Verdict::Rewrite(Rewrite::UntrustedCertificate),
        });
    }
    let mut reader = Reader::new(node, "a verdict", report)?;
    let delay = reader.node("delay");
    let truncate = reader
        .integer("truncate", 0, i64::from(u32::MAX))
        .and_then(|octets| u32::try_from(octets).ok());
    let status = reader
        .integer("http-status", 100, 599)
        .and_then(|status| u16::try_from(status).ok());
    let redirect: Option<Arc<str>> = reader.reference("redirect", hosts).map(Into::into);
    let flip = reader.node("flip-bits");
    reader.finish();
    match (delay, truncate, status, redirect, flip) {
        (Some(delay), None, None, None, None) => Some(Verdict::Delay(duration(report, delay)?)),
        (None, Some(octets), None, None, None) => Some(Verdict::Rewrite(Rewrite::Truncate { octets })),
        (None, None, Some(status), None, None) => Some(Verdict::Rewrite(Rewrite::HttpStatus { status })),
        (None, None, None, Some(to), None) => Some(Verdict::Rewrite(Rewrite::Redirect { to })),
        (None, None, None, None, Some(flip)) => flip_bits(flip, report),
        _ if report.is_empty() => mismatch(report, node, "one verdict"),
        _ => None,
    }
}

fn flip_bits(node: &Node, report: &Report) -> Option<Verdict> {
    let mut reader = Reader::new(node, "flip-bits", report)?;
    let offset = reader.integer("offset", i64::from(i32::MIN), i64::from(i32::MAX));
    let offset = reader.required("offset", "which octet, from the end when negative", offset);
    let mask = reader.integer("mask", 1, 255);
    let mask = reader.required("mask", "which bits, 1 to 255", mask);
    reader.finish();
    Some(Verdict::Rewrite(Rewrite::FlipBits {
        offset: i32::try_from(offset?).ok()?,
        mask: u8::try_from(mask?).ok()?,
    }))
}
