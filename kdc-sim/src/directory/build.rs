//! Compiles a specification into a snapshot.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use kerberos::pac::{
    FileTime, GroupMembership, LogonInfo, RpcString, SidAndAttributes, UpnDnsFlags, UpnDnsInfo, UserFlags,
};
use kerberos::sid::Sid;
use kerberos::wire::{PrincipalName, Realm};

use super::account::{Account, AccountKind, Rodc, Token, TokenGroup, UserAccountControl};
use super::builder::{AccountSpec, BuildError, DomainBuilder, RodcSpec};
use super::group::{Group, GroupScope};
use super::keys::{KeyRing, KeySet};
use super::names::NameIndex;
use super::trust::{Trust, TrustSpec};
use super::{Domain, DomainSnapshot, builtin, names};

pub(super) fn build(source: &DomainBuilder) -> Result<DomainSnapshot, BuildError> {
    let specs = all_accounts(source)?;
    let graph = Graph::new(source, &specs)?;
    let by_rid = unique_rids(source, &specs)?;
    let by_sam = unique_names(source, &specs)?;
    let by_upn = NameIndex::new(indexed(&specs, |spec| {
        spec.upn.as_ref().into_iter().cloned().collect()
    }))
    .map_err(|(upn, a, b)| BuildError::DuplicateUpn {
        upn: upn.into(),
        first: name_at(&specs, a),
        second: name_at(&specs, b),
    })?;
    let by_spn = NameIndex::new(indexed(&specs, |spec| spec.spns.clone())).map_err(|(spn, a, b)| {
        BuildError::DuplicateSpn {
            spn: spn.into(),
            first: name_at(&specs, a),
            second: name_at(&specs, b),
        }
    })?;
    let accounts = specs
        .iter()
        .enumerate()
        .map(|(index, (spec, keys))| {
            let mut account = graph.account(source, index, spec, keys)?;
            account.accepts_delegation_from = delegates(source, &graph, &specs, spec)?;
            Ok(Arc::new(account))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let realm = source.dns_name.to_uppercase();
    let krbtgt = accounts
        .iter()
        .find(|account| account.kind == AccountKind::Krbtgt);
    let domain = Domain {
        dns_name: source.dns_name.clone(),
        krbtgt_name: PrincipalName::krbtgt(realm.as_str()),
        realm: Realm::from(realm),
        netbios: source.netbios.clone(),
        sid: source.sid,
        krbtgt: krbtgt
            .expect("the builder begins with krbtgt and does not let it go")
            .clone(),
        rodcs: rodcs(source, &graph, &accounts)?,
        local_groups: graph.local_groups(source.sid),
        foreign_members: graph.foreign_members(source)?,
        groups_by_sid: graph
            .groups
            .iter()
            .enumerate()
            .map(|(index, group)| (group.sid, index))
            .collect(),
        groups: graph.groups,
        accounts,
        by_sam,
        by_upn,
        by_spn,
        by_rid,
        trusts: trusts(source),
        upn_suffixes: source.upn_suffixes.clone(),
        source: source.clone(),
    };
    Ok(DomainSnapshot(Arc::new(domain), None))
}

/// The accounts of the specification, and the two of every read-only domain controller.
fn all_accounts(source: &DomainBuilder) -> Result<Vec<(AccountSpec, KeyRing)>, BuildError> {
    let mut specs = source.accounts.clone();
    for (index, rodc) in source.rodcs.iter().enumerate() {
        let number = rodc.number;
        if number == 0 {
            return Err(BuildError::KeyNumberZero);
        }
        if source
            .rodcs
            .iter()
            .skip(index + 1)
            .any(|other| other.number == number)
        {
            return Err(BuildError::DuplicateKeyNumber { number });
        }
        let mut krbtgt = AccountSpec::user(&format!("krbtgt_{number}"), rodc.krbtgt_rid);
        krbtgt
            .control
            .set(UserAccountControl::ACCOUNT_DISABLED, !rodc.krbtgt_enabled);
        krbtgt.kind = AccountKind::RodcKrbtgt { number };
        specs.push((krbtgt, rodc.keys.clone()));
        let mut computer = AccountSpec::user(&rodc.computer_name, rodc.computer_rid);
        computer.kind = AccountKind::Computer;
        computer.control = rodc.control;
        computer.spns.clone_from(&rodc.spns);
        computer.primary_group = builtin::rid::READ_ONLY_DOMAIN_CONTROLLERS;
        // no machine stands behind it, so nobody knows a password
        specs.push((computer, KeyRing::new(KeySet::from_keys(1, "", []))));
    }
    Ok(specs)
}

fn unique_names(source: &DomainBuilder, specs: &[(AccountSpec, KeyRing)]) -> Result<NameIndex, BuildError> {
    let duplicate = |(name, ..): (Box<str>, usize, usize)| BuildError::DuplicateName { name: name.into() };
    // groups and accounts share one name space; the index that stays knows accounts only
    let groups = source
        .groups
        .iter()
        .map(|(name, ..)| (Box::from(&**name), usize::MAX));
    NameIndex::new(
        indexed(specs, |spec| vec![spec.name.clone()])
            .into_iter()
            .chain(groups),
    )
    .map_err(duplicate)?;
    NameIndex::new(indexed(specs, |spec| vec![spec.name.clone()])).map_err(duplicate)
}

fn unique_rids(
    source: &DomainBuilder,
    specs: &[(AccountSpec, KeyRing)],
) -> Result<BTreeMap<u32, usize>, BuildError> {
    let mut taken: BTreeMap<u32, Arc<str>> = BTreeMap::new();
    let mut take = |rid: u32, name: &Arc<str>| match taken.insert(rid, name.clone()) {
        Some(first) => Err(BuildError::DuplicateRid {
            rid,
            first,
            second: name.clone(),
        }),
        None => Ok(()),
    };
    for (name, sid, scope) in &source.groups {
        if let (Some(rid), false) = (sid.rid(), *scope == GroupScope::Builtin) {
            take(rid, name)?;
        }
    }
    let mut by_rid = BTreeMap::new();
    for (index, (spec, _)) in specs.iter().enumerate() {
        take(spec.rid, &spec.name)?;
        by_rid.insert(spec.rid, index);
    }
    Ok(by_rid)
}

fn indexed(
    specs: &[(AccountSpec, KeyRing)],
    names: impl Fn(&AccountSpec) -> Vec<Arc<str>>,
) -> Vec<(Box<str>, usize)> {
    let names = |(index, (spec, _)): (usize, &(AccountSpec, KeyRing))| {
        names(spec)
            .into_iter()
            .map(move |name| (Box::from(&*name), index))
            .collect::<Vec<_>>()
    };
    specs.iter().enumerate().flat_map(names).collect()
}

fn name_at(specs: &[(AccountSpec, KeyRing)], index: usize) -> Arc<str> {
    specs
        .get(index)
        .map_or_else(|| "?".into(), |(spec, _)| spec.name.clone())
}

/// Who is a member of what.
struct Graph {
    groups: Vec<Arc<Group>>,
    by_name: NameIndex,
    /// For an account by index: the groups it is a direct member of, the primary group first.
    of_account: Vec<Vec<usize>>,
    /// The same for a group.
    of_group: Vec<Vec<usize>>,
}

impl Graph {
    fn new(source: &DomainBuilder, specs: &[(AccountSpec, KeyRing)]) -> Result<Self, BuildError> {
        let group = |(name, sid, scope): &(Arc<str>, Sid, GroupScope)| {
            Arc::new(Group {
                name: name.clone(),
                sid: *sid,
                scope: *scope,
            })
        };
        let groups: Vec<_> = source.groups.iter().map(group).collect();
        let duplicate =
            |(name, ..): (Box<str>, usize, usize)| BuildError::DuplicateName { name: name.into() };
        let by_name = NameIndex::new(
            groups
                .iter()
                .enumerate()
                .map(|(index, group)| (Box::from(&*group.name), index)),
        )
        .map_err(duplicate)?;
        let accounts = NameIndex::new(indexed(specs, |spec| vec![spec.name.clone()])).map_err(duplicate)?;
        let mut graph = Self {
            by_name,
            of_account: Vec::new(),
            of_group: vec![Vec::new(); groups.len()],
            groups,
        };
        for (spec, _) in specs {
            let primary = source.sid.with_rid(spec.primary_group).ok();
            let index = graph.groups.iter().position(|group| Some(group.sid) == primary);
            let unknown = || BuildError::UnknownPrimaryGroup {
                account: spec.name.clone(),
                rid: spec.primary_group,
            };
            graph.of_account.push(vec![index.ok_or_else(unknown)?]);
        }
        for (group, member) in &source.members {
            graph.connect(group, member, &accounts)?;
        }
        Ok(graph)
    }

    fn connect(
        &mut self,
        group: &Arc<str>,
        member: &Arc<str>,
        accounts: &NameIndex,
    ) -> Result<(), BuildError> {
        let outer = self
            .by_name
            .find(group)
            .ok_or_else(|| BuildError::UnknownGroup { group: group.clone() })?;
        if let Some(list) = accounts
            .find(member)
            .and_then(|index| self.of_account.get_mut(index))
        {
            if !list.contains(&outer) {
                list.push(outer);
            }
            return Ok(());
        }
        let unknown = || BuildError::UnknownMember {
            group: group.clone(),
            member: member.clone(),
        };
        let inner = self.by_name.find(member).ok_or_else(unknown)?;
        let scope = |index: usize| self.groups.get(index).map(|group| group.scope);
        if let (Some(scope), Some(member_scope)) = (scope(outer), scope(inner))
            && !member_scope.may_be_in(scope)
        {
            return Err(BuildError::Nesting {
                group: group.clone(),
                scope,
                member: member.clone(),
                member_scope,
            });
        }
        self.of_group
            .get_mut(inner)
            .into_iter()
            .for_each(|list| list.push(outer));
        Ok(())
    }

    /// Every group that is reached from some, nearest first, with the one that led to it. Circles end.
    fn closure(&self, from: &[usize]) -> Vec<(usize, Option<usize>)> {
        let mut found: Vec<(usize, Option<usize>)> = Vec::new();
        let mut queue: VecDeque<_> = from.iter().map(|index| (*index, None)).collect();
        while let Some((index, through)) = queue.pop_front() {
            if found.iter().any(|(other, _)| *other == index) {
                continue;
            }
            found.push((index, through));
            let next = self.of_group.get(index).into_iter().flatten();
            queue.extend(next.map(|outer| (*outer, Some(index))));
        }
        found
    }

    /// For every group of a domain by RID: the domain-local groups it leads to.
    fn local_groups(&self, domain: Sid) -> BTreeMap<u32, Vec<u32>> {
        let mut locals = BTreeMap::new();
        for (index, group) in self.groups.iter().enumerate() {
            let ticketed = matches!(group.scope, GroupScope::Global | GroupScope::Universal);
            if let (true, Some(rid)) = (ticketed && group.sid.domain() == Some(domain), group.sid.rid()) {
                let reached: Vec<u32> = self
                    .closure(&[index])
                    .iter()
                    .filter_map(|(index, _)| self.local_rid(*index))
                    .collect();
                if !reached.is_empty() {
                    locals.insert(rid, reached);
                }
            }
        }
        locals
    }

    /// For every SID of another domain: the domain-local groups it leads to.
    fn foreign_members(&self, source: &DomainBuilder) -> Result<BTreeMap<Sid, Vec<u32>>, BuildError> {
        let mut found: BTreeMap<Sid, Vec<u32>> = BTreeMap::new();
        for (group, member) in &source.foreign_members {
            let unknown = || BuildError::UnknownGroup { group: group.clone() };
            let index = self.by_name.find(group).ok_or_else(unknown)?;
            let scope = self
                .groups
                .get(index)
                .map_or(GroupScope::Global, |group| group.scope);
            if !matches!(scope, GroupScope::DomainLocal | GroupScope::Builtin) {
                return Err(BuildError::ForeignMember {
                    group: group.clone(),
                    scope,
                    member: *member,
                });
            }
            let reached = self.closure(&[index]);
            let locals = reached.iter().filter_map(|(index, _)| self.local_rid(*index));
            found.entry(*member).or_default().extend(locals);
        }
        Ok(found)
    }

    fn local_rid(&self, index: usize) -> Option<u32> {
        let group = self.groups.get(index)?;
        if group.scope == GroupScope::DomainLocal {
            group.sid.rid()
        } else {
            None
        }
    }

    fn account(
        &self,
        source: &DomainBuilder,
        index: usize,
        spec: &AccountSpec,
        keys: &KeyRing,
    ) -> Result<Account, BuildError> {
        let no_room = |_| BuildError::DomainSid { sid: source.sid };
        let sid = source.sid.with_rid(spec.rid).map_err(no_room)?;
        let direct = self.of_account.get(index).map(Vec::as_slice).unwrap_or_default();
        let at = |index: usize| self.groups.get(index).cloned();
        let groups: Vec<TokenGroup> = self
            .closure(direct)
            .into_iter()
            .filter_map(|(group, through)| {
                Some(TokenGroup {
                    group: at(group)?,
                    through: through.and_then(at),
                })
            })
            .collect();
        let elsewhere = forest_groups(source, spec, &groups);
        let mut sids: Vec<Sid> = std::iter::once(sid)
            .chain(groups.iter().map(|entry| entry.group.sid))
            .chain(elsewhere.iter().copied())
            .collect();
        sids.sort_unstable();
        let own_locals: Vec<usize> = direct
            .iter()
            .copied()
            .filter(|group| self.local_rid(*group).is_some())
            .collect();
        let token = Token {
            sids,
            groups,
            direct_local_groups: self
                .closure(&own_locals)
                .iter()
                .filter_map(|(index, _)| self.local_rid(*index))
                .collect(),
            protected_users: source
                .sid
                .with_rid(builtin::rid::PROTECTED_USERS)
                .map_err(no_room)?,
        };
        let display_name = spec.display_name.clone().unwrap_or_else(|| spec.name.clone());
        Ok(Account {
            kind: spec.kind,
            logon_info: LogonInfo {
                extra_sids: std::iter::once(Sid::AUTHENTICATION_AUTHORITY_ASSERTED)
                    .chain(elsewhere)
                    .map(SidAndAttributes::new)
                    .collect(),
                ..logon_info(source, spec, &display_name, &token)
            },
            upn_dns_info: upn_dns_info(source, spec, sid),
            name: spec.name.clone(),
            display_name,
            rid: spec.rid,
            sid,
            upn: spec.upn.clone(),
            spns: spec.spns.clone(),
            control: spec.control,
            state: spec.state,
            workstations: spec.workstations.clone(),
            authentication_policy: spec.authentication_policy.clone(),
            supported_enctypes: spec.supported_enctypes,
            allowed_to_authenticate: spec.allowed_to_authenticate.clone(),
            delegate_to: spec.delegate_to.clone(),
            accepts_delegation_from: Vec::new(),
            keys: keys.clone(),
            token,
        })
    }
}

/// Universal groups of other domains of the forest that an account is in, by itself or through a group: a TGT has them among the
/// extra SIDs, since the group list takes those of the account's own domain only (MS-PAC section 2.5).
fn forest_groups(source: &DomainBuilder, spec: &AccountSpec, groups: &[TokenGroup]) -> Vec<Sid> {
    let leads = |entry: &TokenGroup, member: &str| {
        let forest_wide = matches!(entry.group.scope, GroupScope::Global | GroupScope::Universal);
        forest_wide && names::same(member, &entry.group.name)
    };
    let is_mine =
        |member: &str| names::same(member, &spec.name) || groups.iter().any(|entry| leads(entry, member));
    let mine = source.forest_groups.iter().filter(|(member, _)| is_mine(member));
    let mut sids: Vec<Sid> = mine.map(|(_, sid)| *sid).collect();
    sids.sort_unstable();
    sids.dedup();
    sids
}

/// LOGON_INFO of a TGT: global and universal groups of the domain, none of its local ones (MS-PAC section 4.1.2.1).
fn logon_info(source: &DomainBuilder, spec: &AccountSpec, display_name: &str, token: &Token) -> LogonInfo {
    const SAMR_DISABLED: u32 = 0x1;
    const SAMR_NORMAL: u32 = 0x10;
    const SAMR_WORKSTATION: u32 = 0x80;
    const SAMR_DONT_EXPIRE: u32 = 0x200;
    let in_ticket =
        |entry: &&TokenGroup| matches!(entry.group.scope, GroupScope::Global | GroupScope::Universal);
    let groups = token.groups.iter().filter(in_ticket);
    let flag = |bit, samr| if spec.control.contains(bit) { samr } else { 0 };
    LogonInfo {
        effective_name: RpcString::from(&*spec.name),
        full_name: RpcString::from(display_name),
        user_id: spec.rid,
        primary_group_id: spec.primary_group,
        groups: groups
            .filter_map(|entry| entry.group.sid.rid())
            .map(GroupMembership::new)
            .collect(),
        user_flags: UserFlags::EXTRA_SIDS,
        logon_domain_name: RpcString::with_spare_nul(&source.netbios),
        logon_domain_id: Some(source.sid),
        user_account_control: flag(UserAccountControl::ACCOUNT_DISABLED, SAMR_DISABLED)
            | flag(UserAccountControl::NORMAL_ACCOUNT, SAMR_NORMAL)
            | flag(UserAccountControl::WORKSTATION_TRUST_ACCOUNT, SAMR_WORKSTATION)
            | flag(UserAccountControl::DONT_EXPIRE_PASSWORD, SAMR_DONT_EXPIRE),
        password_must_change: spec
            .state
            .password_expires
            .map_or(FileTime::NEVER, FileTime::from),
        ..LogonInfo::default()
    }
}

fn upn_dns_info(source: &DomainBuilder, spec: &AccountSpec, sid: Sid) -> UpnDnsInfo {
    UpnDnsInfo {
        upn: spec.upn.as_ref().map_or_else(
            || format!("{}@{}", spec.name, source.dns_name),
            ToString::to_string,
        ),
        dns_domain_name: source.dns_name.to_uppercase(),
        flags: if spec.upn.is_some() {
            UpnDnsFlags::empty()
        } else {
            UpnDnsFlags::CONSTRUCTED_UPN
        },
        sam_name_and_sid: Some((spec.name.to_string(), sid)),
    }
}

/// Who may delegate to an account, with their SIDs.
fn delegates(
    source: &DomainBuilder,
    graph: &Graph,
    specs: &[(AccountSpec, KeyRing)],
    spec: &AccountSpec,
) -> Result<Vec<(Sid, Arc<str>)>, BuildError> {
    let resolve = |name: &Arc<str>| {
        let group = graph.by_name.find(name).and_then(|index| graph.groups.get(index));
        let account = || specs.iter().find(|(other, _)| names::same(&other.name, name));
        let sid = match group {
            Some(group) => Some(group.sid),
            None => account().and_then(|(other, _)| source.sid.with_rid(other.rid).ok()),
        };
        let unknown = || BuildError::UnknownDelegate {
            account: spec.name.clone(),
            name: name.clone(),
        };
        sid.map(|sid| (sid, name.clone())).ok_or_else(unknown)
    };
    spec.accepts_delegation_from.iter().map(resolve).collect()
}

fn rodcs(
    source: &DomainBuilder,
    graph: &Graph,
    accounts: &[Arc<Account>],
) -> Result<BTreeMap<u16, Arc<Rodc>>, BuildError> {
    let by_rid = |rid: u32| accounts.iter().find(|account| account.rid == rid).cloned();
    let list = |rodc: &RodcSpec, names: &[Arc<str>]| {
        let resolve = |name: &Arc<str>| {
            let group = graph
                .by_name
                .find(name)
                .and_then(|index| graph.groups.get(index))
                .map(|group| group.sid);
            let account = || {
                accounts
                    .iter()
                    .find(|account| names::same(&account.name, name))
                    .map(|account| account.sid)
            };
            let unknown = || BuildError::UnknownMember {
                group: rodc.computer_name.clone(),
                member: name.clone(),
            };
            group
                .or_else(account)
                .map(|sid| (sid, name.clone()))
                .ok_or_else(unknown)
        };
        names.iter().map(resolve).collect::<Result<Vec<_>, _>>()
    };
    let mut found = BTreeMap::new();
    for rodc in &source.rodcs {
        if let Some(krbtgt) = by_rid(rodc.krbtgt_rid) {
            let entry = Rodc {
                number: rodc.number,
                krbtgt,
                computer: if rodc.linked {
                    by_rid(rodc.computer_rid)
                } else {
                    None
                },
                reveal: list(rodc, &rodc.reveal)?,
                never_reveal: list(rodc, &rodc.never_reveal)?,
                revealed: list(rodc, &rodc.revealed)?
                    .into_iter()
                    .map(|(sid, _)| sid)
                    .collect(),
            };
            found.insert(rodc.number, Arc::new(entry));
        }
    }
    Ok(found)
}

fn trusts(source: &DomainBuilder) -> Vec<Arc<Trust>> {
    let trust = |spec: &TrustSpec| {
        Arc::new(Trust {
            realm: Realm::from(&*spec.realm),
            spec: spec.clone(),
        })
    };
    source.trusts.iter().map(trust).collect()
}
