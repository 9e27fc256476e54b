//! The steps of a scenario, read: every name resolved, every default filled in.

use std::sync::Arc;

use client_sim::OtherAccount;
use kerberos::Timestamp;

use super::source::Span;
use crate::world::Action;

/// One thing that somebody does.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// By which expectations and `--until` refer to it; `step-3` when the file gives none.
    pub name: Arc<str>,
    /// What is done.
    pub doing: Doing,
    /// Where the step stands in its file.
    pub span: Span,
}

/// What a step does. Devices, hosts and users are named as the lab names them.
#[derive(Clone, Debug, PartialEq)]
pub enum Doing {
    /// A user signs in to a device that is locked or has nobody signed in.
    SignIn {
        /// The device.
        device: Arc<str>,
        /// Who.
        user: Arc<str>,
        /// With what.
        with: Credential,
        /// Whether from another computer, with Remote Desktop.
        remote: bool,
    },
    /// The user of a device locks it.
    Lock {
        /// The device.
        device: Arc<str>,
    },
    /// The user of a device unlocks it, which also renews the PRT when it is due or marked.
    Unlock {
        /// The device.
        device: Arc<str>,
        /// With what.
        with: Credential,
    },
    /// The user of a device sets up Windows Hello: the prerequisites are checked, and a key is registered.
    SetUpHello {
        /// The device.
        device: Arc<str>,
    },
    /// `certutil -deletehellocontainer` by the user of a device.
    DeleteHello {
        /// The device.
        device: Arc<str>,
    },
    /// The user of a device signs out: the tickets are gone.
    SignOut {
        /// The device.
        device: Arc<str>,
    },
    /// `dsregcmd /refreshprt`: marks the PRT, so that the next unlock renews it.
    RefreshPrt {
        /// The device.
        device: Arc<str>,
    },
    /// `klist purge`: the Kerberos tickets go; PRT and partial TGT stay.
    PurgeTickets {
        /// The device.
        device: Arc<str>,
    },
    /// `klist get SPN`.
    GetTicket {
        /// The device.
        device: Arc<str>,
        /// `cifs/fs01.ad.fernhill.example`.
        spn: Arc<str>,
    },
    /// Somebody opens a share.
    Open {
        /// The device.
        device: Arc<str>,
        /// The server, as the lab names it.
        server: Arc<str>,
        /// How the user names it.
        by: Naming,
        /// The share.
        share: Arc<str>,
        /// Whether to write there as well.
        write: bool,
        /// The account that is typed for it, and whose password goes with it; `None`: what the session holds.
        typed: Option<Typed>,
    },
    /// "Join this device to Microsoft Entra ID", on a device that is registered and not joined.
    Join {
        /// The device.
        device: Arc<str>,
        /// Whose account it is joined with.
        user: Arc<str>,
    },
    /// Somebody opens a web page.
    Browse {
        /// The device.
        device: Arc<str>,
        /// Where it is; the host by its DNS name.
        url: http::Uri,
    },
    /// Nothing happens until then; a time that is past is no wait.
    WaitUntil(Timestamp),
    /// Something that needs no signed-in user: an administrator's act, the network, time.
    Act(Action),
}

/// Another account, as it is typed for one errand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// `ad.fernhill.example\ada`, or `ada@ad.fernhill.example`.
    pub account: OtherAccount,
    /// The user whose password goes with it.
    pub user: Arc<str>,
}

/// How a user names a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// By its DNS name.
    #[default]
    Full,
    /// By its first label alone, which DNS completes with the suffix of the device or of its place.
    Short,
    /// By its address, for which no account has a service principal name.
    Address,
}

/// What a user signs in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// Windows Hello for Business: a PIN or a face opens the device's key.
    Hello,
    /// The password.
    Password,
    /// A FIDO2 security key.
    Fido,
}

impl Doing {
    /// The device of a user's act.
    pub fn device(&self) -> Option<&Arc<str>> {
        match self {
            Self::SignIn { device, .. }
            | Self::Lock { device }
            | Self::Unlock { device, .. }
            | Self::SetUpHello { device }
            | Self::DeleteHello { device }
            | Self::SignOut { device }
            | Self::RefreshPrt { device }
            | Self::PurgeTickets { device }
            | Self::GetTicket { device, .. }
            | Self::Open { device, .. }
            | Self::Join { device, .. }
            | Self::Browse { device, .. } => Some(device),
            Self::WaitUntil(_) | Self::Act(_) => None,
        }
    }
}
