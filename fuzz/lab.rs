//! A domain with fixed keys, and requests with one part of the fuzzer's choice: what is encrypted and signed around it
//! is right, so that the fuzzer gets past the cryptography.

use std::sync::LazyLock;
use std::time::Duration;

use kdc_sim::directory::{AccountSpec, KeyRing, KeySet, RodcSpec, Secret};
use kdc_sim::{DcConfig, DomainBuilder, DomainSnapshot, KdcState, Transport, handle, resource};
use kerberos::Timestamp;
use kerberos::codes::PaDataType;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::pac::*;
use kerberos::sid::Sid;
use kerberos::wire::*;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

const REALM: &str = "CORP.EXAMPLE";
const NOW: Timestamp = Timestamp::from_unix_seconds(1_795_420_800);
const RODC: u16 = 21463;
const VERSION: u16 = 1203;
const USER: u32 = 1104;

static DOMAIN: LazyLock<DomainSnapshot> = LazyLock::new(|| {
    let mut domain = DomainBuilder::new("corp.example", "CORP", domain_sid(), ring(1, 1)).expect("a domain");
    domain.account(AccountSpec::user("alice", USER), Secret::Keys(ring(1, 2)));
    domain.account(
        AccountSpec::computer("FS01", 1301, "fs01.corp.example"),
        Secret::Keys(ring(1, 3)),
    );
    domain.rodc(RodcSpec::azure_ad_kerberos(
        RODC,
        1601,
        1602,
        ring(VERSION.into(), 4),
    ));
    domain.build().expect("a sound domain")
});

fn domain_sid() -> Sid {
    Sid::of_domain([1_004_336_348, 1_177_238_915, 682_003_330])
}

fn key(etype: Etype, octet: u8) -> Key {
    Key::new(etype, &vec![octet; etype.key_length()]).expect("the length of a key")
}

fn ring(version: u32, octet: u8) -> KeyRing {
    KeyRing::new(KeySet::from_keys(
        version,
        "",
        Etype::ALL.map(|etype| key(etype, octet)),
    ))
}

fn aes(octet: u8) -> Key {
    key(Etype::Aes256CtsHmacSha196, octet)
}

/// The part of a request that the fuzzer chooses.
#[derive(Clone, Copy)]
pub enum Part {
    /// All of it, to the KDC.
    Request,
    /// All of it, to a file server.
    Token,
    /// The encrypted part of a partial TGT.
    Ticket,
    /// The PAC of a partial TGT; its signatures are made anew if it can be read.
    Pac,
    /// The authenticator beside a partial TGT.
    Authenticator,
    /// The body; the authenticator's checksum fits it.
    Body,
    /// Further pre-authentication data beside a partial TGT.
    PaData,
    /// The timestamp of an AS-REQ.
    Timestamp,
}

impl Part {
    /// Every part; the first octet of an input is its index.
    pub const ALL: [Self; 8] = [
        Self::Request,
        Self::Token,
        Self::Ticket,
        Self::Pac,
        Self::Authenticator,
        Self::Body,
        Self::PaData,
        Self::Timestamp,
    ];

    /// Sends a request with `octets` as this part. Whatever comes back is a message or nothing.
    pub fn send(self, octets: &[u8]) -> Option<Message> {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        if let Self::Token = self {
            let server = resource::FileServer::of_account(&DOMAIN, "FS01$").expect("FS01 is there");
            server.accept(&mut resource::ServerState::default(), NOW, &mut rng, octets);
            return None;
        }
        let (dc, mut state) = (DcConfig::new("DC01"), KdcState::default());
        let request = self.request(octets)?;
        let reply = handle(&DOMAIN, &dc, &mut state, NOW, &mut rng, Transport::Tcp, &request).reply;
        (!reply.is_empty()).then(|| Message::decode(&reply).expect("the reply is a message"))
    }

    /// The request, or nothing if the octets do not even fit the frame.
    pub fn request(self, octets: &[u8]) -> Option<Vec<u8>> {
        let own = Some(octets);
        Some(match self {
            Self::Request | Self::Token => octets.to_vec(),
            Self::Ticket => tgs_req(octets, &body().encode(), None, MethodData::default())?,
            Self::Pac => tgs_req(
                &ticket_part(resigned(octets)),
                &body().encode(),
                None,
                MethodData::default(),
            )?,
            Self::Authenticator => {
                tgs_req(&ticket_part(pac()), &body().encode(), own, MethodData::default())?
            }
            Self::Body => tgs_req(&ticket_part(pac()), octets, None, MethodData::default())?,
            Self::PaData => tgs_req(
                &ticket_part(pac()),
                &body().encode(),
                None,
                MethodData::decode(octets).ok()?,
            )?,
            Self::Timestamp => {
                let sealed = seal(&aes(2), KeyUsage::PA_ENC_TIMESTAMP, None, octets);
                let padata = MethodData::default().with(PaDataType::ENC_TIMESTAMP, sealed.encode());
                let cname = Some(PrincipalName::principal("alice"));
                KdcReq::new(KdcReqKind::As, padata, KdcReqBody { cname, ..body() }).encode()
            }
        })
    }

