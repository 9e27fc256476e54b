//! FAST: armor from a TGT, the encrypted challenge, errors and replies within the armor.

use kdc_sim::directory::UserAccountControl;
use kdc_sim::{Armoring, Handled};
use kerberos::codes::{AdType, ErrorCode, NtStatus, PaDataType};
use kerberos::crypto::{Key, KeyUsage, prf};
use kerberos::wire::{
    ApOptions, ApReq, AsRep, Authenticator, AuthorizationData, Checksum, EncKdcRepPart, EncryptedData,
    EncryptionKey, FastArmor, FastArmoredReq, FastOptions, FastReq, FastResponse, KdcOptions, KdcReq,
    KrbError, MethodData, Microseconds, PaEncTsEnc, PaFxFastReply, PaFxFastRequest, PrincipalName, Pvno,
    TgsRep,
};

use crate::lab::*;
use crate::rules::Case;

fn lab(armoring: Armoring) -> Lab {
    let mut lab = Lab::new();
    lab.dc.armoring = armoring;
    lab
}

/// What a client armors its requests with.
pub(crate) struct Armor {
    key: Key,
    explicit: Option<FastArmor>,
    options: FastOptions,
    /// Changes the request on its way.
    tamper: fn(&mut FastArmoredReq),
}

impl Armor {
    /// The armor of a TGT: an AP-REQ with a subkey.
    fn of(lab: &mut Lab, tgt: &Held) -> Self {
        let subkey = Key::generate(AES256, &mut lab.rng);
        let authenticator = Authenticator {
            authenticator_vno: Pvno,
            crealm: REALM.into(),
            cname: tgt.cname.clone(),
            cksum: None,
            cusec: Microseconds::from(lab.now),
            ctime: lab.now.kerberos_time(),
            subkey: Some(EncryptionKey::from(&subkey)),
            seq_number: None,
            authorization_data: None,
        };
        let usage = KeyUsage::AP_REQ_AUTHENTICATOR;
        let sealed = EncryptedData::seal(&tgt.session, usage, None, &authenticator.encode(), &mut lab.rng);
        let ap_req = ApReq::new(ApOptions::empty(), tgt.ticket.clone(), sealed);
        Self {
            key: prf::cf2(&subkey, &tgt.session, b"subkeyarmor", b"ticketarmor"),
            explicit: Some(FastArmor {
                armor_type: 1,
                armor_value: ap_req.encode().into(),
            }),
            options: FastOptions::empty(),
            tamper: |_| (),
        }
    }

    /// The armor that a TGS-REQ is to itself.
    fn implicit(tgt: &Held, subkey: &Key) -> Self {
        Self {
            key: prf::cf2(subkey, &tgt.session, b"subkeyarmor", b"ticketarmor"),
            explicit: None,
            options: FastOptions::empty(),
            tamper: |_| (),
        }
    }

    fn wrap(&self, lab: &mut Lab, request: &[u8]) -> Vec<u8> {
        let request = KdcReq::decode(request).unwrap();
        let outside = |kind| kind == PaDataType::TGS_REQ;
        let (outer, inner): (Vec<_>, Vec<_>) = request
            .padata
            .0
            .iter()
            .cloned()
            .partition(|element| outside(element.padata_type));
        let inner = FastReq {
            fast_options: self.options,
            padata: MethodData(inner),
            req_body: request.body().clone(),
        };
        let signed = outer.first().map_or_else(
            || request.body_octets().to_vec(),
            |element| element.padata_value.to_vec(),
        );
        let mut armored = FastArmoredReq {
            armor: self.explicit.clone(),
            req_checksum: Checksum {
                r#type: self.key.checksum_type().number(),
                checksum: self
                    .key
                    .checksum(KeyUsage::FAST_REQ_CHECKSUM, &signed)
                    .as_slice()
                    .to_vec()
                    .into(),
            },
            enc_fast_req: EncryptedData::seal(
                &self.key,
                KeyUsage::FAST_ENC,
                None,
                &inner.encode(),
                &mut lab.rng,
            ),
        };
        (self.tamper)(&mut armored);
        let padata = MethodData(outer).with(PaDataType::FX_FAST, PaFxFastRequest::Armored(armored).encode());
        KdcReq::with_body_octets(request.kind, padata, request.body_octets().to_vec())
            .unwrap()
            .encode()
    }

