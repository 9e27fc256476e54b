//! Trusts: those of parent and child, and those that the lab declares, each side with its keys and what lies behind it.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use kdc_sim::directory::{GlobalCatalog, KeyRing, KeySet, TrustAttributes, TrustSpec};
use kdc_sim::{DomainBuilder, DomainSnapshot};

use crate::lab::document::{Lab, Name, SidFiltering, Trust, TrustKind};
use crate::lab::identity;
use crate::lab::read_trusts::forest_root;

/// A trust as one of its two domains sees it.
struct Side<'l> {
    /// The other domain.
    other: &'l str,
    /// Whether users of this domain may go there.
    out: bool,
    /// Whether users of the other one may come.
    into: bool,
    attributes: TrustAttributes,
}

/// Adds the trusts of a domain to its directory.
pub(super) fn add(builder: &mut DomainBuilder, lab: &Lab, name: &str) {
    for side in sides(lab, name) {
        if let Some(spec) = spec(lab, name, &side) {
            builder.trust(spec);
        }
    }
}

fn sides<'l>(lab: &'l Lab, name: &str) -> Vec<Side<'l>> {
    let within = |other: &'l str| Side {
        other,
        out: true,
        into: true,
        attributes: TrustAttributes::WITHIN_FOREST,
    };
    let parent = lab.domains.get(name).and_then(|domain| domain.parent.as_deref());
    let children = lab
        .domains
        .iter()
        .filter(|(_, domain)| domain.parent.as_deref() == Some(name));
    let mut sides: Vec<Side<'l>> = parent.into_iter().map(within).collect();
    sides.extend(children.map(|(child, _)| within(child)));
    sides.extend(lab.trusts.values().filter_map(|trust| declared(trust, name)));
    sides
}

fn declared<'l>(trust: &'l Trust, name: &str) -> Option<Side<'l>> {
    let is_trusting = trust.trusting == name;
    if !is_trusting && trust.trusted != name {
        return None;
    }
    let mut attributes = match trust.kind {
        TrustKind::Forest => TrustAttributes::FOREST_TRANSITIVE,
        TrustKind::Shortcut => TrustAttributes::WITHIN_FOREST,
        TrustKind::External => TrustAttributes::QUARANTINED_DOMAIN,
    };
    // what the trusting side demands of visitors stands on its own object
    if is_trusting {
        attributes.set(
            TrustAttributes::CROSS_ORGANIZATION,
            trust.selective_authentication,
        );
        match (trust.sid_filtering, trust.kind) {
            (SidFiltering::Quarantine, _) => attributes |= TrustAttributes::QUARANTINED_DOMAIN,
            (SidFiltering::SidHistory, TrustKind::Forest) => attributes |= TrustAttributes::TREAT_AS_EXTERNAL,
            (SidFiltering::SidHistory, _) => attributes.remove(TrustAttributes::QUARANTINED_DOMAIN),
            (SidFiltering::Default, _) => {}
        }
    }
    Some(Side {
        other: if is_trusting {
            &trust.trusted
        } else {
            &trust.trusting
        },
        out: trust.two_way || !is_trusting,
        into: trust.two_way || is_trusting,
        attributes,
    })
}

fn spec(lab: &Lab, name: &str, side: &Side<'_>) -> Option<TrustSpec> {
    let other = lab.domains.get(side.other)?;
    let behind = behind(lab, name, side);
    let names = || behind.iter().filter_map(|name| lab.domains.get(*name));
    let sid = |dns_name: &str| identity::domain_sid(dns_name);
    Some(TrustSpec {
        realm: other.realm().into(),
        netbios: other.netbios.as_str().into(),
        sid: sid(&other.dns_name),
        attributes: side.attributes,
        incoming: side.out.then(|| keys(lab, name, side.other)),
        outgoing: side.into.then(|| keys(lab, side.other, name)),
        suffixes: suffixes(lab, name, side, &behind),
        beyond: names().map(|domain| domain.realm().into()).collect(),
        domains: names().filter_map(|domain| sid(&domain.dns_name)).collect(),
    })
}

/// The keys of the direction in which users of `from` go to `to`: both sides have the same.
fn keys(lab: &Lab, from: &str, to: &str) -> KeyRing {
    let dns_name = |name: &str| lab.domains.get(name).map_or("", |domain| &*domain.dns_name);
    let name = format!("trust {} to {}", dns_name(from), dns_name(to));
    KeyRing::new(KeySet::generate(
        1,
        &mut identity::stream(lab.seed, "keys", &name),
    ))
}

