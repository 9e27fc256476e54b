//! The program as a user starts it.

#![allow(dead_code, reason = "each test uses its part of it")]

use std::process::{Command, Output};

pub(crate) fn trustlab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args(arguments)
        .output()
        .expect("the program starts")
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}
