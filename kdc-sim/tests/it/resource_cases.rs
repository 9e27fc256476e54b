//! Every rule of the file server, with a case in which it refuses and the nearest one in which it does not.

use std::collections::BTreeSet;
use std::time::Duration;

use evidence::decision::Outcome;
use kdc_sim::DomainBuilder;
use kdc_sim::directory::{AuthenticationPolicy, KeyRing, KeySet, UserAccountControl};
use kdc_sim::resource::{Accepted, Access, rules};
use kerberos::Timestamp;
use kerberos::crypto::{Key, KeyUsage};
use kerberos::pac::PacType;
use kerberos::sid::Sid;
use kerberos::wire::{
    AuthorizationData, EncTicketPart, EncryptedData, Mechanism, Microseconds, PrincipalName,
};

use crate::lab::*;
use crate::resource::{Files, ntlm, offer};

/// The rule that ended it, if one did.
type End = Option<&'static str>;

#[test]
fn every_rule_of_the_file_server_refuses_and_lets_through() {
    let cases = cases();
    for (rule, fires, passes) in &cases {
        assert_eq!(fires(), Some(*rule));
        assert_eq!(passes(), None, "{rule}");
    }
    let covered: BTreeSet<&str> = cases.iter().map(|(rule, ..)| *rule).collect();
    let refusing = rules::ALL.iter().filter(|rule| rule.refuses_with.is_some());
    let missing: Vec<_> = refusing.filter(|rule| !covered.contains(rule.id)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// A rule, what it refuses, and the nearest thing that it lets through.
type Case = (&'static str, fn() -> End, fn() -> End);

fn cases() -> Vec<Case> {
    vec![
        ("AP-TOKEN", || ada().ends(b"NTLMSSP\0"), || ada().sends()),
        (
            "AP-MECHANISM",
            || offers(&[Mechanism::Ntlm, Mechanism::Other(vec![0x2A])]),
            || offers(&[Mechanism::MsKerberos, Mechanism::Ntlm]),
        ),
        ("AP-ETYPE", || etype(16), || etype(18)),
        ("AP-TICKET-KEY", || keys(0), || keys(1)),
        ("AP-TICKET-STARTED", || at(-300_000_001), || at(-300_000_000)),
        ("AP-TICKET-ENDED", || after(1), || after(0)),
        ("AP-AUTH-KEY", || session(true), || session(false)),
        ("AP-AUTH-CLIENT", || named("dom"), || named("ada")),
        ("AP-AUTH-SKEW", || ahead(300_000_001), || ahead(300_000_000)),
        ("AP-AUTH-REPEAT", || twice(true), || twice(false)),
        ("AP-PAC", || signed(false), || signed(true)),
        (
            "NTLM-MESSAGE",
            || speaks(b"NTLMSSP\0\x02\0\0\0"),
            || speaks(b"NTLMSSP\0\x01\0\0\0"),
        ),
        ("NTLM-DC", || asks(false), || asks(true)),
        ("NTLM-PROOF", || proves("ada's pas"), || proves("ada's pass")),
        (
            "NTLM-PROTECTED",
            || member_of("Protected Users"),
            || member_of("Contractors"),
        ),
        (
            "NTLM-STATE",
            || controlled(UserAccountControl::ACCOUNT_DISABLED),
            || controlled(UserAccountControl::NOT_DELEGATED),
        ),
        ("NTLM-WORKSTATION", || kept_to("KIOSK-01"), || kept_to("ada-lt")),
        (
            "NTLM-POLICY-FROM",
            || under("ada", |policy| policy.allowed_from = Some(vec![Sid::EVERYONE])),
            || {
                under("ada", |policy| {
                    policy.allowed_from = Some(Vec::new());
                    policy.enforced = false;
                })
            },
        ),
        ("NTLM-POLICY-TO", || opened_to(1203), || opened_to(1201)),
        (
            "SHARE-KNOWN",
            || opens("payroll", Access::Read),
            || opens("PUBLIC", Access::Read),
        ),
        (
            "SHARE-ACCESS",
            || opens("public", Access::Write),
            || opens("public", Access::Read),
        ),
    ]
}

impl Files {
    fn ends(&mut self, token: &[u8]) -> End {
        let accepted = self.accept(token);
        end(&accepted)
    }

    fn sends(&mut self) -> End {
        let token = self.token(|_| ());
        self.ends(&token)
    }

    /// Makes the ticket anew, as somebody with the server's key can.
    fn forge(&mut self, change: impl FnOnce(&mut EncTicketPart)) {
        let key = self.server.keys.current().key(AES256).unwrap().clone();
        let mut part = self.lab.open(&self.ticket.ticket, &key);
        change(&mut part);
        let sealed = &mut self.ticket.ticket.enc_part;
        *sealed = EncryptedData::seal(
            &key,
            KeyUsage::TICKET,
            sealed.kvno,
            &part.encode(),
            &mut self.lab.rng,
        );
    }
}

fn end(accepted: &Accepted) -> End {
    let last = accepted.decisions.last().unwrap();
    let refused = last.outcome == Outcome::Refused;
    assert_eq!(refused, accepted.session.is_none(), "{last}");
    refused.then_some(last.rule.id)
}

/// What Negotiate makes of a choice of mechanisms, with a Kerberos token for the first of them.
fn offers(mechanisms: &[Mechanism]) -> End {
    let mut files = ada();
    let token = files.token(|_| ());
    let token = offer(mechanisms, Some(token));
    let Files {
        lab, server, state, ..
    } = &mut files;
    end(&server.negotiate(state, lab.now, &mut lab.rng, &token))
}

fn ada() -> Files {
    Files::new("ada")
}

fn etype(number: i32) -> End {
    let mut files = ada();
    files.ticket.ticket.enc_part.etype = number;
    files.sends()
}

/// The server has changed its password since, and keeps some of its earlier keys.
fn keys(kept: usize) -> End {
    let mut files = ada();
    let next = KeySet::generate(6, &mut rng(8));
    files.server.keys = match kept {
        0 => KeyRing::new(next),
        kept => files.server.keys.rotated(next, kept),
    };
    files.sends()
}

/// The server's clock and the client's, from the start of the ticket on.
fn at(micros: i64) -> End {
    let mut files = ada();
    files.lab.now = Timestamp(files.lab.now.0 + micros);
    files.sends()
}

/// Beyond the end of the ticket and the tolerated skew.
fn after(micros: u64) -> End {
    let mut files = ada();
    files
        .lab
        .later(Duration::from_secs(600 * 60 + 300) + Duration::from_micros(micros));
    files.sends()
}

fn session(other: bool) -> End {
    let mut files = ada();
    if other {
        files.ticket.session = Key::generate(AES256, &mut rng(4));
    }
    files.sends()
}

fn named(client: &str) -> End {
    let mut files = ada();
    let token = files.token(|authenticator| authenticator.cname = PrincipalName::principal(client));
    files.ends(&token)
}

fn ahead(micros: i64) -> End {
    let mut files = ada();
    let clock = Timestamp(files.lab.now.0 + micros);
    let token = files.token(|authenticator| {
        authenticator.ctime = clock.kerberos_time();
        authenticator.cusec = Microseconds::from(clock);
    });
    files.ends(&token)
}

fn twice(same: bool) -> End {
    let mut files = ada();
    let first = files.token(|_| ());
    let second = if same { first.clone() } else { files.token(|_| ()) };
    assert_eq!(files.ends(&first), None);
    files.ends(&second)
}

/// A PAC with the server's signature, or without.
fn signed(whole: bool) -> End {
    let mut files = ada();
    files.forge(|part| {
        let pac = part.pac().unwrap();
        if !whole {
            let pac = without(&pac, PacType::SERVER_CHECKSUM);
            part.authorization_data = Some(AuthorizationData::from_pac(pac));
        }
    });
    files.sends()
}

fn opens(share: &str, wanted: Access) -> End {
    let mut files = Files::new("gus");
    let token = files.token(|_| ());
    let session = files.accept(&token).session.unwrap();
    let decision = files.server.open(&session, share, wanted);
    (decision.outcome == Outcome::Refused).then_some(decision.rule.id)
}

/// One message of NTLM.
fn speaks(octets: &[u8]) -> End {
    let Files {
        server,
        mut state,
        mut lab,
        ..
    } = ada();
    let accepted = server.ntlm(&mut state, Some(&lab.domain), lab.now, &mut lab.rng, octets);
    accepted.decisions.last().map(|decision| decision.rule.id)
}

/// A whole logon by NTLM, in a domain with one change.
fn logs_on(secret: &str, with_dc: bool, change: impl FnOnce(&mut DomainBuilder)) -> End {
    let mut files = ada();
    let mut builder = files.lab.domain.to_builder();
    change(&mut builder);
    files.lab.domain = builder.build().unwrap();
    let accepted = ntlm(&mut files, "ada", secret, with_dc);
    let last = accepted.decisions.last().unwrap();
    assert_eq!(
        last.outcome == Outcome::Refused,
        accepted.session.is_none(),
        "{last}"
    );
    (last.outcome == Outcome::Refused).then_some(last.rule.id)
}

fn asks(with_dc: bool) -> End {
    logs_on("ada's pass", with_dc, |_| ())
}

fn proves(secret: &str) -> End {
    logs_on(secret, true, |_| ())
}

fn member_of(group: &str) -> End {
    logs_on("ada's pass", true, |builder| {
        builder.member(group, "ada");
    })
}

fn controlled(flag: UserAccountControl) -> End {
    logs_on("ada's pass", true, |builder| {
        builder.account_mut("ada").unwrap().control |= flag;
    })
}

/// Ada may log on at one machine; the client says it is ADA-LT.
fn kept_to(workstation: &str) -> End {
    logs_on("ada's pass", true, |builder| {
        builder.account_mut("ada").unwrap().workstations = vec![workstation.into()];
    })
}

/// An account has a policy.
fn under(account: &str, change: impl FnOnce(&mut AuthenticationPolicy)) -> End {
    logs_on("ada's pass", true, |builder| {
        let policy = Some(crate::policy::policy(change));
        builder.account_mut(account).unwrap().authentication_policy = policy;
    })
}

/// FS01 lets a group in.
fn opened_to(rid: u32) -> End {
    let group = domain_sid().with_rid(rid).unwrap();
    under("FS01$", |policy| policy.allowed_to = Some(vec![group]))
}
