//! Sitting down at a machine, from this terminal and from another: in a paused run and in a lab on sockets.

#![cfg(unix)]

mod support;

use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use support::Lab;

/// The program, for a user whose sessions leave their traces in `home`.
fn trustlab(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trustlab"));
    command
        .env("XDG_RUNTIME_DIR", home)
        .env("XDG_STATE_HOME", home.join("state"));
    command
}

fn typed(home: &Path, arguments: &[&str]) -> Output {
    trustlab(home)
        .args(arguments)
        .output()
        .expect("the program starts")
}

#[track_caller]
fn works(home: &Path, arguments: &[&str]) -> String {
    let output = typed(home, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Where the sessions of this user leave their traces, below `home`.
fn session(home: &Path) -> PathBuf {
    let user = std::fs::metadata(home).expect("it is there").uid();
    home.join(format!("trustlab-{user}"))
}

/// A run that stands still after the sign-in, with somebody at ADA-LT who types nothing yet.
fn paused(home: &Path) -> Child {
    let run = trustlab(home)
        .args(["run", "--until", "sign-in", "--at", "ada-lt"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    let session = session(home);
    let dir = session.join(format!("run-{}", run.id()));
    let is_listed = || {
        let labs = std::fs::read_to_string(session.join("labs")).unwrap_or_default();
        labs.lines().any(|lab| Path::new(lab) == dir)
    };
    while !is_listed() {
        assert!(Instant::now() < deadline, "the run does not pause");
        std::thread::sleep(Duration::from_millis(20));
    }
    run
}

#[test]
fn a_second_terminal_types_in_a_paused_run_and_the_story_goes_on_afterwards() {
    let home = tempfile::tempdir().expect("a directory");
    let home = home.path();
    let mut run = paused(home);
    let socket = session(home).join(format!("run-{}/control.sock", run.id()));
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(mode(socket.parent().expect("a directory")), 0o700);

    let shown = works(home, &["at", "ada-lt", "klist", "cloud_debug"]);
    assert!(shown.contains("TGT available: 1"), "{shown}");
    works(home, &["at", "ada-lt", "save", "signed-in"]);
    works(home, &["at", "ada-lt", "sign-out"]);
    assert_eq!(typed(home, &["at", "ada-lt", "klist"]).status.code(), Some(1));
    works(home, &["at", "ada-lt", "back signed-in"]);
    assert!(works(home, &["time"]).starts_with("Monday 2026-11-23 08:00:00"));
    let json: serde_json::Value =
        serde_json::from_str(&works(home, &["at", "--json", "ada-lt", "klist"])).expect("JSON");
    assert_eq!(json["schema"], "trustlab.typed/1");

    let mut keyboard = run.stdin.take().expect("a pipe");
    keyboard.write_all(b"lock\nunlock\nexit\n").expect("it reads");
    drop(keyboard);
    let output = run.wait_with_output().expect("it ends");
    let told = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("PAUSED at Monday") && told.contains("\nOK  "),
        "{told}"
    );
    assert!(!socket.exists());
    let gone = typed(home, &["at", "ada-lt", "klist"]);
    assert_eq!(gone.status.code(), Some(3));
    assert!(stderr(&gone).contains("trustlab up"), "{}", stderr(&gone));
}

#[test]
fn a_run_that_was_killed_leaves_nothing_when_another_has_begun() {
    let home = tempfile::tempdir().expect("a directory");
    let home = home.path();
    let dir_of = |run: &Child| session(home).join(format!("run-{}", run.id()));
    let mut killed = paused(home);
    killed.kill().expect("it runs");
    killed.wait().expect("it ends");
    assert!(dir_of(&killed).exists());
    let mut other = paused(home);
    works(home, &["time"]);
    assert!(!dir_of(&killed).exists() && dir_of(&other).exists());
    drop(other.stdin.take());
    other.wait().expect("it ends");
    assert!(!dir_of(&other).exists());
}

/// What a run tells, with somebody at ADA-LT who types `lines`; and what the lines print.
fn told(home: &Path, run: &[&str], lines: &str) -> String {
    let mut run = trustlab(home)
        .args(run)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut keyboard = run.stdin.take().expect("a pipe");
    keyboard.write_all(lines.as_bytes()).expect("it reads");
    drop(keyboard);
    let output = run.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&output.stdout).into_owned() + &stderr(&output)
}

#[test]
fn what_is_typed_in_a_paused_run_is_no_failure_of_its_story() {
    let home = tempfile::tempdir().expect("a directory");
    let run = ["run", "--until", "sign-in", "--at", "ada-lt"];
    let changed = told(home.path(), &run, "sign-out\nexit\n");
    assert!(changed.contains("\nCHANGED BY HAND  "), "{changed}");
    assert!(
        changed.contains("no longer apply") && changed.contains("outcome · open"),
        "{changed}"
    );
    let looked = told(home.path(), &run, "klist\nexit\n");
    assert!(looked.contains("\nOK  "), "{looked}");
}

#[test]
fn what_was_typed_is_saved_as_a_scenario() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("again.toml");
    let file = file.to_str().expect("UTF-8");
    let run = ["run", "--until", "08:01", "--at", "ada-lt"];
    let lines = format!("move home\nmove office\nopen \\\\fs01\\projects\nsave-as {file}\nexit\n");
    let saved = told(home.path(), &run, &lines);
    assert!(saved.contains(&format!("steps in {file}")), "{saved}");
    let again = works(home.path(), &["run", file]);
    assert!(again.contains("\nOK  "), "{again}");
    assert!(again.contains("opens") || again.contains("projects"), "{again}");
}

#[test]
fn a_short_name_opens_at_the_prompt_where_it_opens_in_a_step() {
    let home = tempfile::tempdir().expect("a directory");
    let lines = "open \\\\fs01\\projects\nopen \\\\fs01.ad.fernhill.example\\projects\nexit\n";
    let opened = r"\\fs01.ad.fernhill.example\projects is open";
    for (run, times) in [("healthy-first-sign-in", 2), ("short-name-or-address", 1)] {
        let told = told(
            home.path(),
            &["run", run, "--until", "sign-in", "--at", "ada-lt"],
            lines,
        );
        assert_eq!(told.matches(opened).count(), times, "{told}");
    }
}

#[test]
fn an_elevated_window_tests_the_key_of_the_device() {
    let home = tempfile::tempdir().expect("a directory");
    let run = ["run", "--until", "sign-in", "--at", "ada-lt"];
    for (line, tested) in [
        ("dsregcmd /status", "MUST Run elevated to test."),
        ("elevated dsregcmd /status", "PASSED"),
        ("system dsregcmd /status", "PASSED"),
    ] {
        let told = told(home.path(), &run, &format!("{line}\nexit\n"));
        assert!(
            told.contains(&format!("KeySignTest : {tested}")),
            "{line}: {told}"
        );
    }
}

#[test]
fn a_lab_on_sockets_moves_waits_and_warns_of_its_clock() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("lab");
    let _lab = Lab::start(&dir, &[]);
    let dir = dir.to_str().expect("UTF-8");
    let at = |words: &[&str]| {
        let all: Vec<&str> = ["at", "--lab", dir, "ada-lt"]
            .iter()
            .chain(words)
            .copied()
            .collect();
        typed(home.path(), &all)
    };
    for line in [
        &["sign-in", "hello"][..],
        &["open", r"\\fs01\projects"],
        &["move", "home"],
        &["klist", "purge"],
    ] {
        let output = at(line);
        assert!(output.status.success(), "{line:?}: {output:?}");
    }
    let refused = at(&["open", r"\\fs01\projects"]);
    assert!(
        stderr(&refused).contains("STATUS_NO_LOGON_SERVERS"),
        "{refused:?}"
    );
    assert!(at(&["move", "office"]).status.success());

    let near = at(&["wait", "4m"]);
    assert!(
        stderr(&near).contains("4 min ahead") && !stderr(&near).contains("error 37"),
        "{near:?}"
    );
    let advanced = typed(home.path(), &["time", "advance", "5h", "--lab", dir]);
    assert!(stderr(&advanced).contains("error 37"), "{advanced:?}");
    // the PRT was refreshed on the way, and what was issued then is good now
    assert!(at(&["open", r"\\fs01\projects"]).status.success());
    assert_eq!(at(&["save", "now"]).status.code(), Some(1));
    let past = typed(
        home.path(),
        &["time", "set", "2020-01-01T00:00:00Z", "--lab", dir],
    );
    assert_eq!(past.status.code(), Some(2));
    assert!(stderr(&past).contains("only goes forward"), "{past:?}");
}

