//! Groups that every AD domain has.

/// A group that is there without being declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltInGroup {
    /// Its name.
    pub name: &'static str,
    /// Where its SID hangs.
    pub sid: BuiltInSid,
    /// Built-in groups it is a member of.
    pub member_of: &'static [&'static str],
}

/// The SID of a built-in group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltInSid {
    /// Below the domain's SID.
    Domain(u32),
    /// Below S-1-5-32.
    BuiltIn(u32),
}

const DENIED: &str = "Denied RODC Password Replication Group";

/// MS-DTYP section 2.4.2.4 and MS-ADTS section 6.1.1.4; default members of the denied group as documented for RODCs.
pub const GROUPS: &[BuiltInGroup] = &[
    domain("Domain Admins", 512, &["Administrators", DENIED]),
    domain("Domain Users", 513, &[]),
    domain("Domain Guests", 514, &[]),
    domain("Domain Computers", 515, &[]),
    domain("Domain Controllers", 516, &[DENIED]),
    domain("Cert Publishers", 517, &[DENIED]),
    domain("Schema Admins", 518, &[DENIED]),
    domain("Enterprise Admins", 519, &["Administrators", DENIED]),
    domain("Group Policy Creator Owners", 520, &[DENIED]),
    domain("Read-only Domain Controllers", 521, &[DENIED]),
    domain("Protected Users", 525, &[]),
    domain("Allowed RODC Password Replication Group", 571, &[]),
    domain(DENIED, 572, &[]),
    built_in("Administrators", 544),
    built_in("Users", 545),
    built_in("Account Operators", 548),
    built_in("Server Operators", 549),
    built_in("Print Operators", 550),
    built_in("Backup Operators", 551),
];

/// Who may be revealed by default: on a Kerberos server object, all of Domain Users.
pub const DEFAULT_ALLOW: &[&str] = &["Domain Users"];

/// Who may be revealed to a read-only DC in a branch office by default.
pub const BRANCH_ALLOW: &[&str] = &["Allowed RODC Password Replication Group"];

/// Who may never be revealed by default: the five of any RODC.
pub const DEFAULT_DENY: &[&str] = &[
    DENIED,
    "Administrators",
    "Server Operators",
    "Backup Operators",
    "Account Operators",
];

/// The built-in group of a name, case apart.
pub fn group(name: &str) -> Option<&'static BuiltInGroup> {
    GROUPS.iter().find(|group| group.name.eq_ignore_ascii_case(name))
}

const fn domain(name: &'static str, rid: u32, member_of: &'static [&'static str]) -> BuiltInGroup {
    BuiltInGroup {
        name,
        sid: BuiltInSid::Domain(rid),
        member_of,
    }
}

const fn built_in(name: &'static str, rid: u32) -> BuiltInGroup {
    BuiltInGroup {
        name,
        sid: BuiltInSid::BuiltIn(rid),
        member_of: &[],
    }
}
