//! What a domain controller looked at, for the record.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use evidence::decision::{Decision, Rule};
use kerberos::KerberosTime;
use kerberos::crypto::Etype;
use kerberos::phrase::{Span, counted};
use kerberos::sid::Sid;
use kerberos::wire::{Kvno, PrincipalName, TicketFlags};

use crate::directory::{Account, Rodc, Trust};
use crate::refusal::{Refusal, fmt_names};
use crate::resource::ServerDetail;

/// What a check looked at. Its `Display` is the reason in a sentence, made only when somebody reads it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Detail {
    /// The check refused.
    Refused(Refusal),
    /// The client is an account of the directory.
    Client(Arc<Account>),
    /// The client proved itself with an encrypted timestamp.
    Preauthenticated {
        /// Who.
        account: Arc<Account>,
        /// With which key.
        etype: Etype,
        /// How far its clock is off.
        skew: Duration,
    },
    /// The TGT opened with a key of the domain.
    TicketKey {
        /// Version of the key.
        version: u32,
        /// Encryption type of the key.
        etype: Etype,
    },
    /// The key number belongs to a read-only domain controller.
    Rodc {
        /// Which.
        rodc: Arc<Rodc>,
        /// As asked for.
        kvno: Kvno,
    },
    /// A partial TGT opened.
    RodcKey {
        /// Whose key.
        rodc: Arc<Rodc>,
        /// Version that opened it.
        version: u32,
        /// As asked for.
        kvno: Kvno,
    },
    /// The requestor is who has the name.
    Requestor(Arc<Account>),
    /// The client may be revealed to the read-only domain controller.
    Allowed {
        /// The client.
        account: Arc<Account>,
        /// The read-only domain controller.
        rodc: Arc<Rodc>,
        /// Which entry of msDS-RevealOnDemandGroup; `None` for the read-only domain controller itself.
        entry: Option<usize>,
    },
    /// A ticket is sealed with the session key of the TGT of its service.
    UserToUser(Arc<Account>),
    /// A service gets a ticket for a user.
    Impersonated {
        /// The service.
        service: Arc<Account>,
        /// The user.
        user: Arc<Account>,
        /// Whether the service may pass the user on.
        may_forward: bool,
    },
    /// A service passes a user on.
    Delegated {
        /// The first service.
        service: Arc<Account>,
        /// The user.
        user: PrincipalName,
        /// The second service.
        target: Arc<Account>,
        /// Whether it is the second service that allows it.
        by_resource: bool,
    },
    /// The request came within armor.
    Armored {
        /// Encryption type of the armor key.
        etype: Etype,
    },
    /// A PAC-less TGT was let through by an old update level.
    NoPac,
    /// The PAC was made from the directory.
    Rebuilt(Arc<Account>),
    /// Long-term keys were given.
    KeyList {
        /// Whose.
        account: Arc<Account>,
        /// Of which encryption types.
        etypes: Vec<Etype>,
    },
    /// The domain-local groups that were added to a service ticket.
    ResourceGroups {
        /// How many.
        count: usize,
    },
    /// A referral TGT opened.
    TrustKey {
        /// With a key of which trust.
        trust: Arc<Trust>,
        /// Version of the key.
        version: u32,
    },
    /// The realms that a client came through were checked.
    Transited {
        /// The realms; none where it came straight from its own.
        realms: Vec<String>,
    },
    /// The SIDs of a client from another realm were filtered.
    SidsFiltered {
        /// The trust it came over.
        trust: Arc<Trust>,
        /// What did not pass.
        dropped: Vec<Sid>,
    },
    /// A read-only domain controller holds the secrets of an account.
    Revealed {
        /// The account.
        account: Arc<Account>,
        /// The read-only domain controller.
        rodc: Arc<Rodc>,
    },
    /// Selective authentication lets the client in.
    AllowedToAuthenticate(Arc<Account>),
    /// What a file server looked at.
    Server(ServerDetail),
    /// A ticket was issued.
    Issued {
        /// To whom.
        client: PrincipalName,
        /// For what.
        service: PrincipalName,
        /// Encryption type of the ticket.
        etype: Etype,
        /// Its flags.
        flags: TicketFlags,
        /// Until when.
        endtime: KerberosTime,
    },
}

