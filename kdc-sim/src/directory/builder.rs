//! What a domain is made from, and how an administrator changes it.

use std::sync::Arc;

use kerberos::crypto::salt;
use kerberos::sid::Sid;
use kerberos::wire::SupportedEnctypes;

use super::account::{AccountKind, AccountState, UserAccountControl};
use super::authn_policy::AuthenticationPolicy;
use super::group::GroupScope;
use super::keys::{KeyRing, KeySet};
use super::trust::TrustSpec;
use super::{DomainSnapshot, build, builtin, names};

/// Collects a domain. Keys are derived when an account is added, so changing a domain that exists costs none.
#[derive(Clone, Debug)]
pub struct DomainBuilder {
    pub(super) dns_name: Arc<str>,
    pub(super) netbios: Arc<str>,
    pub(super) sid: Sid,
    pub(super) accounts: Vec<(AccountSpec, KeyRing)>,
    pub(super) groups: Vec<(Arc<str>, Sid, GroupScope)>,
    pub(super) members: Vec<(Arc<str>, Arc<str>)>,
    pub(super) foreign_members: Vec<(Arc<str>, Sid)>,
    pub(super) forest_groups: Vec<(Arc<str>, Sid)>,
    pub(super) rodcs: Vec<RodcSpec>,
    pub(super) trusts: Vec<TrustSpec>,
    pub(super) upn_suffixes: Vec<Arc<str>>,
}

/// An account before its groups are known.
#[derive(Clone, Debug)]
pub struct AccountSpec {
    /// User or computer; the others are made by the builder.
    pub kind: AccountKind,
    /// sAMAccountName, with the dollar sign of a computer.
    pub name: Arc<str>,
    /// Relative identifier.
    pub rid: u32,
    /// displayName, if it is not the name.
    pub display_name: Option<Arc<str>>,
    /// userPrincipalName, if there is one.
    pub upn: Option<Arc<str>>,
    /// servicePrincipalName values.
    pub spns: Vec<Arc<str>>,
    /// userAccountControl.
    pub control: UserAccountControl,
    /// What can keep it from logging on.
    pub state: AccountState,
    /// userWorkstations: NetBIOS names of the machines it may sign in at. Empty: all.
    pub workstations: Vec<Arc<str>>,
    /// The authentication policy that is assigned to it (msDS-AssignedAuthNPolicy).
    pub authentication_policy: Option<Arc<AuthenticationPolicy>>,
    /// msDS-SupportedEncryptionTypes, if set.
    pub supported_enctypes: Option<SupportedEnctypes>,
    /// RID of the primary group.
    pub primary_group: u32,
    /// Who has the right "Allowed to Authenticate" to it: what selective authentication asks for.
    pub allowed_to_authenticate: Vec<Sid>,
    /// msDS-AllowedToDelegateTo: service principal names it may pass its clients on to.
    pub delegate_to: Vec<Arc<str>>,
    /// msDS-AllowedToActOnBehalfOfOtherIdentity: names of accounts or groups that may pass their clients on to it.
    pub accepts_delegation_from: Vec<Arc<str>>,
}

impl AccountSpec {
    /// A user in Domain Users.
    #[must_use]
    pub fn user(name: &str, rid: u32) -> Self {
        Self::new(
            AccountKind::User,
            name,
            rid,
            UserAccountControl::NORMAL_ACCOUNT,
            builtin::rid::DOMAIN_USERS,
        )
    }

    /// A member computer in Domain Computers, with AES and RC4 as Windows sets it, and its two HOST names.
    #[must_use]
    pub fn computer(name: &str, rid: u32, dns_name: &str) -> Self {
        let short = name.strip_suffix('$').unwrap_or(name);
        let control = UserAccountControl::WORKSTATION_TRUST_ACCOUNT;
        let mut spec = Self::new(
            AccountKind::Computer,
            &format!("{short}$"),
            rid,
            control,
            builtin::rid::DOMAIN_COMPUTERS,
        );
        spec.supported_enctypes = Some(
            SupportedEnctypes::RC4_HMAC
                | SupportedEnctypes::AES128_CTS_HMAC_SHA1_96
                | SupportedEnctypes::AES256_CTS_HMAC_SHA1_96,
        );
        spec.spns = vec![format!("HOST/{short}").into(), format!("HOST/{dns_name}").into()];
        spec
    }

