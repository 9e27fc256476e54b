//! The privilege attribute certificate, MS-PAC.
//!
//! [`Pac`] reads a PAC in place: it indexes the buffers and decodes one only when asked. [`PacBuilder`] writes one
//! into a single vector and signs it there. Signing and verifying follow MS-PAC section 2.8 exactly:
//!
//! 1. the ticket signature is over the encoded `EncTicketPart` in which the PAC is one zero octet
//!    ([`ticket_without_pac`] makes it, [`replace_pac`] undoes it);
//! 2. the full signature is over the PAC in which the values of the server, KDC and full signatures, and the
//!    RODC identifiers behind the latter two, are zero;
//! 3. the server signature is over the PAC in which those of server and KDC are zero;
//! 4. the KDC signature is over the value of the server signature.
//!
//! The RODC identifier, two octets behind the signatures made with the key of a read-only DC, is what names that
//! key. The one behind the KDC signature is covered by no signature, so [`Pac::verify`] compares it.

mod buffers;
mod builder;
mod logon_info;
mod ndr;
mod signature;
#[cfg(test)]
mod tests;
mod ticket;

use std::fmt;
use std::ops::Range;

use thiserror::Error;

pub use buffers::{
    AttributesFlags, AttributesInfo, BufferError, ClientInfo, CredentialInfo, S4uDelegationInfo, UpnDnsFlags,
    UpnDnsInfo,
};
pub use builder::PacBuilder;
pub use logon_info::{
    FileTime, GroupMembership, LogonInfo, SE_GROUP_DEFAULT, SE_GROUP_RESOURCE, SidAndAttributes, UserFlags,
};
pub use ndr::{NdrError, RpcString};
pub use signature::{KeyRole, PacKeys, PacSignature, SignatureError, SignatureKind, SignatureSet};
pub use ticket::{TicketError, pac_of_ticket, replace_pac, ticket_without_pac};

use crate::sid::Sid;

/// A PAC, read in place.
#[derive(Clone, Debug)]
pub struct Pac<'a> {
    octets: &'a [u8],
    buffers: Vec<(PacType, Range<usize>)>,
}

impl<'a> Pac<'a> {
    /// Indexes the buffers of a PAC (MS-PAC section 2.3). Their contents are not looked at; types that are not
    /// known here are kept, in order.
    ///
    /// # Errors
    /// [`ContainerError`] when the header or a buffer lies outside the octets, an offset is no multiple of eight,
    /// the version is not 0, or a known type is there twice.
    pub fn parse(octets: &'a [u8]) -> Result<Self, ContainerError> {
        let short = |needed| ContainerError::Short {
            needed,
            came: octets.len(),
        };
        let (head, rest) = octets
            .split_first_chunk::<HEADER_LENGTH>()
            .ok_or_else(|| short(HEADER_LENGTH))?;
        let &[a, b, c, d, version @ ..] = head;
        let count = u32::from_le_bytes([a, b, c, d]) as usize;
        match u32::from_le_bytes(version) {
            0 => {}
            came => return Err(ContainerError::Version { came }),
        }
        let index_length = count.saturating_mul(ENTRY_LENGTH);
        let index = rest
            .get(..index_length)
            .ok_or_else(|| short(index_length.saturating_add(HEADER_LENGTH)))?;
        let mut buffers: Vec<(PacType, Range<usize>)> = Vec::with_capacity(count);
        for entry in index.as_chunks::<ENTRY_LENGTH>().0 {
            let (kind, range) = parse_entry(entry, HEADER_LENGTH + index_length, octets.len())?;
            if kind.name().is_some() && buffers.iter().any(|(other, _)| *other == kind) {
                return Err(ContainerError::Duplicate { buffer: kind });
            }
            buffers.push((kind, range));
        }
        Ok(Self { octets, buffers })
    }

    /// The octets it was read from.
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// Every buffer with its type, in the order of the PAC.
    pub fn buffers(&self) -> impl ExactSizeIterator<Item = (PacType, &'a [u8])> + '_ {
        self.buffers
            .iter()
            .map(|(kind, range)| (*kind, self.slice(range)))
    }

    /// The contents of the first buffer of a type.
    pub fn buffer(&self, kind: PacType) -> Option<&'a [u8]> {
        self.range(kind).map(|range| self.slice(range))
    }

