//! Restrictions of accounts, and authentication policies.

use std::sync::Arc;

use kdc_sim::directory::{AccountSpec, AuthenticationPolicy};
use kerberos::sid::Sid;
use kerberos::wire::SupportedEnctypes;

use super::domain::principal_sid;
use crate::lab::document::Lab;
use crate::lab::identity;
use crate::lab::logon_rules::{EncryptionType, LogonRules};
use crate::lab::silo::AccountClass;

/// Puts the restrictions of a user into the account.
pub(super) fn restrict(lab: &Lab, spec: &mut AccountSpec, rules: &LogonRules) {
    spec.state.locked_out = rules.locked;
    spec.state.expires = rules.expires;
    spec.state.must_change_password = rules.must_change_password;
    spec.state.logon_hours = rules.logon_hours;
    spec.workstations = rules
        .workstations
        .iter()
        .filter_map(|name| netbios_name(lab, name).map(Into::into))
        .collect();
}

/// The bits of msDS-SupportedEncryptionTypes.
pub(super) fn enctypes(listed: &[EncryptionType]) -> SupportedEnctypes {
    let bits = listed.iter().map(|etype| match etype {
        EncryptionType::Rc4 => SupportedEnctypes::RC4_HMAC,
        EncryptionType::Aes128 => SupportedEnctypes::AES128_CTS_HMAC_SHA1_96,
        EncryptionType::Aes256 => SupportedEnctypes::AES256_CTS_HMAC_SHA1_96,
    });
    bits.fold(SupportedEnctypes::empty(), |all, bit| all | bit)
}

/// The policy of an account of a domain: that of its silo, else `assigned`. `member` is the lab's name of the account.
pub(super) fn policy(
    lab: &Lab,
    (member, class): (&str, AccountClass),
    assigned: Option<&str>,
    domain: &str,
) -> Option<Arc<AuthenticationPolicy>> {
    let (name, enforced) = lab.policy_of(member, class, assigned)?;
    let declared = lab.authentication_policies.get(name)?;
    let sids = |names: &Vec<String>| names.iter().filter_map(|name| sid(lab, name, domain)).collect();
    Some(Arc::new(AuthenticationPolicy {
        name: name.into(),
        enforced,
        tgt_life: declared.tgt_life,
        // computers sign in without armor of another
        allowed_from: declared
            .allowed_from
            .as_ref()
            .filter(|_| class == AccountClass::User)
            .map(sids),
        allowed_to: declared.allowed_to.as_ref().map(sids),
    }))
}

/// The SID of a user, group or machine by the lab's name.
fn sid(lab: &Lab, name: &str, domain: &str) -> Option<Sid> {
    let server = lab
        .servers
        .get(name)
        .map(|server| (server.domain.as_str(), server.rid));
    let machine = server.or_else(|| {
        let device = lab.devices.get(name)?;
        Some((device.domain.as_deref()?, device.rid))
    });
    let Some((domain, rid)) = machine else {
        return principal_sid(lab, name, domain);
    };
    identity::domain_sid(&lab.domains.get(domain)?.dns_name)?
        .with_rid(rid)
        .ok()
}

/// The NetBIOS name of a machine by the lab's name.
pub(crate) fn netbios_name(lab: &Lab, name: &str) -> Option<String> {
    let device = lab.devices.get(name).map(|device| &device.host);
    let server = || lab.servers.get(name).map(|server| &server.host);
    let dc = || lab.dcs.get(name).map(|dc| &dc.host);
    let host = device.or_else(server).or_else(dc)?;
    Some(host.to_uppercase())
}