    fn new(kind: AccountKind, name: &str, rid: u32, control: UserAccountControl, primary_group: u32) -> Self {
        Self {
            kind,
            name: name.into(),
            rid,
            display_name: None,
            upn: None,
            spns: Vec::new(),
            control,
            state: AccountState::default(),
            workstations: Vec::new(),
            authentication_policy: None,
            supported_enctypes: None,
            primary_group,
            allowed_to_authenticate: Vec::new(),
            delegate_to: Vec::new(),
            accepts_delegation_from: Vec::new(),
        }
    }

    /// With a userPrincipalName.
    #[must_use]
    pub fn with_upn(mut self, upn: &str) -> Self {
        self.upn = Some(upn.into());
        self
    }

    /// With one more servicePrincipalName.
    #[must_use]
    pub fn with_spn(mut self, spn: &str) -> Self {
        self.spns.push(spn.into());
        self
    }

    /// With more bits of userAccountControl.
    #[must_use]
    pub fn with_control(mut self, control: UserAccountControl) -> Self {
        self.control |= control;
        self
    }
}

/// Where the keys of an account come from.
#[derive(Clone)]
pub enum Secret {
    /// A password, with the salt that Active Directory gives the account's name.
    Password(String),
    /// Keys that are known.
    Keys(KeyRing),
}

/// A read-only domain controller, as Set-AzureADKerberosServer makes it: a computer and a krbtgt account.
#[derive(Clone, Debug)]
pub struct RodcSpec {
    /// msDS-SecondaryKrbTgtNumber, 1 to 65535.
    pub number: u16,
    /// sAMAccountName of the computer.
    pub computer_name: Arc<str>,
    /// RID of the computer.
    pub computer_rid: u32,
    /// RID of `krbtgt_<number>`.
    pub krbtgt_rid: u32,
    /// Keys of `krbtgt_<number>`.
    pub keys: KeyRing,
    /// userAccountControl of the computer.
    pub control: UserAccountControl,
    /// Whether msDS-KrbTgtLink of the computer names the krbtgt account.
    pub linked: bool,
    /// Whether `krbtgt_<number>` is enabled. It need not be: nobody logs on with it.
    pub krbtgt_enabled: bool,
    /// msDS-RevealOnDemandGroup: names of groups or accounts.
    pub reveal: Vec<Arc<str>>,
    /// msDS-NeverRevealGroup: names of groups or accounts.
    pub never_reveal: Vec<Arc<str>>,
    /// msDS-RevealedList: names of the accounts whose secrets it holds.
    pub revealed: Vec<Arc<str>>,
    /// servicePrincipalName values of the computer.
    pub spns: Vec<Arc<str>>,
}

impl RodcSpec {
    /// The object that stands for Microsoft Entra ID: it reveals Domain Users, and never those whom no read-only domain controller gets.
    #[must_use]
    pub fn azure_ad_kerberos(number: u16, computer_rid: u32, krbtgt_rid: u32, keys: KeyRing) -> Self {
        Self {
            number,
            computer_name: "AzureADKerberos$".into(),
            computer_rid,
            krbtgt_rid,
            keys,
            control: UserAccountControl::RODC,
            linked: true,
            krbtgt_enabled: false,
            reveal: vec!["Domain Users".into()],
            never_reveal: builtin::NEVER_REVEAL.map(Into::into).to_vec(),
            revealed: Vec::new(),
            spns: Vec::new(),
        }
    }

    /// A machine that is a read-only domain controller, as dcpromo makes it: it reveals who is in the allowed group.
    #[must_use]
    pub fn machine(
        host: &str,
        dns_name: &str,
        number: u16,
        computer_rid: u32,
        krbtgt_rid: u32,
        keys: KeyRing,
    ) -> Self {
        let names = [
            format!("HOST/{host}"),
            format!("HOST/{dns_name}"),
            format!("ldap/{host}"),
            format!("ldap/{dns_name}"),
        ];
        Self {
            computer_name: format!("{host}$").into(),
            reveal: vec!["Allowed RODC Password Replication Group".into()],
            spns: names.map(Into::into).to_vec(),
            ..Self::azure_ad_kerberos(number, computer_rid, krbtgt_rid, keys)
        }
    }
}

