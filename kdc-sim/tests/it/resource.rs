//! The file server.

use std::time::Duration;

use evidence::decision::Outcome;
use kdc_sim::directory::{KeyRing, KeySet};
use kdc_sim::resource::{Accepted, Access, AclEntry, FileServer, ServerState};
use kerberos::Timestamp;
use kerberos::codes::ErrorCode;
use kerberos::crypto::{Key, KeyUsage, nt_hash};
use kerberos::ntlm::{Authenticate, NtlmMessage};
use kerberos::sid::Sid;
use kerberos::wire::{
    ApOptions, ApRep, ApReq, Authenticator, Checksum, ChecksumFlags, EncApRepPart, EncryptedData,
    GssChecksum, GssToken, KrbError, Mechanism, Microseconds, NegotiationState, NegotiationToken,
    PrincipalName, Pvno, TokenId,
};

use crate::lab::*;

pub(crate) struct Files {
    pub(crate) lab: Lab,
    pub(crate) server: FileServer,
    pub(crate) state: ServerState,
    pub(crate) ticket: Held,
    sent: Option<Authenticator>,
}

impl Files {
    pub(crate) fn new(user: &str) -> Self {
        Self::of(Lab::new(), user)
    }

    pub(crate) fn of(mut lab: Lab, user: &str) -> Self {
        let tgt = lab.sign_in(user);
        let ticket = lab
            .ask(&Ask::service(&tgt, "cifs/fs01.ad.fernhill.example"))
            .unwrap();
        let entry = |rid, name: &str, access| AclEntry {
            sid: domain_sid().with_rid(rid).unwrap(),
            name: name.into(),
            access,
        };
        let everyone = AclEntry {
            sid: Sid::EVERYONE,
            name: "Everyone".into(),
            access: Access::Read,
        };
        let server = FileServer::of_account(&lab.domain, "fs01$")
            .unwrap()
            .with_share("projects", vec![entry(1202, "Projects", Access::Write)])
            .with_share("public", vec![everyone.clone()])
            .with_share(
                "no-projects",
                vec![everyone, entry(1201, "Projects-Write", Access::Deny)],
            );
        Self {
            lab,
            server,
            state: ServerState::default(),
            ticket,
            sent: None,
        }
    }

    pub(crate) fn token(&mut self, change: impl FnOnce(&mut Authenticator)) -> Vec<u8> {
        let flags = ChecksumFlags::MUTUAL | ChecksumFlags::INTEG;
        let mut authenticator = Authenticator {
            authenticator_vno: Pvno,
            crealm: REALM.into(),
            cname: self.ticket.cname.clone(),
            cksum: Some(Checksum {
                r#type: GssChecksum::TYPE,
                checksum: GssChecksum::new(flags).encode().into(),
            }),
            cusec: Microseconds::from(self.lab.now),
            ctime: self.lab.now.kerberos_time(),
            subkey: None,
            seq_number: None,
            authorization_data: None,
        };
        change(&mut authenticator);
        let usage = KeyUsage::AP_REQ_AUTHENTICATOR;
        let sealed = EncryptedData::seal(
            &self.ticket.session,
            usage,
            None,
            &authenticator.encode(),
            &mut self.lab.rng,
        );
        self.sent = Some(authenticator);
        let message = ApReq::new(ApOptions::MUTUAL_REQUIRED, self.ticket.ticket.clone(), sealed).encode();
        GssToken::new(TokenId::ApReq, message).encode()
    }

    pub(crate) fn accept(&mut self, token: &[u8]) -> Accepted {
        self.server
            .accept(&mut self.state, self.lab.now, &mut self.lab.rng, token)
    }
}

fn refused(accepted: &Accepted) -> (ErrorCode, &'static str) {
    assert!(accepted.session.is_none());
    let token = GssToken::decode(&accepted.reply).unwrap();
    assert_eq!(token.id, TokenId::Error);
    (
        KrbError::decode(&token.message).unwrap().error_code,
        accepted.decisions.last().unwrap().rule.id,
    )
}

