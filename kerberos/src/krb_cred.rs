//! KRB-CRED as a file (`.kirbi`): tickets with their session keys in clear, encryption type 0.
//!
//! Its [`Credential`]s are those of a [credential cache](crate::ccache), so that one converts to the other.

use crate::KerberosTime;
use crate::ccache::{Credential, Principal, TypedOctets};
use crate::wire::{
    DecodeError, EncKrbCredPart, EncryptedData, HostAddress, KrbCred, KrbCredInfo, OctetString, Ticket,
    TicketFlags,
};

/// Why octets are no KRB-CRED in clear, or credentials cannot become one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KrbCredError {
    /// The message or its inner part is malformed.
    #[error(transparent)]
    Malformed(DecodeError),
    /// The inner part is encrypted: it was made for a service, not for a file.
    #[error("the KRB-CRED is encrypted with encryption type {etype}: expected 0, in clear")]
    Encrypted {
        /// The encryption type.
        etype: i32,
    },
    /// There is not one entry of information for each ticket.
    #[error("the KRB-CRED has {tickets} tickets, but describes {described}")]
    Count {
        /// How many tickets there are.
        tickets: usize,
        /// How many are described.
        described: usize,
    },
    /// A field is absent that a client needs.
    #[error("the KRB-CRED does not say {field} of ticket {index}")]
    Missing {
        /// Which ticket, from 0.
        index: usize,
        /// The field by its name in the ASN.1.
        field: &'static str,
    },
    /// A credential to write has no ticket: an entry of a cache that is a setting, perhaps.
    #[error("credential {index} has no ticket: {cause}")]
    NoTicket {
        /// Which credential, from 0.
        index: usize,
        /// What its octets are instead.
        cause: DecodeError,
    },
}

/// Reads the credentials of a KRB-CRED in clear, in its order.
///
/// A realm or name of the service that is left out is the ticket's own; a start time left out is that of
/// authentication, and other times left out are the epoch.
///
/// # Errors
///
/// The octets are no KRB-CRED, or an encrypted one, or lack what a client needs.
pub fn read(octets: &[u8]) -> Result<Vec<Credential>, KrbCredError> {
    let message = KrbCred::decode(octets).map_err(KrbCredError::Malformed)?;
    if message.enc_part.etype != 0 {
        return Err(KrbCredError::Encrypted {
            etype: message.enc_part.etype,
        });
    }
    let part = EncKrbCredPart::decode(&message.enc_part.cipher).map_err(KrbCredError::Malformed)?;
    let (tickets, described) = (message.tickets.len(), part.ticket_info.len());
    if tickets != described {
        return Err(KrbCredError::Count { tickets, described });
    }
    let pairs = message.tickets.into_iter().zip(part.ticket_info);
    pairs
        .enumerate()
        .map(|(index, (ticket, info))| credential(index, &ticket, info))
        .collect()
}

/// Writes credentials as a KRB-CRED in clear. What it has no field for is left out: a second ticket, authorization
/// data, and times that are the epoch.
///
/// # Errors
///
/// The ticket of a credential is not the DER of a ticket.
pub fn write(credentials: &[Credential]) -> Result<Vec<u8>, KrbCredError> {
    let tickets = credentials
        .iter()
        .enumerate()
        .map(|(index, c)| Ticket::decode(&c.ticket).map_err(|cause| KrbCredError::NoTicket { index, cause }))
        .collect::<Result<Vec<_>, _>>()?;
    let part = EncKrbCredPart {
        ticket_info: credentials.iter().map(info).collect(),
        nonce: None,
        timestamp: None,
        usec: None,
        s_address: None,
        r_address: None,
    };
    Ok(KrbCred::new(tickets, EncryptedData::clear(part.encode())).encode())
}

