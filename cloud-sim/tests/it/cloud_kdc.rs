//! The cloud KDC: what it issues, and every check on both of its sides.

use std::time::Duration;

use crate::lab::*;
use cloud_sim::{Application, Tenant, TrustedDomain, cloud_sid};
use http::{Request, StatusCode, header};
use kerberos::codes::{ErrorCode, NtStatus, PaDataType};
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::kkdcp::{CONTENT_TYPE, Envelope};
use kerberos::pac::{LogonInfo, Pac, PacBuilder, PacKeys, SignatureSet, ticket_without_pac};
use kerberos::wire::*;
use kerberos::{KerberosTime, Timestamp};

const CLOUD: &str = cloud_sim::CLOUD_REALM;
const SPN: &str = "cifs/fernhillfiles.file.core.windows.example";
const CLEO_ID: &str = "73d664e4-0886-4a73-b745-c694da45ddb4";

fn app_key() -> Key {
    Key::new(Etype::Aes256CtsHmacSha196, &[0xF1; 32]).unwrap()
}

fn trust_key() -> Key {
    Key::new(Etype::Aes256CtsHmacSha196, &[0x7D; 32]).unwrap()
}

fn files() -> Application {
    Application {
        display_name: "fernhillfiles".to_owned(),
        service_names: vec![SPN.to_owned()],
        key: app_key(),
        key_version: 3,
        consent: true,
        assigned: None,
        mfa_required: false,
    }
}

fn tenant_with(application: Application) -> Tenant {
    let mut cleo = user(CLEO, "Cleo", None);
    cleo.object_id = CLEO_ID.to_owned();
    tenant().with_user(cleo).with_application(application)
}

/// A TGT with its session key, as its owner holds it.
#[derive(Clone)]
struct Held {
    client: PrincipalName,
    realm: Realm,
    ticket: Ticket,
    session: Key,
}

/// A request about to be sent: a test changes what it is about.
struct Asking {
    held: Held,
    spn: &'static str,
    options: KdcOptions,
    etypes: Vec<i32>,
    till: KerberosTime,
    /// Seconds that the client's clock is ahead.
    ahead: i64,
    sender: Option<PrincipalName>,
    checksum: Sum,
    subkey: Option<Key>,
}

#[derive(PartialEq)]
enum Sum {
    Right,
    Wrong,
    Missing,
}

impl Asking {
    fn new(held: &Held) -> Self {
        Self {
            held: held.clone(),
            spn: SPN,
            options: KdcOptions::FORWARDABLE | KdcOptions::RENEWABLE | KdcOptions::CANONICALIZE,
            etypes: vec![18, 17, 23],
            till: KerberosTime::WINDOWS_FOREVER,
            ahead: 0,
            sender: None,
            checksum: Sum::Right,
            subkey: None,
        }
    }

    fn octets(&self, lab: &mut Lab) -> Vec<u8> {
        let body = KdcReqBody {
            kdc_options: self.options,
            cname: None,
            realm: CLOUD.into(),
            sname: Some(PrincipalName::service_instance(self.spn.split('/'))),
            from: None,
            till: self.till,
            rtime: None,
            nonce: UInt32(7),
            etype: self.etypes.clone(),
            addresses: None,
            enc_authorization_data: None,
            additional_tickets: None,
        };
        let mut request = KdcReq::new(KdcReqKind::Tgs, MethodData::default(), body);
        let session = &self.held.session;
        let covered = if self.checksum == Sum::Wrong {
            b"other"
        } else {
            request.body_octets()
        };
        let checksum = session.checksum(KeyUsage::TGS_REQ_CHECKSUM, covered);
        let now = Timestamp(lab.now.0 + self.ahead * 1_000_000);
        let authenticator = Authenticator {
            authenticator_vno: Pvno,
            crealm: self.held.realm.clone(),
            cname: self.sender.clone().unwrap_or_else(|| self.held.client.clone()),
            cksum: (self.checksum != Sum::Missing).then(|| Checksum {
                r#type: session.checksum_type().number(),
                checksum: checksum.as_slice().to_vec().into(),
            }),
            cusec: now.into(),
            ctime: now.kerberos_time(),
            subkey: self.subkey.as_ref().map(EncryptionKey::from),
            seq_number: None,
            authorization_data: None,
        };
        let usage = KeyUsage::TGS_REQ_AUTHENTICATOR;
        let sealed = EncryptedData::seal(session, usage, None, &authenticator.encode(), &mut lab.rng);
        let ap_req = ApReq::new(ApOptions::empty(), self.held.ticket.clone(), sealed);
        request.padata.push(PaDataType::TGS_REQ, ap_req.encode());
        request.encode()
    }
}

