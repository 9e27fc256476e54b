//! The exchange of a partial TGT and a service ticket, octets in to octets out, beside the bare cryptography of each.
//!
//! The floor does what the KDC cannot avoid, on data of the same lengths and with a session key that is new each time:
//! open the TGT, verify two signatures of its PAC, open the authenticator, verify the checksum of the body, sign the new
//! PAC, seal the ticket, seal the reply. Compare the two within one run: absolute times drift with the machine.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use kdc_sim::directory::{AccountSpec, GroupScope, KeyRing, KeySet, RodcSpec, Secret};
use kdc_sim::{DcConfig, DomainBuilder, DomainSnapshot, KdcState, Transport, handle};
use kerberos::KerberosTime;
use kerberos::Timestamp;
use kerberos::codes::PaDataType;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::pac::{
    AttributesFlags, AttributesInfo, ClientInfo, FileTime, GroupMembership, LogonInfo, PacBuilder, PacKeys,
    RpcString, SignatureSet,
};
use kerberos::sid::Sid;
use kerberos::wire::{
    ApOptions, ApReq, Authenticator, AuthorizationData, Checksum, EncKdcRepPart, EncTicketPart,
    EncryptedData, EncryptionKey, KdcOptions, KdcReq, KdcReqBody, KdcReqKind, KeyListReq, Kvno, MethodData,
    Microseconds, PrincipalName, Pvno, TgsRep, Ticket, TicketFlags, TransitedEncoding, UInt32,
};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

const AES256: Etype = Etype::Aes256CtsHmacSha196;
const REALM: &str = "AD.FERNHILL.EXAMPLE";
const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_420_800);
const RODC: u16 = 21463;

fn exchange(criterion: &mut Criterion) {
    let lab = Lab::new();
    let partial = lab.partial();
    let (request, body) = request(&partial, PrincipalName::krbtgt(REALM), true);
    let reply = lab.answer(&request);
    let floor = Floor::new(
        &request,
        &body,
        &reply,
        &lab.rodc,
        &lab.krbtgt,
        &lab.krbtgt,
        &partial.1,
        2,
    );
    bench(criterion, "exchange", &lab, &request, &floor);
}

fn service_ticket(criterion: &mut Criterion) {
    let lab = Lab::new();
    let partial = lab.partial();
    let (first, _) = request(&partial, PrincipalName::krbtgt(REALM), false);
    let reply = lab.answer(&first);
    let part = reply
        .enc_part
        .open(&partial.1, KeyUsage::TGS_REP_SESSION_KEY)
        .expect("the client has the key");
    let session = EncKdcRepPart::decode(&part)
        .expect("a KDC wrote it")
        .key
        .to_key()
        .expect("AES256");
    let full = (reply.ticket, session);
    let (request, body) = request(
        &full,
        PrincipalName::parse("cifs/fs01.ad.fernhill.example"),
        false,
    );
    let reply = lab.answer(&request);
    let floor = Floor::new(
        &request,
        &body,
        &reply,
        &lab.krbtgt,
        &lab.server,
        &lab.krbtgt,
        &full.1,
        4,
    );
    bench(criterion, "service ticket", &lab, &request, &floor);
}

fn bench(criterion: &mut Criterion, name: &str, lab: &Lab, request: &[u8], floor: &Floor) {
    let mut group = criterion.benchmark_group(name);
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    group.bench_function("whole", |bencher| {
        bencher.iter(|| {
            let mut state = KdcState::default();
            black_box(handle(
                &lab.domain,
                &lab.dc,
                &mut state,
                NOW,
                &mut rng,
                Transport::Tcp,
                black_box(request),
            ))
        });
    });
    group.bench_function("cryptography alone", |bencher| {
        bencher.iter(|| floor.run(&mut rng))
    });
    group.finish();
}

struct Lab {
    domain: DomainSnapshot,
    dc: DcConfig,
    rodc: Key,
    krbtgt: Key,
    server: Key,
}

type Held = (Ticket, Key);

