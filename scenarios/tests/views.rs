//! Every view of a device in each join type and in ten failures, from runs of stories.

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library::{self, Entry};
use scenarios::views::{EvidenceFile, bundle};

fn of_library(name: &str) -> Scenario {
    let entry = library::find(name).expect("a scenario of the library");
    entry
        .scenario(&Faults::AsWritten)
        .expect("it is read by a test of the library")
}

fn story(text: &'static str) -> Scenario {
    let entry = Entry {
        name: "story",
        file_name: "story.toml",
        text,
    };
    entry.scenario(&Faults::AsWritten).expect("a scenario")
}

fn files(scenario: &Scenario) -> Vec<EvidenceFile> {
    let mut run = Run::new(scenario, RunOptions::default()).expect("the lab compiles");
    run.complete();
    bundle(run.world(), scenario)
}

/// The files one after another.
fn text(files: &[EvidenceFile], wanted: impl Fn(&str) -> bool) -> String {
    let wanted = files.iter().filter(|file| wanted(&file.path));
    wanted
        .map(|file| format!("=== {}\n{}\n", file.path, file.text))
        .collect()
}

/// What tells failures apart; the rest is the same in all of them.
fn telling(path: &str) -> bool {
    const TELLING: [&str; 8] = [
        "/dsregcmd-status.txt",
        "/klist.txt",
        "/klist-cloud_debug.txt",
        "/nltest-dsgetdc.txt",
        "/nltest-dsgetdc-keylist-kdc.txt",
        "/events.txt",
        "/security-events.txt",
        ".json",
    ];
    TELLING.iter().any(|name| path.ends_with(name))
}

/// A certificate's fingerprint and the octets of a ticket say nothing here.
fn settled(text: &str) -> String {
    let is_dump = |line: &&str| {
        let (offset, octets) = line.split_once("  ").unwrap_or_default();
        let hex = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
        offset.len() == 4 && hex(offset) && octets.get(..2).is_some_and(hex)
    };
    let lines = text.lines().filter(|line| !is_dump(line));
    let line = |line: &str| match line.split_once("Thumbprint : ") {
        Some((before, _)) => format!("{before}Thumbprint : …\n"),
        None => format!("{line}\n"),
    };
    lines.map(line).collect()
}

#[test]
fn an_entra_joined_device() {
    let files = files(&of_library("healthy-first-sign-in"));
    insta::assert_snapshot!(settled(&text(&files, |_| true)));
}

#[test]
fn a_hybrid_joined_device_before_hello_is_set_up() {
    let files = files(&story(
        r#"
format = "trustlab.scenario/1"
name = "story"
title = "Paul signs in to a hybrid joined desktop with his password"
story = "Paul has a password alone."

[[step]]
name = "sign-in"
sign-in = { user = "paul", device = "paul-pc", with = "password" }

[[step]]
name = "open"
open = '\\fs01.ad.fernhill.example\everyone'

[[expect]]
dsregcmd = { DomainJoined = "YES", PreReqResult = { present = true } }
"#,
    ));
    insta::assert_snapshot!(settled(&text(&files, |_| true)));
}

#[test]
fn a_registered_device() {
    let files = files(&of_library("registered-not-joined"));
    insta::assert_snapshot!(settled(
        &text(&files, |path| !path.contains("DC0") && !path.contains("FS01"))
    ));
}

#[test]
fn a_device_that_nobody_has_signed_in_to() {
    let files = files(&story(
        r#"
format = "trustlab.scenario/1"
name = "story"
title = "Nothing happens at Freya's laptop"
story = "It is locked."

[[step]]
name = "lock"
lock = { device = "freya-lt" }

[[expect]]
dsregcmd.AzureAdPrt = "NO"
"#,
    ));
    insta::assert_snapshot!(settled(&text(&files, telling)));
}