    fn open(&self, methods: &MethodData) -> FastResponse {
        assert_eq!(methods.0.len(), 1, "nothing else is outside");
        let value = methods.find(PaDataType::FX_FAST).unwrap();
        let PaFxFastReply::Armored(reply) = PaFxFastReply::decode(value).unwrap();
        let response = reply.enc_fast_rep.open(&self.key, KeyUsage::FAST_REP).unwrap();
        FastResponse::decode(&response).unwrap()
    }

    /// The error within the armor, and what comes with it.
    fn error(&self, handled: &Handled) -> (KrbError, MethodData) {
        let outer = KrbError::decode(&handled.reply).unwrap();
        let response = self.open(&MethodData::decode(&outer.e_data.unwrap()).unwrap());
        assert!(response.finished.is_none() && response.strengthen_key.is_none());
        let inner = KrbError::decode(response.padata.find(PaDataType::FX_ERROR).unwrap()).unwrap();
        assert_eq!(inner.error_code, outer.error_code);
        (inner, response.padata)
    }

    /// An encrypted challenge with a key of the client.
    fn challenge(&self, lab: &mut Lab, key: &Key, ahead_micros: i64) -> Vec<u8> {
        let key = prf::cf2(&self.key, key, b"clientchallengearmor", b"challengelongterm");
        let time = PaEncTsEnc::from(kerberos::Timestamp(lab.now.0 + ahead_micros)).encode();
        EncryptedData::seal(&key, KeyUsage::ENC_CHALLENGE_CLIENT, None, &time, &mut lab.rng).encode()
    }
}

/// Ada signs in behind the armor of a computer's TGT.
pub(crate) fn armored_sign_in(
    lab: &mut Lab,
    armor: &Armor,
    key: &Key,
    change: impl FnOnce(&mut AsAsk),
) -> Handled {
    let value = armor.challenge(lab, key, 0);
    let mut ask = AsAsk::new(lab, "ada");
    ask.key = None;
    ask.padata.push(PaDataType::ENCRYPTED_CHALLENGE, value);
    change(&mut ask);
    let request = ask.request(lab);
    let request = armor.wrap(lab, &request);
    lab.send(&request)
}

pub(crate) fn ada(lab: &Lab) -> Key {
    lab.keys("ada").key(AES256).unwrap().clone()
}

pub(crate) fn machine(lab: &mut Lab) -> Armor {
    let tgt = lab.sign_in("FS01$");
    Armor::of(lab, &tgt)
}

fn kinds(methods: &MethodData) -> Vec<i32> {
    methods
        .iter()
        .map(|element| element.padata_type.number())
        .collect()
}

#[test]
fn a_sign_in_within_armor() {
    let mut lab = lab(Armoring::Supported);
    let armor = machine(&mut lab);
    let key = ada(&lab);
    let handled = armored_sign_in(&mut lab, &armor, &key, |_| ());
    let reply = AsRep::decode(&handled.reply).unwrap();
    let response = armor.open(reply.padata.as_ref().unwrap());
    assert_eq!(kinds(&response.padata), [19, 138]);
    let challenge = prf::cf2(&armor.key, &key, b"kdcchallengearmor", b"challengelongterm");
    let answer = response.padata.find(PaDataType::ENCRYPTED_CHALLENGE).unwrap();
    let answer = EncryptedData::decode(answer).unwrap();
    let time = answer.open(&challenge, KeyUsage::ENC_CHALLENGE_KDC).unwrap();
    PaEncTsEnc::decode(&time).unwrap();
    let strengthen = response.strengthen_key.unwrap().to_key().unwrap();
    let reply_key = prf::cf2(&strengthen, &key, b"strengthenkey", b"replykey");
    let part = reply.enc_part.open(&reply_key, KeyUsage::AS_REP).unwrap();
    let part = EncKdcRepPart::decode(&part).unwrap();
    assert_eq!(part.nonce, response.nonce);
    let finished = response.finished.unwrap();
    assert_eq!(finished.cname, reply.cname);
    armor
        .key
        .verify_checksum(
            KeyUsage::FAST_FINISHED,
            &reply.ticket.encode(),
            &finished.ticket_checksum.checksum,
        )
        .unwrap();
    assert!(lab.open(&reply.ticket, &lab.krbtgt_key()).pac().is_some());
}

