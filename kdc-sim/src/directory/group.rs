//! Groups.

use std::sync::Arc;

use kerberos::sid::Sid;

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// sAMAccountName.
    pub name: Arc<str>,
    /// objectSid.
    pub sid: Sid,
    /// Scope.
    pub scope: GroupScope,
}

/// The scope of a group, which decides into which tickets it goes (MS-PAC section 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupScope {
    /// In the tickets of its domain's members, everywhere.
    Global,
    /// In tickets everywhere; its members may come from any domain.
    Universal,
    /// In service tickets of its own domain.
    DomainLocal,
    /// Of the machine itself, S-1-5-32: in no ticket.
    Builtin,
}

impl GroupScope {
    /// Whether a group of this scope may be a member of one of the other.
    #[must_use]
    pub const fn may_be_in(self, outer: Self) -> bool {
        match outer {
            Self::Global => matches!(self, Self::Global),
            Self::Universal => matches!(self, Self::Global | Self::Universal),
            Self::DomainLocal => !matches!(self, Self::Builtin),
            // what the default directory does: Domain Admins in Administrators
            Self::Builtin => !matches!(self, Self::Builtin),
        }
    }
}
