//! From names in requests to accounts.

use std::sync::Arc;

use kerberos::wire::{NameType, PrincipalName, Realm};

use crate::directory::{Account, AccountKind, DomainSnapshot, Trust};

/// The account that a client name means: sAMAccountName, then that with a dollar sign, then userPrincipalName
/// (MS-KILE section 3.3.5.6.1). The krbtgt of a read-only domain controller is never a client.
pub(crate) fn client<'a>(domain: &'a DomainSnapshot, name: &PrincipalName) -> Option<&'a Arc<Account>> {
    let [name_text] = name.components.as_slice() else {
        return client_by_service_name(domain, name);
    };
    let text = name_text.as_str()?;
    let found = if name.name_type == NameType::ENTERPRISE {
        // a name without a suffix is one of this domain's own accounts
        let bare = || by_account_name(domain, text).filter(|_| !text.contains('@'));
        by_upn(domain, text).or_else(bare)
    } else {
        by_account_name(domain, text).or_else(|| by_upn(domain, text))
    };
    found.filter(|account| !matches!(account.kind, AccountKind::RodcKrbtgt { .. }))
}

fn by_account_name<'a>(domain: &'a DomainSnapshot, text: &str) -> Option<&'a Arc<Account>> {
    domain
        .account(text)
        .or_else(|| domain.account(&format!("{text}$")))
}

/// An explicit userPrincipalName, or one put together from account and domain.
fn by_upn<'a>(domain: &'a DomainSnapshot, text: &str) -> Option<&'a Arc<Account>> {
    domain.account_by_upn(text).or_else(|| {
        let (name, suffix) = text.rsplit_once('@')?;
        let own =
            suffix.eq_ignore_ascii_case(domain.dns_name()) || suffix.eq_ignore_ascii_case(domain.netbios());
        if own { by_account_name(domain, name) } else { None }
    })
}

/// A service that asks for a TGT under one of its service principal names.
fn client_by_service_name<'a>(domain: &'a DomainSnapshot, name: &PrincipalName) -> Option<&'a Arc<Account>> {
    domain.account_by_spn(&joined(name)?)
}

/// What a service name means.
pub(crate) enum Service<'a> {
    /// The ticket-granting service of this domain.
    Krbtgt,
    /// An account.
    Account(&'a Arc<Account>),
    /// The ticket-granting service of a trusted realm.
    Trust(&'a Arc<Trust>),
}

/// The service that a name means; with `refer` also a trusted realm that has to be asked for it. The ticket-granting service of
/// a distant realm means that of the realm on the way there (RFC 4120 section 3.3.3).
pub(crate) fn service<'a>(
    domain: &'a DomainSnapshot,
    name: &PrincipalName,
    refer: bool,
) -> Option<Service<'a>> {
    if let Some(realm) = name.krbtgt_realm() {
        return if domain.is_own_realm(realm) {
            Some(Service::Krbtgt)
        } else {
            // a closer realm's for one without a trust of its own, whether or not names are canonicalised
            domain.route(realm).map(Service::Trust)
        };
    }
    let text = joined(name)?;
    let account = domain
        .account_by_spn(&text)
        .or_else(|| by_host_alias(domain, name))
        .or_else(|| {
            if name.components.len() == 1 {
                by_account_name(domain, &text).or_else(|| by_upn(domain, &text))
            } else {
                None
            }
        });
    match account {
        Some(account) => Some(Service::Account(account)),
        None if refer => referral(domain, name).map(Service::Trust),
        None => None,
    }
}

/// The trust that leads to a service which another domain of the forest has, or to the forest whose names its host has.
fn referral<'a>(domain: &'a DomainSnapshot, name: &PrincipalName) -> Option<&'a Arc<Trust>> {
    let catalog = domain.catalog().and_then(|catalog| {
        let realm = catalog.realm_of_spn(&joined(name)?);
        realm.or_else(|| catalog.realm_of_spn(&host_alias(name)?))
    });
    if let Some(realm) = catalog {
        return domain.route(realm);
    }
    let host = name.components.get(1)?.as_str()?;
    let is_there = |trust: &&Arc<Trust>| trust.spec.incoming.is_some() && trust.spec.has_suffix(host);
    domain.trusts().iter().find(is_there)
}

/// The realm of a userPrincipalName that another domain of the forest, or a trusted forest, has.
pub(crate) fn realm_of_upn<'a>(domain: &'a DomainSnapshot, upn: &str) -> Option<&'a Realm> {
    let (_, suffix) = upn.rsplit_once('@')?;
    let catalog = domain.catalog().and_then(|catalog| {
        let named = || {
            let is_it = |realm: &&Realm| realm.eq_ignore_ascii_case(suffix);
            catalog.realms().iter().find(is_it)
        };
        catalog.realm_of_upn(upn).or_else(named)
    });
    let trusted = || {
        let has = |trust: &&Arc<Trust>| {
            trust
                .spec
                .suffixes
                .iter()
                .any(|other| other.eq_ignore_ascii_case(suffix))
        };
        domain.trusts().iter().find(has).map(|trust| &trust.realm)
    };
    catalog
        .or_else(trusted)
        .filter(|realm| !domain.is_own_realm(realm))
}

/// A service class that Active Directory maps to HOST (sPNMappings, MS-ADTS section 3.1.1.3.4.1.10 and its defaults).
fn by_host_alias<'a>(domain: &'a DomainSnapshot, name: &PrincipalName) -> Option<&'a Arc<Account>> {
    domain.account_by_spn(&host_alias(name)?)
}

fn host_alias(name: &PrincipalName) -> Option<String> {
    let (class, instance) = name.components.split_first()?;
    let class = class.as_str()?;
    if !HOST_ALIASES.iter().any(|alias| class.eq_ignore_ascii_case(alias)) {
        return None;
    }
    let mut text = String::from("HOST");
    for component in instance {
        text.push('/');
        text.push_str(component.as_str()?);
    }
    Some(text)
}

fn joined(name: &PrincipalName) -> Option<String> {
    let mut text = String::with_capacity(64);
    for (index, component) in name.components.iter().enumerate() {
        if index > 0 {
            text.push('/');
        }
        text.push_str(component.as_str()?);
    }
    Some(text)
}

const HOST_ALIASES: &[&str] = &[
    "alerter",
    "appmgmt",
    "browser",
    "cifs",
    "cisvc",
    "clipsrv",
    "dcom",
    "dhcp",
    "dmserver",
    "dns",
    "dnscache",
    "eventlog",
    "eventsystem",
    "fax",
    "http",
    "ias",
    "iisadmin",
    "mcsvc",
    "messenger",
    "msdtc",
    "msiserver",
    "netdde",
    "netddedsm",
    "netlogon",
    "netman",
    "nmagent",
    "oakley",
    "plugplay",
    "policyagent",
    "protectedstorage",
    "rasman",
    "remoteaccess",
    "replicator",
    "rpc",
    "rpclocator",
    "rpcss",
    "rsvp",
    "samss",
    "scardsvr",
    "scesrv",
    "schedule",
    "scm",
    "seclogon",
    "snmp",
    "spooler",
    "tapisrv",
    "time",
    "trksvr",
    "trkwks",
    "ups",
    "w3svc",
    "wins",
    "www",
];
