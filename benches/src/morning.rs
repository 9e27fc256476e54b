//! What happens on a device after somebody signed in: a PRT refresh, an exchange, a service ticket, an access.

use kdc_sim::directory::KeyRing;
use kerberos::crypto::Key;
use kerberos::wire::PrincipalName;
use rand::CryptoRng;
use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;
use scenarios::trace::Message;

use crate::floor::{AccessFloor, RefreshFloor, TicketFloor, TicketKeys};

const STORY: &str = r#"
format = "trustlab.scenario/1"
name = "morning"
title = "A refresh, an exchange, a service ticket and an access"

[[patch]]
path = "tenant.fernhill.signed-id-token"
set = SIGNED

[[step]]
sign-in = { user = "ada", device = "ada-lt" }
[[step]]
lock = {}
[[step]]
unlock = {}
[[step]]
open = '\\fs01.ad.fernhill.example\projects'

[[expect]]
outcome.open = "ok"
"#;

const UPN: &str = "ada@fernhill.example";

/// As for `--repeat`: nothing is kept.
pub const QUIET: RunOptions = RunOptions {
    seed: 1,
    with_fix: false,
    recording: false,
    observations: false,
};

/// Whether Entra signs the id_token of a PRT: the only RSA operation of a morning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdToken {
    /// `alg` is `none`.
    Unsigned,
    /// RS256.
    Signed,
}

/// The story, in the built-in lab.
///
/// # Panics
/// Never: the story is one.
pub fn scenario(id_token: IdToken) -> Scenario {
    let signed = (id_token == IdToken::Signed).to_string();
    let story = STORY.replace("SIGNED", &signed);
    Scenario::parse("morning.toml", &story, &Faults::AsWritten, library::catalogue())
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A run in which somebody signed in and nothing else happened.
///
/// # Panics
/// Never: the built-in lab compiles.
pub fn signed_in(scenario: &Scenario, options: RunOptions) -> Run<'_> {
    let mut run = Run::new(scenario, options).expect("the built-in lab compiles");
    run.advance_past_sign_in();
    run
}

/// The cryptography of a morning, on all machines.
pub struct MorningFloor {
    refresh: RefreshFloor,
    exchange: TicketFloor,
    service: TicketFloor,
    access: AccessFloor,
}

impl MorningFloor {
    /// The floor of the story, from the messages of a recorded run.
    ///
    /// # Panics
    /// The run does not go as the story says.
    pub fn of(scenario: &Scenario) -> Self {
        let mut run = signed_in(
            scenario,
            RunOptions {
                recording: true,
                ..QUIET
            },
        );
        let first = run.world().trace().next_seq();
        run.complete();
        assert_eq!(run.failures(), []);
        let world = run.world();
        let messages = |port| {
            let recent = world.trace().messages().filter(|message| message.seq >= first);
            Pairs(
                recent
                    .filter(|message| [message.source.port(), message.destination.port()].contains(&port))
                    .collect(),
            )
        };
        let host = world.topology().find("ada-lt").expect("the device");
        let device = world.device(host).expect("a device");
        let session_key = &device
            .user(UPN)
            .and_then(|user| user.prt.as_ref())
            .expect("a PRT")
            .session_key;
        let session = device.session_of(UPN).expect("a session");
        let domain = world.domains().first().expect("a domain");
        let partial = session.partial_tgt.as_ref().expect("a partial TGT");
        let krbtgt = PrincipalName::krbtgt(domain.realm().clone());
        let full = session
            .tickets
            .iter()
            .find(|ticket| ticket.server.same_name(&krbtgt))
            .expect("a full TGT");
        let rodc = domain.rodcs().next().expect("a Kerberos server object");
        let server = strongest(&domain.account("FS01$").expect("a file server").keys);
        let kdc = strongest(&domain.krbtgt().keys);
        let exchange = TicketKeys {
            tgt: strongest(&rodc.krbtgt.keys),
            ticket: kdc.clone(),
            kdc: kdc.clone(),
            session: partial.session_key.clone(),
        };
        let service = TicketKeys {
            tgt: kdc.clone(),
            ticket: server.clone(),
            kdc,
            session: full.session_key.clone(),
        };
        let (tenant, _) = world.tenants().first().expect("a tenant");
        let (entra, tickets, access) = (messages(443), messages(88), messages(445));
        Self {
            refresh: entra.with(1, |request, reply| {
                RefreshFloor::new(body(request), body(reply), session_key, tenant)
            }),
            exchange: tickets.with(0, |request, reply| TicketFloor::new(request, reply, exchange)),
            service: tickets.with(1, |request, reply| TicketFloor::new(request, reply, service)),
            access: access.with(0, |request, reply| AccessFloor::new(request, reply, server)),
        }
    }

    /// Everything that client, Entra, KDC and file server compute.
    pub fn run(&self, rng: &mut dyn CryptoRng) {
        self.refresh.device();
        self.refresh.entra(rng);
        for ticket in [&self.exchange, &self.service] {
            ticket.client(rng);
            ticket.kdc(rng);
        }
        self.access.run(rng);
    }
}

/// Messages of one port: requests, each with its reply after it.
struct Pairs<'t>(Vec<&'t Message>);

impl Pairs<'_> {
    fn with<T>(&self, index: usize, floor: impl FnOnce(&[u8], &[u8]) -> T) -> T {
        let pair = self
            .0
            .chunks_exact(2)
            .nth(index)
            .expect("as many exchanges as in the story");
        let [request, reply] = pair else {
            unreachable!("a pair has two messages")
        };
        assert!(!request.is_reply && reply.is_reply, "a request and its reply");
        floor(&request.octets, &reply.octets)
    }
}

/// The body of an HTTP message.
fn body(message: &[u8]) -> &[u8] {
    const END: &[u8] = b"\r\n\r\n";
    let end = message.windows(END.len()).position(|octets| octets == END);
    message
        .get(end.expect("an HTTP message") + END.len()..)
        .unwrap_or_default()
}

fn strongest(keys: &KeyRing) -> Key {
    keys.current().strongest().expect("an account has keys").clone()
}
