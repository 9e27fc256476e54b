//! What holds for any story: it can be told again from any point, and nothing in it stops the world.

use std::sync::{Arc, OnceLock};

use core::time::Duration;
use proptest::prelude::*;
use scenarios::lab::{CompiledLab, Lab};
use scenarios::language::{Credential, Doing, Naming};
use scenarios::trace::TraceHash;
use scenarios::world::{Action, Match, Rule, Side, Verdict, World};

fn lab() -> Arc<CompiledLab> {
    static LAB: OnceLock<Arc<CompiledLab>> = OnceLock::new();
    let compile = || Arc::new(CompiledLab::compile(Lab::fernhill()).expect("the built-in lab compiles"));
    Arc::clone(LAB.get_or_init(compile))
}

fn device() -> impl Strategy<Value = Arc<str>> {
    prop_oneof![Just(Arc::from("ada-lt")), Just(Arc::from("paul-pc"))]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Both), Just(Side::OnPremises), Just(Side::Cloud)]
}

fn action() -> impl Strategy<Value = Action> {
    let domain: Arc<str> = "ad.fernhill.example".into();
    let (publish, remove) = (Arc::clone(&domain), Arc::clone(&domain));
    prop_oneof![
        side().prop_map(move |side| Action::RotateServerKey {
            domain: Arc::clone(&domain),
            side
        }),
        Just(Action::Publish {
            domain: publish,
            tenant: None
        }),
        side().prop_map(move |side| Action::RemoveKerberosServer {
            domain: Arc::clone(&remove),
            side
        }),
        prop_oneof![Just("home"), Just("office"), Just("vpn")].prop_map(|to| Action::Move {
            host: "ada-lt".into(),
            to: to.into()
        }),
        (-400_i64..400).prop_map(|seconds| Action::SetClockOffset {
            host: "dc01".into(),
            offset_micros: seconds * 1_000_000,
        }),
        any::<bool>().prop_map(|on| Action::SetPower {
            host: "dc01".into(),
            on
        }),
        Just(Action::AddRule(Rule {
            name: "blocked".into(),
            matches: Match {
                port: Some(88),
                ..Match::default()
            },
            verdict: Verdict::Drop,
        })),
        Just(Action::RemoveRule {
            name: "blocked".into()
        }),
        (0_u64..40_000).prop_map(|seconds| Action::Wait(Duration::from_secs(seconds))),
    ]
}

fn doing() -> impl Strategy<Value = Doing> {
    prop_oneof![
        Just(Doing::SignIn {
            device: "ada-lt".into(),
            user: "ada".into(),
            with: Credential::Hello,
            remote: false,
        }),
        Just(Doing::SignIn {
            device: "paul-pc".into(),
            user: "paul".into(),
            with: Credential::Password,
            remote: false,
        }),
        device().prop_map(|device| Doing::Lock { device }),
        device().prop_map(|device| Doing::Unlock {
            device,
            with: Credential::Hello
        }),
        device().prop_map(|device| Doing::SignOut { device }),
        device().prop_map(|device| Doing::RefreshPrt { device }),
        device().prop_map(|device| Doing::PurgeTickets { device }),
        (device(), any::<bool>()).prop_map(|(device, write)| Doing::Open {
            typed: None,
            device,
            by: Naming::Full,
            server: "fs01".into(),
            share: "projects".into(),
            write,
        }),
        action().prop_map(Doing::Act),
    ]
}

/// An administrator may be refused; the story goes on.
fn tell(world: &mut World, story: &[Doing]) -> Vec<String> {
    let told = story.iter().map(|doing| world.perform(doing).err());
    told.flatten().map(|error| error.to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_story_goes_the_same_way_from_any_fork(
        story in proptest::collection::vec(doing(), 1..12),
        at in 0_usize..12,
        seed in any::<u64>(),
    ) {
        let mut whole = World::new(lab(), seed);
        let refused = tell(&mut whole, &story);
        let (before, after) = story.split_at(at.min(story.len()));
        let mut origin = World::new(lab(), seed);
        let mut refused_too = tell(&mut origin, before);
        let mut fork = origin.fork(seed);
        // What the original does from now on is nobody else's business.
        origin.wait(Duration::from_secs(86_400));
        refused_too.extend(tell(&mut fork, after));
        prop_assert_eq!(refused, refused_too);
        prop_assert_eq!(fork.now(), whole.now());
        prop_assert_eq!(TraceHash::of(fork.trace()), TraceHash::of(whole.trace()));
    }
}