fn credential(index: usize, ticket: &Ticket, info: KrbCredInfo) -> Result<Credential, KrbCredError> {
    let missing = |field| KrbCredError::Missing { index, field };
    let auth_time = info.authtime.unwrap_or(KerberosTime::UNIX_EPOCH);
    Ok(Credential {
        client: Principal {
            realm: info.prealm.ok_or_else(|| missing("prealm"))?,
            name: info.pname.ok_or_else(|| missing("pname"))?,
        },
        server: Principal {
            realm: info.srealm.unwrap_or_else(|| ticket.realm.clone()),
            name: info.sname.unwrap_or_else(|| ticket.sname.clone()),
        },
        key: info.key,
        auth_time,
        start_time: info.starttime.unwrap_or(auth_time),
        end_time: info.endtime.unwrap_or(KerberosTime::UNIX_EPOCH),
        renew_till: info.renew_till.unwrap_or(KerberosTime::UNIX_EPOCH),
        is_session_key: false,
        flags: info.flags.unwrap_or(TicketFlags::empty()),
        addresses: info.caddr.unwrap_or_default().into_iter().map(address).collect(),
        authorization_data: Vec::new(),
        ticket: ticket.encode(),
        second_ticket: Vec::new(),
    })
}

fn info(credential: &Credential) -> KrbCredInfo {
    let known = |time: KerberosTime| (time != KerberosTime::UNIX_EPOCH).then_some(time);
    let addresses = || {
        let host = |one: &TypedOctets| HostAddress {
            addr_type: one.kind,
            address: OctetString::from(one.octets.clone()),
        };
        credential.addresses.iter().map(host).collect()
    };
    KrbCredInfo {
        prealm: Some(credential.client.realm.clone()),
        pname: Some(credential.client.name.clone()),
        flags: Some(credential.flags),
        authtime: known(credential.auth_time),
        starttime: Some(credential.start_time),
        endtime: known(credential.end_time),
        renew_till: known(credential.renew_till),
        srealm: Some(credential.server.realm.clone()),
        sname: Some(credential.server.name.clone()),
        caddr: (!credential.addresses.is_empty()).then(addresses),
        ..KrbCredInfo::new(credential.key.clone())
    }
}