    /// LOGON_INFO; `None` when there is no such buffer.
    ///
    /// # Errors
    /// [`PacError::Buffer`] when it is malformed.
    pub fn logon_info(&self) -> Result<Option<LogonInfo>, PacError> {
        self.decode(PacType::LOGON_INFO, |octets| Ok(LogonInfo::decode(octets)?))
    }

    /// CREDENTIAL_INFO; `None` when there is no such buffer.
    ///
    /// # Errors
    /// [`PacError::Buffer`] when it is malformed.
    pub fn credential_info(&self) -> Result<Option<CredentialInfo>, PacError> {
        self.decode(PacType::CREDENTIAL_INFO, CredentialInfo::decode)
    }

    /// CLIENT_INFO; `None` when there is no such buffer.
    ///
    /// # Errors
    /// [`PacError::Buffer`] when it is malformed.
    pub fn client_info(&self) -> Result<Option<ClientInfo>, PacError> {
        self.decode(PacType::CLIENT_INFO, ClientInfo::decode)
    }

    /// S4U_DELEGATION_INFO; `None` when there is no such buffer.
    ///
    /// # Errors
    /// [`PacError::Buffer`] when it is malformed.
    pub fn delegation_info(&self) -> Result<Option<S4uDelegationInfo>, PacError> {
        self.decode(PacType::DELEGATION_INFO, |octets| {
            Ok(S4uDelegationInfo::decode(octets)?)
        })
    }

    /// UPN_DNS_INFO; `None` when there is no such buffer.
    ///
    /// # Errors
    /// [`PacError::Buffer`] when it is malformed.
    pub fn upn_dns_info(&self) -> Result<Option<UpnDnsInfo>, PacError> {
        self.decode(PacType::UPN_DNS_INFO, UpnDnsInfo::decode)
    }

    /// ATTRIBUTES_INFO; `None` when there is no such buffer.
    ///
    /// # Errors
    /// [`PacError::Buffer`] when it is malformed.
    pub fn attributes_info(&self) -> Result<Option<AttributesInfo>, PacError> {
        self.decode(PacType::ATTRIBUTES_INFO, AttributesInfo::decode)
    }

    /// REQUESTOR: the SID of the account that asked for the TGT; `None` when there is no such buffer.
    ///
    /// # Errors
    /// [`PacError::Buffer`] when it is malformed.
    pub fn requestor(&self) -> Result<Option<Sid>, PacError> {
        self.decode(PacType::REQUESTOR, |octets| Ok(Sid::from_bytes(octets)?))
    }

    fn decode<T>(
        &self,
        buffer: PacType,
        decode: impl FnOnce(&[u8]) -> Result<T, BufferError>,
    ) -> Result<Option<T>, PacError> {
        let decoded = self.buffer(buffer).map(decode).transpose();
        decoded.map_err(|source| PacError::Buffer { buffer, source })
    }

    fn range(&self, kind: PacType) -> Option<&Range<usize>> {
        self.buffers
            .iter()
            .find(|(other, _)| *other == kind)
            .map(|(_, range)| range)
    }

    fn slice(&self, range: &Range<usize>) -> &'a [u8] {
        self.octets.get(range.clone()).unwrap_or_default()
    }
}

/// `ulType` of `PAC_INFO_BUFFER` (MS-PAC section 2.4).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacType(pub u32);

impl PacType {
    /// Who the user is: [`LogonInfo`].
    pub const LOGON_INFO: Self = Self(0x01);
    /// Encrypted credentials after PKINIT: [`CredentialInfo`].
    pub const CREDENTIAL_INFO: Self = Self(0x02);
    /// Signature with the key of the ticket's service.
    pub const SERVER_CHECKSUM: Self = Self(0x06);
    /// Signature with the key of the KDC.
    pub const KDC_CHECKSUM: Self = Self(0x07);
    /// Name and time of the ticket: [`ClientInfo`].
    pub const CLIENT_INFO: Self = Self(0x0a);
    /// Delegation path: [`S4uDelegationInfo`].
    pub const DELEGATION_INFO: Self = Self(0x0b);
    /// Names of the user: [`UpnDnsInfo`].
    pub const UPN_DNS_INFO: Self = Self(0x0c);
    /// Claims of the user; kept as octets.
    pub const CLIENT_CLAIMS: Self = Self(0x0d);
    /// The device of a compound identity; kept as octets.
    pub const DEVICE_INFO: Self = Self(0x0e);
    /// Claims of the device; kept as octets.
    pub const DEVICE_CLAIMS: Self = Self(0x0f);
    /// Signature over the ticket; service tickets only.
    pub const TICKET_CHECKSUM: Self = Self(0x10);
    /// Whether a PAC was asked for: [`AttributesInfo`].
    pub const ATTRIBUTES_INFO: Self = Self(0x11);
    /// SID of the account that asked for the TGT.
    pub const REQUESTOR: Self = Self(0x12);
    /// Signature with the key of the KDC over the whole PAC; service tickets only.
    pub const FULL_CHECKSUM: Self = Self(0x13);