#[test]
fn what_the_client_is_told_first() {
    let rows: [(Armoring, &[i32]); 3] = [
        (Armoring::Off, &[19, 2, 16, 15]),
        (Armoring::Supported, &[19, 2, 16, 15]),
        (Armoring::Announced, &[19, 2, 16, 15, 136, 133]),
    ];
    for (armoring, expected) in rows {
        let mut lab = lab(armoring);
        let mut ask = AsAsk::new(&lab, "ada");
        ask.key = None;
        let request = ask.request(&mut lab);
        let error = KrbError::decode(&lab.send(&request).reply).unwrap();
        assert_eq!(error.error_code, ErrorCode::PREAUTH_REQUIRED);
        assert_eq!(
            kinds(&MethodData::decode(&error.e_data.unwrap()).unwrap()),
            expected
        );
    }
    let mut lab = lab(Armoring::Announced);
    let armor = machine(&mut lab);
    let mut ask = AsAsk::new(&lab, "ada");
    ask.key = None;
    let request = ask.request(&mut lab);
    let request = armor.wrap(&mut lab, &request);
    let (error, methods) = armor.error(&lab.send(&request));
    assert_eq!(error.error_code, ErrorCode::PREAUTH_REQUIRED);
    assert_eq!(kinds(&methods), [137, 133, 19, 138, 16, 15]);
}

#[test]
fn encrypted_pre_authentication_data_announce_fast() {
    for (armoring, announced, bit) in [
        (Armoring::Off, false, false),
        (Armoring::Supported, true, true),
        (Armoring::Announced, true, true),
    ] {
        let mut lab = lab(armoring);
        let methods = lab.sign_in("ada").part.unwrap().encrypted_pa_data.unwrap();
        assert_eq!(methods.contains(PaDataType::FX_FAST), announced);
        let types = methods.find(PaDataType::SUPPORTED_ENCTYPES).unwrap();
        assert_eq!(types[2] & 1 == 1, bit, "FAST-supported");
    }
}

#[test]
fn where_armoring_is_off_nobody_looks_at_it() {
    let mut lab = lab(Armoring::Off);
    let armor = machine(&mut lab);
    let key = ada(&lab);
    let handled = armored_sign_in(&mut lab, &armor, &key, |_| ());
    assert_eq!(code(&handled), ErrorCode::PREAUTH_REQUIRED);
    let error = KrbError::decode(&handled.reply).unwrap();
    assert!(
        !MethodData::decode(&error.e_data.unwrap())
            .unwrap()
            .contains(PaDataType::FX_FAST)
    );
}

#[test]
fn errors_go_within_the_armor() {
    let mut lab = lab(Armoring::Supported);
    let armor = machine(&mut lab);
    let (right, wrong) = (ada(&lab), Key::generate(AES256, &mut rng(4)));
    let (error, methods) = {
        let handled = armored_sign_in(&mut lab, &armor, &wrong, |_| ());
        armor.error(&handled)
    };
    assert_eq!(error.error_code, ErrorCode::PREAUTH_FAILED);
    assert_eq!(kinds(&methods), [137, 133, 19]);
    let timestamp = armored_sign_in(&mut lab, &armor, &right, |ask| {
        ask.padata
            .0
            .retain(|element| element.padata_type != PaDataType::ENCRYPTED_CHALLENGE);
        ask.key = Some(right.clone());
    });
    assert_eq!(armor.error(&timestamp).0.error_code, ErrorCode::PREAUTH_REQUIRED);
    let late = armor.challenge(&mut lab, &right, -300_000_001);
    let late = armored_sign_in(&mut lab, &armor, &right, |ask| {
        ask.padata
            .0
            .retain(|element| element.padata_type != PaDataType::ENCRYPTED_CHALLENGE);
        ask.padata.push(PaDataType::ENCRYPTED_CHALLENGE, late);
    });
    assert_eq!(armor.error(&late).0.error_code, ErrorCode::SKEW);
    lab.domain =
        Lab::changed(|domain| set_control(domain, "ada", UserAccountControl::ACCOUNT_DISABLED)).domain;
    let disabled = armored_sign_in(&mut lab, &armor, &right, |_| ());
    let (error, _) = armor.error(&disabled);
    assert_eq!(error.error_code, ErrorCode::CLIENT_REVOKED);
    assert_eq!(error.nt_status(), Some(NtStatus::ACCOUNT_DISABLED));
}

