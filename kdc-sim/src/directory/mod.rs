//! An Active Directory domain as data: accounts, groups, keys, and what names lead to them.
//!
//! Everything a request needs is worked out once, when the domain is built: keys, the groups of every account with the
//! way they were reached, the principal names of the KDC. A lookup borrows from the snapshot and copies nothing.

mod account;
mod authn_policy;
mod build;
mod builder;
mod builtin;
mod catalog;
mod group;
mod keys;
mod names;
mod trust;

use std::collections::BTreeMap;
use std::sync::Arc;

use kerberos::crypto::Etype;
use kerberos::pac::LogonInfo;
use kerberos::sid::Sid;
use kerberos::wire::{PrincipalName, Realm};

pub use account::{
    Account, AccountKind, AccountState, LogonHours, Restriction, Rodc, Token, TokenGroup, UserAccountControl,
};
pub use authn_policy::AuthenticationPolicy;
pub use builder::{AccountSpec, BuildError, DomainBuilder, RodcSpec, Secret};
pub use builtin::{rid, sid as well_known};
pub use catalog::GlobalCatalog;
pub use group::{Group, GroupScope};
pub use keys::{KeyRing, KeySet};
pub use trust::{Boundary, Trust, TrustAttributes, TrustSpec};

use names::NameIndex;

/// A domain at one moment. Cloning shares it.
#[derive(Clone, Debug)]
pub struct DomainSnapshot(Arc<Domain>, Option<Arc<GlobalCatalog>>);

#[derive(Debug)]
struct Domain {
    dns_name: Arc<str>,
    realm: Realm,
    netbios: Arc<str>,
    sid: Sid,
    krbtgt_name: PrincipalName,
    accounts: Vec<Arc<Account>>,
    by_sam: NameIndex,
    by_upn: NameIndex,
    by_spn: NameIndex,
    by_rid: BTreeMap<u32, usize>,
    groups: Vec<Arc<Group>>,
    groups_by_sid: BTreeMap<Sid, usize>,
    /// For a domain group by RID: the domain-local groups it leads to.
    local_groups: BTreeMap<u32, Vec<u32>>,
    /// For a SID of another domain (foreignSecurityPrincipal): the domain-local groups it leads to.
    foreign_members: BTreeMap<Sid, Vec<u32>>,
    krbtgt: Arc<Account>,
    rodcs: BTreeMap<u16, Arc<Rodc>>,
    trusts: Vec<Arc<Trust>>,
    upn_suffixes: Vec<Arc<str>>,
    /// The specification, so that an administrator's change starts from it without deriving keys again.
    source: DomainBuilder,
}

impl DomainSnapshot {
    /// The DNS name, lower case.
    #[must_use]
    pub fn dns_name(&self) -> &Arc<str> {
        &self.0.dns_name
    }

    /// The realm: the DNS name, upper case.
    #[must_use]
    pub fn realm(&self) -> &Realm {
        &self.0.realm
    }

    /// The NetBIOS name.
    #[must_use]
    pub fn netbios(&self) -> &Arc<str> {
        &self.0.netbios
    }

    /// The domain's SID.
    #[must_use]
    pub fn sid(&self) -> Sid {
        self.0.sid
    }

    /// The name of the ticket-granting service: `krbtgt/REALM`.
    #[must_use]
    pub fn krbtgt_name(&self) -> &PrincipalName {
        &self.0.krbtgt_name
    }

    /// The account of the domain's own ticket-granting service.
    #[must_use]
    pub fn krbtgt(&self) -> &Arc<Account> {
        &self.0.krbtgt
    }

    /// The read-only domain controller with a key number (msDS-SecondaryKrbTgtNumber).
    #[must_use]
    pub fn rodc(&self, number: u16) -> Option<&Arc<Rodc>> {
        self.0.rodcs.get(&number)
    }

    /// The read-only domain controllers, by key number.
    pub fn rodcs(&self) -> impl Iterator<Item = &Arc<Rodc>> {
        self.0.rodcs.values()
    }

    /// The realms trusted.
    #[must_use]
    pub fn trusts(&self) -> &[Arc<Trust>] {
        &self.0.trusts
    }

    /// Whether this is the very snapshot that `other` is: nothing was changed between them.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Every account, in the order they were added.
    pub fn accounts(&self) -> impl Iterator<Item = &Arc<Account>> {
        self.0.accounts.iter()
    }

    /// Every group, built-in ones first.
    pub fn groups(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.0.groups.iter()
    }

    /// Suffixes that userPrincipalNames may have besides the domain's name.
    #[must_use]
    pub fn upn_suffixes(&self) -> &[Arc<str>] {
        &self.0.upn_suffixes
    }

    /// An account by its sAMAccountName, whatever the case.
    #[must_use]
    pub fn account(&self, sam_account_name: &str) -> Option<&Arc<Account>> {
        self.at(self.0.by_sam.find(sam_account_name))
    }

    /// An account by its explicit userPrincipalName, whatever the case.
    #[must_use]
    pub fn account_by_upn(&self, upn: &str) -> Option<&Arc<Account>> {
        self.at(self.0.by_upn.find(upn))
    }

    /// The account that has a service principal name, whatever the case.
    #[must_use]
    pub fn account_by_spn(&self, spn: &str) -> Option<&Arc<Account>> {
        self.at(self.0.by_spn.find(spn))
    }

