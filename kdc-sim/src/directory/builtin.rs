//! Groups that every domain has, with their default members.

use super::group::GroupScope;

/// RIDs of a domain's well-known accounts and groups (MS-ADTS section 6.1.1.6, MS-DTYP section 2.4.2.4).
pub mod rid {
    /// Administrator.
    pub const ADMINISTRATOR: u32 = 500;
    /// Guest.
    pub const GUEST: u32 = 501;
    /// krbtgt.
    pub const KRBTGT: u32 = 502;
    /// Enterprise Read-only Domain Controllers.
    pub const ENTERPRISE_READ_ONLY_DOMAIN_CONTROLLERS: u32 = 498;
    /// Domain Admins.
    pub const DOMAIN_ADMINS: u32 = 512;
    /// Domain Users.
    pub const DOMAIN_USERS: u32 = 513;
    /// Domain Guests.
    pub const DOMAIN_GUESTS: u32 = 514;
    /// Domain Computers.
    pub const DOMAIN_COMPUTERS: u32 = 515;
    /// Domain Controllers.
    pub const DOMAIN_CONTROLLERS: u32 = 516;
    /// Cert Publishers.
    pub const CERT_PUBLISHERS: u32 = 517;
    /// Schema Admins.
    pub const SCHEMA_ADMINS: u32 = 518;
    /// Enterprise Admins.
    pub const ENTERPRISE_ADMINS: u32 = 519;
    /// Group Policy Creator Owners.
    pub const GROUP_POLICY_CREATOR_OWNERS: u32 = 520;
    /// Read-only Domain Controllers.
    pub const READ_ONLY_DOMAIN_CONTROLLERS: u32 = 521;
    /// Protected Users.
    pub const PROTECTED_USERS: u32 = 525;
    /// Allowed RODC Password Replication Group.
    pub const ALLOWED_RODC_PASSWORD_REPLICATION: u32 = 571;
    /// Denied RODC Password Replication Group.
    pub const DENIED_RODC_PASSWORD_REPLICATION: u32 = 572;
    /// Administrators, of S-1-5-32.
    pub const BUILTIN_ADMINISTRATORS: u32 = 544;
    /// Users, of S-1-5-32.
    pub const BUILTIN_USERS: u32 = 545;
    /// Account Operators, of S-1-5-32.
    pub const BUILTIN_ACCOUNT_OPERATORS: u32 = 548;
    /// Server Operators, of S-1-5-32.
    pub const BUILTIN_SERVER_OPERATORS: u32 = 549;
    /// Backup Operators, of S-1-5-32.
    pub const BUILTIN_BACKUP_OPERATORS: u32 = 551;
}

/// SIDs that are the same everywhere.
pub mod sid {
    use kerberos::sid::{Sid, SidError};

    /// A group of S-1-5-32.
    ///
    /// # Errors
    ///
    /// Never: two sub-authorities fit.
    pub fn builtin(rid: u32) -> Result<Sid, SidError> {
        Sid::new(5, &[32, rid])
    }
}

/// Name, RID and scope.
pub(super) const GROUPS: &[(&str, u32, GroupScope)] = &[
    (
        "Enterprise Read-only Domain Controllers",
        rid::ENTERPRISE_READ_ONLY_DOMAIN_CONTROLLERS,
        GroupScope::Universal,
    ),
    ("Domain Admins", rid::DOMAIN_ADMINS, GroupScope::Global),
    ("Domain Users", rid::DOMAIN_USERS, GroupScope::Global),
    ("Domain Guests", rid::DOMAIN_GUESTS, GroupScope::Global),
    ("Domain Computers", rid::DOMAIN_COMPUTERS, GroupScope::Global),
    ("Domain Controllers", rid::DOMAIN_CONTROLLERS, GroupScope::Global),
    ("Cert Publishers", rid::CERT_PUBLISHERS, GroupScope::DomainLocal),
    ("Schema Admins", rid::SCHEMA_ADMINS, GroupScope::Universal),
    ("Enterprise Admins", rid::ENTERPRISE_ADMINS, GroupScope::Universal),
    (
        "Group Policy Creator Owners",
        rid::GROUP_POLICY_CREATOR_OWNERS,
        GroupScope::Global,
    ),
    (
        "Read-only Domain Controllers",
        rid::READ_ONLY_DOMAIN_CONTROLLERS,
        GroupScope::Global,
    ),
    ("Protected Users", rid::PROTECTED_USERS, GroupScope::Global),
    (
        "Allowed RODC Password Replication Group",
        rid::ALLOWED_RODC_PASSWORD_REPLICATION,
        GroupScope::DomainLocal,
    ),
    (
        "Denied RODC Password Replication Group",
        rid::DENIED_RODC_PASSWORD_REPLICATION,
        GroupScope::DomainLocal,
    ),
    ("Administrators", rid::BUILTIN_ADMINISTRATORS, GroupScope::Builtin),
    ("Users", rid::BUILTIN_USERS, GroupScope::Builtin),
    (
        "Account Operators",
        rid::BUILTIN_ACCOUNT_OPERATORS,
        GroupScope::Builtin,
    ),
    (
        "Server Operators",
        rid::BUILTIN_SERVER_OPERATORS,
        GroupScope::Builtin,
    ),
    (
        "Backup Operators",
        rid::BUILTIN_BACKUP_OPERATORS,
        GroupScope::Builtin,
    ),
];

/// Group, and a group or account that is a member from the beginning.
pub(super) const MEMBERS: &[(&str, &str)] = &[
    ("Denied RODC Password Replication Group", "Cert Publishers"),
    ("Denied RODC Password Replication Group", "Domain Admins"),
    ("Denied RODC Password Replication Group", "Domain Controllers"),
    ("Denied RODC Password Replication Group", "Enterprise Admins"),
    (
        "Denied RODC Password Replication Group",
        "Group Policy Creator Owners",
    ),
    ("Denied RODC Password Replication Group", "krbtgt"),
    (
        "Denied RODC Password Replication Group",
        "Read-only Domain Controllers",
    ),
    ("Denied RODC Password Replication Group", "Schema Admins"),
    ("Administrators", "Domain Admins"),
    ("Administrators", "Enterprise Admins"),
    ("Users", "Domain Users"),
];

/// Whom an RODC never reveals by default: the denied group, and four groups of S-1-5-32.
pub(super) const NEVER_REVEAL: [&str; 5] = [
    "Denied RODC Password Replication Group",
    "Administrators",
    "Server Operators",
    "Backup Operators",
    "Account Operators",
];