#[test]
fn ten_failures() {
    for name in [
        "admin-denied",
        "user-not-allowed",
        "key-rotated-on-one-side",
        "key-of-another-tenant",
        "no-kerberos-server",
        "no-dc-line-of-sight",
        "prt-older-than-object",
        "clock-skew-beyond-limit",
        "cloud-only-user",
        "second-domain-not-configured",
    ] {
        let files = files(&of_library(name));
        insta::assert_snapshot!(name, settled(&text(&files, telling)));
    }
}

#[test]
fn looking_leaves_the_world_as_it_is() {
    let scenario = of_library("healthy-first-sign-in");
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    run.complete();
    let before = run.world().trace().len();
    assert_eq!(bundle(run.world(), &scenario), bundle(run.world(), &scenario));
    assert_eq!(run.world().trace().len(), before);
}

#[test]
fn logs_name_who_was_refused_and_who_was_let_in() {
    let denied = of_library("admin-denied");
    let mut run = Run::new(&denied, RunOptions::default()).expect("the lab compiles");
    run.complete();
    let world = run.world();
    let dcs = ["dc01", "dc02"].map(|name| world.topology().find(name).expect("a DC"));
    let exchange = dcs
        .iter()
        .flat_map(|dc| world.event_log(*dc).events)
        .find(|event| event.id() == 4769);
    let exchange = exchange.expect("the exchange is logged");
    assert_eq!(exchange.value("Status"), Some("0x14"));
    assert_eq!(exchange.value("TargetUserName"), Some("dom@AD.FERNHILL.EXAMPLE"));
    let server = world.topology().find("fs01").expect("a server");
    assert!(world.event_log(server).events.is_empty());

    let healthy = of_library("healthy-first-sign-in");
    let mut run = Run::new(&healthy, RunOptions::default()).expect("the lab compiles");
    run.complete();
    let server = run.world().topology().find("fs01").expect("a server");
    let log = run.world().event_log(server);
    assert_eq!(log.events.len(), 1);
    assert_eq!(log.events[0].value("AuthenticationPackageName"), Some("Kerberos"));
    assert_eq!(log.events[0].value("TargetUserName"), Some("ada"));
}

#[test]
fn every_artefact_can_be_expected() {
    let scenario = story(
        r#"
format = "trustlab.scenario/1"
name = "story"
title = "Ada signs in and opens a share"
story = "All is well."

[[step]]
name = "sign-in"
sign-in = { user = "ada", device = "ada-lt" }

[[step]]
name = "open"
open = '\\fs01.ad.fernhill.example\projects'

[[expect]]
dsregcmd = { OnPremTgt = "YES", NgcSet = "YES", DeviceAuthStatus = "SUCCESS", PreReqResult = { absent = true } }
klist-tgt."Ticket Flags" = "0x40810000"
klist-sessions."session FERNHILL\\ada" = "CloudAP:Interactive"
klist-bind = { entries = 1, "ad.fernhill.example" = { present = true } }
stripchart.offset = { present = true }
nltest = { Status = 0, KEYLIST = "YES", WRITABLE = "YES" }
nltest-keylist.Status = 0
whoami."group NT AUTHORITY\\Cloud Account Authentication" = "S-1-5-64-36"
w32tm.Source = { present = true }
winhttp."Proxy Server(s)" = { absent = true }
registry."HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\PassportForWork\\Enabled" = { absent = true }
events = { "5205" = 1, "5205 Use Cloud Trust for On-Premise Auth" = "true", "360" = { absent = true } }
graph = { onPremisesDomainName = "ad.fernhill.example", onPremisesSyncEnabled = "true" }

[[expect]]
on = "fs01"
events = { "4624 AuthenticationPackageName" = "Kerberos", "4624 LogonType" = 3 }
"#,
    );
    // expectations about logs are looked at even where nothing else is recorded
    for recording in [true, false] {
        let options = RunOptions {
            recording,
            ..RunOptions::default()
        };
        let report = Run::new(&scenario, options).expect("the lab compiles").finish();
        assert!(report.ok, "{:?}", report.failures);
    }
}
