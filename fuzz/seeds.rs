//! Writes the seed corpora: `cargo run --bin seeds` in `fuzz/`. They are committed; run it again when a format changes.

mod entra;
mod lab;

use std::path::Path;
use std::{fs, io};

use kerberos::ccache::{Ccache, Credential, HeaderField, Principal, TypedOctets};
use kerberos::codes::{AdType, ErrorCode, PaDataType};
use kerberos::crypto::{Etype, Key};
use kerberos::keytab::Keytab;
use kerberos::kkdcp::{Envelope, Framing};
use kerberos::netlogon::NetlogonQuery;
use kerberos::pac::*;
use kerberos::wire::*;
use kerberos::{KerberosTime, krb_cred};

const NOW: KerberosTime = KerberosTime::from_unix_seconds(1_795_420_800);
const REALM: &str = "CORP.EXAMPLE";

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (target, seeds) in [
        ("wire", wire()),
        ("kdc", parts()),
        ("cloud", cloud_parts()),
        ("prt", prt_messages()),
        ("scenario_file", files()),
        ("pac", pacs()),
        ("keytab", vec![("rodc", keytab())]),
        ("ccache", vec![("tgt", ccache())]),
        (
            "krb_cred",
            vec![(
                "tgt",
                krb_cred::write(&[credential()]).expect("a credential with a ticket"),
            )],
        ),
        ("kkdcp", envelopes()),
        (
            "netlogon",
            vec![("query", NetlogonQuery::new(1, "corp.example", "WS01").encode())],
        ),
    ] {
        let directory = corpus.join(target);
        for (name, octets) in seeds {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap_or(&directory))?;
            fs::write(path, octets)?;
        }
    }
    Ok(())
}

type Seeds = Vec<(&'static str, Vec<u8>)>;

fn key() -> Key {
    Key::new(Etype::Aes256CtsHmacSha196, &[7; 32]).expect("32 octets")
}

fn sealed() -> EncryptedData {
    EncryptedData {
        etype: 18,
        kvno: Some(Kvno::new(21463, 1203)),
        cipher: vec![0; 40].into(),
    }
}

fn ticket() -> Ticket {
    Ticket {
        tkt_vno: Pvno,
        realm: REALM.into(),
        sname: PrincipalName::krbtgt(REALM),
        enc_part: sealed(),
    }
}

fn enc_ticket_part(pac: Vec<u8>) -> EncTicketPart {
    EncTicketPart {
        flags: TicketFlags::FORWARDABLE | TicketFlags::INITIAL,
        key: EncryptionKey::from(&key()),
        crealm: REALM.into(),
        cname: PrincipalName::principal("alice"),
        transited: TransitedEncoding {
            r#type: 1,
            contents: OctetString::from_static(b""),
        },
        authtime: NOW,
        starttime: Some(NOW),
        endtime: NOW,
        renew_till: Some(NOW),
        caddr: None,
        authorization_data: Some(AuthorizationData::from_pac(pac)),
    }
}

fn request(kind: KdcReqKind, padata: MethodData) -> KdcReq {
    let body = KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::CANONICALIZE,
        cname: Some(PrincipalName::principal("alice")),
        realm: REALM.into(),
        sname: Some(PrincipalName::krbtgt(REALM)),
        from: Some(NOW),
        till: KerberosTime::WINDOWS_FOREVER,
        rtime: Some(NOW),
        nonce: UInt32(1),
        etype: vec![18, 17, 23],
        addresses: Some(vec![HostAddress {
            addr_type: 20,
            address: b"WS01            ".to_vec().into(),
        }]),
        enc_authorization_data: Some(sealed()),
        additional_tickets: Some(vec![ticket()]),
    };
    KdcReq::new(kind, padata, body)
}

fn authenticator() -> Authenticator {
    Authenticator {
        authenticator_vno: Pvno,
        crealm: REALM.into(),
        cname: PrincipalName::principal("alice"),
        cksum: None,
        cusec: NOW.timestamp().into(),
        ctime: NOW,
        subkey: Some(EncryptionKey::from(&key())),
        seq_number: Some(UInt32(1)),
        authorization_data: Some(AuthorizationData::single(AdType::IF_RELEVANT, b"0\0".to_vec())),
    }
}

