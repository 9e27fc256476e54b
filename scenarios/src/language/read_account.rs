//! Reads steps that change the state of an AD account.

use super::problem::Finding;
use super::read::Reader;
use super::read_step::StepReader;
use super::step::StepKind;
use super::tree::Node;
use crate::lab::{logon_hours, machines};
use crate::world::{AccountChange, Action};

impl StepReader<'_> {
    /// `set-account = { user = "ada", locked = true }`: one thing about an account.
    pub(super) fn set_account(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "set-account", self.report)?;
        let user = reader.reference("user", &self.names.of_section("user"));
        let user = reader.required("user", "a user of the lab", user);
        let workstations = reader.references("workstations", &machines(self.names));
        let workstations = workstations
            .map(|names| AccountChange::Workstations(names.into_iter().map(Into::into).collect()));
        let changes = [
            reader.boolean("locked").map(AccountChange::Locked),
            reader.time("expires").map(AccountChange::Expires),
            reader
                .boolean("must-change-password")
                .map(AccountChange::MustChangePassword),
            reader
                .boolean("password-expired")
                .map(AccountChange::PasswordExpired),
            logon_hours(&mut reader, "logon-hours").map(AccountChange::LogonHours),
            workstations,
        ];
        reader.finish();
        let mut changes = changes.into_iter().flatten();
        let (Some(change), None) = (changes.next(), changes.next()) else {
            let finding = Finding::new("set-account changes one thing").expected(
                "one of `locked`, `expires`, `must-change-password`, `password-expired`, `logon-hours`, `workstations`",
            );
            self.report.add(node.span, finding);
            return None;
        };
        let user = user?.into();
        Some(StepKind::Action(Action::ChangeAccount { user, change }))
    }
}
