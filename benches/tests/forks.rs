//! A copy of a world costs less than one exchange at the KDC, after every step of every story: a prompt, a comparison or a
//! search can begin anywhere. The bench `ratio` holds the same for a signed-in device, optimised. And an hour in which
//! nothing happens costs nothing: time is not counted tick by tick.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::lab::Lab;
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

/// What one exchange at the KDC takes.
fn exchange() -> Duration {
    let lab = Lab::new();
    let (request, _) = lab.exchange();
    least(50, || drop(black_box(lab.answer(black_box(&request)))))
}

#[test]
fn an_hour_in_which_nothing_happens_costs_less_than_an_exchange() {
    const HOUR: Duration = Duration::from_secs(3600);
    let entry = library::find("healthy-first-sign-in").expect("it is in the library");
    let scenario = entry.scenario(&Faults::AsWritten).expect("it can be read");
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    run.complete();
    let world = run.world();
    let mut hours = Vec::new();
    for _ in 0..10 {
        let mut later = world.clone();
        let begin = Instant::now();
        later.wait(HOUR);
        hours.push(begin.elapsed());
        assert_eq!(later.now(), world.now() + HOUR);
        assert_eq!(
            later.trace().next_seq(),
            world.trace().next_seq(),
            "something happened"
        );
    }
    let (hour, exchange) = (hours.into_iter().min().unwrap_or_default(), exchange());
    assert!(
        hour < exchange,
        "an hour takes {hour:?}, an exchange {exchange:?}"
    );
}

#[test]
fn a_copy_after_any_step_of_any_story_costs_less_than_an_exchange() {
    let exchange = exchange();
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
