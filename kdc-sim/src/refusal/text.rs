//! The reasons of refusals, for people.

use std::fmt;

use kerberos::phrase::Span;

use super::{Refusal, Skew};
use crate::directory::{Account, AccountKind, Rodc};

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccountState { account, restriction }
            | Self::PasswordState {
                account, restriction, ..
            } => write!(f, "{} {restriction}", account.name),
            Self::BadPac(error) => write!(f, "{error}"),
            Self::BadPacSignature(error) => write!(f, "{error}"),
            Self::BadSessionKey(error) => write!(f, "session key of the ticket: {error}"),
            Self::AuthenticatorKey(error) => write!(
                f,
                "the authenticator does not open with the session key of the ticket: {error}"
            ),
            Self::AuthenticatorClient {
                ticket,
                authenticator,
            } => write!(f, "the ticket is {ticket}'s, the authenticator {authenticator}'s"),
            Self::AuthenticatorSkew(skew) => write!(f, "authenticator: {skew}"),
            Self::AuthenticatorRepeated => f.write_str("this authenticator was seen before"),
            Self::BodyChecksumMissing => {
                f.write_str("the authenticator has no checksum over the body of the request")
            }
            Self::BodyChecksumType { came } => write!(
                f,
                "the checksum over the body is of type {came}, which is not that of the session key"
            ),
            Self::BodyChecksumWrong(error) => {
                write!(f, "the body is not what the authenticator covers: {error}")
            }
            Self::ClientUnknown { name: Some(name), .. } => write!(
                f,
                "no account is called {name}: looked for it as sAMAccountName, with a dollar sign, and as userPrincipalName"
            ),
            Self::ClientUnknown { name: None, .. } => f.write_str("the request names no client"),
            Self::EtypeUnsupported { listed } => write!(
                f,
                "the client listed encryption types {listed:?}, of which none is allowed here"
            ),
            Self::Malformed(error) => write!(f, "{error}"),
            Self::MessageType { kind } => write!(f, "expected an AS-REQ or TGS-REQ, came {kind}"),
            Self::NeverValid { till } => write!(f, "the ticket is wanted until {till}, which has passed"),
            Self::NotKerberos => f.write_str("the octets begin with no tag of Kerberos: nothing is answered"),
            Self::OptionUnavailable { option } => write!(f, "option {option} is not available from this KDC"),
            Self::OptionNotGranted { option } => {
                write!(f, "option {option} needs a flag that the TGT does not have")
            }
            Self::PacIncomplete { missing } => write!(f, "the PAC has no {missing}"),
            Self::PacMissing { .. } => f.write_str("the TGT has no PAC, which this update level requires"),
            Self::Postdated => f.write_str("a postdated ticket is wanted, and this KDC issues none"),
            Self::RenewTillPassed {
                renew_till: Some(till),
            } => write!(f, "the TGT could be renewed until {till}"),
            Self::RenewTillPassed { renew_till: None } => {
                f.write_str("the TGT says not until when it can be renewed")
            }
            Self::RequestorMissing { .. } => f.write_str("the PAC does not say which SID asked for the TGT"),
            Self::RequestorMismatch { account, came, .. } => write!(
                f,
                "the requestor SID is {came}, and {} has {}",
                account.name, account.sid
            ),
            Self::Armor(refusal) => refusal.fmt(f),
            Self::Policy(refusal) => refusal.fmt(f),
            Self::Delegation(refusal) => refusal.fmt(f),
            Self::ServiceEtype { account, listed } => write!(
                f,
                "the client listed encryption types {listed:?}, and {} has no key of any",
                account.name
            ),
            Self::SecretsElsewhere {
                account: Some(account),
                ..
            } => write!(
                f,
                "this domain controller is read-only and does not hold the secrets of {}: a writable one has to answer",
                account.name
            ),
            Self::SecretsElsewhere { account: None, .. } => f.write_str(
                "this domain controller is read-only and does not hold the domain's own keys: a writable one has to answer",
            ),
            Self::SelectiveAuthentication { client, service } => {
                match client {
                    Some(sid) => write!(f, "{sid}")?,
                    None => f.write_str("the client")?,
                }
                write!(
                    f,
                    " came over a trust with selective authentication, and neither it nor a group of it is allowed to authenticate to {}",
                    service.name
                )
            }
            Self::Transited { trust, realms } => match realms.first() {
                Some(realm) => write!(
                    f,
                    "the client came through {realm}, which does not lie behind the trust with {}",
                    trust.realm
                ),
                None => write!(
                    f,
                    "the realms that the client came through before {} cannot be read",
                    trust.realm
                ),
            },
            Self::TrustClient { trust, crealm } => write!(
                f,
                "the client is of {crealm}, which does not lie behind the trust with {}",
                trust.realm
            ),
            Self::TrustKey { trust, error } => {
                write!(
                    f,
                    "no key of the trust with {} opens the referral TGT: {error}",
                    trust.realm
                )
            }
            Self::TrustSid {
                trust,
                came: Some(sid),
            } => write!(
                f,
                "{} does not speak for users of the domain {sid}: the trust is {}",
                trust.realm,
                trust.spec.boundary()
            ),
            Self::TrustSid { trust, came: None } => {
                write!(f, "the PAC from {} names no domain of the user", trust.realm)
            }
            Self::ServiceUnknown { name: Some(name), .. } => {
                write!(f, "no account has the service principal name {name}")
            }
            Self::ServiceUnknown { name: None, .. } => f.write_str("the request names no service"),
            Self::TgtMissing => f.write_str("the request has no PA-TGS-REQ, and so no TGT"),
            Self::TooBig { length, limit } => write!(
                f,
                "the reply has {length} octets, and a datagram may have {limit}: the client has to ask over TCP"
            ),
            Self::WrongRealm { asked, right } => write!(
                f,
                "the client is looked for in {asked}, and this is not that realm: ask {right}"
            ),
            _ => self.fmt_checks(f),
        }
    }
}

