//! Loads a running lab's KDC for a while, then kills and restarts it; `tests/soak` calls it.
//!
//! Two threads sign in and get service tickets over UDP and TCP in turn. Every reply must be the one asked for, and the
//! lab's memory must not grow with the number of requests.

#[path = "../tests/support/mod.rs"]
mod support;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
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
    let answered = load(&lab, &key, Duration::from_secs(seconds));
    let after = lab.memory_mib();
    println!(
        "soak: {answered} sign-ins in {seconds} s, {} a second; memory {before} MiB, then {after} MiB",
        answered / seconds.max(1)
    );
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

fn load(lab: &Lab, key: &kerberos::crypto::Key, time: Duration) -> u64 {
    let answered = AtomicU64::new(0);
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let answered = &answered;
            scope.spawn(move || {
                let mut rng = ChaCha12Rng::seed_from_u64(thread);
                while Instant::now() < end {
                    sign_in(lab, "ada", key, &mut rng);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    answered.into_inner()
}
