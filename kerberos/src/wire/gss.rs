//! The tokens of the GSS-API mechanism (RFC 4121): framing, and the checksum that carries its settings.

use bitflags::bitflags;

use super::error::{DecodeError, Problem, structure};

/// The DER of the mechanism's OID, 1.2.840.113554.1.2.2, with its tag and length.
const KRB5_OID: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02];
const NAME: &str = "GSS-API token";

/// A context token (RFC 4121 section 4.1): \[APPLICATION 0\], the mechanism, two octets of token id, a Kerberos message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GssToken {
    /// What the message is.
    pub id: TokenId,
    /// The DER of the message.
    pub message: Vec<u8>,
}

/// The id of a context token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TokenId {
    /// `01 00`: an AP-REQ.
    ApReq,
    /// `02 00`: an AP-REP.
    ApRep,
    /// `03 00`: a KRB-ERROR.
    Error,
}

impl TokenId {
    const fn octets(self) -> [u8; 2] {
        match self {
            Self::ApReq => [1, 0],
            Self::ApRep => [2, 0],
            Self::Error => [3, 0],
        }
    }
}

impl GssToken {
    /// A token with a message.
    #[must_use]
    pub fn new(id: TokenId, message: impl Into<Vec<u8>>) -> Self {
        Self {
            id,
            message: message.into(),
        }
    }

    /// Reads a token and nothing else.
    ///
    /// # Errors
    ///
    /// It is not a context token, or one of another mechanism, or of an id that RFC 4121 does not have.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        const APPLICATION_0: u8 = 0x60;
        if octets.is_empty() {
            return Err(DecodeError::whole(NAME, 0, Problem::Empty));
        }
        let outer = structure::element(octets, 0, octets.len())
            .map_err(|(offset, problem)| DecodeError::whole(NAME, offset, problem))?;
        if outer.tag != APPLICATION_0 {
            let (expected, found) = (
                "[APPLICATION 0]".to_owned(),
                format!("identifier octet 0x{:02x}", outer.tag),
            );
            return Err(DecodeError::whole(NAME, 0, Problem::Tag { expected, found }));
        }
        if outer.end != octets.len() {
            let count = octets.len() - outer.end;
            return Err(DecodeError::whole(NAME, outer.end, Problem::Trailing { count }));
        }
        let contents = octets.get(outer.contents..outer.end).unwrap_or_default();
        let Some(rest) = contents.strip_prefix(&KRB5_OID) else {
            return Err(DecodeError::value(
                NAME,
                outer.contents,
                "expected the mechanism 1.2.840.113554.1.2.2 (Kerberos 5)",
            ));
        };
        let id_offset = outer.contents + KRB5_OID.len();
        let (id, message) = match rest {
            [1, 0, message @ ..] => (TokenId::ApReq, message),
            [2, 0, message @ ..] => (TokenId::ApRep, message),
            [3, 0, message @ ..] => (TokenId::Error, message),
            [first, second, ..] => {
                let why = format!("expected token id 0100, 0200 or 0300, found {first:02x}{second:02x}");
                return Err(DecodeError::value(NAME, id_offset, why));
            }
            _ => return Err(DecodeError::whole(NAME, id_offset, Problem::Truncated)),
        };
        Ok(Self {
            id,
            message: message.to_vec(),
        })
    }

    /// The octets of the token.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let length = KRB5_OID.len() + 2 + self.message.len();
        let mut octets = Vec::with_capacity(length + 6);
        octets.push(0x60);
        push_length(&mut octets, length);
        octets.extend_from_slice(&KRB5_OID);
        octets.extend_from_slice(&self.id.octets());
        octets.extend_from_slice(&self.message);
        octets
    }
}

/// A definite length in as few octets as possible.
pub(super) fn push_length(octets: &mut Vec<u8>, length: usize) {
    if let Ok(short @ 0..=0x7F) = u8::try_from(length) {
        octets.push(short);
        return;
    }
    let significant: Vec<u8> = length
        .to_be_bytes()
        .into_iter()
        .skip_while(|octet| *octet == 0)
        .collect();
    octets.push(0x80 | u8::try_from(significant.len()).unwrap_or(8));
    octets.extend(significant);
}

