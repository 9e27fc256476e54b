//! The section of trusts.

use super::document::{Domain, Lab, SidFiltering, Trust, TrustKind};
use super::read::Context;
use crate::language::{Finding, Node, Reader};

pub(crate) fn trust(name: &str, node: &Node, context: &Context<'_>) -> Option<Trust> {
    let mut reader = Reader::new(node, format!("trust {name}"), context.report)?;
    let domains = context.names.of_section("domain");
    let trusting = reader.reference("trusting", &domains);
    let trusting = reader.required("trusting", "the domain whose resources are opened", trusting);
    let trusted = reader.reference("trusted", &domains);
    let trusted = reader.required("trusted", "the domain whose users come", trusted);
    let two_way = reader.choice("direction", &[("two-way", true), ("one-way", false)]);
    let kinds = [
        ("forest", TrustKind::Forest),
        ("external", TrustKind::External),
        ("shortcut", TrustKind::Shortcut),
    ];
    let kind = reader.choice("kind", &kinds);
    let filtering = [
        ("default", SidFiltering::Default),
        ("quarantine", SidFiltering::Quarantine),
        ("sid-history", SidFiltering::SidHistory),
    ];
    let sid_filtering = reader.choice("sid-filtering", &filtering);
    let selective_authentication = reader.boolean("selective-authentication");
    reader.finish();
    let (trusting, trusted) = (trusting?, trusted?);
    if trusting == trusted {
        let finding = Finding::new(format!("{trusting} trusts itself without being told"));
        context.report.add(node.span, finding.expected("two domains"));
        return None;
    }
    let usual = usual_kind(&trusting, &trusted, context);
    let kind = kind.unwrap_or(usual);
    let fits = match kind {
        TrustKind::External => usual != TrustKind::Shortcut,
        kind => kind == usual,
    };
    if !fits {
        let why = match usual {
            TrustKind::Shortcut => "both domains are of one forest",
            TrustKind::Forest => "the domains are the roots of two forests",
            TrustKind::External => "a forest trust is between the roots of two forests",
        };
        let finding = Finding::new(format!("trust {name} cannot be of this kind: {why}"));
        context.report.add(
            node.span,
            finding.expected(match usual {
                TrustKind::Shortcut => "kind = \"shortcut\"",
                TrustKind::Forest => "kind = \"forest\" or \"external\"",
                TrustKind::External => "kind = \"external\"",
            }),
        );
    }
    Some(Trust {
        trusting,
        trusted,
        two_way: two_way.unwrap_or(true),
        kind,
        selective_authentication: selective_authentication.unwrap_or(false),
        sid_filtering: sid_filtering.unwrap_or(SidFiltering::Default),
    })
}

fn usual_kind(one: &str, other: &str, context: &Context<'_>) -> TrustKind {
    let root = |name: &str| forest_root(&context.domains, name);
    if root(one) == root(other) {
        TrustKind::Shortcut
    } else if root(one) == one && root(other) == other {
        TrustKind::Forest
    } else {
        TrustKind::External
    }
}

/// The root of the forest that a domain of a lab is in.
pub(crate) fn root_of(lab: &Lab, name: &str) -> String {
    forest_root(&lab.domains, name)
}

/// The root of the forest that a domain is in.
pub(crate) fn forest_root(domains: &indexmap::IndexMap<String, Domain>, name: &str) -> String {
    let mut at = name;
    // a circle of parents is reported elsewhere, and must only end here
    for _ in 0..domains.len() {
        match domains.get(at).and_then(|domain| domain.parent.as_deref()) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    at.to_owned()
}
