//! The directory over LDAP, read-only: what `ldapsearch` shows of a domain (RFC 4511, MS-ADTS section 3.1.1.3).
//!
//! Served are bind (anonymous and simple), search with filters and pages, compare, "Who am I?" and unbind. Whoever wants to
//! change something is refused: administrators change the lab elsewhere. SASL is not offered.

mod bind;
mod dn;
mod entry;
mod filter;
mod frame;
mod names;
mod objects;
mod root;
mod search;

use std::sync::Arc;

use kerberos::Timestamp;
use rasn_ldap::{
    AddResponse, CompareResponse, DelResponse, ExtendedResponse, LdapMessage, LdapResult, ModifyDnResponse,
    ModifyResponse, ProtocolOp, ResultCode,
};

use crate::directory::DomainSnapshot;

pub use frame::{FrameError, MAX_MESSAGE_OCTETS, message_length};
pub use names::{AccountNames, is_identity};

/// What a domain controller's LDAP service is set to.
#[derive(Clone, Debug)]
pub struct LdapConfig {
    /// DNS name of the domain controller: `dc01.ad.fernhill.example`.
    pub host: Arc<str>,
    /// DNS name of the root domain of the forest.
    pub forest: Arc<str>,
    /// The site it is in.
    pub site: Arc<str>,
    /// Whether it is read-only.
    pub read_only: bool,
    /// Whether who has not bound may search the directory. Default: not, as since Windows Server 2003 (dSHeuristics).
    pub anonymous_search: bool,
    /// Whether a simple bind over a connection without protection is refused (the policy "LDAP server signing
    /// requirements"). Default: not.
    pub require_signing: bool,
    /// The most entries of one answer (MaxPageSize). Default: 1000.
    pub max_page_size: usize,
}

impl LdapConfig {
    /// A writable domain controller with the settings of a fresh domain.
    #[must_use]
    pub fn new(host: &str, forest: &str, site: &str) -> Self {
        Self {
            host: host.into(),
            forest: forest.into(),
            site: site.into(),
            read_only: false,
            anonymous_search: false,
            require_signing: false,
            max_page_size: 1000,
        }
    }
}

/// What a connection remembers.
#[derive(Clone, Debug, Default)]
pub struct LdapSession {
    /// sAMAccountName of who bound; nobody at first.
    who: Option<Arc<str>>,
}

/// The answer to one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Messages to be sent, in order.
    pub messages: Vec<Vec<u8>>,
    /// Whether the connection ends.
    pub close: bool,
}

/// Answers one LDAP message. What is none ends the connection with a notice of disconnection (RFC 4511 section 4.4.1).
#[must_use]
pub fn handle(
    domain: &DomainSnapshot,
    config: &LdapConfig,
    session: &mut LdapSession,
    now: Timestamp,
    octets: &[u8],
) -> Answer {
    let Some(message) = frame::decode(octets) else {
        return disconnect();
    };
    let id = message.message_id;
    let one = |operation| Answer {
        messages: frame::encode(&LdapMessage::new(id, operation))
            .into_iter()
            .collect(),
        close: false,
    };
    match message.protocol_op {
        ProtocolOp::UnbindRequest(_) => Answer {
            close: true,
            ..Answer::default()
        },
        ProtocolOp::AbandonRequest(_) => Answer::default(),
        ProtocolOp::BindRequest(request) => one(ProtocolOp::BindResponse(bind::answer(
            domain, config, session, now, &request,
        ))),
        ProtocolOp::SearchRequest(request) => {
            let context = search::Context {
                domain,
                config,
                session,
                now,
            };
            Answer {
                messages: search::answer(&context, id, &request, message.controls.as_ref()),
                close: false,
            }
        }
        ProtocolOp::CompareRequest(request) => {
            let context = search::Context {
                domain,
                config,
                session,
                now,
            };
            one(ProtocolOp::CompareResponse(CompareResponse(search::compare(
                &context, &request,
            ))))
        }
        ProtocolOp::ExtendedReq(request) => one(ProtocolOp::ExtendedResp(extended(
            domain,
            session,
            &request.request_name,
        ))),
        ProtocolOp::AddRequest(_) => one(ProtocolOp::AddResponse(AddResponse(read_only()))),
        ProtocolOp::DelRequest(_) => one(ProtocolOp::DelResponse(DelResponse(read_only()))),
        ProtocolOp::ModifyRequest(_) => one(ProtocolOp::ModifyResponse(ModifyResponse(read_only()))),
        ProtocolOp::ModDnRequest(_) => one(ProtocolOp::ModDnResponse(ModifyDnResponse(read_only()))),
        // what only a server sends
        _ => disconnect(),
    }
}

fn read_only() -> LdapResult {
    result(
        ResultCode::UnwillingToPerform,
        "this directory is read-only: change the lab by its file or by what administrators type",
    )
}

fn result(code: ResultCode, diagnostic: &str) -> LdapResult {
    LdapResult::new(code, "".into(), diagnostic.into())
}

/// "Who am I?" (RFC 4532); StartTLS and everything else is not offered.
fn extended(domain: &DomainSnapshot, session: &LdapSession, name: &[u8]) -> ExtendedResponse {
    const WHO_AM_I: &[u8] = b"1.3.6.1.4.1.4203.1.11.3";
    let known = name == WHO_AM_I;
    let who = session
        .who
        .as_ref()
        .map(|who| format!("u:{}\\{who}", domain.netbios()));
    ExtendedResponse {
        result_code: if known {
            ResultCode::Success
        } else {
            ResultCode::ProtocolError
        },
        matched_dn: "".into(),
        diagnostic_message: if known {
            ""
        } else {
            "this extended operation is not offered"
        }
        .into(),
        referral: None,
        response_name: None,
        response_value: known.then(|| who.unwrap_or_default().into_bytes().into()),
    }
}

fn disconnect() -> Answer {
    const NOTICE_OF_DISCONNECTION: &[u8] = b"1.3.6.1.4.1.1466.20036";
    let notice = ExtendedResponse {
        result_code: ResultCode::ProtocolError,
        matched_dn: "".into(),
        diagnostic_message: "no LDAP message".into(),
        referral: None,
        response_name: Some(NOTICE_OF_DISCONNECTION.to_vec().into()),
        response_value: None,
    };
    let message = LdapMessage::new(0, ProtocolOp::ExtendedResp(notice));
    Answer {
        messages: frame::encode(&message).into_iter().collect(),
        close: true,
    }
}