    /// A seed: what a well-behaved client has as this part.
    pub fn seed(self) -> Vec<u8> {
        match self {
            Self::Request | Self::Token => Self::PaData.request(&Self::PaData.seed()).expect("a seed fits"),
            Self::Ticket => ticket_part(pac()),
            Self::Pac => pac(),
            Self::Authenticator => authenticator(&body().encode()),
            Self::Body => body().encode(),
            Self::PaData => MethodData::default()
                .with(PaDataType::KERB_KEY_LIST_REQ, KeyListReq(vec![23]).encode())
                .with(
                    PaDataType::PAC_OPTIONS,
                    PaPacOptions {
                        options: PacOptions::BRANCH_AWARE,
                    }
                    .encode(),
                )
                .encode(),
            Self::Timestamp => PaEncTsEnc::from(NOW).encode(),
        }
    }
}

fn seal(key: &Key, usage: KeyUsage, kvno: Option<Kvno>, plaintext: &[u8]) -> EncryptedData {
    EncryptedData::seal(key, usage, kvno, plaintext, &mut ChaCha12Rng::seed_from_u64(2))
}

fn body() -> KdcReqBody {
    KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
        cname: None,
        realm: REALM.into(),
        sname: Some(PrincipalName::krbtgt(REALM)),
        from: None,
        till: kerberos::KerberosTime::WINDOWS_FOREVER,
        rtime: None,
        nonce: UInt32(1),
        etype: vec![18, 23],
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    }
}

/// A TGS-REQ with a partial TGT of these parts; the authenticator is made if there is none.
fn tgs_req(ticket: &[u8], body: &[u8], own: Option<&[u8]>, more: MethodData) -> Option<Vec<u8>> {
    let enc_part = seal(&aes(4), KeyUsage::TICKET, Some(Kvno::new(RODC, VERSION)), ticket);
    let ticket = Ticket {
        tkt_vno: Pvno,
        realm: REALM.into(),
        sname: PrincipalName::krbtgt(REALM),
        enc_part,
    };
    let made = authenticator(body);
    let sealed = seal(
        &aes(9),
        KeyUsage::TGS_REQ_AUTHENTICATOR,
        None,
        own.unwrap_or(&made),
    );
    let ap_req = ApReq::new(ApOptions::empty(), ticket, sealed);
    let mut padata = MethodData::default().with(PaDataType::TGS_REQ, ap_req.encode());
    padata.0.extend(more.0);
    Some(
        KdcReq::with_body_octets(KdcReqKind::Tgs, padata, body.to_vec())
            .ok()?
            .encode(),
    )
}

fn authenticator(body: &[u8]) -> Vec<u8> {
    let session = aes(9);
    let checksum = session.checksum(KeyUsage::TGS_REQ_CHECKSUM, body).to_vec().into();
    Authenticator {
        authenticator_vno: Pvno,
        crealm: REALM.into(),
        cname: PrincipalName::principal("alice"),
        cksum: Some(Checksum {
            r#type: session.checksum_type().number(),
            checksum,
        }),
        cusec: NOW.into(),
        ctime: NOW.kerberos_time(),
        subkey: None,
        seq_number: None,
        authorization_data: None,
    }
    .encode()
}

fn ticket_part(pac: Vec<u8>) -> Vec<u8> {
    EncTicketPart {
        flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::ENC_PA_REP,
        key: EncryptionKey::from(&aes(9)),
        crealm: REALM.into(),
        cname: PrincipalName::principal("alice"),
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
    }
    .encode()
}

fn pac() -> Vec<u8> {
    let logon = LogonInfo {
        effective_name: RpcString::from("alice"),
        user_id: USER,
        primary_group_id: 513,
        groups: vec![GroupMembership::new(513)],
        logon_domain_id: Some(domain_sid()),
        ..LogonInfo::default()
    };
    let builder = PacBuilder::new()
        .logon_info(&logon)
        .client_info(&ClientInfo {
            client_id: FileTime::from(NOW),
            name: "alice".into(),
        })
        .attributes_info(&AttributesInfo::new(AttributesFlags::PAC_WAS_REQUESTED))
        .requestor(&domain_sid().with_rid(USER).expect("a domain's SID has room"));
    builder.sign(&PacKeys::of_tgt(&aes(4), Some(RODC)), &SignatureSet::TGT)
}

fn resigned(octets: &[u8]) -> Vec<u8> {
    let Ok(pac) = Pac::parse(octets) else {
        return octets.to_vec();
    };
    pac.buffers()
        .fold(PacBuilder::new(), |builder, (kind, buffer)| {
            builder.buffer(kind, buffer)
        })
        .sign(&PacKeys::of_tgt(&aes(4), Some(RODC)), &SignatureSet::TGT)
}
