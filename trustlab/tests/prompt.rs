//! What is typed without a terminal: lines from a pipe and single commands, in paused runs and in labs on sockets.

#![cfg(unix)]

mod support;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::Lab;

/// The program with these arguments and this input, for a user whose sessions leave their traces in `home`.
fn typed(home: &Path, arguments: &[&str], lines: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args(arguments)
        .env("XDG_RUNTIME_DIR", home)
        .env("XDG_STATE_HOME", home.join("state"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut keyboard = child.stdin.take().expect("a pipe");
    // a command reads nothing, and may be gone
    let _ = keyboard.write_all(lines.as_bytes());
    drop(keyboard);
    child.wait_with_output().expect("it ends")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// All of these stand there, one after another.
#[track_caller]
fn in_order(text: &str, wanted: &[&str]) {
    let mut rest = text;
    for wanted in wanted {
        let Some((_, after)) = rest.split_once(wanted) else {
            panic!("no {wanted:?} in what is left of\n{text}");
        };
        rest = after;
    }
}

#[test]
fn somebody_sits_down_at_a_lab_on_sockets_by_pipe_and_by_command() {
    let home = tempfile::tempdir().expect("a directory");
    let home = home.path();
    let dir = home.join("lab");
    let _lab = Lab::start(&dir, &[]);
    let dir = dir.to_str().expect("UTF-8");
    let at = |host: &str, user: &str, words: &[&str], lines: &str| {
        let first = ["at", "--lab", dir, host, "--as", user];
        typed(home, &[&first[..], words].concat(), lines)
    };

    // the same person by each of their names
    for user in ["ada", "ada@fernhill.example", "FERNHILL\\ada"] {
        let output = at(
            "ada-lt",
            user,
            &[],
            "sign-in hello\nwhoami\nklist cloud_debug\nexit\n",
        );
        assert!(output.status.success(), "{}", text(&output));
        in_order(
            &text(&output),
            &["fernhill\\ada", "Cloud Primary (Hybrid logon) TGT available: 1"],
        );
    }
    let who = at("ada-lt", "ada", &["whoami", "/upn"], "");
    assert_eq!(String::from_utf8_lossy(&who.stdout), "ada@fernhill.example\n");
    // somebody else at the same machine
    let other = at("ada-lt", "cleo", &["whoami"], "");
    assert_eq!(String::from_utf8_lossy(&other.stdout), "azuread\\cleo\n");
    let nobody = at("ada-lt", "adda", &["whoami"], "");
    assert_eq!(nobody.status.code(), Some(2), "{}", text(&nobody));
    assert!(text(&nobody).contains("ada"), "{}", text(&nobody));

    let lines = "sign-in fido\nopen \\\\fs01.ad.fernhill.example\\projects\ndsregcmd /status\nexit\n";
    let key = at("freya-lt", "freya", &[], lines);
    let said = text(&key);
    assert!(key.status.success(), "{said}");
    for wanted in ["projects is open", "NgcSet : NO", "OnPremTgt : YES"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let without = at("ada-lt", "ada", &["sign-in", "fido"], "");
    assert_eq!(without.status.code(), Some(1));
    assert!(text(&without).contains("no security key"), "{}", text(&without));
}

#[test]
fn time_is_shown_advanced_and_set_in_a_lab_on_sockets() {
    let home = tempfile::tempdir().expect("a directory");
    let home = home.path();
    let dir = home.join("lab");
    let _lab = Lab::start(&dir, &[]);
    let dir = dir.to_str().expect("UTF-8");
    let time = |words: &[&str]| typed(home, &[&["time"][..], words, &["--lab", dir]].concat(), "");
    let shown = time(&["show"]);
    assert!(
        shown.status.success() && text(&shown).contains("UTC"),
        "{}",
        text(&shown)
    );
    assert_eq!(time(&[]).stdout.len(), shown.stdout.len());

    let at = |words: &[&str]| typed(home, &[&["at", "--lab", dir, "ada-lt"][..], words].concat(), "");
    assert!(at(&["sign-in", "hello"]).status.success());
    let before = at(&["dsregcmd", "/status"]);
    assert!(time(&["advance", "5h"]).status.success());
    // the PRT was refreshed on the way
    assert_ne!(update_time(&before), update_time(&at(&["dsregcmd", "/status"])));

    // "Thursday 2027-05-06 …": New Year's morning of the year after
    let year: u16 = text(&time(&["show"]))
        .split([' ', '-'])
        .nth(1)
        .and_then(|year| year.parse().ok())
        .expect("a year");
    let morning = |hour: u8| format!("{}-01-01T{hour:02}:00:00Z", year + 1);
    let set = time(&["set", &morning(8)]);
    assert!(set.status.success(), "{}", text(&set));
    assert!(
        text(&time(&["show"])).contains(&format!("{}-01-01 08:00", year + 1)),
        "{}",
        text(&time(&["show"]))
    );
    for wrong in [
        &["set", "tomorrow"][..],
        &["advance", "-5m"],
        &["advance", "5 apples"],
        &["set", &morning(7)],
    ] {
        let refused = time(wrong);
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}: {}", text(&refused));
    }
}

fn update_time(status: &Output) -> String {
    let text = text(status);
    let row = text.lines().find(|line| line.contains("AzureAdPrtUpdateTime"));
    row.unwrap_or_else(|| panic!("no PRT in {text}")).to_owned()
}

#[test]
fn time_passes_and_devices_move_in_a_paused_run() {
    let home = tempfile::tempdir().expect("a directory");
    let run = ["run", "--until", "sign-in", "--at", "ada-lt"];
    let lines = "\
wait 90s
wait 5h
move home
klist purge
open \\\\fs01.ad.fernhill.example\\projects
move nowhere
move office
open \\\\fs01.ad.fernhill.example\\projects
wait
wait -3h
exit
";
    let said = typed(home.path(), &run, lines);
    let said = text(&said);
    for wanted in [
        "08:01:30",
        "13:01:30",
        "ada-lt is at home",
        "STATUS_NO_LOGON_SERVERS",
        "there are: office",
        "ada-lt is at office",
        "projects is open",
        "wait: takes a time",
    ] {
        assert!(
            said.to_lowercase().contains(&wanted.to_lowercase()),
            "{wanted}: {said}"
        );
    }
    assert_eq!(said.matches("wait: takes a time").count(), 2, "{said}");
}

#[test]
fn a_registered_device_is_worked_at_with_a_local_account_and_joined() {
    let home = tempfile::tempdir().expect("a directory");
    let run = [
        "run",
        "registered-not-joined",
        "--until",
        "open",
        "--at",
        "nora-lt",
    ];
    let lines = "\
whoami
whoami /upn
klist sessions
klist get krbtgt
sign-in hello
sign-out
klist
sign-in
open \\\\fs01.ad.fernhill.example\\projects as ad.fernhill.example\\nora
open \\\\fs01.ad.fernhill.example\\projects as nora
klist
join
sign-out
sign-in password
whoami
open \\\\fs01.ad.fernhill.example\\projects
join
exit
";
    let said = text(&typed(home.path(), &run, lines));
    for wanted in [
        "nora-lt\\nora\n",
        "not a domain user",
        "NORA-LT\\nora NTLM:Interactive",
        "klist failed with 0xc000005f",
        "registered and not joined",
        "type: sign-in password",
        "projects is open",
        "takes a share and an account behind `as`",
        "Cached Tickets: (0)",
        "nora-lt is joined",
        "fernhill\\nora\n",
        "nora-lt is joined already",
    ] {
        assert!(
            said.to_lowercase().contains(&wanted.to_lowercase()),
            "{wanted}: {said}"
        );
    }
    assert_eq!(said.matches("projects is open").count(), 3, "{said}");
}