/// The cloud TGT that comes with a PRT.
fn cloud_tgt(lab: &mut Lab, upn: &str) -> Held {
    let claims = lab.password_claims(upn);
    let prt = lab.prt(&claims);
    let (message, part) = unwrap_tgt(prt.reply.tgt_cloud.as_ref().unwrap(), &prt.session_key);
    Held {
        client: message.cname,
        realm: message.crealm,
        ticket: message.ticket,
        session: part.key.to_key().unwrap(),
    }
}

fn post(lab: &mut Lab, body: Vec<u8>) -> http::Response<Vec<u8>> {
    let path = format!("/{}/kerberos", lab.tenant.id);
    lab.send(Request::post(path).body(body).unwrap())
}

fn send(lab: &mut Lab, message: Vec<u8>) -> Vec<u8> {
    let response = post(lab, Envelope::request(message, CLOUD.into()).write());
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_TYPE], CONTENT_TYPE);
    Envelope::read(response.body()).unwrap().message
}

fn ask(lab: &mut Lab, asking: &Asking) -> Vec<u8> {
    let octets = asking.octets(lab);
    send(lab, octets)
}

#[track_caller]
fn refused(lab: &mut Lab, asking: &Asking, code: ErrorCode, rule: &str) -> KrbError {
    let error = KrbError::decode(&ask(lab, asking)).expect("a KRB-ERROR");
    assert_eq!((error.error_code, lab.refused_by()), (code, rule));
    error
}

/// What the client and the application learn.
fn issued(lab: &mut Lab, asking: &Asking) -> (EncKdcRepPart, EncTicketPart) {
    let octets = ask(lab, asking);
    let reply = TgsRep::decode(&octets).unwrap_or_else(|_| panic!("{:?}", lab.decisions));
    let (key, usage) = match &asking.subkey {
        Some(key) => (key, KeyUsage::TGS_REP_SUBKEY),
        None => (&asking.held.session, KeyUsage::TGS_REP_SESSION_KEY),
    };
    let part = EncKdcRepPart::decode(&reply.enc_part.open(key, usage).unwrap()).unwrap();
    let sealed = &reply.ticket.enc_part;
    assert_eq!((sealed.etype, sealed.kvno), (18, Some(Kvno(3))));
    let ticket = sealed.open(&app_key(), KeyUsage::TICKET).unwrap();
    let keys = PacKeys {
        server: &app_key(),
        kdc: &lab.tenant.cloud_tgt_key,
        rodc_identifier: None,
    };
    let opened = EncTicketPart::decode(&ticket).unwrap();
    let blank = ticket_without_pac(&ticket).unwrap();
    let pac = opened.pac().unwrap();
    Pac::parse(&pac)
        .unwrap()
        .verify(&keys, &SignatureSet::service(&blank))
        .unwrap();
    (part, opened)
}

fn logon_info(ticket: &EncTicketPart) -> LogonInfo {
    Pac::parse(&ticket.pac().unwrap())
        .unwrap()
        .logon_info()
        .unwrap()
        .unwrap()
}