#[test]
fn both_sides_prove_themselves() {
    let mut files = Files::new("ada");
    let token = files.token(|_| ());
    let accepted = files.accept(&token);
    let reply = GssToken::decode(&accepted.reply).unwrap();
    assert_eq!(reply.id, TokenId::ApRep);
    let sealed = ApRep::decode(&reply.message).unwrap().enc_part;
    let part = EncApRepPart::decode(&sealed.open(&files.ticket.session, KeyUsage::AP_REP).unwrap()).unwrap();
    assert_eq!(part.ctime, files.sent.as_ref().unwrap().ctime);
    let session = accepted.session.unwrap();
    assert_eq!(session.key, part.subkey.unwrap().to_key().unwrap());
    assert!(
        session.sids.contains(&domain_sid().with_rid(1202).unwrap()),
        "a resource group"
    );
}

#[test]
fn shares() {
    let rows = [
        (
            "ada",
            "projects",
            Access::Write,
            Outcome::Passed,
            "ada is in Projects, which may write to projects",
        ),
        (
            "ada",
            "PROJECTS",
            Access::Read,
            Outcome::Passed,
            "ada is in Projects, which may read PROJECTS",
        ),
        (
            "gus",
            "projects",
            Access::Read,
            Outcome::Refused,
            "gus is in no group that may read projects",
        ),
        (
            "gus",
            "public",
            Access::Read,
            Outcome::Passed,
            "gus is in Everyone, which may read public",
        ),
        (
            "gus",
            "public",
            Access::Write,
            Outcome::Refused,
            "gus is in no group that may write to public",
        ),
        (
            "ada",
            "no-projects",
            Access::Read,
            Outcome::Refused,
            "ada is in Projects-Write, which is denied no-projects",
        ),
        (
            "gus",
            "no-projects",
            Access::Read,
            Outcome::Passed,
            "gus is in Everyone, which may read no-projects",
        ),
        (
            "ada",
            "payroll",
            Access::Read,
            Outcome::Refused,
            "there is no share payroll",
        ),
    ];
    for (user, share, wanted, outcome, why) in rows {
        let mut files = Files::new(user);
        let token = files.token(|_| ());
        let session = files.accept(&token).session.unwrap();
        let decision = files.server.open(&session, share, wanted);
        assert_eq!(
            (decision.outcome, decision.detail.to_string().as_str()),
            (outcome, why)
        );
    }
}

#[test]
fn a_token_twice() {
    let mut files = Files::new("ada");
    let token = files.token(|_| ());
    assert!(files.accept(&token).session.is_some());
    assert_eq!(
        refused(&files.accept(&token)),
        (ErrorCode::REPEAT, "AP-AUTH-REPEAT")
    );
}

#[test]
fn the_clock_and_the_end() {
    const SKEW: i64 = 300_000_000;
    for (ahead, fine) in [(SKEW, true), (SKEW + 1, false), (-SKEW, true), (-SKEW - 1, false)] {
        let mut files = Files::new("ada");
        let clock = Timestamp(files.lab.now.0 + ahead);
        let token = files.token(|authenticator| {
            authenticator.ctime = clock.kerberos_time();
            authenticator.cusec = Microseconds::from(clock);
        });
        let accepted = files.accept(&token);
        if fine {
            assert!(accepted.session.is_some());
        } else {
            assert_eq!(refused(&accepted), (ErrorCode::SKEW, "AP-AUTH-SKEW"));
        }
    }
    for (micros, fine) in [(0, true), (1, false)] {
        let mut files = Files::new("ada");
        files
            .lab
            .later(Duration::from_secs(600 * 60 + 300) + Duration::from_micros(micros));
        let token = files.token(|_| ());
        assert_eq!(files.accept(&token).session.is_some(), fine, "{micros}");
    }
}

#[test]
fn a_stranger_and_a_server_with_other_keys() {
    let mut files = Files::new("ada");
    let token = files.token(|authenticator| authenticator.cname = PrincipalName::principal("dom"));
    assert_eq!(
        refused(&files.accept(&token)),
        (ErrorCode::BADMATCH, "AP-AUTH-CLIENT")
    );

    let session = std::mem::replace(&mut files.ticket.session, Key::generate(AES256, &mut rng(4)));
    let token = files.token(|_| ());
    assert_eq!(
        refused(&files.accept(&token)),
        (ErrorCode::BAD_INTEGRITY, "AP-AUTH-KEY")
    );
    files.ticket.session = session;

    let token = files.token(|_| ());
    files.server.keys = files.server.keys.rotated(KeySet::generate(6, &mut rng(8)), 1);
    assert!(
        files.accept(&token).session.is_some(),
        "the earlier key still opens"
    );
    let token = files.token(|_| ());
    files.server.keys = KeyRing::new(KeySet::generate(7, &mut rng(9)));
    assert_eq!(
        refused(&files.accept(&token)),
        (ErrorCode::MODIFIED, "AP-TICKET-KEY")
    );
}

