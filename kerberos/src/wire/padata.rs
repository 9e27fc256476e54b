//! Pre-authentication data and their contents.

use rasn::types::OctetString;
use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};
use rasn_kerberos::Checksum;

use super::flags::{PacOptions, S4uOptions};
use super::integers::{Microseconds, UInt32};
use super::key::EncryptionKey;
use super::name::PrincipalName;
use super::text::{KerberosText, Realm};
use crate::codes::PaDataType;
use crate::{KerberosTime, Timestamp};

/// One element of pre-authentication data (RFC 4120 section 5.2.7).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct PaData {
    /// The type.
    #[rasn(tag(explicit(1)))]
    pub padata_type: PaDataType,
    /// The value, mostly DER of what the type says.
    #[rasn(tag(explicit(2)))]
    pub padata_value: OctetString,
}

impl PaData {
    /// An element.
    #[must_use]
    pub fn new(kind: PaDataType, value: impl Into<OctetString>) -> Self {
        Self {
            padata_type: kind,
            padata_value: value.into(),
        }
    }
}

/// The time in PA-ENC-TIMESTAMP, encrypted with key usage 1 (RFC 4120 section 5.2.7.2).
#[derive(AsnType, Decode, Encode, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaEncTsEnc {
    /// The client's time.
    #[rasn(tag(explicit(0)))]
    pub patimestamp: KerberosTime,
    /// Microseconds of it.
    #[rasn(tag(explicit(1)))]
    pub pausec: Option<Microseconds>,
}

impl From<Timestamp> for PaEncTsEnc {
    fn from(now: Timestamp) -> Self {
        Self {
            patimestamp: now.kerberos_time(),
            pausec: Some(now.into()),
        }
    }
}

/// PA-ETYPE-INFO2 (RFC 4120 section 5.2.7.5).
#[derive(AsnType, Decode, Encode, Clone, Debug, Default, PartialEq, Eq)]
#[rasn(delegate)]
pub struct EtypeInfo2(pub Vec<EtypeInfo2Entry>);

/// An encryption type and how to get from the password to its key.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct EtypeInfo2Entry {
    /// The encryption type.
    #[rasn(tag(explicit(0)))]
    pub etype: i32,
    /// The salt; absent for RC4.
    #[rasn(tag(explicit(1)))]
    pub salt: Option<KerberosText>,
    /// Parameters of string-to-key: for AES the number of iterations, 4 octets big-endian.
    #[rasn(tag(explicit(2)))]
    pub s2kparams: Option<OctetString>,
}

/// PA-ETYPE-INFO, the older form (RFC 4120 section 5.2.7.4).
#[derive(AsnType, Decode, Encode, Clone, Debug, Default, PartialEq, Eq)]
#[rasn(delegate)]
pub struct EtypeInfo(pub Vec<EtypeInfoEntry>);

/// An encryption type and its salt.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct EtypeInfoEntry {
    /// The encryption type.
    #[rasn(tag(explicit(0)))]
    pub etype: i32,
    /// The salt.
    #[rasn(tag(explicit(1)))]
    pub salt: Option<OctetString>,
}

/// PA-PAC-REQUEST: whether a PAC is wanted (MS-KILE section 2.2.3).
#[derive(AsnType, Decode, Encode, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaPacRequest {
    /// Whether a PAC is wanted.
    #[rasn(tag(explicit(0)))]
    pub include_pac: bool,
}

/// PA-PAC-OPTIONS (MS-KILE section 2.2.10).
#[derive(AsnType, Decode, Encode, Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaPacOptions {
    /// The options.
    #[rasn(tag(explicit(0)))]
    pub options: PacOptions,
}

/// KERB-KEY-LIST-REQ: encryption types whose long-term keys are wanted (MS-KILE section 2.2.11).
#[derive(AsnType, Decode, Encode, Clone, Debug, Default, PartialEq, Eq)]
#[rasn(delegate)]
pub struct KeyListReq(pub Vec<i32>);

/// KERB-KEY-LIST-REP: the client's long-term keys (MS-KILE section 2.2.12).
#[derive(AsnType, Decode, Encode, Clone, Debug, Default, PartialEq, Eq)]
#[rasn(delegate)]
pub struct KeyListRep(pub Vec<EncryptionKey>);

/// PA-FOR-USER: a service asks for a ticket to itself for a user (MS-SFU section 2.2.1).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct PaForUser {
    /// The user.
    #[rasn(tag(explicit(0)))]
    pub user_name: PrincipalName,
    /// The user's realm.
    #[rasn(tag(explicit(1)))]
    pub user_realm: Realm,
    /// HMAC-MD5 (type -138) under the session key, key usage 17, over [`PaForUser::checksum_input`].
    #[rasn(tag(explicit(2)))]
    pub cksum: Checksum,
    /// "Kerberos".
    #[rasn(tag(explicit(3)))]
    pub auth_package: KerberosText,
}

impl PaForUser {
    /// The octets that the checksum covers: name type (4 octets little-endian), components, realm and package.
    #[must_use]
    pub fn checksum_input(
        user_name: &PrincipalName,
        user_realm: &Realm,
        auth_package: &KerberosText,
    ) -> Vec<u8> {
        let mut input = user_name.name_type.number().to_le_bytes().to_vec();
        for part in user_name.components.iter().chain([user_realm, auth_package]) {
            input.extend_from_slice(part.as_bytes());
        }
        input
    }
}

/// PA-S4U-X509-USER (MS-SFU section 2.2.2).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct PaS4uX509User {
    /// The user.
    #[rasn(tag(explicit(0)))]
    pub user_id: S4uUserId,
    /// Checksum over the DER of `user_id`, key usage 26.
    #[rasn(tag(explicit(1)))]
    pub checksum: Checksum,
}

/// The user of a PA-S4U-X509-USER.
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct S4uUserId {
    /// The nonce of the request's body.
    #[rasn(tag(explicit(0)))]
    pub nonce: UInt32,
    /// The user's name, if not by certificate.
    #[rasn(tag(explicit(1)))]
    pub cname: Option<PrincipalName>,
    /// The user's realm.
    #[rasn(tag(explicit(2)))]
    pub crealm: Realm,
    /// The user's certificate, DER.
    #[rasn(tag(explicit(3)))]
    pub subject_certificate: Option<OctetString>,
    /// Options.
    #[rasn(tag(explicit(4)))]
    pub options: Option<S4uOptions>,
}

super::der_value!(
    PaData => "PA-DATA",
    PaEncTsEnc => "PA-ENC-TS-ENC",
    EtypeInfo2 => "ETYPE-INFO2",
    EtypeInfo => "ETYPE-INFO",
    PaPacRequest => "KERB-PA-PAC-REQUEST",
    PaPacOptions => "PA-PAC-OPTIONS",
    KeyListReq => "KERB-KEY-LIST-REQ",
    KeyListRep => "KERB-KEY-LIST-REP",
    PaForUser => "PA-FOR-USER",
    PaS4uX509User => "PA-S4U-X509-USER",
    S4uUserId => "S4UUserID",
);
