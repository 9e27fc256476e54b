//! A running lab and a plain Kerberos client, for tests that need sockets.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "each test uses its part of it"
)]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use kerberos::Timestamp;
use kerberos::codes::{MessageType, PaDataType};
use kerberos::crypto::{DEFAULT_ITERATIONS, Etype, Key, KeyUsage, salt, string_to_key};
use kerberos::wire::{
    AsRep, EncKdcRepPart, EncryptedData, KdcOptions, KdcReq, KdcReqBody, KdcReqKind, MethodData, PaEncTsEnc,
    PrincipalName, Ticket, UInt32,
};
use rand::CryptoRng;

/// `trustlab up` on free ports, stopped when dropped.
pub(crate) struct Lab {
    process: Child,
    dir: PathBuf,
    /// Where the first domain controller listens, UDP and TCP.
    pub(crate) kdc: SocketAddr,
    /// Its realm.
    pub(crate) realm: String,
}

impl Lab {
    /// Starts the lab in `dir` and waits until it serves.
    pub(crate) fn start(dir: &Path, options: &[&str]) -> Self {
        Self::spawn(dir, options, Command::new(program()))
    }

    /// The same, with all it logs in a file.
    pub(crate) fn start_with_log(dir: &Path, options: &[&str], log: &Path) -> Self {
        let log = std::fs::File::create(log).expect("a file");
        let mut command = Command::new(program());
        command.env("TRUSTLAB_LOG", "trustlab=debug").env("NO_COLOR", "1");
        command.stderr(log);
        Self::spawn(dir, options, command)
    }

    /// The same, with what it says on stderr by default in a file.
    pub(crate) fn start_with_errors_in(dir: &Path, options: &[&str], file: &Path) -> Self {
        let file = std::fs::File::create(file).expect("a file");
        let mut command = Command::new(program());
        command.env_remove("TRUSTLAB_LOG").stderr(file);
        Self::spawn(dir, options, command)
    }

    /// The same, with what it prints in a file.
    pub(crate) fn start_with_output_in(dir: &Path, options: &[&str], file: &Path) -> Self {
        let file = std::fs::File::create(file).expect("a file");
        Self::spawn_to(dir, options, Command::new(program()), file.into())
    }

    fn spawn(dir: &Path, options: &[&str], command: Command) -> Self {
        Self::spawn_to(dir, options, command, Stdio::null())
    }

    fn spawn_to(dir: &Path, options: &[&str], mut command: Command, output: Stdio) -> Self {
        let process = command
            .args(["up", "--ports", "0", "--dir"])
            .arg(dir)
            .args(options)
            .stdout(output)
            .spawn()
            .expect("the program starts");
        let deadline = Instant::now() + Duration::from_secs(60);
        while !dir.join("env.sh").exists() {
            assert!(Instant::now() < deadline, "the lab does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        let described = std::fs::read_to_string(dir.join("lab.json")).expect("lab.json");
        let described: serde_json::Value = serde_json::from_str(&described).expect("JSON");
        let domain = &described["domains"][0];
        let kdc = domain["kdcs"][0]["udp"]
            .as_str()
            .expect("an address")
            .parse()
            .expect("an address");
        let realm = domain["realm"].as_str().expect("a realm").to_owned();
        Self {
            process,
            dir: dir.to_owned(),
            kdc,
            realm,
        }
    }

    /// The password of a user of the lab.
    pub(crate) fn password(&self, user: &str) -> String {
        let passwords = std::fs::read_to_string(self.dir.join("passwords")).expect("passwords");
        let prefix = format!("{user}=");
        passwords
            .lines()
            .find_map(|line| line.strip_prefix(&prefix))
            .expect("a user of the lab")
            .to_owned()
    }

    /// The memory the lab holds, in MiB; 0 where the system does not say.
    pub(crate) fn memory_mib(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let kib = status.lines().find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        });
        kib.unwrap_or(0_u64) / 1024
    }

    /// Ends the lab as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().expect("the lab runs");
        self.process.wait().expect("the lab ends");
        std::fs::remove_file(self.dir.join("env.sh")).expect("env.sh");
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program under test: the one cargo built, or another given by name.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("TRUSTLAB") {
        return program.into();
    }
    let mut path = std::env::current_exe().expect("this program has a path");
    path.pop();
    path.pop();
    path.join("trustlab")
}

/// The system's clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .expect("after 1970");
    Timestamp::from_unix_micros(since.as_micros() as i64)
}

/// An AS-REQ for a TGT, with the time under `key` when there is one.
pub(crate) fn as_req(realm: &str, user: &str, key: Option<&Key>, rng: &mut dyn CryptoRng) -> KdcReq {
    let mut padata = MethodData::default();
    if let Some(key) = key {
        let stamp = PaEncTsEnc::from(now()).encode();
        let sealed = EncryptedData::seal(key, KeyUsage::PA_ENC_TIMESTAMP, None, &stamp, rng);
        padata.push(PaDataType::ENC_TIMESTAMP, sealed.encode());
    }
    KdcReq::new(
        KdcReqKind::As,
        padata,
        body(realm, PrincipalName::krbtgt(realm), Some(user), rng),
    )
}

/// A request body with the defaults of this client.
pub(crate) fn body(
    realm: &str,
    sname: PrincipalName,
    user: Option<&str>,
    rng: &mut dyn CryptoRng,
) -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
        cname: user.map(PrincipalName::principal),
        realm: realm.into(),
        sname: Some(sname),
        from: None,
        till: (now() + Duration::from_secs(36_000)).kerberos_time(),
        rtime: None,
        nonce: UInt32(rng.next_u32() >> 1),
        etype: vec![Etype::Aes256CtsHmacSha196.number()],
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    }
}

/// A user's long-term key.
pub(crate) fn user_key(realm: &str, user: &str, password: &str) -> Key {
    string_to_key(
        Etype::Aes256CtsHmacSha196,
        password,
        &salt::user(realm, user),
        DEFAULT_ITERATIONS,
    )
}

/// Gets a TGT and its session key over TCP.
pub(crate) fn sign_in(lab: &Lab, user: &str, key: &Key, rng: &mut dyn CryptoRng) -> (Ticket, EncKdcRepPart) {
    let request = as_req(&lab.realm, user, Some(key), rng);
    let reply = over_tcp(lab.kdc, &request.encode()).expect("an answer");
    assert_eq!(
        kerberos::wire::Message::peek(&reply),
        Some(MessageType::AS_REP),
        "refused"
    );
    let reply = AsRep::decode(&reply).expect("an AS-REP");
    let part = reply
        .enc_part
        .open(key, KeyUsage::AS_REP)
        .expect("the user's key");
    (
        reply.ticket,
        EncKdcRepPart::decode(&part).expect("an EncASRepPart"),
    )
}

/// One framed message there and back, on a connection of its own.
pub(crate) fn over_tcp(kdc: SocketAddr, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(kdc)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut framed = (request.len() as u32).to_be_bytes().to_vec();
    framed.extend_from_slice(request);
    stream.write_all(&framed)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut reply = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

/// One datagram there and back.
pub(crate) fn over_udp(socket: &UdpSocket, request: &[u8]) -> io::Result<Vec<u8>> {
    socket.send(request)?;
    let mut reply = vec![0; 65_535];
    let length = socket.recv(&mut reply)?;
    reply.truncate(length);
    Ok(reply)
}
