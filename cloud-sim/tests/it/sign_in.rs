//! From nothing to two tickets, by every way there is.

use crate::lab::*;
use cloud_sim::{CLOUD_REALM, IdTokenSignature, PartialTgtPac, RefreshReply, WithheldTgt};
use http::Request;
use kerberos::crypto::KeyUsage;
use kerberos::pac::{Pac, PacKeys, PacType, SignatureSet};
use kerberos::wire::{EncTicketPart, Kvno, TicketFlags};
use prt::KdfVersion;
use prt::jose::{CompactJws, ContentCipher, looks_like_jwe, open_direct, sign_with_session_key};
use prt::messages::*;
use serde_json::{Value, json};

fn partial_ticket(prt: &Prt) -> EncTicketPart {
    let (message, _) = unwrap_tgt(prt.reply.tgt_ad.as_ref().unwrap(), &prt.session_key);
    EncTicketPart::decode(
        &message
            .ticket
            .enc_part
            .open(&rodc_key(), KeyUsage::TICKET)
            .unwrap(),
    )
    .unwrap()
}

#[test]
fn a_password_gives_a_prt_with_both_tickets() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    let prt = lab.prt(&claims);
    assert_eq!(prt.reply.refresh_token_expires_in, 1_209_599);
    assert_eq!(prt.reply.token_type, "Bearer");
    assert!(
        prt.reply
            .kerberos_top_level_names
            .as_ref()
            .unwrap()
            .starts_with(".windows.net,")
    );
    assert!(looks_like_jwe(&prt.reply.tgt_ad.as_ref().unwrap().client_key));
    assert_eq!(
        lab.why("PRT-AD-ISSUED"),
        "Ada is synced from ad.fernhill.example, and its key is here [PRT-AD-ISSUED]"
    );
    assert_eq!(
        lab.why("PRT-ISSUED"),
        "Ada has a PRT on ADA-LT for 14 days [PRT-ISSUED]"
    );
}

#[test]
fn a_hello_key_gives_a_prt_to_the_user_of_the_assertion() {
    let mut lab = Lab::joined(tenant());
    lab.register_hello();
    let claims = PrtRequestClaims {
        username: Some(CLEO.to_owned()),
        ..lab.hello_claims(ADA)
    };
    let prt = lab.prt(&claims);
    assert_eq!(partial_ticket(&prt).cname.to_string(), "ada");
}

#[test]
fn an_ordinary_refresh_token_gives_a_prt() {
    let mut lab = Lab::joined(tenant());
    let form = format!("grant_type=password&username={ADA}&password={PASSWORD}&scope=openid+offline_access");
    let reply: TokenReply = json_of(&lab.post("/common/oauth2/v2.0/token", form));
    let claims = PrtRequestClaims {
        refresh_token: reply.refresh_token,
        ..lab.claims(GRANT_REFRESH_TOKEN)
    };
    assert!(lab.prt(&claims).reply.tgt_ad.unwrap().is_issued());
}

#[test]
fn the_partial_tgt_is_as_described() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    let prt = lab.prt(&claims);
    let tgt = prt.reply.tgt_ad.as_ref().unwrap();
    assert_eq!(
        (tgt.realm.as_str(), tgt.cn.as_str(), tgt.key_type),
        (REALM, "ada", 18)
    );
    let (message, part) = unwrap_tgt(tgt, &prt.session_key);
    assert_eq!(message.ticket.enc_part.kvno, Some(Kvno(0x53D7_04B3)));
    assert_eq!(message.ticket.sname.to_string(), "krbtgt/AD.FERNHILL.EXAMPLE");
    assert_eq!(part.flags.bits(), 0x4081_0000);
    let ticket = partial_ticket(&prt);
    assert_eq!(ticket.key, part.key);
    assert_eq!(
        (ticket.authtime, ticket.starttime),
        (start().kerberos_time(), part.starttime)
    );
    assert_eq!(ticket.endtime.unix_seconds() - start().unix_seconds(), 36_000);
    assert_eq!(
        ticket.renew_till.unwrap().unix_seconds() - start().unix_seconds(),
        604_800
    );
}

