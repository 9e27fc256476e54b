//! Every verb of a step, each with its reader and its writer: what one reads the other writes.

use client_sim::Act;

use super::read::{duration, string};
use super::read_rule::read_rule;
use super::read_step::StepReader;
use super::step::StepKind;
use super::tree::Node;
use super::write_step::{Form, StepWriter};
use crate::world::{Action, CloudAction, DeskAction};

/// One verb.
pub(super) struct Verb {
    /// As steps name it.
    pub(super) name: &'static str,
    /// Reads what stands behind it.
    pub(super) read: fn(&mut StepReader<'_>, &Node) -> Option<StepKind>,
    /// Writes what stands behind it; `None` for a step of another verb, or what the lab has no name for.
    pub(super) write: fn(&StepWriter<'_>, &StepKind) -> Option<Form>,
}

const fn verb(
    name: &'static str,
    read: fn(&mut StepReader<'_>, &Node) -> Option<StepKind>,
    write: fn(&StepWriter<'_>, &StepKind) -> Option<Form>,
) -> Verb {
    Verb { name, read, write }
}

/// Names of the steps.
pub fn step_names() -> impl Iterator<Item = &'static str> {
    VERBS.iter().map(|verb| verb.name)
}

/// Every verb.
pub(super) const VERBS: &[Verb] = &[
    // what a person does at a device
    verb("sign-in", |r, node| r.sign_in(node), |w, step| w.sign_in(step)),
    verb(
        "sign-out",
        |r, node| r.act(node, Act::SignOut),
        |w, step| w.act(step, &Act::SignOut),
    ),
    verb(
        "lock",
        |r, node| r.act(node, Act::Lock),
        |w, step| w.act(step, &Act::Lock),
    ),
    verb(
        "unlock",
        |r, node| r.unlock(node),
        |w, step| w.act(step, &Act::Unlock),
    ),
    verb(
        "set-up-hello",
        |r, node| r.act(node, Act::SetUpHello),
        |w, step| w.act(step, &Act::SetUpHello),
    ),
    verb(
        "delete-hello",
        |r, node| r.act(node, Act::DeleteHello),
        |w, step| w.act(step, &Act::DeleteHello),
    ),
    verb("join", |r, node| r.join(node), |w, step| w.act(step, &Act::Join)),
    verb(
        "refresh-prt",
        |r, node| r.act(node, Act::RefreshPrt),
        |w, step| w.act(step, &Act::RefreshPrt),
    ),
    verb(
        "purge-tickets",
        |r, node| r.purge_tickets(node),
        |w, step| w.purge_tickets(step),
    ),
    verb(
        "purge-bind",
        |r, node| r.act(node, Act::PurgeBindings),
        |w, step| w.act(step, &Act::PurgeBindings),
    ),
    verb("add-bind", |r, node| r.add_bind(node), |w, step| w.add_bind(step)),
    verb(
        "locate-dc",
        |r, node| r.locate_dc(node),
        |w, step| w.locate_dc(step),
    ),
    verb(
        "get-ticket",
        |r, node| r.get_ticket(node),
        |w, step| w.get_ticket(step),
    ),
    verb("open", |r, node| r.open(node), |w, step| w.open(step)),
    verb("print", |r, node| r.print(node), |w, step| w.print(step)),
    // time and places
    verb(
        "wait",
        |r, node| Some(StepKind::Action(Action::Wait(duration(r.report, node)?))),
        |_, step| match step {
            StepKind::Action(Action::Wait(time)) => Some(Form::duration(*time)),
            _ => None,
        },
    ),
    verb(
        "wait-until",
        |r, node| r.wait_until(node),
        |_, step| match step {
            StepKind::WaitUntil(time) => Some(Form::time(*time)),
            _ => None,
        },
    ),
    verb(
        "move",
        |r, node| r.change_place(node),
        |w, step| w.change_place(step),
    ),
    verb("connect", |r, node| r.connect(node), |w, step| w.connect(step)),
    verb(
        "set-clock",
        |r, node| r.set_clock(node),
        |w, step| w.set_clock(step),
    ),
    verb("power", |r, node| r.power(node), |w, step| w.power(step)),
    verb(
        "add-rule",
        |r, node| {
            let rule = read_rule(node, "", r.names, r.report)?;
            Some(StepKind::Action(Action::AddRule(rule)))
        },
        |_, step| match step {
            StepKind::Action(Action::AddRule(rule)) => Some(Form::rule(rule)),
            _ => None,
        },
    ),
    verb(
        "remove-rule",
        |r, node| {
            let name = string(r.report, node)?.into();
            Some(StepKind::Action(Action::RemoveRule { name }))
        },
        |_, step| match step {
            StepKind::Action(Action::RemoveRule { name }) => Some(Form::text(name)),
            _ => None,
        },
    ),
    // the management of devices
    verb(
        "assign-policy",
        |r, node| r.assign_policy(node, true),
        |w, step| w.assign_policy(step, true),
    ),
    verb(
        "unassign-policy",
        |r, node| r.assign_policy(node, false),
        |w, step| w.assign_policy(step, false),
    ),
    verb(
        "edit-policy",
        |r, node| r.edit_policy(node),
        |w, step| w.edit_policy(step),
    ),
    verb(
        "set-policy",
        |r, node| r.set_policy(node),
        |w, step| w.set_policy(step),
    ),
    verb(
        "check-in",
        |r, node| r.check_in(node),
        |_, step| match step {
            StepKind::Action(Action::Desk(DeskAction::CheckIn { device })) => Some(Form::text(device)),
            _ => None,
        },
    ),
    verb(
        "gpupdate",
        |r, node| r.group_policy_update(node),
        |_, step| match step {
            StepKind::Action(Action::Desk(DeskAction::GroupPolicyUpdate { device })) => {
                Some(Form::text(device))
            }
            _ => None,
        },
    ),
    verb(
        "set-proxy",
        |r, node| r.set_proxy(node),
        |w, step| w.set_proxy(step),
    ),
    verb(
        "update-windows",
        |r, node| r.update_windows(node),
        |w, step| w.update_windows(step),
    ),
    // consoles
    verb("admin", |r, node| r.admin(node), |w, step| w.admin(step)),
    verb(
        "cloud-role",
        |r, node| r.cloud_role(node),
        |w, step| w.cloud_role(step),
    ),
    // the Kerberos server object and what Entra knows of AD
    verb("publish", |r, node| r.publish(node), |w, step| w.publish(step)),
    verb(
        "rotate-key",
        |r, node| r.rotate_key(node),
        |w, step| w.rotate_key(step),
    ),
    verb(
        "remove-kerberos-server",
        |r, node| r.remove_kerberos_server(node),
        |w, step| w.remove_kerberos_server(step),
    ),
    verb(
        "replication-policy",
        |r, node| r.replication_policy(node),
        |w, step| w.replication_policy(step),
    ),
    verb(
        "setup-cloud-trust",
        |r, node| r.setup_cloud_trust(node),
        |w, step| w.setup_cloud_trust(step),
    ),
    verb(
        "remove-cloud-trust",
        |r, node| r.remove_cloud_trust(node),
        |w, step| match step {
            StepKind::Action(Action::Cloud(CloudAction::RemoveCloudTrust { domain })) => {
                Some(w.domain(Form::table(), domain)?)
            }
            _ => None,
        },
    ),
    verb(
        "replicate",
        |r, node| r.replicate(node),
        |w, step| match step {
            StepKind::Action(Action::Replicate { domain }) => Some(Form::text(w.domain_name(domain)?)),
            _ => None,
        },
    ),
    verb(
        "sync",
        |r, node| Some(StepKind::Action(Action::SyncUser { user: r.user(node)? })),
        |_, step| match step {
            StepKind::Action(Action::SyncUser { user }) => Some(Form::text(user)),
            _ => None,
        },
    ),
    verb(
        "unsync",
        |r, node| Some(StepKind::Action(Action::UnsyncUser { user: r.user(node)? })),
        |_, step| match step {
            StepKind::Action(Action::UnsyncUser { user }) => Some(Form::text(user)),
            _ => None,
        },
    ),
    verb(
        "sync-cycle",
        |r, node| r.sync_cycle(node),
        |_, step| match step {
            StepKind::Action(Action::Cloud(CloudAction::SyncCycle { tenant })) => Some(Form::text(tenant)),
            _ => None,
        },
    ),
    verb(
        "filter-attributes",
        |r, node| r.filter_attributes(node),
        |w, step| w.filter_attributes(step),
    ),
    verb(
        "verify-domain",
        |r, node| r.verify_domain(node),
        |w, step| w.verify_domain(step),
    ),
    verb(
        "remove-tenant",
        |r, node| r.remove_tenant(node),
        |_, step| match step {
            StepKind::Action(Action::Cloud(CloudAction::RemoveTenant { tenant })) => Some(Form::text(tenant)),
            _ => None,
        },
    ),
    verb(
        "set-cloud-app",
        |r, node| r.set_cloud_app(node),
        |w, step| w.set_cloud_app(step),
    ),
    verb(
        "set-app-proxy",
        |r, node| r.set_app_proxy(node),
        |w, step| w.set_app_proxy(step),
    ),
    verb(
        "set-delegation",
        |r, node| r.set_delegation(node),
        |w, step| w.set_delegation(step),
    ),
    // accounts
    verb(
        "add-to-group",
        |r, node| r.membership(node, true),
        |w, step| w.membership(step, true),
    ),
    verb(
        "remove-from-group",
        |r, node| r.membership(node, false),
        |w, step| w.membership(step, false),
    ),
    verb(
        "enable-account",
        |r, node| r.account(node, true),
        |w, step| w.account(step, true),
    ),
    verb(
        "disable-account",
        |r, node| r.account(node, false),
        |w, step| w.account(step, false),
    ),
    verb(
        "set-account",
        |r, node| r.set_account(node),
        |w, step| w.set_account(step),
    ),
    verb(
        "recreate-account",
        |r, node| r.recreate_account(node),
        |_, step| match step {
            StepKind::Action(Action::Cloud(CloudAction::RecreateAccount { user })) => Some(Form::text(user)),
            _ => None,
        },
    ),
    verb(
        "rename-account",
        |r, node| r.rename_account(node),
        |w, step| w.rename_account(step),
    ),
    verb(
        "move-to-ou",
        |r, node| r.move_to_ou(node),
        |w, step| w.move_to_ou(step),
    ),
];
