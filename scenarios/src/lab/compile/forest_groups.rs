//! Universal groups with members from other domains of the forest.
//!
//! The domain controller of the member's domain puts them into its tickets; it knows them from the global catalog. So they are given
//! to the member's domain, and not to the group's.

use kdc_sim::DomainBuilder;

use super::domain::principal_sid;
use crate::lab::document::{GroupScope, Lab};
use crate::lab::read_trusts::forest_root;

/// Gives the accounts and groups of a domain the universal groups of the others.
pub(super) fn add(builder: &mut DomainBuilder, lab: &Lab, domain: &str) {
    let users = lab.users.values();
    let users = users.filter(|user| user.domain.as_deref() == Some(domain));
    let users = users.map(|user| (user.sam.as_str(), &user.groups));
    let groups = lab.groups.iter().filter(|(_, group)| group.domain == domain);
    let groups = groups.map(|(name, group)| (name.as_str(), &group.member_of));
    for (member, outers) in users.chain(groups) {
        for group in reached(lab, domain, outers) {
            if let Some(sid) = principal_sid(lab, group, domain) {
                builder.forest_group(member, sid);
            }
        }
    }
}

/// The universal groups that groups of other domains of the forest are and lead to.
fn reached<'l>(lab: &'l Lab, domain: &str, outers: &'l [String]) -> Vec<&'l str> {
    let forest = forest_root(&lab.domains, domain);
    let universal = |name: &str| {
        lab.groups.get(name).filter(|group| {
            group.scope == GroupScope::Universal && forest_root(&lab.domains, &group.domain) == forest
        })
    };
    let is_elsewhere = |name: &&String| universal(name).is_some_and(|group| group.domain != domain);
    let mut found: Vec<&str> = Vec::new();
    let mut open: Vec<&String> = outers.iter().filter(is_elsewhere).collect();
    while let Some(name) = open.pop() {
        if let Some(group) = universal(name).filter(|_| !found.contains(&name.as_str())) {
            found.push(name);
            open.extend(&group.member_of);
        }
    }
    found
}
