//! What administrators change about the state of an AD account.

use core::fmt;
use std::sync::Arc;

use kdc_sim::directory::LogonHours;
use kerberos::Timestamp;

/// One change of an account's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountChange {
    /// It is locked out, or unlocked.
    Locked(bool),
    /// It expires then.
    Expires(Timestamp),
    /// Its password has to be changed at the next logon, or was changed.
    MustChangePassword(bool),
    /// Its password expires now, or was set anew.
    PasswordExpired(bool),
    /// logonHours, in UTC.
    LogonHours(LogonHours),
    /// userWorkstations, as the lab names the machines; empty for all.
    Workstations(Vec<Arc<str>>),
}

impl fmt::Display for AccountChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked(true) => f.write_str("is locked out"),
            Self::Locked(false) => f.write_str("is unlocked"),
            Self::Expires(at) => write!(f, "expires at {at}"),
            Self::MustChangePassword(true) => f.write_str("has to change its password at the next logon"),
            Self::MustChangePassword(false) => f.write_str("need not change its password"),
            Self::PasswordExpired(true) => f.write_str("has a password that expires now"),
            Self::PasswordExpired(false) => f.write_str("gets a new password"),
            Self::LogonHours(_) => f.write_str("gets other logon hours"),
            Self::Workstations(names) if names.is_empty() => f.write_str("may sign in at every machine"),
            Self::Workstations(names) => write!(f, "may sign in at {} alone", names.join(", ")),
        }
    }
}
