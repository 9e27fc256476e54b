//! The messages of Kerberos 5 (RFC 4120), of FAST (RFC 6113) and of Microsoft's extensions (MS-KILE, MS-SFU, MS-KKDCP),
//! in DER both ways.
//!
//! Every message has `decode(&[u8])`, which wants exactly one value and says what was wrong otherwise, and `encode()`.
//! The types differ from a literal reading of the ASN.1 where other programs do: names are octets with a UTF-8 view,
//! key versions and nonces are accepted signed and unsigned, flags are always written as 32 bits, times are whole seconds.
//! Where a checksum covers octets of the sender (the body of a KDC request), these octets are kept.

mod ap;
mod auth_data;
mod cred;
mod error;
mod fast;
mod flags;
mod gss;
mod integers;
mod kdc;
mod kdc_rep;
mod key;
mod krb_error;
mod message;
mod methods;
mod name;
mod padata;
mod proxy;
mod session;
mod spnego;
mod text;
mod ticket;
mod time;

pub use ap::{ApRep, ApReq, Authenticator, EncApRepPart};
pub use auth_data::{AdKdcIssued, AuthorizationData, TokenRestrictions};
pub use cred::{EncKrbCredPart, KrbCred, KrbCredInfo};
pub use error::{DecodeError, Problem};
pub use fast::{
    AuthenticationSetElement, FastArmor, FastArmoredRep, FastArmoredReq, FastFinished, FastOptions, FastReq,
    FastResponse, PaFxFastReply, PaFxFastRequest,
};
pub use flags::{ApOptions, KdcOptions, PacOptions, S4uOptions, SupportedEnctypes, TicketFlags};
pub use gss::{ChecksumFlags, GssChecksum, GssToken, TokenId};
pub use integers::{Kvno, Microseconds, MsgType, Pvno, UInt32};
pub use kdc::{KdcReq, KdcReqBody, KdcReqKind};
pub use kdc_rep::{AsRep, EncKdcRepPart, LastReqEntry, TgsRep};
pub use key::{EncryptedData, EncryptionKey, OpenError, SessionKeyError};
pub use krb_error::{KerbErrorData, KrbError, TypedData, TypedDataItem};
pub use message::Message;
pub use methods::MethodData;
pub use name::{NameType, PrincipalName};
pub use padata::{
    EtypeInfo, EtypeInfo2, EtypeInfo2Entry, EtypeInfoEntry, KeyListRep, KeyListReq, PaData, PaEncTsEnc,
    PaForUser, PaPacOptions, PaPacRequest, PaS4uX509User, S4uUserId,
};
pub use proxy::{ChangePasswdData, KdcProxyMessage};
pub use rasn::types::OctetString;
pub use rasn_kerberos::{AuthorizationDataValue, Checksum, HostAddress, TransitedEncoding};
pub use session::{EncKrbPrivPart, KrbPriv, KrbSafe, KrbSafeBody};
pub use spnego::{Mechanism, NegotiationState, NegotiationToken};
pub use text::{KerberosText, Realm};
pub use ticket::{EncTicketPart, Ticket};

/// Gives a type `decode`, which wants exactly one value, and `encode`.
macro_rules! der_value {
    ($($type:ty => $name:literal),+ $(,)?) => {$(
        impl $type {
            #[doc = concat!("Reads one ", $name, " and nothing else.")]
            ///
            /// # Errors
            ///
            /// The octets are not this value: the error says which field, what was expected and where.
            pub fn decode(octets: &[u8]) -> Result<Self, $crate::wire::DecodeError> {
                $crate::wire::error::decode_der::<Self>(octets, $name)
            }

            #[doc = concat!("The DER of this ", $name, ".")]
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                $crate::wire::error::encode_der(self)
            }
        }
    )+};
}
pub(crate) use der_value;

#[cfg(test)]
mod tests;