#[test]
fn the_outer_body_does_not_count() {
    let mut lab = lab(Armoring::Supported);
    let armor = machine(&mut lab);
    let key = ada(&lab);
    let value = armor.challenge(&mut lab, &key, 0);
    let mut ask = AsAsk::new(&lab, "ada");
    ask.key = None;
    ask.padata.push(PaDataType::ENCRYPTED_CHALLENGE, value);
    let inner = KdcReq::decode(&ask.request(&mut lab)).unwrap();
    ask.cname = PrincipalName::principal("nobody");
    ask.realm = "ELSEWHERE".into();
    let outer = KdcReq::decode(&ask.request(&mut lab)).unwrap();
    let wrapped = KdcReq::decode(&armor.wrap(&mut lab, &outer.encode())).unwrap();
    // the inner request of another one, under the checksum of this one
    let PaFxFastRequest::Armored(mut armored) =
        PaFxFastRequest::decode(wrapped.padata.find(PaDataType::FX_FAST).unwrap()).unwrap();
    let request = FastReq {
        fast_options: FastOptions::empty(),
        padata: inner.padata.clone(),
        req_body: inner.body().clone(),
    };
    armored.enc_fast_req = EncryptedData::seal(
        &armor.key,
        KeyUsage::FAST_ENC,
        None,
        &request.encode(),
        &mut lab.rng,
    );
    let padata = MethodData::default().with(PaDataType::FX_FAST, PaFxFastRequest::Armored(armored).encode());
    let request = KdcReq::with_body_octets(outer.kind, padata, outer.body_octets().to_vec()).unwrap();
    let handled = lab.send(&request.encode());
    assert_eq!(AsRep::decode(&handled.reply).unwrap().cname.to_string(), "ada");
}

#[test]
fn names_can_be_hidden() {
    let mut lab = lab(Armoring::Supported);
    let mut armor = machine(&mut lab);
    armor.options = FastOptions::HIDE_CLIENT_NAMES;
    let key = ada(&lab);
    let handled = armored_sign_in(&mut lab, &armor, &key, |_| ());
    let reply = AsRep::decode(&handled.reply).unwrap();
    assert_eq!(reply.cname.to_string(), "WELLKNOWN/ANONYMOUS");
    let finished = armor.open(reply.padata.as_ref().unwrap()).finished.unwrap();
    assert_eq!(finished.cname.to_string(), "ada");
}

