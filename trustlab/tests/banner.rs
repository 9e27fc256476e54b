//! What `trustlab up` says when it serves: command lines that can be copied, and one address for each host.

#![cfg(unix)]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use support::Lab;

/// Programs that may not be installed: they print what they are called with, a line for each argument.
const STAND_INS: [&str; 2] = ["kinit", "kvno"];

fn make_programs(dir: &Path) {
    std::fs::create_dir_all(dir).expect("a directory");
    for name in STAND_INS {
        let path = dir.join(name);
        let script = format!("#!/bin/sh\nfor word in \"$@\"; do echo \"{name} got <$word>\"; done\n");
        std::fs::write(&path, script).expect("written");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).expect("executable");
    }
    symlink(env!("CARGO_BIN_EXE_trustlab"), dir.join("trustlab")).expect("a link");
}

#[test]
fn every_command_line_of_the_banner_can_be_copied_and_run() {
    let home = tempfile::tempdir().expect("a directory");
    let programs = home.path().join("programs");
    make_programs(&programs);
    let path = format!(
        "{}:{}",
        programs.display(),
        std::env::var("PATH").expect("a path")
    );
    // a blank and a quote in the name of the directory are nothing special
    let dir = home.path().join("Ada's lab");
    let mut lab = Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args(["up", "--ports", "0", "--for-seconds", "60", "--dir"])
        .arg(&dir)
        .env("USER", "tester")
        .env("XDG_RUNTIME_DIR", home.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let said = BufReader::new(lab.stdout.take().expect("a pipe"));
    let banner: Vec<String> = said
        .lines()
        .map_while(Result::ok)
        .take_while(|line| !line.starts_with("Ctrl-C"))
        .collect();
    let commands: Vec<&str> = banner
        .iter()
        .skip_while(|line| !line.starts_with("Next"))
        .filter_map(|line| line.strip_prefix("    "))
        .collect();
    assert_eq!(commands.len(), 4, "{banner:#?}");
    let output = Command::new("sh")
        .arg("-ec")
        .arg(commands.join("\n"))
        .env("PATH", path)
        .env("USER", "tester")
        .env("XDG_RUNTIME_DIR", home.path())
        .output()
        .expect("a shell");
    lab.kill().expect("it runs");
    lab.wait().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{commands:#?}\n{output:?}");
    let mut rest = &*said;
    for wanted in [
        "ada=",
        "kinit got <ada@AD.FERNHILL.EXAMPLE>",
        "kvno got <cifs/fs01.ad.fernhill.example>",
        "Cloud Primary (Hybrid logon) TGT available: 1",
    ] {
        let Some((_, after)) = rest.split_once(wanted) else {
            panic!("no {wanted}: {said}");
        };
        rest = after;
    }
    assert_eq!(said.matches(" got <").count(), 2, "{said}");
}

#[test]
fn a_host_has_one_address_in_every_view_and_file() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("lab");
    let _lab = Lab::start(&dir, &[]);
    let file = |name: &str| std::fs::read_to_string(dir.join(name)).expect("a file");
    let hosts: BTreeMap<String, String> = file("hosts")
        .lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let address = words.next()?.to_owned();
            Some((words.next()?.to_owned(), address))
        })
        .collect();
    let typed = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_trustlab"))
            .args(["at", "--lab", dir.to_str().expect("UTF-8"), "ada-lt"])
            .args(words)
            .env("XDG_RUNTIME_DIR", home.path())
            .output()
            .expect("the program starts");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    typed(&["sign-in", "hello"]);
    for (name, address) in hosts.iter().filter(|(name, _)| name.starts_with("dc")) {
        let chart = typed(&["w32tm", "/stripchart", &format!("/computer:{name}"), "/samples:1"]);
        assert!(
            chart.contains(&format!("{name} [{address}:123]")),
            "{address}: {chart}"
        );
        assert!(
            file("krb5.conf").contains(&format!("kdc = {address}:")),
            "{address}"
        );
        assert!(file("lab.json").contains(&format!("\"{address}:")), "{address}");
    }
    let found = typed(&["nltest", "/dsgetdc:ad.fernhill.example"]);
    let value = |label: &str| {
        let line = found.lines().find_map(|line| line.trim().strip_prefix(label));
        line.map(|value| value.trim().trim_start_matches('\\').to_owned())
    };
    let host = value("DC:").expect("a DC is found");
    assert_eq!(value("Address:").as_ref(), hosts.get(&host), "{found}");
}
