//! What an account goes by in the directory.

use kerberos::sid::Sid;
use uuid::Uuid;

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
            guid: Uuid::from_bytes_le(objects::guid(domain, &account.sid.to_bytes())).to_string(),
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
