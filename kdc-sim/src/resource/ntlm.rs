//! NTLM at a server: the server challenges, and a domain controller says whether the answer proves anything (MS-NRPC section
//! 3.5.4.5, MS-APDS section 3.1.5).

use std::sync::Arc;

use evidence::decision::Decision;
use kerberos::Timestamp;
use kerberos::crypto::{Etype, Key};
use kerberos::ntlm::{Authenticate, Challenge, NtlmMessage};
use kerberos::sid::Sid;
use kerberos::wire::{ChecksumFlags, NameType, PrincipalName};
use rand::CryptoRng;

use super::{Accepted, FileServer, ServerDetail, ServerRefusal, ServerState, Session, rules};
use crate::decision::Detail;
use crate::directory::{Account, DomainSnapshot};
use crate::lookup;

/// Challenges that a server has open at a time; older ones are forgotten.
const CHALLENGES_MAX: usize = 64;

impl FileServer {
    /// Answers a message of NTLM: the first with a challenge, the third with a session. `authority` is the directory of a domain
    /// controller, `None` where the server reaches none.
    pub fn ntlm(
        &self,
        state: &mut ServerState,
        authority: Option<&DomainSnapshot>,
        now: Timestamp,
        rng: &mut dyn CryptoRng,
        token: &[u8],
    ) -> Accepted {
        let mut accepted = Accepted {
            reply: Vec::new(),
            session: None,
            decisions: Vec::new(),
        };
        let refusal = match NtlmMessage::decode(token) {
            Ok(NtlmMessage::Negotiate) => {
                let domain = authority.map_or("", |domain| domain.netbios());
                let challenge = Challenge::new(domain, self.name.trim_end_matches('$'), rng);
                if state.challenges.len() == CHALLENGES_MAX {
                    state.challenges.remove(0);
                }
                state.challenges.push(challenge.server_challenge);
                accepted.reply = NtlmMessage::Challenge(challenge).encode();
                return accepted;
            }
            Ok(NtlmMessage::Authenticate(proof)) => match validate(state, authority, now, &proof) {
                Ok(account) => {
                    accepted.decisions.push(Decision::noted(
                        &rules::NTLM_ACCEPTED,
                        Detail::Server(ServerDetail::NtlmAccepted {
                            user: Arc::clone(&account.name),
                        }),
                    ));
                    accepted.session = session(authority, account, now, rng);
                    return accepted;
                }
                Err(refusal) => refusal,
            },
            Ok(NtlmMessage::Challenge(_)) | Err(_) => ServerRefusal::NtlmMessage,
        };
        accepted.decisions.push(Decision::refused(
            refusal.rule(),
            Detail::Server(ServerDetail::Refused(refusal)),
        ));
        accepted
    }
}

fn validate<'a>(
    state: &mut ServerState,
    authority: Option<&'a DomainSnapshot>,
    now: Timestamp,
    proof: &Authenticate,
) -> Result<&'a Account, ServerRefusal> {
    let domain = authority.ok_or(ServerRefusal::NtlmNoDomainController)?;
    let unproved = || ServerRefusal::NtlmProof {
        user: proof.user.as_str().into(),
    };
    let account = account(domain, proof).ok_or_else(unproved)?;
    let hash = account.keys.current().key(Etype::Rc4Hmac).ok_or_else(unproved)?;
    let fits = |challenge: &[u8; 8]| proof.is_proved_with(hash, challenge);
    let open = state.challenges.iter().position(fits).ok_or_else(unproved)?;
    state.challenges.remove(open);
    let name = Arc::clone(&account.name);
    let protected = account.token.contains(&account.token.protected_users);
    if protected {
        return Err(ServerRefusal::NtlmProtectedUser { user: name });
    }
    let restricted = account
        .restriction(now)
        .or_else(|| account.password_restriction(now));
    match restricted {
        Some(restriction) => Err(ServerRefusal::NtlmRestricted {
            user: name,
            status: restriction.status(),
        }),
        None => Ok(account),
    }
}

/// The account of a UPN, or of a name and the domain's NetBIOS or DNS name.
fn account<'a>(domain: &'a DomainSnapshot, proof: &Authenticate) -> Option<&'a Account> {
    let own = proof.domain.is_empty()
        || proof.domain.eq_ignore_ascii_case(domain.netbios())
        || proof.domain.eq_ignore_ascii_case(domain.dns_name());
    let name = PrincipalName::new(NameType::ENTERPRISE, [proof.user.as_str()]);
    let found = own.then(|| lookup::client(domain, &name)).flatten();
    found.map(|account| &**account)
}

/// What the DC tells the server of the user (NETLOGON_VALIDATION_SAM_INFO4): the SIDs that a PAC would have.
fn session(
    authority: Option<&DomainSnapshot>,
    account: &Account,
    now: Timestamp,
    rng: &mut dyn CryptoRng,
) -> Option<Session> {
    let domain = authority?;
    let info = &account.logon_info;
    let local = domain.resource_groups(info.user_id, &info.groups);
    let mut sids: Vec<Sid> = info.sids().collect();
    sids.extend(local.iter().filter_map(|rid| domain.sid().with_rid(*rid).ok()));
    sids.extend([Sid::EVERYONE, Sid::AUTHENTICATED_USERS]);
    sids.sort_unstable();
    sids.dedup();
    Some(Session {
        client: PrincipalName::principal(&*account.name),
        realm: domain.realm().clone(),
        sids,
        // nothing is sealed or signed with it
        key: Key::generate(Etype::Rc4Hmac, rng),
        flags: ChecksumFlags::empty(),
        endtime: now.kerberos_time(),
    })
}