#[test]
pub(crate) fn a_service_ticket_is_good_for_an_hour_and_not_renewable() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    let (part, ticket) = issued(&mut lab, &Asking::new(&held));
    assert_eq!(part.flags.bits(), 0x4000_0000);
    assert_eq!(
        (part.starttime, part.renew_till),
        (Some(lab.now.kerberos_time()), None)
    );
    let hour = (lab.now + Duration::from_secs(3600)).kerberos_time();
    assert_eq!((part.endtime, ticket.endtime), (hour, hour));
    assert_eq!(part.srealm, *CLOUD);
    assert_eq!(part.sname.to_string(), SPN);
    assert_eq!(part.key.to_key().unwrap().etype(), Etype::Aes256CtsHmacSha196);
    assert_eq!(
        (ticket.cname.to_string(), ticket.crealm.to_string()),
        (ADA.into(), CLOUD.into())
    );
    assert_eq!(logon_info(&ticket).user_sid(), Some(ada_sid()));
    assert!(
        lab.why("CLOUD-KDC-ISSUED")
            .starts_with("Ada gets a ticket for cifs/fernhillfiles")
    );
}

#[test]
pub(crate) fn a_subkey_seals_the_reply_and_the_end_of_the_tgt_bounds_the_ticket() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    lab.wait(10 * 3600 - 1800);
    let subkey = Key::generate(Etype::Aes256CtsHmacSha196, &mut lab.rng);
    let asking = Asking {
        subkey: Some(subkey),
        till: KerberosTime::UNIX_EPOCH,
        ..Asking::new(&held)
    };
    let (part, _) = issued(&mut lab, &asking);
    assert_eq!(
        part.endtime,
        (lab.now + Duration::from_secs(1800)).kerberos_time()
    );
}

#[test]
pub(crate) fn a_cloud_only_user_is_known_by_the_sid_of_the_cloud() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, CLEO);
    let info = logon_info(&issued(&mut lab, &Asking::new(&held)).1);
    assert_eq!((info.user_sid(), info.groups.len()), (cloud_sid(CLEO_ID), 0));
}

#[test]
pub(crate) fn the_envelope_and_its_realm() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    assert_eq!(
        post(&mut lab, b"no DER".to_vec()).status(),
        StatusCode::BAD_REQUEST
    );
    assert_eq!(lab.refused_by(), "CLOUD-KDC-ENVELOPE");
    let octets = Asking::new(&held).octets(&mut lab);
    for realm in [Some(Realm::from(REALM)), None] {
        let envelope = Envelope {
            target_domain: realm,
            ..Envelope::request(octets.clone(), CLOUD.into())
        };
        assert_eq!(
            post(&mut lab, envelope.write()).status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
        assert_eq!(lab.refused_by(), "CLOUD-KDC-REALM");
    }
    // in any case of letters, and answered
    let envelope = Envelope::request(octets, CLOUD.to_lowercase().into());
    let response = post(&mut lab, envelope.write());
    assert!(TgsRep::decode(&Envelope::read(response.body()).unwrap().message).is_ok());
    // and in no other tenant
    let request = Request::post("/elsewhere.example/kerberos")
        .body(Vec::new())
        .unwrap();
    assert_eq!(lab.send(request).status(), StatusCode::BAD_REQUEST);
    assert_eq!(lab.refused_by(), "ENTRA-TENANT");
}

#[test]
pub(crate) fn only_a_tgs_req_with_a_tgt_is_served() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    let octets = Asking::new(&held).octets(&mut lab);
    let whole = KdcReq::decode(&octets).unwrap();
    let mut code = |request: Vec<u8>| {
        let error = KrbError::decode(&send(&mut lab, request)).unwrap();
        (error.error_code, lab.refused_by())
    };
    let as_req = KdcReq::new(KdcReqKind::As, MethodData::default(), whole.body().clone());
    assert_eq!(code(as_req.encode()), (ErrorCode::MSG_TYPE, "CLOUD-KDC-REQUEST"));
    assert_eq!(code(vec![0x6c, 0]), (ErrorCode::GENERIC, "CLOUD-KDC-REQUEST"));
    let without = KdcReq::new(KdcReqKind::Tgs, MethodData::default(), whole.body().clone());
    assert_eq!(
        code(without.encode()),
        (ErrorCode::PADATA_TYPE_NOSUPP, "CLOUD-KDC-TGT")
    );
    issued(&mut lab, &Asking::new(&held));
}

