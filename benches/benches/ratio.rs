//! What must hold, as ratios taken in one run: each thing and its floor in turns, so that a busy machine slows both. One
//! thing has a limit of its own: the built-in lab is there, from its file, in 50 ms of processor time.
//!
//! At the end stand the ratios, their limits, and whether they held.

use std::hint::black_box;
use std::num::NonZero;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use benches::floor::TicketFloor;
use benches::lab::{self, Lab as Kdc};
use benches::morning::{self, IdToken, MorningFloor, QUIET};
use criterion::Criterion;
use kdc_sim::{KdcState, Transport};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng as _;
use scenarios::engine::{RepeatFrom, RepeatOptions, repeat};
use scenarios::lab::{CompiledLab, FERNHILL, Lab};
use scenarios::world::World;

const SAMPLES: usize = 50;
/// For what takes a second: criterion wants no fewer.
const FEW: usize = 10;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut criterion = Criterion::default()
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    let mut ratios = Ratios(Vec::new());
    exchange(&mut criterion, &mut ratios);
    for id_token in [IdToken::Unsigned, IdToken::Signed] {
        mornings(&mut criterion, &mut ratios, id_token);
        first_sign_in(&mut criterion, &mut ratios, id_token);
    }
    from_its_file(&mut criterion, &mut ratios);
    threads(&mut criterion, &mut ratios);
    criterion.final_summary();
    ratios.print();
}

/// An exchange at the KDC, octets to octets, beside its cryptography; and a copy of a world beside the exchange.
fn exchange(criterion: &mut Criterion, ratios: &mut Ratios) {
    let lab = Kdc::new();
    let (request, keys) = lab.exchange();
    let floor = TicketFloor::new(&request, &lab.answer(&request), keys);
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let mut whole = || {
        let (mut state, transport) = (KdcState::default(), Transport::Tcp);
        let request = black_box(&*request);
        black_box(kdc_sim::handle(
            &lab.domain,
            &lab.dc,
            &mut state,
            lab::NOW,
            &mut rng,
            transport,
            request,
        ));
    };
    let mut noise = ChaCha12Rng::seed_from_u64(2);
    let name = "an exchange at the KDC, beside its cryptography";
    let turns = beside(criterion, name, &mut whole, || floor.kdc(&mut noise));
    ratios.add(name, Limit::AtMost(4.0), turns);
    let scenario = morning::scenario(IdToken::Unsigned);
    let mut run = morning::signed_in(&scenario, QUIET);
    let name = "a copy of a world, beside an exchange";
    let turns = beside(criterion, name, || drop(black_box(run.fork(1))), whole);
    ratios.add(name, Limit::AtMost(1.0), turns);
}

/// Refresh, exchange, service ticket and access beside the cryptography of all four.
fn mornings(criterion: &mut Criterion, ratios: &mut Ratios, id_token: IdToken) {
    let scenario = morning::scenario(id_token);
    let floor = MorningFloor::of(&scenario);
    let mut run = morning::signed_in(&scenario, QUIET);
    let (mut seed, mut rng) = (0, ChaCha12Rng::seed_from_u64(1));
    let whole = || {
        seed += 1;
        let report = run.fork(seed).finish();
        assert!(report.ok, "{:?}", report.failures);
    };
    let name = match id_token {
        IdToken::Unsigned => "from a signed-in device, id_token unsigned, beside its cryptography",
        IdToken::Signed => "from a signed-in device, id_token signed RS256, beside its cryptography",
    };
    let turns = beside(criterion, name, whole, || floor.run(&mut rng));
    ratios.add(name, Limit::AtMost(4.0), turns);
}

/// A first sign-in on a registered device beside its private RSA operations: the Hello key signs, the device key signs,
/// the transport key opens, and Entra signs where it does.
fn first_sign_in(criterion: &mut Criterion, ratios: &mut Ratios, id_token: IdToken) {
    let scenario = morning::scenario(id_token);
    let mut start = scenarios::engine::Run::new(&scenario, QUIET).expect("the built-in lab compiles");
    let mut seed = 0;
    let whole = || {
        seed += 1;
        let mut run = start.fork(seed);
        run.advance();
        assert_eq!(run.failures(), []);
    };
    let (signatures, name) = match id_token {
        IdToken::Unsigned => (
            2,
            "first sign-in, id_token unsigned, beside its three private RSA operations",
        ),
        IdToken::Signed => (
            3,
            "first sign-in, id_token signed RS256, beside its four private RSA operations",
        ),
    };
    let key = prt::pool::key(0);
    let sealed = key
        .public()
        .encrypt_oaep(&[7; 32], &mut ChaCha12Rng::seed_from_u64(1));
    let sealed = sealed.expect("32 octets fit");
    let floor = || {
        for _ in 0..signatures {
            black_box(key.sign_rs256(black_box(&[b'a'; 1000])));
        }
        black_box(key.decrypt_oaep(black_box(&sealed)).expect("the key is right"));
    };
    let turns = beside(criterion, name, whole, floor);
    ratios.add(name, Limit::AtMost(1.5), turns);
}

