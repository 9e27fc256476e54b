//! The directory of a lab on sockets: who may have it, what is written into it and when, and what is left at the end.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// `trustlab up`, for a user whose sessions leave their traces in `home`.
fn up(home: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trustlab"));
    command
        .args(["up", "--ports", "0", "--kdc-only", "--json"])
        .args(options)
        .env("XDG_RUNTIME_DIR", home)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A lab that serves, and what its line says.
struct Lab {
    process: Child,
    ready: serde_json::Value,
}

impl Lab {
    fn start(command: &mut Command) -> Self {
        let mut process = command.spawn().expect("the program starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().expect("a pipe"));
        stdout.read_line(&mut line).expect("UTF-8");
        match serde_json::from_str(&line) {
            Ok(ready) => Self { process, ready },
            Err(_) => panic!("{:?}", process.wait_with_output()),
        }
    }

    fn in_dir(home: &Path, dir: &Path) -> Self {
        let plain = up(home, &["--dir", dir.to_str().expect("UTF-8")]);
        // the tests themselves may run under nohup
        let mut command = Command::new("env");
        command
            .arg("--default-signal=HUP")
            .arg(plain.get_program())
            .args(plain.get_args())
            .env("XDG_RUNTIME_DIR", home)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self::start(&mut command)
    }

    /// Sends a signal and waits for the end.
    fn end(mut self, signal: &str) -> Option<i32> {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status();
        assert!(sent.expect("kill").success());
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().expect("a child") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the lab does not end");
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What `up` says in a directory where it does not run.
#[track_caller]
fn refused(home: &Path, dir: &Path, why: &str) -> Output {
    let output = up(
        home,
        &["--dir", dir.to_str().expect("UTF-8"), "--for-seconds", "0"],
    )
    .output()
    .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains(why), "{said}");
    assert!(output.stdout.is_empty());
    output
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}

/// Every file with its inode, modification and content.
fn files(dir: &Path) -> Vec<(PathBuf, u64, i64, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .expect("a directory")
        .map(|entry| {
            let path = entry.expect("a file").path();
            let found = fs::symlink_metadata(&path).expect("a file");
            let content = if found.is_file() {
                fs::read(&path).expect("readable")
            } else {
                Vec::new()
            };
            (path, found.ino(), found.mtime_nsec(), content)
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_line_says_where_everything_is_as_lab_json_does() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("lab");
    let lab = Lab::in_dir(home.path(), &dir);
    let ready = &lab.ready;
    let described = fs::read_to_string(dir.join("lab.json")).expect("lab.json");
    let described: serde_json::Value = serde_json::from_str(&described).expect("JSON");
    assert_eq!(*ready, described);
    assert_eq!(ready["format"], "trustlab.running-lab/1");
    assert_eq!(ready["pid"], lab.process.id());
    let canonical = dir.canonicalize().expect("it is there");
    assert_eq!(ready["dir"], canonical.to_str().expect("UTF-8"));
    for file in ["control", "env", "krb5_conf", "passwords"] {
        let path = PathBuf::from(ready[file].as_str().expect("a path"));
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert!(ready["ca"].is_null(), "there is no Entra");
    assert!(ready["domains"][0]["kdcs"][0]["udp"].is_string());
    assert_eq!(mode(&dir), 0o700);
}

#[test]
fn a_second_lab_says_which_process_has_the_directory_and_touches_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("lab");
    let first = Lab::in_dir(home.path(), &dir);
    let before = files(&dir);
    let pid = first.process.id();
    refused(
        home.path(),
        &dir,
        &format!("a lab runs there already (pid {pid})"),
    );
    assert_eq!(files(&dir), before);
    let link = home.path().join("link");
    symlink(&dir, &link).expect("a link");
    refused(home.path(), &link, "a lab runs there already");
    assert_eq!(files(&dir), before);
}

#[test]
fn a_lab_that_ends_removes_what_says_that_it_runs_and_its_keys_stay_for_the_next() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("lab");
    let mut first = None;
    for signal in ["TERM", "HUP", "INT", "KILL", "TERM"] {
        let lab = Lab::in_dir(home.path(), &dir);
        let secret = fs::read(dir.join("secret")).expect("a secret");
        assert_eq!(*first.get_or_insert_with(|| secret.clone()), secret);
        assert_eq!(lab.end(signal), (signal != "KILL").then_some(0));
        for gone in ["env.sh", "lab.json", "control.sock"] {
            assert_eq!(dir.join(gone).exists(), signal == "KILL", "{signal}: {gone}");
        }
    }
}

#[test]
fn a_lab_started_to_outlive_its_terminal_does() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("lab");
    let options = ["--dir", dir.to_str().expect("UTF-8")];
    let plain = up(home.path(), &options);
    let mut nohup = Command::new("nohup");
    nohup.arg(plain.get_program()).args(plain.get_args());
    nohup
        .env("XDG_RUNTIME_DIR", home.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut lab = Lab::start(&mut nohup);
    let pid = lab.process.id().to_string();
    let sent = Command::new("kill").args(["-s", "HUP", &pid]).status();
    assert!(sent.expect("kill").success());
    std::thread::sleep(Duration::from_millis(300));
    assert!(lab.process.try_wait().expect("a child").is_none());
    assert_eq!(lab.end("TERM"), Some(0));
}

#[test]
fn a_directory_that_holds_other_files_is_refused_as_it_is() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("work");
    fs::create_dir(&dir).expect("made");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("its owner may");
    fs::write(dir.join("env.sh"), "of somebody's own").expect("written");
    let before = files(&dir);
    refused(home.path(), &dir, "holds other files (env.sh) and no lab's");
    assert_eq!((files(&dir), mode(&dir)), (before, 0o755));

    let file = dir.join("env.sh");
    refused(home.path(), &file, "is no directory");
    refused(
        home.path(),
        Path::new("/sys/kernel/trustlab"),
        "error: /sys/kernel/trustlab: ",
    );
}

#[test]
fn an_empty_directory_is_taken_with_the_mode_it_has_unless_others_write_there() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("empty");
    fs::create_dir(&dir).expect("made");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).expect("its owner may");
    refused(home.path(), &dir, "others may write there");
    assert_eq!(files(&dir), []);
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("its owner may");
    let _lab = Lab::in_dir(home.path(), &dir);
    assert_eq!(mode(&dir), 0o755);
    for (file, ..) in files(&dir) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn links_that_were_planted_are_replaced_and_what_they_lead_to_is_not_written() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("lab");
    assert_eq!(Lab::in_dir(home.path(), &dir).end("TERM"), Some(0));
    let victim = home.path().join("victim");
    fs::write(&victim, "somebody's").expect("written");
    for name in ["kdc.keytab", "krb5.conf", "env.sh", "kdc.keytab.new"] {
        let _ = fs::remove_file(dir.join(name));
        symlink(&victim, dir.join(name)).expect("a link");
    }
    let _lab = Lab::in_dir(home.path(), &dir);
    assert_eq!(fs::read_to_string(&victim).expect("it is there"), "somebody's");
    assert!(!dir.join("kdc.keytab").is_symlink());
    assert_eq!(mode(&dir.join("kdc.keytab")), 0o600);
}

#[test]
fn a_secret_that_others_can_read_or_a_linked_lock_is_refused() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("lab");
    assert_eq!(Lab::in_dir(home.path(), &dir).end("TERM"), Some(0));
    let secret = dir.join("secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).expect("its owner may");
    refused(
        home.path(),
        &dir,
        "secret: is no file that this user alone can read",
    );
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("its owner may");
    fs::write(&secret, "tea\n").expect("written");
    refused(home.path(), &dir, "secret: expected 16 hexadecimal digits");

    let (lock, victim) = (dir.join("trustlab.lock"), home.path().join("victim"));
    fs::rename(&lock, &victim).expect("moved");
    symlink(&victim, &lock).expect("a link");
    refused(home.path(), &dir, "trustlab.lock: ");
}

#[test]
fn a_lab_that_cannot_listen_leaves_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("new");
    // taken by this test, or by a lab beside it
    let _taken = std::net::UdpSocket::bind(("127.77.0.10", 10_088));
    let output = Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args([
            "up",
            "--kdc-only",
            "--ports",
            "offset",
            "--for-seconds",
            "0",
            "--dir",
        ])
        .arg(&dir)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("cannot listen on"),
        "{output:?}"
    );
    assert!(!dir.exists());
}

