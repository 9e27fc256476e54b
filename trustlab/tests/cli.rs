//! The program as its user meets it: output, exit codes, errors.

#[path = "support/program.rs"]
mod program;

use std::path::Path;

use program::{stderr, stdout, trustlab};

#[test]
fn without_arguments_there_are_three_doors_in_ten_lines() {
    let output = trustlab(&[]);
    assert!(output.status.success());
    assert!(stdout(&output).lines().count() <= 10);
    assert!(stdout(&output).contains("trustlab run"));
}

#[test]
fn the_healthy_run_is_told_in_forty_lines() {
    let output = trustlab(&["run"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.lines().count() <= 40, "{} lines", text.lines().count());
    for wanted in [
        "1 SIGN-IN",
        "2 EXCHANGE",
        "3 ACCESS",
        "[PRT-AD-ISSUED]",
        "[TGS-RODC-ALLOWED]",
        "WHAT ADA-LT SHOWS NOW",
        "OK ",
    ] {
        assert!(text.contains(wanted), "no {wanted} in\n{text}");
    }
}

#[test]
fn a_refusal_names_its_rule_and_reason() {
    let text = stdout(&trustlab(&["run", "admin-denied", "--with-fix"]));
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(words.join(" ").contains(
        "dom is in Denied RODC Password Replication Group through Domain Admins [TGS-RODC-DENIED]"
    ));
    assert!(text.contains("FIX"));
}

#[test]
fn json_is_one_object_a_line() {
    let output = trustlab(&["run", "--all", "--json"]);
    assert_eq!(output.status.code(), Some(0));
    for line in stdout(&output).lines() {
        let object: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(object["format"], "trustlab.run/1");
        for key in [
            "scenario",
            "seed",
            "ok",
            "messages",
            "virtual_seconds",
            "observations",
            "failures",
        ] {
            assert!(!object[key].is_null(), "no {key} in {line}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let hash = |seed: &str| stdout(&trustlab(&["run", "--json", "--seed", seed]));
    assert_eq!(hash("7"), hash("7"));
    assert_ne!(hash("7"), hash("8"));
}

#[test]
fn a_failed_expectation_gives_exit_code_1() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("wrong.toml");
    let text = "format = \"trustlab.scenario/1\"\nname = \"wrong\"\ntitle = \"t\"\n\n[[step]]\nname = \"in\"\n\
                sign-in = { user = \"ada\", device = \"ada-lt\" }\n\n[[expect]]\ndsregcmd = { OnPremTgt = \"NO\" }\n";
    std::fs::write(&file, text).expect("written");
    let output = trustlab(&["run", file.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stdout(&output).contains("expected NO"));
}

#[test]
fn what_is_worth_typing_next_can_be_typed() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("appoff.toml");
    let text = "format = \"trustlab.scenario/1\"\nname = \"appoff\"\ntitle = \"t\"\n\n[[step]]\n\
                sign-in = { user = \"ada\", device = \"ada-lt\" }\n";
    std::fs::write(&file, text).expect("written");
    let path = file.to_str().expect("UTF-8");
    let text = stdout(&trustlab(&["run", path]));
    assert!(text.contains(&format!("trustlab run {path} -v")), "{text}");
    assert!(!text.contains("trustlab explain"), "{text}");
    let library = stdout(&trustlab(&["run", "guest-user"]));
    assert!(library.contains("trustlab explain guest-user"), "{library}");
}

#[test]
fn the_end_shows_the_machine_of_the_story_and_who_signed_in_last() {
    let shown = |arguments: &[&str]| {
        let text = stdout(&trustlab(arguments));
        text[text.find("WHAT ").expect("the end")..].to_owned()
    };
    let old = shown(&["run", "windows-too-old", "--with-fix"]);
    assert!(old.starts_with("WHAT NORA-LT SHOWS NOW"), "{old}");
    assert!(
        old.contains("AzureAdPrt : YES") && !old.contains("OnPremTgt :"),
        "{old}"
    );
    let guest = shown(&["run", "guest-user"]);
    assert!(
        guest.starts_with("WHAT ADA-LT") && guest.contains("OnPremTgt : YES"),
        "{guest}"
    );
    let remote = shown(&["run", "remote-desktop-with-pin"]);
    assert!(
        remote.starts_with("WHAT PAUL-PC") && remote.contains("--at paul-pc"),
        "{remote}"
    );
}

#[test]
fn what_is_told_is_true() {
    let waiting = stdout(&trustlab(&["run", "refresh-takes-a-while"]));
    assert!(
        waiting.contains("dsregcmd /refreshprt marked the PRT"),
        "{waiting}"
    );
    assert!(!waiting.contains("four hours old"), "{waiting}");
    let days = stdout(&trustlab(&["run", "one-port-blocked"]));
    for day in ["Tuesday, 24 November 2026", "Wednesday, 25 November 2026"] {
        assert_eq!(days.matches(day).count(), 1, "{days}");
    }
}

#[test]
fn a_bad_file_is_refused_with_its_places_and_nothing_is_run() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("bad.toml");
    let text = "format = \"trustlab.scenario/1\"\nname = \"bad\"\ntitle = \"t\"\n\n[[step]]\nname = \"in\"\n\
                sign-in = { user = \"adda\", device = \"ada-lt\" }\n";
    std::fs::write(&file, text).expect("written");
    let output = trustlab(&["run", file.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).is_empty());
    let errors = stderr(&output);
    assert!(errors.contains("bad.toml:7:"), "{errors}");
    assert!(errors.contains("ada"), "{errors}");
    assert!(errors.contains("Nothing was run."));
}

#[test]
fn an_unknown_name_suggests_the_nearest() {
    let output = trustlab(&["run", "admin-denyed"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean admin-denied?"));
    assert!(stderr(&trustlab(&["explain", "tgs-rodc-denyed"])).contains("did you mean TGS-RODC-DENIED?"));
    assert_eq!(trustlab(&["explain", "no-such-thing"]).status.code(), Some(2));
    assert_eq!(trustlab(&["run", "--no-such-flag"]).status.code(), Some(2));
}

#[test]
fn a_run_stops_where_it_is_told() {
    let output = trustlab(&["run", "--until", "sign-in"]);
    let text = stdout(&output);
    assert!(
        text.contains("1 SIGN-IN") && !text.contains("2 EXCHANGE"),
        "{text}"
    );
    assert!(stdout(&trustlab(&["run", "long-session", "--until", "+2h"])).contains("2 h of lab time"));
}

#[test]
fn every_rule_scenario_and_fault_is_explained() {
    for what in ["rules", "scenarios", "faults"] {
        let listed = stdout(&trustlab(&["list", what, "--json"]));
        let first = listed.lines().next().expect("something");
        let name = serde_json::from_str::<serde_json::Value>(first).expect("JSON")["name"]
            .as_str()
            .expect("a name")
            .to_owned();
        assert_eq!(trustlab(&["explain", &name]).status.code(), Some(0), "{name}");
    }
}

/// What bash offers for the last of these words.
#[cfg(unix)]
fn completed(words: &[&str]) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_trustlab"));
    let script = "source <(trustlab completions bash); COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                  _clap_complete_trustlab trustlab \"${@: -1}\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let path = format!(
        "{}:{}",
        program.parent().expect("a directory").display(),
        std::env::var("PATH").expect("a path")
    );
    let output = std::process::Command::new("bash")
        .args(["-c", script, "bash"])
        .args(words)
        .env("PATH", path)
        .output()
        .expect("bash is installed");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(str::to_owned)
        .collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_the_names_that_commands_take() {
    for (words, offered) in [
        (&["trustlab", "run", "healthy"][..], "healthy-first-sign-in"),
        (
            &["trustlab", "run", "admin-denied", "clock-skew-w"],
            "clock-skew-within-limit",
        ),
        (&["trustlab", "run", "--at", "sy"], "sync01"),
        (&["trustlab", "at", "ada"], "ada-lt"),
        (&["trustlab", "at", "--as", "ir"], "iris"),
        (&["trustlab", "explain", "TGS-RODC-DEN"], "TGS-RODC-DENIED"),
        (&["trustlab", "explain", "OnPremT"], "OnPremTgt"),
        (&["trustlab", "up", "two-f"], "two-forests"),
        (&["trustlab", "lab", "show", "bran"], "branch"),
        (&["trustlab", "list", "cov"], "coverage"),
        (&["trustlab", "lab", "schema", "sc"], "scenario"),
    ] {
        assert!(
            completed(words).iter().any(|word| word == offered),
            "{words:?}: {:?}",
            completed(words)
        );
    }
    // the other shells have a script as well
    for shell in ["zsh", "fish", "powershell", "elvish"] {
        let script = trustlab(&["completions", shell]);
        assert!(
            script.status.success() && stdout(&script).contains("TRUSTLAB_COMPLETE"),
            "{shell}"
        );
    }
}
