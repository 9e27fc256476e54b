//! Tenants.

use cloud_sim::{IdTokenSignature, KerberosDomain, OnPremises, PasswordHash, Tenant, User as CloudUser};
use indexmap::IndexMap;
use kdc_sim::DomainSnapshot;
use kdc_sim::directory::KeySet;
use kerberos::crypto::{Etype, Key};

use super::domain::server_keys;
use crate::lab::document::{Domain, Lab, Name, User, UserSource};
use crate::lab::{cloud_app, identity};

/// Tenants sign with keys from the end of the pool, devices take theirs from its beginning.
const LAST_POOL_KEY: usize = prt::pool::LEN - 1;

/// The tenant of a name, with its users and the Kerberos server keys published to it.
pub(super) fn build(lab: &Lab, name: &str, index: usize, domains: &IndexMap<Name, DomainSnapshot>) -> Tenant {
    let declared = &lab.tenants[name];
    let mut verified: Vec<&str> = declared.domains.iter().map(String::as_str).collect();
    verified.push(&declared.initial_domain);
    let pool = |offset: usize| prt::pool::key(LAST_POOL_KEY.saturating_sub(2 * index + offset));
    let mut stream = identity::stream(lab.seed, "keys", &format!("cloud TGT of {}", declared.id));
    let cloud_tgt_key = Key::generate(Etype::Aes256CtsHmacSha196, &mut stream);
    let mut tenant = Tenant::new(
        &declared.id,
        &declared.display_name,
        &verified,
        (pool(0), pool(1)),
        cloud_tgt_key,
    );
    tenant.settings.tgt_lifetime = declared.partial_tgt_life;
    tenant.settings.prt_lifetime = declared.prt_life;
    if declared.signed_id_token {
        tenant.settings.id_token_signature = IdTokenSignature::Rs256;
    }
    tenant.settings.kerberos_top_level_names =
        cloud_app::top_level_names(lab, name, declared, &tenant.settings.kerberos_top_level_names);
    for app in lab.cloud_apps.values().filter(|app| app.tenant == name) {
        tenant = tenant.with_application(cloud_app::application(lab, app));
    }
    for (user_name, user) in lab.users.iter().filter(|(_, user)| {
        user.tenant.as_deref() == Some(name) && is_in_scope(lab, name, user, user.ou.as_deref())
    }) {
        let on_premises = (user.source == UserSource::Synced)
            .then(|| user.domain.as_deref().and_then(|domain| domains.get(domain)))
            .flatten()
            .map(|domain| synced(user, domain));
        tenant = tenant.with_user(cloud_user(lab, user_name, user, on_premises));
    }
    for (domain_name, server) in &lab.kerberos_servers {
        let published = server.tenants.iter().any(|tenant| tenant == name);
        if let Some(domain) = lab.domains.get(domain_name).filter(|_| published) {
            let keys = server_keys(lab, &domain.dns_name, server.key_version);
            if let Some(half) = kerberos_domain(domain, server.number, &keys) {
                tenant = tenant.with_kerberos_domain(half);
            }
        }
    }
    tenant
}

/// The tenant's half of a Kerberos server object.
pub(crate) fn kerberos_domain(domain: &Domain, number: u16, keys: &KeySet) -> Option<KerberosDomain> {
    Some(KerberosDomain {
        dns_name: domain.dns_name.clone(),
        realm: domain.realm(),
        netbios_name: domain.netbios.clone(),
        number,
        key_version: keys.version,
        key: keys.key(Etype::Aes256CtsHmacSha196)?.clone(),
    })
}

/// Whether directory sync brings a user into a tenant. Who is mastered in the cloud is not its affair.
pub(crate) fn is_in_scope(lab: &Lab, tenant: &str, user: &User, ou: Option<&str>) -> bool {
    let Some(tenant) = lab
        .tenants
        .get(tenant)
        .filter(|_| user.source == UserSource::Synced)
    else {
        return true;
    };
    let in_domain = user
        .domain
        .as_ref()
        .is_some_and(|domain| tenant.synced_domains.contains(domain));
    let ou = ou.unwrap_or("Users");
    let in_ou = tenant
        .synced_ous
        .iter()
        .any(|synced| synced.eq_ignore_ascii_case(ou));
    in_domain && (tenant.synced_ous.is_empty() || in_ou)
}

/// A user as the tenant has them.
pub(crate) fn cloud_user(lab: &Lab, name: &str, user: &User, on_premises: Option<OnPremises>) -> CloudUser {
    let mut salt = [0; 16];
    salt.copy_from_slice(&identity::secret(lab.seed, "password salt", &user.upn)[..16]);
    CloudUser {
        upn: cloud_upn(lab, user),
        object_id: identity::guid("user", name),
        display_name: user.display_name.clone(),
        password: Some(PasswordHash::new(&user.password, salt)),
        enabled: user.enabled,
        password_expired: user.password_expired,
        on_premises,
    }
}

/// The sign-in name that the tenant of the lab file gives a user.
pub(crate) fn cloud_upn(lab: &Lab, user: &User) -> String {
    let tenant = user.tenant.as_ref().and_then(|name| lab.tenants.get(name));
    tenant.map_or_else(
        || user.upn.clone(),
        |tenant| cloud_upn_among(user, &tenant.domains, &tenant.initial_domain),
    )
}

/// The sign-in name that a tenant with these verified domains gives a synced user: that of AD where its suffix is verified,
/// else one at the tenant's initial domain, which the user does not know.
pub(crate) fn cloud_upn_among(user: &User, verified: &[String], initial: &str) -> String {
    let (prefix, suffix) = user.upn.rsplit_once('@').unwrap_or((&user.upn, ""));
    let is_it = |domain: &str| domain.eq_ignore_ascii_case(suffix);
    match user.source != UserSource::Synced || is_it(initial) || verified.iter().any(|name| is_it(name)) {
        true => user.upn.clone(),
        false => format!("{prefix}@{initial}"),
    }
}

fn synced(user: &User, domain: &DomainSnapshot) -> OnPremises {
    let synced = user.synced_attributes;
    OnPremises {
        domain_name: synced.domain_name.then(|| domain.dns_name().to_string()),
        sam_account_name: synced.sam_account_name.then(|| user.sam.clone()),
        security_identifier: synced
            .security_identifier
            .then(|| domain.sid().with_rid(user.rid).ok())
            .flatten(),
    }
}
