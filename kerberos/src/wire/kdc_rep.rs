//! Replies of a KDC: AS-REP and TGS-REP.

use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};
use rasn_kerberos::HostAddress;

use super::error::{DecodeError, decode_der, encode_der};
use super::flags::TicketFlags;
use super::integers::{MsgType, Pvno, UInt32};
use super::key::{EncryptedData, EncryptionKey};
use super::methods::MethodData;
use super::name::PrincipalName;
use super::text::Realm;
use super::ticket::Ticket;
use crate::KerberosTime;

macro_rules! kdc_rep {
    ($type:ident, $number:literal, $name:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
        #[rasn(tag(explicit(application, $number)))]
        pub struct $type {
            /// Version 5.
            #[rasn(tag(explicit(0)))]
            pub pvno: Pvno,
            /// The message type.
            #[rasn(tag(explicit(1)))]
            pub msg_type: MsgType<$number>,
            /// Pre-authentication data.
            #[rasn(tag(explicit(2)))]
            pub padata: Option<MethodData>,
            /// The client's realm.
            #[rasn(tag(explicit(3)))]
            pub crealm: Realm,
            /// The client, by the name that the KDC knows it under.
            #[rasn(tag(explicit(4)))]
            pub cname: PrincipalName,
            /// The ticket.
            #[rasn(tag(explicit(5)))]
            pub ticket: Ticket,
            /// An [`EncKdcRepPart`], encrypted.
            #[rasn(tag(explicit(6)))]
            pub enc_part: EncryptedData,
        }

        super::der_value!($type => $name);
    };
}
kdc_rep!(
    AsRep,
    11,
    "AS-REP",
    "The answer to an AS-REQ (RFC 4120 section 5.4.2): `enc_part` under the client's key, key usage 3."
);
kdc_rep!(
    TgsRep,
    13,
    "TGS-REP",
    "The answer to a TGS-REQ (RFC 4120 section 5.4.2): `enc_part` under the session key of the TGT with key usage 8, or under the subkey of the authenticator with key usage 9."
);

/// What a reply tells the client (RFC 4120 section 5.4.2, RFC 6806 section 11).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct EncKdcRepPart {
    /// The session key.
    #[rasn(tag(explicit(0)))]
    pub key: EncryptionKey,
    /// Times of earlier requests.
    #[rasn(tag(explicit(1)))]
    pub last_req: Vec<LastReqEntry>,
    /// The nonce of the request.
    #[rasn(tag(explicit(2)))]
    pub nonce: UInt32,
    /// When the client's key expires.
    #[rasn(tag(explicit(3)))]
    pub key_expiration: Option<KerberosTime>,
    /// Flags of the ticket.
    #[rasn(tag(explicit(4)))]
    pub flags: TicketFlags,
    /// When the client proved its identity.
    #[rasn(tag(explicit(5)))]
    pub authtime: KerberosTime,
    /// From when the ticket is valid. Some clients fail where it is absent.
    #[rasn(tag(explicit(6)))]
    pub starttime: Option<KerberosTime>,
    /// Until when it is valid.
    #[rasn(tag(explicit(7)))]
    pub endtime: KerberosTime,
    /// Until when it can be renewed.
    #[rasn(tag(explicit(8)))]
    pub renew_till: Option<KerberosTime>,
    /// The service's realm.
    #[rasn(tag(explicit(9)))]
    pub srealm: Realm,
    /// The service.
    #[rasn(tag(explicit(10)))]
    pub sname: PrincipalName,
    /// Addresses of the client.
    #[rasn(tag(explicit(11)))]
    pub caddr: Option<Vec<HostAddress>>,
    /// Pre-authentication data that nobody else may see, the key list among them.
    #[rasn(tag(explicit(12)))]
    pub encrypted_pa_data: Option<MethodData>,
}

/// The last request of one kind (RFC 4120 section 5.4.2).
#[derive(AsnType, Decode, Encode, Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastReqEntry {
    /// The kind, 0 for none.
    #[rasn(tag(explicit(0)))]
    pub lr_type: i32,
    /// When it was.
    #[rasn(tag(explicit(1)))]
    pub lr_value: KerberosTime,
}

#[derive(AsnType, Decode, Encode)]
#[rasn(delegate, tag(explicit(application, 25)))]
struct EncAsRepPart(EncKdcRepPart);

#[derive(AsnType, Decode, Encode)]
#[rasn(delegate, tag(explicit(application, 26)))]
struct EncTgsRepPart(EncKdcRepPart);

impl EncKdcRepPart {
    /// Reads it with either tag: some KDCs use that of a TGS-REP in an AS-REP.
    ///
    /// # Errors
    ///
    /// The octets are neither an EncASRepPart nor an EncTGSRepPart.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        const ENC_TGS_REP_PART: u8 = 0x60 | 26;
        if octets.first() == Some(&ENC_TGS_REP_PART) {
            return decode_der::<EncTgsRepPart>(octets, "EncTGSRepPart").map(|part| part.0);
        }
        decode_der::<EncAsRepPart>(octets, "EncASRepPart").map(|part| part.0)
    }

    /// The DER as an EncASRepPart, \[APPLICATION 25\].
    #[must_use]
    pub fn encode_as_rep(self) -> Vec<u8> {
        encode_der(&EncAsRepPart(self))
    }

    /// The DER as an EncTGSRepPart, \[APPLICATION 26\].
    #[must_use]
    pub fn encode_tgs_rep(self) -> Vec<u8> {
        encode_der(&EncTgsRepPart(self))
    }
}