fn reply_part() -> EncKdcRepPart {
    EncKdcRepPart {
        key: EncryptionKey::from(&key()),
        last_req: vec![LastReqEntry {
            lr_type: 0,
            lr_value: NOW,
        }],
        nonce: UInt32(1),
        key_expiration: Some(NOW),
        flags: TicketFlags::FORWARDABLE,
        authtime: NOW,
        starttime: Some(NOW),
        endtime: NOW,
        renew_till: Some(NOW),
        srealm: REALM.into(),
        sname: PrincipalName::krbtgt(REALM),
        caddr: None,
        encrypted_pa_data: Some(MethodData::default().with(
            PaDataType::KERB_KEY_LIST_REP,
            KeyListRep(vec![EncryptionKey::from(&key())]).encode(),
        )),
    }
}

/// The KDC must grant what the seeds ask for: only then does a changed one reach every check.
fn cloud_parts() -> Seeds {
    let names = [
        "request",
        "form",
        "first",
        "assertion",
        "renewal",
        "device",
        "certification",
        "key",
    ];
    let seed = |(index, part): (u8, entra::Part)| {
        let seed = part.seed();
        let response = part.send(&seed).expect("a seed fits");
        assert!(response.status().is_success(), "{index}: {response:?}");
        [&[index][..], &seed].concat()
    };
    let seeds = (0..).zip(entra::Part::ALL).map(seed);
    names.into_iter().zip(seeds).collect()
}

/// Messages as they are sent, and what stands in them.
fn prt_messages() -> Seeds {
    use benches::entra::{Entra, device_key};
    use prt::SessionKey;
    use prt::jose::{ContentCipher, seal_direct, seal_session_key};
    use rand_chacha::ChaCha12Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    let mut entra = Entra::new();
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let first = entra.hello_request();
    let form = first.body().clone();
    let reply = entra.serve(first).into_body();
    let token = prt::form::Form::parse(&form);
    let token = token
        .value("request")
        .expect("a signed request")
        .as_bytes()
        .to_vec();
    let session_key = SessionKey::new([7; 32]);
    let public = device_key().public().clone();
    let certificate = prt::jose::decode_base64(&entra.certificate, "x5c").expect("base64");
    let claims = entra.claims(prt::messages::GRANT_REFRESH_TOKEN);
    let renewal = prt::jose::sign_with_session_key(&claims, &session_key, prt::KdfVersion::V2, &mut rng);
    vec![
        ("token-rs256", token),
        ("token-hs256", renewal.into_bytes()),
        ("form", form),
        (
            "reply-direct",
            seal_direct(&reply, &session_key, ContentCipher::Aes256Cbc, &mut rng).into_bytes(),
        ),
        (
            "reply-gcm",
            seal_direct(&reply, &session_key, ContentCipher::Aes256Gcm, &mut rng).into_bytes(),
        ),
        ("reply", reply),
        (
            "session-key",
            seal_session_key(&session_key, &public, &mut rng)
                .expect("the key is good")
                .into_bytes(),
        ),
        ("claims", serde_json::to_vec(&claims).expect("plain data")),
        ("certificate", certificate),
        ("certification", entra::Part::Certification.seed()),
        ("device", entra::Part::Device.seed()),
        ("blob", public.to_blob()),
        ("spki", public.to_spki_der()),
    ]
}

/// Every file that is built in.
fn files() -> Seeds {
    use scenarios::library::{faults, labs, scenarios};
    [labs(), faults(), scenarios()]
        .into_iter()
        .flatten()
        .map(|entry| (entry.file_name, entry.text.as_bytes().to_vec()))
        .collect()
}

fn parts() -> Seeds {
    let names = [
        "request",
        "token",
        "ticket",
        "pac",
        "authenticator",
        "body",
        "padata",
        "timestamp",
    ];
    let seed = |(index, part): (u8, lab::Part)| {
        let seed = part.seed();
        let granted = matches!(part.send(&seed), Some(Message::TgsRep(_) | Message::AsRep(_)));
        assert!(
            granted || matches!(part, lab::Part::Token),
            "seed {index} is refused"
        );
        [vec![index], seed].concat()
    };
    names
        .into_iter()
        .zip((0..).zip(lab::Part::ALL).map(seed))
        .collect()
}

