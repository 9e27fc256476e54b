//! The trees of real tickets (origin and licence: `kerberos/tests/vectors/README.md`), of messages around them, and bad input.

use kerberos::ccache::{Ccache, Credential, Principal};
use kerberos::codes::{ErrorCode, NtStatus, PaDataType};
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::keytab::{Entry, Keytab};
use kerberos::kkdcp::Envelope;
use kerberos::pac::pac_of_ticket;
use kerberos::wire::{
    ApOptions, ApReq, Authenticator, AuthorizationData, Checksum, EncTicketPart, EncryptedData,
    EncryptionKey, GssToken, KdcOptions, KdcReq, KdcReqBody, KdcReqKind, KerbErrorData, KeyListReq, KrbCred,
    KrbError, Kvno, MethodData, PrincipalName, Ticket, TicketFlags, TokenId,
};
use kerberos::{KerberosTime, Timestamp};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

use super::node::Node;
use super::{Keyring, Unreadable, tree};

const HEIMDAL: &str = include_str!("../../../kerberos/tests/vectors/heimdal_test_pac.txt");
const MIT: &str = include_str!("../../../kerberos/tests/vectors/krb5_reference_encode.txt");

fn vector(name: &str) -> Vec<u8> {
    let line = HEIMDAL
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    hex::decode(line.expect("a vector of the file")).expect("hex")
}

fn entry(name: PrincipalName, kvno: Kvno, etype: i32, octets: &[u8]) -> Entry {
    let written = KerberosTime::UNIX_EPOCH;
    Entry {
        realm: "ACME.COM".into(),
        name,
        written,
        kvno,
        key: EncryptionKey::new(etype, octets),
    }
}

fn keytab() -> Keytab {
    let krbtgt = || PrincipalName::krbtgt("ACME.COM");
    Keytab {
        entries: vec![
            entry(krbtgt(), Kvno(2), 18, &vector("rwdc_tgt_key")),
            entry(krbtgt(), Kvno(2), 23, &vector("rwdc_tgt_pac_key")),
            entry(krbtgt(), Kvno::new(46673, 1), 18, &vector("rodc_tgt_key")),
            entry(krbtgt(), Kvno::new(46673, 1), 23, &vector("rodc_tgt_pac_key")),
            entry(
                PrincipalName::parse("cifs/server"),
                Kvno(3),
                23,
                &vector("server_key"),
            ),
        ],
    }
}

fn keyring() -> Keyring {
    let mut keys = Keyring::new(false);
    keys.add_keytab(&keytab());
    keys
}

fn value<'a>(node: &'a Node, label: &str) -> &'a str {
    let found = node
        .find(label)
        .unwrap_or_else(|| panic!("no {label} in\n{node}"));
    found.value.as_deref().unwrap_or_default()
}

fn shown(octets: &[u8]) -> Node {
    tree(octets, &mut keyring()).expect("readable")
}

#[test]
fn the_tgt_of_a_read_only_dc_opens_and_its_signatures_verify() {
    let tree = shown(&vector("tgt_rodc"));
    assert_eq!(value(&tree, "kvno"), "0xB6510001 = RODC 46673, version 1");
    assert_eq!(
        value(&tree, "flags"),
        "0x40e10000 forwardable renewable initial pre_authent enc_pa_rep"
    );
    assert_eq!(
        value(&tree, "decrypted with"),
        "the aes256-cts-hmac-sha1-96 (18) key of krbtgt/ACME.COM@ACME.COM, version 0xB6510001 = RODC 46673, version 1"
    );
    let kdc = tree.find("KDC_CHECKSUM (7)").expect("signed by the KDC");
    assert_eq!(value(kdc, "RODC identifier"), "46673 = key krbtgt_46673");
    assert!(value(kdc, "verified").contains("RODC 46673"), "{kdc}");
    let server = tree.find("SERVER_CHECKSUM (6)").expect("signed by the service");
    assert!(value(server, "verified").contains("RODC 46673"), "{server}");
    assert!(server.find("RODC identifier").is_none(), "{server}");
}

#[test]
fn every_signature_of_every_ticket_verifies() {
    for name in [
        "tgt_ticket",
        "service_ticket",
        "s4u2self_ticket",
        "s4u2proxy_ticket",
        "tgt_rodc",
        "service_rodc",
        "s4u2self_rodc",
        "s4u2proxy_rodc",
    ] {
        let tree = shown(&vector(name)).to_string();
        assert!(tree.contains("verified: with"), "{name}\n{tree}");
        assert!(
            !tree.contains("not verified") && !tree.contains("unreadable"),
            "{name}\n{tree}"
        );
    }
}

