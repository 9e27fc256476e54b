//! What the device did, step by step, as data. Text is made by whoever shows it.

use std::sync::Arc;

use evidence::klist::LogonId;
use kerberos::codes::{ErrorCode, NtStatus};
use kerberos::netlogon::DcFlags;
use kerberos::wire::{Kvno, PrincipalName};
use kerberos::{KerberosTime, Timestamp};

use crate::act::{Act, ActError};
use crate::error::{FlowError, KdcRequest, Missing};
use crate::flow::Package;
use crate::network::NetworkError;
use crate::policy::{EffectiveHello, Trust};

/// Takes the events of a flow as they happen.
pub trait EventSink {
    /// One event, at the device's time.
    fn record(&mut self, time: Timestamp, event: ClientEvent);

    /// An act has ended: well, or why not.
    fn ended(&mut self, act: &Act, failure: Option<&ActError>) {
        let _ = (act, failure);
    }
}

impl EventSink for Vec<(Timestamp, ClientEvent)> {
    fn record(&mut self, time: Timestamp, event: ClientEvent) {
        self.push((time, event));
    }
}

/// Drops every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEvents;

impl EventSink for NoEvents {
    fn record(&mut self, _: Timestamp, _: ClientEvent) {}
}

/// What made the device act.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Somebody signs in.
    SignIn,
    /// Somebody unlocks the screen.
    Unlock,
    /// The PRT is four hours old.
    Due,
    /// The PRT was marked for refresh a little earlier, by `dsregcmd /refreshprt`.
    Marked,
    /// Somebody asked for it by a command.
    Command,
    /// Something on premises is to be opened.
    Access {
        /// The service.
        service: Arc<str>,
    },
}

/// A ticket in the answer of Entra.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is there and could be opened.
    Delivered {
        /// Its realm.
        realm: Arc<str>,
        /// The key that seals it.
        kvno: Option<Kvno>,
        /// Until when it is valid.
        end: KerberosTime,
    },
    /// The answer does not hold it.
    Absent,
    /// The answer says why not.
    Refused(Arc<str>),
    /// It is there and cannot be used.
    Unusable(Arc<str>),
}

impl Delivery {
    /// Whether there is a ticket that can be used.
    pub const fn is_delivered(&self) -> bool {
        matches!(self, Self::Delivered { .. })
    }
}

/// How a message was carried to a KDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// A datagram.
    Udp,
    /// A stream.
    Tcp,
    /// A KDC proxy.
    Https,
}

/// Why a host was not taken as DC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DcRefusal {
    /// It did not answer.
    NoAnswer(NetworkError),
    /// Its answer could not be read, or answers another ping.
    BadAnswer,
    /// It does not serve the domain.
    OtherDomain,
    /// It lacks something that is needed.
    Lacks(DcFlags),
}

impl std::fmt::Display for DcRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAnswer(error) => error.fmt(f),
            Self::BadAnswer => f.write_str("its answer cannot be read"),
            Self::OtherDomain => f.write_str("it serves no domain of this DNS name"),
            Self::Lacks(flags) => write!(f, "it lacks {flags:?}"),
        }
    }
}

