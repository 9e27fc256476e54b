//! A copy of a world costs less than one exchange at the KDC, after every step of every story: a prompt, a comparison or a
//! search can begin anywhere. The bench `ratio` holds the same for a signed-in device, optimised.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::lab::{Lab, NOW};
use kdc_sim::{KdcState, Transport};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use scenarios::engine::{Run, RunOptions};
use scenarios::language::Faults;
use scenarios::library;

/// The shortest of some times: what disturbs a measurement makes it longer.
fn least(times: usize, mut act: impl FnMut()) -> Duration {
    let mut once = || {
        let begin = Instant::now();
        act();
        begin.elapsed()
    };
    (0..times).map(|_| once()).min().unwrap_or_default()
}

#[test]
fn a_copy_after_any_step_of_any_story_costs_less_than_an_exchange() {
    let lab = Lab::new();
    let (request, _) = lab.exchange();
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let exchange = least(50, || {
        let (mut state, transport) = (KdcState::default(), Transport::Tcp);
        let request = black_box(&*request);
        black_box(kdc_sim::handle(
            &lab.domain,
            &lab.dc,
            &mut state,
            NOW,
            &mut rng,
            transport,
            request,
        ));
    });
    let options = RunOptions {
        recording: false,
        observations: false,
        ..RunOptions::default()
    };
    let mut dearest = (Duration::ZERO, String::new());
    for entry in library::scenarios() {
        let scenario = entry.scenario(&Faults::AsWritten).expect("it can be read");
        let mut run = Run::new(&scenario, options).expect("the lab compiles");
        for step in &scenario.steps {
            run.advance();
            let copy = least(10, || drop(black_box(run.fork(1))));
            if copy > dearest.0 {
                dearest = (copy, format!("{} after {}", entry.name, step.name));
            }
        }
    }
    assert!(
        dearest.0 < exchange,
        "a copy takes {:?} in {}, an exchange {exchange:?}",
        dearest.0,
        dearest.1
    );
}
