//! Messages.

use kerberos::codes::ErrorCode;
use kerberos::crypto::KeyUsage;
use kerberos::kkdcp::{Envelope, Framing};
use kerberos::wire::{
    EncKdcRepPart, EncKrbCredPart, EncKrbPrivPart, EncryptedData, GssToken, KdcReq, KdcReqBody, KdcReqKind,
    KerbErrorData, KrbCred, KrbCredInfo, KrbError, KrbPriv, KrbSafe, Message, MethodData, PrincipalName,
    Realm, Ticket,
};

use super::detect::Unreadable;
use super::keyring::{Keyring, Opened};
use super::node::Node;
use super::{ap, extras, padata, show, ticket};

/// Any message.
pub(crate) fn message(message: &Message, keys: &mut Keyring) -> Node {
    match message {
        Message::KdcReq(request) => kdc_req(request, keys),
        Message::AsRep(reply) => {
            let head = reply_head("AS-REP", reply.padata.as_ref(), &reply.crealm, &reply.cname, keys);
            reply_body(head, &reply.ticket, &reply.enc_part, &[KeyUsage::AS_REP], keys)
        }
        Message::TgsRep(reply) => {
            let head = reply_head(
                "TGS-REP",
                reply.padata.as_ref(),
                &reply.crealm,
                &reply.cname,
                keys,
            );
            let usages = [KeyUsage::TGS_REP_SESSION_KEY, KeyUsage::TGS_REP_SUBKEY];
            reply_body(head, &reply.ticket, &reply.enc_part, &usages, keys)
        }
        Message::ApReq(request) => ap::ap_req(request, None, keys),
        Message::ApRep(reply) => ap::ap_rep(reply, keys),
        Message::Safe(safe) => krb_safe(safe),
        Message::Priv(private) => krb_priv(private, keys),
        Message::Cred(cred) => krb_cred(cred, keys),
        Message::Error(error) => krb_error(error, keys),
        Message::Ticket(sealed) => ticket::ticket(sealed, keys),
        Message::EncTicketPart(part) => ticket::enc_ticket_part(part, &part.encode(), None, keys),
        Message::Authenticator(authenticator) => ap::authenticator(authenticator, None, keys),
        Message::EncKdcRepPart(part) => enc_kdc_rep_part(part, keys),
        Message::EncApRepPart(part) => ap::enc_ap_rep_part(part, keys),
        Message::EncKrbPrivPart(part) => enc_krb_priv_part(part),
        Message::EncKrbCredPart(part) => enc_krb_cred_part(part, keys),
        other => Node::leaf("message", format_args!("{other:?}")),
    }
}

fn kdc_req(request: &KdcReq, keys: &mut Keyring) -> Node {
    let name = match request.kind {
        KdcReqKind::As => "AS-REQ",
        KdcReqKind::Tgs => "TGS-REQ",
    };
    let padata = padata::of_request(&request.padata, request.body_octets(), keys);
    Node::new(name)
        .with(padata)
        .with(kdc_req_body(request.body(), keys))
}

fn kdc_req_body(body: &KdcReqBody, keys: &mut Keyring) -> Node {
    let mut node = Node::new("req-body")
        .field("kdc-options", body.kdc_options)
        .maybe("cname", body.cname.as_ref().map(show::name))
        .field("realm", &body.realm)
        .maybe("sname", body.sname.as_ref().map(show::name))
        .maybe("from", body.from.map(show::time))
        .field("till", show::time(body.till))
        .maybe("rtime", body.rtime.map(show::time))
        .field("nonce", body.nonce)
        .field("etype", show::etypes(&body.etype))
        .maybe("addresses", body.addresses.as_deref().map(show::addresses));
    if let Some(data) = &body.enc_authorization_data {
        let usages = [
            KeyUsage::TGS_REQ_AUTHDATA_SESSION_KEY,
            KeyUsage::TGS_REQ_AUTHDATA_SUBKEY,
        ];
        node = node.with(keys.sealed("enc-authorization-data", data, &usages, |_, opened| {
            ticket::authorization_data_octets(&opened.plaintext)
        }));
    }
    let additional = body.additional_tickets.iter().flatten();
    let additional: Vec<Node> = additional
        .map(|additional| ticket::ticket(additional, keys))
        .collect();
    if additional.is_empty() {
        node
    } else {
        node.with(Node::new("additional-tickets").with_all(additional))
    }
}

