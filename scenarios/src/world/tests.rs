use client_sim::act::Share;
use client_sim::{CredentialKind, FlowError, Performed};

use super::*;
use crate::lab::Lab;
use crate::trace::{Entry, Fate, TraceHash};

fn fernhill(seed: u64) -> World {
    let lab = CompiledLab::compile(Lab::fernhill()).expect("the built-in lab compiles");
    World::new(Arc::new(lab), seed)
}

fn host(world: &World, name: &str) -> HostId {
    world.topology().find(name).expect("the lab has this host")
}

fn sign_in(world: &mut World, device: &str, upn: &str) -> Result<evidence::klist::LogonId, FlowError> {
    let (credential, remote) = (Some(CredentialKind::Hello), false);
    match act(world, device, upn, &Act::SignIn { credential, remote })? {
        Performed::SignedIn(id) => Ok(id),
        other => panic!("{other:?}"),
    }
}

fn act(world: &mut World, device: &str, upn: &str, act: &Act) -> Result<Performed, FlowError> {
    let (device, lab) = (host(world, device), Arc::clone(world.lab()));
    world
        .act_as(device, lab.person(upn), act)
        .map_err(|error| match error {
            ActError::Flow(error) => error,
            error => panic!("{error}"),
        })
}

const ADA: &str = "ada@fernhill.example";

#[test]
fn a_sign_in_brings_a_prt_and_both_tickets() {
    let mut world = fernhill(1);
    sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
    let device = world.device(host(&world, "ada-lt")).expect("a device");
    let prt = device
        .user(ADA)
        .and_then(|user| user.prt.as_ref())
        .expect("a PRT");
    assert!(prt.on_prem.is_delivered() && prt.cloud.is_delivered(), "{prt:?}");
    assert!(world.message_count() >= 4);
    assert!(world.elapsed() > Duration::from_millis(50), "packets take time");
}

