//! What a device did, in sentences.

use client_sim::error::KdcRequest;
use client_sim::event::{Carrier, DcRefusal, Delivery, Reason};
use client_sim::flow::Package;
use client_sim::{ClientEvent, NetworkError};
use kerberos::netlogon::DcFlags;

/// The part of the story an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chapter {
    /// Device and Entra.
    SignIn,
    /// Partial TGT to full TGT, and whatever else gets a TGT.
    Exchange,
    /// Service tickets and services.
    Access,
}

/// The sentence of an event, and where it belongs. `None` for what another sentence already says.
pub(super) fn sentence(event: &ClientEvent) -> Option<(Chapter, String)> {
    use ClientEvent as E;
    let told = match event {
        E::CredentialsTyped { account } => (
            Chapter::Access,
            format!("takes another account for this: {account}, and a password, as typed"),
        ),
        E::DeviceRegistered { device_id } => (
            Chapter::SignIn,
            format!("registers with the tenant as {device_id}"),
        ),
        E::SignInStarted { upn, credential, .. } => {
            let with = match *credential {
                "NGC" => "Windows Hello",
                "FIDO" => "a security key",
                "Local" => "a local account, whose password nobody else knows",
                _ => "a password",
            };
            (Chapter::SignIn, format!("{upn} signs in with {with}"))
        }
        E::SignedIn { cached: true, .. } => (Chapter::SignIn, "lets them in by the cached logon".to_owned()),
        E::SignedIn { .. } | E::Locked { .. } | E::Unlocked { .. } | E::KerberosRefused { .. } => {
            return None;
        }
        E::SignInFailed { status, error, .. } => (
            Chapter::SignIn,
            format!("does not let them in: {error} ({status})"),
        ),
        E::PrtRequested { refresh: false, .. } => (
            Chapter::SignIn,
            "asks for a PRT, signed with the device key, and for tickets (tgt=true)".to_owned(),
        ),
        E::PrtRequested { reason, .. } => (
            Chapter::SignIn,
            format!(
                "{}: asks for a new PRT, signed with the session key, and for tickets",
                because(reason)
            ),
        ),
        E::PrtReceived { on_prem, cloud, .. } => (
            Chapter::SignIn,
            format!(
                "unwraps its tickets\ntgt_ad     {}\ntgt_cloud  {}",
                delivered(on_prem),
                delivered(cloud)
            ),
        ),
        E::PrtFailed { error, kept_old, .. } => {
            let kept = if *kept_old {
                "; the old PRT and its tickets stay in use"
            } else {
                ""
            };
            (Chapter::SignIn, format!("gets no PRT: {error}{kept}"))
        }
        E::HelloPrerequisites {
            will_provision: false,
            ..
        } => (
            Chapter::SignIn,
            "may not set up Windows Hello yet (event 360)".to_owned(),
        ),
        E::HelloPrerequisites { .. } => return None,
        E::HelloKeyRegistered { .. } => (
            Chapter::SignIn,
            "registers a Windows Hello key with Entra (event 300)".to_owned(),
        ),
        E::OtherTrustFailed { trust, status, .. } => (
            Chapter::SignIn,
            format!(
                "tries {}, and fails ({status})",
                trust.deployment().to_lowercase()
            ),
        ),
        other => return on_premises(other),
    };
    Some(told)
}

