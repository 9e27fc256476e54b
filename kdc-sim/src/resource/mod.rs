//! A file server: it accepts an AP-REQ as SMB would carry it, and decides on shares by the SIDs of the PAC.
//!
//! There is no SMB. What a session setup carries, a GSS-API token with an AP-REQ (RFC 4121 section 4.1), goes in; the token
//! with the AP-REP comes out.

mod negotiate;
mod ntlm;
mod outcome;
pub mod rules;

use std::sync::Arc;
use std::time::Duration;

use evidence::decision::Decision;
use kerberos::crypto::{Key, KeyUsage};
use kerberos::pac::{Pac, PacError};
use kerberos::sid::Sid;
use kerberos::wire::{
    ApOptions, ApRep, ApReq, Authenticator, ChecksumFlags, EncApRepPart, EncTicketPart, EncryptedData,
    EncryptionKey, GssChecksum, GssToken, KrbError, PrincipalName, Realm, SessionKeyError, TicketFlags,
    TokenId, UInt32,
};
use kerberos::{KerberosTime, Timestamp};
use rand::CryptoRng;

use crate::decision::Detail;
use crate::directory::{Account, DomainSnapshot, KeyRing};
use crate::refusal::Skew;
use crate::state::ReplayCache;

pub use outcome::{Asked, ServerDetail, ServerRefusal, ShareOutcome};

/// A server with shares: its keys are those of its computer account when it was made, as a keytab's are.
#[derive(Clone, Debug)]
pub struct FileServer {
    /// sAMAccountName.
    pub name: Arc<str>,
    /// Realm.
    pub realm: Realm,
    /// Its keys.
    pub keys: KeyRing,
    /// Its shares.
    pub shares: Vec<Share>,
    /// How far a client's clock may be off. Default: 5 minutes.
    pub max_skew: Duration,
    /// Whether its shares may be opened by NTLM. Default no.
    pub ntlm_shares: bool,
}

/// A share and who may do what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its name, whatever the case.
    pub name: Arc<str>,
    /// Entries in any order: a denial wins.
    pub acl: Vec<AclEntry>,
}

/// One entry of an access list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// For whom.
    pub sid: Sid,
    /// The name of the account or group, for people.
    pub name: Arc<str>,
    /// What.
    pub access: Access,
}

/// What an entry gives, or what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Nothing at all.
    Deny,
    /// Reading.
    Read,
    /// Reading and writing.
    Write,
}

/// What a server remembers of its clients.
#[derive(Clone, Debug, Default)]
pub struct ServerState {
    /// Authenticators that were seen.
    pub replay: ReplayCache,
    /// Challenges of NTLM that nobody has answered yet, the oldest first.
    pub challenges: Vec<[u8; 8]>,
}

/// What a server did with a token.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// A token with the AP-REP or the KRB-ERROR; empty when the client wants no proof of the server.
    pub reply: Vec<u8>,
    /// The session, unless the token was refused.
    pub session: Option<Session>,
    /// Every check with its outcome.
    pub decisions: Vec<Decision<Detail>>,
}

/// A client that proved itself.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub client: PrincipalName,
    /// Of which realm.
    pub realm: Realm,
    /// Everything the PAC says the client is, Everyone and Authenticated Users; sorted. Empty where the ticket has no PAC.
    pub sids: Vec<Sid>,
    /// The key of the session: the server's subkey, else the client's, else that of the ticket.
    pub key: Key,
    /// What the client asked of the session.
    pub flags: ChecksumFlags,
    /// Until when the ticket is valid.
    pub endtime: KerberosTime,
}

impl FileServer {
    /// The server that is a computer of a domain; `None` when there is no such account.
    #[must_use]
    pub fn of_account(domain: &DomainSnapshot, sam_account_name: &str) -> Option<Self> {
        domain
            .account(sam_account_name)
            .map(|account| Self::new(domain.realm().clone(), account))
    }

    fn new(realm: Realm, account: &Account) -> Self {
        Self {
            name: account.name.clone(),
            realm,
            keys: account.keys.clone(),
            shares: Vec::new(),
            max_skew: Duration::from_secs(5 * 60),
            ntlm_shares: false,
        }
    }

    /// With one more share.
    #[must_use]
    pub fn with_share(mut self, name: &str, acl: Vec<AclEntry>) -> Self {
        self.shares.push(Share {
            name: name.into(),
            acl,
        });
        self
    }

