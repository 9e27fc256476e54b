//! Directories.

use std::sync::Arc;

use kdc_sim::directory::{
    AccountSpec, GroupScope as Scope, KeyRing, KeySet, RodcSpec, Secret, UserAccountControl,
};
use kdc_sim::{DomainBuilder, DomainSnapshot};
use kerberos::sid::Sid;

use super::{CompileError, logon};
use crate::lab::builtin::{self, BuiltInSid};
use crate::lab::document::{BranchDc, Dc, Delegation, Domain, GroupScope, Lab, User};
use crate::lab::identity;
use crate::lab::silo::AccountClass;

/// RID of the computer AzureADKerberos.
pub const AZURE_AD_KERBEROS_RID: u32 = 1103;
/// RID of krbtgt_AzureAD.
pub const AZURE_AD_KRBTGT_RID: u32 = 1104;
/// RID of the first DC; the others follow.
const FIRST_DC_RID: u32 = 1000;

/// The directory of a domain.
pub(super) fn build(lab: &Lab, name: &str) -> Result<DomainSnapshot, CompileError> {
    let fault = |why: &dyn ToString| CompileError::new(format!("domain {name}"), why.to_string());
    let domain = lab
        .domains
        .get(name)
        .ok_or_else(|| fault(&"it is not declared"))?;
    let sid = identity::domain_sid(&domain.dns_name).ok_or_else(|| fault(&"its SID does not fit"))?;
    let krbtgt = generate(lab, &format!("krbtgt@{}", domain.dns_name), 2);
    let mut builder =
        DomainBuilder::new(&domain.dns_name, &domain.netbios, sid, krbtgt).map_err(|error| fault(&error))?;
    for tenant in lab
        .tenants
        .values()
        .filter(|tenant| tenant.synced_domains.iter().any(|synced| synced == name))
    {
        for suffix in &tenant.domains {
            builder.upn_suffix(suffix);
        }
    }
    add_groups(&mut builder, lab, name).map_err(|error| fault(&error))?;
    add_users(&mut builder, lab, name);
    add_computers(&mut builder, lab, name, domain);
    add_foreigners(&mut builder, lab, name);
    super::forest_groups::add(&mut builder, lab, name);
    super::trusts::add(&mut builder, lab, name);
    if let Some(server) = lab
        .kerberos_servers
        .get(name)
        .filter(|server| server.in_directory)
    {
        let keys = server_keys(lab, &domain.dns_name, server.key_version);
        let as_declared = |principal: &str| account_name(lab, principal).into();
        builder.rodc(kerberos_server_account(
            lab,
            name,
            server.number,
            keys,
            as_declared,
        ));
    }
    builder.build().map_err(|error| fault(&error))
}

/// AzureADKerberos and krbtgt_AzureAD of a domain: the lab file says who is on the lists of their password replication policy, and
/// `name_of` what a principal of the lab file is called in the directory.
pub(crate) fn kerberos_server_account(
    lab: &Lab,
    domain: &str,
    number: u16,
    keys: KeySet,
    name_of: impl Fn(&str) -> Arc<str>,
) -> RodcSpec {
    let keys = KeyRing::new(keys);
    let mut rodc = RodcSpec::azure_ad_kerberos(number, AZURE_AD_KERBEROS_RID, AZURE_AD_KRBTGT_RID, keys);
    if let Some(server) = lab.kerberos_servers.get(domain) {
        rodc.reveal = server.allow.iter().map(|name| name_of(name)).collect();
        rodc.never_reveal = server.deny.iter().map(|name| name_of(name)).collect();
    }
    rodc
}

/// The keys of a domain's krbtgt_AzureAD at a key version. A new version has new keys.
pub fn server_keys(lab: &Lab, domain_dns_name: &str, version: u32) -> KeySet {
    let name = format!("krbtgt_AzureAD@{domain_dns_name}#{version}");
    KeySet::generate(version, &mut identity::stream(lab.seed, "keys", &name))
}

fn generate(lab: &Lab, name: &str, version: u32) -> KeyRing {
    KeyRing::new(KeySet::generate(
        version,
        &mut identity::stream(lab.seed, "keys", name),
    ))
}

/// A principal as AD names it: users are declared by a name that may differ from their sAMAccountName.
fn account_name<'l>(lab: &'l Lab, principal: &'l str) -> &'l str {
    lab.users.get(principal).map_or(principal, |user| &user.sam)
}