impl Detail {
    /// Requests with a further ticket, for somebody else, or within armor.
    fn fmt_further(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserToUser(account) => write!(
                f,
                "the ticket is sealed with the session key of {}'s own TGT",
                account.name
            ),
            Self::Impersonated {
                service,
                user,
                may_forward,
            } => write!(
                f,
                "{} gets a ticket to itself for {}, which it {} pass on",
                service.name,
                user.name,
                if *may_forward { "may" } else { "may not" }
            ),
            Self::Delegated {
                service,
                user,
                target,
                by_resource: false,
            } => write!(
                f,
                "{} passes {user} on to {}, which is in its msDS-AllowedToDelegateTo",
                service.name, target.name
            ),
            Self::Delegated {
                service,
                user,
                target,
                by_resource: true,
            } => write!(
                f,
                "{} passes {user} on to {}, which accepts that",
                service.name, target.name
            ),
            Self::Armored { etype } => write!(f, "the request came within armor, under a key of {etype}"),
            _ => f.write_str("a ticket"),
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserToUser(_)
            | Self::Impersonated { .. }
            | Self::Delegated { .. }
            | Self::Armored { .. } => self.fmt_further(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Server(detail) => detail.fmt(f),
            Self::Client(account) => write!(f, "the client is {}", account.name),
            Self::Preauthenticated { account, etype, skew } => {
                write!(
                    f,
                    "the timestamp opens with the {etype} key of {}, and its clock is {} off",
                    account.name,
                    Span(*skew)
                )
            }
            Self::TicketKey { version, etype } => write!(
                f,
                "the TGT opens with the {etype} key of krbtgt, version {version}"
            ),
            Self::Rodc { rodc, kvno } => {
                let number = kvno.rodc_number();
                match &rodc.computer {
                    Some(computer) => write!(
                        f,
                        "0x{number:04X} = {number} is the {} object of this domain",
                        computer.name.trim_end_matches('$')
                    ),
                    None => write!(
                        f,
                        "0x{number:04X} = {number} is {} of this domain",
                        rodc.krbtgt.name
                    ),
                }
            }
            Self::RodcKey { rodc, version, kvno } => match kvno.version() {
                0 => write!(
                    f,
                    "the TGT opens with version {version} of the key of {}; it names no version",
                    rodc.krbtgt.name
                ),
                asked if u32::from(asked) == version & 0xFFFF => write!(
                    f,
                    "the TGT opens with version {version} of the key of {}",
                    rodc.krbtgt.name
                ),
                asked => write!(
                    f,
                    "the TGT opens with version {version} of the key of {}, though it names {asked}",
                    rodc.krbtgt.name
                ),
            },
            Self::Requestor(account) => write!(f, "the requestor SID is {}'s", account.name),
            Self::Allowed {
                account,
                rodc,
                entry: Some(entry),
            } => match rodc.reveal.get(*entry) {
                Some((sid, _)) if *sid == account.sid => {
                    write!(f, "{} itself is allowed, and in no denied group", account.name)
                }
                Some((_, name)) => write!(
                    f,
                    "{} is in {name} (allowed) and in no denied group",
                    account.name
                ),
                None => write!(f, "{} is allowed", account.name),
            },
            Self::Allowed {
                account, entry: None, ..
            } => write!(f, "{} is the read-only domain controller itself", account.name),
            Self::NoPac => f.write_str("the TGT has no PAC, which this update level does not mind"),
            Self::Rebuilt(account) => {
                write!(f, "the groups of {} now come from the directory:", account.name)?;
                fmt_names(f, account.token.groups.iter().map(|entry| &*entry.group.name))
            }
            Self::KeyList { account, etypes } => {
                write!(f, "the long-term keys of {} that were asked for:", account.name)?;
                fmt_names(f, etypes.iter().map(|etype| etype.name()))
            }
            Self::TrustKey { trust, version } => write!(
                f,
                "the referral TGT opens with version {version} of the key of the trust with {}",
                trust.realm
            ),
            Self::Transited { realms } if realms.is_empty() => {
                f.write_str("the client came straight from its own realm")
            }
            Self::Transited { realms } => {
                f.write_str("the client came through realms that the trusts lead through:")?;
                fmt_names(f, realms.iter().map(String::as_str))
            }
            Self::SidsFiltered { trust, dropped } => {
                let boundary = trust.spec.boundary();
                if dropped.is_empty() {
                    return write!(
                        f,
                        "every SID of the PAC may come over the trust with {} ({boundary})",
                        trust.realm
                    );
                }
                write!(f, "not over the trust with {} ({boundary}):", trust.realm)?;
                let texts: Vec<String> = dropped.iter().map(ToString::to_string).collect();
                fmt_names(f, texts.iter().map(String::as_str))
            }
            Self::Revealed { account, rodc } => {
                let computer = rodc.computer.as_ref().unwrap_or(&rodc.krbtgt);
                write!(
                    f,
                    "the secrets of {} are held by {}",
                    account.name,
                    computer.name.trim_end_matches('$')
                )
            }
            Self::AllowedToAuthenticate(service) => {
                write!(f, "the client is allowed to authenticate to {}", service.name)
            }
            Self::ResourceGroups { count } => write!(f, "{} added", counted(*count, "domain-local group")),
            Self::Issued {
                client,
                service,
                etype,
                endtime,
                ..
            } => write!(f, "{etype} ticket for {service} to {client} until {endtime}"),
        }
    }
}

/// The decisions on one request, in order.
#[derive(Debug)]
pub struct Trail(Vec<Decision<Detail>>);

impl Default for Trail {
    fn default() -> Self {
        // a healthy exchange makes ten
        Self(Vec::with_capacity(12))
    }
}

impl Trail {
    pub(crate) fn passed(&mut self, rule: &'static Rule, detail: Detail) {
        self.0.push(Decision::passed(rule, detail));
    }

    pub(crate) fn noted(&mut self, rule: &'static Rule, detail: Detail) {
        self.0.push(Decision::noted(rule, detail));
    }

    pub(crate) fn refused(&mut self, refusal: Refusal) {
        let rule = refusal.rule();
        self.0.push(match refusal {
            Refusal::PreauthRequired { .. } | Refusal::TooBig { .. } => {
                Decision::retry(rule, Detail::Refused(refusal))
            }
            _ => Decision::refused(rule, Detail::Refused(refusal)),
        });
    }

    pub(crate) fn into_decisions(self) -> Vec<Decision<Detail>> {
        self.0
    }
}
