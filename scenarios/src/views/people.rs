//! People: what Graph says of a user, and what groups a session's token holds.

use client_sim::DeviceState;
use client_sim::state::Credential;
use cloud_sim::User;
use evidence::graph::GraphUser;
use evidence::whoami::{ENABLED, Group, GroupKind, Groups};
use kdc_sim::DomainSnapshot;
use kdc_sim::directory::Account;

use crate::lab::{UserSource, identity};
use crate::world::{HostId, World};

impl World {
    /// What Graph says of a user, by UPN; `None` when no tenant has one of that name.
    pub fn graph_user(&self, upn: &str) -> Option<GraphUser> {
        let upn = upn.to_lowercase();
        let user = self
            .tenants()
            .iter()
            .find_map(|(tenant, _)| tenant.users.get(&upn))?;
        let is_guest = |(name, declared): (&String, &crate::lab::User)| {
            declared.source == UserSource::Guest && identity::guid("user", name) == user.object_id
        };
        let guest = self.lab().lab().users.iter().any(is_guest);
        Some(graph_user(user, guest))
    }

    /// The groups of the token of a device's newest session. On a hybrid joined device they come from the directory; on an
    /// Entra joined one the token holds what the device itself adds, and file servers see the PAC's groups instead. A local
    /// account's holds what says that it is one.
    pub fn token_groups(&self, device: HostId) -> Option<Groups> {
        let state = self.device(device)?;
        let session = state.sessions.last()?;
        let directory = state.config.join.ad_domain().and_then(|domain| {
            let mut users = self.lab().lab().users.iter();
            let (name, _) = users.find(|(_, user)| user.upn.eq_ignore_ascii_case(&session.upn))?;
            let (index, account) = self.account_of_user(name)?;
            let joined = self.domains().get(index)?;
            let is_joined = joined.dns_name().eq_ignore_ascii_case(domain);
            is_joined.then_some((joined, &**account))
        });
        Some(token_groups(state, directory))
    }
}

fn graph_user(user: &User, guest: bool) -> GraphUser {
    let synced = user.on_premises.as_ref();
    let domain_name = synced.and_then(|synced| synced.domain_name.clone());
    let sam = synced.and_then(|synced| synced.sam_account_name.clone());
    GraphUser {
        id: user.object_id.clone(),
        display_name: Some(user.display_name.clone()),
        user_principal_name: user.upn.clone(),
        user_type: Some(if guest { "Guest" } else { "Member" }.to_owned()),
        account_enabled: Some(user.enabled),
        on_premises_sync_enabled: synced.map(|_| true),
        on_premises_user_principal_name: synced.map(|_| user.upn.clone()),
        on_premises_domain_name: domain_name,
        on_premises_sam_account_name: sam,
        on_premises_security_identifier: synced
            .and_then(|synced| synced.security_identifier.as_ref())
            .map(ToString::to_string),
    }
}

fn token_groups(state: &DeviceState, directory: Option<(&DomainSnapshot, &Account)>) -> Groups {
    let group = |name: &str, kind: GroupKind, sid: &str| Group {
        name: name.to_owned(),
        kind,
        sid: sid.to_owned(),
        attributes: ENABLED.to_owned(),
    };
    let well_known = |name: &str, sid: &str| group(name, GroupKind::WellKnown, sid);
    let local = state
        .sessions
        .last()
        .is_some_and(|session| session.credential == Credential::Local);
    let mut groups = vec![well_known("Everyone", "S-1-1-0")];
    if local {
        groups.push(well_known("NT AUTHORITY\\Local account", "S-1-5-113"));
    }
    groups.extend([
        group("BUILTIN\\Users", GroupKind::Alias, "S-1-5-32-545"),
        well_known("NT AUTHORITY\\INTERACTIVE", "S-1-5-4"),
        well_known("CONSOLE LOGON", "S-1-2-1"),
        well_known("NT AUTHORITY\\Authenticated Users", "S-1-5-11"),
        well_known("NT AUTHORITY\\This Organization", "S-1-5-15"),
        well_known("LOCAL", "S-1-2-0"),
    ]);
    if let Some((domain, account)) = directory {
        for membership in &account.token.groups {
            let (name, sid) = (&membership.group.name, &membership.group.sid);
            let name = format!("{}\\{name}", domain.netbios());
            groups.push(group(&name, GroupKind::Group, &sid.to_string()));
        }
        groups.push(well_known(
            "Authentication authority asserted identity",
            "S-1-18-1",
        ));
    }
    if local {
        groups.push(well_known("NT AUTHORITY\\NTLM Authentication", "S-1-5-64-10"));
    } else if state.registration.is_some() {
        groups.push(well_known(
            "NT AUTHORITY\\Cloud Account Authentication",
            "S-1-5-64-36",
        ));
    }
    groups.push(Group {
        name: "Mandatory Label\\Medium Mandatory Level".to_owned(),
        kind: GroupKind::Label,
        sid: "S-1-16-8192".to_owned(),
        attributes: String::new(),
    });
    Groups { groups }
}
