//! `dsregcmd /status`: what a device is joined to, as whom it sees its user, and what Entra gave that user.
//!
//! Sections come in the order of Windows 11. Which rows a section has depends on the join and on the build: [`Build`] says
//! from which build on a row is there.

mod boxes;
pub mod device;
pub mod diagnostics;
pub mod ngc;
pub mod proxy;
mod read;
mod refresh;
mod rows;
mod sso;
pub mod tenant;
pub mod user;
pub mod work;

use boxes::{Line, boxed};
pub use refresh::RefreshPrt;
pub use sso::{AttemptKind, CloudKerberos, PrtAttempt, PrtDetails, SsoState};

use crate::provenance::Provenance;
use crate::reading::Reading;
use crate::row::Block;
use crate::{Artefact, Fact, Source, Value, View};

/// All of `dsregcmd /status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// "Device State".
    pub device: device::DeviceState,
    /// "Device Details", on a device that Entra knows as joined.
    pub details: Option<device::DeviceDetails>,
    /// "Tenant Details", likewise.
    pub tenant: Option<tenant::TenantDetails>,
    /// "User State".
    pub user: user::UserState,
    /// "SSO State".
    pub sso: SsoState,
    /// "Work Account 1", where a work account registered the device and did not join it.
    pub work_account: Option<work::WorkAccount>,
    /// "Diagnostic Data"; not on a device that is joined to nothing.
    pub diagnostics: Option<diagnostics::Diagnostics>,
    /// The two proxy sections, on builds that show them.
    pub proxy: Option<proxy::ProxyConfig>,
    /// "Ngc Prerequisite Check", until Hello is set up.
    pub ngc: Option<ngc::Prerequisites>,
}

/// A build of Windows, which decides what rows there are: 22631 is Windows 11 23H2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Build(pub u32);

impl Build {
    /// Windows 10 21H1: diagnostics of the PRT, `DeviceAuthStatus`, the ticket among Hello's prerequisites.
    pub const WINDOWS_10_21H1: Self = Self(19_043);
    /// Windows 11 21H2: `OnPremTgt`, `CloudTgt` and `KerbTopLevelNames`.
    pub const WINDOWS_11_21H2: Self = Self(22_000);
    /// Windows 11 23H2: `OnPremTGT` among Hello's prerequisites, called `CloudTGT` before.
    pub const WINDOWS_11_23H2: Self = Self(22_631);

    /// The build of a version such as `10.0.22631.4460`.
    pub fn of_version(version: &str) -> Option<Self> {
        version.split('.').nth(2)?.parse().ok().map(Self)
    }
}

impl View for Status {
    const ARTEFACT: Artefact = Artefact::Dsregcmd;
    const BLOCKS: &'static [Block] = rows::BLOCKS;
    const PROVENANCE: &'static [Provenance] = PROVENANCE;

    fn render(&self) -> String {
        let mut text = String::from("\n");
        for (title, rows) in self.sections() {
            text.push_str(&boxed(title, &rows));
            text.push('\n');
        }
        text.push_str(read::FOOTER);
        text.push('\n');
        text
    }

    fn read(text: &str) -> Reading {
        read::read(Self::ARTEFACT, text)
    }

    /// A fact for each row, and `Absent` for the rows of "SSO State" that a healthy device would show.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (title, rows) in self.sections() {
            if title == sso::TITLE {
                let mut sso = self.sso.facts(source);
                for fact in &mut sso {
                    fact.artefact = Self::ARTEFACT;
                }
                facts.append(&mut sso);
                continue;
            }
            let rows = rows.into_iter().filter(|(key, _)| !key.is_empty());
            facts
                .extend(rows.map(|(key, value)| Fact::new(Self::ARTEFACT, source, key, Value::Known(value))));
        }
        if self.ngc.is_none() {
            facts.push(Fact::new(Self::ARTEFACT, source, "PreReqResult", Value::Absent));
        }
        facts
    }
}

