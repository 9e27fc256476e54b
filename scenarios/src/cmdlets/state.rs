//! What administrators have done so far, as far as directory and tenants do not show it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::Shell;
use super::value::{Protocols, Value};
use crate::lab::CloudRole;
use crate::world::HostId;

/// Everything that is remembered. Most worlds have none of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Open consoles.
    pub(crate) sessions: BTreeMap<Seat, Session>,
    /// What was installed on hosts.
    pub(crate) hosts: BTreeMap<HostId, Installed>,
    /// Roles that were given or taken, by the lab's name of the user.
    pub(crate) roles: BTreeMap<(Arc<str>, CloudRole), bool>,
}

/// Who sits where: each has a console of their own, which stays open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat {
    pub(crate) host: HostId,
    /// As the lab names the user.
    pub(crate) user: Arc<str>,
    pub(crate) logon: Logon,
    pub(crate) shell: Shell,
}

/// How somebody has logged on to the host of a console.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Logon {
    /// With a domain account, at the screen: there are tickets to go on with.
    #[default]
    Interactive,
    /// With a domain account, by PowerShell remoting: nothing to go on with to a third machine.
    Remote,
    /// With an account of the host alone.
    Local,
}

/// An open console.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// By lower-case name.
    pub(crate) variables: BTreeMap<String, Value>,
    pub(crate) protocols: Protocols,
    /// The Kerberos module, once it was imported by its name or path.
    pub(crate) imported: Option<Module>,
    /// `0` Public, `1` China, `2` US Government.
    pub(crate) endpoint: i64,
}

/// The Kerberos module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Module {
    /// AzureADHybridAuthenticationManagement of the PowerShell Gallery.
    Gallery,
    /// `AzureAdKerberos.psd1`, which comes with Entra Connect and is older.
    Connect,
}

/// What was installed on a host since the story began.
#[derive(Clone, Debug, Default)]
pub(crate) struct Installed {
    /// Into the folder of Windows PowerShell, which PowerShell 7 looks into as well.
    pub(crate) module_for_all: bool,
    /// Into the folder of PowerShell 7, which Windows PowerShell does not know.
    pub(crate) module_for_pwsh: bool,
    /// The version of PowerShell 7, when another was installed.
    pub(crate) powershell_7: Option<String>,
}