fn reply_head(
    name: &str,
    padata: Option<&MethodData>,
    crealm: &Realm,
    cname: &PrincipalName,
    keys: &mut Keyring,
) -> Node {
    let mut node = Node::new(name);
    if let Some(methods) = padata {
        node = node.with(padata::methods("padata", methods, keys));
    }
    node.field("crealm", crealm).field("cname", show::name(cname))
}

fn reply_body(
    head: Node,
    ticket: &Ticket,
    enc_part: &EncryptedData,
    usages: &[KeyUsage],
    keys: &mut Keyring,
) -> Node {
    let ticket = ticket::ticket(ticket, keys);
    let enc_part = keys.sealed(
        "enc-part",
        enc_part,
        usages,
        |keys, opened| match EncKdcRepPart::decode(&opened.plaintext) {
            Ok(part) => enc_kdc_rep_part(&part, keys),
            Err(error) => Node::unreadable("EncKDCRepPart", error, &opened.plaintext),
        },
    );
    head.with(ticket).with(enc_part)
}

fn enc_kdc_rep_part(part: &EncKdcRepPart, keys: &mut Keyring) -> Node {
    keys.learn(
        &part.key,
        format!("the session key for {}@{}", part.sname, part.srealm),
    );
    let last_req = part
        .last_req
        .iter()
        .map(|entry| format!("type {} at {}", entry.lr_type, show::time(entry.lr_value)));
    let node = Node::new("EncKDCRepPart")
        .with(show::key("key", &part.key, keys.shows_keys()))
        .field("last-req", last_req.collect::<Vec<_>>().join(", "))
        .field("nonce", part.nonce)
        .maybe("key-expiration", part.key_expiration.map(show::time))
        .field("flags", part.flags)
        .field("authtime", show::time(part.authtime))
        .maybe("starttime", part.starttime.map(show::time))
        .field("endtime", show::time(part.endtime))
        .maybe("renew-till", part.renew_till.map(show::time))
        .field("srealm", &part.srealm)
        .field("sname", show::name(&part.sname))
        .maybe("caddr", part.caddr.as_deref().map(show::addresses));
    match &part.encrypted_pa_data {
        Some(methods) => node.with(padata::methods("encrypted-pa-data", methods, keys)),
        None => node,
    }
}

fn krb_error(error: &KrbError, keys: &mut Keyring) -> Node {
    let mut node = Node::new("KRB-ERROR")
        .field("error-code", error.error_code)
        .maybe("ctime", error.ctime.map(|time| show::time_of(time, error.cusec)))
        .field("stime", show::time_of(error.stime, Some(error.susec)))
        .maybe("crealm", error.crealm.as_ref())
        .maybe("cname", error.cname.as_ref().map(show::name))
        .field("realm", &error.realm)
        .field("sname", show::name(&error.sname))
        .maybe("e-text", error.e_text.as_ref());
    if let Some(data) = &error.e_data {
        node = node.with(error_data(error.error_code, data, keys));
    }
    node
}

/// The type of the data follows from the code, but servers take liberties: what can be read is shown.
fn error_data(code: ErrorCode, data: &[u8], keys: &mut Keyring) -> Node {
    if let Ok(data) = KerbErrorData::decode(data) {
        return extras::kerb_error_data(&data);
    }
    match MethodData::decode(data) {
        Ok(methods) => padata::methods("e-data", &methods, keys),
        Err(_) => Node::leaf("e-data", show::octets(data)).field("of", code),
    }
}

fn krb_safe(safe: &KrbSafe) -> Node {
    let body = &safe.safe_body;
    Node::new("KRB-SAFE")
        .field("user-data", show::octets(&body.user_data))
        .maybe(
            "timestamp",
            body.timestamp.map(|time| show::time_of(time, body.usec)),
        )
        .maybe("seq-number", body.seq_number)
        .field(
            "s-address",
            show::addresses(std::slice::from_ref(&body.s_address)),
        )
        .maybe(
            "r-address",
            body.r_address
                .as_ref()
                .map(|address| show::addresses(std::slice::from_ref(address))),
        )
        .field("cksum", show::checksum(&safe.cksum))
}

fn krb_priv(private: &KrbPriv, keys: &mut Keyring) -> Node {
    let part = keys.sealed(
        "enc-part",
        &private.enc_part,
        &[KeyUsage::KRB_PRIV],
        |_, opened| match EncKrbPrivPart::decode(&opened.plaintext) {
            Ok(part) => enc_krb_priv_part(&part),
            Err(error) => Node::unreadable("EncKrbPrivPart", error, &opened.plaintext),
        },
    );
    Node::new("KRB-PRIV").with(part)
}