#[test]
fn its_pac_holds_the_sid_and_no_groups_and_is_signed_with_the_rodc_key() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    let ticket = partial_ticket(&lab.prt(&claims));
    let octets = ticket.pac().unwrap();
    let pac = Pac::parse(&octets).unwrap();
    let types: Vec<u32> = pac.buffers().map(|(kind, _)| kind.0).collect();
    assert_eq!(types, [1, 10, 17, 18, 6, 7]);
    assert_eq!(pac.requestor().unwrap().unwrap(), ada_sid());
    let logon_info = pac.logon_info().unwrap().unwrap();
    assert_eq!(logon_info.user_sid(), Some(ada_sid()));
    assert_eq!(
        logon_info
            .groups
            .iter()
            .map(|group| group.rid)
            .collect::<Vec<_>>(),
        [513]
    );
    assert!(logon_info.extra_sids.is_empty());
    assert_eq!(
        pac.client_info().unwrap().unwrap().client_id.0,
        start().filetime()
    );
    let key = rodc_key();
    assert_eq!(
        pac.verify(&PacKeys::of_tgt(&key, Some(NUMBER)), &SignatureSet::TGT),
        Ok(())
    );
    // type, 12 octets of checksum, RODC identifier
    assert_eq!(
        pac.buffer(PacType::KDC_CHECKSUM).unwrap()[16..],
        NUMBER.to_le_bytes()
    );
    assert_eq!(pac.buffer(PacType::SERVER_CHECKSUM).unwrap().len(), 16);
}

#[test]
fn the_pac_is_a_setting() {
    let types = |variant| {
        let mut tenant = tenant();
        tenant.settings.partial_tgt_pac = variant;
        let mut lab = Lab::joined(tenant);
        let claims = lab.password_claims(ADA);
        let octets = partial_ticket(&lab.prt(&claims)).pac()?;
        let pac = Pac::parse(&octets).unwrap();
        Some((
            pac.buffers().map(|(kind, _)| kind.0).collect::<Vec<_>>(),
            pac.buffer(PacType::KDC_CHECKSUM)?.len(),
        ))
    };
    assert_eq!(
        types(PartialTgtPac::WithoutRequestor),
        Some((vec![1, 10, 17, 6, 7], 18))
    );
    assert_eq!(
        types(PartialTgtPac::WithoutRodcIdentifier),
        Some((vec![1, 10, 17, 18, 6, 7], 16))
    );
    assert_eq!(types(PartialTgtPac::None), None);
}

#[test]
fn the_cloud_tgt_is_opaque_and_has_no_pac() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(CLEO);
    let prt = lab.prt(&claims);
    let (message, part) = unwrap_tgt(prt.reply.tgt_cloud.as_ref().unwrap(), &prt.session_key);
    assert_eq!(message.ticket.enc_part.etype, -1);
    assert_eq!(message.crealm.to_string(), CLOUD_REALM);
    assert_eq!(message.cname.to_string(), CLEO);
    assert_eq!(
        part.flags,
        TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::ENC_PA_REP
    );
    let ticket = lab
        .tenant
        .cloud_tgt_key
        .decrypt(KeyUsage::TICKET, &message.ticket.enc_part.cipher)
        .unwrap();
    assert_eq!(EncTicketPart::decode(&ticket).unwrap().pac(), None);
}

#[test]
fn a_renewal_is_encrypted_keeps_the_session_key_and_brings_fresh_tickets() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    let first = lab.prt(&claims);
    lab.wait(4 * 3600);
    let second = lab.renew(&first);
    assert_eq!(second.reply.session_key_jwe, None);
    assert_ne!(second.reply.refresh_token, first.reply.refresh_token);
    assert!(!looks_like_jwe(&second.reply.tgt_ad.as_ref().unwrap().client_key));
    let age =
        partial_ticket(&second).authtime.unix_seconds() - partial_ticket(&first).authtime.unix_seconds();
    assert_eq!(age, 4 * 3600);
    assert_eq!(
        lab.why("PRT-RENEWED"),
        "Ada has a PRT on ADA-LT for 14 days [PRT-RENEWED]"
    );
    // the first one is good until the second is used: its reply might have been lost
    lab.renew(&first);
    lab.renew(&second);
    assert_eq!(codes_of(&lab.ask_renewal(&first)), [70_008]);
}

#[test]
fn a_renewal_in_clear_or_with_gcm_is_a_setting() {
    let mut tenant = tenant();
    tenant.settings.refresh_reply = RefreshReply::Encrypted(ContentCipher::Aes256Gcm);
    let mut lab = Lab::joined(tenant);
    let claims = lab.password_claims(ADA);
    let first = lab.prt(&claims);
    assert!(lab.renew(&first).reply.tgt_ad.unwrap().is_issued());
    lab.tenant.settings.refresh_reply = RefreshReply::Clear;
    let reply: PrtReply = json_of(&lab.ask_renewal(&first));
    assert!(looks_like_jwe(&reply.tgt_ad.unwrap().client_key));
}

