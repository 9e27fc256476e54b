//! Accounts, and what of them is worked out in advance.

use std::sync::Arc;

use bitflags::bitflags;
use kerberos::Timestamp;
use kerberos::codes::NtStatus;
use kerberos::pac::{LogonInfo, UpnDnsInfo};
use kerberos::sid::Sid;
use kerberos::wire::SupportedEnctypes;

use super::authn_policy::AuthenticationPolicy;
use super::group::Group;
use super::keys::KeyRing;

/// A user, a computer or an account of the KDC's own.
#[derive(Clone, Debug)]
pub struct Account {
    /// What it is.
    pub kind: AccountKind,
    /// sAMAccountName, with the dollar sign of a computer.
    pub name: Arc<str>,
    /// displayName, or the name.
    pub display_name: Arc<str>,
    /// Relative identifier.
    pub rid: u32,
    /// objectSid.
    pub sid: Sid,
    /// userPrincipalName where the account has one of its own.
    pub upn: Option<Arc<str>>,
    /// servicePrincipalName values.
    pub spns: Vec<Arc<str>>,
    /// userAccountControl.
    pub control: UserAccountControl,
    /// State that can keep the account from logging on.
    pub state: AccountState,
    /// userWorkstations: NetBIOS names of the machines it may sign in at. Empty: all.
    pub workstations: Vec<Arc<str>>,
    /// The authentication policy that is assigned to it.
    pub authentication_policy: Option<Arc<AuthenticationPolicy>>,
    /// msDS-SupportedEncryptionTypes where set.
    pub supported_enctypes: Option<SupportedEnctypes>,
    /// Who has the right "Allowed to Authenticate" to it.
    pub allowed_to_authenticate: Vec<Sid>,
    /// msDS-AllowedToDelegateTo: service principal names it may pass its clients on to.
    pub delegate_to: Vec<Arc<str>>,
    /// msDS-AllowedToActOnBehalfOfOtherIdentity: who may pass clients on to it, SID and name.
    pub accepts_delegation_from: Vec<(Sid, Arc<str>)>,
    /// Long-term keys.
    pub keys: KeyRing,
    /// Groups, recomputed when the domain is built.
    pub token: Token,
    /// LOGON_INFO of a TGT but for the times of the logon and the name of the domain controller.
    pub logon_info: LogonInfo,
    /// UPN_DNS_INFO.
    pub upn_dns_info: UpnDnsInfo,
}

impl Account {
    /// The NT status that keeps the account from logging on, in the order Windows looks; `None` when nothing does.
    #[must_use]
    pub fn restriction(&self, now: Timestamp) -> Option<Restriction> {
        let state = &self.state;
        if self.control.contains(UserAccountControl::ACCOUNT_DISABLED) {
            Some(Restriction::Disabled)
        } else if state.locked_out {
            Some(Restriction::LockedOut)
        } else if let Some(at) = state.expires.filter(|at| now >= *at) {
            Some(Restriction::Expired { at })
        } else if state.logon_hours.is_some_and(|hours| !hours.allow(now)) {
            Some(Restriction::LogonHours)
        } else {
            None
        }
    }

    /// Why the password has to be changed first; `None` when it need not.
    #[must_use]
    pub fn password_restriction(&self, now: Timestamp) -> Option<Restriction> {
        if self.state.must_change_password {
            return Some(Restriction::PasswordMustChange);
        }
        let never = self.control.contains(UserAccountControl::DONT_EXPIRE_PASSWORD);
        let expired = self.state.password_expires.filter(|at| !never && now >= *at);
        expired.map(|at| Restriction::PasswordExpired { at })
    }

    /// Whether tickets of the account may be forwardable.
    #[must_use]
    pub fn may_delegate(&self) -> bool {
        !self.control.contains(UserAccountControl::NOT_DELEGATED)
            && !self
                .token
                .groups
                .iter()
                .any(|entry| entry.group.sid == self.token.protected_users)
    }
}

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountKind {
    /// A person, or a service that runs as one.
    User,
    /// A machine.
    Computer,
    /// The domain's ticket-granting service.
    Krbtgt,
    /// The ticket-granting service of a read-only domain controller.
    RodcKrbtgt {
        /// msDS-SecondaryKrbTgtNumber.
        number: u16,
    },
    /// The other side of a trust.
    Trust,
}

bitflags! {
    /// userAccountControl (MS-ADTS section 2.2.16).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct UserAccountControl: u32 {
        /// The account is disabled.
        const ACCOUNT_DISABLED = 0x0000_0002;
        /// A user.
        const NORMAL_ACCOUNT = 0x0000_0200;
        /// A trust.
        const INTERDOMAIN_TRUST_ACCOUNT = 0x0000_0800;
        /// A member computer or a read-only domain controller.
        const WORKSTATION_TRUST_ACCOUNT = 0x0000_1000;
        /// A writable domain controller.
        const SERVER_TRUST_ACCOUNT = 0x0000_2000;
        /// The password does not expire.
        const DONT_EXPIRE_PASSWORD = 0x0001_0000;
        /// Tickets for this service tell the client that it may delegate to it.
        const TRUSTED_FOR_DELEGATION = 0x0008_0000;
        /// Sensitive: its tickets are not forwardable.
        const NOT_DELEGATED = 0x0010_0000;
        /// An AS exchange without pre-authentication is allowed.
        const DONT_REQUIRE_PREAUTH = 0x0040_0000;
        /// Protocol transition.
        const TRUSTED_TO_AUTH_FOR_DELEGATION = 0x0100_0000;
        /// A read-only domain controller.
        const PARTIAL_SECRETS_ACCOUNT = 0x0400_0000;
        const _ = !0;
    }
}