/// One step of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// The tenant gave the device an identity.
    DeviceRegistered {
        /// The device id, a GUID.
        device_id: Arc<str>,
    },
    /// Somebody begins to sign in.
    SignInStarted {
        /// Who.
        upn: Arc<str>,
        /// `Password`, `NGC` or `FIDO`.
        credential: &'static str,
        /// The policies of Hello that count for this user.
        policy: EffectiveHello,
    },
    /// A logon session was opened.
    SignedIn {
        /// Who.
        upn: Arc<str>,
        /// The session.
        session: LogonId,
        /// Whether the logon was verified by what the device remembers.
        cached: bool,
    },
    /// Nobody was signed in.
    SignInFailed {
        /// Who tried.
        upn: Arc<str>,
        /// What the lock screen shows.
        status: NtStatus,
        /// Why.
        error: Arc<FlowError>,
    },
    /// The screen was locked.
    Locked {
        /// The session.
        session: LogonId,
    },
    /// The screen was unlocked.
    Unlocked {
        /// The session.
        session: LogonId,
    },
    /// Entra is asked for a PRT, and for tickets.
    PrtRequested {
        /// For whom.
        upn: Arc<str>,
        /// What made the device ask.
        reason: Reason,
        /// Whether it is a refresh, signed with the session key.
        refresh: bool,
    },
    /// Entra gave a PRT.
    PrtReceived {
        /// For whom.
        upn: Arc<str>,
        /// Until when it is valid.
        expires: Timestamp,
        /// The partial TGT.
        on_prem: Delivery,
        /// The cloud TGT.
        cloud: Delivery,
    },
    /// Entra gave none; what there was before is kept.
    PrtFailed {
        /// For whom.
        upn: Arc<str>,
        /// Why.
        error: Arc<FlowError>,
        /// Whether an older PRT and its tickets stay in use.
        kept_old: bool,
    },
    /// The device looked at whether Hello may be set up: events 358 and 360.
    HelloPrerequisites {
        /// For whom.
        upn: Arc<str>,
        /// Whether set-up goes on.
        will_provision: bool,
        /// "User account has Cloud TGT"; `None` where it is not tested.
        partial_tgt: Option<bool>,
        /// The policies that count for this user.
        policy: EffectiveHello,
        /// Whether the device has what policy asks for.
        hardware: bool,
        /// Whether the user sits elsewhere and is connected by Remote Desktop.
        remote: bool,
    },
    /// The Hello key is registered with Entra: event 300.
    HelloKeyRegistered {
        /// Whose.
        upn: Arc<str>,
        /// SHA-256 of the public key, as Entra names it.
        key_id: Arc<str>,
    },
    /// Hello did not use cloud trust, or not with success, and failed with another one.
    OtherTrustFailed {
        /// Who signs in.
        upn: Arc<str>,
        /// What was tried.
        trust: Trust,
        /// What the lock screen shows.
        status: NtStatus,
    },
    /// The locator knows a DC.
    DcRemembered {
        /// The domain.
        domain: Arc<str>,
        /// The DC.
        host: Arc<str>,
    },
    /// The locator remembers that there is none.
    DcAbsenceRemembered {
        /// The domain.
        domain: Arc<str>,
        /// Until when it does not ask again.
        until: Timestamp,
    },
    /// A host was not taken as DC.
    DcRefused {
        /// The host.
        host: Arc<str>,
        /// Why.
        why: DcRefusal,
    },
    /// A DC was found.
    DcFound {
        /// The domain.
        domain: Arc<str>,
        /// The DC.
        host: Arc<str>,
        /// What it can do.
        flags: DcFlags,
        /// Its site.
        dc_site: Arc<str>,
        /// The site of the device, in its opinion.
        client_site: Option<Arc<str>>,
    },
    /// No DC was found.
    DcNotFound {
        /// The domain.
        domain: Arc<str>,
        /// Why DNS did not help; `None` when it named hosts and none of them would do.
        dns: Option<NetworkError>,
    },
    /// A KDC was asked.
    KdcAsked {
        /// The KDC.
        host: Arc<str>,
        /// For what.
        request: KdcRequest,
        /// For which service.
        server: PrincipalName,
        /// How.
        carrier: Carrier,
        /// What made the device ask.
        reason: Reason,
    },
    /// A KDC or a service refused.
    KerberosRefused {
        /// Who.
        host: Arc<str>,
        /// What was asked for.
        request: KdcRequest,
        /// The error code.
        code: ErrorCode,
    },
    /// A TGT was received.
    TgtReceived {
        /// The realm.
        realm: Arc<str>,
        /// How it was got.
        request: KdcRequest,
        /// The KDC.
        host: Arc<str>,
        /// The key that seals it.
        kvno: Option<Kvno>,
        /// Until when it is valid.
        end: KerberosTime,
        /// Whether the key for NTLM came with it.
        ntlm_key: bool,
    },
    /// No TGT could be got.
    TgtFailed {
        /// How it was to be got.
        request: KdcRequest,
        /// Why not.
        error: Arc<FlowError>,
    },
    /// The KDC sent the device to another realm.
    Referred {
        /// From.
        from: Arc<str>,
        /// To.
        to: Arc<str>,
    },
    /// A service ticket was received.
    ServiceTicketReceived {
        /// The service.
        server: PrincipalName,
        /// The KDC.
        host: Arc<str>,
        /// Until when it is valid.
        end: KerberosTime,
    },
    /// A ticket that the cache held was used.
    CachedTicketUsed {
        /// The service.
        server: PrincipalName,
    },
    /// A service accepted the user and proved itself.
    AccessGranted {
        /// The service.
        host: Arc<str>,
        /// The share, if it was one.
        share: Arc<str>,
    },
    /// A service accepted the user, and the user may not do this.
    AccessDenied {
        /// The service.
        host: Arc<str>,
        /// The share, if it was one.
        share: Arc<str>,
    },
    /// Nothing was opened.
    AccessFailed {
        /// The service.
        host: Arc<str>,
        /// Why.
        error: Arc<FlowError>,
    },
    /// Entra gave an access token for an application.
    AccessTokenReceived {
        /// The application.
        resource: Arc<str>,
    },
    /// A share was opened without a ticket.
    AccessGrantedByNtlm {
        /// The server.
        host: Arc<str>,
        /// The share.
        share: Arc<str>,
    },
    /// Somebody typed another account's name and password for what follows.
    CredentialsTyped {
        /// `ad.fernhill.example\\ada`
        account: Arc<str>,
    },
    /// There is no ticket for a web or file server, and NTLM is tried instead.
    FellBackToNtlm {
        /// The server.
        host: Arc<str>,
        /// Whether the session has the key for it.
        has_key: bool,
        /// Why there is no ticket.
        error: Arc<FlowError>,
    },
    /// A web page was opened.
    PageOpened {
        /// Where it is.
        url: Arc<str>,
        /// How the user proved themselves; `None` where nobody asked.
        package: Option<Package>,
    },
    /// A web server answered with another status than 200.
    PageRefused {
        /// Where the page is.
        url: Arc<str>,
        /// The status.
        status: u16,
        /// The first line of what it says.
        text: Arc<str>,
    },
    /// `klist purge_bind`: where KDCs are and are not is forgotten.
    BindingsPurged,
    /// Something that is needed is not there.
    Lacking {
        /// What.
        missing: Missing,
    },
}

