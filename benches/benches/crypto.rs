//! The cryptography alone, each encryption type: from a password to a key, from a key to a usage, and one message.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use kerberos::crypto::{DEFAULT_ITERATIONS, Etype, Key, KeyUsage, string_to_key};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

/// Octets of the encrypted part of a ticket with a PAC.
const TICKET_OCTETS: usize = 1_300;

fn rng() -> ChaCha12Rng {
    ChaCha12Rng::seed_from_u64(1)
}

/// Once for each account of a lab.
fn password(c: &mut Criterion) {
    let mut group = c.benchmark_group("string-to-key");
    group.sample_size(20);
    for etype in Etype::ALL {
        group.bench_function(etype.name(), |b| {
            b.iter(|| {
                string_to_key(
                    etype,
                    black_box("Passw0rd!"),
                    "CORP.EXAMPLEalice",
                    DEFAULT_ITERATIONS,
                )
            });
        });
    }
}

/// Once for each usage of a session key: what the first message under it pays.
fn derivation(c: &mut Criterion) {
    let mut group = c.benchmark_group("derive");
    for etype in Etype::ALL {
        let octets = vec![7; etype.key_length()];
        let fresh = || Key::new(etype, &octets).expect("the length of a key");
        group.bench_function(format!("{etype} checksum"), |b| {
            b.iter_batched(
                fresh,
                |key| key.checksum(KeyUsage::PAC_CHECKSUM, b""),
                BatchSize::SmallInput,
            );
        });
        group.bench_function(format!("{etype} encryption"), |b| {
            let mut rng = rng();
            b.iter_batched(
                fresh,
                |key| key.encrypt(KeyUsage::TICKET, b"", &mut rng),
                BatchSize::SmallInput,
            );
        });
    }
}

/// A ticket under a key that has been used before.
fn message(c: &mut Criterion) {
    let mut group = c.benchmark_group("1300 octets");
    group.throughput(Throughput::Bytes(TICKET_OCTETS as u64));
    for etype in Etype::ALL {
        let mut rng = rng();
        let (key, text) = (Key::generate(etype, &mut rng), vec![7; TICKET_OCTETS]);
        let ciphertext = key.encrypt(KeyUsage::TICKET, &text, &mut rng);
        group.bench_function(format!("{etype} encrypt"), |b| {
            b.iter(|| key.encrypt(KeyUsage::TICKET, black_box(&text), &mut rng));
        });
        group.bench_function(format!("{etype} decrypt"), |b| {
            b.iter(|| key.decrypt(KeyUsage::TICKET, black_box(&ciphertext)));
        });
        group.bench_function(format!("{etype} checksum"), |b| {
            b.iter(|| key.checksum(KeyUsage::PAC_CHECKSUM, black_box(&text)));
        });
    }
}

criterion_group!(benches, password, derivation, message);
criterion_main!(benches);