    /// An account by its RID.
    #[must_use]
    pub fn account_by_rid(&self, rid: u32) -> Option<&Arc<Account>> {
        self.at(self.0.by_rid.get(&rid).copied())
    }

    /// A group by its SID.
    #[must_use]
    pub fn group_by_sid(&self, sid: &Sid) -> Option<&Arc<Group>> {
        self.0.groups.get(*self.0.groups_by_sid.get(sid)?)
    }

    /// A group by its name, whatever the case.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Arc<Group>> {
        self.0.groups.iter().find(|group| names::same(&group.name, name))
    }

    /// The domain-local groups that an account of this domain and its groups lead to, sorted: what a service ticket adds (MS-PAC
    /// section 4.1.2.1). Universal groups of other domains lead to some by the extra SIDs.
    #[must_use]
    pub fn resource_groups(&self, info: &LogonInfo) -> Vec<u32> {
        let extra = info.extra_sids.iter().map(|entry| entry.sid);
        let mut found = self.foreign_resource_groups(extra);
        if let Some(account) = self.account_by_rid(info.user_id) {
            found.extend_from_slice(&account.token.direct_local_groups);
        }
        for group in &info.groups {
            if let Some(locals) = self.0.local_groups.get(&group.rid) {
                found.extend_from_slice(locals);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a realm in a request means this domain: its realm in any case, or its NetBIOS name.
    #[must_use]
    pub fn is_own_realm(&self, realm: &Realm) -> bool {
        *realm == self.0.realm
            || self
                .0
                .realm
                .as_str()
                .is_some_and(|own| realm.eq_ignore_ascii_case(own))
            || realm.eq_ignore_ascii_case(&self.0.netbios)
    }

    /// The trust with a realm, by its name in any case or by its NetBIOS name.
    #[must_use]
    pub fn trust(&self, realm: &Realm) -> Option<&Arc<Trust>> {
        let name = realm.as_str()?;
        self.0
            .trusts
            .iter()
            .find(|trust| names::same(&trust.spec.realm, name) || names::same(&trust.spec.netbios, name))
    }

    /// The trust over which the way to a realm leads, if the other side lets this domain's users in.
    #[must_use]
    pub fn route(&self, realm: &Realm) -> Option<&Arc<Trust>> {
        let name = realm.as_str()?;
        let open = |trust: &&Arc<Trust>| trust.spec.incoming.is_some() && trust.spec.leads_to(name);
        let direct = self.trust(realm).filter(open);
        direct.or_else(|| self.0.trusts.iter().find(open))
    }

    /// The domain as a part of its forest: names that it does not have are looked for in the catalog.
    #[must_use]
    pub fn with_catalog(&self, catalog: Arc<GlobalCatalog>) -> Self {
        Self(self.0.clone(), Some(catalog))
    }

    /// The global catalog, where the domain is one of several.
    #[must_use]
    pub fn catalog(&self) -> Option<&Arc<GlobalCatalog>> {
        self.1.as_ref()
    }

    /// The SIDs of other domains that are members of a group here, sorted.
    pub fn foreign_members(&self) -> impl Iterator<Item = &Sid> {
        self.0.foreign_members.keys()
    }

    /// The direct members of a group by SID, in the order they were added; those whose primary group it is are not among
    /// them, as in Active Directory.
    #[must_use]
    pub fn members_of(&self, group: &Group) -> Vec<Sid> {
        let here = self
            .0
            .source
            .members
            .iter()
            .filter(|(outer, _)| names::same(outer, &group.name));
        let sid = |name: &Arc<str>| {
            let account = self.account(name).map(|account| account.sid);
            account.or_else(|| self.group(name).map(|group| group.sid))
        };
        let foreign = self.0.source.foreign_members.iter();
        let foreign = foreign
            .filter(|(outer, _)| names::same(outer, &group.name))
            .map(|(_, sid)| *sid);
        here.filter_map(|(_, member)| sid(member))
            .chain(foreign)
            .collect()
    }

    /// The groups that a group is a direct member of.
    #[must_use]
    pub fn groups_above(&self, group: &Group) -> Vec<&Arc<Group>> {
        let above = self
            .0
            .source
            .members
            .iter()
            .filter(|(_, member)| names::same(member, &group.name));
        above.filter_map(|(outer, _)| self.group(outer)).collect()
    }

    /// The domain-local groups that the SIDs of a visitor lead to, sorted: SIDs of other domains, and universal groups of this one.
    #[must_use]
    pub fn foreign_resource_groups(&self, sids: impl IntoIterator<Item = Sid>) -> Vec<u32> {
        let mut found: Vec<u32> = Vec::new();
        for sid in sids {
            let own = sid.rid().filter(|_| sid.domain() == Some(self.0.sid));
            let locals = own.and_then(|rid| self.0.local_groups.get(&rid));
            found.extend(locals.into_iter().flatten());
            found.extend(self.0.foreign_members.get(&sid).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// A builder that begins with this domain. Keys are taken over, not derived again.
    #[must_use]
    pub fn to_builder(&self) -> DomainBuilder {
        self.0.source.clone()
    }

    /// The encryption type of the strongest key of the domain's krbtgt.
    #[must_use]
    pub fn krbtgt_etype(&self) -> Option<Etype> {
        self.0.krbtgt.keys.current().strongest().map(|key| key.etype())
    }

    fn at(&self, index: Option<usize>) -> Option<&Arc<Account>> {
        self.0.accounts.get(index?)
    }
}
