use client_sim::FlowError;
use kerberos::wire::PrincipalName;

use super::*;
use crate::lab::Lab;
use crate::trace::{Entry, TraceHash};

fn fernhill(seed: u64) -> World {
    let lab = CompiledLab::compile(Lab::fernhill()).expect("the built-in lab compiles");
    World::new(Arc::new(lab), seed)
}

fn host(world: &World, name: &str) -> HostId {
    world.topology().find(name).expect("the lab has this host")
}

fn sign_in(world: &mut World, device: &str, upn: &str) -> Result<evidence::klist::LogonId, FlowError> {
    let device = host(world, device);
    world.run_flow(device, async |mut flow| flow.sign_in_with_hello(upn).await)
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
    let session = sign_in(&mut world, "ada-lt", ADA).expect("Ada signs in");
    let device = host(&world, "ada-lt");
    let service = PrincipalName::service_instance(["cifs", "fs01.ad.fernhill.example"]);
    let ticket = world.run_flow(device, async |mut flow| {
        flow.service_ticket(session, &service, client_sim::event::Reason::Command)
            .await
    });
    ticket.expect("DC01 gives a ticket");
    let passed = |rule: &str| {
        let mut decisions = world.trace().events().filter_map(|event| event.kind.decision());
        decisions.any(|(decided, outcome)| decided.id == rule && outcome == evidence::Outcome::Passed)
    };
    for rule in ["TGS-RODC-KNOWN", "TGS-RODC-SID", "TGS-RODC-ALLOWED"] {
        assert!(passed(rule), "{rule}");
    }
}