#[test]
fn octets_that_are_no_token() {
    let mut files = Files::new("ada");
    for octets in [&b""[..], b"NTLMSSP\0", &[0x60, 0x80], &[0x6E, 3, 0, 0, 0]] {
        assert_eq!(refused(&files.accept(octets)), (ErrorCode::GENERIC, "AP-TOKEN"));
    }
    let reply = GssToken::new(TokenId::ApRep, vec![]).encode();
    assert_eq!(refused(&files.accept(&reply)), (ErrorCode::MSG_TYPE, "AP-TOKEN"));
}

pub(crate) fn offer(mechanisms: &[Mechanism], token: Option<Vec<u8>>) -> Vec<u8> {
    let mechanisms = mechanisms.to_vec();
    NegotiationToken::Init { mechanisms, token }.encode()
}

/// What `Negotiate` answers: the state, the mechanism, and the token within.
fn negotiated(
    files: &mut Files,
    token: &[u8],
) -> (Accepted, NegotiationState, Option<Mechanism>, Option<TokenId>) {
    let Files {
        server, state, lab, ..
    } = files;
    let accepted = server.negotiate(state, lab.now, &mut lab.rng, token);
    let NegotiationToken::Response {
        state: Some(state),
        mechanism,
        token,
    } = NegotiationToken::decode(&accepted.reply).unwrap()
    else {
        panic!("an answer has a state")
    };
    let inner = token.map(|token| GssToken::decode(&token).unwrap().id);
    (accepted, state, mechanism, inner)
}

#[test]
fn kerberos_is_negotiated_by_either_of_its_numbers() {
    for mechanism in [Mechanism::Kerberos, Mechanism::MsKerberos] {
        let mut files = Files::new("ada");
        let token = files.token(|_| ());
        let token = offer(&[mechanism.clone(), Mechanism::Ntlm], Some(token));
        let (accepted, state, chosen, inner) = negotiated(&mut files, &token);
        assert!(accepted.session.is_some());
        assert_eq!(
            (state, chosen, inner),
            (
                NegotiationState::AcceptCompleted,
                Some(mechanism),
                Some(TokenId::ApRep)
            )
        );
        // the same octets again: what a server refuses without SPNEGO it refuses within
        let (accepted, state, _, inner) = negotiated(&mut files, &token);
        assert!(accepted.session.is_none());
        assert_eq!((state, inner), (NegotiationState::Reject, Some(TokenId::Error)));
        assert_eq!(accepted.decisions.last().unwrap().rule.id, "AP-AUTH-REPEAT");
    }
}

#[test]
fn an_offer_without_kerberos_is_rejected_and_one_with_it_in_second_place_is_not() {
    let mut files = Files::new("ada");
    let ntlm = b"NTLMSSP\0".to_vec();
    let token = offer(
        &[Mechanism::Ntlm, Mechanism::Other(vec![0x2A])],
        Some(ntlm.clone()),
    );
    let (accepted, state, ..) = negotiated(&mut files, &token);
    assert_eq!(state, NegotiationState::Reject);
    assert_eq!(accepted.decisions.last().unwrap().rule.id, "AP-MECHANISM");

    let token = offer(&[Mechanism::Ntlm, Mechanism::Kerberos], Some(ntlm));
    let (accepted, state, chosen, inner) = negotiated(&mut files, &token);
    assert!(accepted.session.is_none() && accepted.decisions.is_empty());
    assert_eq!(
        (state, chosen, inner),
        (
            NegotiationState::AcceptIncomplete,
            Some(Mechanism::Kerberos),
            None
        )
    );
    let second = NegotiationToken::Response {
        state: None,
        mechanism: None,
        token: Some(files.token(|_| ())),
    };
    let (accepted, state, chosen, inner) = negotiated(&mut files, &second.encode());
    assert!(accepted.session.is_some());
    // the mechanism stands in the first answer only
    assert_eq!(
        (state, chosen, inner),
        (NegotiationState::AcceptCompleted, None, Some(TokenId::ApRep))
    );
}

