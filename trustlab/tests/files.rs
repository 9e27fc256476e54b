//! Files whose names a user chose: what is replaced, what is written into, what is refused, and what of a full disk.

#![cfg(unix)]

#[path = "support/program.rs"]
mod program;

use std::fs::OpenOptions;
use std::process::{Command, Output, Stdio};

use program::{stderr, stdout, trustlab};

#[track_caller]
fn refused(output: &Output, why: &str) {
    assert_eq!(output.status.code(), Some(3), "{}", stderr(output));
    assert!(stderr(output).contains(why), "{}", stderr(output));
}

/// What the program says, with what it prints in `stdout`.
fn into(arguments: &[&str], stdout: impl Into<Stdio>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args(arguments)
        .stdout(stdout)
        .output()
        .expect("the program starts")
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_that_was_lost_is_exit_code_3() {
    let full = || {
        OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .expect("a device")
    };
    for arguments in [
        &["run", "--json"][..],
        &["run"],
        &["run", "--all", "--json"],
        &["run", "--repeat", "2"],
        &["list", "rules"],
        &["explain", "0x14"],
        &["lab", "show"],
        &["lab", "check", "fernhill"],
        &["lab", "schema"],
        &["completions", "bash"],
        &["--help"],
        &["--version"],
        &[],
    ] {
        refused(
            &into(arguments, full()),
            "standard output: No space left on device",
        );
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for arguments in [
        &["run", "--all", "--json"][..],
        &["completions", "bash"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = into(arguments, writer);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert_eq!(stderr(&output), "");
    }
    assert!(stdout(&trustlab(&["completions", "bash"])).contains("trustlab"));
}