    /// The name of the type; `None` for one that is not known here.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::LOGON_INFO => "LOGON_INFO",
            Self::CREDENTIAL_INFO => "CREDENTIAL_INFO",
            Self::SERVER_CHECKSUM => "SERVER_CHECKSUM",
            Self::KDC_CHECKSUM => "KDC_CHECKSUM",
            Self::CLIENT_INFO => "CLIENT_INFO",
            Self::DELEGATION_INFO => "S4U_DELEGATION_INFO",
            Self::UPN_DNS_INFO => "UPN_DNS_INFO",
            Self::CLIENT_CLAIMS => "CLIENT_CLAIMS_INFO",
            Self::DEVICE_INFO => "DEVICE_INFO",
            Self::DEVICE_CLAIMS => "DEVICE_CLAIMS_INFO",
            Self::TICKET_CHECKSUM => "TICKET_CHECKSUM",
            Self::ATTRIBUTES_INFO => "ATTRIBUTES_INFO",
            Self::REQUESTOR => "REQUESTOR",
            Self::FULL_CHECKSUM => "FULL_CHECKSUM",
            Self(_) => return None,
        })
    }
}

impl fmt::Display for PacType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "type {}", self.0),
        }
    }
}

impl fmt::Debug for PacType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a PAC could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PacError {
    /// The container is malformed.
    #[error(transparent)]
    Container(#[from] ContainerError),
    /// A buffer is malformed.
    #[error("PAC buffer {buffer}: {source}")]
    Buffer {
        /// Its type.
        buffer: PacType,
        /// What is wrong with it.
        source: BufferError,
    },
}

/// Why octets are not a PAC.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ContainerError {
    /// Two buffers of the same known type.
    #[error("PAC: expected one buffer {buffer}, came two")]
    Duplicate {
        /// The type.
        buffer: PacType,
    },
    /// An offset that is no multiple of eight.
    #[error("PAC buffer {buffer}: expected an offset that is a multiple of 8, came {offset}")]
    Misaligned {
        /// The type.
        buffer: PacType,
        /// Its offset in octets from the start of the PAC.
        offset: u64,
    },
    /// A buffer that begins in the header or ends past the PAC.
    #[error("PAC buffer {buffer}: expected within octets {first} to {end}, came {length} octets at {offset}")]
    OutOfBounds {
        /// The type.
        buffer: PacType,
        /// End of the header.
        first: usize,
        /// Length of the PAC.
        end: usize,
        /// Offset of the buffer.
        offset: u64,
        /// Length of the buffer.
        length: u32,
    },
    /// Too short for its header.
    #[error("PAC: expected at least {needed} octets, came {came}")]
    Short {
        /// Octets its header takes.
        needed: usize,
        /// Octets there were.
        came: usize,
    },
    /// The version is not 0.
    #[error("PAC version: expected 0, came {came}")]
    Version {
        /// The version.
        came: u32,
    },
}

fn parse_entry(
    entry: &[u8; ENTRY_LENGTH],
    first: usize,
    end: usize,
) -> Result<(PacType, Range<usize>), ContainerError> {
    let &[a, b, c, d, e, f, g, h, offset @ ..] = entry;
    let buffer = PacType(u32::from_le_bytes([a, b, c, d]));
    let length = u32::from_le_bytes([e, f, g, h]);
    let offset = u64::from_le_bytes(offset);
    if offset % 8 != 0 {
        return Err(ContainerError::Misaligned { buffer, offset });
    }
    let range = usize::try_from(offset)
        .ok()
        .and_then(|start| Some(start..start.checked_add(length as usize)?));
    match range {
        Some(range) if range.start >= first && range.end <= end => Ok((buffer, range)),
        _ => Err(ContainerError::OutOfBounds {
            buffer,
            first,
            end,
            offset,
            length,
        }),
    }
}

/// `cBuffers` and `Version`.
const HEADER_LENGTH: usize = 8;
/// One `PAC_INFO_BUFFER`.
const ENTRY_LENGTH: usize = 16;
