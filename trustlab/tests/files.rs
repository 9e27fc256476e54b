//! Files whose names a user chose: what is replaced, what is written into, what is refused, and what of a full disk.

#![cfg(unix)]

#[path = "support/program.rs"]
mod program;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use program::{stderr, stdout, trustlab};

/// `trustlab run` with the keys written to `path`.
fn keytab(path: &Path) -> Output {
    trustlab(&["run", "--keytab", path.to_str().expect("UTF-8")])
}

#[track_caller]
fn refused(output: &Output, why: &str) {
    assert_eq!(output.status.code(), Some(3), "{}", stderr(output));
    assert!(stderr(output).contains(why), "{}", stderr(output));
}

/// The first two octets of a keytab.
const KEYTAB: [u8; 2] = [5, 2];

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path)
        .expect("it is there")
        .permissions()
        .mode()
        & 0o777
}

fn made(program: &str, arguments: &[&str], path: &Path) -> bool {
    let status = Command::new(program).args(arguments).arg(path).status();
    status.expect("coreutils are installed").success()
}

#[test]
fn keys_are_their_owners_alone_where_a_file_was_and_where_none_was() {
    let dir = tempfile::tempdir().expect("a directory");
    let new = dir.path().join("new.keytab");
    let old = dir.path().join("old.keytab");
    fs::write(&old, "of yesterday").expect("written");
    fs::set_permissions(&old, fs::Permissions::from_mode(0o644)).expect("its owner may");
    for path in [&new, &old] {
        assert_eq!(keytab(path).status.code(), Some(0));
        assert!(fs::read(path).expect("a keytab").starts_with(&KEYTAB));
        assert_eq!(mode(path), 0o600);
    }
    let left = fs::read_dir(dir.path()).expect("a directory").count();
    assert_eq!(left, 2, "nothing else is left");
}

#[test]
fn what_holds_no_keys_has_the_mode_of_the_file_it_replaces_or_the_umask() {
    let dir = tempfile::tempdir().expect("a directory");
    let picture = dir.path().join("lab.svg");
    fs::write(&picture, "of yesterday").expect("written");
    fs::set_permissions(&picture, fs::Permissions::from_mode(0o640)).expect("its owner may");
    let name = picture.to_str().expect("UTF-8");
    assert_eq!(trustlab(&["lab", "show", "--svg", name]).status.code(), Some(0));
    assert!(fs::read_to_string(&picture).expect("SVG").contains("<svg"));
    assert_eq!(mode(&picture), 0o640);

    fs::remove_file(&picture).expect("it is there");
    let umask = Command::new("sh")
        .args(["-c", "umask 027 && exec \"$0\" lab show --svg \"$1\""])
        .args([env!("CARGO_BIN_EXE_trustlab"), name])
        .stdout(Stdio::null())
        .status();
    assert!(umask.expect("a shell").success());
    assert_eq!(mode(&picture), 0o640, "as the umask says");
}

#[test]
fn a_symbolic_link_stays_and_the_file_it_leads_to_is_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let (file, link) = (dir.path().join("run.keytab"), dir.path().join("link"));
    fs::write(&file, "of yesterday").expect("written");
    symlink("run.keytab", &link).expect("a link");
    assert_eq!(keytab(&link).status.code(), Some(0));
    assert!(link.is_symlink());
    assert!(fs::read(&file).expect("a keytab").starts_with(&KEYTAB));

    fs::remove_file(&file).expect("it is there");
    refused(&keytab(&link), "is a symbolic link to nothing");
    assert!(link.is_symlink() && !file.exists());
}

#[test]
fn a_device_stays_a_device() {
    let dir = tempfile::tempdir().expect("a directory");
    let (null, disk) = (dir.path().join("null"), dir.path().join("disk"));
    let node = |path: &Path, kind: &[&str]| {
        let mut mknod = Command::new("mknod");
        let status = mknod.arg(path).args(kind).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success()) && OpenOptions::new().write(true).open(path).is_ok()
    };
    if !node(&null, &["c", "1", "3"]) {
        eprintln!("skipped: this user, or this file system, may have no device nodes");
        return;
    }
    let link = dir.path().join("link");
    symlink(&null, &link).expect("a link");
    for path in [&null, &link] {
        assert_eq!(keytab(path).status.code(), Some(0));
        let capture = trustlab(&["run", "--pcap", path.to_str().expect("UTF-8")]);
        assert_eq!(capture.status.code(), Some(0));
        let kind = fs::metadata(&null).expect("it is there").file_type();
        assert!(kind.is_char_device() && link.is_symlink());
    }
    node(&disk, &["b", "7", "250"]);
    refused(&keytab(&disk), "is a block device");
}