impl Lab {
    fn new() -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(7);
        let mut keys = |version| KeyRing::new(KeySet::generate(version, &mut rng));
        let (krbtgt, rodc, server) = (keys(2), keys(1203), keys(1));
        let strongest = |ring: &KeyRing| ring.current().strongest().expect("generated").clone();
        let (krbtgt_key, rodc_key, server_key) = (strongest(&krbtgt), strongest(&rodc), strongest(&server));
        let mut domain = DomainBuilder::new("ad.fernhill.example", "FERNHILL", sid(), krbtgt).expect("names");
        domain
            .group("Projects-Write", 1201, GroupScope::Global)
            .expect("a RID fits");
        domain
            .group("Projects", 1202, GroupScope::DomainLocal)
            .expect("a RID fits");
        domain.account(
            AccountSpec::user("ada", 1104).with_upn("ada@fernhill.example"),
            Secret::Password("pass".into()),
        );
        domain.account(
            AccountSpec::computer("FS01", 1301, "fs01.ad.fernhill.example"),
            Secret::Keys(server),
        );
        domain
            .member("Projects-Write", "ada")
            .member("Projects", "Projects-Write");
        domain.rodc(RodcSpec::azure_ad_kerberos(RODC, 1601, 1602, rodc));
        let (domain, dc) = (domain.build().expect("it fits together"), DcConfig::new("DC01"));
        Self {
            domain,
            dc,
            rodc: rodc_key,
            krbtgt: krbtgt_key,
            server: server_key,
        }
    }

    fn answer(&self, request: &[u8]) -> TgsRep {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let handled = handle(
            &self.domain,
            &self.dc,
            &mut KdcState::default(),
            NOW,
            &mut rng,
            Transport::Tcp,
            request,
        );
        TgsRep::decode(&handled.reply).expect("the request is in order")
    }

    /// A partial TGT as Entra issues it.
    fn partial(&self) -> Held {
        let mut rng = ChaCha12Rng::seed_from_u64(3);
        let session = Key::generate(AES256, &mut rng);
        let info = LogonInfo {
            effective_name: RpcString::from("ada"),
            user_id: 1104,
            primary_group_id: 513,
            groups: vec![GroupMembership::new(513)],
            logon_domain_id: Some(sid()),
            ..LogonInfo::default()
        };
        let client = ClientInfo {
            client_id: FileTime::from(NOW),
            name: "ada".into(),
        };
        let pac = PacBuilder::new()
            .logon_info(&info)
            .client_info(&client)
            .attributes_info(&AttributesInfo::new(AttributesFlags::PAC_WAS_REQUESTED))
            .requestor(&sid().with_rid(1104).expect("a RID fits"))
            .sign(&PacKeys::of_tgt(&self.rodc, Some(RODC)), &SignatureSet::TGT);
        let part = EncTicketPart {
            flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::ENC_PA_REP,
            key: EncryptionKey::from(&session),
            crealm: REALM.into(),
            cname: PrincipalName::principal("ada"),
            transited: TransitedEncoding {
                r#type: 0,
                contents: Vec::new().into(),
            },
            authtime: NOW.kerberos_time(),
            starttime: Some(NOW.kerberos_time()),
            endtime: (NOW + Duration::from_secs(36_000)).kerberos_time(),
            renew_till: Some((NOW + Duration::from_secs(604_800)).kerberos_time()),
            caddr: None,
            authorization_data: Some(AuthorizationData::from_pac(pac)),
        };
        let kvno = Some(Kvno::new(RODC, 1203));
        let ticket = Ticket {
            tkt_vno: Pvno,
            realm: REALM.into(),
            sname: PrincipalName::krbtgt(REALM),
            enc_part: EncryptedData::seal(&self.rodc, KeyUsage::TICKET, kvno, &part.encode(), &mut rng),
        };
        (ticket, session)
    }
}

fn sid() -> Sid {
    Sid::of_domain([1_004_336_348, 1_177_238_915, 682_003_330])
}

/// A TGS-REQ, and its body.
fn request((ticket, session): &Held, sname: PrincipalName, key_list: bool) -> (Vec<u8>, Vec<u8>) {
    let mut rng = ChaCha12Rng::seed_from_u64(5);
    let body = KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
        cname: None,
        realm: REALM.into(),
        sname: Some(sname),
        from: None,
        till: KerberosTime::WINDOWS_FOREVER,
        rtime: None,
        nonce: UInt32(1),
        etype: vec![18, 17, 23],
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    };
    let octets = body.encode();
    let checksum = session.checksum(KeyUsage::TGS_REQ_CHECKSUM, &octets).to_vec();
    let authenticator = Authenticator {
        authenticator_vno: Pvno,
        crealm: REALM.into(),
        cname: PrincipalName::principal("ada"),
        cksum: Some(Checksum {
            r#type: 16,
            checksum: checksum.into(),
        }),
        cusec: Microseconds::from(NOW),
        ctime: NOW.kerberos_time(),
        subkey: None,
        seq_number: None,
        authorization_data: None,
    };
    let sealed = EncryptedData::seal(
        session,
        KeyUsage::TGS_REQ_AUTHENTICATOR,
        None,
        &authenticator.encode(),
        &mut rng,
    );
    let ap_req = ApReq::new(ApOptions::empty(), ticket.clone(), sealed);
    let mut padata = MethodData::default().with(PaDataType::TGS_REQ, ap_req.encode());
    if key_list {
        padata.push(PaDataType::KERB_KEY_LIST_REQ, KeyListReq(vec![23]).encode());
    }
    (KdcReq::new(KdcReqKind::Tgs, padata, body).encode(), octets)
}

