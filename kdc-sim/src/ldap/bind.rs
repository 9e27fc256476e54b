//! Binding: nobody, or somebody with a password.

use kerberos::Timestamp;
use kerberos::crypto::{Etype, nt_hash};
use rasn_ldap::{AuthenticationChoice, BindRequest, BindResponse, ResultCode};

use super::{LdapConfig, LdapSession, dn, objects};
use crate::directory::{Account, AccountKind, DomainSnapshot, Restriction};

/// Answers a bind. A failed one leaves the connection anonymous (RFC 4511 section 4.2.1).
pub(super) fn answer(
    domain: &DomainSnapshot,
    config: &LdapConfig,
    session: &mut LdapSession,
    now: Timestamp,
    request: &BindRequest,
) -> BindResponse {
    session.who = None;
    if request.version != 3 {
        return response(ResultCode::ProtocolError, "expected LDAP version 3");
    }
    let AuthenticationChoice::Simple(password) = &request.authentication else {
        return response(
            ResultCode::AuthMethodNotSupported,
            "SASL is not offered here: bind with -x, by name and password or as nobody",
        );
    };
    if request.name.is_empty() && password.is_empty() {
        return response(ResultCode::Success, "");
    }
    if config.require_signing {
        return response(
            ResultCode::StrongerAuthRequired,
            "00002028: LdapErr: DSID-0C090276, comment: The server requires binds to turn on integrity checking \
             if SSL\\TLS are not already active on the connection, data 0, v4563",
        );
    }
    match check(domain, &request.name, password, now) {
        Ok(account) => {
            session.who = Some(account.name.clone());
            response(ResultCode::Success, "")
        }
        Err(data) => response(
            ResultCode::InvalidCredentials,
            &format!(
                "80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {data:x}, v4563"
            ),
        ),
    }
}

/// What stands behind `data` of a refused bind: a Win32 error.
mod data {
    pub(super) const NO_SUCH_USER: u32 = 0x525;
    pub(super) const LOGON_FAILURE: u32 = 0x52e;
    pub(super) const INVALID_LOGON_HOURS: u32 = 0x530;
    pub(super) const PASSWORD_EXPIRED: u32 = 0x532;
    pub(super) const ACCOUNT_DISABLED: u32 = 0x533;
    pub(super) const ACCOUNT_EXPIRED: u32 = 0x701;
    pub(super) const PASSWORD_MUST_CHANGE: u32 = 0x773;
    pub(super) const ACCOUNT_LOCKED_OUT: u32 = 0x775;
}

fn check<'d>(
    domain: &'d DomainSnapshot,
    name: &str,
    password: &[u8],
    now: Timestamp,
) -> Result<&'d Account, u32> {
    let account = find(domain, name).ok_or(data::NO_SUCH_USER)?;
    let password = core::str::from_utf8(password).map_err(|_| data::LOGON_FAILURE)?;
    let right = account
        .keys
        .current()
        .key(Etype::Rc4Hmac)
        .is_some_and(|key| *key == nt_hash(password));
    let usable = matches!(account.kind, AccountKind::User | AccountKind::Computer);
    if !right || !usable || password.is_empty() {
        return Err(data::LOGON_FAILURE);
    }
    match account
        .restriction(now)
        .or_else(|| account.password_restriction(now))
    {
        None => Ok(account),
        Some(restriction) => Err(match restriction {
            Restriction::Disabled => data::ACCOUNT_DISABLED,
            Restriction::LockedOut => data::ACCOUNT_LOCKED_OUT,
            Restriction::Expired { .. } => data::ACCOUNT_EXPIRED,
            Restriction::LogonHours => data::INVALID_LOGON_HOURS,
            Restriction::PasswordExpired { .. } => data::PASSWORD_EXPIRED,
            Restriction::PasswordMustChange => data::PASSWORD_MUST_CHANGE,
        }),
    }
}

/// By distinguished name, userPrincipalName, `DOMAIN\name` or `name@domain` (MS-ADTS section 5.1.1.1.1).
fn find<'d>(domain: &'d DomainSnapshot, name: &str) -> Option<&'d Account> {
    if let Some((netbios, sam)) = name.split_once('\\') {
        let own =
            netbios.eq_ignore_ascii_case(domain.netbios()) || netbios.eq_ignore_ascii_case(domain.dns_name());
        return domain.account(sam).filter(|_| own).map(|account| &**account);
    }
    let by_upn = || {
        domain.account_by_upn(name).or_else(|| {
            let (sam, suffix) = name.rsplit_once('@')?;
            domain
                .account(sam)
                .filter(|_| suffix.eq_ignore_ascii_case(domain.dns_name()))
        })
    };
    let asked = dn::normal(name);
    let by_dn = || {
        domain
            .accounts()
            .find(|account| dn::normal(&objects::account_dn(domain, account)) == asked)
    };
    by_upn().or_else(by_dn).map(|account| &**account)
}

fn response(code: ResultCode, diagnostic: &str) -> BindResponse {
    BindResponse::new(code, "".into(), diagnostic.into(), None, None)
}
