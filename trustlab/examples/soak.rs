//! Loads a running lab's KDC for a while, then kills and restarts it; `tests/soak` calls it.
//!
//! Two threads sign in, each exchange on a TCP connection of its own. Every reply must be the one asked for, and the lab's memory
//! must not grow with the number of requests.

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;
use support::{Lab, sign_in, user_key};

/// What the replay cache and the allocator may add while it runs, in MiB.
const GROWTH_MIB_MAX: u64 = 64;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let (Some(Ok(seconds)), Some(Ok(kills))) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: soak SECONDS KILLS");
        return ExitCode::from(2);
    };
    let dir = tempfile::tempdir().expect("a directory");
    let mut lab = Lab::start(dir.path(), &["--kdc-only"]);
    let key = user_key(&lab.realm, "ada", &lab.password("ada"));

    load(&lab, &key, Duration::from_secs(seconds.min(5)));
    let before = lab.memory_mib();
    let mut took = load(&lab, &key, Duration::from_secs(seconds));
    let after = lab.memory_mib();
    println!(
        "soak: {} sign-ins in {seconds} s, {} a second; memory {before} MiB, then {after} MiB",
        took.len(),
        took.len() as u64 / seconds.max(1)
    );
    took.sort_unstable();
    if let (Some(median), Some(late)) = (took.get(took.len() / 2), took.get(took.len() * 99 / 100)) {
        println!(
            "soak: an AS exchange on a new TCP connection takes {median} us at the median, {late} us at \
             the 99th percentile; two clients, each waiting for its answers, share this machine with the lab"
        );
    }
    if after > before + GROWTH_MIB_MAX {
        eprintln!("soak: memory grew by more than {GROWTH_MIB_MAX} MiB");
        return ExitCode::FAILURE;
    }

    for kill in 1..=kills {
        load(&lab, &key, Duration::from_millis(100));
        lab.kill();
        lab = Lab::start(dir.path(), &["--kdc-only"]);
        // the same directory gives the same keys: what was issued before still works
        sign_in(&lab, "ada", &key, &mut ChaCha12Rng::seed_from_u64(kill));
    }
    println!("soak: {kills} kills, served after each");
    ExitCode::SUCCESS
}

/// How long each sign-in took, in microseconds.
fn load(lab: &Lab, key: &kerberos::crypto::Key, time: Duration) -> Vec<u32> {
    let end = Instant::now() + time;
    let sign_ins = |seed| {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let mut took = Vec::new();
        while Instant::now() < end {
            let begun = Instant::now();
            sign_in(lab, "ada", key, &mut rng);
            took.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
        took
    };
    std::thread::scope(|scope| {
        let other = scope.spawn(|| sign_ins(1));
        let mut took = sign_ins(0);
        took.extend(other.join().expect("the other client ends"));
        took
    })
}
