//! The types of FAST (RFC 6113 section 5.4).

use bitflags::bitflags;
use rasn::types::OctetString;
use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};
use rasn_kerberos::Checksum;

use super::flags::kerberos_flags;
use super::integers::{Microseconds, UInt32};
use super::kdc::KdcReqBody;
use super::key::{EncryptedData, EncryptionKey};
use super::methods::MethodData;
use super::name::PrincipalName;
use super::text::Realm;
use crate::KerberosTime;

/// PA-FX-FAST in a request: a choice of one, \[0\].
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(choice)]
pub enum PaFxFastRequest {
    /// The armored request.
    #[rasn(tag(explicit(context, 0)))]
    Armored(FastArmoredReq),
}

/// An armored request.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct FastArmoredReq {
    /// The armor; absent in a TGS-REQ, where it is that of the AP-REQ.
    #[rasn(tag(explicit(0)))]
    pub armor: Option<FastArmor>,
    /// Checksum over the body of the outer request, key usage 50.
    #[rasn(tag(explicit(1)))]
    pub req_checksum: Checksum,
    /// A [`FastReq`] under the armor key, key usage 51.
    #[rasn(tag(explicit(2)))]
    pub enc_fast_req: EncryptedData,
}

/// What the armor key comes from.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct FastArmor {
    /// 1 for an AP-REQ.
    #[rasn(tag(explicit(0)))]
    pub armor_type: i32,
    /// The AP-REQ.
    #[rasn(tag(explicit(1)))]
    pub armor_value: OctetString,
}

bitflags! {
    /// Options of FAST (RFC 6113 section 5.4.2).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct FastOptions: u32 {
        /// The client's name is hidden.
        const HIDE_CLIENT_NAMES = 0x4000_0000;
        /// The KDC is to follow referrals itself.
        const KDC_FOLLOW_REFERRALS = 0x0000_8000;
        /// Any other bit is kept.
        const _ = !0;
    }
}
kerberos_flags!(FastOptions);

/// The inner request.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct FastReq {
    /// Options.
    #[rasn(tag(explicit(0)))]
    pub fast_options: FastOptions,
    /// Pre-authentication data.
    #[rasn(tag(explicit(1)))]
    pub padata: MethodData,
    /// The body that counts.
    #[rasn(tag(explicit(2)))]
    pub req_body: KdcReqBody,
}

/// PA-FX-FAST in a reply: a choice of one, \[0\].
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(choice)]
pub enum PaFxFastReply {
    /// The armored reply.
    #[rasn(tag(explicit(context, 0)))]
    Armored(FastArmoredRep),
}

/// An armored reply.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct FastArmoredRep {
    /// A [`FastResponse`] under the armor key, key usage 52.
    #[rasn(tag(explicit(0)))]
    pub enc_fast_rep: EncryptedData,
}

/// The inner reply.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct FastResponse {
    /// Pre-authentication data.
    #[rasn(tag(explicit(0)))]
    pub padata: MethodData,
    /// A key that strengthens the reply key.
    #[rasn(tag(explicit(1)))]
    pub strengthen_key: Option<EncryptionKey>,
    /// In a final reply.
    #[rasn(tag(explicit(2)))]
    pub finished: Option<FastFinished>,
    /// The nonce of the request.
    #[rasn(tag(explicit(3)))]
    pub nonce: UInt32,
}

/// The end of a FAST exchange.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct FastFinished {
    /// The KDC's time.
    #[rasn(tag(explicit(0)))]
    pub timestamp: KerberosTime,
    /// Microseconds of it.
    #[rasn(tag(explicit(1)))]
    pub usec: Microseconds,
    /// The client's realm.
    #[rasn(tag(explicit(2)))]
    pub crealm: Realm,
    /// The client.
    #[rasn(tag(explicit(3)))]
    pub cname: PrincipalName,
    /// Checksum over the ticket, key usage 53.
    #[rasn(tag(explicit(4)))]
    pub ticket_checksum: Checksum,
}

/// One alternative of PA-AUTHENTICATION-SET (RFC 6113 section 5.3).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationSetElement {
    /// The type of the first pre-authentication.
    #[rasn(tag(explicit(0)))]
    pub pa_type: i32,
    /// A hint.
    #[rasn(tag(explicit(1)))]
    pub pa_hint: Option<OctetString>,
    /// Its value.
    #[rasn(tag(explicit(2)))]
    pub pa_value: Option<OctetString>,
}

super::der_value!(
    PaFxFastRequest => "PA-FX-FAST-REQUEST",
    PaFxFastReply => "PA-FX-FAST-REPLY",
    FastReq => "KrbFastReq",
    FastResponse => "KrbFastResponse",
);
