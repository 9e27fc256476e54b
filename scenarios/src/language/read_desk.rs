//! Reads steps that manage devices.

use client_sim::Act;
use client_sim::edition::Edition;

use super::problem::Finding;
use super::read::{Reader, string};
use super::read_step::StepReader;
use super::step::{PersonAct, StepKind};
use super::tree::Node;
use crate::lab::{Join, read_setting};
use crate::world::{Action, DeskAction};

impl StepReader<'_> {
    /// `assign-policy = "hello"`
    pub(super) fn assign_policy(&mut self, node: &Node, assigned: bool) -> Option<StepKind> {
        let name = string(self.report, node)?;
        let known = self.names.of_section("policy");
        let policy = known.resolve(&name, node.span, self.report)?.into();
        desk(DeskAction::AssignPolicy { policy, assigned })
    }

    /// `edit-policy = { policy = "hello", disable = ["Use Cloud Trust For On Prem Auth"] }`: what the profile sets from now
    /// on; what is left out is not configured any more.
    pub(super) fn edit_policy(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "edit-policy", self.report)?;
        let policy = reader.reference("policy", &self.names.of_section("policy"));
        let policy = reader.required("policy", "a policy of the lab", policy);
        let listed = [("enable", true), ("disable", false)].map(|(key, value)| (reader.strings(key), value));
        reader.finish();
        let policy = policy?;
        let profile = self.lab.policies.get(&policy)?;
        let kind = (profile.kind, profile.by_user);
        let mut settings = Vec::new();
        for (names, value) in listed {
            for (spelled, span) in names.unwrap_or_default() {
                settings.push(read_setting(&spelled, span, kind, value, self.report)?);
            }
        }
        desk(DeskAction::EditPolicy {
            policy: policy.into(),
            settings: settings.into(),
        })
    }

    /// `join = { device = "freya-home", user = "freya" }`: a device that is registered is joined to the tenant.
    pub(super) fn join(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "join", self.report)?;
        let device = reader.reference("device", &self.names.of_section("device"));
        let user = reader.reference("user", &self.names.of_section("user"));
        reader.finish();
        let device = self.current(device, node.span)?;
        let declared = self.lab.devices.get(&*device)?;
        if declared.join != Join::Registered {
            let finding = Finding::new(format!("{device} is joined already"));
            let expected = finding.expected("a device with join = \"registered\"");
            self.report.add(node.span, expected);
            return None;
        }
        let user = Some(user.or_else(|| declared.owner.clone())?.into());
        let act = Act::Join;
        Some(StepKind::Act(PersonAct { device, user, act }))
    }

    /// `check-in = "ada-lt"`, or `{}` for the device of the step before.
    pub(super) fn check_in(&mut self, node: &Node) -> Option<StepKind> {
        let device = self.device(node)?;
        desk(DeskAction::CheckIn { device })
    }

    /// `connect = { to = "vpn", after = "2m" }`: a tunnel that starts late.
    pub(super) fn connect(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "connect", self.report)?;
        let device = reader.reference("device", &self.names.of_section("device"));
        let to = reader.reference("to", &self.names.of_section("location"));
        let to = reader.required("to", "a place of the lab", to);
        let after = reader.duration("after").unwrap_or_default();
        reader.finish();
        let device = self.current(device, node.span)?;
        let to = to?.into();
        desk(DeskAction::Connect { device, to, after })
    }

    /// `set-proxy = { device = "ada-lt", servers = "127.0.0.1:8888" }`; without `servers`, direct access again.
    pub(super) fn set_proxy(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "set-proxy", self.report)?;
        let device = reader.reference("device", &self.names.of_section("device"));
        let servers = reader.string("servers").map(Into::into);
        reader.finish();
        let device = self.current(device, node.span)?;
        desk(DeskAction::SetProxy { device, servers })
    }

    /// `update-windows = { device = "ada-lt", to = "10.0.19044.1566" }`, or `edition = "pro"` for a product key of another
    /// edition.
    pub(super) fn update_windows(&mut self, node: &Node) -> Option<StepKind> {
        const A_VERSION: &str = "a version such as \"10.0.22631.4460\"";
        let mut reader = Reader::new(node, "update-windows", self.report)?;
        let device = reader.reference("device", &self.names.of_section("device"));
        let version = reader.text("to", A_VERSION, |text| {
            client_sim::windows::WindowsVersion::parse(text).map(|_| text.into())
        });
        let edition = reader.choice("edition", &Edition::ALL);
        let version = match edition {
            Some(_) => version,
            None => reader.required("to", A_VERSION, version),
        };
        reader.finish();
        let device = self.current(device, node.span)?;
        if let Some(edition) = edition {
            if edition == Edition::Home {
                let finding = Finding::new("no product key makes Windows Home of another edition");
                self.report.add(node.span, finding.expected("another edition"));
            }
            if version.is_some() {
                let finding = Finding::new("an update brings another version or another edition, not both");
                self.report.add(node.span, finding);
            }
            return desk(DeskAction::ChangeEdition { device, edition });
        }
        let version = version?;
        desk(DeskAction::UpdateWindows { device, version })
    }

    /// `gpupdate = "paul-pc"`, or `{}` for the device of the step before.
    pub(super) fn group_policy_update(&mut self, node: &Node) -> Option<StepKind> {
        let device = self.device(node)?;
        desk(DeskAction::GroupPolicyUpdate { device })
    }
}

fn desk(action: DeskAction) -> Option<StepKind> {
    Some(StepKind::Action(Action::Desk(action)))
}