impl UserAccountControl {
    /// What a read-only domain controller has: 0x05001000.
    pub const RODC: Self = Self::WORKSTATION_TRUST_ACCOUNT
        .union(Self::PARTIAL_SECRETS_ACCOUNT)
        .union(Self::TRUSTED_TO_AUTH_FOR_DELEGATION);
}

/// What can keep an account from logging on, besides being disabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountState {
    /// Locked out.
    pub locked_out: bool,
    /// accountExpires: from then on it cannot log on.
    pub expires: Option<Timestamp>,
    /// From then on the password has to be changed.
    pub password_expires: Option<Timestamp>,
    /// pwdLastSet is 0: the password has to be changed at the next logon.
    pub must_change_password: bool,
    /// logonHours, if not all of the week.
    pub logon_hours: Option<LogonHours>,
}

/// logonHours (MS-ADA1 section 2.378): one bit for every hour of the week, in UTC, from Sunday on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogonHours(pub [u8; 21]);

impl LogonHours {
    /// Whether the account may log on at this time.
    #[must_use]
    pub fn allow(&self, now: Timestamp) -> bool {
        let hours = now.unix_seconds().div_euclid(3600);
        // 1970-01-01 was a Thursday: the fifth day of a week that begins on Sunday
        let hour = usize::try_from((hours + 4 * 24).rem_euclid(7 * 24)).unwrap_or(0);
        self.0
            .get(hour / 8)
            .is_some_and(|octet| octet >> (hour % 8) & 1 == 1)
    }
}

/// Why an account cannot log on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// It is disabled.
    Disabled,
    /// It is locked out.
    LockedOut,
    /// It has expired.
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// Not at this hour.
    LogonHours,
    /// Its password has expired.
    PasswordExpired {
        /// Since when.
        at: Timestamp,
    },
    /// Its password has to be changed first.
    PasswordMustChange,
}

impl Restriction {
    /// The status that goes with the error (MS-ERREF section 2.3).
    #[must_use]
    pub const fn status(self) -> NtStatus {
        match self {
            Self::Disabled => NtStatus::ACCOUNT_DISABLED,
            Self::LockedOut => NtStatus::ACCOUNT_LOCKED_OUT,
            Self::Expired { .. } => NtStatus::ACCOUNT_EXPIRED,
            Self::LogonHours => NtStatus::INVALID_LOGON_HOURS,
            Self::PasswordExpired { .. } => NtStatus::PASSWORD_EXPIRED,
            Self::PasswordMustChange => NtStatus::PASSWORD_MUST_CHANGE,
        }
    }
}

impl std::fmt::Display for Restriction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Disabled => f.write_str("is disabled"),
            Self::LockedOut => f.write_str("is locked out"),
            Self::Expired { at } => write!(f, "expired at {at}"),
            Self::LogonHours => f.write_str("may not log on at this hour"),
            Self::PasswordExpired { at } => write!(f, "has a password that expired at {at}"),
            Self::PasswordMustChange => f.write_str("has to change its password first"),
        }
    }
}

/// The groups of an account as the directory has them, direct and nested.
#[derive(Clone, Debug)]
pub struct Token {
    /// The account and every group, sorted: what a domain controller compares access lists with.
    pub sids: Vec<Sid>,
    /// Every group with the way that leads to it: the primary group first, then nearest first.
    pub groups: Vec<TokenGroup>,
    /// RIDs of the domain-local groups that the account itself leads to, without a group of the ticket in between.
    pub direct_local_groups: Vec<u32>,
    /// The SID of Protected Users in this domain.
    pub protected_users: Sid,
}

impl Token {
    /// The entry for a group.
    #[must_use]
    pub fn entry(&self, sid: &Sid) -> Option<&TokenGroup> {
        self.groups.iter().find(|entry| entry.group.sid == *sid)
    }

    /// Whether the account is this SID or in this group.
    #[must_use]
    pub fn contains(&self, sid: &Sid) -> bool {
        self.sids.binary_search(sid).is_ok()
    }
}

/// A group of an account.
#[derive(Clone, Debug)]
pub struct TokenGroup {
    /// The group.
    pub group: Arc<Group>,
    /// The group whose membership leads here; `None` for the account's own.
    pub through: Option<Arc<Group>>,
}

/// A read-only domain controller: the account with its key, and the computer that stands for it.
#[derive(Clone, Debug)]
pub struct Rodc {
    /// msDS-SecondaryKrbTgtNumber.
    pub number: u16,
    /// The account with the key, `krbtgt_<number>`.
    pub krbtgt: Arc<Account>,
    /// The computer whose msDS-KrbTgtLink names that account; `None` when no computer does.
    pub computer: Option<Arc<Account>>,
    /// msDS-RevealOnDemandGroup: SID and name.
    pub reveal: Vec<(Sid, Arc<str>)>,
    /// msDS-NeverRevealGroup: SID and name.
    pub never_reveal: Vec<(Sid, Arc<str>)>,
    /// msDS-RevealedList: the accounts whose secrets it holds. Nobody's at the object that stands for Entra ID.
    pub revealed: Vec<Sid>,
}
