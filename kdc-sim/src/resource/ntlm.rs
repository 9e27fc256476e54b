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
            Ok(NtlmMessage::Authenticate(proof)) => match self.validate(state, authority, now, &proof) {
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
            Ok(NtlmMessage::Challenge(_)) => ServerRefusal::NtlmChallenge,
            Err(error) => ServerRefusal::NtlmMessage(error),
        };
        accepted.decisions.push(Decision::refused(
            refusal.rule(),
            Detail::Server(ServerDetail::Refused(refusal)),
        ));
        accepted
    }

    /// What the domain controller says of a proof. Why an account may not log on it says to nobody who does not know the hash.
    fn validate<'a>(
        &self,
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
        let answered = proof.answered(hash, &state.challenges);
        state.challenges.remove(answered.ok_or_else(unproved)?);
        let user = || Arc::clone(&account.name);
        if account.is_protected() {
            return Err(ServerRefusal::NtlmProtectedUser { user: user() });
        }
        let restricted = account
            .restriction(now)
            .or_else(|| account.password_restriction(now));
        if let Some(restriction) = restricted {
            let (user, status) = (user(), restriction.status());
            return Err(ServerRefusal::NtlmRestricted { user, status });
        }
        check_workstation(account, &proof.workstation)?;
        // a server that logs on to itself is under no policy
        if !account.name.eq_ignore_ascii_case(&self.name) {
            check_policies(account, domain.account(&self.name))?;
        }
        Ok(account)
    }
}

/// userWorkstations, by the name that the client gives itself.
fn check_workstation(account: &Account, named: &str) -> Result<(), ServerRefusal> {
    let allowed = &account.workstations;
    if allowed.is_empty() || allowed.iter().any(|known| known.eq_ignore_ascii_case(named)) {
        return Ok(());
    }
    Err(ServerRefusal::NtlmWorkstation {
        user: Arc::clone(&account.name),
        named: named.into(),
        allowed: allowed.join(", ").into(),
    })
}

/// The policy of the user, whose device NTLM cannot show, and that of the server.
fn check_policies(account: &Account, server: Option<&Arc<Account>>) -> Result<(), ServerRefusal> {
    if let Some(policy) = account.policy().filter(|policy| policy.allowed_from.is_some()) {
        return Err(ServerRefusal::NtlmPolicyFrom {
            user: Arc::clone(&account.name),
            policy: Arc::clone(&policy.name),
        });
    }
    let policy = server.and_then(|server| server.policy());
    let Some((policy, allowed)) =
        policy.and_then(|policy| policy.allowed_to.as_ref().map(|allowed| (policy, allowed)))
    else {
        return Ok(());
    };
    if allowed.iter().any(|sid| account.token.contains(sid)) {
        return Ok(());
    }
    Err(ServerRefusal::NtlmPolicyTo {
        user: Arc::clone(&account.name),
        policy: Arc::clone(&policy.name),
    })
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
    let local = domain.resource_groups(info);
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
