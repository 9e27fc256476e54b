//! What the program prints, word for word; pages made from it; readers that leave early.

#[path = "support/program.rs"]
mod program;

use std::io::Read;
use std::process::{Command, Stdio};

use program::trustlab;

fn told(arguments: &[&str]) -> String {
    let text = String::from_utf8(trustlab(arguments).stdout).expect("UTF-8");
    text.lines().map(|line| without_duration(line) + "\n").collect()
}

/// How long the machine took differs from run to run; nothing else may.
fn without_duration(line: &str) -> String {
    match line.rsplit_once(" of lab time in ") {
        Some((before, _)) => format!("{before} of lab time in [duration]"),
        None => line.to_owned(),
    }
}

#[test]
fn the_healthy_run_word_for_word() {
    insta::assert_snapshot!(told(&["run"]));
}

#[test]
fn a_denied_admin_word_for_word() {
    insta::assert_snapshot!(told(&["run", "admin-denied"]));
}

#[test]
fn json_word_for_word() {
    let object: serde_json::Value = serde_json::from_str(&told(&["run", "--json"])).expect("JSON");
    insta::assert_snapshot!(serde_json::to_string_pretty(&object).expect("JSON"));
}

#[test]
fn errors_word_for_word() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = "format = \"trustlab.scenario/1\"\nname = \"bad\"\ntitle = \"t\"\n\n[[step]]\nname = \"in\"\n\
                sign-in = { user = \"adda\", device = \"ada-lt\" }\n";
    std::fs::write(dir.path().join("bad.toml"), text).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .current_dir(dir.path())
        .args(["run", "bad.toml", "admin-denyed"])
        .output()
        .expect("the program starts");
    insta::assert_snapshot!(String::from_utf8(output.stderr).expect("UTF-8"));
}

#[test]
fn the_page_of_rules_is_current() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rules.md");
    let committed = std::fs::read_to_string(page).expect("docs/rules.md");
    assert!(
        told(&["list", "rules", "--markdown"]) == committed,
        "write it again: trustlab list rules --markdown > docs/rules.md"
    );
}

#[test]
fn the_page_of_profiles_is_current() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/profiles.md");
    let committed = std::fs::read_to_string(page).expect("docs/profiles.md");
    assert!(
        told(&["list", "profiles", "--markdown"]) == committed,
        "write it again: trustlab list profiles --markdown > docs/profiles.md"
    );
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    for arguments in [
        &["run", "-vv"][..],
        &["run", "--all", "--json"],
        &["list", "rules"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trustlab"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let mut errors = String::new();
        let mut stderr = child.stderr.take().expect("piped");
        stderr.read_to_string(&mut errors).expect("UTF-8");
        assert!(
            child.wait().expect("it ends").success(),
            "{arguments:?}: {errors}"
        );
        assert_eq!(errors, "", "{arguments:?}");
    }
}

#[test]
fn what_is_about_one_run_is_refused_for_many() {
    for arguments in [
        &["run", "--all", "--until", "+1h"][..],
        &["run", "--all", "--pcap", "never-written.pcapng"],
        &["run", "admin-denied", "long-session", "--at", "ada-lt"],
        &["run", "admin-denied", "--with-fix", "--repeat", "2"],
    ] {
        let output = trustlab(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let errors = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(errors.contains("is about one run"), "{errors}");
    }
}

#[test]
fn the_summary_says_which_kind_of_run_it_was() {
    let text = told(&["run", "--all"]);
    let summary = text.lines().last().expect("a summary");
    assert!(
        summary.ends_with("; whole stories, first sign-in and all, id_token unsigned"),
        "{summary}"
    );
}

#[test]
fn threads_change_no_line_of_the_library() {
    let lines = |jobs| {
        let text = told(&["run", "--all", "--jobs", jobs]);
        let (lines, summary) = text.trim_end().rsplit_once("\n\n").expect("a summary");
        (lines.to_owned(), summary.to_owned())
    };
    let ((one, _), (four, summary)) = (lines("1"), lines("4"));
    assert_eq!(one, four);
    assert!(summary.contains(" a second on 4 threads; "), "{summary}");
    let objects = |jobs| told(&["run", "--all", "--json", "--jobs", jobs]);
    assert_eq!(objects("1"), objects("3"));
}

/// Four kinds of runs have rates that must not be compared: the line tells which it was.
#[test]
fn a_rate_says_which_kind_of_run_it_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let story = dir.path().join("morning.toml");
    for (signed, id_token) in [("false", "unsigned"), ("true", "signed RS256")] {
        let text = format!(
            "format = \"trustlab.scenario/1\"\nname = \"morning\"\ntitle = \"t\"\n\
             [[patch]]\npath = \"tenant.fernhill.signed-id-token\"\nset = {signed}\n\
             [[step]]\nname = \"in\"\nsign-in = {{ user = \"ada\", device = \"ada-lt\" }}\n"
        );
        std::fs::write(&story, text).expect("written");
        for (from, kind) in [
            ("start", "whole stories, first sign-in and all"),
            ("signed-in", "from a signed-in device"),
        ] {
            let path = story.to_str().expect("UTF-8");
            let line = told(&["run", path, "--repeat", "2", "--from", from]);
            let expected = format!("2 runs, {kind}, id_token {id_token}: ");
            assert!(line.contains(&expected), "{line}");
            assert!(line.contains(" a second on 1 thread, "), "{line}");
        }
    }
}

#[test]
fn the_table_of_steps_is_current() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scenarios.md");
    let committed = std::fs::read_to_string(page).expect("docs/scenarios.md");
    let table = told(&["list", "steps", "--markdown"]);
    let between = format!("<!-- trustlab list steps --markdown -->\n{table}<!-- end of steps -->\n");
    assert!(
        committed.contains(&between),
        "put it between its comments: trustlab list steps --markdown"
    );
}