/// The domains that are reached over a trust besides the other one.
fn behind<'l>(lab: &'l Lab, name: &str, side: &Side<'l>) -> Vec<&'l str> {
    if side.attributes.contains(TrustAttributes::WITHIN_FOREST) {
        let near = within(lab, side.other, name);
        let far = near.iter().flat_map(|domain| forest_trusts(lab, domain));
        let far: BTreeSet<&str> = far.flat_map(|other| within(lab, other, "")).collect();
        return near
            .into_iter()
            .chain(far)
            .filter(|domain| *domain != side.other)
            .collect();
    }
    if side.attributes.contains(TrustAttributes::FOREST_TRANSITIVE) {
        let all = within(lab, side.other, "");
        return all.into_iter().filter(|domain| *domain != side.other).collect();
    }
    Vec::new()
}

/// The domains of a forest that are connected with one by parents and children, on a way that does not lead through `without`.
fn within<'l>(lab: &'l Lab, from: &'l str, without: &str) -> Vec<&'l str> {
    let mut found = vec![from];
    let mut next = 0;
    while let Some(at) = found.get(next).copied() {
        next += 1;
        for (name, domain) in &lab.domains {
            let is_neighbour = domain.parent.as_deref() == Some(at)
                || lab.domains.get(at).and_then(|domain| domain.parent.as_deref()) == Some(name);
            if is_neighbour && name != without && !found.contains(&name.as_str()) {
                found.push(name);
            }
        }
    }
    found
}

fn forest_trusts<'l>(lab: &'l Lab, name: &str) -> Vec<&'l str> {
    let trusts = lab
        .trusts
        .values()
        .filter(|trust| trust.kind == TrustKind::Forest);
    trusts
        .filter_map(|trust| declared(trust, name))
        .map(|side| side.other)
        .collect()
}

/// Names that are looked for over a trust. Within a forest the global catalog knows them, so that only those of other
/// forests remain.
fn suffixes(lab: &Lab, name: &str, side: &Side<'_>, behind: &[&str]) -> Vec<Arc<str>> {
    let own = forest_root(&lab.domains, name);
    let strangers: Vec<&str> = std::iter::once(side.other)
        .chain(behind.iter().copied())
        .filter(|domain| forest_root(&lab.domains, domain) != own)
        .collect();
    let mut found: Vec<Arc<str>> = Vec::new();
    let mut add = |suffix: &str| {
        if !found.iter().any(|other| **other == *suffix) {
            found.push(suffix.into());
        }
    };
    for domain in strangers.iter().filter_map(|domain| lab.domains.get(*domain)) {
        add(&domain.dns_name);
    }
    // a suffix of sign-in names is routed where it is that of one side only
    for tenant in lab.tenants.values() {
        let serves = |domain: &Name| strangers.contains(&domain.as_str());
        let is_ours = |domain: &Name| forest_root(&lab.domains, domain) == own;
        if tenant.synced_domains.iter().any(serves) && !tenant.synced_domains.iter().any(is_ours) {
            tenant.domains.iter().for_each(|suffix| add(suffix));
        }
    }
    found
}

/// Gives every domain of a forest with several the global catalog, as it follows from the domains as they are.
pub(crate) fn attach_catalogs(lab: &Lab, domains: &mut [DomainSnapshot]) {
    let roots: Vec<String> = lab
        .domains
        .keys()
        .map(|name| forest_root(&lab.domains, name))
        .collect();
    let forests: BTreeSet<&String> = roots.iter().collect();
    for forest in forests {
        let members: Vec<usize> = (0..domains.len())
            .filter(|index| roots.get(*index) == Some(forest))
            .collect();
        if members.len() < 2 {
            continue;
        }
        let catalog = Arc::new(GlobalCatalog::of(
            members.iter().filter_map(|index| domains.get(*index)),
        ));
        for index in members {
            if let Some(domain) = domains.get_mut(index) {
                *domain = domain.with_catalog(Arc::clone(&catalog));
            }
        }
    }
}

/// The same for the domains by name.
pub(super) fn attach(lab: &Lab, domains: &mut IndexMap<Name, DomainSnapshot>) {
    let mut snapshots: Vec<DomainSnapshot> = domains.values().cloned().collect();
    attach_catalogs(lab, &mut snapshots);
    for (domain, snapshot) in domains.values_mut().zip(snapshots) {
        *domain = snapshot;
    }
}