    /// Accepts a GSS-API token with an AP-REQ, or a bare AP-REQ.
    pub fn accept(
        &self,
        state: &mut ServerState,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: &[u8],
    ) -> Accepted {
        let mut decisions = Vec::with_capacity(4);
        match self.establish(state, now, rng, token, &mut decisions) {
            Ok((reply, session)) => Accepted {
                reply,
                session: Some(session),
                decisions,
            },
            Err(refusal) => {
                let error = KrbError::new(
                    refusal.code(),
                    now,
                    self.realm.clone(),
                    PrincipalName::principal(&*self.name),
                );
                decisions.push(Decision::refused(
                    refusal.rule(),
                    Detail::Server(ServerDetail::Refused(refusal)),
                ));
                Accepted {
                    reply: GssToken::new(TokenId::Error, error.encode()).encode(),
                    session: None,
                    decisions,
                }
            }
        }
    }

    /// Whether a session may do something with a share. Denied where no entry gives it, or one denies.
    #[must_use]
    pub fn open(&self, session: &Session, share: &str, wanted: Access) -> Decision<Detail> {
        let detail = |outcome| {
            let asked = Asked {
                client: session.client.clone(),
                share: share.into(),
                wanted,
            };
            Detail::Server(ServerDetail::Share { asked, outcome })
        };
        let Some(found) = self
            .shares
            .iter()
            .find(|other| other.name.eq_ignore_ascii_case(share))
        else {
            return Decision::refused(&rules::SHARE_KNOWN, detail(ShareOutcome::Unknown));
        };
        let mine = |entry: &&AclEntry| session.sids.binary_search(&entry.sid).is_ok();
        let name = |entry: &AclEntry| entry.name.clone();
        if let Some(entry) = found
            .acl
            .iter()
            .filter(mine)
            .find(|entry| entry.access == Access::Deny)
        {
            return Decision::refused(
                &rules::SHARE_ACCESS,
                detail(ShareOutcome::Denied { entry: name(entry) }),
            );
        }
        match found.acl.iter().filter(mine).find(|entry| entry.access >= wanted) {
            Some(entry) => Decision::passed(
                &rules::SHARE_ACCESS,
                detail(ShareOutcome::Granted { entry: name(entry) }),
            ),
            None => Decision::refused(&rules::SHARE_ACCESS, detail(ShareOutcome::NoEntry)),
        }
    }

    fn establish(
        &self,
        state: &mut ServerState,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: &[u8],
        decisions: &mut Vec<Decision<Detail>>,
    ) -> Result<(Vec<u8>, Session), ServerRefusal> {
        let ap_req = read_token(token)?;
        let (server_key, part) = self.open_ticket(&ap_req)?;
        self.check_times(&part, now)?;
        let session_key = part.key.to_key().map_err(ServerRefusal::SessionKey)?;
        let authenticator = self.open_authenticator(state, &ap_req, &session_key, &part, now)?;
        let sids = sids(&part, &server_key, decisions)?;
        state.replay.remember(
            session_key.etype(),
            &ap_req.authenticator.cipher,
            now,
            self.max_skew,
        );
        let client_key = authenticator
            .subkey
            .as_ref()
            .map(|key| key.to_key())
            .transpose()
            .map_err(ServerRefusal::SessionKey)?;
        let flags = gss_flags(&authenticator, ap_req.ap_options);
        let mut session = Session {
            client: part.cname,
            realm: part.crealm,
            sids,
            key: client_key.unwrap_or_else(|| session_key.clone()),
            flags,
            endtime: part.endtime,
        };
        decisions.push(Decision::passed(
            &rules::AP_ACCEPTED,
            Detail::Server(ServerDetail::Accepted {
                client: session.client.clone(),
                etype: server_key.etype(),
            }),
        ));
        let mutual =
            flags.contains(ChecksumFlags::MUTUAL) || ap_req.ap_options.contains(ApOptions::MUTUAL_REQUIRED);
        if !mutual {
            return Ok((Vec::new(), session));
        }
        let own = Key::generate(session.key.etype(), rng);
        let proof = EncApRepPart {
            ctime: authenticator.ctime,
            cusec: authenticator.cusec,
            subkey: Some(EncryptionKey::from(&own)),
            seq_number: Some(UInt32(rng.next_u32() >> 2)),
        };
        session.key = own;
        let sealed = EncryptedData::seal(&session_key, KeyUsage::AP_REP, None, &proof.encode(), rng);
        Ok((
            GssToken::new(TokenId::ApRep, ApRep::new(sealed).encode()).encode(),
            session,
        ))
    }