impl Status {
    fn sections(&self) -> Vec<(&'static str, Vec<Line>)> {
        let mut sections = vec![(DEVICE, self.device.rows())];
        if let Some(details) = &self.details {
            sections.push((DETAILS, details.rows()));
        }
        if let Some(tenant) = &self.tenant {
            sections.push((TENANT, tenant.rows()));
        }
        sections.push((USER, self.user.rows()));
        sections.push((sso::TITLE, self.sso.rows()));
        if let Some(account) = &self.work_account {
            sections.push((WORK, account.rows()));
        }
        if let Some(diagnostics) = &self.diagnostics {
            sections.push((DIAGNOSTICS, diagnostics.rows()));
        }
        if let Some(proxy) = &self.proxy {
            sections.push((USER_PROXY, proxy.user_rows()));
            sections.push((MACHINE_PROXY, proxy.machine_rows()));
        }
        if let Some(ngc) = &self.ngc {
            sections.push((NGC, ngc.rows()));
        }
        sections
    }
}

const DEVICE: &str = "Device State";
const DETAILS: &str = "Device Details";
const TENANT: &str = "Tenant Details";
const USER: &str = "User State";
const WORK: &str = "Work Account 1";
const DIAGNOSTICS: &str = "Diagnostic Data";
const USER_PROXY: &str = "IE Proxy Config for Current User";
const MACHINE_PROXY: &str = "WinHttp Default Proxy Config";
const NGC: &str = "Ngc Prerequisite Check";

const LEARN: &str = "Microsoft Learn, \"Troubleshoot devices by using the dsregcmd command\"";
const OUTPUT: &str = "public outputs of Windows 10 and Server 2022";

const REGISTERED: &str = "public outputs of registered devices, Windows 10 and 11";

const fn public(row: &'static str, source: &'static str) -> Provenance {
    Provenance::public(row, source)
}

const fn lab(row: &'static str, why: &'static str) -> Provenance {
    Provenance::lab_default(row, why)
}

/// The first entry that covers a row counts.
const PROVENANCE: &[Provenance] = &[
    public("Device Name", OUTPUT),
    lab(
        "KeyContainerId",
        "a GUID in the documented place; the lab derives it from the device id",
    ),
    lab(
        "TenantName",
        "the documented place; the lab shows the tenant's domain, for its tenants have no display name",
    ),
    public("Mdm*", LEARN),
    public("WorkAccountCount", REGISTERED),
    lab(
        "WorkplaceTenantName",
        "the documented place; the lab shows the tenant's domain, for its tenants have no display name",
    ),
    public("Workplace*", REGISTERED),
    lab(
        "SettingsUrl",
        "the documented place; opaque in Windows, empty in the lab",
    ),
    lab(
        "CanReset",
        "documented values; which of them a lab device shows is fixed",
    ),
    lab(
        "EnterprisePrtAuthority",
        "empty without an enterprise PRT, as in one public output; another shows NO",
    ),
    lab(
        "OnPremTgt",
        "the documented row; that it follows tgt_ad of Entra's last answer alone is the rule of open clients",
    ),
    lab(
        "CloudTgt",
        "the documented row; that it follows tgt_cloud of Entra's last answer alone is the rule of open clients",
    ),
    lab(
        "KeySignTest",
        "PASSED is documented; the text in a window that is not elevated is from memory",
    ),
    public("Executing Account Name", OUTPUT),
    lab("DisplayNameUpdated", "as newer builds show it, from memory"),
    lab("OsVersionUpdated", "as newer builds show it, from memory"),
    lab("HostNameUpdated", "as newer builds show it, from memory"),
    lab("Last HostName Update", "as newer builds show it, from memory"),
    public("Auto Detect Settings", OUTPUT),
    public("Auto-Configuration URL", OUTPUT),
    lab(
        "Proxy*",
        "the rows are in public outputs, always empty; the form of a set proxy is the lab's",
    ),
    public("Access Type", OUTPUT),
    public("*", LEARN),
];
