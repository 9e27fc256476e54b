//! What holds for any story: it can be told again from any point, and nothing in it stops the world.

use std::sync::{Arc, OnceLock};

use core::time::Duration;

use client_sim::act::Share;
use client_sim::{Act, CredentialKind};
use proptest::prelude::*;
use scenarios::lab::{CompiledLab, Lab};
use scenarios::language::{Base, Faults, PersonAct, SavedStory, StepKind};
use scenarios::library;
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

fn act() -> impl Strategy<Value = Act> {
    let share = Share::parse(r"\\fs01.ad.fernhill.example\projects").expect("a share");
    prop_oneof![
        Just(Act::Lock),
        Just(Act::Unlock),
        Just(Act::SignOut),
        Just(Act::RefreshPrt),
        Just(Act::PurgeTickets { session: None }),
        any::<bool>().prop_map(move |write| Act::OpenShare {
            share: share.clone(),
            write,
            account: None,
        }),
    ]
}

fn sign_in(device: &str, user: &str) -> StepKind {
    StepKind::Act(PersonAct {
        device: device.into(),
        user: Some(user.into()),
        act: Act::SignIn {
            credential: Some(match user {
                "ada" => CredentialKind::Hello,
                _ => CredentialKind::Password,
            }),
            remote: false,
        },
    })
}

fn step() -> impl Strategy<Value = StepKind> {
    prop_oneof![
        Just(sign_in("ada-lt", "ada")),
        Just(sign_in("paul-pc", "paul")),
        (device(), act()).prop_map(|(device, act)| StepKind::Act(PersonAct {
            device,
            user: None,
            act
        })),
        action().prop_map(StepKind::Action),
    ]
}

/// The base of a story of the built-in lab.
fn fernhill() -> Base {
    Base::of_lab("fernhill")
}

/// An administrator may be refused; the story goes on.
fn tell(world: &mut World, story: &[StepKind]) -> Vec<String> {
    let told = story.iter().map(|step| world.perform(step).err());
    told.flatten().map(|error| error.to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_written_is_read_as_it_was(story in proptest::collection::vec(step(), 1..12)) {
        let base = fernhill();
        let saved = SavedStory {
            name: "story",
            title: "Whatever was done",
            remarks: &[],
            base: &base,
            lab: lab().lab(),
            steps: &[],
            typed: &story,
        }
        .file(library::catalogue());
        prop_assert!(saved.unsaid.is_empty(), "{}", saved.text);
        let read = library::read_scenario("story.toml", &saved.text, &Faults::AsWritten);
        let read = read.map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        let kinds: Vec<&StepKind> = read.steps.iter().map(|step| &step.kind).collect();
        prop_assert_eq!(kinds, story.iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_story_goes_the_same_way_from_any_fork(
        story in proptest::collection::vec(step(), 1..12),
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
