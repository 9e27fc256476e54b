//! The exchange of a partial TGT and a service ticket, octets in to octets out, beside the bare cryptography of each.

use std::hint::black_box;

use benches::floor::{TicketFloor, TicketKeys};
use benches::lab::{self, Held, Lab};
use criterion::{Criterion, criterion_group, criterion_main};
use kdc_sim::{KdcState, Transport, handle};
use kerberos::crypto::KeyUsage;
use kerberos::wire::{EncKdcRepPart, MethodData, PrincipalName, TgsRep};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

fn exchange(criterion: &mut Criterion) {
    let lab = Lab::new();
    let (request, keys) = lab.exchange();
    bench(criterion, "exchange", &lab, &request, keys);
}

fn service_ticket(criterion: &mut Criterion) {
    let lab = Lab::new();
    let partial = lab.partial();
    let first = lab::good_tgs_req(&partial, PrincipalName::krbtgt(lab::REALM), MethodData::default());
    let reply = TgsRep::decode(&lab.answer(&first)).expect("the request is in order");
    let part = reply
        .enc_part
        .open(&partial.session, KeyUsage::TGS_REP_SESSION_KEY)
        .expect("the client has the key");
    let part = EncKdcRepPart::decode(&part).expect("a KDC wrote it");
    let full = Held {
        ticket: reply.ticket,
        session: part.key.to_key().expect("AES256"),
    };
    let request = lab::good_tgs_req(&full, PrincipalName::parse(lab::SERVICE), MethodData::default());
    let keys = TicketKeys {
        tgt: lab.krbtgt.clone(),
        ticket: lab.server.clone(),
        kdc: lab.krbtgt.clone(),
        session: full.session,
    };
    bench(criterion, "service ticket", &lab, &request, keys);
}

fn bench(criterion: &mut Criterion, name: &str, lab: &Lab, request: &[u8], keys: TicketKeys) {
    let floor = TicketFloor::new(request, &lab.answer(request), keys);
    let mut group = criterion.benchmark_group(name);
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    group.bench_function("whole", |bencher| {
        bencher.iter(|| {
            let mut state = KdcState::default();
            black_box(handle(
                &lab.domain,
                &lab.dc,
                &mut state,
                lab::NOW,
                &mut rng,
                Transport::Tcp,
                black_box(request),
            ))
        });
    });
    group.bench_function("cryptography alone", |bencher| {
        bencher.iter(|| floor.kdc(&mut rng))
    });
    group.finish();
}

criterion_group!(benches, exchange, service_ticket);
criterion_main!(benches);