#[test]
pub(crate) fn a_tgt_of_another_tenant_or_for_another_realm() {
    let mut other = tenant_with(files());
    other.cloud_tgt_key = app_key();
    let foreign = cloud_tgt(&mut Lab::joined(other), ADA);
    let mut lab = Lab::joined(tenant_with(files()));
    refused(
        &mut lab,
        &Asking::new(&foreign),
        ErrorCode::BAD_INTEGRITY,
        "CLOUD-KDC-TICKET-KEY",
    );
    let own = cloud_tgt(&mut lab, ADA);
    let mut typed = own.clone();
    typed.ticket.enc_part.etype = 18;
    refused(
        &mut lab,
        &Asking::new(&typed),
        ErrorCode::BAD_INTEGRITY,
        "CLOUD-KDC-TICKET-KEY",
    );
    let mut elsewhere = own.clone();
    elsewhere.ticket.sname = PrincipalName::krbtgt(REALM);
    refused(
        &mut lab,
        &Asking::new(&elsewhere),
        ErrorCode::NOT_US,
        "CLOUD-KDC-TICKET-FOR-US",
    );
    issued(&mut lab, &Asking::new(&own));
}

#[test]
pub(crate) fn a_tgt_is_used_from_its_start_to_its_end() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    let start = lab.now;
    let mut at = |seconds: i64| {
        lab.now = Timestamp(start.0 + seconds * 1_000_000);
        let octets = ask(&mut lab, &Asking::new(&held));
        KrbError::decode(&octets).ok().map(|error| error.error_code)
    };
    assert_eq!(at(-301), Some(ErrorCode::TKT_NYV));
    assert_eq!(at(-300), None);
    assert_eq!(at(10 * 3600 - 1), None);
    assert_eq!(at(10 * 3600), Some(ErrorCode::TKT_EXPIRED));
    assert_eq!(lab.refused_by(), "CLOUD-KDC-TICKET-TIMES");
}

#[test]
pub(crate) fn the_authenticator_is_the_clients_in_time_and_new() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    let stolen = Held {
        session: app_key(),
        ..held.clone()
    };
    refused(
        &mut lab,
        &Asking::new(&stolen),
        ErrorCode::BAD_INTEGRITY,
        "CLOUD-KDC-AUTHENTICATOR",
    );
    let sender = Some(PrincipalName::enterprise(CLEO));
    let asking = Asking {
        sender,
        ..Asking::new(&held)
    };
    refused(&mut lab, &asking, ErrorCode::BADMATCH, "CLOUD-KDC-AUTHENTICATOR");
    let ahead = |ahead| Asking {
        ahead,
        ..Asking::new(&held)
    };
    for seconds in [301, -301] {
        refused(&mut lab, &ahead(seconds), ErrorCode::SKEW, "CLOUD-KDC-SKEW");
    }
    for seconds in [300, -299] {
        issued(&mut lab, &ahead(seconds));
    }
    let octets = Asking::new(&held).octets(&mut lab);
    assert!(TgsRep::decode(&send(&mut lab, octets.clone())).is_ok());
    let error = KrbError::decode(&send(&mut lab, octets)).unwrap();
    assert_eq!(
        (error.error_code, lab.refused_by()),
        (ErrorCode::REPEAT, "CLOUD-KDC-REPEAT")
    );
}

#[test]
pub(crate) fn the_checksum_covers_the_body() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    for (checksum, code) in [
        (Sum::Missing, ErrorCode::INAPP_CKSUM),
        (Sum::Wrong, ErrorCode::MODIFIED),
    ] {
        let asking = Asking {
            checksum,
            ..Asking::new(&held)
        };
        refused(&mut lab, &asking, code, "CLOUD-KDC-BODY-CHECKSUM");
    }
    issued(&mut lab, &Asking::new(&held));
}

