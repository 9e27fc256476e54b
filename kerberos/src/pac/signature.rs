//! Signatures of a PAC, MS-PAC section 2.8: reading and verifying them.

use std::fmt;
use std::ops::Range;

use thiserror::Error;

use super::{Pac, PacType};
use crate::crypto::{ChecksumType, Key, KeyUsage};

impl<'a> Pac<'a> {
    /// A signature of the PAC.
    ///
    /// # Errors
    /// [`SignatureError::Missing`], or [`SignatureError::Length`] when the buffer does not have the length of its
    /// checksum type, with or without an RODC identifier.
    pub fn signature(&self, kind: SignatureKind) -> Result<PacSignature<'a>, SignatureError> {
        let octets = self
            .buffer(kind.pac_type())
            .ok_or(SignatureError::Missing { signature: kind })?;
        PacSignature::parse(kind, octets)
    }

    /// Verifies everything `expected` asks for: server and KDC signature always, ticket and full signature where
    /// asked, and the full signature where it stands unasked. RODC identifiers must be that of `keys`, or absent:
    /// other implementations issue tickets as a read-only DC without one.
    ///
    /// # Errors
    /// [`SignatureError`] says which signature, what was expected and what came.
    pub fn verify(&self, keys: &PacKeys<'_>, expected: &SignatureSet<'_>) -> Result<(), SignatureError> {
        let mut scratch = self.zeroed()?;
        self.verify_over(SignatureKind::Server, keys.server, &scratch)?;
        self.verify_kdc(keys)?;
        if expected.full || self.buffer(PacType::FULL_CHECKSUM).is_some() {
            self.zero(SignatureKind::Full, &mut scratch)?;
            self.verify_identifier(SignatureKind::Full, keys)?;
            self.verify_over(SignatureKind::Full, keys.kdc, &scratch)?;
        }
        if let Some(ticket) = expected.ticket {
            self.verify_identifier(SignatureKind::Ticket, keys)?;
            self.verify_over(SignatureKind::Ticket, keys.kdc, ticket)?;
        }
        Ok(())
    }

    /// Verifies the server signature alone, which is all a service can do: it has no key of the KDC. The KDC
    /// signature has to be there.
    ///
    /// # Errors
    /// [`SignatureError`], as [`verify`](Self::verify).
    pub fn verify_server(&self, key: &Key) -> Result<(), SignatureError> {
        self.verify_over(SignatureKind::Server, key, &self.zeroed()?)
    }

    /// Verifies the KDC signature alone.
    ///
    /// # Errors
    /// [`SignatureError`], as [`verify`](Self::verify).
    pub fn verify_kdc(&self, keys: &PacKeys<'_>) -> Result<(), SignatureError> {
        self.verify_identifier(SignatureKind::Kdc, keys)?;
        self.verify_over(
            SignatureKind::Kdc,
            keys.kdc,
            self.signature(SignatureKind::Server)?.value,
        )
    }

    fn verify_over(&self, kind: SignatureKind, key: &Key, data: &[u8]) -> Result<(), SignatureError> {
        let signature = self.signature(kind)?;
        let expected = key.checksum_type();
        if signature.checksum_type != expected.number() {
            return Err(SignatureError::ChecksumType {
                signature: kind,
                key: kind.key_role(),
                expected,
                came: signature.checksum_type,
            });
        }
        key.verify_checksum(KeyUsage::PAC_CHECKSUM, data, signature.value)
            .map_err(|_| SignatureError::Wrong {
                signature: kind,
                key: kind.key_role(),
                checksum_type: expected,
            })
    }

    fn verify_identifier(&self, kind: SignatureKind, keys: &PacKeys<'_>) -> Result<(), SignatureError> {
        match self.signature(kind)?.rodc_identifier {
            Some(came) if keys.rodc_identifier != Some(came) => Err(SignatureError::RodcIdentifier {
                signature: kind,
                expected: keys.rodc_identifier,
                came,
            }),
            _ => Ok(()),
        }
    }

    /// The one copy that verifying takes: the PAC with server and KDC signature zero.
    fn zeroed(&self) -> Result<Vec<u8>, SignatureError> {
        let mut scratch = self.octets.to_vec();
        self.zero(SignatureKind::Server, &mut scratch)?;
        self.zero(SignatureKind::Kdc, &mut scratch)?;
        Ok(scratch)
    }

    fn zero(&self, kind: SignatureKind, scratch: &mut [u8]) -> Result<(), SignatureError> {
        let range = self
            .range(kind.pac_type())
            .ok_or(SignatureError::Missing { signature: kind })?;
        scratch.get_mut(after_type(range)).unwrap_or_default().fill(0);
        Ok(())
    }
}

/// The keys that sign a PAC, or verify one.
#[derive(Clone, Copy, Debug)]
pub struct PacKeys<'a> {
    /// The key the ticket is encrypted with: that of the service; for a TGT that of krbtgt.
    pub server: &'a Key,
    /// The key of the KDC that issues: that of its krbtgt account. It need not be of the same encryption type.
    pub kdc: &'a Key,
    /// The number of the read-only DC whose krbtgt key `kdc` is; `None` for a writable one.
    pub rodc_identifier: Option<u16>,
}

impl<'a> PacKeys<'a> {
    /// The keys of a TGT: server and KDC are the same.
    pub fn of_tgt(krbtgt: &'a Key, rodc_identifier: Option<u16>) -> Self {
        Self {
            server: krbtgt,
            kdc: krbtgt,
            rodc_identifier,
        }
    }
}