fn add_groups(builder: &mut DomainBuilder, lab: &Lab, domain: &str) -> Result<(), kdc_sim::BuildError> {
    let own = || lab.groups.iter().filter(|(_, group)| group.domain == domain);
    for (name, group) in own() {
        let scope = match group.scope {
            GroupScope::Global => Scope::Global,
            GroupScope::Universal => Scope::Universal,
            GroupScope::DomainLocal => Scope::DomainLocal,
        };
        builder.group(name, group.rid, scope)?;
    }
    for (name, group) in own() {
        for outer in group.member_of.iter().filter(|outer| is_own(lab, domain, outer)) {
            builder.member(outer, name);
        }
    }
    Ok(())
}

fn add_users(builder: &mut DomainBuilder, lab: &Lab, domain: &str) {
    for (name, user) in lab
        .users
        .iter()
        .filter(|(_, user)| user.domain.as_deref() == Some(domain))
    {
        builder.account(account(lab, name, user), Secret::Password(user.password.clone()));
        for group in user.groups.iter().filter(|group| is_own(lab, domain, group)) {
            builder.member(group, &user.sam);
        }
    }
}

/// Whether a group is of the domain: every domain has the built-in ones.
fn is_own(lab: &Lab, domain: &str, group: &str) -> bool {
    lab.groups.get(group).is_none_or(|group| group.domain == domain)
}

/// Users and groups of other domains in the groups of this one.
fn add_foreigners(builder: &mut DomainBuilder, lab: &Lab, domain: &str) {
    let users = lab
        .users
        .iter()
        .filter_map(|(name, user)| Some((name, user.domain.as_deref()?, &user.groups)));
    let groups = lab
        .groups
        .iter()
        .map(|(name, group)| (name, group.domain.as_str(), &group.member_of));
    for (name, _, outers) in users.chain(groups).filter(|(_, other, _)| *other != domain) {
        for outer in outers {
            // members from elsewhere in the forest are in a universal group by the tickets of their own domain
            let here = lab
                .groups
                .get(outer)
                .is_some_and(|group| group.domain == domain && group.scope == GroupScope::DomainLocal);
            if let (true, Some(sid)) = (here, principal_sid(lab, name, domain)) {
                builder.foreign_member(outer, sid);
            }
        }
    }
}

/// The SID of a user or group by the lab's name; a built-in group is that of `domain`.
pub(super) fn principal_sid(lab: &Lab, name: &str, domain: &str) -> Option<Sid> {
    let (domain, rid) = if let Some(group) = lab.groups.get(name) {
        (group.domain.as_str(), group.rid)
    } else if let Some(user) = lab.users.get(name) {
        (user.domain.as_deref()?, user.rid)
    } else {
        match builtin::group(name)?.sid {
            BuiltInSid::Domain(rid) => (domain, rid),
            BuiltInSid::BuiltIn(rid) => return Sid::new(5, &[32, rid]).ok(),
        }
    };
    identity::domain_sid(&lab.domains.get(domain)?.dns_name)?
        .with_rid(rid)
        .ok()
}

fn account(lab: &Lab, name: &str, user: &User) -> AccountSpec {
    let mut spec = AccountSpec::user(&user.sam, user.rid).with_upn(&user.upn);
    spec.display_name = Some(user.display_name.as_str().into());
    if !user.enabled {
        spec = spec.with_control(UserAccountControl::ACCOUNT_DISABLED);
    }
    if user.password_expired {
        // The evening before the story begins.
        spec.state.password_expires = Some(lab.clock - core::time::Duration::from_hours(14));
    }
    logon::restrict(lab, &mut spec, &user.logon);
    spec.supported_enctypes = user.encryption_types.as_deref().map(logon::enctypes);
    let domain = user.domain.as_deref().unwrap_or_default();
    spec.authentication_policy = logon::policy(
        lab,
        (name, AccountClass::User),
        user.authentication_policy.as_deref(),
        domain,
    );
    if user.sensitive {
        spec = spec.with_control(UserAccountControl::NOT_DELEGATED);
    }
    for name in &user.service_names {
        spec = spec.with_spn(name);
    }
    delegate(lab, spec, &user.delegation)
}

/// The attributes that delegation needs.
fn delegate(lab: &Lab, mut spec: AccountSpec, delegation: &Delegation) -> AccountSpec {
    if delegation.protocol_transition {
        spec = spec.with_control(UserAccountControl::TRUSTED_TO_AUTH_FOR_DELEGATION);
    }
    spec.delegate_to = delegation.to.iter().map(|name| name.as_str().into()).collect();
    spec.accepts_delegation_from = delegation
        .accepts_from
        .iter()
        .map(|name| delegate_name(lab, name).into())
        .collect();
    spec
}