/// The world of the built-in lab: its file read, keys derived, devices registered.
fn from_its_file(criterion: &mut Criterion, ratios: &mut Ratios) {
    let whole = || {
        let lab = Lab::parse("labs/fernhill.toml", FERNHILL).expect("the built-in lab can be read");
        let compiled = CompiledLab::compile(lab).expect("the built-in lab compiles");
        drop(black_box(World::new(Arc::new(compiled), 1)));
    };
    let name = "the world of the built-in lab, from its file";
    let turns = in_turns(criterion, name, FEW, on_processor, whole, || ());
    ratios.add(name, Limit::Millis(50.0), turns);
}

/// One job beside two. Each thread compiles the lab for itself, which the number of repetitions makes small.
fn threads(criterion: &mut Criterion, ratios: &mut Ratios) {
    let scenario = morning::scenario(IdToken::Unsigned);
    let work = |jobs| {
        let options = RepeatOptions {
            repetitions: 10_000,
            jobs: NonZero::new(jobs).expect("one and two are not zero"),
            from: RepeatFrom::SignedIn,
            run: QUIET,
        };
        let report = repeat(&scenario, &options).expect("the built-in lab compiles");
        assert_eq!(report.failed, 0);
    };
    let name = "throughput of two jobs, beside one";
    let turns = in_turns(criterion, name, FEW, passed, || work(1), || work(2));
    ratios.add(name, Limit::AtLeast(1.8), turns);
}

/// What two things cost, in nanoseconds, turn by turn.
#[derive(Default)]
struct Turns {
    whole: Vec<f64>,
    floor: Vec<f64>,
}

/// Measures two things in turns, by the time that this thread was on a processor: what else the machine does counts for
/// neither.
fn beside(criterion: &mut Criterion, name: &str, whole: impl FnMut(), floor: impl FnMut()) -> Turns {
    in_turns(criterion, name, SAMPLES, on_processor, whole, floor)
}

/// The time that this thread was on a processor.
fn on_processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("the time since the thread began")
}

/// The time that passed since the first call.
fn passed() -> Duration {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    BEGUN.elapsed()
}

fn in_turns(
    criterion: &mut Criterion,
    name: &str,
    samples: usize,
    clock: fn() -> Duration,
    mut whole: impl FnMut(),
    mut floor: impl FnMut(),
) -> Turns {
    let mut turns = Turns::default();
    let mut group = criterion.benchmark_group(name);
    group.sample_size(samples).bench_function("whole", |bencher| {
        let lengths = (turn_length(clock, &mut whole), turn_length(clock, &mut floor));
        bencher.iter_custom(|count| {
            let mut spent = Duration::ZERO;
            let mut left = count;
            while left > 0 {
                let turn = left.min(lengths.0);
                let took = time(clock, turn, &mut whole);
                turns.whole.push(nanos(took, turn));
                turns
                    .floor
                    .push(nanos(time(clock, lengths.1, &mut floor), lengths.1));
                spent += took;
                left -= turn;
            }
            spent
        });
    });
    group.finish();
    turns
}

/// How often something is done in a turn.
fn turn_length(clock: fn() -> Duration, work: &mut impl FnMut()) -> u64 {
    const TURN: Duration = Duration::from_millis(2);
    let mut least = time(clock, 1, work);
    for _ in 0..4 {
        if least >= TURN {
            return 1;
        }
        least = least.min(time(clock, 1, work));
    }
    u64::try_from(TURN.as_nanos() / least.as_nanos().max(1))
        .unwrap_or(1)
        .max(1)
}

fn time(clock: fn() -> Duration, count: u64, work: &mut impl FnMut()) -> Duration {
    let begun = clock();
    for _ in 0..count {
        work();
    }
    clock() - begun
}

fn nanos(spent: Duration, count: u64) -> f64 {
    spent.as_nanos() as f64 / count as f64
}

/// How far a ratio may go.
#[derive(Clone, Copy)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
    /// Of time, whatever else costs.
    Millis(f64),
}

struct Ratio {
    name: &'static str,
    limit: Limit,
    /// Medians, in microseconds.
    whole: f64,
    floor: f64,
}

struct Ratios(Vec<Ratio>);

impl Ratios {
    /// Nothing was measured where the command line chose other benches.
    fn add(&mut self, name: &'static str, limit: Limit, turns: Turns) {
        if turns.whole.is_empty() {
            return;
        }
        self.0.push(Ratio {
            name,
            limit,
            whole: median(turns.whole) / 1e3,
            floor: median(turns.floor) / 1e3,
        });
    }

    fn print(&self) {
        println!("\nratio  limit         verdict     whole us     floor us");
        for Ratio {
            name,
            limit,
            whole,
            floor,
        } in &self.0
        {
            let ratio = match limit {
                Limit::Millis(_) => whole / 1e3,
                _ => whole / floor,
            };
            let (limit, held) = match *limit {
                Limit::AtMost(limit) => (format!("at most {limit:.1}"), ratio <= limit),
                Limit::AtLeast(limit) => (format!("at least {limit:.1}"), ratio >= limit),
                Limit::Millis(limit) => (format!("in {limit} ms"), ratio <= limit),
            };
            let verdict = if held { "held" } else { "MISSED" };
            println!("{ratio:>5.2}  {limit:<12}  {verdict:<7}  {whole:>11.1}  {floor:>11.1}  {name}");
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