#[test]
fn without_its_key_a_ticket_stays_closed() {
    let octets = vector("tgt_rodc");
    let tree = tree(&octets, &mut Keyring::default()).expect("readable");
    assert_eq!(value(&tree, "Ticket"), "krbtgt/ACME.COM@ACME.COM");
    assert!(tree.find("EncTicketPart").is_none());
    let mut wrong = Keyring::default();
    wrong.learn(&EncryptionKey::new(18, &[0; 32]), "another key");
    let tree = super::tree(&octets, &mut wrong).expect("readable");
    assert_eq!(value(&tree, "not decrypted"), "none of the keys at hand fits");
}

#[test]
fn a_changed_pac_is_seen() {
    let key = Key::new(Etype::Aes256CtsHmacSha196, &vector("rodc_tgt_key")).expect("32 octets");
    let ticket = Ticket::decode(&vector("tgt_rodc")).expect("a ticket");
    let plaintext = ticket.enc_part.open(&key, KeyUsage::TICKET).expect("its key");
    let mut pac = pac_of_ticket(&plaintext)
        .expect("a ticket")
        .expect("a PAC")
        .to_vec();
    assert!(
        value(&shown(&pac), "verified").contains("RODC 46673"),
        "on its own"
    );
    pac[100] ^= 1;
    let mut part = EncTicketPart::decode(&plaintext).expect("a ticket");
    part.authorization_data = Some(AuthorizationData::from_pac(pac));
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let enc_part = EncryptedData::seal(
        &key,
        KeyUsage::TICKET,
        ticket.enc_part.kvno,
        &part.encode(),
        &mut rng,
    );
    let tree = shown(&Ticket { enc_part, ..ticket }.encode());
    assert!(
        value(&tree, "wrong").starts_with("it does not verify with the key that opened the ticket"),
        "{tree}"
    );
}

/// A TGS-REQ with the real TGT, whose session key its ticket gives away.
fn tgs_req() -> KdcReq {
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    let key = Key::new(Etype::Aes256CtsHmacSha196, &vector("rodc_tgt_key")).expect("32 octets");
    let ticket = Ticket::decode(&vector("tgt_rodc")).expect("a ticket");
    let part = EncTicketPart::decode(&ticket.enc_part.open(&key, KeyUsage::TICKET).expect("its key"))
        .expect("a part");
    let session = part.key.to_key().expect("AES");
    let body = KdcReqBody {
        kdc_options: KdcOptions::FORWARDABLE | KdcOptions::CANONICALIZE,
        cname: None,
        realm: "ACME.COM".into(),
        sname: Some(PrincipalName::krbtgt("ACME.COM")),
        from: None,
        till: KerberosTime::WINDOWS_FOREVER,
        rtime: None,
        nonce: 7.into(),
        etype: vec![18, -1],
        addresses: None,
        enc_authorization_data: None,
        additional_tickets: None,
    };
    let checksum = session.checksum(KeyUsage::TGS_REQ_CHECKSUM, &body.encode());
    let now = Timestamp::from_unix_seconds(1_795_420_800);
    let authenticator = Authenticator {
        authenticator_vno: Default::default(),
        crealm: part.crealm,
        cname: part.cname,
        cksum: Some(Checksum {
            r#type: 16,
            checksum: Vec::from(checksum).into(),
        }),
        cusec: now.into(),
        ctime: now.kerberos_time(),
        subkey: None,
        seq_number: None,
        authorization_data: None,
    };
    let usage = KeyUsage::TGS_REQ_AUTHENTICATOR;
    let authenticator = EncryptedData::seal(&session, usage, None, &authenticator.encode(), &mut rng);
    let padata = MethodData::default()
        .with(
            PaDataType::TGS_REQ,
            ApReq::new(ApOptions::empty(), ticket, authenticator).encode(),
        )
        .with(PaDataType::KERB_KEY_LIST_REQ, KeyListReq(vec![23]).encode());
    KdcReq::new(KdcReqKind::Tgs, padata, body)
}

#[test]
fn a_request_opens_down_to_the_authenticator_and_its_checksum() {
    let tree = shown(&tgs_req().encode());
    assert_eq!(tree.label, "TGS-REQ");
    let authenticator = tree.find("Authenticator").expect("opened with the session key");
    assert_eq!(value(authenticator, "ctime"), "2026-11-23T08:00:00Z");
    assert_eq!(value(authenticator, "verified"), "it covers this req-body");
    assert_eq!(value(&tree, "KERB-KEY-LIST-REQ (161)"), "rc4-hmac (23)");
    assert_eq!(value(&tree, "etype"), "aes256-cts-hmac-sha1-96 (18), type -1");
}