/// The cryptography of one answer, with data of the same lengths.
struct Floor {
    tgt: EncryptedData,
    authenticator: EncryptedData,
    body: Vec<u8>,
    tgt_key: Key,
    ticket_key: Key,
    kdc_key: Key,
    session: Vec<u8>,
    old_pac: Vec<u8>,
    new_pac: Vec<u8>,
    new_ticket: Vec<u8>,
    reply: Vec<u8>,
    signatures: usize,
}

impl Floor {
    #[expect(clippy::too_many_arguments, reason = "everything that one answer is made of")]
    fn new(
        request: &[u8],
        body: &[u8],
        reply: &TgsRep,
        tgt_key: &Key,
        ticket_key: &Key,
        kdc_key: &Key,
        session: &Key,
        signatures: usize,
    ) -> Self {
        let request = KdcReq::decode(request).expect("made here");
        let ap_req =
            ApReq::decode(request.padata.find(PaDataType::TGS_REQ).expect("made here")).expect("made here");
        let open = |sealed: &EncryptedData, key, usage| sealed.open(key, usage).expect("the key is right");
        let pac = |plaintext: &[u8]| {
            EncTicketPart::decode(plaintext)
                .expect("a ticket")
                .pac()
                .expect("with a PAC")
                .to_vec()
        };
        let new_ticket = open(&reply.ticket.enc_part, ticket_key, KeyUsage::TICKET);
        Self {
            old_pac: pac(&open(&ap_req.ticket.enc_part, tgt_key, KeyUsage::TICKET)),
            new_pac: pac(&new_ticket),
            new_ticket,
            reply: open(&reply.enc_part, session, KeyUsage::TGS_REP_SESSION_KEY),
            tgt: ap_req.ticket.enc_part,
            authenticator: ap_req.authenticator,
            body: body.to_vec(),
            tgt_key: tgt_key.clone(),
            ticket_key: ticket_key.clone(),
            kdc_key: kdc_key.clone(),
            session: session.expose().to_vec(),
            signatures,
        }
    }

    fn run(&self, rng: &mut ChaCha12Rng) {
        let session = Key::new(AES256, &self.session).expect("32 octets");
        black_box(
            self.tgt
                .open(&self.tgt_key, KeyUsage::TICKET)
                .expect("the key is right"),
        );
        let server = black_box(self.tgt_key.checksum(KeyUsage::PAC_CHECKSUM, &self.old_pac));
        black_box(self.tgt_key.checksum(KeyUsage::PAC_CHECKSUM, &server));
        black_box(
            self.authenticator
                .open(&session, KeyUsage::TGS_REQ_AUTHENTICATOR)
                .expect("the key is right"),
        );
        black_box(session.checksum(KeyUsage::TGS_REQ_CHECKSUM, &self.body));
        if self.signatures == 4 {
            let blank = self.new_ticket.len() - self.new_pac.len();
            black_box(self.kdc_key.checksum(
                KeyUsage::PAC_CHECKSUM,
                self.new_ticket.get(..blank).unwrap_or_default(),
            ));
            black_box(self.kdc_key.checksum(KeyUsage::PAC_CHECKSUM, &self.new_pac));
        }
        let server = black_box(self.ticket_key.checksum(KeyUsage::PAC_CHECKSUM, &self.new_pac));
        black_box(self.kdc_key.checksum(KeyUsage::PAC_CHECKSUM, &server));
        black_box(Key::generate(AES256, rng));
        black_box(self.ticket_key.encrypt(KeyUsage::TICKET, &self.new_ticket, rng));
        black_box(session.encrypt(KeyUsage::TGS_REP_SESSION_KEY, &self.reply, rng));
    }
}

criterion_group!(benches, exchange, service_ticket);
criterion_main!(benches);
