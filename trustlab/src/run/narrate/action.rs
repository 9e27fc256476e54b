//! What administrators and users changed, in sentences.

use scenarios::cmdlets::{ConsoleOutput, Shell, Typed};
use scenarios::lab::CloudRole;
use scenarios::world::{Action, ReplicationList, Side};

use kerberos::phrase::Span;

use super::Level;
use crate::layout::Layout;

/// The sentence of an action. Time that passes is a line only for who wants every message.
pub(super) fn sentence(action: &Action, level: Level) -> Option<String> {
    Some(match action {
        Action::Wait(_) if level == Level::Story => return None,
        Action::Wait(time) => format!("{} pass", Span(*time)),
        Action::Type(typed) => typing(typed),
        Action::SetCloudRole { user, role, present } => {
            let role = match role {
                CloudRole::GlobalAdministrator => "Global Administrator",
                CloudRole::HybridIdentityAdministrator => "Hybrid Identity Administrator",
            };
            let verb = if *present { "gets" } else { "loses" };
            format!("{user} {verb} the role {role}")
        }
        Action::SetDelegation {
            server,
            to,
            protocol_transition,
        } => {
            let how = if *protocol_transition {
                "any authentication protocol"
            } else {
                "Kerberos only"
            };
            format!("{server} may delegate to {} with {how}", to.join(", "))
        }
        Action::SetAppProxy { app, .. } => format!("the settings of the published application {app} change"),
        Action::RotateServerKey { domain, side } => {
            format!("the key of krbtgt_AzureAD of {domain} is rotated{}", on(*side))
        }
        Action::Publish { domain, tenant } => {
            let tenant = tenant.as_deref().unwrap_or("its tenant");
            format!(
                "the Kerberos server object of {domain} is made where it is missing, and published to {tenant}"
            )
        }
        Action::RemoveKerberosServer { domain, side } => {
            format!("the Kerberos server object of {domain} is removed{}", on(*side))
        }
        Action::Replicate { domain } => {
            format!("every change of {domain} reaches each of its domain controllers")
        }
        Action::SyncUser { user } => {
            format!("directory sync gives Entra the on-premises attributes of {user}")
        }
        Action::UnsyncUser { user } => {
            format!("directory sync empties the on-premises attributes of {user} in Entra")
        }
        Action::AddToGroup { user, group } => format!("{user} becomes a member of {group}"),
        Action::RemoveFromGroup { user, group } => format!("{user} leaves {group}"),
        Action::ChangeReplicationPolicy {
            domain,
            list,
            member,
            present,
        } => {
            let list = match list {
                ReplicationList::Allowed => "allowed",
                ReplicationList::Denied => "denied",
            };
            let done = if *present { "goes onto" } else { "leaves" };
            format!("{member} {done} the {list} list of the Kerberos server object of {domain}")
        }
        Action::SetAccountEnabled { user, enabled } => {
            format!(
                "the account of {user} is {}",
                if *enabled { "enabled" } else { "disabled" }
            )
        }
        Action::ChangeAccount { user, change } => format!("the account of {user} {change}"),
        Action::SetClockOffset { host, offset_micros } => {
            let seconds = *offset_micros as f64 / 1e6;
            format!("the clock of {host} is set {seconds:+} s from true time")
        }
        Action::Move { host, to } => format!("{host} is now at: {to}"),
        Action::SetPower { host, on } => format!("{host} is switched {}", if *on { "on" } else { "off" }),
        Action::Cloud(action) => action.to_string(),
        Action::Desk(action) => action.to_string(),
        Action::AddRule(rule) => format!("the network gets the rule {}", rule.name),
        Action::RemoveRule { name } => format!("the rule {name} leaves the network"),
        Action::SetPolicy {
            host,
            policy,
            enabled,
        } => {
            format!(
                "{host} gets the policy {policy}: {}",
                if *enabled { "on" } else { "off" }
            )
        }
    })
}

/// Who types where, and the lines.
fn typing(typed: &Typed) -> String {
    let shell = match typed.shell {
        Shell::WindowsPowerShell => "powershell",
        Shell::Pwsh => "pwsh",
    };
    let mut told = format!("{} types at {}, in {shell}", typed.user, typed.host);
    for line in typed.text.lines().filter(|line| !line.trim().is_empty()) {
        told.push_str(&format!("\nPS> {}", line.trim_end()));
    }
    told
}

/// What a console printed, indented, with the lab's notes in brackets.
pub(super) fn printed(output: &ConsoleOutput, layout: &mut Layout) {
    const HEAD: &str = "                ";
    for line in output.text().lines().filter(|line| !line.trim().is_empty()) {
        layout.hanging(HEAD, line);
    }
    for note in output.notes() {
        layout.hanging(HEAD, &format!("({note})"));
    }
}

const fn on(side: Side) -> &'static str {
    match side {
        Side::Both => ", in AD and in Entra",
        Side::OnPremises => ", in AD only",
        Side::Cloud => ", in Entra only",
    }
}