#[test]
fn a_prt_gives_access_tokens_for_other_resources() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    let prt = lab.prt(&claims);
    let claims = PrtRequestClaims {
        scope: "openid".to_owned(),
        resource: Some("https://storage.azure.example".to_owned()),
        refresh_token: Some(prt.reply.refresh_token.clone()),
        ..lab.claims(GRANT_REFRESH_TOKEN)
    };
    let token = sign_with_session_key(&claims, &prt.session_key, KdfVersion::V2, &mut lab.rng);
    let response = lab.post("/common/oauth2/token", prt_form(&token).encode());
    let body = open_direct(std::str::from_utf8(response.body()).unwrap(), &prt.session_key).unwrap();
    let reply: TokenReply = serde_json::from_slice(&body).unwrap();
    let token = CompactJws::parse(&reply.access_token).unwrap();
    assert_eq!(
        token.claims::<Value>().unwrap()["aud"],
        json!("https://storage.azure.example")
    );
    assert!(
        lab.why("PRT-ACCESS-TOKEN")
            .starts_with("Ada gets an access token for https://storage.azure.example")
    );
}

#[test]
fn a_cloud_only_user_gets_the_cloud_tgt_alone() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(CLEO);
    let prt = lab.prt(&claims);
    let tgt_ad = prt.reply.tgt_ad.unwrap();
    assert_eq!(
        (tgt_ad.key_type, tgt_ad.error.as_deref()),
        (0, Some("OnPremisesIdentityNotFound"))
    );
    assert!(prt.reply.tgt_cloud.unwrap().is_issued());
    assert_eq!(
        lab.why("PRT-AD-NOT-SYNCED"),
        "Cleo exists in the cloud only [PRT-AD-NOT-SYNCED]"
    );
}

#[test]
fn without_the_key_of_the_domain_there_is_no_partial_tgt_until_a_renewal_after_the_set_up() {
    let mut lab = Lab::joined(bare_tenant());
    let claims = lab.password_claims(ADA);
    let first = lab.prt(&claims);
    assert!(!first.reply.tgt_ad.as_ref().unwrap().is_issued());
    assert_eq!(
        lab.why("PRT-AD-NO-KERBEROS-DOMAIN"),
        "Ada is synced from ad.fernhill.example, and the tenant holds no domain's key [PRT-AD-NO-KERBEROS-DOMAIN]"
    );
    lab.tenant = tenant();
    assert!(lab.renew(&first).reply.tgt_ad.unwrap().is_issued());
}

#[test]
fn each_synced_attribute_is_needed() {
    type Empty = fn(&mut cloud_sim::OnPremises);
    let cases: [(Empty, &str); 3] = [
        (|on| on.domain_name = None, "onPremisesDomainName"),
        (
            |on| on.sam_account_name = Some(String::new()),
            "onPremisesSamAccountName",
        ),
        (|on| on.security_identifier = None, "onPremisesSecurityIdentifier"),
    ];
    for (empty, attribute) in cases {
        let mut on_premises = synced();
        empty(&mut on_premises);
        let mut lab = Lab::joined(tenant().with_user(user(ADA, "Ada", Some(on_premises))));
        let claims = lab.password_claims(ADA);
        assert!(!lab.prt(&claims).reply.tgt_ad.unwrap().is_issued());
        assert_eq!(
            lab.why("PRT-AD-ATTRIBUTES"),
            format!("{attribute} of Ada is empty [PRT-AD-ATTRIBUTES]")
        );
    }
}

#[test]
fn an_expired_password_stops_the_password_and_the_partial_tgt_but_not_hello() {
    let mut lab = Lab::joined(tenant());
    lab.register_hello();
    let mut expired = user(ADA, "Ada", Some(synced()));
    expired.password_expired = true;
    lab.tenant = tenant().with_user(expired);
    let claims = lab.password_claims(ADA);
    assert_eq!(codes_of(&lab.ask(&claims)), [50_055]);
    let claims = lab.hello_claims(ADA);
    assert!(!lab.prt(&claims).reply.tgt_ad.unwrap().is_issued());
    lab.why("PRT-AD-PASSWORD-EXPIRED");
}

