//! Pre-authentication data.

use kerberos::codes::PaDataType;
use kerberos::crypto::KeyUsage;
use kerberos::wire::{
    ApReq, EncryptedData, EtypeInfo, EtypeInfo2, KeyListRep, KeyListReq, MethodData, PaData, PaEncTsEnc,
    PaForUser, PaFxFastReply, PaFxFastRequest, PaPacOptions, PaPacRequest, PaS4uX509User, SupportedEnctypes,
};

use super::keyring::{Keyring, Opened};
use super::node::Node;
use super::{ap, show};

/// The pre-authentication data of a request, whose body a checksum in them covers.
pub(crate) fn of_request(methods: &MethodData, body: &[u8], keys: &mut Keyring) -> Node {
    list("padata", methods, Some(body), keys)
}

/// A list of pre-authentication data.
pub(crate) fn methods(label: &str, methods: &MethodData, keys: &mut Keyring) -> Node {
    list(label, methods, None, keys)
}

fn list(label: &str, methods: &MethodData, body: Option<&[u8]>, keys: &mut Keyring) -> Node {
    let nodes: Vec<Node> = methods
        .iter()
        .map(|element| element_node(element, body, keys))
        .collect();
    Node::new(label).with_all(nodes)
}

fn element_node(element: &PaData, body: Option<&[u8]>, keys: &mut Keyring) -> Node {
    let (kind, value) = (element.padata_type, &*element.padata_value);
    let label = kind.to_string();
    if value.is_empty() {
        return Node::leaf(label, "empty");
    }
    // whatever the content is, what cannot be read is shown as such
    let read = match kind {
        PaDataType::TGS_REQ => {
            ApReq::decode(value).map(|request| Node::new(&label).with(ap::ap_req(&request, body, keys)))
        }
        PaDataType::ENC_TIMESTAMP => {
            EncryptedData::decode(value).map(|data| enc_timestamp(&label, &data, keys))
        }
        PaDataType::ETYPE_INFO2 => EtypeInfo2::decode(value).map(|info| etype_info2(&label, &info)),
        PaDataType::ETYPE_INFO => EtypeInfo::decode(value).map(|info| etype_info(&label, &info)),
        PaDataType::PAC_REQUEST => PaPacRequest::decode(value)
            .map(|request| Node::new(&label).field("include-pac", request.include_pac)),
        PaDataType::PAC_OPTIONS => {
            PaPacOptions::decode(value).map(|options| Node::leaf(&label, options.options))
        }
        PaDataType::FOR_USER => PaForUser::decode(value).map(|user| for_user(&label, &user)),
        PaDataType::S4U_X509_USER => PaS4uX509User::decode(value).map(|user| s4u_x509_user(&label, &user)),
        PaDataType::KERB_KEY_LIST_REQ => {
            KeyListReq::decode(value).map(|list| Node::leaf(&label, show::etypes(&list.0)))
        }
        PaDataType::KERB_KEY_LIST_REP => KeyListRep::decode(value).map(|list| {
            Node::new(&label).with_all(list.0.iter().map(|key| show::key("key", key, keys.shows_keys())))
        }),
        PaDataType::SUPPORTED_ENCTYPES => return supported_enctypes(label, value),
        PaDataType::FX_FAST => return fast(label, value),
        _ => return Node::leaf(label, show::octets(value)),
    };
    read.unwrap_or_else(|error| Node::unreadable(label, error, value))
}

fn enc_timestamp(label: &str, data: &EncryptedData, keys: &mut Keyring) -> Node {
    keys.sealed(
        label,
        data,
        &[KeyUsage::PA_ENC_TIMESTAMP],
        |_, opened: &Opened| match PaEncTsEnc::decode(&opened.plaintext) {
            Ok(stamp) => Node::leaf("patimestamp", show::time_of(stamp.patimestamp, stamp.pausec)),
            Err(error) => Node::unreadable("PA-ENC-TS-ENC", error, &opened.plaintext),
        },
    )
}

fn etype_info2(label: &str, info: &EtypeInfo2) -> Node {
    Node::new(label).with_all(info.0.iter().map(|entry| {
        Node::leaf("etype", show::etype(entry.etype))
            .maybe("salt", entry.salt.as_ref())
            .maybe("s2kparams", entry.s2kparams.as_deref().map(show::octets))
    }))
}

fn etype_info(label: &str, info: &EtypeInfo) -> Node {
    Node::new(label).with_all(info.0.iter().map(|entry| {
        let salt = entry
            .salt
            .as_deref()
            .map(|salt| String::from_utf8_lossy(salt).into_owned());
        Node::leaf("etype", show::etype(entry.etype)).maybe("salt", salt)
    }))
}

fn for_user(label: &str, user: &PaForUser) -> Node {
    Node::new(label)
        .field("userName", show::name(&user.user_name))
        .field("userRealm", &user.user_realm)
        .field("cksum", show::checksum(&user.cksum))
        .field("auth-package", &user.auth_package)
}

fn s4u_x509_user(label: &str, user: &PaS4uX509User) -> Node {
    let id = &user.user_id;
    Node::new(label)
        .field("nonce", id.nonce)
        .maybe("cname", id.cname.as_ref().map(show::name))
        .field("crealm", &id.crealm)
        .maybe(
            "subject-certificate",
            id.subject_certificate.as_deref().map(show::octets),
        )
        .maybe("options", id.options)
        .field("checksum", show::checksum(&user.checksum))
}

fn supported_enctypes(label: String, value: &[u8]) -> Node {
    match SupportedEnctypes::from_octets(value) {
        Some(etypes) => Node::leaf(label, etypes),
        None => Node::unreadable(label, "expected 4 octets", value),
    }
}

fn fast(label: String, value: &[u8]) -> Node {
    if let Ok(PaFxFastRequest::Armored(request)) = PaFxFastRequest::decode(value) {
        let armor = request
            .armor
            .as_ref()
            .map(|armor| format!("type {}, {} octets", armor.armor_type, armor.armor_value.len()));
        return Node::leaf(label, "armored request")
            .maybe("armor", armor)
            .field("req-checksum", show::checksum(&request.req_checksum))
            .field(
                "enc-fast-req",
                format_args!(
                    "{}, {} octets",
                    show::etype(request.enc_fast_req.etype),
                    request.enc_fast_req.cipher.len()
                ),
            );
    }
    match PaFxFastReply::decode(value) {
        Ok(PaFxFastReply::Armored(reply)) => Node::leaf(label, "armored reply").field(
            "enc-fast-rep",
            format_args!(
                "{}, {} octets",
                show::etype(reply.enc_fast_rep.etype),
                reply.enc_fast_rep.cipher.len()
            ),
        ),
        Err(error) => Node::unreadable(label, error, value),
    }
}
