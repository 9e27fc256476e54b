//! What administrators and users do to the lab between the protocol's messages.
//!
//! An action names things as the lab file does. The world applies it by replacing an actor's configuration as a whole;
//! none of the simulations knows that there are actions.

use core::time::Duration;
use std::sync::Arc;

use super::cloud_action::CloudAction;
use super::desk_action::DeskAction;
use super::directory::AccountChange;
use super::rule::Rule;
use crate::cmdlets::Typed;
use crate::lab::CloudRole;
use crate::lab::LoginIdentity;

/// One change of the lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `Set-AzureADKerberosServer -RotateServerKey`, on both sides as the cmdlet does it, or on one as other tools do.
    RotateServerKey {
        /// DNS name of the AD domain.
        domain: Arc<str>,
        /// Where the new key arrives.
        side: Side,
    },
    /// `Set-AzureADKerberosServer`: makes or completes the Kerberos server object in AD, takes it over from another tenant, and gives
    /// its key to a tenant.
    Publish {
        /// DNS name of the AD domain.
        domain: Arc<str>,
        /// Verified domain or id of the tenant; the domain's own tenant when `None`.
        tenant: Option<Arc<str>>,
    },
    /// `Remove-AzureADKerberosServer`, or the loss of one half.
    RemoveKerberosServer {
        /// DNS name of the AD domain.
        domain: Arc<str>,
        /// Which half goes.
        side: Side,
    },
    /// `repadmin /syncall`: every change reaches every DC of a domain.
    Replicate {
        /// DNS name of the AD domain.
        domain: Arc<str>,
    },
    /// One cycle of directory synchronisation for a user: Entra gets the on-premises attributes that AD has.
    SyncUser {
        /// The user, as the lab names it.
        user: Arc<str>,
    },
    /// The on-premises attributes of a user in Entra are emptied, as by a synchronisation rule that leaves them out.
    UnsyncUser {
        /// The user, as the lab names it.
        user: Arc<str>,
    },
    /// A user becomes a member of a group of its domain.
    AddToGroup {
        /// The user, as the lab names it.
        user: Arc<str>,
        /// sAMAccountName of the group.
        group: Arc<str>,
    },
    /// A user leaves a group of its domain.
    RemoveFromGroup {
        /// The user, as the lab names it.
        user: Arc<str>,
        /// sAMAccountName of the group.
        group: Arc<str>,
    },
    /// A group or user is added to the allowed (msDS-RevealOnDemandGroup) or denied (msDS-NeverRevealGroup) list of the
    /// Kerberos server object.
    ChangeReplicationPolicy {
        /// DNS name of the AD domain.
        domain: Arc<str>,
        /// The list.
        list: ReplicationList,
        /// sAMAccountName of the group or user.
        member: Arc<str>,
        /// Added, or removed.
        present: bool,
    },
    /// The delegation of a server's computer account: msDS-AllowedToDelegateTo, and "use any authentication protocol".
    SetDelegation {
        /// The server, as the lab names it.
        server: Arc<str>,
        /// Service principal names.
        to: Vec<Arc<str>>,
        /// TRUSTED_TO_AUTH_FOR_DELEGATION.
        protocol_transition: bool,
    },
    /// Settings of a published application.
    SetAppProxy {
        /// The application, as the lab names it.
        app: Arc<str>,
        /// Internal Application SPN, where it changes.
        spn: Option<Arc<str>>,
        /// Delegated Login Identity, where it changes.
        login_identity: Option<LoginIdentity>,
    },
    /// An account of AD is enabled or disabled.
    SetAccountEnabled {
        /// The user, as the lab names it.
        user: Arc<str>,
        /// The new state.
        enabled: bool,
    },
    /// The state of an AD account changes.
    ChangeAccount {
        /// The user, as the lab names it.
        user: Arc<str>,
        /// What changes.
        change: AccountChange,
    },
    /// A host's clock is set, relative to true time.
    SetClockOffset {
        /// The host, as the lab names it.
        host: Arc<str>,
        /// Its clock minus true time.
        offset_micros: i64,
    },
    /// A device is carried to another place, or its VPN goes up or down.
    Move {
        /// The device, as the lab names it.
        host: Arc<str>,
        /// Where it is now, as the lab names the place: `home`.
        to: Arc<str>,
    },
    /// A host is switched off (nothing answers) or on.
    SetPower {
        /// The host, as the lab names it.
        host: Arc<str>,
        /// The new state.
        on: bool,
    },
    /// A firewall, proxy or misconfiguration appears on the network.
    AddRule(Rule),
    /// It goes away again: every rule of this name.
    RemoveRule {
        /// The rules' name.
        name: Arc<str>,
    },
    /// A policy of a device changes.
    SetPolicy {
        /// The device, as the lab names it.
        host: Arc<str>,
        /// The policy, as the lab file names it: `use-cloud-trust-for-on-prem-auth`.
        policy: Arc<str>,
        /// On, off.
        enabled: bool,
    },
    /// Something about the management of devices.
    Desk(DeskAction),
    /// Something changes in Entra, or directory sync runs.
    Cloud(CloudAction),
    /// Somebody types at a console.
    Type(Typed),
    /// A user gets a role in the tenant, or loses it.
    SetCloudRole {
        /// The user, as the lab names it.
        user: Arc<str>,
        /// The role.
        role: CloudRole,
        /// Given, or taken.
        present: bool,
    },
    /// Nothing happens for a while.
    Wait(Duration),
}

/// The halves of a Kerberos server object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// AD and Entra.
    Both,
    /// AD only.
    OnPremises,
    /// Entra only.
    Cloud,
}

/// The lists of a password replication policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReplicationList {
    /// msDS-RevealOnDemandGroup.
    Allowed,
    /// msDS-NeverRevealGroup.
    Denied,
}
