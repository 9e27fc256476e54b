//! KRB-CRED: tickets with their session keys.

use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};
use rasn_kerberos::HostAddress;

use super::flags::TicketFlags;
use super::integers::{Microseconds, MsgType, Pvno, UInt32};
use super::key::{EncryptedData, EncryptionKey};
use super::name::PrincipalName;
use super::text::Realm;
use super::ticket::Ticket;
use crate::KerberosTime;

/// Tickets to be handed on (RFC 4120 section 5.8.1, \[APPLICATION 22\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 22)))]
pub struct KrbCred {
    /// Version 5.
    #[rasn(tag(explicit(0)))]
    pub pvno: Pvno,
    /// The message type.
    #[rasn(tag(explicit(1)))]
    pub msg_type: MsgType<22>,
    /// The tickets.
    #[rasn(tag(explicit(2)))]
    pub tickets: Vec<Ticket>,
    /// An [`EncKrbCredPart`], key usage 14, or in clear with encryption type 0.
    #[rasn(tag(explicit(3)))]
    pub enc_part: EncryptedData,
}

impl KrbCred {
    /// Credentials with the two constants.
    #[must_use]
    pub const fn new(tickets: Vec<Ticket>, enc_part: EncryptedData) -> Self {
        Self {
            pvno: Pvno,
            msg_type: MsgType,
            tickets,
            enc_part,
        }
    }
}

/// What belongs to the tickets of a KRB-CRED (RFC 4120 section 5.8.1, \[APPLICATION 29\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 29)))]
pub struct EncKrbCredPart {
    /// One entry for each ticket, in the same order.
    #[rasn(tag(explicit(0)))]
    pub ticket_info: Vec<KrbCredInfo>,
    /// A nonce.
    #[rasn(tag(explicit(1)))]
    pub nonce: Option<UInt32>,
    /// When it was sent.
    #[rasn(tag(explicit(2)))]
    pub timestamp: Option<KerberosTime>,
    /// Microseconds of it.
    #[rasn(tag(explicit(3)))]
    pub usec: Option<Microseconds>,
    /// Sender.
    #[rasn(tag(explicit(4)))]
    pub s_address: Option<HostAddress>,
    /// Recipient.
    #[rasn(tag(explicit(5)))]
    pub r_address: Option<HostAddress>,
}

/// The session key of a ticket and what the client knows about it (RFC 4120 section 5.8.1).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct KrbCredInfo {
    /// The session key.
    #[rasn(tag(explicit(0)))]
    pub key: EncryptionKey,
    /// The client's realm.
    #[rasn(tag(explicit(1)))]
    pub prealm: Option<Realm>,
    /// The client.
    #[rasn(tag(explicit(2)))]
    pub pname: Option<PrincipalName>,
    /// Flags.
    #[rasn(tag(explicit(3)))]
    pub flags: Option<TicketFlags>,
    /// When the client proved its identity.
    #[rasn(tag(explicit(4)))]
    pub authtime: Option<KerberosTime>,
    /// From when the ticket is valid.
    #[rasn(tag(explicit(5)))]
    pub starttime: Option<KerberosTime>,
    /// Until when it is valid.
    #[rasn(tag(explicit(6)))]
    pub endtime: Option<KerberosTime>,
    /// Until when it can be renewed.
    #[rasn(tag(explicit(7)))]
    pub renew_till: Option<KerberosTime>,
    /// The service's realm.
    #[rasn(tag(explicit(8)))]
    pub srealm: Option<Realm>,
    /// The service.
    #[rasn(tag(explicit(9)))]
    pub sname: Option<PrincipalName>,
    /// Addresses of the client.
    #[rasn(tag(explicit(10)))]
    pub caddr: Option<Vec<HostAddress>>,
}

impl KrbCredInfo {
    /// An entry that says nothing but the key.
    #[must_use]
    pub const fn new(key: EncryptionKey) -> Self {
        Self {
            key,
            prealm: None,
            pname: None,
            flags: None,
            authtime: None,
            starttime: None,
            endtime: None,
            renew_till: None,
            srealm: None,
            sname: None,
            caddr: None,
        }
    }
}

super::der_value!(KrbCred => "KRB-CRED", EncKrbCredPart => "EncKrbCredPart", KrbCredInfo => "KrbCredInfo");