#[test]
fn labs_of_a_user_without_names_are_found_by_its_number_and_a_strangers_are_not() {
    let temporary = tempfile::tempdir().expect("a directory");
    let nameless = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trustlab"));
        command
            .args(arguments)
            .env_remove("USER")
            .env_remove("XDG_RUNTIME_DIR");
        command
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    let lab = Lab::start(&mut nameless(&["up", "--ports", "0", "--kdc-only", "--json"]));
    let user = fs::metadata(temporary.path()).expect("it is there").uid();
    let session = temporary.path().join(format!("trustlab-{user}"));
    assert_eq!(mode(&session), 0o700);
    assert!(
        lab.ready["dir"]
            .as_str()
            .expect("a path")
            .contains(&format!("trustlab-{user}/up-"))
    );
    assert!(
        nameless(&["time"])
            .output()
            .expect("the program starts")
            .status
            .success()
    );
    drop(lab);

    // others could have put a list of their labs there
    fs::set_permissions(&session, fs::Permissions::from_mode(0o777)).expect("its owner may");
    let output = nameless(&["time"]).output().expect("the program starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("others may write there"),
        "{output:?}"
    );
}

/// Only root can give a directory away.
#[test]
fn a_strangers_directory_is_refused_by_root_too() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("theirs");
    fs::create_dir(&dir).expect("made");
    if std::os::unix::fs::chown(&dir, Some(65_534), None).is_err() {
        eprintln!("skipped: this user cannot give a directory away");
        return;
    }
    refused(home.path(), &dir, "belongs to another user (uid 65534)");
    let at = Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args(["time", "--lab"])
        .arg(&dir)
        .output()
        .expect("the program starts");
    assert_eq!(at.status.code(), Some(3));
    assert!(
        String::from_utf8_lossy(&at.stderr).contains("belongs to another user"),
        "{at:?}"
    );

    // nor is a directory for the session that a stranger made
    let temporary = home.path().join("tmp");
    fs::create_dir(&temporary).expect("made");
    let session = temporary.join("trustlab-0");
    fs::create_dir(&session).expect("made");
    std::os::unix::fs::chown(&session, Some(65_534), None).expect("root may");
    let output = Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args(["up", "--ports", "0", "--kdc-only", "--for-seconds", "0"])
        .env("XDG_RUNTIME_DIR", &temporary)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(3), "{output:?}");
}