#[test]
fn a_response_without_a_token_ends_the_negotiation_and_an_offer_without_one_does_not() {
    let mut files = Files::new("ada");
    let response = NegotiationToken::Response {
        state: Some(NegotiationState::AcceptIncomplete),
        mechanism: None,
        token: None,
    };
    let (accepted, state, chosen, inner) = negotiated(&mut files, &response.encode());
    assert_eq!((state, chosen, inner), (NegotiationState::Reject, None, None));
    let last = accepted.decisions.last().unwrap();
    assert_eq!(last.rule.id, "AP-TOKEN");
    assert!(last.detail.to_string().contains("came one without"), "{last}");

    let (accepted, state, chosen, _) = negotiated(&mut files, &offer(&[Mechanism::Kerberos], None));
    assert!(accepted.session.is_none() && accepted.decisions.is_empty());
    assert_eq!(
        (state, chosen),
        (NegotiationState::AcceptIncomplete, Some(Mechanism::Kerberos))
    );
}

#[test]
fn a_ticket_without_spnego_is_accepted_and_broken_spnego_is_not() {
    let mut files = Files::new("ada");
    let token = files.token(|_| ());
    let Files {
        server, state, lab, ..
    } = &mut files;
    let accepted = server.negotiate(state, lab.now, &mut lab.rng, &token);
    assert_eq!(GssToken::decode(&accepted.reply).unwrap().id, TokenId::ApRep);
    let (accepted, state, ..) = negotiated(&mut files, &[0xA1, 3, 0x30, 1, 0xA0]);
    assert_eq!(state, NegotiationState::Reject);
    assert_eq!(accepted.decisions.last().unwrap().rule.id, "AP-TOKEN");
}

/// A logon by NTLM with `secret`, which the client takes for the password of `user`.
pub(crate) fn ntlm(files: &mut Files, user: &str, secret: &str, authority: bool) -> Accepted {
    let Files {
        server, state, lab, ..
    } = files;
    let authority = authority.then_some(&lab.domain);
    let hello = NtlmMessage::Negotiate.encode();
    let challenged = server.ntlm(state, authority, lab.now, &mut lab.rng, &hello);
    assert!(challenged.session.is_none() && challenged.decisions.is_empty());
    let NtlmMessage::Challenge(challenge) = NtlmMessage::decode(&challenged.reply).unwrap() else {
        panic!("the first message is answered with a challenge")
    };
    let names = ("", user, "ADA-LT");
    let proof = Authenticate::new(&nt_hash(secret), names, &challenge, lab.now, &mut lab.rng);
    let token = NtlmMessage::Authenticate(proof).encode();
    let accepted = server.ntlm(state, authority, lab.now, &mut lab.rng, &token);
    let again = server.ntlm(state, authority, lab.now, &mut lab.rng, &token);
    assert!(again.session.is_none(), "a challenge is answered once");
    accepted
}

#[test]
fn who_knows_the_hash_gets_in_with_the_groups_of_the_directory() {
    let mut files = Files::new("ada");
    let kerberos = files.token(|_| ());
    let mut by_ticket = files.accept(&kerberos).session.unwrap().sids;
    for user in ["ada", "ada@fernhill.example"] {
        let accepted = ntlm(&mut files, user, "ada's pass", true);
        let session = accepted.session.unwrap();
        assert_eq!(session.client.to_string(), "ada");
        assert_eq!(accepted.decisions.last().unwrap().rule.id, "NTLM-ACCEPTED");
        // a PAC says how the user was authenticated, NTLM does not
        by_ticket.retain(|sid| !sid.to_string().starts_with("S-1-18-"));
        let mut by_ntlm = session.sids;
        by_ntlm.retain(|sid| !sid.to_string().starts_with("S-1-18-"));
        assert_eq!(by_ntlm, by_ticket);
    }
}