/// A user, group or machine as AD names it.
fn delegate_name(lab: &Lab, name: &str) -> String {
    let host = lab.servers.get(name).map(|server| &server.host);
    let host = host.or_else(|| lab.dcs.get(name).map(|dc| &dc.host));
    let host = host.or_else(|| lab.devices.get(name).map(|device| &device.host));
    host.map_or_else(|| account_name(lab, name).to_owned(), |host| format!("{host}$"))
}

fn add_computers(builder: &mut DomainBuilder, lab: &Lab, name: &str, domain: &Domain) {
    let dcs = lab.dcs.values().filter(|dc| dc.domain == name);
    for (rid, dc) in (FIRST_DC_RID..).zip(dcs) {
        if let Some(branch) = &dc.branch {
            builder.rodc(branch_dc(lab, dc, branch, domain, rid));
            continue;
        }
        let mut spec = computer(&dc.host, rid, domain, &["ldap", "cifs"]);
        spec.control = UserAccountControl::SERVER_TRUST_ACCOUNT | UserAccountControl::TRUSTED_FOR_DELEGATION;
        spec.primary_group = if dc.writable { 516 } else { 521 };
        builder.account(
            spec,
            Secret::Keys(generate(lab, &format!("{}@{}", dc.host, domain.dns_name), 1)),
        );
    }
    for (key, server) in lab.servers.iter().filter(|(_, server)| server.domain == name) {
        let services: Vec<&str> = server.services.iter().map(String::as_str).collect();
        let mut spec = computer(&server.host, server.rid, domain, &services);
        let allowed = server.allowed_to_authenticate.iter();
        spec.allowed_to_authenticate = allowed.filter_map(|who| principal_sid(lab, who, name)).collect();
        if let Some(listed) = &server.encryption_types {
            spec.supported_enctypes = Some(logon::enctypes(listed));
        }
        spec.authentication_policy = logon::policy(
            lab,
            (key, AccountClass::Computer),
            server.authentication_policy.as_deref(),
            name,
        );
        builder.account(
            delegate(lab, spec, &server.delegation),
            Secret::Keys(generate(lab, &format!("{}@{}", server.host, domain.dns_name), 1)),
        );
    }
    for (key, device) in lab
        .devices
        .iter()
        .filter(|(_, device)| device.domain.as_deref() == Some(name))
    {
        let mut spec = computer(&device.host, device.rid, domain, &[]);
        spec.authentication_policy = logon::policy(lab, (key, AccountClass::Computer), None, name);
        builder.account(
            spec,
            Secret::Keys(generate(lab, &format!("{}@{}", device.host, domain.dns_name), 1)),
        );
    }
}

/// RID of the krbtgt account of a read-only DC: as far behind those of DCs as its computer is.
const FIRST_BRANCH_KRBTGT_RID: u32 = 1050;

/// A read-only DC: its computer, its krbtgt account, and whose secrets it holds.
fn branch_dc(lab: &Lab, dc: &Dc, branch: &BranchDc, domain: &Domain, rid: u32) -> RodcSpec {
    let full = format!("{}.{}", dc.host, domain.dns_name).to_lowercase();
    let keys = generate(lab, &format!("krbtgt_{}@{}", branch.number, domain.dns_name), 1);
    let krbtgt_rid = FIRST_BRANCH_KRBTGT_RID + (rid - FIRST_DC_RID);
    let names = |principals: &[String]| {
        let name = |name: &String| account_name(lab, name).into();
        principals.iter().map(name).collect()
    };
    let machine = |name: &String| {
        let server = lab.servers.get(name).map(|server| &server.host);
        server.or_else(|| lab.devices.get(name).map(|device| &device.host))
    };
    let cached = branch.cached.iter().map(|name| match machine(name) {
        Some(host) => format!("{host}$").into(),
        None => account_name(lab, name).into(),
    });
    RodcSpec {
        reveal: names(&branch.allow),
        never_reveal: names(&branch.deny),
        revealed: cached.collect(),
        ..RodcSpec::machine(&dc.host, &full, branch.number, rid, krbtgt_rid, keys)
    }
}

/// A computer account with `CLASS/short` and `CLASS/full` for each service besides HOST.
fn computer(host: &str, rid: u32, domain: &Domain, services: &[&str]) -> AccountSpec {
    let full = format!("{}.{}", host.to_lowercase(), domain.dns_name);
    let mut spec = AccountSpec::computer(host, rid, &full);
    for service in services
        .iter()
        .filter(|service| !service.eq_ignore_ascii_case("host"))
    {
        spec = spec
            .with_spn(&format!("{service}/{full}"))
            .with_spn(&format!("{service}/{host}"));
    }
    spec
}
