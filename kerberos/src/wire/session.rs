//! Messages within a session: KRB-SAFE and KRB-PRIV.

use rasn::types::OctetString;
use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};
use rasn_kerberos::{Checksum, HostAddress};

use super::integers::{Microseconds, MsgType, Pvno, UInt32};
use super::key::EncryptedData;
use crate::KerberosTime;

/// A message with a checksum (RFC 4120 section 5.6.1, \[APPLICATION 20\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 20)))]
pub struct KrbSafe {
    /// Version 5.
    #[rasn(tag(explicit(0)))]
    pub pvno: Pvno,
    /// The message type.
    #[rasn(tag(explicit(1)))]
    pub msg_type: MsgType<20>,
    /// The content.
    #[rasn(tag(explicit(2)))]
    pub safe_body: KrbSafeBody,
    /// Checksum over the body, key usage 15.
    #[rasn(tag(explicit(3)))]
    pub cksum: Checksum,
}

/// The content of a KRB-SAFE.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct KrbSafeBody {
    /// Data of the application.
    #[rasn(tag(explicit(0)))]
    pub user_data: OctetString,
    /// When it was sent.
    #[rasn(tag(explicit(1)))]
    pub timestamp: Option<KerberosTime>,
    /// Microseconds of it.
    #[rasn(tag(explicit(2)))]
    pub usec: Option<Microseconds>,
    /// Sequence number.
    #[rasn(tag(explicit(3)))]
    pub seq_number: Option<UInt32>,
    /// Sender.
    #[rasn(tag(explicit(4)))]
    pub s_address: HostAddress,
    /// Recipient.
    #[rasn(tag(explicit(5)))]
    pub r_address: Option<HostAddress>,
}

/// An encrypted message (RFC 4120 section 5.7.1, \[APPLICATION 21\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 21)))]
pub struct KrbPriv {
    /// Version 5.
    #[rasn(tag(explicit(0)))]
    pub pvno: Pvno,
    /// The message type.
    #[rasn(tag(explicit(1)))]
    pub msg_type: MsgType<21>,
    /// An [`EncKrbPrivPart`], key usage 13.
    #[rasn(tag(explicit(3)))]
    pub enc_part: EncryptedData,
}

/// The content of a KRB-PRIV (RFC 4120 section 5.7.1, \[APPLICATION 28\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 28)))]
pub struct EncKrbPrivPart {
    /// Data of the application.
    #[rasn(tag(explicit(0)))]
    pub user_data: OctetString,
    /// When it was sent.
    #[rasn(tag(explicit(1)))]
    pub timestamp: Option<KerberosTime>,
    /// Microseconds of it.
    #[rasn(tag(explicit(2)))]
    pub usec: Option<Microseconds>,
    /// Sequence number.
    #[rasn(tag(explicit(3)))]
    pub seq_number: Option<UInt32>,
    /// Sender.
    #[rasn(tag(explicit(4)))]
    pub s_address: HostAddress,
    /// Recipient.
    #[rasn(tag(explicit(5)))]
    pub r_address: Option<HostAddress>,
}

super::der_value!(
    KrbSafe => "KRB-SAFE",
    KrbSafeBody => "KRB-SAFE-BODY",
    KrbPriv => "KRB-PRIV",
    EncKrbPrivPart => "EncKrbPrivPart",
);