#[test]
fn the_checksum_of_another_body_is_seen() {
    let request = tgs_req();
    let body = KdcReqBody {
        nonce: 8.into(),
        ..request.body().clone()
    };
    let tree = shown(&KdcReq::new(KdcReqKind::Tgs, request.padata, body).encode());
    assert!(
        value(&tree, "wrong").contains("KRB_AP_ERR_MODIFIED (41)"),
        "{tree}"
    );
}

#[test]
fn a_message_is_the_same_in_every_wrapping() {
    let octets = tgs_req().encode();
    let expected = shown(&octets);
    let length = u32::try_from(octets.len()).expect("short").to_be_bytes();
    let hexadecimal = hex::encode(&octets);
    let (first, second) = hexadecimal.split_at(100);
    use base64::Engine as _;
    for wrapped in [
        format!("{first}\n  {second}\n").into_bytes(),
        hexadecimal.to_uppercase().into_bytes(),
        base64::engine::general_purpose::STANDARD
            .encode(&octets)
            .into_bytes(),
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(&octets)
            .into_bytes(),
    ] {
        assert_eq!(shown(&wrapped), expected);
    }
    let framed = [&length, octets.as_slice()].concat();
    let mut stream = shown(&framed);
    assert_eq!(
        stream.children.pop().map(|prefix| prefix.label).as_deref(),
        Some("length prefix")
    );
    assert_eq!(stream, expected);
    assert_eq!(value(&shown(&framed.repeat(2)), "TCP stream"), "2 messages");

    let envelope = Envelope::request(octets.clone(), "ACME.COM".into()).write();
    let proxied = shown(&envelope);
    assert_eq!(value(&proxied, "target-domain"), "ACME.COM");
    assert_eq!(proxied.find("TGS-REQ"), Some(&expected));

    let token = shown(&GssToken::new(TokenId::ApReq, octets).encode());
    assert_eq!(value(&token, "token id"), "01 00 (AP-REQ)");
    assert_eq!(token.find("TGS-REQ"), Some(&expected));
}

#[test]
fn files_are_told_by_their_content() {
    let tree = shown(&keytab().write().expect("in range"));
    assert_eq!(value(&tree, "keytab"), "5 entries");
    assert_eq!(
        tree.children[2]
            .find("kvno")
            .and_then(|node| node.value.as_deref()),
        Some("0xB6510001 = RODC 46673, version 1")
    );
    assert_eq!(value(&tree, "key"), "aes256-cts-hmac-sha1-96 (18), 32 octets");

    let principal = |name: PrincipalName| Principal {
        realm: "ACME.COM".into(),
        name,
    };
    let mut cache = Ccache::new(principal(PrincipalName::principal("ada")));
    cache.set_config("fast_avail", Some("krbtgt/ACME.COM@ACME.COM"), b"yes");
    cache.credentials.push(Credential {
        client: principal(PrincipalName::principal("ada")),
        server: principal(PrincipalName::krbtgt("ACME.COM")),
        key: EncryptionKey::new(18, &[1; 32]),
        auth_time: KerberosTime::UNIX_EPOCH,
        start_time: KerberosTime::UNIX_EPOCH,
        end_time: KerberosTime::from_unix_seconds(60),
        renew_till: KerberosTime::UNIX_EPOCH,
        is_session_key: false,
        flags: TicketFlags::FORWARDABLE,
        addresses: vec![],
        authorization_data: vec![],
        ticket: vector("tgt_rodc"),
        second_ticket: vec![],
    });
    let tree = shown(&cache.write().expect("in range"));
    assert_eq!(value(&tree, "setting fast_avail"), "yes");
    assert_eq!(value(&tree, "credential"), "krbtgt/ACME.COM@ACME.COM");
    assert!(tree.find("LOGON_INFO (1)").is_some(), "{tree}");

    let kirbi = kerberos::krb_cred::write(&cache.tickets().cloned().collect::<Vec<_>>()).expect("tickets");
    let tree = shown(&kirbi);
    assert_eq!(value(&tree, "pname"), "ada (NT-PRINCIPAL (1))");
    assert!(
        KrbCred::decode(&kirbi).is_ok() && tree.find("LOGON_INFO (1)").is_some(),
        "{tree}"
    );
}

