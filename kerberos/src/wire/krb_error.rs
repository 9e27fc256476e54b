//! KRB-ERROR and its data.

use rasn::types::OctetString;
use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};

use super::integers::{Microseconds, MsgType, Pvno};
use super::name::PrincipalName;
use super::text::{KerberosText, Realm};
use crate::codes::{ErrorCode, NtStatus};
use crate::{KerberosTime, Timestamp};

/// An error (RFC 4120 section 5.9.1, \[APPLICATION 30\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 30)))]
pub struct KrbError {
    /// Version 5.
    #[rasn(tag(explicit(0)))]
    pub pvno: Pvno,
    /// The message type.
    #[rasn(tag(explicit(1)))]
    pub msg_type: MsgType<30>,
    /// The client's time, where known.
    #[rasn(tag(explicit(2)))]
    pub ctime: Option<KerberosTime>,
    /// Microseconds of it.
    #[rasn(tag(explicit(3)))]
    pub cusec: Option<Microseconds>,
    /// The server's time.
    #[rasn(tag(explicit(4)))]
    pub stime: KerberosTime,
    /// Microseconds of it.
    #[rasn(tag(explicit(5)))]
    pub susec: Microseconds,
    /// What went wrong.
    #[rasn(tag(explicit(6)))]
    pub error_code: ErrorCode,
    /// The client's realm, or the right one with WRONG_REALM.
    #[rasn(tag(explicit(7)))]
    pub crealm: Option<Realm>,
    /// The client.
    #[rasn(tag(explicit(8)))]
    pub cname: Option<PrincipalName>,
    /// The service's realm.
    #[rasn(tag(explicit(9)))]
    pub realm: Realm,
    /// The service.
    #[rasn(tag(explicit(10)))]
    pub sname: PrincipalName,
    /// Text for people.
    #[rasn(tag(explicit(11)))]
    pub e_text: Option<KerberosText>,
    /// Data whose type follows from the code: METHOD-DATA, TYPED-DATA or KERB-ERROR-DATA.
    #[rasn(tag(explicit(12)))]
    pub e_data: Option<OctetString>,
}

impl KrbError {
    /// An error that names the service and nothing optional.
    #[must_use]
    pub fn new(error_code: ErrorCode, now: Timestamp, realm: impl Into<Realm>, sname: PrincipalName) -> Self {
        Self {
            pvno: Pvno,
            msg_type: MsgType,
            ctime: None,
            cusec: None,
            stime: now.kerberos_time(),
            susec: now.into(),
            error_code,
            crealm: None,
            cname: None,
            realm: realm.into(),
            sname,
            e_text: None,
            e_data: None,
        }
    }

    /// The status of Windows in the error data, if these are a KERB-ERROR-DATA that holds one.
    #[must_use]
    pub fn nt_status(&self) -> Option<NtStatus> {
        KerbErrorData::decode(self.e_data.as_ref()?)
            .ok()?
            .extended()
            .map(|(status, _)| status)
    }
}

/// Error data of Windows (MS-KILE section 2.2.2).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct KerbErrorData {
    /// [`KerbErrorData::SKEW_RECOVERY`] or [`KerbErrorData::EXTENDED`].
    #[rasn(tag(explicit(1)))]
    pub data_type: i32,
    /// The data.
    #[rasn(tag(explicit(2)))]
    pub data_value: Option<OctetString>,
}

impl KerbErrorData {
    /// KERB_AP_ERR_TYPE_SKEW_RECOVERY: the client may correct its clock.
    pub const SKEW_RECOVERY: i32 = 2;
    /// KERB_ERR_TYPE_EXTENDED: a KERB_EXT_ERROR of 12 octets.
    pub const EXTENDED: i32 = 3;

    /// A status, with the flags 1 in an answer to an AS-REQ and 3 in an answer to a TGS-REQ.
    #[must_use]
    pub fn from_status(status: NtStatus, flags: u32) -> Self {
        let [a, b, c, d] = status.number().to_le_bytes();
        let [e, f, g, h] = flags.to_le_bytes();
        let value = [a, b, c, d, 0, 0, 0, 0, e, f, g, h];
        Self {
            data_type: Self::EXTENDED,
            data_value: Some(OctetString::from(value)),
        }
    }

    /// The status and flags of a KERB_EXT_ERROR.
    #[must_use]
    pub fn extended(&self) -> Option<(NtStatus, u32)> {
        let octets: &[u8; 12] = self.data_value.as_deref()?.try_into().ok()?;
        let [a, b, c, d, _, _, _, _, e, f, g, h] = *octets;
        let extended = self.data_type == Self::EXTENDED;
        extended.then(|| {
            (
                NtStatus(u32::from_le_bytes([a, b, c, d])),
                u32::from_le_bytes([e, f, g, h]),
            )
        })
    }
}

/// Typed error data (RFC 4120 section 5.9.1).
#[derive(AsnType, Decode, Encode, Clone, Debug, Default, PartialEq, Eq)]
#[rasn(delegate)]
pub struct TypedData(pub Vec<TypedDataItem>);

/// One element of [`TypedData`].
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct TypedDataItem {
    /// The type.
    #[rasn(tag(explicit(0)))]
    pub data_type: i32,
    /// The data.
    #[rasn(tag(explicit(1)))]
    pub data_value: Option<OctetString>,
}

super::der_value!(KrbError => "KRB-ERROR", KerbErrorData => "KERB-ERROR-DATA", TypedData => "TYPED-DATA");