bitflags! {
    /// Flags in the checksum of an initial token (RFC 4121 section 4.1.1.1).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct ChecksumFlags: u32 {
        /// Credentials are delegated.
        const DELEG = 1;
        /// The service is to prove itself.
        const MUTUAL = 2;
        /// Replays are detected.
        const REPLAY = 4;
        /// The order of messages is checked.
        const SEQUENCE = 8;
        /// Messages may be encrypted.
        const CONF = 16;
        /// Messages may be signed.
        const INTEG = 32;
        /// DCE style: a third leg.
        const DCE_STYLE = 0x1000;
        /// The service may identify the client and nothing more.
        const IDENTIFY = 0x2000;
        /// Extended errors are understood.
        const EXTENDED_ERROR = 0x4000;
        /// Any other bit is kept.
        const _ = !0;
    }
}

/// The content of a checksum of type 0x8003 (RFC 4121 section 4.1.1), little-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GssChecksum {
    /// MD5 of the channel bindings, zeros where there are none.
    pub channel_bindings: [u8; 16],
    /// Flags.
    pub flags: ChecksumFlags,
    /// The DER of a KRB-CRED, with [`ChecksumFlags::DELEG`].
    pub delegated: Option<Vec<u8>>,
}

impl GssChecksum {
    /// The number of the checksum type.
    pub const TYPE: i32 = 0x8003;

    /// Settings without channel bindings and delegation.
    #[must_use]
    pub const fn new(flags: ChecksumFlags) -> Self {
        Self {
            channel_bindings: [0; 16],
            flags,
            delegated: None,
        }
    }

    /// Reads the content; extensions after it are passed over.
    ///
    /// # Errors
    ///
    /// It is too short for what its own fields announce, or the length of the bindings is not 16.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        const NAME: &str = "GSS-API checksum";
        let truncated = || DecodeError::whole(NAME, octets.len(), Problem::Truncated);
        let (length, rest) = octets.split_first_chunk::<4>().ok_or_else(truncated)?;
        let length = u32::from_le_bytes(*length);
        if length != 16 {
            return Err(DecodeError::value(
                NAME,
                0,
                format!("expected channel bindings of 16 octets, found {length}"),
            ));
        }
        let (bindings, rest) = rest.split_first_chunk::<16>().ok_or_else(truncated)?;
        let (flags, rest) = rest.split_first_chunk::<4>().ok_or_else(truncated)?;
        let flags = ChecksumFlags::from_bits_retain(u32::from_le_bytes(*flags));
        let delegated = if flags.contains(ChecksumFlags::DELEG) {
            let ([option_0, option_1, length_0, length_1], rest) =
                rest.split_first_chunk::<4>().ok_or_else(truncated)?;
            if [*option_0, *option_1] != [1, 0] {
                return Err(DecodeError::value(NAME, 24, "expected delegation option 1"));
            }
            let length = usize::from(u16::from_le_bytes([*length_0, *length_1]));
            Some(rest.get(..length).ok_or_else(truncated)?.to_vec())
        } else {
            None
        };
        Ok(Self {
            channel_bindings: *bindings,
            flags,
            delegated,
        })
    }

    /// The octets of the content. Delegated credentials beyond 65,535 octets cannot be written and are left out.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let delegated = self
            .delegated
            .as_ref()
            .and_then(|octets| Some((u16::try_from(octets.len()).ok()?, octets)));
        let mut flags = self.flags;
        flags.set(ChecksumFlags::DELEG, delegated.is_some());
        let mut octets = vec![16, 0, 0, 0];
        octets.extend_from_slice(&self.channel_bindings);
        octets.extend_from_slice(&flags.bits().to_le_bytes());
        if let Some((length, delegated)) = delegated {
            octets.extend_from_slice(&[1, 0]);
            octets.extend_from_slice(&length.to_le_bytes());
            octets.extend_from_slice(delegated);
        }
        octets
    }
}