#[test]
fn the_control_socket_outlives_lines_that_are_none() {
    use std::os::unix::net::UnixStream;

    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("lab");
    let _lab = Lab::start(&dir, &["--kdc-only"]);
    let octets: [&[u8]; 4] = [
        b"\n",
        b"{\"control\":\"trustlab.control/9\"}\n",
        &[0xff; 100_000],
        b"{}",
    ];
    for line in octets {
        let mut stream = UnixStream::connect(dir.join("control.sock")).expect("it listens");
        // the lab may hang up before all is written
        let _ = stream.write_all(line);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
    }
    let dir = dir.to_str().expect("UTF-8");
    assert!(works(home.path(), &["time", "--lab", dir]).contains("UTC"));
}

/// What somebody at a terminal sees who types these lines, each when the prompt is there.
fn at_terminal(home: &Path, lines: &[&str]) -> String {
    let run = format!(
        "{} run --until sign-in --at ada-lt",
        env!("CARGO_BIN_EXE_trustlab")
    );
    let mut script = Command::new("timeout")
        .args(["60", "script", "-qec", &run, "/dev/null"])
        .env("XDG_RUNTIME_DIR", home)
        .env("XDG_STATE_HOME", home.join("state"))
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script, of util-linux, is installed");
    let mut keyboard = script.stdin.take().expect("a pipe");
    let mut terminal = script.stdout.take().expect("a pipe");
    let mut screen = Vec::new();
    let mut lines = lines.iter();
    let mut seen = 0;
    let mut octets = [0; 4096];
    while let Ok(read @ 1..) = terminal.read(&mut octets) {
        screen.extend_from_slice(&octets[..read]);
        let fresh = String::from_utf8_lossy(&screen[seen..]).into_owned();
        if fresh.contains("ada@ADA-LT> ")
            && let Some(line) = lines.next()
        {
            seen = screen.len();
            keyboard.write_all(line.as_bytes()).expect("it reads");
        }
    }
    script.wait().expect("it ends");
    String::from_utf8_lossy(&screen).into_owned()
}

