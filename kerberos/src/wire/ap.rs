//! The exchange with a service: AP-REQ and AP-REP.

use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};
use rasn_kerberos::Checksum;

use super::auth_data::AuthorizationData;
use super::flags::ApOptions;
use super::integers::{Microseconds, MsgType, Pvno, UInt32};
use super::key::{EncryptedData, EncryptionKey};
use super::name::PrincipalName;
use super::text::Realm;
use super::ticket::Ticket;
use crate::KerberosTime;

/// A request to a service (RFC 4120 section 5.5.1, \[APPLICATION 14\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 14)))]
pub struct ApReq {
    /// Version 5.
    #[rasn(tag(explicit(0)))]
    pub pvno: Pvno,
    /// The message type.
    #[rasn(tag(explicit(1)))]
    pub msg_type: MsgType<14>,
    /// Options.
    #[rasn(tag(explicit(2)))]
    pub ap_options: ApOptions,
    /// The ticket for the service.
    #[rasn(tag(explicit(3)))]
    pub ticket: Ticket,
    /// An [`Authenticator`] under the session key, key usage 7 towards a KDC and 11 towards any other service.
    #[rasn(tag(explicit(4)))]
    pub authenticator: EncryptedData,
}

impl ApReq {
    /// A request with its two constants.
    #[must_use]
    pub const fn new(ap_options: ApOptions, ticket: Ticket, authenticator: EncryptedData) -> Self {
        Self {
            pvno: Pvno,
            msg_type: MsgType,
            ap_options,
            ticket,
            authenticator,
        }
    }
}

/// The proof that the sender of an AP-REQ knows the session key (RFC 4120 section 5.5.1, \[APPLICATION 2\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 2)))]
pub struct Authenticator {
    /// Version 5.
    #[rasn(tag(explicit(0)))]
    pub authenticator_vno: Pvno,
    /// The client's realm.
    #[rasn(tag(explicit(1)))]
    pub crealm: Realm,
    /// The client.
    #[rasn(tag(explicit(2)))]
    pub cname: PrincipalName,
    /// A checksum over what goes with the request: the body of a TGS-REQ (key usage 6), application data (10), or GSS settings.
    #[rasn(tag(explicit(3)))]
    pub cksum: Option<Checksum>,
    /// Microseconds of the client's time.
    #[rasn(tag(explicit(4)))]
    pub cusec: Microseconds,
    /// The client's time.
    #[rasn(tag(explicit(5)))]
    pub ctime: KerberosTime,
    /// A key for this exchange only.
    #[rasn(tag(explicit(6)))]
    pub subkey: Option<EncryptionKey>,
    /// The first sequence number.
    #[rasn(tag(explicit(7)))]
    pub seq_number: Option<UInt32>,
    /// Restrictions.
    #[rasn(tag(explicit(8)))]
    pub authorization_data: Option<AuthorizationData>,
}

/// The answer of a service (RFC 4120 section 5.5.2, \[APPLICATION 15\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 15)))]
pub struct ApRep {
    /// Version 5.
    #[rasn(tag(explicit(0)))]
    pub pvno: Pvno,
    /// The message type.
    #[rasn(tag(explicit(1)))]
    pub msg_type: MsgType<15>,
    /// An [`EncApRepPart`] under the session key, key usage 12.
    #[rasn(tag(explicit(2)))]
    pub enc_part: EncryptedData,
}

impl ApRep {
    /// An answer with its two constants.
    #[must_use]
    pub const fn new(enc_part: EncryptedData) -> Self {
        Self {
            pvno: Pvno,
            msg_type: MsgType,
            enc_part,
        }
    }
}

/// The proof of a service (RFC 4120 section 5.5.2, \[APPLICATION 27\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 27)))]
pub struct EncApRepPart {
    /// The client's time, repeated.
    #[rasn(tag(explicit(0)))]
    pub ctime: KerberosTime,
    /// Its microseconds, repeated.
    #[rasn(tag(explicit(1)))]
    pub cusec: Microseconds,
    /// A key for this exchange only, chosen by the service.
    #[rasn(tag(explicit(2)))]
    pub subkey: Option<EncryptionKey>,
    /// The first sequence number of the service.
    #[rasn(tag(explicit(3)))]
    pub seq_number: Option<UInt32>,
}

super::der_value!(
    ApReq => "AP-REQ",
    Authenticator => "Authenticator",
    ApRep => "AP-REP",
    EncApRepPart => "EncAPRepPart",
);