fn enc_krb_priv_part(part: &EncKrbPrivPart) -> Node {
    Node::new("EncKrbPrivPart")
        .field("user-data", show::octets(&part.user_data))
        .maybe(
            "timestamp",
            part.timestamp.map(|time| show::time_of(time, part.usec)),
        )
        .maybe("seq-number", part.seq_number)
        .field(
            "s-address",
            show::addresses(std::slice::from_ref(&part.s_address)),
        )
        .maybe(
            "r-address",
            part.r_address
                .as_ref()
                .map(|address| show::addresses(std::slice::from_ref(address))),
        )
}

/// Also the content of a `.kirbi` file, where the encrypted part is in clear.
pub(crate) fn krb_cred(cred: &KrbCred, keys: &mut Keyring) -> Node {
    let read = |keys: &mut Keyring, octets: &[u8]| match EncKrbCredPart::decode(octets) {
        Ok(part) => enc_krb_cred_part(&part, keys),
        Err(error) => Node::unreadable("EncKrbCredPart", error, octets),
    };
    // first, since it holds the session keys
    let part = if cred.enc_part.etype == 0 {
        Node::leaf("enc-part", "in clear").with(read(keys, &cred.enc_part.cipher))
    } else {
        let inside = |keys: &mut Keyring, opened: &Opened| read(keys, &opened.plaintext);
        keys.sealed("enc-part", &cred.enc_part, &[KeyUsage::KRB_CRED], inside)
    };
    let tickets: Vec<Node> = cred
        .tickets
        .iter()
        .map(|sealed| ticket::ticket(sealed, keys))
        .collect();
    Node::new("KRB-CRED").with_all(tickets).with(part)
}

fn enc_krb_cred_part(part: &EncKrbCredPart, keys: &mut Keyring) -> Node {
    let infos: Vec<Node> = part
        .ticket_info
        .iter()
        .map(|info| krb_cred_info(info, keys))
        .collect();
    Node::new("EncKrbCredPart")
        .with_all(infos)
        .maybe("nonce", part.nonce)
        .maybe(
            "timestamp",
            part.timestamp.map(|time| show::time_of(time, part.usec)),
        )
}

fn krb_cred_info(info: &KrbCredInfo, keys: &mut Keyring) -> Node {
    let service = info
        .sname
        .as_ref()
        .map_or_else(|| "a ticket".to_owned(), ToString::to_string);
    keys.learn(&info.key, format!("the session key for {service}"));
    Node::new("KrbCredInfo")
        .with(show::key("key", &info.key, keys.shows_keys()))
        .maybe("prealm", info.prealm.as_ref())
        .maybe("pname", info.pname.as_ref().map(show::name))
        .maybe("flags", info.flags)
        .maybe("authtime", info.authtime.map(show::time))
        .maybe("starttime", info.starttime.map(show::time))
        .maybe("endtime", info.endtime.map(show::time))
        .maybe("renew-till", info.renew_till.map(show::time))
        .maybe("srealm", info.srealm.as_ref())
        .maybe("sname", info.sname.as_ref().map(show::name))
        .maybe("caddr", info.caddr.as_deref().map(show::addresses))
}

/// The envelope of a KDC proxy.
pub(crate) fn proxy(envelope: &Envelope, keys: &mut Keyring) -> Result<Node, Unreadable> {
    let framing = match envelope.framing {
        Framing::Length => "with its length in four octets",
        Framing::Bare => "without a length",
    };
    let inner = message(&Message::decode(&envelope.message)?, keys);
    Ok(Node::new("KDC-PROXY-MESSAGE")
        .maybe("target-domain", envelope.target_domain.as_ref())
        .maybe(
            "dclocator-hint",
            envelope.dclocator_hint.map(|hint| format!("0x{hint:08x}")),
        )
        .field("kerb-message", framing)
        .with(inner))
}

/// A token of the GSS-API mechanism.
pub(crate) fn gss_token(token: &GssToken, keys: &mut Keyring) -> Result<Node, Unreadable> {
    let inner = message(&Message::decode(&token.message)?, keys);
    Ok(Node::leaf("GSS token", "Kerberos 5 (1.2.840.113554.1.2.2)")
        .field("token id", extras::token_id(token.id))
        .with(inner))
}
