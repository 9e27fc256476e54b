//! Tickets.

use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};
use rasn_kerberos::{HostAddress, TransitedEncoding};

use super::auth_data::AuthorizationData;
use super::flags::TicketFlags;
use super::integers::Pvno;
use super::key::{EncryptedData, EncryptionKey};
use super::name::PrincipalName;
use super::text::Realm;
use crate::KerberosTime;

/// A ticket (RFC 4120 section 5.3, \[APPLICATION 1\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 1)))]
pub struct Ticket {
    /// Version 5.
    #[rasn(tag(explicit(0)))]
    pub tkt_vno: Pvno,
    /// The realm that issued it, which is also that of the service.
    #[rasn(tag(explicit(1)))]
    pub realm: Realm,
    /// The service that it is for.
    #[rasn(tag(explicit(2)))]
    pub sname: PrincipalName,
    /// An [`EncTicketPart`] under the service's key, key usage 2.
    #[rasn(tag(explicit(3)))]
    pub enc_part: EncryptedData,
}

/// What a ticket says, readable for the service only (RFC 4120 section 5.3, \[APPLICATION 3\]).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
#[rasn(tag(explicit(application, 3)))]
pub struct EncTicketPart {
    /// Flags.
    #[rasn(tag(explicit(0)))]
    pub flags: TicketFlags,
    /// The session key.
    #[rasn(tag(explicit(1)))]
    pub key: EncryptionKey,
    /// The client's realm.
    #[rasn(tag(explicit(2)))]
    pub crealm: Realm,
    /// The client.
    #[rasn(tag(explicit(3)))]
    pub cname: PrincipalName,
    /// The realms between the client's and the service's.
    #[rasn(tag(explicit(4)))]
    pub transited: TransitedEncoding,
    /// When the client proved its identity.
    #[rasn(tag(explicit(5)))]
    pub authtime: KerberosTime,
    /// From when the ticket is valid; `authtime` where absent.
    #[rasn(tag(explicit(6)))]
    pub starttime: Option<KerberosTime>,
    /// Until when it is valid.
    #[rasn(tag(explicit(7)))]
    pub endtime: KerberosTime,
    /// Until when it can be renewed.
    #[rasn(tag(explicit(8)))]
    pub renew_till: Option<KerberosTime>,
    /// Addresses it may be used from; anywhere where absent.
    #[rasn(tag(explicit(9)))]
    pub caddr: Option<Vec<HostAddress>>,
    /// Authorization data, the PAC among them.
    #[rasn(tag(explicit(10)))]
    pub authorization_data: Option<AuthorizationData>,
}

impl EncTicketPart {
    /// The octets that the ticket signature of a PAC covers (MS-PAC section 2.8.3): the DER of this value with the PAC
    /// replaced by a single zero octet. Nothing when there is no PAC. For a ticket of somebody else, whose octets may
    /// differ from ours, take [`ticket_without_pac`](crate::pac::ticket_without_pac).
    #[must_use]
    pub fn ticket_signature_input(&self) -> Option<Vec<u8>> {
        crate::pac::ticket_without_pac(&self.encode()).ok()
    }

    /// The octets of the PAC, if there is one.
    #[must_use]
    pub fn pac(&self) -> Option<rasn::types::OctetString> {
        self.authorization_data.as_ref()?.pac()
    }

    /// From when the ticket is valid.
    #[must_use]
    pub fn valid_from(&self) -> KerberosTime {
        self.starttime.unwrap_or(self.authtime)
    }
}

super::der_value!(Ticket => "Ticket", EncTicketPart => "EncTicketPart");
