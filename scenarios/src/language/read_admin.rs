//! Reads what administrators type: `admin = { host = "sync01", as = "dom", run = "Set-AzureADKerberosServer …" }`.

use std::sync::Arc;

use super::problem::Finding;
use super::read::Reader;
use super::read_step::StepReader;
use super::step::StepKind;
use super::tree::{Node, Value};
use crate::cmdlets::{Logon, Shell, Typed};
use crate::lab::CLOUD_ROLES;
use crate::world::Action;

pub(super) const SHELLS: &[(&str, Shell)] =
    &[("powershell", Shell::WindowsPowerShell), ("pwsh", Shell::Pwsh)];
pub(super) const LOGONS: &[(&str, Logon)] = &[
    ("interactive", Logon::Interactive),
    ("remote", Logon::Remote),
    ("local", Logon::Local),
];

/// Whose console it is: what a step does not say is as in the step before.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtConsole {
    host: Option<Arc<str>>,
    user: Option<Arc<str>>,
    shell: Shell,
    logon: Logon,
}

impl StepReader<'_> {
    /// `admin = { host = …, as = …, shell = …, logon = …, credentials = […], run = … }`, or the text alone.
    pub(super) fn admin(&mut self, node: &Node) -> Option<StepKind> {
        let mut credentials = Vec::new();
        let text = if let Value::String(text) = &node.value {
            text.clone()
        } else {
            let mut reader = Reader::new(node, "admin", self.report)?;
            if let Some(host) = reader.reference("host", &self.names.hosts()) {
                self.console.host = Some(host.into());
            }
            if let Some(user) = reader.reference("as", &self.names.of_section("user")) {
                self.console.user = Some(user.into());
            }
            if let Some(shell) = reader.choice("shell", SHELLS) {
                self.console.shell = shell;
            }
            if let Some(logon) = reader.choice("logon", LOGONS) {
                self.console.logon = logon;
            }
            credentials.extend(reader.strings("credentials").unwrap_or_default());
            let text = reader.string("run");
            let text = reader.required("run", "the lines that are typed", text);
            reader.finish();
            text?
        };
        let missing = |what: &str, expected: &str| {
            let finding = Finding::new(format!("nobody said {what} yet"));
            self.report.add(node.span, finding.expected(expected));
        };
        let Some(host) = self.console.host.clone() else {
            missing("at which host", "host = \"sync01\"");
            return None;
        };
        let Some(user) = self.console.user.clone() else {
            missing("who types", "as = \"dom\"");
            return None;
        };
        Some(StepKind::Action(Action::Type(Typed {
            host,
            user,
            logon: self.console.logon,
            shell: self.console.shell,
            credentials: credentials.into_iter().map(|(name, _)| name.into()).collect(),
            text: text.into(),
        })))
    }

    /// `cloud-role = { user = …, role = …, present = false }`.
    pub(super) fn cloud_role(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "cloud-role", self.report)?;
        let user = reader.reference("user", &self.names.of_section("user"));
        let user = reader.required("user", "a user of the lab", user);
        let role = reader.choice("role", CLOUD_ROLES);
        let role = reader.required("role", "the name of a role", role);
        let present = reader.boolean("present").unwrap_or(true);
        reader.finish();
        Some(StepKind::Action(Action::SetCloudRole {
            user: user?.into(),
            role: role?,
            present,
        }))
    }
}