fn address(host: HostAddress) -> TypedOctets {
    TypedOctets {
        kind: host.addr_type,
        octets: host.address.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::wire::{EncryptionKey, Kvno, NameType, PrincipalName, Pvno};

    fn ticket(kvno: u32, cipher: &[u8]) -> Ticket {
        Ticket {
            tkt_vno: Pvno,
            realm: "CORP.EXAMPLE".into(),
            sname: PrincipalName::krbtgt("CORP.EXAMPLE"),
            enc_part: EncryptedData {
                etype: 18,
                kvno: Some(Kvno(kvno)),
                cipher: OctetString::from(cipher.to_vec()),
            },
        }
    }

    fn alice() -> Credential {
        Credential {
            client: Principal {
                realm: "CORP.EXAMPLE".into(),
                name: PrincipalName::principal("alice"),
            },
            server: Principal {
                realm: "CORP.EXAMPLE".into(),
                name: PrincipalName::krbtgt("CORP.EXAMPLE"),
            },
            key: EncryptionKey::new(18, &[7; 32]),
            auth_time: KerberosTime::from_unix_seconds(1_795_420_800),
            start_time: KerberosTime::from_unix_seconds(1_795_420_801),
            end_time: KerberosTime::from_unix_seconds(1_795_456_800),
            renew_till: KerberosTime::UNIX_EPOCH,
            is_session_key: false,
            flags: TicketFlags::FORWARDABLE,
            addresses: vec![TypedOctets {
                kind: 2,
                octets: vec![192, 0, 2, 1],
            }],
            authorization_data: Vec::new(),
            ticket: ticket(0xb651_0001, b"sealed").encode(),
            second_ticket: Vec::new(),
        }
    }

    fn parts(credentials: &[Credential]) -> (KrbCred, EncKrbCredPart) {
        let message = KrbCred::decode(&write(credentials).unwrap()).unwrap();
        let part = EncKrbCredPart::decode(&message.enc_part.cipher).unwrap();
        (message, part)
    }

    #[test]
    fn a_file_is_a_message_in_clear() {
        let (message, part) = parts(&[alice()]);
        assert_eq!((message.enc_part.etype, message.enc_part.kvno), (0, None));
        assert_eq!(part.ticket_info[0].renew_till, None);
        assert_eq!(write(&[alice()]).unwrap()[0], 0x76);
    }

    #[test]
    fn what_is_left_out_has_a_default_or_is_refused() {
        let (mut message, mut part) = parts(&[alice()]);
        let mut read_with = |change: &dyn Fn(&mut KrbCredInfo)| {
            change(&mut part.ticket_info[0]);
            message.enc_part = EncryptedData::clear(part.encode());
            read(&message.encode())
        };
        let mut expected = alice();
        expected.start_time = expected.auth_time;
        let lean = |info: &mut KrbCredInfo| (info.starttime, info.srealm, info.sname) = (None, None, None);
        assert_eq!(read_with(&lean), Ok(vec![expected]));
        let refused = read_with(&|info| info.pname = None);
        assert_eq!(
            refused,
            Err(KrbCredError::Missing {
                index: 0,
                field: "pname"
            })
        );
    }

    #[test]
    fn an_encrypted_or_unequal_message_is_refused() {
        let (mut message, _) = parts(&[alice()]);
        message.tickets.push(ticket(1, b"another"));
        assert_eq!(
            read(&message.encode()),
            Err(KrbCredError::Count {
                tickets: 2,
                described: 1
            })
        );
        message.enc_part.etype = 18;
        assert_eq!(
            read(&message.encode()),
            Err(KrbCredError::Encrypted { etype: 18 })
        );
    }

    #[test]
    fn only_tickets_are_written() {
        let setting = Credential {
            ticket: b"yes".to_vec(),
            ..alice()
        };
        assert!(matches!(
            write(&[alice(), setting]),
            Err(KrbCredError::NoTicket { index: 1, .. })
        ));
    }

    fn credentials() -> impl Strategy<Value = Credential> {
        let times =
            any::<[u32; 4]>().prop_map(|times| times.map(|t| KerberosTime::from_unix_seconds(t.into())));
        let key = (any::<i32>(), vec(any::<u8>(), 0..40))
            .prop_map(|(etype, octets)| EncryptionKey::new(etype, &octets));
        let name = (any::<i32>(), vec(".{0,9}", 0..4))
            .prop_map(|(kind, parts)| PrincipalName::new(NameType(kind), parts));
        let addresses = vec((any::<i32>(), vec(any::<u8>(), 0..9)), 0..3);
        let sealed = (any::<u32>(), vec(any::<u8>(), 0..40));
        (times, key, ".{0,9}", name, addresses, any::<u32>(), sealed).prop_map(
            |(
                [auth_time, start_time, end_time, renew_till],
                key,
                realm,
                name,
                addresses,
                flags,
                (kvno, cipher),
            )| Credential {
                client: Principal {
                    realm: realm.into(),
                    name,
                },
                key,
                auth_time,
                start_time,
                end_time,
                renew_till,
                flags: TicketFlags::from_bits_retain(flags),
                addresses: addresses
                    .into_iter()
                    .map(|(kind, octets)| TypedOctets { kind, octets })
                    .collect(),
                ticket: ticket(kvno, &cipher).encode(),
                ..alice()
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(credentials in vec(credentials(), 0..4)) {
            prop_assert_eq!(read(&write(&credentials).unwrap()), Ok(credentials));
        }

        #[test]
        fn arbitrary_octets_never_panic(octets in vec(any::<u8>(), 0..100), at: prop::sample::Index, mask in 1u8..) {
            let _ = read(&octets);
            let mut file = write(&[alice()]).unwrap();
            *at.get_mut(&mut file) ^= mask;
            let _ = read(&file);
            prop_assert!(read(&file[..at.index(file.len())]).is_err());
        }
    }
}
