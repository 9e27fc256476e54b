//! PACs and tickets that other KDCs issued; origin and licence of each are in vectors/README.md.

use kerberos::crypto::{ChecksumType, Etype, Key, KeyUsage};
use kerberos::pac::{
    ClientInfo, LogonInfo, Pac, PacBuilder, PacKeys, PacType, SignatureKind, SignatureSet, UpnDnsInfo,
    pac_of_ticket, replace_pac, ticket_without_pac,
};
use kerberos::sid::Sid;

const HEIMDAL: &str = include_str!("vectors/pac_heimdal.txt");
const TICKETS: &str = include_str!("vectors/heimdal_test_pac.txt");
const MIT: &str = include_str!("vectors/pac_mit.txt");
const GOKRB5: &str = include_str!("vectors/pac_gokrb5.txt");

/// Tickets of Windows DCs of 2021: name, key of the ticket, key of the KDC, RODC identifier, whether a service's.
fn heimdal_tickets() -> [(&'static str, Key, Key, Option<u16>, bool); 8] {
    let server = rc4("ed2311207a214420bfc08d36f7f6b23e");
    let rw = aes256("2786341dd315060d6fd640fa03b195329122e86b0f47e0b5fedaef5498dc075a");
    let rw_pac = rc4("b9f0398de960b8408c540b61f9d2f116");
    let rodc = aes256("0c7e6347c8707f587c9159bac9bf50b4e2d649b685d3d9f380bae9024651ab23");
    let rodc_pac = rc4("805d66b95f66d680c35a0741e897cc66");
    let identifier = Some(46673);
    [
        ("tgt_ticket", rw, rw_pac.clone(), None, false),
        ("service_ticket", server.clone(), rw_pac.clone(), None, true),
        ("s4u2self_ticket", server.clone(), rw_pac.clone(), None, true),
        ("s4u2proxy_ticket", server.clone(), rw_pac, None, true),
        ("tgt_rodc", rodc, rodc_pac.clone(), identifier, false),
        ("service_rodc", server.clone(), rodc_pac.clone(), identifier, true),
        (
            "s4u2self_rodc",
            server.clone(),
            rodc_pac.clone(),
            identifier,
            true,
        ),
        ("s4u2proxy_rodc", server, rodc_pac, identifier, true),
    ]
}

#[test]
fn signatures_of_windows_dcs_verify_and_are_made_again_octet_by_octet() {
    for (name, server, kdc, rodc_identifier, is_service) in heimdal_tickets() {
        let ticket = decrypt(&vector(TICKETS, name), &server);
        let octets = pac_of_ticket(&ticket).unwrap().unwrap();
        let pac = Pac::parse(octets).unwrap();
        let stripped = ticket_without_pac(&ticket).unwrap();
        let signatures = SignatureSet {
            ticket: is_service.then_some(&stripped[..]),
            full: false,
        };
        let keys = PacKeys {
            server: &server,
            kdc: &kdc,
            rodc_identifier,
        };

        assert_eq!(pac.verify(&keys, &signatures), Ok(()), "{name}");
        let signature = pac.signature(SignatureKind::Kdc).unwrap();
        assert_eq!(signature.checksum_type, ChecksumType::HmacMd5.number(), "{name}");
        assert_eq!(signature.rodc_identifier, rodc_identifier, "{name}");
        assert_eq!(
            pac.signature(SignatureKind::Server).unwrap().rodc_identifier,
            None,
            "{name}"
        );
        assert_eq!(
            pac.buffer(PacType::TICKET_CHECKSUM).is_some(),
            is_service,
            "{name}"
        );

        let rebuilt = rebuild(&pac).sign(&keys, &signatures);
        assert_eq!(rebuilt, octets, "{name}");
        assert_eq!(replace_pac(&stripped, octets).unwrap(), ticket, "{name}");
    }
}

#[test]
fn another_rodc_identifier_or_key_is_refused() {
    let [.., (_, server, kdc, _, _)] = heimdal_tickets();
    let ticket = decrypt(&vector(TICKETS, "service_rodc"), &server);
    let pac = Pac::parse(pac_of_ticket(&ticket).unwrap().unwrap()).unwrap();
    let refusal = |server, kdc, rodc_identifier| {
        pac.verify(
            &PacKeys {
                server,
                kdc,
                rodc_identifier,
            },
            &SignatureSet::TGT,
        )
        .unwrap_err()
        .to_string()
    };
    assert_eq!(
        refusal(&server, &kdc, Some(46674)),
        "KDC signature: expected RODC identifier Some(46674), came 46673"
    );
    assert_eq!(
        refusal(&server, &server, Some(46673)),
        "KDC signature: expected a value made with the KDC's key (hmac-md5-rc4), came another"
    );
    let aes = aes256(&"00".repeat(32));
    assert_eq!(
        refusal(&aes, &kdc, Some(46673)),
        "server signature: expected checksum type 16 of the service's key, came -138"
    );
    let unsigned_ticket = SignatureSet {
        ticket: None,
        full: true,
    };
    let keys = PacKeys {
        server: &server,
        kdc: &kdc,
        rodc_identifier: Some(46673),
    };
    assert_eq!(
        pac.verify(&keys, &unsigned_ticket).unwrap_err().to_string(),
        "full signature: expected, came none"
    );
}

#[test]
fn every_buffer_is_encoded_as_its_issuer_did() {
    let mut pacs: Vec<(String, Vec<u8>)> = Vec::new();
    for (name, key, ..) in heimdal_tickets() {
        let ticket = decrypt(&vector(TICKETS, name), &key);
        pacs.push((name.to_owned(), pac_of_ticket(&ticket).unwrap().unwrap().to_vec()));
    }
    for (name, octets) in [
        ("saved_pac", vector(HEIMDAL, "saved_pac")),
        ("saved_pac2", vector(HEIMDAL, "saved_pac2")),
        ("extra_logon_info", vector(HEIMDAL, "extra_logon_info")),
        ("s4u_pac_regular", vector(MIT, "s4u_pac_regular")),
        ("s4u_pac_enterprise", vector(MIT, "s4u_pac_enterprise")),
        ("s4u_pac_xrealm", vector(MIT, "s4u_pac_xrealm")),
        ("s4u_pac_ent_xrealm", vector(MIT, "s4u_pac_ent_xrealm")),
        ("gokrb5", vector(GOKRB5, "AD_WIN2K_PAC")),
    ] {
        pacs.push((name.to_owned(), octets));
    }
    for (name, octets) in pacs {
        let pac = Pac::parse(&octets).unwrap();
        assert_eq!(rebuild(&pac).unsigned(), octets, "{name}: container");
        assert!(pac.logon_info().unwrap().is_some(), "{name}");
        for (kind, buffer) in pac.buffers() {
            let mut encoded = Vec::new();
            match kind {
                PacType::LOGON_INFO => pac.logon_info().unwrap().unwrap().encode(&mut encoded),
                PacType::CLIENT_INFO => pac.client_info().unwrap().unwrap().encode(&mut encoded),
                PacType::UPN_DNS_INFO => pac.upn_dns_info().unwrap().unwrap().encode(&mut encoded),
                PacType::DELEGATION_INFO => pac.delegation_info().unwrap().unwrap().encode(&mut encoded),
                PacType::ATTRIBUTES_INFO => pac.attributes_info().unwrap().unwrap().encode(&mut encoded),
                PacType::REQUESTOR => encoded = pac.requestor().unwrap().unwrap().to_bytes(),
                _ => continue,
            }
            assert_eq!(hex::encode(encoded), hex::encode(buffer), "{name}: {kind}");
        }
    }
}

#[test]
fn a_pac_of_2005_verifies() {
    let octets = vector(MIT, "saved_pac");
    let (kdc, member) = (
        rc4("b286757148af7fd252c53603a150b7e7"),
        rc4("d217faeae5e6b5f95ccc94077ab8a5fc"),
    );
    let keys = PacKeys {
        server: &member,
        kdc: &kdc,
        rodc_identifier: None,
    };
    let pac = Pac::parse(&octets).unwrap();
    assert_eq!(pac.verify(&keys, &SignatureSet::TGT), Ok(()));
    assert_eq!(rebuild(&pac).sign(&keys, &SignatureSet::TGT), octets);
    assert_eq!(pac.client_info().unwrap().unwrap().name, "w2003final$");
    assert_eq!(pac.buffer(PacType::LOGON_INFO).unwrap().len(), 472);
}

#[test]
fn server_signatures_of_s4u_pacs_verify_without_the_key_of_the_kdc() {
    let local = aes256("14dfb5b2cdb42c8894da2fa882e9729f4a4dc74ba02a242cc6a8d71079b9ad9a");
    let foreign = aes256("420c39c51a175404451f956b8c58e0f41bca669a644795ca6e3ad55a3b918c9f");
    for (name, key, client) in [
        ("s4u_pac_regular", &local, "w2k8u"),
        ("s4u_pac_enterprise", &local, "w2k8u@abc"),
        ("s4u_pac_xrealm", &foreign, "w2k8u@ACME.COM"),
        ("s4u_pac_ent_xrealm", &foreign, "w2k8u@abc@ACME.COM"),
    ] {
        let octets = vector(MIT, name);
        let pac = Pac::parse(&octets).unwrap();
        assert_eq!(pac.verify_server(key), Ok(()), "{name}");
        assert_eq!(pac.client_info().unwrap().unwrap().name, client);
    }
}

#[test]
fn the_full_signature_of_a_dc_of_2022_verifies() {
    let kdc = aes256("037381ec43967bc2ac3df52aae95a68ebe2458dbce522820af5eb704a222714f");
    let server = aes256("114a84e3148faab1fa7b5351b28ac2f1fd196d61e0f3f23e1fdbd3c1797dc1ee");
    let ticket = decrypt(&vector(MIT, "ticket_data"), &server);
    let stripped = ticket_without_pac(&ticket).unwrap();
    let pac = Pac::parse(pac_of_ticket(&ticket).unwrap().unwrap()).unwrap();
    let keys = PacKeys {
        server: &server,
        kdc: &kdc,
        rodc_identifier: None,
    };
    let signatures = SignatureSet::service(&stripped);
    assert_eq!(pac.verify(&keys, &signatures), Ok(()));
    assert_eq!(rebuild(&pac).sign(&keys, &signatures), pac.octets());
}

#[test]
fn fields_read_as_published() {
    let info = LogonInfo::decode(&vector(GOKRB5, "Kerb_Validation_Info")).unwrap();
    assert_eq!(info.effective_name.as_str(), "testuser1");
    assert_eq!(info.full_name.as_str(), "Test1 User1");
    assert_eq!((info.user_id, info.primary_group_id), (1105, 513));
    assert_eq!(
        info.groups.iter().map(|group| group.rid).collect::<Vec<_>>(),
        [513, 1108, 1109, 1115, 1116]
    );
    assert_eq!(info.logon_server.as_str(), "ADDC");
    assert_eq!(info.logon_domain_name.as_str(), "TEST");
    assert_eq!(info.sids().count(), 1 + 5 + info.extra_sids.len());
    let extra: Sid = "S-1-5-21-3167651404-3865080224-2280184895-1114".parse().unwrap();
    assert_eq!(info.extra_sids.first().unwrap().sid, extra);
    let trust = LogonInfo::decode(&vector(GOKRB5, "Kerb_Validation_Info_Trust")).unwrap();
    assert!(trust.resource_group_domain.is_some() && !trust.resource_groups.is_empty());

    let client = ClientInfo::decode(&vector(GOKRB5, "Client_Info")).unwrap();
    assert_eq!(client.name, "testuser1");
    let names = UpnDnsInfo::decode(&vector(GOKRB5, "UPN_DNS_Info")).unwrap();
    assert_eq!(
        (&names.upn[..], &names.dns_domain_name[..]),
        ("testuser1@test.gokrb5", "TEST.GOKRB5")
    );

    let octets = vector(HEIMDAL, "extra_logon_info");
    let pac = Pac::parse(&octets).unwrap();
    let names = pac.upn_dns_info().unwrap().unwrap();
    let (sam_name, sid) = names.sam_name_and_sid.unwrap();
    assert_eq!(Some(sid), pac.requestor().unwrap());
    assert_eq!(Some(sid), pac.logon_info().unwrap().unwrap().user_sid());
    assert_eq!(
        sam_name,
        pac.logon_info().unwrap().unwrap().effective_name.as_str()
    );
    assert_eq!(pac.buffer(PacType::CLIENT_CLAIMS), Some(&[][..]));
}

#[test]
fn containers_that_lie_are_refused() {
    let good = vector(HEIMDAL, "saved_pac");
    let changed = |at: usize, by: u8| {
        let mut octets = good.clone();
        octets[at] = octets[at].wrapping_add(by);
        octets
    };
    for (octets, refusal) in [
        (
            good[..good.len() / 2].to_vec(),
            "LOGON_INFO (1): expected within octets 72 to 312",
        ),
        (
            changed(13, 2),
            "LOGON_INFO (1): expected within octets 72 to 624, came 984 octets at 72",
        ),
        (
            changed(16, 1),
            "expected an offset that is a multiple of 8, came 73",
        ),
        (
            changed(16, 248),
            "LOGON_INFO (1): expected within octets 72 to 624, came 472 octets at 64",
        ),
        (changed(0, 1), "expected within octets 88 to 624"),
        (changed(4, 1), "PAC version: expected 0, came 1"),
        (
            changed(24, 252),
            "expected one buffer SERVER_CHECKSUM (6), came two",
        ),
        (vector(MIT, "fuzz1"), "expected at least"),
        (vector(MIT, "fuzz2"), "expected at least"),
    ] {
        let error = Pac::parse(&octets).unwrap_err().to_string();
        assert!(error.contains(refusal), "{error} / {refusal}");
    }
}

/// The same buffers in the same order, to be signed anew.
fn rebuild(pac: &Pac<'_>) -> PacBuilder {
    pac.buffers().fold(PacBuilder::new(), |builder, (kind, octets)| {
        builder.buffer(kind, octets)
    })
}

/// Decrypts an encoded ticket, whose last field is the OCTET STRING with the cipher.
fn decrypt(ticket: &[u8], key: &Key) -> Vec<u8> {
    let is_cipher = |at: &usize| {
        let length = usize::from(ticket[at + 2]) << 8 | usize::from(ticket[at + 3]);
        ticket[*at..].starts_with(&[0x04, 0x82]) && at + 4 + length == ticket.len()
    };
    let at = (0..ticket.len() - 4).find(is_cipher).unwrap();
    let mut plaintext = key.decrypt(KeyUsage::TICKET, &ticket[at + 4..]).unwrap();
    // DES and RC4 pad; AES does not, but then there is nothing to cut.
    let length = 4 + (usize::from(plaintext[2]) << 8 | usize::from(plaintext[3]));
    plaintext.truncate(length);
    plaintext
}

fn vector(file: &str, name: &str) -> Vec<u8> {
    let line = file
        .lines()
        .find_map(|line| line.strip_prefix(name)?.trim_start_matches(':').strip_prefix(' '));
    hex::decode(line.unwrap()).unwrap()
}

fn aes256(octets: &str) -> Key {
    Key::new(Etype::Aes256CtsHmacSha196, &hex::decode(octets).unwrap()).unwrap()
}

fn rc4(octets: &str) -> Key {
    Key::new(Etype::Rc4Hmac, &hex::decode(octets).unwrap()).unwrap()
}
