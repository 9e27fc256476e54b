//! A primary refresh token at the emulated Entra: request octets to reply octets, beside the cryptography in it.

use benches::entra::{Entra, NOW};
use benches::floor::RefreshFloor;
use cloud_sim::handle;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn benches(criterion: &mut Criterion) {
    let mut entra = Entra::new();
    let prt = entra.first_prt();
    let renewal = entra.renewal_request(&prt);
    let hello = entra.hello_request();
    let reply = entra.clone().serve(renewal.clone());
    let floor = RefreshFloor::new(renewal.body(), reply.body(), &prt.session_key, &entra.tenant);
    let mut group = criterion.benchmark_group("prt");
    for (name, request) in [("renewal", renewal), ("first-by-hello", hello)] {
        let mut noise = entra.rng.clone();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (entra.state.clone(), request.clone()),
                |(mut state, request)| handle(&entra.tenant, &mut state, NOW, &mut noise, request),
                BatchSize::SmallInput,
            );
        });
    }
    group.bench_function("renewal-crypto-floor", |bencher| {
        bencher.iter(|| floor.entra(&mut entra.rng));
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
