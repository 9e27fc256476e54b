//! What an account goes by in the directory.

use kerberos::sid::Sid;

use super::objects;
use crate::directory::{Account, AccountKind, DomainSnapshot};

/// The names of an account's entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountNames {
    /// Its distinguished name.
    pub dn: String,
    /// Its common name.
    pub cn: String,
    /// objectGUID as text: `6f1d…-…`.
    pub guid: String,
}

impl AccountNames {
    /// The names of an account of a domain.
    #[must_use]
    pub fn new(domain: &DomainSnapshot, account: &Account) -> Self {
        Self {
            dn: objects::account_dn(domain, account),
            cn: objects::account_cn(domain, account),
            guid: guid_text(&objects::guid(domain, &account.sid.to_bytes())),
        }
    }
}

/// Whether `identity` names an account as the `-Identity` of the ActiveDirectory module does: by its distinguished name, its
/// objectGUID, its SID or its sAMAccountName, of a computer also without the dollar sign (Microsoft Learn, `Get-ADUser` and
/// `Get-ADComputer`).
#[must_use]
pub fn is_identity(identity: &str, account: &Account, names: &AccountNames) -> bool {
    let bare_guid = identity.trim_start_matches('{').trim_end_matches('}');
    let short = account
        .name
        .strip_suffix('$')
        .filter(|_| account.kind == AccountKind::Computer);
    account.name.eq_ignore_ascii_case(identity)
        || short.is_some_and(|short| short.eq_ignore_ascii_case(identity))
        || names.dn.eq_ignore_ascii_case(identity)
        || names.guid.eq_ignore_ascii_case(bare_guid)
        || identity.parse::<Sid>().is_ok_and(|sid| sid == account.sid)
}

/// The first three parts are little-endian in the octets.
fn guid_text(octets: &[u8]) -> String {
    let hex = |places: &[usize]| -> String {
        let octet = |place: &usize| format!("{:02x}", octets.get(*place).copied().unwrap_or_default());
        places.iter().map(octet).collect()
    };
    format!(
        "{}-{}-{}-{}-{}",
        hex(&[3, 2, 1, 0]),
        hex(&[5, 4]),
        hex(&[7, 6]),
        hex(&[8, 9]),
        hex(&[10, 11, 12, 13, 14, 15])
    )
}
