//! The codec alone: what a KDC reads and writes in one exchange, without any cryptography.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kerberos::KerberosTime;
use kerberos::codes::PaDataType;
use kerberos::wire::{
    ApOptions, ApReq, AuthorizationData, EncKdcRepPart, EncTicketPart, EncryptedData, EncryptionKey,
    KdcOptions, KdcReq, KdcReqBody, KdcReqKind, KeyListReq, Kvno, LastReqEntry, MethodData, PaPacOptions,
    PacOptions, PrincipalName, TgsRep, Ticket, TicketFlags, TransitedEncoding,
};

const REALM: &str = "CORP.EXAMPLE";
/// Octets of a PAC of a user with about twenty groups.
const PAC_OCTETS: usize = 1_024;
const START: KerberosTime = KerberosTime::from_unix_seconds(1_795_420_800);
const END: KerberosTime = KerberosTime::from_unix_seconds(1_795_456_800);

fn ticket_part() -> EncTicketPart {
    EncTicketPart {
        flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::ENC_PA_REP,
        key: EncryptionKey::new(18, &[7; 32]),
        crealm: REALM.into(),
        cname: PrincipalName::principal("alice"),
        transited: TransitedEncoding {
            r#type: 0,
            contents: Vec::new().into(),
        },
        authtime: START,
        starttime: Some(START),
        endtime: END,
        renew_till: Some(END),
        caddr: None,
        authorization_data: Some(AuthorizationData::from_pac(vec![0x5A; PAC_OCTETS])),
    }
}

/// As long as an encrypted part is: 28 octets more than what it holds.
fn sealed(kvno: Option<Kvno>, plaintext: usize) -> EncryptedData {
    EncryptedData {
        etype: 18,
        kvno,
        cipher: vec![0xC3; plaintext + 28].into(),
    }
}

fn ticket() -> Ticket {
    Ticket {
        tkt_vno: Default::default(),
        realm: REALM.into(),
        sname: PrincipalName::krbtgt(REALM),
        enc_part: sealed(Some(Kvno::new(21_463, 1_203)), ticket_part().encode().len()),
    }
}

fn tgs_req() -> Vec<u8> {
    let ap_req = ApReq::new(ApOptions::empty(), ticket(), sealed(None, 150));
    let padata = MethodData::default()
        .with(PaDataType::TGS_REQ, ap_req.encode())
        .with(PaDataType::KERB_KEY_LIST_REQ, KeyListReq(vec![23]).encode())
        .with(
            PaDataType::PAC_OPTIONS,
            PaPacOptions {
                options: PacOptions::BRANCH_AWARE,
            }
            .encode(),
        );
    let body = KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
        cname: None,
        realm: REALM.into(),
        sname: Some(PrincipalName::krbtgt(REALM)),
        from: None,
        till: KerberosTime::WINDOWS_FOREVER,
        rtime: None,
        nonce: 0x1234_5678.into(),
        etype: vec![18, 17, 23],
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    };
    KdcReq::new(KdcReqKind::Tgs, padata, body).encode()
}

fn tgs_rep() -> TgsRep {
    TgsRep {
        pvno: Default::default(),
        msg_type: Default::default(),
        padata: None,
        crealm: REALM.into(),
        cname: PrincipalName::principal("alice"),
        ticket: ticket(),
        enc_part: sealed(None, rep_part().encode_tgs_rep().len()),
    }
}

fn rep_part() -> EncKdcRepPart {
    EncKdcRepPart {
        key: EncryptionKey::new(18, &[7; 32]),
        last_req: vec![LastReqEntry {
            lr_type: 0,
            lr_value: START,
        }],
        nonce: 0x1234_5678.into(),
        key_expiration: None,
        flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE,
        authtime: START,
        starttime: Some(START),
        endtime: END,
        renew_till: Some(END),
        srealm: REALM.into(),
        sname: PrincipalName::krbtgt(REALM),
        caddr: None,
        encrypted_pa_data: Some(MethodData::default().with(PaDataType::KERB_KEY_LIST_REP, vec![0; 29])),
    }
}

fn codec(criterion: &mut Criterion) {
    let request = tgs_req();
    let mut group = criterion.benchmark_group("codec");
    group.throughput(Throughput::Bytes(request.len() as u64));
    group.bench_function("decode TGS-REQ and its AP-REQ", |bench| {
        bench.iter(|| {
            let request = KdcReq::decode(black_box(&request)).expect("our own encoding");
            let ap_req = request
                .padata
                .find(PaDataType::TGS_REQ)
                .map(|octets| ApReq::decode(octets));
            (ap_req, request)
        });
    });

    let reply = tgs_rep();
    group.throughput(Throughput::Bytes(reply.encode().len() as u64));
    group.bench_function("encode TGS-REP", |bench| {
        bench.iter(|| black_box(&reply).encode())
    });
    group.bench_function("encode EncTGSRepPart", |bench| {
        bench.iter_batched(
            rep_part,
            EncKdcRepPart::encode_tgs_rep,
            criterion::BatchSize::SmallInput,
        );
    });

    let part = ticket_part();
    let octets = part.encode();
    group.throughput(Throughput::Bytes(octets.len() as u64));
    group.bench_function("encode EncTicketPart", |bench| {
        bench.iter(|| black_box(&part).encode())
    });
    group.bench_function("decode EncTicketPart", |bench| {
        bench.iter(|| EncTicketPart::decode(black_box(&octets)))
    });
    group.finish();
}

criterion_group!(benches, codec);
criterion_main!(benches);