#[test]
fn options_after_the_command_are_the_programs_and_no_other_lab_answers() {
    let home = tempfile::tempdir().expect("a directory");
    let (first, second) = (home.path().join("first"), home.path().join("second"));
    let labs = [
        Lab::in_dir(home.path(), &first),
        Lab::in_dir(home.path(), &second),
    ];
    let trustlab = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trustlab"));
        command.args(words).env("XDG_RUNTIME_DIR", home.path());
        command.output().expect("the program starts")
    };
    let first = first.to_str().expect("UTF-8");
    let ahead = |lab: &[&str]| {
        let shown = trustlab(&[&["time", "show"][..], lab].concat());
        String::from_utf8_lossy(&shown.stderr).into_owned()
    };
    let waited = trustlab(&["at", "ada-lt", "wait", "2h", "--lab", first]);
    assert!(waited.status.success(), "{waited:?}");
    assert!(
        ahead(&["--lab", first]).contains("2 h ahead"),
        "{}",
        ahead(&["--lab", first])
    );
    assert_eq!(ahead(&[]), "", "the lab that was started last was not asked");

    let by_json = trustlab(&[
        "at",
        "ada-lt",
        "whoami",
        "--as",
        "ada",
        "--json",
        &format!("--lab={first}"),
    ]);
    let object: serde_json::Value = serde_json::from_slice(&by_json.stdout).expect("JSON");
    assert_eq!(object["schema"], "trustlab.typed/1");
    for (words, why) in [
        (
            &["at", "ada-lt", "wait", "--lab", first, "1h"][..],
            "--lab stands among the words",
        ),
        (
            &["at", "ada-lt", "wait", "1h", "--lab"],
            "--lab stands among the words",
        ),
        (
            &["at", "ada-lt", "--lab", first, "wait", "1h", "--lab", first],
            "--lab is given twice",
        ),
        (&["at", "ada-lt", "--json"], "--json needs a command"),
    ] {
        let output = trustlab(words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(why),
            "{output:?}"
        );
    }
    drop(labs);
}

#[test]
fn a_shell_that_is_set_for_a_lab_asks_that_lab_and_no_other() {
    let home = tempfile::tempdir().expect("a directory");
    let dir = home.path().join("first");
    let first = Lab::in_dir(home.path(), &dir);
    let _second = Lab::in_dir(home.path(), &home.path().join("second"));
    let time = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trustlab"));
        command
            .arg("time")
            .args(words)
            .env("XDG_RUNTIME_DIR", home.path())
            .env("TRUSTLAB_DIR", &dir);
        command.output().expect("the program starts")
    };
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said(&time(&["advance", "2h"])).contains("2 h ahead"));
    assert!(said(&time(&[])).contains("2 h ahead"));

    assert_eq!(first.end("TERM"), Some(0));
    let gone = time(&[]);
    assert_eq!(gone.status.code(), Some(3));
    assert!(
        said(&gone).contains("which TRUSTLAB_DIR names in this shell"),
        "{gone:?}"
    );
}