impl ClientEvent {
    /// Whether something that was tried failed with this step.
    pub const fn is_failure(&self) -> bool {
        if let Self::KerberosRefused { code, .. } = self {
            // the device asks again, with a proof or over TCP
            let asks_again = [
                ErrorCode::PREAUTH_REQUIRED.number(),
                ErrorCode::RESPONSE_TOO_BIG.number(),
            ];
            return code.number() != asks_again[0] && code.number() != asks_again[1];
        }
        matches!(
            self,
            Self::SignInFailed { .. }
                | Self::PrtFailed { .. }
                | Self::OtherTrustFailed { .. }
                | Self::TgtFailed { .. }
                | Self::AccessDenied { .. }
                | Self::AccessFailed { .. }
                | Self::FellBackToNtlm { .. }
                | Self::PageRefused { .. }
        )
    }

    /// Whether it failed because somebody refused it, and not because nobody answered or something is not there.
    pub fn is_refused(&self) -> bool {
        match self {
            Self::SignInFailed { error, .. }
            | Self::PrtFailed { error, .. }
            | Self::TgtFailed { error, .. }
            | Self::AccessFailed { error, .. }
            | Self::FellBackToNtlm { error, .. } => error.is_refusal(),
            Self::KerberosRefused { .. }
            | Self::OtherTrustFailed { .. }
            | Self::AccessDenied { .. }
            | Self::PageRefused { .. } => true,
            _ => false,
        }
    }
}
