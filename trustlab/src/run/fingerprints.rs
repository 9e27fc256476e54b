//! One fingerprint for everything that each story of the library lets one see, so that code can move without changing it.
//!
//! The committed fingerprints stand in `snapshots/`. To see what lies behind a changed one, write the texts before and after
//! the change, and compare the folders:
//!
//! ```sh
//! TRUSTLAB_FINGERPRINTS=/tmp/after cargo test -p trustlab fingerprints
//! ```

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use evidence::View as _;
use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;
use scenarios::trace::EventKind;
use scenarios::world::{HostId, Role, World};
use sha2::{Digest, Sha256};

use super::every_view::VIEWS;
use super::narrate::{self, Level, Style};
use super::seat::typed_at;
use super::{bulk, closing, export, next};
use crate::layout::Width;

/// The seeds each story is run with.
const SEEDS: [u64; 2] = [1, 2];
/// What is typed at servers and DCs, which have few views.
const SERVER_VIEWS: [&str; 3] = ["whoami", "events", "events --xml"];

/// Everything that can be seen of a run, by what it is.
fn seen(scenario: &Scenario, seed: u64, with_fix: bool) -> [(&'static str, String); 7] {
    let options = RunOptions {
        seed,
        with_fix,
        ..RunOptions::default()
    };
    let mut run = Run::new(scenario, options).expect("the lab compiles");
    let beginning = run.world().clone();
    run.complete();
    let told = |level| {
        let mut keys = export::keyring(&beginning);
        let width = Width::PLAIN;
        let mut text = narrate::opening(scenario, seed, width);
        let style = Style { level, width };
        text.push_str(&narrate::happenings(run.world(), 0, style, &mut keys));
        let closing = closing(
            scenario,
            &run,
            &run.report(),
            Instant::now(),
            with_fix,
            false,
            width,
        );
        text.push_str(&without_duration(&closing));
        text.push_str(&next(scenario, None, with_fix, &run, width));
        assert_fits(&text, width);
        text
    };
    [
        ("decisions", decisions(run.world())),
        ("journals", journals(run.world())),
        ("views", views(run.world())),
        ("told", told(Level::Story)),
        ("told-v", told(Level::Messages)),
        ("told-vv", told(Level::Fields)),
        ("json", format!("{:#}\n", bulk::json(&run.report()))),
    ]
}

/// No line is too long, unless it is one word behind its head or a line that somebody types, which nothing cuts.
fn assert_fits(text: &str, width: Width) {
    let whole = |line: &str| !line.trim().contains(' ') || line.trim().starts_with("PS> ");
    let too_long = text
        .lines()
        .find(|line| line.chars().count() > width.columns() && !whole(line));
    assert_eq!(too_long, None);
}

/// Rule, outcome and fields of each decision.
fn decisions(world: &World) -> String {
    let mut text = String::new();
    for event in world.trace().events() {
        let Some((rule, outcome)) = event.kind.decision() else {
            continue;
        };
        let actor = event.actor.map_or("", |host| &world.topology().host(host).name);
        let why = event.kind.why().unwrap_or_default();
        let fields = match &event.kind {
            EventKind::Kdc(decision) | EventKind::Server(decision) => format!("{:?}", decision.detail),
            EventKind::Entra(decision) => format!("{:?}", decision.detail),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "{} {actor} {} {outcome:?}: {why}\n  {fields}",
            event.time.unix_micros(),
            rule.id
        );
    }
    text
}

/// The event logs of each host.
fn journals(world: &World) -> String {
    let mut text = String::new();
    for (id, host) in world.topology().hosts() {
        let log = world.event_log(id);
        let _ = writeln!(text, "{}\n{}{log:?}", host.name, log.render());
    }
    text
}

/// Every view at every host, the cmdlets' rows and the objects of each domain.
fn views(world: &World) -> String {
    let mut text = String::new();
    for (id, host) in world.topology().hosts() {
        let at_device: &[&str] = match host.role {
            Role::Device(_) => &VIEWS,
            Role::DomainController(_) | Role::Server(_) => &SERVER_VIEWS,
            _ => continue,
        };
        text.push_str(&typed(world, id, at_device));
    }
    for domain in 0..world.domains().len() {
        for tenant in core::iter::once(None).chain((0..world.tenants().len()).map(Some)) {
            let rows = world.kerberos_server_rows(domain, tenant);
            let _ = writeln!(text, "domain {domain}, tenant {tenant:?}\n{}", rows.render());
        }
        let _ = writeln!(text, "{:#?}", world.kerberos_server_objects(domain));
    }
    text
}

fn typed(world: &World, host: HostId, lines: &[&str]) -> String {
    let name = &world.topology().host(host).name;
    // a view may ask the network: each host has a copy of the world to itself
    let mut copy = world.clone();
    let mut text = String::new();
    for line in lines {
        let printed = typed_at(&mut copy, &mut BTreeMap::new(), name, line);
        let _ = writeln!(
            text,
            "{name}> {line} ({})\n{}! {}",
            printed.code, printed.stdout, printed.stderr
        );
    }
    text
}

/// How long the machine took is the only thing that may differ.
fn without_duration(closing: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" of lab time in ") {
        Some((before, _)) => format!("{before} of lab time\n"),
        None => format!("{line}\n"),
    };
    closing.lines().map(line).collect()
}

/// The first eight octets of SHA-256: enough to notice a change.
fn fingerprint(text: &str) -> String {
    hex::encode(&Sha256::digest(text)[..8])
}

#[test]
fn of_every_story_before_and_after_its_fix() {
    let texts = std::env::var_os("TRUSTLAB_FINGERPRINTS").map(PathBuf::from);
    let mut lines: BTreeMap<&str, String> = BTreeMap::new();
    for entry in library::scenarios() {
        let scenario = entry.scenario(&Faults::AsWritten).expect("it can be read");
        let stages = if scenario.has_fix() {
            &[false, true][..]
        } else {
            &[false]
        };
        for (seed, with_fix) in SEEDS
            .into_iter()
            .flat_map(|seed| stages.iter().map(move |with_fix| (seed, *with_fix)))
        {
            let stage = if with_fix { "mended" } else { "as it is" };
            let run = format!("{}, seed {seed}, {stage}", entry.name);
            for (what, text) in seen(&scenario, seed, with_fix) {
                let _ = writeln!(lines.entry(what).or_default(), "{}  {run}", fingerprint(&text));
                if let Some(folder) = &texts {
                    std::fs::create_dir_all(folder).expect("a folder");
                    std::fs::write(folder.join(format!("{run}, {what}.txt")), text).expect("written");
                }
            }
        }
    }
    for (what, lines) in lines {
        insta::assert_snapshot!(format!("every-story-{what}"), lines);
    }
}