fn wire() -> Seeds {
    let ap_req = ApReq::new(ApOptions::MUTUAL_REQUIRED, ticket(), sealed());
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
    let etypes = vec![EtypeInfo2Entry {
        etype: 18,
        salt: Some("CORP.EXAMPLEalice".into()),
        s2kparams: None,
    }];
    let error = KrbError::new(
        ErrorCode::PREAUTH_REQUIRED,
        NOW.timestamp(),
        REALM,
        PrincipalName::krbtgt(REALM),
    );
    let cred = krb_cred::write(&[credential()]).expect("a credential with a ticket");
    vec![
        ("as-req", request(KdcReqKind::As, MethodData::default()).encode()),
        ("tgs-req", request(KdcReqKind::Tgs, padata.clone()).encode()),
        ("ap-req", ap_req.encode()),
        ("ap-rep", ApRep::new(sealed()).encode()),
        ("authenticator", authenticator().encode()),
        ("enc-ticket-part", enc_ticket_part(b"pac".to_vec()).encode()),
        ("enc-as-rep-part", reply_part().encode_as_rep()),
        ("enc-tgs-rep-part", reply_part().encode_tgs_rep()),
        ("krb-error", error.encode()),
        ("krb-cred", cred),
        ("method-data", padata.encode()),
        ("etype-info2", EtypeInfo2(etypes).encode()),
        (
            "gss-token",
            GssToken::new(TokenId::ApReq, ap_req.encode()).encode(),
        ),
        ("gss-checksum", GssChecksum::new(ChecksumFlags::MUTUAL).encode()),
        ("kdc-proxy", envelopes().remove(0).1),
    ]
}

fn pacs() -> Seeds {
    let domain = "S-1-5-21-1004336348-1177238915-682003330".parse().expect("a SID");
    let logon = LogonInfo {
        effective_name: RpcString {
            text: Some("alice".into()),
            spare_units: 0,
        },
        logon_domain_name: RpcString::with_spare_nul("CORP"),
        user_id: 1105,
        primary_group_id: 513,
        groups: vec![GroupMembership::new(513)],
        logon_domain_id: Some(domain),
        extra_sids: vec![SidAndAttributes::new("S-1-18-1".parse().expect("a SID"))],
        ..LogonInfo::default()
    };
    let builder = PacBuilder::new()
        .logon_info(&logon)
        .client_info(&ClientInfo {
            client_id: FileTime(134_398_944_000_000_000),
            name: "alice".into(),
        })
        .attributes_info(&AttributesInfo::new(AttributesFlags::PAC_WAS_REQUESTED))
        .requestor(&domain);
    let key = key();
    let keys = PacKeys::of_tgt(&key, Some(21463));
    let tgt = builder.clone().sign(&keys, &SignatureSet::TGT);
    let ticket = enc_ticket_part(tgt.clone()).encode();
    vec![
        ("tgt", tgt),
        ("service", builder.sign(&keys, &SignatureSet::service(b"ticket"))),
        ("ticket", ticket),
    ]
}

fn keytab() -> Vec<u8> {
    let mut keytab = Keytab::default();
    keytab.add(
        REALM.into(),
        PrincipalName::krbtgt(REALM),
        Kvno::new(21463, 1203),
        &key(),
        NOW,
    );
    keytab.write().expect("short fields")
}

fn credential() -> Credential {
    let of = |name| Principal {
        realm: REALM.into(),
        name,
    };
    Credential {
        client: of(PrincipalName::principal("alice")),
        server: of(PrincipalName::krbtgt(REALM)),
        key: EncryptionKey::from(&key()),
        auth_time: NOW,
        start_time: NOW,
        end_time: NOW,
        renew_till: NOW,
        is_session_key: false,
        flags: TicketFlags::FORWARDABLE,
        addresses: vec![TypedOctets {
            kind: 2,
            octets: vec![192, 0, 2, 1],
        }],
        authorization_data: Vec::new(),
        ticket: ticket().encode(),
        second_ticket: Vec::new(),
    }
}

fn ccache() -> Vec<u8> {
    let mut cache = Ccache::new(credential().client);
    cache.header.push(HeaderField::Unknown {
        tag: 2,
        octets: vec![1],
    });
    cache.credentials.push(credential());
    cache.set_config("fast_avail", Some("krbtgt/CORP.EXAMPLE@CORP.EXAMPLE"), b"yes");
    cache.write().expect("short fields")
}

fn envelopes() -> Seeds {
    let framed = Envelope::request(
        request(KdcReqKind::As, MethodData::default()).encode(),
        REALM.into(),
    );
    let bare = Envelope {
        framing: Framing::Bare,
        ..framed.clone()
    };
    vec![("framed", framed.write()), ("bare", bare.write())]
}