impl DomainBuilder {
    /// A domain with its built-in groups and its krbtgt account.
    ///
    /// # Errors
    ///
    /// A name is empty, or the SID has no room for a RID.
    pub fn new(dns_name: &str, netbios: &str, sid: Sid, krbtgt: KeyRing) -> Result<Self, BuildError> {
        if dns_name.is_empty() || netbios.is_empty() {
            return Err(BuildError::EmptyName);
        }
        let mut builder = Self {
            dns_name: dns_name.to_lowercase().into(),
            netbios: netbios.into(),
            sid,
            accounts: Vec::new(),
            groups: Vec::new(),
            members: Vec::new(),
            foreign_members: Vec::new(),
            forest_groups: Vec::new(),
            rodcs: Vec::new(),
            trusts: Vec::new(),
            upn_suffixes: Vec::new(),
        };
        for (name, rid, scope) in builtin::GROUPS {
            let sid = match scope {
                GroupScope::Builtin => builtin::sid::builtin(*rid),
                _ => sid.with_rid(*rid),
            };
            let sid = sid.map_err(|_| BuildError::DomainSid { sid: builder.sid })?;
            builder.groups.push(((*name).into(), sid, *scope));
        }
        for (group, member) in builtin::MEMBERS {
            builder.members.push(((*group).into(), (*member).into()));
        }
        let control = UserAccountControl::NORMAL_ACCOUNT | UserAccountControl::ACCOUNT_DISABLED;
        let spec = AccountSpec::new(
            AccountKind::Krbtgt,
            "krbtgt",
            builtin::rid::KRBTGT,
            control,
            builtin::rid::DOMAIN_USERS,
        )
        .with_spn("kadmin/changepw");
        builder.accounts.push((spec, krbtgt));
        Ok(builder)
    }

    /// Adds an account. A password is turned into keys here.
    pub fn account(&mut self, spec: AccountSpec, secret: Secret) -> &mut Self {
        let keys = match secret {
            Secret::Keys(keys) => keys,
            Secret::Password(password) => {
                KeyRing::new(KeySet::from_password(1, &password, &self.salt(&spec)))
            }
        };
        self.accounts.push((spec, keys));
        self
    }

    /// Adds a group of this domain.
    ///
    /// # Errors
    ///
    /// The domain's SID has no room for a RID.
    pub fn group(&mut self, name: &str, rid: u32, scope: GroupScope) -> Result<&mut Self, BuildError> {
        let sid = self
            .sid
            .with_rid(rid)
            .map_err(|_| BuildError::DomainSid { sid: self.sid })?;
        self.groups.push((name.into(), sid, scope));
        Ok(self)
    }

    /// Makes a group or account a member of a group, by their names. They are looked up when the domain is built.
    pub fn member(&mut self, group: &str, member: &str) -> &mut Self {
        if !self
            .members
            .iter()
            .any(|entry| is_membership(entry, group, member))
        {
            self.members.push((group.into(), member.into()));
        }
        self
    }

    /// Makes a SID of another domain a member of a domain-local group (a foreignSecurityPrincipal).
    pub fn foreign_member(&mut self, group: &str, member: Sid) -> &mut Self {
        let is_it = |(name, sid): &(Arc<str>, Sid)| names::same(name, group) && *sid == member;
        if !self.foreign_members.iter().any(is_it) {
            self.foreign_members.push((group.into(), member));
        }
        self
    }

    /// Makes an account or group of this domain a member of a universal group of another domain of the forest, as the global
    /// catalog knows it.
    pub fn forest_group(&mut self, member: &str, group: Sid) -> &mut Self {
        let is_it = |(name, sid): &(Arc<str>, Sid)| names::same(name, member) && *sid == group;
        if !self.forest_groups.iter().any(is_it) {
            self.forest_groups.push((member.into(), group));
        }
        self
    }

    /// Takes a SID of another domain out of a group; whether it was a member.
    pub fn remove_foreign_member(&mut self, group: &str, member: Sid) -> bool {
        let before = self.foreign_members.len();
        self.foreign_members
            .retain(|(name, sid)| !(names::same(name, group) && *sid == member));
        self.foreign_members.len() < before
    }

