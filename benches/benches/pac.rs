//! The PAC: built and signed for a TGT, read and verified.

use criterion::{Criterion, criterion_group, criterion_main};
use kerberos::crypto::{Etype, Key};
use kerberos::pac::{AttributesFlags, AttributesInfo, LogonInfo, Pac, PacBuilder, PacKeys, SignatureSet};
use kerberos::sid::Sid;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;
use std::hint::black_box;

fn pac(criterion: &mut Criterion) {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let krbtgt = Key::generate(Etype::Aes256CtsHmacSha196, &mut rng);
    let keys = PacKeys::of_tgt(&krbtgt, Some(21_463));
    let requestor = Sid::of_domain([1, 2, 3]).with_rid(1105).expect("a RID");
    let logon_info = LogonInfo::default();
    let sign = || {
        PacBuilder::new()
            .logon_info(&logon_info)
            .attributes_info(&AttributesInfo::new(AttributesFlags::empty()))
            .requestor(&requestor)
            .sign(&keys, &SignatureSet::TGT)
    };
    let signed = sign();
    let mut group = criterion.benchmark_group("pac");
    group.bench_function("build and sign for a TGT", |bencher| {
        bencher.iter(|| black_box(sign()))
    });
    group.bench_function("read and verify", |bencher| {
        bencher.iter(|| {
            let pac = Pac::parse(black_box(&signed)).expect("our own PAC");
            pac.verify(&keys, &SignatureSet::TGT).expect("our own signatures");
        });
    });
    group.finish();
}

criterion_group!(benches, pac);
criterion_main!(benches);
