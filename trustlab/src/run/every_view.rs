//! Every view that can be asked for at a prompt, word for word, in each join type and in ten failures.

use std::collections::BTreeMap;

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;
use scenarios::world::World;

use super::seat::typed_at;

/// What is typed. What changes something comes last.
const VIEWS: [&str; 30] = [
    "dsregcmd /status",
    "elevated dsregcmd /status",
    "system dsregcmd /status",
    "klist",
    "klist tgt",
    "klist sessions",
    "klist cloud_debug",
    "klist query_bind",
    "elevated klist",
    "nltest /dsgetdc:ad.fernhill.example",
    "nltest /dsgetdc:ad.fernhill.example /keylist",
    "nltest /dsgetdc:ad.fernhill.example /kdc",
    "nltest /dsgetdc:ad.fernhill.example /keylist /kdc",
    "whoami",
    "whoami /upn",
    "whoami /groups",
    "w32tm /query /status",
    "w32tm /stripchart /computer:dc01 /dataonly /samples:2",
    "netsh winhttp show proxy",
    r"reg query HKLM\SOFTWARE\Policies\Microsoft\PassportForWork /s",
    r"reg query HKLM\SOFTWARE\Microsoft\Policies\PassportForWork /s",
    "events",
    "events --xml",
    "portal",
    "graph",
    "klist get krbtgt",
    "klist get cifs/fs01.ad.fernhill.example",
    "klist purge",
    "klist purge_bind",
    "dsregcmd /refreshprt",
];

/// What the views print after the story: stdout, and the rows that stderr names.
fn views(scenario: &Scenario, host: &str) -> String {
    let mut run = Run::new(scenario, RunOptions::default()).expect("the lab compiles");
    run.complete();
    let mut world: World = run.world().clone();
    let mut moments = BTreeMap::new();
    let mut text = String::new();
    for view in VIEWS {
        let printed = typed_at(&mut world, &mut moments, host, view);
        text.push_str(&format!("> {view}\n{}", settled(&printed.stdout)));
        if !printed.stderr.is_empty() {
            text.push_str(&format!("! {}\n", printed.stderr.trim_end()));
        }
        text.push('\n');
    }
    // the security logs of those who decided
    for (server, line) in [("dc01", "events"), ("dc02", "events"), ("fs01", "events")] {
        if world.topology().find(server).is_some() {
            let printed = typed_at(&mut world, &mut moments, server, line);
            text.push_str(&format!("{server}> {line}\n{}\n", printed.stdout));
        }
    }
    text
}

/// A certificate's fingerprint and the octets of a ticket say nothing here.
fn settled(text: &str) -> String {
    let is_dump = |line: &&str| {
        let (offset, octets) = line.split_once("  ").unwrap_or_default();
        let hex = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
        offset.len() == 4 && hex(offset) && octets.get(..2).is_some_and(hex)
    };
    let lines = text.lines().filter(|line| !is_dump(line));
    let line = |line: &str| match line.split_once("humbprint : ") {
        Some((before, _)) => format!("{before}humbprint : …\n"),
        None => format!("{line}\n"),
    };
    lines.map(line).collect()
}

fn of_library(name: &str) -> Scenario {
    let entry = library::find(name).expect("a scenario of the library");
    entry.scenario(&Faults::AsWritten).expect("it can be read")
}

#[test]
fn in_each_join_type() {
    for (name, host) in [
        ("healthy-first-sign-in", "ada-lt"),
        ("hybrid-pin-set-up-blocked", "paul-pc"),
        ("registered-not-joined", "nora-lt"),
    ] {
        insta::assert_snapshot!(format!("join-{host}"), views(&of_library(name), host));
    }
}

#[test]
fn in_ten_failures() {
    for (name, host) in [
        ("admin-denied", "ada-lt"),
        ("user-not-allowed", "ada-lt"),
        ("key-rotated-on-one-side", "ada-lt"),
        ("key-of-another-tenant", "ada-lt"),
        ("no-kerberos-server", "ada-lt"),
        ("no-dc-line-of-sight", "ada-lt"),
        ("prt-older-than-object", "nora-lt"),
        ("clock-skew-beyond-limit", "ada-lt"),
        ("cloud-only-user", "ada-lt"),
        ("second-domain-not-configured", "kim-lt"),
    ] {
        insta::assert_snapshot!(format!("failure-{name}"), views(&of_library(name), host));
    }
}