#[test]
fn keys_go_into_a_pipe_that_is_its_owners_alone_and_into_no_other() {
    let dir = tempfile::tempdir().expect("a directory");
    let pipe = dir.path().join("pipe");
    assert!(made("mkfifo", &["-m", "600"], &pipe));
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read(pipe).expect("a keytab"))
    };
    assert_eq!(keytab(&pipe).status.code(), Some(0));
    assert!(reader.join().expect("it ends").starts_with(&KEYTAB));
    assert!(fs::metadata(&pipe).expect("it is there").file_type().is_fifo());

    let read_by_all = dir.path().join("read-by-all");
    assert!(made("mkfifo", &["-m", "644"], &read_by_all));
    refused(&keytab(&read_by_all), "others could read the keys there");
}

#[test]
fn keys_go_to_the_standard_output_but_into_no_file_there_that_others_read() {
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trustlab"));
        command.args(["run", "--keytab", "/dev/stdout"]);
        command
    };
    let piped = run().output().expect("the program starts");
    assert_eq!(piped.status.code(), Some(0), "{}", stderr(&piped));
    assert!(piped.stdout.starts_with(&KEYTAB) && piped.stdout.ends_with(b"other stories\n"));

    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("both");
    for (mode, code) in [(0o600, 0), (0o644, 3)] {
        let file = File::create(&path).expect("a file");
        file.set_permissions(fs::Permissions::from_mode(mode))
            .expect("its owner may");
        let inode = file.metadata().expect("a file").ino();
        let output = run().stdout(file).output().expect("the program starts");
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        let octets = fs::read(&path).expect("a file");
        assert_eq!(octets.starts_with(&KEYTAB), code == 0);
        assert_eq!(fs::metadata(&path).expect("a file").ino(), inode);
    }
}

#[test]
fn a_file_that_is_mounted_by_itself_is_written_into() {
    let dir = tempfile::tempdir().expect("a directory");
    let (outside, inside) = (dir.path().join("outside"), dir.path().join("inside"));
    for (mode, code) in [(0o600, 0), (0o644, 3)] {
        for file in [&outside, &inside] {
            fs::write(file, "of yesterday").expect("written");
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("its owner may");
        }
        let output = Command::new("unshare")
            .args(["-m", "sh", "-c"])
            .arg("mount --bind \"$1\" \"$2\" || exit 77; exec \"$0\" run --keytab \"$2\"")
            .arg(env!("CARGO_BIN_EXE_trustlab"))
            .args([&outside, &inside])
            .output();
        let mounted = output.is_ok_and(|output| {
            let code_is_right = output.status.code() == Some(code);
            let cannot = stderr(&output).contains("unshare: ") || output.status.code() == Some(77);
            assert!(code_is_right || cannot, "{}", stderr(&output));
            code_is_right
        });
        if !mounted {
            eprintln!("skipped: this user may mount nothing");
            return;
        }
        let octets = fs::read(&outside).expect("it is there");
        assert_eq!(octets.starts_with(&KEYTAB), code == 0);
        assert_eq!(fs::read_to_string(&inside).expect("it is there"), "of yesterday");
    }
}

#[test]
fn a_directory_and_a_place_that_takes_no_file_are_named() {
    let dir = tempfile::tempdir().expect("a directory");
    let name = dir.path().display().to_string();
    refused(&keytab(dir.path()), &format!("error: {name}: is a directory"));
    assert!(dir.path().is_dir());
    for option in ["--keytab", "--pcap", "--evidence"] {
        // sysfs takes no files, of root either
        let place = "/sys/kernel/trustlab";
        refused(&trustlab(&["run", option, place]), &format!("error: {place}"));
    }
    let inside = dir.path().join("none/run.keytab");
    let missing = format!(
        "error: {}: No such file or directory (os error 2)\n",
        inside.display()
    );
    refused(&keytab(&inside), &missing);
}

#[test]
fn an_exported_ticket_cache_follows_the_same_rules() {
    let dir = tempfile::tempdir().expect("a directory");
    let (cache, link) = (dir.path().join("cache"), dir.path().join("link"));
    fs::write(&cache, "of yesterday").expect("written");
    symlink(&cache, &link).expect("a link");
    let mut run = Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args(["run", "--at", "ada-lt"])
        .env("XDG_RUNTIME_DIR", dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let lines = format!("export-ccache {}\n", link.display());
    std::io::Write::write_all(&mut run.stdin.take().expect("a pipe"), lines.as_bytes()).expect("it reads");
    let output = run.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(link.is_symlink());
    assert!(fs::read(&cache).expect("a cache").starts_with(&[5, 4]));
    assert_eq!(mode(&cache), 0o600);
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
