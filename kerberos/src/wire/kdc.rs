//! Requests to a KDC: AS-REQ and TGS-REQ.

use rasn::types::{Any, OctetString};
use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};
use rasn_kerberos::HostAddress;

use super::error::{DecodeError, Problem, decode_der, encode_der, structure};
use super::flags::KdcOptions;
use super::integers::{MsgType, Pvno, UInt32};
use super::key::EncryptedData;
use super::methods::MethodData;
use super::name::PrincipalName;
use super::text::Realm;
use super::ticket::Ticket;
use crate::KerberosTime;
use crate::codes::MessageType;

/// A request to a KDC (RFC 4120 section 5.4.1), with the octets of its body as the sender wrote them: checksums cover
/// these, and writing a foreign body again need not give the same ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KdcReq {
    /// Which of the two it is.
    pub kind: KdcReqKind,
    /// Pre-authentication data.
    pub padata: MethodData,
    body: KdcReqBody,
    body_octets: OctetString,
}

/// The two requests to a KDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KdcReqKind {
    /// AS-REQ, \[APPLICATION 10\]: with a long-term key.
    As,
    /// TGS-REQ, \[APPLICATION 12\]: with a TGT.
    Tgs,
}

impl KdcReqKind {
    /// The message type, which is also the application tag.
    #[must_use]
    pub const fn message_type(self) -> MessageType {
        match self {
            Self::As => MessageType::AS_REQ,
            Self::Tgs => MessageType::TGS_REQ,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::As => "AS-REQ",
            Self::Tgs => "TGS-REQ",
        }
    }
}

impl KdcReq {
    /// A request; its body is encoded here.
    #[must_use]
    pub fn new(kind: KdcReqKind, padata: MethodData, body: KdcReqBody) -> Self {
        let body_octets = body.encode().into();
        Self {
            kind,
            padata,
            body,
            body_octets,
        }
    }

    /// A request whose body has octets of the caller's choice.
    ///
    /// # Errors
    ///
    /// The octets are not a KDC-REQ-BODY.
    pub fn with_body_octets(
        kind: KdcReqKind,
        padata: MethodData,
        body_octets: impl Into<OctetString>,
    ) -> Result<Self, DecodeError> {
        let body_octets = body_octets.into();
        let body = KdcReqBody::decode(&body_octets)?;
        Ok(Self {
            kind,
            padata,
            body,
            body_octets,
        })
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &KdcReqBody {
        &self.body
    }

    /// The body, without the octets it was read from.
    #[must_use]
    pub fn into_body(self) -> KdcReqBody {
        self.body
    }

    /// The DER of the body exactly as it was received or first encoded: what the checksum of the authenticator covers.
    #[must_use]
    pub fn body_octets(&self) -> &[u8] {
        &self.body_octets
    }

    /// Reads an AS-REQ or TGS-REQ and nothing else.
    ///
    /// # Errors
    ///
    /// The octets are neither: the error says which field, what was expected and where.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        const AS_REQ: u8 = 0x60 | 10;
        const TGS_REQ: u8 = 0x60 | 12;
        match octets.first() {
            Some(&AS_REQ) => Self::from_frame(octets, KdcReqKind::As, |octets, name| {
                decode_der::<AsFrame>(octets, name).map(|frame| (frame.padata, frame.req_body))
            }),
            Some(&TGS_REQ) => Self::from_frame(octets, KdcReqKind::Tgs, |octets, name| {
                decode_der::<TgsFrame>(octets, name).map(|frame| (frame.padata, frame.req_body))
            }),
            Some(tag) => Err(DecodeError::whole(
                "KDC-REQ",
                0,
                Problem::Tag {
                    expected: "[APPLICATION 10] AS-REQ or [APPLICATION 12] TGS-REQ".to_owned(),
                    found: format!("identifier octet 0x{tag:02x}"),
                },
            )),
            None => Err(DecodeError::whole("KDC-REQ", 0, Problem::Empty)),
        }
    }

