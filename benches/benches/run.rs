//! Whole runs in the simulated world: what copying a world costs, a run from a signed-in device, a first sign-in, and how
//! much two threads do in the time of one.

use std::hint::black_box;
use std::num::NonZero;

use benches::morning::{self, IdToken, QUIET, signed_in};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use scenarios::engine::{RepeatFrom, RepeatOptions, Run, RunOptions, repeat};
use scenarios::lab::{CompiledLab, Lab};
use scenarios::language::Scenario;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn morning() -> Scenario {
    morning::scenario(IdToken::Unsigned)
}

fn runs(c: &mut Criterion) {
    let scenario = morning();
    let mut group = c.benchmark_group("run");
    let mut run = signed_in(&scenario, QUIET);
    group.bench_function("fork of a signed-in world", |b| b.iter(|| black_box(run.fork(1))));
    group.throughput(Throughput::Elements(1));
    group.bench_function("from a signed-in device", |b| {
        b.iter_batched(|| run.fork(1), Run::finish, BatchSize::SmallInput);
    });
    let kept = RunOptions {
        recording: true,
        ..QUIET
    };
    let mut recorded = signed_in(&scenario, kept);
    group.bench_function("from a signed-in device, recorded and hashed", |b| {
        b.iter_batched(|| recorded.fork(1), Run::finish, BatchSize::SmallInput);
    });
    let mut start = Run::new(&scenario, QUIET).expect("the built-in lab compiles");
    group.bench_function("first sign-in on a registered device", |b| {
        b.iter_batched(
            || start.fork(1),
            |mut run| {
                run.advance();
                run
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("the built-in lab from its file", |b| {
        b.iter(|| CompiledLab::compile(Lab::fernhill()).expect("the built-in lab compiles"))
    });
    group.bench_function("from the lab file on", |b| {
        b.iter(|| {
            Run::new(&scenario, QUIET)
                .expect("the built-in lab compiles")
                .finish()
        });
    });
    group.finish();
}

/// Each thread compiles the lab for itself, which the number of repetitions makes small.
fn threads(c: &mut Criterion) {
    const REPETITIONS: u64 = 4_000;
    let scenario = morning();
    let mut group = c.benchmark_group("repeat");
    group.sample_size(10);
    group.throughput(Throughput::Elements(REPETITIONS));
    for jobs in [1, 2] {
        let options = RepeatOptions {
            repetitions: REPETITIONS,
            jobs: NonZero::new(jobs).expect("one and two are not zero"),
            from: RepeatFrom::SignedIn,
            run: QUIET,
        };
        group.bench_function(format!("{jobs} jobs"), |b| {
            b.iter(|| {
                let report = repeat(&scenario, &options).expect("the built-in lab compiles");
                assert_eq!(report.failed, 0);
                report
            });
        });
    }
    group.finish();
}

criterion_group!(benches, runs, threads);
criterion_main!(benches);