#[test]
fn a_withheld_tgt_may_be_left_out() {
    let mut tenant = bare_tenant();
    tenant.settings.withheld_tgt = WithheldTgt::Omitted;
    let mut lab = Lab::joined(tenant);
    let claims = lab.password_claims(ADA);
    assert_eq!(lab.prt(&claims).reply.tgt_ad, None);
}

#[test]
fn without_tgt_true_there_are_no_tickets() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    let header = prt::jose::JwsHeader {
        x5c: Some(prt::jose::X5c::List(vec![lab.certificate.clone()])),
        ..prt::jose::JwsHeader::jwt()
    };
    let token = prt::jose::sign_rs256(header, &claims, &lab.device_key);
    let form = prt::form::Form::new()
        .with("grant_type", GRANT_JWT_BEARER)
        .with("request", token);
    let reply: PrtReply = json_of(&lab.post("/common/oauth2/token", form.encode()));
    assert_eq!(
        (reply.tgt_ad, reply.tgt_cloud, reply.kerberos_top_level_names),
        (None, None, None)
    );
    lab.why("PRT-TGT-NOT-ASKED");
}

#[test]
fn the_id_token_is_signed_on_demand() {
    let mut lab = Lab::joined(tenant());
    lab.tenant.settings.id_token_signature = IdTokenSignature::Rs256;
    let claims = lab.password_claims(ADA);
    let signed = lab.prt(&claims).reply.id_token;
    let token = CompactJws::parse(&signed).unwrap();
    assert_eq!(token.verify_rs256(lab.tenant.signing_key.public()), Ok(()));
    assert_eq!(token.claims::<Value>().unwrap()["preferred_username"], json!(ADA));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let reply = || {
        let mut lab = Lab::joined(tenant());
        let claims = lab.password_claims(ADA);
        lab.ask(&claims).into_body()
    };
    assert_eq!(reply(), reply());
}

#[test]
fn a_fork_of_the_state_goes_its_own_way() {
    let mut lab = Lab::joined(tenant());
    let claims = lab.password_claims(ADA);
    let first = lab.prt(&claims);
    let fork = lab.state.clone();
    lab.state.revoke_tokens(ADA);
    assert_eq!(codes_of(&lab.ask_renewal(&first)), [70_008]);
    lab.state = fork;
    lab.renew(&first);
}

#[test]
fn discovery_answers_what_clients_need() {
    let mut lab = Lab::new(tenant());
    let mut get = |path: &str| json_of::<Value>(&lab.send(Request::get(path).body(Vec::new()).unwrap()));
    assert_eq!(
        get("/common/UserRealm/ada%40fernhill.example?api-version=1.0")["account_type"],
        json!("Managed")
    );
    assert_eq!(
        get("/common/UserRealm/ada@elsewhere.example?api-version=1.0")["account_type"],
        json!("Unknown")
    );
    let discovery = get("/fernhill.example/Discover?api-version=1.9&managed=True");
    assert_eq!(discovery["DeviceJoinService"]["ServiceVersion"], json!("2.0"));
    let metadata = get("/common/.well-known/openid-configuration");
    assert_eq!(metadata["capabilities"], json!(["kdf_ver2"]));
    assert_eq!(get("/common/discovery/keys")["keys"][0]["kty"], json!("RSA"));
}

#[test]
fn tokens_have_the_shape_of_their_version() {
    let mut lab = Lab::new(tenant());
    let common = format!(
        "grant_type=password&client_id={BROKER_CLIENT}&username={ADA}&password={PASSWORD}&client_info=1"
    );
    let v1: Value = json_of(&lab.post(
        "/common/oauth2/token",
        format!("{common}&resource={DRS_RESOURCE}"),
    ));
    assert_eq!(
        (&v1["expires_in"], &v1["resource"]),
        (&json!("3600"), &json!(DRS_RESOURCE))
    );
    let audience = |reply: &Value| {
        let token = reply["access_token"].as_str().unwrap().to_owned();
        CompactJws::parse(&token).unwrap().claims::<Value>().unwrap()["aud"].clone()
    };
    assert_eq!(audience(&v1), json!(DRS_RESOURCE));
    let path = format!("/{}/oauth2/v2.0/token", lab.tenant.id);
    let refresh = v1["refresh_token"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&refresh_token={refresh}&scope=openid+{DRS_APP}%2F.default");
    let v2: Value = json_of(&lab.post(&path, form));
    assert_eq!((&v2["expires_in"], audience(&v2)), (&json!(3600), json!(DRS_APP)));
}