impl Refusal {
    /// The checks on tickets and pre-authentication.
    fn fmt_checks(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RodcClientKind { account } => write!(
                f,
                "{} is {}: no read-only domain controller may speak for it",
                account.name,
                match account.kind {
                    AccountKind::User => "a user",
                    AccountKind::Computer => "a computer",
                    AccountKind::Krbtgt => "the account of the domain's KDC",
                    AccountKind::RodcKrbtgt { .. } => "the account of a read-only domain controller's KDC",
                    AccountKind::Trust => "the account of a trust",
                }
            ),
            Self::RodcDenied { account, rodc, entry } => fmt_denied(f, account, rodc, *entry),
            Self::RodcKey { rodc, kvno, error } => write!(
                f,
                "no kept key of {} opens the TGT, whose kvno is {kvno}: {error}",
                rodc.krbtgt.name
            ),
            Self::RodcLifetime { left } => write!(
                f,
                "the TGT has {} left, as one for changing a password",
                Span(*left)
            ),
            Self::RodcNotLinked { rodc } => match &rodc.computer {
                None => write!(f, "no computer has a msDS-KrbTgtLink to {}", rodc.krbtgt.name),
                Some(computer) => write!(
                    f,
                    "{} is no read-only domain controller: userAccountControl is {:#010x} and lacks PARTIAL_SECRETS_ACCOUNT",
                    computer.name,
                    computer.control.bits()
                ),
            },
            Self::RodcNotAllowed { account, rodc } => {
                write!(
                    f,
                    "{} is in none of the groups that {} may be given:",
                    account.name, rodc.krbtgt.name
                )?;
                fmt_names(f, rodc.reveal.iter().map(|(_, name)| &**name))
            }
            Self::RodcNotWritable => {
                f.write_str("this domain controller is read-only and has no key of another one")
            }
            Self::RodcS4u => f.write_str("S4U2Self with a TGT of a read-only domain controller"),
            Self::RodcUnknown { kvno } => write!(
                f,
                "0x{:04X} = {} is the key number of no read-only domain controller of this domain",
                kvno.rodc_number(),
                kvno.rodc_number()
            ),
            Self::PreauthRequired { .. } => f.write_str("the client has not proved itself yet"),
            Self::PreauthFailed {
                account,
                etype,
                earlier_password: true,
                ..
            } => write!(
                f,
                "the timestamp opens with an earlier {etype} key of {}: an old password",
                account.name
            ),
            Self::PreauthFailed { account, etype, .. } => write!(
                f,
                "the timestamp does not open with the {etype} key of {}: a wrong password",
                account.name
            ),
            Self::PreauthEtype { etype, .. } => write!(
                f,
                "the timestamp is encrypted with type {etype}, of which the account has no key"
            ),
            Self::PreauthSkew { skew, .. } => write!(f, "encrypted timestamp: {skew}"),
            Self::TicketEnded { endtime, now } => write!(f, "the TGT ended at {endtime}, and it is {now}"),
            Self::TicketForOthers { sname, realm } => write!(f, "the ticket is for {sname}@{realm}"),
            Self::TicketKey {
                kvno: Some(kvno),
                error,
            } => write!(
                f,
                "no kept key of krbtgt opens the TGT, whose kvno is {kvno}: {error}"
            ),
            Self::TicketKey { kvno: None, error } => write!(
                f,
                "no kept key of krbtgt opens the TGT, which names no kvno: {error}"
            ),
            Self::TicketKeyVersion { kvno } => write!(f, "no kept key has the version {kvno}"),
            Self::TicketNotYetValid { starttime, now } => {
                write!(f, "the TGT is valid from {starttime}, and it is {now}")
            }
            _ => f.write_str(self.rule().title),
        }
    }
}

fn fmt_denied(f: &mut fmt::Formatter<'_>, account: &Account, rodc: &Rodc, entry: usize) -> fmt::Result {
    let Some((sid, name)) = rodc.never_reveal.get(entry) else {
        return write!(f, "{} is in a denied group", account.name);
    };
    if *sid == account.sid {
        return write!(f, "{} itself is denied", account.name);
    }
    write!(f, "{} is in {name}", account.name)?;
    // the way from the account to the group, nearest first
    let mut way = Vec::new();
    let mut at = account.token.entry(sid);
    while let Some(through) = at.and_then(|entry| entry.through.as_ref()) {
        way.push(through);
        at = account.token.entry(&through.sid);
    }
    for (index, group) in way.iter().rev().enumerate() {
        write!(
            f,
            "{}{}",
            if index == 0 { " through " } else { " and " },
            group.name
        )?;
    }
    Ok(())
}

pub(crate) fn fmt_names<'a>(f: &mut fmt::Formatter<'_>, names: impl Iterator<Item = &'a str>) -> fmt::Result {
    for (index, name) in names.enumerate() {
        write!(f, "{}{name}", if index == 0 { " " } else { ", " })?;
    }
    Ok(())
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let off = self.client.abs_diff(self.kdc);
        write!(
            f,
            "the client's clock shows {}, this one {}: {} apart, more than the {} that are tolerated",
            self.client,
            self.kdc,
            Span(off),
            Span(self.tolerated)
        )
    }
}