/// Which signatures a PAC has besides those of server and KDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureSet<'a> {
    /// The encoded `EncTicketPart` in which the PAC is one zero octet, to have a ticket signature over it.
    pub ticket: Option<&'a [u8]>,
    /// Whether there is a full signature.
    pub full: bool,
}

impl<'a> SignatureSet<'a> {
    /// A ticket for krbtgt, kadmin/changepw or a trust: no others.
    pub const TGT: Self = Self {
        ticket: None,
        full: false,
    };

    /// A service ticket of a DC updated since November 2022: ticket and full signature.
    pub fn service(ticket_without_pac: &'a [u8]) -> Self {
        Self {
            ticket: Some(ticket_without_pac),
            full: true,
        }
    }
}

/// `PAC_SIGNATURE_DATA` (MS-PAC section 2.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacSignature<'a> {
    /// `SignatureType`: a checksum type number.
    pub checksum_type: i32,
    /// `Signature`. With a checksum type that is not known here, all that follows the type.
    pub value: &'a [u8],
    /// `RODCIdentifier`: the number of the read-only DC that signed.
    pub rodc_identifier: Option<u16>,
}

impl<'a> PacSignature<'a> {
    /// Reads a signature buffer.
    ///
    /// # Errors
    /// [`SignatureError::Length`].
    pub fn parse(kind: SignatureKind, octets: &'a [u8]) -> Result<Self, SignatureError> {
        let wrong_length = |expected| SignatureError::Length {
            signature: kind,
            expected,
            came: octets.len(),
        };
        let (number, rest) = octets
            .split_first_chunk::<TYPE_LENGTH>()
            .ok_or_else(|| wrong_length(TYPE_LENGTH))?;
        let checksum_type = i32::from_le_bytes(*number);
        let Some(length) = ChecksumType::from_number(checksum_type).map(ChecksumType::length) else {
            return Ok(Self {
                checksum_type,
                value: rest,
                rodc_identifier: None,
            });
        };
        let (value, identifier) = rest
            .split_at_checked(length)
            .ok_or_else(|| wrong_length(TYPE_LENGTH + length))?;
        let rodc_identifier = match *identifier {
            [] => None,
            [low, high] => Some(u16::from_le_bytes([low, high])),
            _ => return Err(wrong_length(TYPE_LENGTH + length)),
        };
        Ok(Self {
            checksum_type,
            value,
            rodc_identifier,
        })
    }
}

/// One of the four signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureKind {
    /// Buffer type 6, over the PAC, with the key of the service.
    Server,
    /// Buffer type 7, over the server signature, with the key of the KDC.
    Kdc,
    /// Buffer type 16, over the ticket, with the key of the KDC.
    Ticket,
    /// Buffer type 19, over the PAC, with the key of the KDC.
    Full,
}

impl SignatureKind {
    /// The type of its buffer.
    pub const fn pac_type(self) -> PacType {
        match self {
            Self::Server => PacType::SERVER_CHECKSUM,
            Self::Kdc => PacType::KDC_CHECKSUM,
            Self::Ticket => PacType::TICKET_CHECKSUM,
            Self::Full => PacType::FULL_CHECKSUM,
        }
    }

    /// Which key makes it.
    pub const fn key_role(self) -> KeyRole {
        match self {
            Self::Server => KeyRole::Server,
            Self::Kdc | Self::Ticket | Self::Full => KeyRole::Kdc,
        }
    }
}

impl fmt::Display for SignatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server signature",
            Self::Kdc => "KDC signature",
            Self::Ticket => "ticket signature",
            Self::Full => "full signature",
        })
    }
}

/// Whose key makes a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRole {
    /// The service the ticket is for.
    Server,
    /// The KDC that issued it.
    Kdc,
}

impl fmt::Display for KeyRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "the service's key",
            Self::Kdc => "the KDC's key",
        })
    }
}

/// Why a signature was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// Another checksum type than the key makes.
    #[error("{signature}: expected checksum type {} of {key}, came {came}", .expected.number())]
    ChecksumType {
        /// Which one.
        signature: SignatureKind,
        /// Whose key.
        key: KeyRole,
        /// What the key makes.
        expected: ChecksumType,
        /// The number in the PAC.
        came: i32,
    },
    /// The buffer has not the length of its checksum type.
    #[error("{signature}: expected {expected} octets, or two more with an RODC identifier, came {came}")]
    Length {
        /// Which one.
        signature: SignatureKind,
        /// Octets without an identifier.
        expected: usize,
        /// Octets there were.
        came: usize,
    },
    /// There is none.
    #[error("{signature}: expected, came none")]
    Missing {
        /// Which one.
        signature: SignatureKind,
    },
    /// It names another read-only DC than the one whose key was given.
    #[error("{signature}: expected RODC identifier {expected:?}, came {came}")]
    RodcIdentifier {
        /// Which one.
        signature: SignatureKind,
        /// That of the key, `None` for a writable DC.
        expected: Option<u16>,
        /// The one in the PAC.
        came: u16,
    },
    /// The value is not what the key makes of the data.
    #[error("{signature}: expected a value made with {key} ({}), came another", .checksum_type.name())]
    Wrong {
        /// Which one.
        signature: SignatureKind,
        /// Whose key.
        key: KeyRole,
        /// Its checksum type.
        checksum_type: ChecksumType,
    },
}

/// What of a signature buffer is zero while signing: all but the checksum type.
pub(super) fn after_type(range: &Range<usize>) -> Range<usize> {
    (range.start + TYPE_LENGTH).min(range.end)..range.end
}

/// `SignatureType`.
pub(super) const TYPE_LENGTH: usize = 4;