    /// The version of the key is a hint, as it is to Windows: the present key is tried, then earlier ones.
    fn open_ticket(&self, ap_req: &ApReq) -> Result<(Key, EncTicketPart), ServerRefusal> {
        let sealed = &ap_req.ticket.enc_part;
        let refused = |error| ServerRefusal::TicketKey {
            sname: Box::new(ap_req.ticket.sname.clone()),
            kvno: sealed.kvno,
            error,
        };
        let etype = sealed
            .known_etype()
            .ok_or(ServerRefusal::SessionKey(SessionKeyError::Etype(sealed.etype)))?;
        let mut last = None;
        for key in self.keys.sets().filter_map(|set| set.key(etype)) {
            match sealed.open(key, KeyUsage::TICKET) {
                Ok(plaintext) => {
                    let part = EncTicketPart::decode(&plaintext)
                        .map_err(|error| ServerRefusal::Malformed(Box::new(error)))?;
                    return Ok((key.clone(), part));
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.map_or(
            ServerRefusal::SessionKey(SessionKeyError::Etype(sealed.etype)),
            refused,
        ))
    }

    fn check_times(&self, part: &EncTicketPart, now: Timestamp) -> Result<(), ServerRefusal> {
        let starttime = part.valid_from();
        if part.flags.contains(TicketFlags::INVALID) || starttime.timestamp() > now + self.max_skew {
            return Err(ServerRefusal::TicketNotYetValid { starttime, now });
        }
        if part.endtime.timestamp() + self.max_skew < now {
            return Err(ServerRefusal::TicketEnded {
                endtime: part.endtime,
                now,
            });
        }
        Ok(())
    }

    fn open_authenticator(
        &self,
        state: &ServerState,
        ap_req: &ApReq,
        session: &Key,
        part: &EncTicketPart,
        now: Timestamp,
    ) -> Result<Authenticator, ServerRefusal> {
        let plaintext = ap_req
            .authenticator
            .open(session, KeyUsage::AP_REQ_AUTHENTICATOR)
            .map_err(ServerRefusal::AuthenticatorKey)?;
        let authenticator =
            Authenticator::decode(&plaintext).map_err(|error| ServerRefusal::Malformed(Box::new(error)))?;
        if !authenticator.cname.same_name(&part.cname) || authenticator.crealm != part.crealm {
            let (ticket, authenticator) = (Box::new(part.cname.clone()), Box::new(authenticator.cname));
            return Err(ServerRefusal::AuthenticatorClient {
                ticket,
                authenticator,
            });
        }
        let client =
            authenticator.ctime.timestamp() + Duration::from_micros(authenticator.cusec.get().into());
        Skew::check(client, now, self.max_skew).map_err(ServerRefusal::AuthenticatorSkew)?;
        if !state.replay.is_new(session.etype(), &ap_req.authenticator.cipher) {
            return Err(ServerRefusal::AuthenticatorRepeated);
        }
        Ok(authenticator)
    }
}

fn read_token(token: &[u8]) -> Result<ApReq, ServerRefusal> {
    const AP_REQ: u8 = 0x60 | 14;
    let malformed = |error| ServerRefusal::Malformed(Box::new(error));
    if token.first() == Some(&AP_REQ) {
        return ApReq::decode(token).map_err(malformed);
    }
    let token = GssToken::decode(token).map_err(malformed)?;
    if token.id != TokenId::ApReq {
        return Err(ServerRefusal::TokenId { id: token.id });
    }
    ApReq::decode(&token.message).map_err(malformed)
}

/// The settings of the client in the checksum of its authenticator, or what the options of the AP-REQ say.
fn gss_flags(authenticator: &Authenticator, options: ApOptions) -> ChecksumFlags {
    let checksum = authenticator
        .cksum
        .as_ref()
        .filter(|checksum| checksum.r#type == GssChecksum::TYPE);
    let settings = checksum.and_then(|checksum| GssChecksum::decode(&checksum.checksum).ok());
    let mutual = if options.contains(ApOptions::MUTUAL_REQUIRED) {
        ChecksumFlags::MUTUAL
    } else {
        ChecksumFlags::empty()
    };
    settings.map_or(mutual, |settings| settings.flags)
}

/// Who the PAC says the client is. The server has no key of the KDC: it verifies its own signature only.
fn sids(
    part: &EncTicketPart,
    key: &Key,
    decisions: &mut Vec<Decision<Detail>>,
) -> Result<Vec<Sid>, ServerRefusal> {
    let Some(octets) = part.pac() else {
        decisions.push(Decision::noted(
            &rules::AP_PAC,
            Detail::Server(ServerDetail::NoPac),
        ));
        return Ok(Vec::new());
    };
    let bad = |error: PacError| ServerRefusal::BadPac(Box::new(error));
    let pac = Pac::parse(&octets).map_err(|error| bad(error.into()))?;
    pac.verify_server(key)
        .map_err(|error| ServerRefusal::BadPacSignature(Box::new(error)))?;
    let info = pac.logon_info().map_err(bad)?;
    let mut sids: Vec<Sid> = info.iter().flat_map(|info| info.sids()).collect();
    sids.extend([Sid::EVERYONE, Sid::AUTHENTICATED_USERS]);
    sids.sort_unstable();
    sids.dedup();
    decisions.push(Decision::passed(
        &rules::AP_PAC,
        Detail::Server(ServerDetail::Pac { sids: sids.len() }),
    ));
    Ok(sids)
}