/// Asks for a service within the armor that the request is to itself.
fn armored_service(lab: &mut Lab, change: impl FnOnce(&mut Ask<'_>)) -> (Armor, Key, Handled) {
    let tgt = lab.sign_in("ada");
    let subkey = Key::generate(AES256, &mut rng(12));
    let armor = Armor::implicit(&tgt, &subkey);
    let ask = Ask::service(&tgt, "cifs/fs01")
        .with(|ask| ask.subkey = Some(subkey.clone()))
        .with(change);
    let request = ask.request(lab);
    let request = armor.wrap(lab, &request);
    let handled = lab.send(&request);
    (armor, subkey, handled)
}

#[test]
fn a_service_ticket_within_armor() {
    let mut lab = lab(Armoring::Supported);
    let (armor, subkey, handled) = armored_service(&mut lab, |_| ());
    let reply = TgsRep::decode(&handled.reply).unwrap();
    let response = armor.open(reply.padata.as_ref().unwrap());
    let strengthen = response.strengthen_key.unwrap().to_key().unwrap();
    let reply_key = prf::cf2(&strengthen, &subkey, b"strengthenkey", b"replykey");
    let part = reply.enc_part.open(&reply_key, KeyUsage::TGS_REP_SUBKEY).unwrap();
    EncKdcRepPart::decode(&part).unwrap();
    let (armor, _, handled) = armored_service(&mut lab, |ask| ask.sname = PrincipalName::parse("cifs/fs02"));
    let (error, methods) = armor.error(&handled);
    assert_eq!(error.error_code, ErrorCode::S_PRINCIPAL_UNKNOWN);
    assert_eq!(kinds(&methods), [137, 133]);
    let options = vec![0x30, 9, 0xA0, 7, 3, 5, 0, 0x40, 0, 0, 0];
    let (armor, _, handled) = armored_service(&mut lab, |ask| {
        ask.sname = PrincipalName::parse("cifs/fs02");
        ask.padata.push(PaDataType::PAC_OPTIONS, options.clone());
    });
    let (_, methods) = armor.error(&handled);
    assert_eq!(kinds(&methods), [137, 133, 167]);
}

#[test]
fn an_armor_of_its_own_goes_into_the_key_of_a_tgs_request() {
    let mut lab = lab(Armoring::Supported);
    let (tgt, computer) = (lab.sign_in("ada"), lab.sign_in("FS01$"));
    let subkey = Key::generate(AES256, &mut rng(12));
    let mut armor = Armor::of(&mut lab, &computer);
    armor.key = prf::cf2(&armor.key, &subkey, b"explicitarmor", b"tgsarmor");
    let ask = Ask::service(&tgt, "cifs/fs01").with(|ask| ask.subkey = Some(subkey));
    let request = ask.request(&mut lab);
    let request = armor.wrap(&mut lab, &request);
    let reply = TgsRep::decode(&lab.send(&request).reply).unwrap();
    assert!(armor.open(&reply.padata.unwrap()).finished.is_some());
}

#[test]
fn a_partial_tgt_as_armor_is_checked_as_any_other() {
    type Row = (&'static str, fn(&mut Partial), ErrorCode);
    let rows: [Row; 5] = [
        ("of a computer that is allowed", |_| (), ErrorCode::NONE),
        (
            "without PAC",
            |partial| partial.pac = PacKind::None,
            ErrorCode::TGT_REVOKED,
        ),
        (
            "without requestor",
            |partial| partial.requestor = None,
            ErrorCode::TGT_REVOKED,
        ),
        (
            "of a denied user",
            |partial| *partial = Partial::new(&Lab::new(), "dom"),
            ErrorCode::TGT_REVOKED,
        ),
        (
            "ended",
            |partial| partial.endtime = MONDAY,
            ErrorCode::TKT_EXPIRED,
        ),
    ];
    for (what, change, expected) in rows {
        for samba in [false, true] {
            let mut lab = lab(Armoring::Supported);
            if samba {
                lab.dc = kdc_sim::DcConfig::samba("DC01");
                lab.dc.armoring = Armoring::Supported;
            }
            lab.domain = allowing_computers();
            let held = Partial::new(&lab, "FS01$").with(change).held();
            let armor = Armor::of(&mut lab, &held);
            let key = ada(&lab);
            let handled = armored_sign_in(&mut lab, &armor, &key, |_| ());
            assert_eq!(code(&handled), expected, "{what}");
        }
    }
}

#[test]
fn a_partial_tgt_is_its_own_armor() {
    let mut lab = lab(Armoring::Supported);
    let tgt = Partial::new(&lab, "ada").held();
    let subkey = Key::generate(AES256, &mut rng(12));
    let armor = Armor::implicit(&tgt, &subkey);
    let ask = Ask::tgt(&tgt).with(|ask| ask.subkey = Some(subkey));
    let request = ask.request(&mut lab);
    let request = armor.wrap(&mut lab, &request);
    assert!(
        TgsRep::decode(&lab.send(&request).reply).is_ok(),
        "the exchange, armored"
    );
}

#[test]
fn the_options_within_count_for_an_invalid_ticket() {
    let mut lab = Lab::samba();
    lab.dc.armoring = Armoring::Supported;
    let tgt = Partial::new(&lab, "ada")
        .with(|partial| partial.flags |= kerberos::wire::TicketFlags::INVALID)
        .held();
    let subkey = Key::generate(AES256, &mut rng(12));
    let armor = Armor::implicit(&tgt, &subkey);
    let outer = Ask::tgt(&tgt)
        .with(|ask| {
            ask.options = KdcOptions::VALIDATE;
            ask.subkey = Some(subkey);
        })
        .request(&mut lab);
    let mut inner = KdcReq::decode(&outer).unwrap().body().clone();
    inner.kdc_options = KdcOptions::empty();
    let wrapped = KdcReq::decode(&armor.wrap(&mut lab, &outer)).unwrap();
    let PaFxFastRequest::Armored(mut armored) =
        PaFxFastRequest::decode(wrapped.padata.find(PaDataType::FX_FAST).unwrap()).unwrap();
    let request = FastReq {
        fast_options: FastOptions::empty(),
        padata: MethodData::default(),
        req_body: inner,
    };
    armored.enc_fast_req = EncryptedData::seal(
        &armor.key,
        KeyUsage::FAST_ENC,
        None,
        &request.encode(),
        &mut lab.rng,
    );
    let padata = MethodData::default()
        .with(
            PaDataType::TGS_REQ,
            wrapped.padata.find(PaDataType::TGS_REQ).unwrap().clone(),
        )
        .with(PaDataType::FX_FAST, PaFxFastRequest::Armored(armored).encode());
    let request = KdcReq::with_body_octets(wrapped.kind, padata, wrapped.body_octets().to_vec()).unwrap();
    assert_eq!(code(&lab.send(&request.encode())), ErrorCode::TKT_NYV);
}

pub(crate) fn cases() -> Vec<Case> {
    fn tampered(samba: bool, change: fn(&mut FastArmoredReq), options: FastOptions) -> Handled {
        let mut lab = lab(Armoring::Supported);
        if samba {
            lab.dc = kdc_sim::DcConfig::samba("DC01");
            lab.dc.armoring = Armoring::Supported;
        }
        let mut armor = machine(&mut lab);
        armor.tamper = change;
        armor.options = options;
        let key = ada(&lab);
        armored_sign_in(&mut lab, &armor, &key, |_| ())
    }
    fn armored(change: fn(&mut FastArmoredReq)) -> Handled {
        tampered(false, change, FastOptions::empty())
    }
    fn fine() -> Handled {
        armored(|_| ())
    }
    fn bare(kind: AdType, within: bool) -> Handled {
        let mut lab = lab(Armoring::Supported);
        let data = AuthorizationData::single(kind, Vec::new());
        if within {
            return armored_service(&mut lab, |ask| ask.restrictions = Some(data)).2;
        }
        let tgt = lab.sign_in("ada");
        let ask = Ask::service(&tgt, "cifs/fs01").with(|ask| ask.restrictions = Some(data));
        let request = ask.request(&mut lab);
        lab.send(&request)
    }
    fn unarmored(user: &str) -> Handled {
        let mut lab = lab(Armoring::Required);
        let request = AsAsk::new(&lab, user).request(&mut lab);
        lab.send(&request)
    }
    fn without_subkey() -> Handled {
        let mut lab = lab(Armoring::Supported);
        armored_service(&mut lab, |ask| ask.subkey = None).2
    }
    vec![
        ("AS-ARMORED", || unarmored("ada"), || unarmored("FS01$")),
        (
            "FAST-ARMOR-PRESENT",
            || armored(|request| request.armor = None),
            fine,
        ),
        (
            "FAST-ARMOR-KIND",
            || armored(|request| request.armor.as_mut().unwrap().armor_type = 2),
            fine,
        ),
        ("FAST-SUBKEY", without_subkey, || {
            let mut lab = lab(Armoring::Supported);
            armored_service(&mut lab, |_| ()).2
        }),
        (
            "FAST-REQUEST-KEY",
            || armored(|request| request.enc_fast_req.cipher = vec![0; 64].into()),
            fine,
        ),
        (
            "FAST-CHECKSUM-TYPE",
            || armored(|request| request.req_checksum.r#type = 7),
            fine,
        ),
        (
            "FAST-CHECKSUM",
            || armored(|request| request.req_checksum.checksum = vec![0; 12].into()),
            fine,
        ),
        (
            "FAST-OPTIONS",
            || tampered(true, |_| (), FastOptions::from_bits_retain(0x2000_0000)),
            || tampered(false, |_| (), FastOptions::from_bits_retain(0x2000_0000)),
        ),
        (
            "FAST-USED",
            || bare(AdType::FX_FAST_USED, false),
            || bare(AdType::FX_FAST_USED, true),
        ),
        (
            "FAST-ARMOR-ONLY",
            || bare(AdType::FX_ARMOR, false),
            || bare(AdType::IF_RELEVANT, false),
        ),
    ]
}