#[test]
fn the_same_seed_gives_the_same_octets_and_another_gives_others() {
    let run = |seed| {
        let mut world = fernhill(seed);
        sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
        TraceHash::of(world.trace())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn a_prt_is_refreshed_after_four_hours_and_not_before() {
    let mut world = fernhill(1);
    sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
    let signed_in = world.message_count();
    world.wait(Duration::from_secs(4 * 3600 - 1));
    assert_eq!(world.message_count(), signed_in);
    world.wait(Duration::from_secs(1));
    assert!(world.message_count() > signed_in);
    let refreshed = world.message_count();
    world.wait(Duration::from_secs(9 * 3600));
    assert_eq!(world.message_count() - refreshed, 2 * (refreshed - signed_in));
}

#[test]
fn a_recording_that_is_off_changes_nothing_else() {
    let mut quiet = fernhill(1);
    quiet.set_recording(false);
    let mut world = fernhill(1);
    for world in [&mut quiet, &mut world] {
        sign_in(world, "ada-lt", ADA).expect("Ada signs in");
    }
    assert_eq!(quiet.message_count(), world.message_count());
    assert_eq!(quiet.trace().next_seq(), world.trace().next_seq());
    assert_eq!(quiet.trace().entries().count(), 0);
    let prt = |world: &World| {
        let device = world.device(host(world, "ada-lt"))?;
        Some(device.user(ADA)?.prt.as_ref()?.token.clone())
    };
    assert_eq!(prt(&quiet), prt(&world));
}

#[test]
fn entries_are_in_the_order_of_their_places() {
    let mut world = fernhill(1);
    sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
    world.trace.seal();
    world.wait(Duration::from_secs(4 * 3600));
    let places: Vec<u64> = world.trace().entries().map(|entry| entry.seq().0).collect();
    assert_eq!(places, (0..world.trace().len()).collect::<Vec<_>>());
    let late = |entry: &Entry| entry.time() >= world.now();
    assert!(world.trace().entries().any(late));
}

#[test]
fn a_dc_turns_the_partial_tgt_into_tickets() {
    let mut world = fernhill(1);
    sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
    let get = Act::GetTicket {
        service: "cifs/fs01.ad.fernhill.example".into(),
        session: None,
    };
    act(&mut world, "ada-lt", ADA, &get).expect("DC01 gives a ticket");
    let passed = |rule: &str| {
        let mut decisions = world.trace().events().filter_map(|event| event.kind.decision());
        decisions.any(|(decided, outcome)| decided.id == rule && outcome == evidence::Outcome::Passed)
    };
    for rule in ["TGS-RODC-KNOWN", "TGS-RODC-SID", "TGS-RODC-ALLOWED"] {
        assert!(passed(rule), "{rule}");
    }
}

fn open(world: &mut World) -> Result<(), FlowError> {
    let open = Act::OpenShare {
        share: Share::parse(r"\\fs01.ad.fernhill.example\projects").expect("a share"),
        write: true,
        account: None,
    };
    act(world, "ada-lt", ADA, &open).map(drop)
}

fn rule(name: &str, matches: Match, verdict: Verdict) -> Action {
    Action::AddRule(Rule {
        name: name.into(),
        matches,
        verdict,
    })
}

#[test]
fn a_share_is_opened_with_what_the_directory_says() {
    let mut world = fernhill(1);
    sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
    open(&mut world).expect("Projects-Write may write");
    // The next ticket has the PAC of the changed directory.
    let leave = Action::RemoveFromGroup {
        user: "ada".into(),
        group: "Projects-Write".into(),
    };
    world.apply(&leave).expect("Ada is a member");
    let purge = Act::PurgeTickets { session: None };
    act(&mut world, "ada-lt", ADA, &purge).expect("tickets are forgotten");
    assert!(matches!(open(&mut world), Err(FlowError::AccessDenied { .. })));
}

#[test]
fn a_page_is_opened_by_negotiation_and_by_who_is_in_a_group_that_may() {
    let mut world = fernhill(1);
    sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
    let mut page = |url: &str| {
        let url = url.parse().expect("a URL");
        act(&mut world, "ada-lt", ADA, &Act::OpenPage { url })
    };
    let opened = page("http://app01.ad.fernhill.example/timesheets").expect("Domain Users may read");
    let Performed::Page(opened) = opened else {
        panic!("{opened:?}")
    };
    assert_eq!(opened.package, Some(client_sim::flow::Package::Kerberos));
    assert!(String::from_utf8_lossy(&opened.body).starts_with("ada@AD.FERNHILL.EXAMPLE"));
    let status = |result| match result {
        Err(FlowError::Page { status, .. }) => status,
        other => panic!("{other:?}"),
    };
    assert_eq!(status(page("http://app01.ad.fernhill.example/nothing")), 404);
    // a file server is no web server
    let refused = page("http://fs01.ad.fernhill.example/projects");
    assert!(matches!(refused, Err(FlowError::Network(_))), "{refused:?}");
}

#[test]
fn a_blocked_port_stops_the_exchange_and_not_the_sign_in() {
    let mut world = fernhill(1);
    for (name, port) in [("no-kerberos", 88), ("no-ping", 389)] {
        let matches = Match {
            port: Some(port),
            ..Match::default()
        };
        world.apply(&rule(name, matches, Verdict::Drop)).expect("a rule");
    }
    sign_in(&mut world, "ada-lt", ADA).expect("Entra is still there");
    let before = world.now();
    open(&mut world).expect_err("no DC answers");
    assert!(
        world.now() > before + Duration::from_secs(1),
        "waiting for nobody takes time"
    );
    for name in ["no-kerberos", "no-ping"] {
        world
            .apply(&Action::RemoveRule { name: name.into() })
            .expect("a rule");
    }
    world.wait(Duration::from_secs(60));
    open(&mut world).expect_err("the locator would ask again, and Kerberos does not");
    world.wait(Duration::from_secs(540));
    open(&mut world).expect("after ten minutes Kerberos asks again");
}

#[test]
fn a_line_loses_one_packet_in_so_many() {
    for (one_in, opens) in [(1, false), (u32::MAX, true)] {
        let mut world = fernhill(1);
        let matches = Match {
            port: Some(88),
            one_in: Some(one_in),
            ..Match::default()
        };
        world
            .apply(&rule("lossy", matches, Verdict::Drop))
            .expect("a rule");
        sign_in(&mut world, "ada-lt", ADA).expect("Entra is on another port");
        assert_eq!(open(&mut world).is_ok(), opens, "{one_in}");
    }
}

#[test]
fn a_line_that_loses_one_exchange_in_two_loses_every_other_one() {
    let mut world = fernhill(1);
    world.set_recording(true);
    let matches = Match {
        port: Some(88),
        one_in: Some(2),
        ..Match::default()
    };
    world
        .apply(&rule("lossy", matches, Verdict::Drop))
        .expect("a rule");
    sign_in(&mut world, "ada-lt", ADA).expect("Entra is on another port");
    for _ in 0..4 {
        let _ = open(&mut world);
        world.wait(Duration::from_secs(600));
    }
    let requests = world.trace().messages().filter(|message| !message.is_reply);
    let to_kdcs = requests
        .enumerate()
        .filter(|(_, request)| request.destination.port() == 88);
    let (lost, arrived): (Vec<_>, Vec<_>) =
        to_kdcs.partition(|(_, request)| matches!(request.fate, Fate::Dropped(_)));
    assert!(!lost.is_empty() && !arrived.is_empty());
    assert!(lost.iter().all(|(number, _)| number % 2 == 0));
    assert!(arrived.iter().all(|(number, _)| number % 2 == 1));
}

#[test]
fn octets_changed_on_the_way_are_noticed() {
    let mut world = fernhill(1);
    sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
    let matches = Match {
        port: Some(88),
        direction: Direction::Reply,
        ..Match::default()
    };
    let flip = Verdict::Rewrite(Rewrite::FlipBits { offset: -1, mask: 1 });
    world.apply(&rule("bit-rot", matches, flip)).expect("a rule");
    open(&mut world).expect_err("the checksum of the reply does not fit");
    let rewritten = |message: &&crate::trace::Message| message.fate == Fate::Rewritten("bit-rot".into());
    assert!(world.trace().messages().any(|message| rewritten(&message)));
}

#[test]
fn a_proxy_in_between_is_seen_as_what_it_is() {
    for (verdict, is_it) in [
        (
            Verdict::Rewrite(Rewrite::HttpStatus { status: 502 }),
            |error: &FlowError| matches!(error, FlowError::Cloud(_)),
        ),
        (
            Verdict::Rewrite(Rewrite::UntrustedCertificate),
            |error: &FlowError| matches!(error, FlowError::Network(NetworkError::Tls { .. })),
        ),
        (Verdict::Refuse, |error: &FlowError| {
            matches!(error, FlowError::Network(NetworkError::Refused { .. }))
        }),
    ] as [(Verdict, fn(&FlowError) -> bool); 3]
    {
        let mut world = fernhill(1);
        let matches = Match {
            protocol: Some(Protocol::Https),
            to: Some("entra".into()),
            ..Match::default()
        };
        world
            .apply(&rule("proxy", matches, verdict.clone()))
            .expect("a rule");
        let error = sign_in(&mut world, "ada-lt", ADA).expect_err("nobody is signed in");
        assert!(is_it(&error), "{verdict:?}: {error:?}");
    }
}

#[test]
fn a_delay_adds_to_the_way() {
    let elapsed = |delay: Option<Duration>| {
        let mut world = fernhill(1);
        if let Some(delay) = delay {
            let action = rule("slow", Match::default(), Verdict::Delay(delay));
            world.apply(&action).expect("a rule");
        }
        sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
        (world.elapsed(), world.message_count() / 2)
    };
    let (fast, exchanges) = elapsed(None);
    let delay = Duration::from_millis(7);
    let slow = fast + delay * u32::try_from(exchanges).expect("a few");
    assert_eq!(elapsed(Some(delay)), (slow, exchanges));
}

#[test]
fn a_clock_five_minutes_off_is_accepted_and_one_further_off_is_not() {
    // The authenticator is a little older than the request that carries it.
    for (offset_seconds, accepted) in [(-299, true), (299, true), (-302, false), (302, false)] {
        let mut world = fernhill(1);
        let session = sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
        for dc in ["dc01", "dc02"] {
            let action = Action::SetClockOffset {
                host: dc.into(),
                offset_micros: offset_seconds * 1_000_000,
            };
            world.apply(&action).expect("a DC");
        }
        let device = host(&world, "ada-lt");
        let result = world.run_flow(device, async |mut flow| {
            flow.full_tgt(session, client_sim::event::Reason::Command).await
        });
        assert_eq!(result.is_ok(), accepted, "{offset_seconds}");
    }
}

#[test]
fn what_a_fork_does_stays_in_the_fork() {
    let mut world = fernhill(1);
    let session = sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
    let mut fork = world.fork(1);
    open(&mut fork).expect("Ada opens a share");
    assert!(fork.trace().len() > world.trace().len());
    let tickets = |world: &World| {
        let device = world.device(host(world, "ada-lt")).expect("a device");
        device.klist(session, world.now()).map(|seen| seen.tickets.len())
    };
    assert_ne!(tickets(&fork), tickets(&world));
    open(&mut world).expect("and so does the original");
    assert_eq!(TraceHash::of(fork.trace()), TraceHash::of(world.trace()));
}

#[test]
fn two_runs_that_differ_in_one_fault_differ_only_where_it_acts() {
    let first_sign_in = |clock_is_off: bool| {
        let mut world = fernhill(1);
        if clock_is_off {
            let action = Action::SetClockOffset {
                host: "dc02".into(),
                offset_micros: 3_600_000_000,
            };
            world.apply(&action).expect("a DC");
        }
        sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
        TraceHash::of(world.trace())
    };
    assert_eq!(first_sign_in(false), first_sign_in(true));
}

#[test]
fn an_action_that_names_nothing_changes_nothing() {
    let mut world = fernhill(1);
    let action = Action::Move {
        host: "ada-lt".into(),
        to: "moon".into(),
    };
    let error = world.apply(&action).expect_err("no such place");
    assert_eq!(error.to_string(), "the lab has no location moon");
}
