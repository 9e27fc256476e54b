//! A replay is seen on sockets whatever a client writes beside its ticket.

mod support;

use kerberos::codes::{ErrorCode, MessageType, PaDataType};
use kerberos::crypto::{Key, KeyUsage};
use kerberos::wire::{
    ApOptions, ApReq, Authenticator, EncKdcRepPart, EncryptedData, KdcReq, KdcReqKind, KrbError, Message,
    MethodData, PrincipalName, Pvno, Ticket,
};
use support::Lab;

/// A TGS-REQ for the TGT itself whose body nothing covers.
fn request(lab: &Lab, ap_req: &ApReq, invented: Option<&str>) -> Vec<u8> {
    let mut rng = rand::rng();
    let mut padata = MethodData::default();
    padata.push(PaDataType::TGS_REQ, ap_req.encode());
    let body = support::body(
        &lab.realm,
        PrincipalName::krbtgt(lab.realm.as_str()),
        invented,
        &mut rng,
    );
    KdcReq::new(KdcReqKind::Tgs, padata, body).encode()
}

/// An AP-REQ whose authenticator has no checksum, as Windows sends none.
fn ap_req(lab: &Lab, ticket: Ticket, session: &Key) -> ApReq {
    let now = support::now();
    let authenticator = Authenticator {
        authenticator_vno: Pvno,
        crealm: lab.realm.as_str().into(),
        cname: PrincipalName::principal("ada"),
        cksum: None,
        cusec: now.into(),
        ctime: now.kerberos_time(),
        subkey: None,
        seq_number: None,
        authorization_data: None,
    };
    let usage = KeyUsage::TGS_REQ_AUTHENTICATOR;
    let sealed = EncryptedData::seal(session, usage, None, &authenticator.encode(), &mut rand::rng());
    ApReq::new(ApOptions::empty(), ticket, sealed)
}

#[test]
fn an_authenticator_is_good_once_whatever_client_the_body_names() {
    let home = tempfile::tempdir().expect("a directory");
    let lab = Lab::start(home.path(), &["--kdc-only"]);
    let mut rng = rand::rng();
    let key = support::user_key(&lab.realm, "ada", &lab.password("ada"));
    let (ticket, part): (Ticket, EncKdcRepPart) = support::sign_in(&lab, "ada", &key, &mut rng);
    let session = part.key.to_key().expect("a session key");
    let ap_req = ap_req(&lab, ticket, &session);
    let send = |invented: Option<&str>| {
        let reply = support::over_tcp(lab.kdc, &request(&lab, &ap_req, invented)).expect("an answer");
        match Message::peek(&reply) {
            Some(MessageType::TGS_REP) => None,
            _ => Some(KrbError::decode(&reply).expect("a KRB-ERROR").error_code),
        }
    };
    assert_eq!(send(None), None, "the first is accepted");
    let repeats: Vec<_> = (0..40)
        .map(|number| send(Some(&format!("nobody-{number}"))))
        .collect();
    assert_eq!(repeats, [Some(ErrorCode::REPEAT); 40]);
}