#[test]
fn an_error_is_shown_by_name_with_its_status() {
    let sname = PrincipalName::krbtgt("ACME.COM");
    let mut error = KrbError::new(
        ErrorCode::CLIENT_REVOKED,
        Timestamp::UNIX_EPOCH,
        "ACME.COM",
        sname,
    );
    error.e_data = Some(
        KerbErrorData::from_status(NtStatus::ACCOUNT_DISABLED, 1)
            .encode()
            .into(),
    );
    let tree = shown(&error.encode());
    assert_eq!(value(&tree, "error-code"), "KDC_ERR_CLIENT_REVOKED (18)");
    assert_eq!(value(&tree, "status"), "STATUS_ACCOUNT_DISABLED (0xC0000072)");
}

#[test]
fn keys_are_shown_only_when_asked_for() {
    let octets = keytab().write().expect("in range");
    let secret = hex::encode(vector("rodc_tgt_key"));
    assert!(!shown(&octets).to_string().contains(&secret));
    assert!(
        tree(&octets, &mut Keyring::new(true))
            .expect("a keytab")
            .to_string()
            .contains(&secret)
    );
}

#[test]
fn text_and_json_say_the_same() {
    let tree = Node::leaf("a", "1").with(Node::new("b").field("c", "2\u{1b}[31m"));
    assert_eq!(tree.to_string(), "a: 1\n  b\n    c: 2\u{fffd}[31m\n");
    let json = serde_json::to_string(&tree).expect("a tree");
    assert_eq!(
        json,
        r#"{"label":"a","value":"1","children":[{"label":"b","children":[{"label":"c","value":"2\u001b[31m"}]}]}"#
    );
}

#[test]
fn bad_input_says_what_was_expected_and_where() {
    let refused = |octets: &[u8]| tree(octets, &mut keyring()).expect_err("not readable");
    assert_eq!(refused(&[]), Unreadable::Empty);
    assert!(
        refused(b"hello, world")
            .to_string()
            .starts_with("cannot tell what this is: expected")
    );
    let ticket = vector("tgt_rodc");
    let cut = refused(&ticket[..ticket.len() - 1]).to_string();
    assert_eq!(
        cut,
        "Ticket: a value of 996 octets stands where only 995 are left at octet 0"
    );
    let keytab = keytab().write().expect("in range");
    assert!(
        refused(&keytab[..20]).to_string().starts_with("keytab, octet "),
        "{}",
        refused(&keytab[..20])
    );
    let length = u32::try_from(ticket.len()).expect("short").to_be_bytes();
    let stream = [&length, &ticket[..10]].concat();
    assert_eq!(
        refused(&stream).to_string(),
        "TCP stream, octet 14: expected 990 more octets, got the end"
    );
}

#[test]
fn files_are_read_and_failures_name_them() {
    let directory = tempfile::tempdir().expect("a place for files");
    let (file, keytab_file) = (directory.path().join("ticket"), directory.path().join("keytab"));
    std::fs::write(&file, hex::encode(vector("tgt_rodc"))).expect("written");
    std::fs::write(&keytab_file, keytab().write().expect("in range")).expect("written");
    let mut args = super::DecodeArgs {
        file,
        keytab: Some(keytab_file),
        json: true,
        show_keys: false,
    };
    let json = super::decode(&args).expect("readable");
    let tree: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(tree["value"], "krbtgt/ACME.COM@ACME.COM");
    assert!(json.contains("RODC 46673"), "{json}");

    let ticket = std::mem::replace(&mut args.file, directory.path().join("absent"));
    assert_eq!(super::run(&args), 2);
    let failure = super::decode(&args).expect_err("no such file").to_string();
    assert!(failure.starts_with(&args.file.display().to_string()), "{failure}");
    args.keytab = Some(ticket.clone());
    args.file = ticket;
    let failure = super::decode(&args)
        .expect_err("a ticket is no keytab")
        .to_string();
    assert!(
        failure.contains("keytab, octet 0: expected version 05 02"),
        "{failure}"
    );
}

#[test]
fn no_input_stops_the_reader() {
    let mit = MIT
        .lines()
        .filter_map(|line| hex::decode(line.split_once(": ")?.1.replace(' ', "")).ok());
    let heimdal = ["tgt_rodc", "s4u2proxy_ticket"].map(vector);
    let files = [keytab().write().expect("in range"), tgs_req().encode()];
    let mut keys = keyring();
    for octets in mit.chain(heimdal).chain(files) {
        for index in 0..octets.len() {
            let _ = tree(&octets[..index], &mut keys);
            let mut changed = octets.clone();
            changed[index] ^= 0x41;
            let _ = tree(&changed, &mut keys);
        }
    }
}
