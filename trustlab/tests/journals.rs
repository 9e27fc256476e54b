//! What hosts keep of what they did: the same in a paused run and in a lab on sockets, and what explains a refusal.

#![cfg(unix)]

mod support;

use std::net::UdpSocket;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::Lab;

/// The machines that have event logs here. A device asks the DC that answers first, so both stand for one.
const LOGGED: [&[&str]; 3] = [&["ada-lt"], &["dc01", "dc02"], &["fs01"]];

fn trustlab(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trustlab"));
    command
        .env("XDG_RUNTIME_DIR", home)
        .env("XDG_STATE_HOME", home.join("state"));
    command
}

/// What a line prints that is typed at a machine of the lab in a directory.
fn typed(home: &Path, lab: &Path, line: &[&str]) -> String {
    let output = trustlab(home)
        .args(["at", "--lab"])
        .arg(lab)
        .args(line)
        .output()
        .expect("the program starts");
    String::from_utf8(output.stdout).expect("UTF-8") + &String::from_utf8_lossy(&output.stderr)
}

/// The healthy story, after the sign-in.
struct Paused {
    run: Child,
    dir: std::path::PathBuf,
}

impl Paused {
    fn start(home: &Path) -> Self {
        let run = trustlab(home)
            .args(["run", "--until", "sign-in", "--at", "ada-lt"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let user = std::fs::metadata(home).expect("it is there").uid();
        let dir = home.join(format!("trustlab-{user}/run-{}", run.id()));
        let deadline = Instant::now() + Duration::from_secs(60);
        while !dir.join("control.sock").exists() {
            assert!(Instant::now() < deadline, "the run does not pause");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { run, dir }
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        let _ = self.run.kill();
        let _ = self.run.wait();
    }
}

/// Something that is opened, and something that is refused.
const ACTS: [&[&str]; 2] = [
    &["ada-lt", "open", r"\\fs01\projects"],
    &["ada-lt", "klist", "get", "cifs/nowhere.ad.fernhill.example"],
];

/// Names of data that differ by where, when and by which draw of randomness something happened.
const BY_CHANCE: [&str; 4] = ["IpAddress", "IpPort", "TargetLogonId", "Seed"];

/// Provider, id and named data of each event of a log, in order.
fn facts(xml: &str) -> Vec<String> {
    let between = |line: &str, from: &str, to: &str| {
        let (_, rest) = line.split_once(from)?;
        rest.split_once(to).map(|(found, _)| found.to_owned())
    };
    xml.lines()
        .filter_map(|line| {
            let named = between(line, "<Data Name=\"", "\"");
            match named {
                Some(name) if BY_CHANCE.contains(&name.as_str()) || name.to_lowercase().contains("time") => {
                    None
                }
                Some(_) => Some(line.trim().to_owned()),
                None => between(line, "Provider Name=\"", "\"").or_else(|| between(line, "<EventID>", "<")),
            }
        })
        .collect()
}

#[test]
fn a_lab_on_sockets_keeps_the_event_logs_of_a_paused_run() {
    let home = tempfile::tempdir().expect("a directory");
    let (home, dir) = (home.path(), home.path().join("lab"));
    let paused = Paused::start(home);
    let _lab = Lab::start(&dir, &[]);
    typed(home, &dir, &["ada-lt", "sign-in", "hello"]);
    for act in ACTS {
        typed(home, &paused.dir, act);
        typed(home, &dir, act);
    }
    for hosts in LOGGED {
        let events = |lab: &Path| -> Vec<String> {
            let logs = hosts
                .iter()
                .map(|host| typed(home, lab, &[host, "events", "--xml"]));
            logs.flat_map(|xml| facts(&xml)).collect()
        };
        let (in_run, on_sockets) = (events(&paused.dir), events(&dir));
        assert!(
            in_run.iter().any(|fact| fact.parse::<u32>().is_ok()),
            "{hosts:?}: {in_run:?}"
        );
        // the lab's secret makes the SIDs of its domain
        let without_sids = |facts: Vec<String>| -> Vec<String> {
            let known = |fact: &String| !fact.contains("S-1-5-21-");
            facts.into_iter().filter(known).collect()
        };
        assert_eq!(without_sids(in_run), without_sids(on_sockets), "{hosts:?}");
    }
}

#[test]
fn why_explains_the_last_refusal_at_a_client_and_at_a_dc() {
    let home = tempfile::tempdir().expect("a directory");
    let (home, dir) = (home.path(), home.path().join("lab"));
    let paused = Paused::start(home);
    let _lab = Lab::start(&dir, &[]);
    typed(home, &dir, &["ada-lt", "sign-in", "hello"]);
    for lab in [&paused.dir, &dir] {
        assert!(typed(home, lab, &["ada-lt", "why"]).contains("nothing failed"));
        let at_dcs = || typed(home, lab, &["dc01", "why"]) + &typed(home, lab, &["dc02", "why"]);
        assert_eq!(at_dcs().matches("refused nothing").count(), 2);
        for act in ACTS {
            typed(home, lab, act);
        }
        for told in [typed(home, lab, &["ada-lt", "why"]), at_dcs()] {
            for part in [
                "refused: TGS-REQ for cifs/nowhere.ad.fernhill.example",
                "from        ADA-LT, TCP ",
                "found       no account has the service principal name",
                "rule        SERVICE-KNOWN",
                "answered    KDC_ERR_S_PRINCIPAL_UNKNOWN",
                "passes when a service principal name that an account has",
                "reference   RFC 4120",
            ] {
                assert!(told.contains(part), "{part} is not in {told}");
            }
        }
        assert!(typed(home, lab, &["fs01", "why"]).contains("refused nothing"));
    }
}

/// A client that is no machine of the lab asks for a TGT without a proof, then with a wrong one.
fn ask_from_outside(lab: &Lab) {
    let mut rng = rand::rng();
    let wrong = support::user_key(&lab.realm, "ada", "not the password");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.connect(lab.kdc).expect("an address");
    for key in [None, Some(&wrong)] {
        let request = support::as_req(&lab.realm, "ada", key, &mut rng).encode();
        support::over_udp(&socket, &request).expect("an answer");
    }
}

#[test]
fn what_is_refused_stands_in_the_log_and_ordinary_steps_do_not() {
    let home = tempfile::tempdir().expect("a directory");
    let (dir, log) = (home.path().join("lab"), home.path().join("log"));
    let lab = Lab::start_with_errors_in(&dir, &[], &log);
    ask_from_outside(&lab);
    let told = std::fs::read_to_string(&log).expect("a log");
    let refused: Vec<&str> = told.lines().filter(|line| line.contains("refused")).collect();
    assert_eq!(refused.len(), 1, "{told}");
    for part in [
        "INFO",
        "peer=127.0.0.1:",
        "rule=\"AS-PREAUTH-KEY\"",
        "KDC_ERR_PREAUTH_FAILED",
        "AS-REQ for krbtgt/",
        "as ada",
    ] {
        assert!(refused[0].contains(part), "{part} is not in {}", refused[0]);
    }
    assert!(!told.contains('\u{1b}'), "{told}");
}

#[test]
fn a_lab_on_sockets_tells_and_captures_what_it_answers_and_a_killed_one_leaves_a_readable_file() {
    let home = tempfile::tempdir().expect("a directory");
    let (dir, told, pcap) = (
        home.path().join("lab"),
        home.path().join("told"),
        home.path().join("up.pcapng"),
    );
    let capture = pcap.display().to_string();
    let mut lab = Lab::start_with_output_in(&dir, &["-v", "--pcap", &capture], &told);
    ask_from_outside(&lab);
    lab.kill();
    let told = std::fs::read_to_string(&told).expect("it was told");
    for part in [
        " → DC01  UDP 88, ",
        "AS-REQ for krbtgt/",
        "KRB-ERROR KDC_ERR_PREAUTH_REQUIRED",
        "RETRY  DC01: the client has not proved itself yet  [AS-PREAUTH-PRESENT]",
        "REFUSED  DC01: ",
        "[AS-PREAUTH-KEY]",
        "KRB-ERROR KDC_ERR_PREAUTH_FAILED",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    let file = std::fs::File::open(&pcap).expect("a capture");
    let mut reader = pcap_file::pcapng::PcapNgReader::new(file).expect("pcapng");
    let mut ports = Vec::new();
    while let Some(block) = reader.next_block() {
        if let pcap_file::pcapng::Block::EnhancedPacket(packet) = block.expect("a whole block") {
            // source and destination port of UDP behind 20 octets of IPv4
            let port = |at: usize| u16::from_be_bytes([packet.data[at], packet.data[at + 1]]);
            ports.push((port(20) == 88, port(22) == 88));
        }
    }
    assert_eq!(
        ports,
        [(false, true), (true, false), (false, true), (true, false)]
    );
}

#[test]
fn files_with_keys_follow_a_rotation() {
    let home = tempfile::tempdir().expect("a directory");
    let (home, dir) = (home.path(), home.path().join("lab"));
    let asked = home.join("up.keytab");
    let _lab = Lab::start(&dir, &["--keytab", asked.to_str().expect("UTF-8")]);
    let version = || -> u64 {
        let text = std::fs::read_to_string(dir.join("lab.json")).expect("lab.json");
        let described: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        described["domains"][0]["key_version"].as_u64().expect("a number")
    };
    let (old, before) = (home.join("old.keytab"), version());
    std::fs::copy(dir.join("kdc.keytab"), &old).expect("a copy");
    let output = trustlab(home)
        .args([
            "admin",
            "kerberos-server",
            "rotate",
            "--at",
            "sync01",
            "--as",
            "iris",
        ])
        .args(["--user-principal-name", "hugo@fernhill.example", "--lab"])
        .arg(&dir)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    assert_ne!(version(), before);

    typed(home, &dir, &["ada-lt", "sign-in", "hello"]);
    let tickets = home.join("partial.ccache");
    let exported = [
        "ada-lt",
        "export-ccache",
        tickets.to_str().expect("UTF-8"),
        "--only",
        "partial",
    ];
    typed(home, &dir, &exported);
    let opens = |keytab: &Path| {
        let output = trustlab(home)
            .arg("decode")
            .arg(&tickets)
            .arg("--keytab")
            .arg(keytab)
            .output()
            .expect("the program starts");
        String::from_utf8_lossy(&output.stdout).contains("EncTicketPart")
    };
    assert!(opens(&dir.join("kdc.keytab")) && opens(&asked));
    assert!(!opens(&old));
}

#[test]
fn many_requests_leave_a_journal_at_its_bound() {
    const RECORDS_MAX: usize = scenarios::journal::HostJournal::RECORDS_MAX;
    let home = tempfile::tempdir().expect("a directory");
    let (home, dir) = (home.path(), home.path().join("lab"));
    let lab = Lab::start(&dir, &["--kdc-only"]);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.connect(lab.kdc).expect("an address");
    let request = support::as_req(&lab.realm, "nobody", None, &mut rand::rng()).encode();
    let ids = |more: usize| -> Vec<u64> {
        for _ in 0..more {
            support::over_udp(&socket, &request).expect("an answer");
        }
        let xml = typed(home, &dir, &["dc01", "events", "--xml"]);
        let ids = xml.lines().filter_map(|line| {
            let (_, rest) = line.split_once("<EventRecordID>")?;
            rest.split_once('<')?.0.parse().ok()
        });
        ids.collect()
    };
    let most = RECORDS_MAX as u64;
    assert_eq!(ids(RECORDS_MAX), (1..=most).collect::<Vec<_>>());
    assert_eq!(ids(500), (501..=most + 500).collect::<Vec<_>>());
}
