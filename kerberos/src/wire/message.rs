//! Any message, told by its application tag.

use super::error::{DecodeError, Problem};
use super::{
    ApRep, ApReq, AsRep, Authenticator, EncApRepPart, EncKdcRepPart, EncKrbCredPart, EncKrbPrivPart,
    EncTicketPart, KdcReq, KrbCred, KrbError, KrbPriv, KrbSafe, TgsRep, Ticket,
};
use crate::codes::MessageType;

/// A message or an encrypted part of one, in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// AS-REQ or TGS-REQ.
    KdcReq(Box<KdcReq>),
    /// AS-REP.
    AsRep(Box<AsRep>),
    /// TGS-REP.
    TgsRep(Box<TgsRep>),
    /// AP-REQ.
    ApReq(Box<ApReq>),
    /// AP-REP.
    ApRep(Box<ApRep>),
    /// KRB-SAFE.
    Safe(Box<KrbSafe>),
    /// KRB-PRIV.
    Priv(Box<KrbPriv>),
    /// KRB-CRED.
    Cred(Box<KrbCred>),
    /// KRB-ERROR.
    Error(Box<KrbError>),
    /// A ticket.
    Ticket(Box<Ticket>),
    /// The encrypted part of a ticket, decrypted.
    EncTicketPart(Box<EncTicketPart>),
    /// An authenticator, decrypted.
    Authenticator(Box<Authenticator>),
    /// The encrypted part of a KDC's reply, decrypted.
    EncKdcRepPart(Box<EncKdcRepPart>),
    /// The encrypted part of an AP-REP, decrypted.
    EncApRepPart(Box<EncApRepPart>),
    /// The encrypted part of a KRB-PRIV, decrypted.
    EncKrbPrivPart(Box<EncKrbPrivPart>),
    /// The encrypted part of a KRB-CRED, decrypted.
    EncKrbCredPart(Box<EncKrbCredPart>),
}

impl Message {
    /// What the first octet says the message is: nothing if it is no application tag of Kerberos.
    #[must_use]
    pub fn peek(octets: &[u8]) -> Option<MessageType> {
        const CLASS_AND_FORM: u8 = 0b1110_0000;
        const CONSTRUCTED_APPLICATION: u8 = 0b0110_0000;
        let first = *octets.first()?;
        let kind = MessageType(i32::from(first & !CLASS_AND_FORM));
        (first & CLASS_AND_FORM == CONSTRUCTED_APPLICATION && kind.name().is_some()).then_some(kind)
    }

    /// Reads whatever message this is, and nothing else.
    ///
    /// # Errors
    ///
    /// The octets begin with no known tag, or are not the message that the tag announces.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        let Some(&first) = octets.first() else {
            return Err(DecodeError::whole("Kerberos message", 0, Problem::Empty));
        };
        let unknown = || {
            let found = format!("identifier octet 0x{first:02x}");
            let expected = "an application tag of Kerberos (0x61 to 0x7e)".to_owned();
            DecodeError::whole("Kerberos message", 0, Problem::Tag { expected, found })
        };
        Ok(match Self::peek(octets).ok_or_else(unknown)? {
            MessageType::AS_REQ | MessageType::TGS_REQ => Self::KdcReq(Box::new(KdcReq::decode(octets)?)),
            MessageType::AS_REP => Self::AsRep(Box::new(AsRep::decode(octets)?)),
            MessageType::TGS_REP => Self::TgsRep(Box::new(TgsRep::decode(octets)?)),
            MessageType::AP_REQ => Self::ApReq(Box::new(ApReq::decode(octets)?)),
            MessageType::AP_REP => Self::ApRep(Box::new(ApRep::decode(octets)?)),
            MessageType::SAFE => Self::Safe(Box::new(KrbSafe::decode(octets)?)),
            MessageType::PRIV => Self::Priv(Box::new(KrbPriv::decode(octets)?)),
            MessageType::CRED => Self::Cred(Box::new(KrbCred::decode(octets)?)),
            MessageType::ERROR => Self::Error(Box::new(KrbError::decode(octets)?)),
            MessageType::TICKET => Self::Ticket(Box::new(Ticket::decode(octets)?)),
            MessageType::ENC_TICKET_PART => Self::EncTicketPart(Box::new(EncTicketPart::decode(octets)?)),
            MessageType::AUTHENTICATOR => Self::Authenticator(Box::new(Authenticator::decode(octets)?)),
            MessageType::ENC_AS_REP_PART | MessageType::ENC_TGS_REP_PART => {
                Self::EncKdcRepPart(Box::new(EncKdcRepPart::decode(octets)?))
            }
            MessageType::ENC_AP_REP_PART => Self::EncApRepPart(Box::new(EncApRepPart::decode(octets)?)),
            MessageType::ENC_KRB_PRIV_PART => Self::EncKrbPrivPart(Box::new(EncKrbPrivPart::decode(octets)?)),
            MessageType::ENC_KRB_CRED_PART => Self::EncKrbCredPart(Box::new(EncKrbCredPart::decode(octets)?)),
            _ => return Err(unknown()),
        })
    }
}