fn on_premises(event: &ClientEvent) -> Option<(Chapter, String)> {
    use ClientEvent as E;
    let told = match event {
        E::DcRemembered { .. } => return None,
        E::BindingsPurged => (
            Chapter::Exchange,
            "forgets where KDCs are (klist purge_bind)".to_owned(),
        ),
        E::DcAbsenceRemembered { domain, .. } => (
            Chapter::Exchange,
            format!("remembers that {domain} has no DC here, and does not ask again yet"),
        ),
        E::DcRefused { host, why } => (
            Chapter::Exchange,
            format!("does not take {}: {}", short(host), refusal(why)),
        ),
        E::DcFound { host, flags, .. } => (
            Chapter::Exchange,
            format!(
                "finds {} by DNS and a CLDAP ping: {}",
                short(host),
                capabilities(*flags)
            ),
        ),
        E::DcNotFound { domain, dns } => (Chapter::Exchange, no_dc(domain, dns.as_ref())),
        E::KdcAsked {
            request: KdcRequest::Exchange,
            server,
            carrier,
            ..
        } => (
            Chapter::Exchange,
            format!("TGS-REQ for {server} with the partial TGT{}", over(*carrier)),
        ),
        E::KdcAsked {
            request: KdcRequest::PasswordTgt,
            carrier,
            ..
        } => (
            Chapter::Exchange,
            format!("AS-REQ with a key from the password{}", over(*carrier)),
        ),
        E::KdcAsked {
            request: KdcRequest::Renewal,
            server,
            carrier,
            ..
        } => (
            Chapter::Exchange,
            format!("TGS-REQ to renew {server}{}", over(*carrier)),
        ),
        E::KdcAsked { server, carrier, .. } => {
            (Chapter::Access, format!("TGS-REQ for {server}{}", over(*carrier)))
        }
        E::TgtReceived { realm, ntlm_key, .. } => {
            let ntlm = if *ntlm_key { ", and the key for NTLM" } else { "" };
            (Chapter::Exchange, format!("holds a full TGT for {realm}{ntlm}"))
        }
        E::TgtFailed { error, .. } => (
            Chapter::Exchange,
            format!("gets no TGT: {error} ({})", error.nt_status()),
        ),
        E::Referred { from, to } => (Chapter::Access, format!("is referred from {from} to {to}")),
        E::ServiceTicketReceived { server, .. } => (Chapter::Access, format!("holds a ticket for {server}")),
        E::CachedTicketUsed { server } => (
            Chapter::Access,
            format!("uses the ticket for {server} that it has"),
        ),
        E::AccessGranted { host, share } => (
            Chapter::Access,
            format!(
                "{} proved itself; \\\\{}\\{share} is open",
                short(host),
                short(host)
            ),
        ),
        E::AccessGrantedByNtlm { host, share } => (
            Chapter::Access,
            format!("\\\\{}\\{share} is open, by NTLM", short(host)),
        ),
        E::AccessDenied { host, share } => (
            Chapter::Access,
            format!("{} knows the user and denies access to {share}", short(host)),
        ),
        E::AccessFailed { host, error } => (
            Chapter::Access,
            format!(
                "cannot open anything on {}: {error} ({})",
                short(host),
                error.nt_status()
            ),
        ),
        E::AccessTokenReceived { resource } => (
            Chapter::Access,
            format!("has an access token of Entra for {resource}"),
        ),
        E::FellBackToNtlm { host, has_key, error } => {
            let then = if *has_key {
                "tries NTLM"
            } else {
                "has no key for NTLM either"
            };
            (
                Chapter::Access,
                format!("has no ticket for {host} ({}) and {then}", error.nt_status()),
            )
        }
        E::PageOpened { url, package } => (
            Chapter::Access,
            match package {
                Some(Package::Ntlm) => format!("{url} is open, by NTLM"),
                Some(Package::Kerberos) => format!("the server proved itself; {url} is open"),
                None => format!("{url} is open"),
            },
        ),
        E::PageRefused { url, text, .. } => (Chapter::Access, format!("{url} answers: {text}")),
        E::Lacking { missing } => (Chapter::Exchange, format!("cannot go on: {missing}")),
        _ => return None,
    };
    Some(told)
}

fn because(reason: &Reason) -> &'static str {
    match reason {
        Reason::Unlock => "the screen is unlocked",
        Reason::Due => "the PRT is four hours old",
        Reason::Marked => "dsregcmd /refreshprt marked the PRT a little earlier",
        Reason::Command => "dsregcmd /refreshprt asked for it",
        _ => "somebody signs in",
    }
}

fn delivered(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Delivered {
            realm,
            kvno: Some(kvno),
            ..
        } if kvno.rodc_number() != 0 => {
            format!("partial TGT for {realm} (kvno 0x{:08X})", kvno.0)
        }
        Delivery::Delivered { realm, .. } => format!("TGT for {realm}"),
        Delivery::Absent => "none".to_owned(),
        Delivery::Refused(why) => format!("none, {why}"),
        Delivery::Unusable(why) => format!("unusable, {why}"),
    }
}

fn capabilities(flags: DcFlags) -> String {
    let mut words = vec![if flags.contains(DcFlags::WRITABLE) {
        "writable"
    } else {
        "read-only"
    }];
    if flags.contains(DcFlags::KEY_LIST) {
        words.push("KEYLIST");
    }
    words.join(", ")
}

/// Flags by the names that nltest has for them.
fn lacking(flags: DcFlags) -> String {
    let names: Vec<&str> = flags
        .iter_names()
        .map(|(name, _)| match name {
            "KEY_LIST" => "KEYLIST",
            name => name,
        })
        .collect();
    names.join(", ")
}

fn refusal(why: &DcRefusal) -> String {
    match why {
        DcRefusal::NoAnswer(error) => error.to_string(),
        DcRefusal::BadAnswer => "its answer cannot be read".to_owned(),
        DcRefusal::OtherDomain => "it serves another domain".to_owned(),
        DcRefusal::Lacks(flags) => format!("it lacks {}", lacking(*flags)),
    }
}

fn no_dc(domain: &str, dns: Option<&NetworkError>) -> String {
    match dns {
        Some(error) => format!("finds no DC of {domain}: {error}"),
        None => format!("finds no DC of {domain}: none that DNS names will do"),
    }
}

fn over(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::Udp => " over UDP",
        Carrier::Tcp => "",
        Carrier::Https => " over HTTPS (KDC proxy protocol)",
    }
}

/// `DC01` for `dc01.ad.fernhill.example`.
fn short(host: &str) -> String {
    host.split('.').next().unwrap_or(host).to_uppercase()
}
