//! The application proxy on sockets: what comes of a request, and what the connector notes, is what comes of it in a run.

#![cfg(unix)]

mod support;

use std::path::Path;
use std::process::Command;

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Catalogue, Faults, Scenario, SourceFile};
use scenarios::library;
use scenarios::trace::EventKind;
use support::Lab;

const LAB: &str = include_str!("../../tests/interop/labs/app_proxy.toml");

/// Who opens what, having signed in with what, and whether it opens.
const OPENED: &[(&str, &str, &str, bool)] = &[
    ("ada", "hello", "timesheets", true),
    ("ada", "hello", "no-delegation", false),
    ("ada", "hello", "kerberos-only", false),
    ("ada", "hello", "unknown-name", false),
    ("ada", "hello", "other-account", false),
    ("ada", "hello", "by-part", true),
    ("ada", "hello", "asks-itself", false),
    ("ada", "password", "no-delegation", true),
    ("ada", "password", "asks-itself", true),
    ("bea", "hello", "timesheets", true),
    ("bea", "hello", "by-part", false),
];

fn url(app: &str) -> String {
    format!("https://{app}.msappproxy.example/timesheets")
}

/// What the connectors note in a run of the same lab, which must have the outcomes of the table.
fn noted_in_a_run() -> Vec<String> {
    let mut text = String::from(
        "format = \"trustlab.scenario/1\"\nname = \"table\"\ntitle = \"t\"\nlab = \"app-proxy\"\n",
    );
    for (index, (user, with, app, opens)) in OPENED.iter().enumerate() {
        let wanted = if *opens { "\"ok\"" } else { "{ not = \"ok\" }" };
        let url = url(app);
        text.push_str(&format!(
            "[[step]]\nsign-in = {{ user = \"{user}\", device = \"ada-lt\", with = \"{with}\" }}\n\
             [[step]]\nname = \"open-{index}\"\nopen = {{ path = \"{url}\", device = \"ada-lt\" }}\n\
             [[expect]]\nafter = \"open-{index}\"\noutcome.open = {wanted}\n\
             [[step]]\nsign-out = {{ device = \"ada-lt\" }}\n",
        ));
    }
    let file = SourceFile {
        name: "app_proxy.toml".into(),
        text: LAB.into(),
    };
    let catalogue = Catalogue {
        labs: vec![("app-proxy".to_owned(), file)],
        ..library::catalogue().clone()
    };
    let scenario = Scenario::parse("table.toml", &text, &Faults::AsWritten, &catalogue)
        .unwrap_or_else(|problems| panic!("{problems}"));
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    run.complete();
    assert_eq!(run.failures(), []);
    let events = run.world().trace().events();
    events
        .filter_map(|event| match &event.kind {
            EventKind::Connector(done) => Some(done.to_string()),
            _ => None,
        })
        .collect()
}

#[test]
fn what_a_connector_does_on_sockets_is_what_it_does_in_a_run() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("app_proxy.toml");
    std::fs::write(&file, LAB).expect("a file");
    let (dir, log) = (home.path().join("lab"), home.path().join("log"));
    let _lab = Lab::start_with_log(&dir, &[file.to_str().expect("UTF-8")], &log);
    for (user, with, app, opens) in OPENED {
        assert!(at(&dir, user, &["sign-in", with]).0, "{user} signs in");
        let (opened, told) = at(&dir, user, &["open", &url(app)]);
        assert_eq!(opened, *opens, "{user} {with} {app}: {told}");
        let unauthorized = "401 - Unauthorized: Access is denied due to invalid credentials.";
        assert!(opened || told.contains(unauthorized), "{told}");
        assert!(at(&dir, user, &["sign-out"]).0);
    }
    let log = std::fs::read_to_string(log).expect("a log");
    let noted: Vec<String> = log
        .lines()
        .filter_map(|line| line.split_once("trustlab::up::filing: carries "))
        .map(|(_, noted)| noted.rsplit_once(" host=").map_or(noted, |(event, _)| event))
        .map(|noted| format!("carries {noted}"))
        .collect();
    assert_eq!(noted, noted_in_a_run());
}

/// Whether a line typed at the laptop does what it says, and what it prints.
fn at(dir: &Path, user: &str, words: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args(["at", "--as", user, "--lab"])
        .arg(dir)
        .arg("ada-lt")
        .args(words)
        .output()
        .expect("the program starts");
    let told = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&told).into_owned(),
    )
}
