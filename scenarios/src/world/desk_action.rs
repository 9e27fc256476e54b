//! What administrators of devices do: assign profiles, let devices ask for them.

use core::fmt;
use core::time::Duration;
use std::sync::Arc;

use client_sim::edition::Edition;

use crate::lab::SettingUse;

/// One act of managing devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskAction {
    /// A profile is assigned, or no longer. Devices learn of it when they check in.
    AssignPolicy {
        /// The profile, as the lab names it.
        policy: Arc<str>,
        /// Whether it is assigned from now on.
        assigned: bool,
    },
    /// The settings of a profile are changed. Devices learn of it when they check in.
    EditPolicy {
        /// The profile, as the lab names it.
        policy: Arc<str>,
        /// What it sets from now on.
        settings: Arc<[SettingUse]>,
    },
    /// "Sync" in the company portal: the device asks Intune for its policies now. Without the internet nothing happens.
    CheckIn {
        /// The device, as the lab names it.
        device: Arc<str>,
    },
    /// A device will be at another place later, as when a tunnel starts late. The device does not notice that its network
    /// changed.
    Connect {
        /// The device, as the lab names it.
        device: Arc<str>,
        /// The place, as the lab names it.
        to: Arc<str>,
        /// In how long.
        after: Duration,
    },
    /// `netsh winhttp set proxy`, or `reset proxy`.
    SetProxy {
        /// The device, as the lab names it.
        device: Arc<str>,
        /// Host and port; `None`: direct access.
        servers: Option<Arc<str>>,
    },
    /// Windows Update brings a device to another version.
    UpdateWindows {
        /// The device, as the lab names it.
        device: Arc<str>,
        /// `10.0.19044.1566`
        version: Arc<str>,
    },
    /// A product key of another edition changes Windows in place.
    ChangeEdition {
        /// The device, as the lab names it.
        device: Arc<str>,
        /// The edition.
        edition: Edition,
    },
    /// `gpupdate /force`: the device asks a DC for its policies now. Without one, or on a device of no domain, nothing
    /// happens.
    GroupPolicyUpdate {
        /// The device, as the lab names it.
        device: Arc<str>,
    },
}

impl fmt::Display for DeskAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AssignPolicy {
                policy,
                assigned: true,
            } => write!(f, "the profile {policy} is assigned"),
            Self::AssignPolicy {
                policy,
                assigned: false,
            } => {
                write!(f, "the profile {policy} is no longer assigned")
            }
            Self::EditPolicy { policy, settings } => {
                write!(f, "the profile {policy} is edited: it sets ")?;
                for (index, used) in settings.iter().enumerate() {
                    let value = if used.value { "on" } else { "off" };
                    let before = if index == 0 { "" } else { ", " };
                    write!(f, "{before}{} {value}", used.spelled)?;
                }
                if settings.is_empty() {
                    f.write_str("nothing")
                } else {
                    Ok(())
                }
            }
            Self::Connect { device, to, after } => {
                write!(f, "{device} will be at {to} in {} s", after.as_secs())
            }
            Self::SetProxy {
                device,
                servers: Some(servers),
            } => write!(f, "{device} gets the proxy {servers}"),
            Self::SetProxy {
                device,
                servers: None,
            } => write!(f, "{device} has no proxy any more"),
            Self::UpdateWindows { device, version } => write!(f, "{device} is updated to {version}"),
            Self::ChangeEdition { device, edition } => {
                write!(f, "{device} becomes Windows {}", edition.name())
            }
            Self::CheckIn { device } => write!(f, "{device} asks Intune for its policies"),
            Self::GroupPolicyUpdate { device } => write!(f, "{device} asks the domain for its policies"),
        }
    }
}