    /// Takes a member out of a group; whether it was one.
    pub fn remove_member(&mut self, group: &str, member: &str) -> bool {
        let before = self.members.len();
        self.members.retain(|entry| !is_membership(entry, group, member));
        self.members.len() < before
    }

    /// Adds a read-only domain controller.
    pub fn rodc(&mut self, rodc: RodcSpec) -> &mut Self {
        self.rodcs.push(rodc);
        self
    }

    /// The read-only domain controller with a key number, to change it.
    pub fn rodc_mut(&mut self, number: u16) -> Option<&mut RodcSpec> {
        self.rodcs.iter_mut().find(|rodc| rodc.number == number)
    }

    /// Removes a read-only domain controller; whether there was one.
    pub fn remove_rodc(&mut self, number: u16) -> bool {
        let before = self.rodcs.len();
        self.rodcs.retain(|rodc| rodc.number != number);
        self.rodcs.len() < before
    }

    /// Adds a trust.
    pub fn trust(&mut self, trust: TrustSpec) -> &mut Self {
        self.trusts.push(trust);
        self
    }

    /// Removes a trust by the name of the realm; whether there was one.
    pub fn remove_trust(&mut self, realm: &str) -> bool {
        let before = self.trusts.len();
        self.trusts.retain(|trust| !names::same(&trust.realm, realm));
        self.trusts.len() < before
    }

    /// The trust with a realm, to change it.
    pub fn trust_mut(&mut self, realm: &str) -> Option<&mut TrustSpec> {
        self.trusts
            .iter_mut()
            .find(|trust| names::same(&trust.realm, realm))
    }

    /// Adds a suffix for userPrincipalNames.
    pub fn upn_suffix(&mut self, suffix: &str) -> &mut Self {
        self.upn_suffixes.push(suffix.into());
        self
    }

    /// The account with a sAMAccountName, to change it.
    pub fn account_mut(&mut self, name: &str) -> Option<&mut AccountSpec> {
        self.entry(name).map(|(spec, _)| spec)
    }

    /// The keys of the account with a sAMAccountName, to change them.
    pub fn keys_mut(&mut self, name: &str) -> Option<&mut KeyRing> {
        self.entry(name).map(|(_, keys)| keys)
    }

    /// Removes an account and its memberships; whether there was one.
    pub fn remove_account(&mut self, name: &str) -> bool {
        let before = self.accounts.len();
        self.accounts.retain(|(spec, _)| !names::same(&spec.name, name));
        self.members.retain(|(_, member)| !names::same(member, name));
        self.accounts.len() < before
    }

    /// Gives an account another sAMAccountName. What names the account goes on naming it: memberships, delegation, and the lists of
    /// read-only domain controllers. Whether there was such an account.
    pub fn rename_account(&mut self, name: &str, to: &str) -> bool {
        let Some((spec, _)) = self.entry(name) else {
            return false;
        };
        spec.name = to.into();
        let memberships = self.members.iter_mut().map(|(_, member)| member);
        let forest = self.forest_groups.iter_mut().map(|(member, _)| member);
        let delegation = self
            .accounts
            .iter_mut()
            .flat_map(|(spec, _)| &mut spec.accepts_delegation_from);
        let lists = self.rodcs.iter_mut().flat_map(|rodc| {
            let lists = rodc.reveal.iter_mut().chain(&mut rodc.never_reveal);
            lists.chain(&mut rodc.revealed)
        });
        for naming in memberships.chain(forest).chain(delegation).chain(lists) {
            if names::same(naming, name) {
                *naming = to.into();
            }
        }
        true
    }

    /// Sets a password: a new key version with the salt of the present name. `keep` earlier passwords stay known.
    /// The password is no longer expired. Whether there was such an account.
    pub fn set_password(&mut self, name: &str, password: &str, keep: usize) -> bool {
        let Some(salt) = self
            .entry(name)
            .map(|(spec, _)| spec.clone())
            .map(|spec| self.salt(&spec))
        else {
            return false;
        };
        if let Some((spec, keys)) = self.entry(name) {
            let version = keys.current().version.saturating_add(1);
            *keys = keys.rotated(KeySet::from_password(version, password, &salt), keep);
            spec.state.must_change_password = false;
            spec.state.password_expires = None;
        }
        true
    }

