//! Signs in over and over at any KDC and prints requests per second of the server's CPU time; `tests/long` compares with it.
//!
//!     as_load ADDRESS:PORT REALM USER PASSWORD SERVER-PID SECONDS

#[path = "../tests/support/mod.rs"]
mod support;

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use kerberos::codes::MessageType;
use kerberos::wire::{KrbError, Message};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use support::{as_req, over_udp, user_key};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, realm, user, password, pid, seconds] = arguments.as_slice() else {
        eprintln!("usage: as_load ADDRESS:PORT REALM USER PASSWORD SERVER-PID SECONDS");
        std::process::exit(2);
    };
    let address: SocketAddr = address.parse().expect("an address");
    let pid: u32 = pid.parse().expect("a process id");
    let seconds: u64 = seconds.parse().expect("seconds");
    let key = user_key(realm, user, password);

    let socket = UdpSocket::bind((address.ip(), 0)).expect("a socket");
    socket.connect(address).expect("the KDC's address");
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a time-out");
    let mut rng = ChaCha12Rng::seed_from_u64(7);
    let (cpu_before, begun) = (cpu_seconds(pid), Instant::now());
    let mut answered = 0_u64;
    while begun.elapsed() < Duration::from_secs(seconds) {
        // a fresh time stamp each: KDCs answer a repeated request from a cache
        let request = as_req(realm, user, Some(&key), &mut rng).encode();
        let reply = over_udp(&socket, &request).expect("an answer");
        if Message::peek(&reply) != Some(MessageType::AS_REP) {
            let error = KrbError::decode(&reply).map(|error| error.error_code);
            eprintln!("as_load: {address} does not answer with an AS-REP: {error:?}");
            std::process::exit(1);
        }
        answered += 1;
    }
    let cpu = cpu_seconds(pid) - cpu_before;
    println!(
        "{answered} AS exchanges, {cpu:.2} s of server CPU: {:.0} a CPU second",
        answered as f64 / cpu
    );
}

/// User and system time of a process (proc_pid_stat(5)), in the kernel's ticks of 10 ms.
fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the server runs");
    let (_, fields) = stat.rsplit_once(')').expect("a process name");
    let ticks = |index| {
        fields
            .split_whitespace()
            .nth(index)
            .and_then(|field| field.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    (ticks(11) + ticks(12)) / 100.0
}