    fn from_frame(
        octets: &[u8],
        kind: KdcReqKind,
        frame: impl FnOnce(&[u8], &'static str) -> Result<(Option<MethodData>, Any), DecodeError>,
    ) -> Result<Self, DecodeError> {
        let (padata, req_body) = frame(octets, kind.name())?;
        let body_octets = req_body.into_bytes();
        let body = KdcReqBody::decode(&body_octets).map_err(|error| {
            let offset = structure::offset_of(octets, &body_octets).unwrap_or(0);
            error.inside(kind.name(), "req_body", offset)
        })?;
        Ok(Self {
            kind,
            padata: padata.unwrap_or_default(),
            body,
            body_octets: body_octets.into(),
        })
    }

    /// The DER of the request, with the octets of the body unchanged.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let padata = if self.padata.is_empty() {
            None
        } else {
            Some(self.padata.clone())
        };
        let req_body = Any::new(self.body_octets.to_vec());
        match self.kind {
            KdcReqKind::As => encode_der(&AsFrame {
                pvno: Pvno,
                msg_type: MsgType,
                padata,
                req_body,
            }),
            KdcReqKind::Tgs => encode_der(&TgsFrame {
                pvno: Pvno,
                msg_type: MsgType,
                padata,
                req_body,
            }),
        }
    }
}

#[derive(AsnType, Decode, Encode)]
#[rasn(tag(explicit(application, 10)))]
struct AsFrame {
    #[rasn(tag(explicit(1)))]
    pvno: Pvno,
    #[rasn(tag(explicit(2)))]
    msg_type: MsgType<10>,
    #[rasn(tag(explicit(3)))]
    padata: Option<MethodData>,
    #[rasn(tag(explicit(4)))]
    req_body: Any,
}

#[derive(AsnType, Decode, Encode)]
#[rasn(tag(explicit(application, 12)))]
struct TgsFrame {
    #[rasn(tag(explicit(1)))]
    pvno: Pvno,
    #[rasn(tag(explicit(2)))]
    msg_type: MsgType<12>,
    #[rasn(tag(explicit(3)))]
    padata: Option<MethodData>,
    #[rasn(tag(explicit(4)))]
    req_body: Any,
}

/// The body of a request (RFC 4120 section 5.4.1).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct KdcReqBody {
    /// Options.
    #[rasn(tag(explicit(0)))]
    pub kdc_options: KdcOptions,
    /// The client, in an AS-REQ only.
    #[rasn(tag(explicit(1)))]
    pub cname: Option<PrincipalName>,
    /// The realm of the service, and in an AS-REQ of the client.
    #[rasn(tag(explicit(2)))]
    pub realm: Realm,
    /// The service.
    #[rasn(tag(explicit(3)))]
    pub sname: Option<PrincipalName>,
    /// From when a postdated ticket is wanted.
    #[rasn(tag(explicit(4)))]
    pub from: Option<KerberosTime>,
    /// Until when the ticket is wanted.
    #[rasn(tag(explicit(5)))]
    pub till: KerberosTime,
    /// Until when it should be renewable.
    #[rasn(tag(explicit(6)))]
    pub rtime: Option<KerberosTime>,
    /// A number to be repeated in the reply.
    #[rasn(tag(explicit(7)))]
    pub nonce: UInt32,
    /// Encryption types in the client's order.
    #[rasn(tag(explicit(8)))]
    pub etype: Vec<i32>,
    /// Addresses to be put into the ticket.
    #[rasn(tag(explicit(9)))]
    pub addresses: Option<Vec<HostAddress>>,
    /// Authorization data for the ticket, key usage 4 or 5.
    #[rasn(tag(explicit(10)))]
    pub enc_authorization_data: Option<EncryptedData>,
    /// Further tickets, for user-to-user and constrained delegation.
    #[rasn(tag(explicit(11)))]
    pub additional_tickets: Option<Vec<Ticket>>,
}

super::der_value!(KdcReqBody => "KDC-REQ-BODY");
