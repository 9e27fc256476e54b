//! AP-REQ, AP-REP and their encrypted parts.

use kerberos::codes::ErrorCode;
use kerberos::crypto::KeyUsage;
use kerberos::wire::{ApRep, ApReq, Authenticator, Checksum, EncApRepPart, GssChecksum, KrbCred};

use super::keyring::{Keyring, Known, Opened};
use super::message::krb_cred;
use super::node::Node;
use super::{show, ticket};

/// `body` is that of the TGS-REQ around it: what the checksum of the authenticator covers.
pub(crate) fn ap_req(request: &ApReq, body: Option<&[u8]>, keys: &mut Keyring) -> Node {
    let ticket = ticket::ticket(&request.ticket, keys);
    let usages = [KeyUsage::TGS_REQ_AUTHENTICATOR, KeyUsage::AP_REQ_AUTHENTICATOR];
    let inside = |keys: &mut Keyring, opened: &Opened| match Authenticator::decode(&opened.plaintext) {
        Ok(part) => authenticator(&part, body.map(|body| (body, &opened.by)), keys),
        Err(error) => Node::unreadable("Authenticator", error, &opened.plaintext),
    };
    let authenticator = keys.sealed("authenticator", &request.authenticator, &usages, inside);
    Node::new("AP-REQ")
        .field("ap-options", request.ap_options)
        .with(ticket)
        .with(authenticator)
}

/// `covered` is the body of a TGS-REQ and the session key.
pub(crate) fn authenticator(
    part: &Authenticator,
    covered: Option<(&[u8], &Known)>,
    keys: &mut Keyring,
) -> Node {
    let node = Node::new("Authenticator")
        .field("crealm", &part.crealm)
        .field("cname", show::name(&part.cname))
        .field("ctime", show::time_of(part.ctime, Some(part.cusec)));
    let node = match &part.cksum {
        Some(cksum) => node.with(authenticator_checksum(cksum, covered, keys)),
        None => node.field("cksum", "none"),
    };
    let node = match &part.subkey {
        Some(subkey) => {
            keys.learn(
                subkey,
                format!(
                    "the subkey of the authenticator of {}@{}",
                    part.cname, part.crealm
                ),
            );
            node.with(show::key("subkey", subkey, keys.shows_keys()))
        }
        None => node,
    };
    let node = node.maybe("seq-number", part.seq_number);
    match &part.authorization_data {
        Some(data) => node.with(ticket::authorization_data(data, None)),
        None => node,
    }
}

fn authenticator_checksum(cksum: &Checksum, covered: Option<(&[u8], &Known)>, keys: &mut Keyring) -> Node {
    if cksum.r#type == GssChecksum::TYPE {
        return gss_checksum(&cksum.checksum, keys);
    }
    let node = Node::leaf("cksum", show::checksum(cksum));
    let Some((body, known)) = covered else { return node };
    if known.key.checksum_type().number() != cksum.r#type {
        return node;
    }
    match known
        .key
        .verify_checksum(KeyUsage::TGS_REQ_CHECKSUM, body, &cksum.checksum)
    {
        Ok(()) => node.field("verified", "it covers this req-body"),
        Err(_) => node.field(
            "wrong",
            format_args!("not that of this req-body: {}", ErrorCode::MODIFIED),
        ),
    }
}

fn gss_checksum(octets: &[u8], keys: &mut Keyring) -> Node {
    let settings = match GssChecksum::decode(octets) {
        Ok(settings) => settings,
        Err(error) => return Node::unreadable("cksum", error, octets),
    };
    let flags = settings
        .flags
        .iter_names()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect::<Vec<_>>();
    let node = Node::leaf("cksum", show::checksum_type(GssChecksum::TYPE))
        .field("channel bindings", show::octets(&settings.channel_bindings))
        .field(
            "flags",
            format_args!("0x{:08x} {}", settings.flags.bits(), flags.join(" ")),
        );
    match settings.delegated.as_deref() {
        None => node,
        Some(octets) => node.with(match KrbCred::decode(octets) {
            Ok(cred) => krb_cred(&cred, keys),
            Err(error) => Node::unreadable("delegated credentials", error, octets),
        }),
    }
}

pub(crate) fn ap_rep(reply: &ApRep, keys: &mut Keyring) -> Node {
    let inside = |keys: &mut Keyring, opened: &Opened| match EncApRepPart::decode(&opened.plaintext) {
        Ok(part) => enc_ap_rep_part(&part, keys),
        Err(error) => Node::unreadable("EncAPRepPart", error, &opened.plaintext),
    };
    Node::new("AP-REP").with(keys.sealed("enc-part", &reply.enc_part, &[KeyUsage::AP_REP], inside))
}

pub(crate) fn enc_ap_rep_part(part: &EncApRepPart, keys: &mut Keyring) -> Node {
    let node = Node::new("EncAPRepPart").field("ctime", show::time_of(part.ctime, Some(part.cusec)));
    let node = match &part.subkey {
        Some(subkey) => {
            keys.learn(subkey, "the subkey of the AP-REP");
            node.with(show::key("subkey", subkey, keys.shows_keys()))
        }
        None => node,
    };
    node.maybe("seq-number", part.seq_number)
}