#[test]
fn the_prompt_of_a_terminal_completes_and_remembers_lines() {
    let home = tempfile::tempdir().expect("a directory");
    let screen = at_terminal(home.path(), &["kli\tcl\t\r", "exit\r"]);
    assert!(screen.contains("ada@ADA-LT> "), "{screen}");
    assert!(screen.contains("TGT available: 1"), "{screen}");
    let history = home.path().join("state/trustlab/history");
    let lines = std::fs::read_to_string(history).expect("a history");
    assert!(lines.contains("klist cloud_debug"), "{lines}");
    // the line before the last, of the session before this one
    let screen = at_terminal(home.path(), &["\x1b[A\x1b[A\r", "exit\r"]);
    assert!(screen.contains("TGT available: 1"), "{screen}");
}

/// Outputs of these lines stand there, one after another.
#[track_caller]
fn in_order(screen: &str, outputs: &[&str]) {
    let mut rest = screen;
    for output in outputs {
        let Some((_, after)) = rest.split_once(output) else {
            panic!("no {output:?} in what is left of\n{screen}");
        };
        rest = after;
    }
}

#[test]
fn every_pasted_line_runs_in_its_turn() {
    let home = tempfile::tempdir().expect("a directory");
    let outputs = [
        "Cloud Primary (Hybrid logon) TGT available: 1",
        "it is Monday 2026-11-23 08:02",
        "AzureAdPrt : YES",
        "ada@fernhill.example\r\n",
        "projects is open",
    ];
    let lines = [
        "klist cloud_debug",
        "wait 2m",
        "dsregcmd /status",
        "whoami /upn",
        "open “\\\\fs01.ad.fernhill.example\\projects”",
        "exit",
    ];
    // unmarked, with each end of line; and marked, where a tab is no completion
    let plain = lines.join("\r") + "\r";
    in_order(&at_terminal(home.path(), &[&plain]), &outputs);
    in_order(&at_terminal(home.path(), &[&plain.replace('\r', "\n")]), &outputs);
    let marked = format!("\x1b[200~{}\x1b[201~", plain.replace(' ', "\t"));
    in_order(&at_terminal(home.path(), &[&marked]), &outputs);
    // the last line waits until it is ended by hand
    let unfinished = format!("\x1b[200~{}\x1b[201~\r", lines.join("\r\n"));
    in_order(&at_terminal(home.path(), &[&unfinished]), &outputs);
}

#[test]
fn what_is_typed_while_a_command_runs_is_kept() {
    let home = tempfile::tempdir().expect("a directory");
    let screen = at_terminal(home.path(), &["wait 30d\rwhoami /upn\r", "exit\r"]);
    in_order(&screen, &["it is ", "ada@fernhill.example\r\n"]);
}
