//! Every view that can be asked for at a prompt, word for word, in each join type and in ten failures.

use std::collections::BTreeMap;

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;
use scenarios::world::World;

use super::seat::typed_at;

/// What is typed. What changes something comes last.
pub(super) const VIEWS: [&str; 36] = [
    "dsregcmd /status",
    "elevated dsregcmd /status",
    "system dsregcmd /status",
    "klist",
    "klist tgt",
    "klist sessions",
    "klist cloud_debug",
    "klist query_bind",
    "klist kcd_cache",
    "klist kdcoptions",
    "klist -li 0x3e7",
    "elevated klist",
    "elevated klist -li 0x3e7",
    "elevated klist -li 0xdead tgt",
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
    "elevated klist add_bind ad.fernhill.example dc01.ad.fernhill.example",
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

/// Whatever stands before a colon, an equals sign of a registry value or in a key of Graph can be looked up.
#[test]
fn every_row_is_explained() {
    let mut unknown = std::collections::BTreeSet::new();
    let mut known = std::collections::BTreeSet::new();
    for (name, host) in [
        ("healthy-first-sign-in", "ada-lt"),
        ("hybrid-pin-set-up-blocked", "paul-pc"),
        ("registered-not-joined", "nora-lt"),
        ("admin-denied", "ada-lt"),
        ("no-dc-line-of-sight", "ada-lt"),
    ] {
        let text = views(&of_library(name), host);
        let mut view = "";
        for line in text.lines().filter(|line| !line.starts_with('!')) {
            if let Some((_, command)) = line.split_once("> ").filter(|(before, _)| !before.contains(' ')) {
                view = command;
                continue;
            }
            let xml = view.ends_with("--xml");
            let Some(label) = label(line).filter(|_| !xml) else {
                continue;
            };
            if library::explain(label).is_empty() {
                unknown.insert(format!("{label} ({view})"));
            } else {
                known.insert(label.to_owned());
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
    assert!(known.len() > 150, "{}", known.len());
}

/// What a line of a view can be looked up by.
fn label(line: &str) -> Option<&str> {
    let line = line.trim();
    let line = match line.strip_prefix('#') {
        Some(numbered) => numbered.split_once('>')?.1.trim(),
        None => line,
    };
    if let Some(status) = line.strip_prefix("klist failed with ") {
        return status.split('/').next();
    }
    if let Some((name, _)) = line.split_once("    REG_") {
        return Some(name.trim());
    }
    if let Some(key) = line.strip_prefix('"') {
        return key.split_once("\":").map(|(key, _)| key);
    }
    for beginning in ["Ticket Flags", "Current LogonId", "Targeted LogonId"] {
        if line.starts_with(beginning) {
            return Some(beginning);
        }
    }
    let (label, _) = line
        .split_once(':')
        .filter(|(_, value)| value.is_empty() || value.starts_with([' ', '\t']))?;
    let label = label.trim();
    let is_name = label.chars().next().is_some_and(char::is_alphabetic);
    is_name.then_some(label)
}
