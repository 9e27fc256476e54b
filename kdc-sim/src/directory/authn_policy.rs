//! Authentication policies (MS-ADSC section 2.120, MS-KILE section 3.3.5.5).

use std::sync::Arc;
use std::time::Duration;

use kerberos::sid::Sid;

use super::account::Account;

/// An authentication policy, as it applies to one account. In AD the two lists are security descriptors with conditions; here
/// they are the accounts and groups that such a condition would name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationPolicy {
    /// Its name.
    pub name: Arc<str>,
    /// msDS-AuthNPolicyEnforced. A policy that is not enforced changes nothing.
    pub enforced: bool,
    /// msDS-UserTGTLifetime, msDS-ComputerTGTLifetime: life and renewal of a TGT.
    pub tgt_life: Option<Duration>,
    /// msDS-UserAllowedToAuthenticateFrom: the devices, whose armor a sign-in needs. `None`: any, and none.
    pub allowed_from: Option<Vec<Sid>>,
    /// msDS-ComputerAllowedToAuthenticateTo: who gets a ticket for the account as a service. `None`: everybody.
    pub allowed_to: Option<Vec<Sid>>,
}

impl Account {
    /// The policy that is in force for the account.
    pub(crate) fn policy(&self) -> Option<&Arc<AuthenticationPolicy>> {
        self.authentication_policy
            .as_ref()
            .filter(|policy| policy.enforced)
    }

    /// Whether the account is in Protected Users.
    pub(crate) fn is_protected(&self) -> bool {
        self.token.contains(&self.token.protected_users)
    }
}
