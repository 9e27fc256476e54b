//! Authentication policy silos: accounts under one roof, with a policy for each class of account (MS-KILE sections 3.3.5.4 and
//! 3.3.5.5).
//!
//! ```toml
//! [authentication-policy-silo.tier-0]
//! members = ["dom", "dc-admin-pc", "vault01"]
//! user-policy = "four-hours"
//! computer-policy = "admins-only"
//! ```

use super::document::{Lab, Name};
use super::read::Context;
use crate::language::{Finding, Node, Reader, Report};

/// A silo (msDS-AuthNPolicySilo). Its members are listed on both sides: msDS-AuthNPolicySiloMembers, msDS-AssignedAuthNPolicySilo.
#[derive(Clone, Debug, PartialEq)]
pub struct AuthenticationSilo {
    /// Whether its policies are enforced; whether each of them is by itself does not count here. Default: yes.
    pub enforced: bool,
    /// Users, servers and devices.
    pub members: Vec<Name>,
    /// msDS-UserAuthNPolicy: for its users. `None`: none, not even one of their own.
    pub user_policy: Option<Name>,
    /// msDS-ComputerAuthNPolicy: for its servers and devices.
    pub computer_policy: Option<Name>,
}

/// Which policy of a silo an account takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountClass {
    /// A user.
    User,
    /// A computer.
    Computer,
}

pub(super) fn read(name: &str, node: &Node, context: &Context<'_>) -> Option<AuthenticationSilo> {
    let mut reader = Reader::new(node, format!("authentication-policy-silo {name}"), context.report)?;
    let policies = context.names.of_section("authentication-policy");
    let silo = AuthenticationSilo {
        enforced: reader.boolean("enforced").unwrap_or(true),
        members: reader
            .references("members", &context.names.accounts("user, server or device"))
            .unwrap_or_default(),
        user_policy: reader.reference("user-policy", &policies),
        computer_policy: reader.reference("computer-policy", &policies),
    };
    reader.finish();
    Some(silo)
}

/// An account is assigned to one silo, once, and its name says which account it is.
pub(super) fn check(lab: &Lab, root: &Node, report: &Report) {
    for (index, (name, silo)) in lab.authentication_silos.iter().enumerate() {
        let at = root
            .as_table()
            .and_then(|root| root.value("authentication-policy-silo")?.as_table()?.0.get(name))
            .map_or(root.span, |entry| entry.key_span);
        for (place, member) in silo.members.iter().enumerate() {
            let mut others = lab.authentication_silos.iter().take(index);
            if let Some((other, _)) = others.find(|(_, other)| other.members.contains(member)) {
                let finding = Finding::new(format!("`{member}` is in the silo `{other}` already"));
                report.add(at, finding.expected("an account in one silo"));
            }
            if silo.members.iter().take(place).any(|earlier| earlier == member) {
                let finding = Finding::new(format!("`{member}` stands in `members` twice"));
                report.add(at, finding.expected("each account once"));
            }
            let is_machine = lab.servers.contains_key(member) || lab.devices.contains_key(member);
            if lab.users.contains_key(member) && is_machine {
                let finding = Finding::new(format!("`{member}` is a user and a machine"));
                report.add(at, finding.expected("a name that only one account has"));
            }
        }
    }
}

impl Lab {
    /// The policy of an account and whether it is in force: that of its silo, else the one that is assigned to it.
    pub(super) fn policy_of<'a>(
        &'a self,
        member: &str,
        class: AccountClass,
        assigned: Option<&'a str>,
    ) -> Option<(&'a str, bool)> {
        let Some((_, silo)) = self.silo_with(member) else {
            let name = assigned?;
            return Some((name, self.authentication_policies.get(name)?.enforced));
        };
        let policy = match class {
            AccountClass::User => &silo.user_policy,
            AccountClass::Computer => &silo.computer_policy,
        };
        Some((policy.as_deref()?, silo.enforced))
    }

    /// The silo of an account.
    pub fn silo_of(&self, member: &str) -> Option<&str> {
        self.silo_with(member).map(|(name, _)| name.as_str())
    }

    fn silo_with(&self, member: &str) -> Option<(&Name, &AuthenticationSilo)> {
        let mut silos = self.authentication_silos.iter();
        silos.find(|(_, silo)| silo.members.iter().any(|name| name == member))
    }
}