#[test]
pub(crate) fn nothing_but_a_service_ticket_with_aes_256_that_lives() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    let options = KdcOptions::RENEW;
    let renewal = Asking {
        options,
        ..Asking::new(&held)
    };
    refused(&mut lab, &renewal, ErrorCode::BADOPTION, "CLOUD-KDC-OPTIONS");
    let weak = Asking {
        etypes: vec![17, 23],
        ..Asking::new(&held)
    };
    refused(&mut lab, &weak, ErrorCode::ETYPE_NOSUPP, "CLOUD-KDC-ETYPE");
    let now = lab.now.kerberos_time();
    let past = Asking {
        till: now,
        ..Asking::new(&held)
    };
    refused(&mut lab, &past, ErrorCode::NEVER_VALID, "CLOUD-KDC-LIFE");
    let second = Asking {
        till: (lab.now + Duration::from_secs(1)).kerberos_time(),
        etypes: vec![23, 18],
        ..Asking::new(&held)
    };
    issued(&mut lab, &second);
}

#[test]
pub(crate) fn a_user_who_was_deleted_or_disabled_since() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    let asking = Asking::new(&held);
    let mut ada = user(ADA, "Ada", Some(synced()));
    ada.enabled = false;
    lab.tenant = tenant_with(files()).with_user(ada);
    let error = refused(&mut lab, &asking, ErrorCode::CLIENT_REVOKED, "CLOUD-KDC-USER");
    assert_eq!(error.nt_status(), Some(NtStatus::ACCOUNT_DISABLED));
    lab.tenant = tenant_with(files());
    issued(&mut lab, &Asking::new(&held));
    lab.tenant.users.remove(ADA);
    refused(
        &mut lab,
        &asking,
        ErrorCode::C_PRINCIPAL_UNKNOWN,
        "CLOUD-KDC-USER",
    );
}

#[test]
pub(crate) fn the_service_is_found_in_any_case_unless_the_setting_says_otherwise() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    let named = |spn| Asking {
        spn,
        ..Asking::new(&held)
    };
    let upper = named("CIFS/fernhillfiles.file.core.windows.example");
    issued(&mut lab, &upper);
    lab.tenant.settings.service_names_are_case_sensitive = true;
    refused(
        &mut lab,
        &upper,
        ErrorCode::S_PRINCIPAL_UNKNOWN,
        "CLOUD-KDC-SERVICE",
    );
    issued(&mut lab, &named(SPN));
    let private = named("cifs/fernhillfiles.privatelink.file.core.windows.example");
    refused(
        &mut lab,
        &private,
        ErrorCode::S_PRINCIPAL_UNKNOWN,
        "CLOUD-KDC-SERVICE",
    );
}

#[test]
pub(crate) fn what_administrators_decide_about_an_application() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = cloud_tgt(&mut lab, ADA);
    let asking = Asking::new(&held);
    let mut with = |change: fn(&mut Application), rule| {
        let mut application = files();
        change(&mut application);
        lab.tenant = tenant_with(application);
        refused(&mut lab, &asking, ErrorCode::POLICY, rule)
    };
    let text = |error: &KrbError| error.e_text.as_ref().map(|text| text.to_text().into_owned());
    let error = with(|application| application.consent = false, "CLOUD-KDC-CONSENT");
    assert_eq!(text(&error).as_deref(), Some("AADSTS65001"));
    let error = with(
        |application| application.assigned = Some(vec![CLEO.into()]),
        "CLOUD-KDC-ASSIGNMENT",
    );
    assert_eq!(text(&error).as_deref(), Some("AADSTS50105"));
    let error = with(|application| application.mfa_required = true, "CLOUD-KDC-MFA");
    assert_eq!(error.nt_status(), Some(NtStatus::ACCOUNT_RESTRICTION));
    let mut assigned = files();
    assigned.assigned = Some(vec![ADA.to_uppercase()]);
    lab.tenant = tenant_with(assigned);
    issued(&mut lab, &asking);
}