    /// The domain, if everything fits together.
    ///
    /// # Errors
    ///
    /// [`BuildError`] says which two things collide, or which name leads nowhere.
    pub fn build(&self) -> Result<DomainSnapshot, BuildError> {
        build::build(self)
    }

    fn entry(&mut self, name: &str) -> Option<&mut (AccountSpec, KeyRing)> {
        self.accounts
            .iter_mut()
            .find(|(spec, _)| names::same(&spec.name, name))
    }

    fn salt(&self, spec: &AccountSpec) -> String {
        match spec.kind {
            AccountKind::Computer => salt::computer(&self.dns_name, &spec.name),
            _ => salt::user(&self.dns_name, &spec.name),
        }
    }
}

fn is_membership((a, b): &(Arc<str>, Arc<str>), group: &str, member: &str) -> bool {
    names::same(a, group) && names::same(b, member)
}

/// Why a domain does not fit together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The SID of the domain cannot have a RID appended.
    #[error("domain SID {sid} has no room for a RID")]
    DomainSid {
        /// The SID.
        sid: Sid,
    },
    /// Two read-only domain controllers have the same key number.
    #[error("key number {number} is given to two read-only domain controllers")]
    DuplicateKeyNumber {
        /// The number.
        number: u16,
    },
    /// Two accounts or groups have the same name.
    #[error("the name {name} is taken twice")]
    DuplicateName {
        /// sAMAccountName.
        name: Arc<str>,
    },
    /// Two accounts or groups have the same RID.
    #[error("RID {rid} is given to {first} and to {second}")]
    DuplicateRid {
        /// The RID.
        rid: u32,
        /// The one that was there.
        first: Arc<str>,
        /// The other.
        second: Arc<str>,
    },
    /// Two accounts have the same servicePrincipalName.
    #[error("service principal name {spn} is on {first} and on {second}")]
    DuplicateSpn {
        /// The name.
        spn: Arc<str>,
        /// One account.
        first: Arc<str>,
        /// The other.
        second: Arc<str>,
    },
    /// Two accounts have the same userPrincipalName.
    #[error("user principal name {upn} is on {first} and on {second}")]
    DuplicateUpn {
        /// The name.
        upn: Arc<str>,
        /// One account.
        first: Arc<str>,
        /// The other.
        second: Arc<str>,
    },
    /// A name is empty.
    #[error("DNS name and NetBIOS name of a domain: expected some, came none")]
    EmptyName,
    /// The key number 0 means the domain's own krbtgt.
    #[error("key number of a read-only domain controller: expected 1 to 65535, came 0")]
    KeyNumberZero,
    /// A group of one scope cannot be a member of a group of another.
    #[error("{member} is {member_scope:?} and cannot be a member of {group}, which is {scope:?}")]
    Nesting {
        /// The outer group.
        group: Arc<str>,
        /// Its scope.
        scope: GroupScope,
        /// The inner group.
        member: Arc<str>,
        /// Its scope.
        member_scope: GroupScope,
    },
    /// Only a domain-local group takes members from outside.
    #[error("{member}, of another domain, cannot be a member of {group}, which is {scope:?}")]
    ForeignMember {
        /// The group.
        group: Arc<str>,
        /// Its scope.
        scope: GroupScope,
        /// The member.
        member: Sid,
    },
    /// Somebody who may delegate to an account does not exist.
    #[error("{account} accepts delegation from {name}: there is no such account or group")]
    UnknownDelegate {
        /// The account.
        account: Arc<str>,
        /// The name.
        name: Arc<str>,
    },
    /// A group that does not exist.
    #[error("there is no group {group}")]
    UnknownGroup {
        /// The name.
        group: Arc<str>,
    },
    /// A member that does not exist.
    #[error("member {member} of {group}: there is no such account or group")]
    UnknownMember {
        /// The group.
        group: Arc<str>,
        /// The name.
        member: Arc<str>,
    },
    /// The primary group of an account does not exist.
    #[error("primary group {rid} of {account}: there is no such group")]
    UnknownPrimaryGroup {
        /// The account.
        account: Arc<str>,
        /// The RID.
        rid: u32,
    },
}
