//! The DER that MIT krb5 tests its own encoder with (origin and licence: `vectors/README.md`): each value is read and
//! written again to the same octets, by our types, and by those of `rasn-kerberos` where these can read it.

use kerberos::wire;

const VECTORS: &str = include_str!("vectors/krb5_reference_encode.txt");

/// Name without the variant in brackets, and octets.
fn vectors() -> impl Iterator<Item = (&'static str, &'static str, Vec<u8>)> {
    VECTORS.lines().map(|line| {
        let (name, digits) = line.split_once(": ").expect("a vector is `name: hex`");
        let octets = hex::decode(digits.replace(' ', "")).expect("hex");
        (name, name.split('(').next().unwrap_or(name).trim(), octets)
    })
}

#[test]
fn our_types_read_every_value_and_write_the_same_octets() {
    macro_rules! again {
        ($type:ident, $octets:expr) => {
            wire::$type::decode($octets).map(|value| value.encode())
        };
    }
    for (name, kind, octets) in vectors() {
        let octets = octets.as_slice();
        let again = match kind {
            "encode_krb5_authenticator" => again!(Authenticator, octets),
            "encode_krb5_ticket" => again!(Ticket, octets),
            "encode_krb5_keyblock" => again!(EncryptionKey, octets),
            "encode_krb5_enc_tkt_part" => again!(EncTicketPart, octets),
            "encode_krb5_enc_kdc_rep_part" => {
                wire::EncKdcRepPart::decode(octets).map(wire::EncKdcRepPart::encode_tgs_rep)
            }
            "encode_krb5_as_rep" => again!(AsRep, octets),
            "encode_krb5_tgs_rep" => again!(TgsRep, octets),
            "encode_krb5_ap_req" => again!(ApReq, octets),
            "encode_krb5_ap_rep" => again!(ApRep, octets),
            "encode_krb5_ap_rep_enc_part" => again!(EncApRepPart, octets),
            "encode_krb5_as_req" | "encode_krb5_tgs_req" => again!(KdcReq, octets),
            "encode_krb5_kdc_req_body" => again!(KdcReqBody, octets),
            "encode_krb5_safe" => again!(KrbSafe, octets),
            "encode_krb5_priv" => again!(KrbPriv, octets),
            "encode_krb5_enc_priv_part" => again!(EncKrbPrivPart, octets),
            "encode_krb5_cred" => again!(KrbCred, octets),
            "encode_krb5_enc_cred_part" => again!(EncKrbCredPart, octets),
            "encode_krb5_error" => again!(KrbError, octets),
            "encode_krb5_authorization_data" => again!(AuthorizationData, octets),
            "encode_krb5_padata_sequence" => again!(MethodData, octets),
            "encode_krb5_typed_data" => again!(TypedData, octets),
            "encode_krb5_etype_info" => again!(EtypeInfo, octets),
            "encode_krb5_etype_info2" => again!(EtypeInfo2, octets),
            "encode_krb5_pa_enc_ts" => again!(PaEncTsEnc, octets),
            "encode_krb5_enc_data" => again!(EncryptedData, octets),
            "encode_krb5_pa_for_user" => again!(PaForUser, octets),
            "encode_krb5_pa_s4u_x509_user" => again!(PaS4uX509User, octets),
            "encode_krb5_ad_kdcissued" => again!(AdKdcIssued, octets),
            "encode_krb5_fast_response" => again!(FastResponse, octets),
            "encode_krb5_pa_fx_fast_reply" => again!(PaFxFastReply, octets),
            "encode_krb5_kkdcp_message" => again!(KdcProxyMessage, octets),
            other => panic!("no type for {other}"),
        };
        assert_eq!(again.as_deref(), Ok(octets), "{name}");
    }
}

#[test]
fn the_library_agrees_where_it_can_read_a_value() {
    fn again<T: rasn::Decode + rasn::Encode>(octets: &[u8]) -> Option<Vec<u8>> {
        let value = rasn::der::decode::<T>(octets).ok()?;
        rasn::der::encode(&value).ok()
    }
    let mut compared = 0;
    for (name, kind, octets) in vectors() {
        let octets = octets.as_slice();
        let again = match kind {
            "encode_krb5_authenticator" => again::<rasn_kerberos::Authenticator>(octets),
            "encode_krb5_ticket" => again::<rasn_kerberos::Ticket>(octets),
            "encode_krb5_enc_tkt_part" => again::<rasn_kerberos::EncTicketPart>(octets),
            "encode_krb5_enc_kdc_rep_part" => again::<rasn_kerberos::EncTgsRepPart>(octets),
            "encode_krb5_as_rep" => again::<rasn_kerberos::AsRep>(octets),
            "encode_krb5_tgs_rep" => again::<rasn_kerberos::TgsRep>(octets),
            "encode_krb5_ap_req" => again::<rasn_kerberos::ApReq>(octets),
            "encode_krb5_ap_rep" => again::<rasn_kerberos::ApRep>(octets),
            "encode_krb5_as_req" => again::<rasn_kerberos::AsReq>(octets),
            "encode_krb5_tgs_req" => again::<rasn_kerberos::TgsReq>(octets),
            "encode_krb5_cred" => again::<rasn_kerberos::KrbCred>(octets),
            "encode_krb5_error" => again::<rasn_kerberos::KrbError>(octets),
            _ => continue,
        };
        assert_eq!(again.as_deref(), Some(octets), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 23);
}

#[test]
fn every_message_is_told_by_its_tag() {
    let tagged = vectors().filter(|(.., octets)| octets.first().is_some_and(|tag| tag & 0xE0 == 0x60));
    for (name, _, octets) in tagged {
        assert!(wire::Message::decode(&octets).is_ok(), "{name}");
    }
}

#[test]
fn no_truncation_and_no_changed_octet_stops_the_reader() {
    for (name, _, octets) in vectors() {
        for length in 0..octets.len() {
            assert!(
                wire::Message::decode(&octets[..length]).is_err(),
                "{name} cut to {length}"
            );
        }
        for index in 0..octets.len() {
            let mut changed = octets.clone();
            changed[index] ^= 0x81;
            let _ = wire::Message::decode(&changed);
            let _ = wire::MethodData::decode(&changed);
        }
    }
}