/// What a domain controller makes of Ada's full TGT when it refers her to the cloud realm.
fn referral(lab: &mut Lab, key: &Key, pac: Option<PacBuilder>) -> Held {
    let session = Key::generate(Etype::Aes256CtsHmacSha196, &mut lab.rng);
    let client = PrincipalName::principal("ada");
    let kdc = rodc_key();
    let keys = PacKeys {
        server: key,
        kdc: &kdc,
        rodc_identifier: None,
    };
    let pac = pac.map(|pac| AuthorizationData::from_pac(pac.sign(&keys, &SignatureSet::TGT)));
    let part = EncTicketPart {
        flags: TicketFlags::FORWARDABLE | TicketFlags::ENC_PA_REP,
        key: EncryptionKey::from(&session),
        crealm: REALM.into(),
        cname: client.clone(),
        transited: TransitedEncoding {
            r#type: 0,
            contents: Vec::new().into(),
        },
        authtime: lab.now.kerberos_time(),
        starttime: None,
        endtime: (lab.now + Duration::from_secs(36_000)).kerberos_time(),
        renew_till: None,
        caddr: None,
        authorization_data: pac,
    };
    let ticket = Ticket {
        tkt_vno: Pvno,
        realm: REALM.into(),
        sname: PrincipalName::krbtgt(CLOUD),
        enc_part: EncryptedData::seal(key, KeyUsage::TICKET, Some(Kvno(1)), &part.encode(), &mut lab.rng),
    };
    Held {
        client,
        realm: REALM.into(),
        ticket,
        session,
    }
}

fn adas() -> PacBuilder {
    PacBuilder::new()
        .logon_info(&LogonInfo::default())
        .requestor(&ada_sid())
}

#[test]
pub(crate) fn a_tgt_of_a_domain_that_trusts_the_cloud_realm() {
    let mut lab = Lab::joined(tenant_with(files()));
    let held = referral(&mut lab, &trust_key(), Some(adas()));
    let error = refused(
        &mut lab,
        &Asking::new(&held),
        ErrorCode::NOT_US,
        "CLOUD-KDC-TRUST-KEY",
    );
    assert_eq!(error.nt_status(), Some(NtStatus::NO_TRUST_SAM_ACCOUNT));
    lab.tenant = tenant_with(files()).with_trusted_domain(TrustedDomain {
        realm: REALM.to_owned(),
        key: trust_key(),
    });
    let (_, ticket) = issued(&mut lab, &Asking::new(&held));
    assert_eq!(
        (ticket.cname.to_string(), ticket.crealm.to_string()),
        ("ada".into(), REALM.into())
    );
    assert_eq!(logon_info(&ticket).user_sid(), Some(ada_sid()));
    let wrong = referral(&mut lab, &app_key(), Some(adas()));
    refused(
        &mut lab,
        &Asking::new(&wrong),
        ErrorCode::BAD_INTEGRITY,
        "CLOUD-KDC-TRUST-KEY",
    );
}

#[test]
pub(crate) fn the_pac_of_a_domains_tgt_names_its_owner() {
    let mut lab = Lab::joined(tenant_with(files()).with_trusted_domain(TrustedDomain {
        realm: REALM.to_owned(),
        key: trust_key(),
    }));
    let bare = referral(&mut lab, &trust_key(), None);
    refused(
        &mut lab,
        &Asking::new(&bare),
        ErrorCode::TGT_REVOKED,
        "CLOUD-KDC-TRUST-PAC",
    );
    let anonymous = PacBuilder::new().logon_info(&LogonInfo::default());
    let anonymous = referral(&mut lab, &trust_key(), Some(anonymous));
    refused(
        &mut lab,
        &Asking::new(&anonymous),
        ErrorCode::TGT_REVOKED,
        "CLOUD-KDC-TRUST-PAC",
    );
    // a SID that no synced user has: the account was made anew
    let nobody = PacBuilder::new().requestor(&ada_sid().domain().unwrap().with_rid(9999).unwrap());
    let nobody = referral(&mut lab, &trust_key(), Some(nobody));
    let error = refused(
        &mut lab,
        &Asking::new(&nobody),
        ErrorCode::C_PRINCIPAL_UNKNOWN,
        "CLOUD-KDC-USER",
    );
    assert_eq!(error.nt_status(), Some(NtStatus::NO_SUCH_USER));
}
