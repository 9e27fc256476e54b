//! The slice of NDR that the PAC needs: type serialization version 1 (MS-RPCE section 2.2.6) of little-endian
//! 32-bit NDR, read with every access bounds-checked and every count held against the octets that are left.

use thiserror::Error;

use crate::sid::{Sid, SidError};

/// Why octets are not the NDR structure that was expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NdrError {
    /// An array header names another number of elements than the structure that points to it.
    #[error("{field}: expected {expected} elements, came {came}")]
    CountMismatch {
        /// The field, as MS-PAC names it.
        field: &'static str,
        /// Count in the structure.
        expected: u32,
        /// Count in front of the array.
        came: u32,
    },
    /// The octets end inside a field.
    #[error("{field} at octet {at}: expected {needed} more octets, came {left}")]
    End {
        /// The field, as MS-PAC names it.
        field: &'static str,
        /// Position from the start of the buffer.
        at: usize,
        /// Octets the field needs.
        needed: usize,
        /// Octets there were.
        left: usize,
    },
    /// The common type header is not that of little-endian version 1.
    #[error("NDR type header: expected 01 10 08 00, came {came:02x?}")]
    Header {
        /// The four octets.
        came: [u8; 4],
    },
    /// A pointer is null although the structure says that something is there.
    #[error("{field}: expected a pointer, came null")]
    NullPointer {
        /// The field, as MS-PAC names it.
        field: &'static str,
    },
    /// A SID inside is malformed.
    #[error("{field}: {source}")]
    Sid {
        /// The field, as MS-PAC names it.
        field: &'static str,
        /// What is wrong with it.
        source: SidError,
    },
    /// Text is not well-formed UTF-16.
    #[error("{field}: expected well-formed UTF-16")]
    Utf16 {
        /// The field, as MS-PAC names it.
        field: &'static str,
    },
}

/// `RPC_UNICODE_STRING` (MS-DTYP section 2.3.10): text, or a null pointer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RpcString {
    /// The text; `None` is a null pointer, which Windows does not send for an empty string but others do.
    pub text: Option<String>,
    /// Capacity past the text, in UTF-16 units: Windows leaves room for a NUL after the names of the server and
    /// the domain. It means nothing to a reader, and is kept so that a PAC can be rebuilt octet by octet.
    pub spare_units: u16,
}

impl RpcString {
    /// The text, empty when the pointer is null.
    pub fn as_str(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }

    /// Text with room for a NUL behind it, as Windows writes `LogonServer` and `LogonDomainName`.
    pub fn with_spare_nul(text: &str) -> Self {
        Self {
            text: Some(text.to_owned()),
            spare_units: 1,
        }
    }
}

impl From<&str> for RpcString {
    fn from(text: &str) -> Self {
        Self {
            text: Some(text.to_owned()),
            spare_units: 0,
        }
    }
}

/// What the fixed part of a string leaves to be read with the deferred pointers.
#[derive(Clone, Copy)]
pub(super) struct StringHeader {
    length: u16,
    maximum_length: u16,
    pointer: bool,
}

/// Reads NDR. Positions are from the start of the serialized type.
pub(super) struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Opens a serialized type: common header, private header, and the pointer to the structure.
    pub(super) fn open(octets: &'a [u8]) -> Result<Self, NdrError> {
        let mut reader = Self { octets, at: 0 };
        let came = reader.array::<4>("common type header")?;
        if came != COMMON_HEADER {
            return Err(NdrError::Header { came });
        }
        // Filler, then the private header, whose length is not trusted: the buffer's own length bounds the reader.
        reader.array::<12>("private type header")?;
        if !reader.pointer("top-level pointer")? {
            return Err(NdrError::NullPointer {
                field: "top-level pointer",
            });
        }
        Ok(reader)
    }

    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, NdrError> {
        Ok(u16::from_le_bytes(self.array(field)?))
    }

    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, NdrError> {
        Ok(u32::from_le_bytes(self.array(field)?))
    }

    pub(super) fn u64(&mut self, field: &'static str) -> Result<u64, NdrError> {
        Ok(u64::from_le_bytes(self.array(field)?))
    }

    /// Whether a pointer is there (its referent follows later) or null.
    pub(super) fn pointer(&mut self, field: &'static str) -> Result<bool, NdrError> {
        Ok(self.u32(field)? != 0)
    }

    pub(super) fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], NdrError> {
        let left = self.rest();
        let Some((value, _)) = left.split_first_chunk::<N>() else {
            return Err(NdrError::End {
                field,
                at: self.at,
                needed: N,
                left: left.len(),
            });
        };
        self.at += N;
        Ok(*value)
    }

    pub(super) fn string_header(&mut self, field: &'static str) -> Result<StringHeader, NdrError> {
        Ok(StringHeader {
            length: self.u16(field)?,
            maximum_length: self.u16(field)?,
            pointer: self.pointer(field)?,
        })
    }

    /// The referent of a string: a conformant varying array of UTF-16 units.
    pub(super) fn string(
        &mut self,
        header: StringHeader,
        field: &'static str,
    ) -> Result<RpcString, NdrError> {
        if !header.pointer {
            return match header.length {
                0 => Ok(RpcString {
                    text: None,
                    spare_units: header.maximum_length / 2,
                }),
                _ => Err(NdrError::NullPointer { field }),
            };
        }
        self.u32(field)?; // the capacity, which MaximumLength has told
        let offset = self.u32(field)?;
        if offset != 0 {
            return Err(NdrError::CountMismatch {
                field,
                expected: 0,
                came: offset,
            });
        }
        let units = self.u32(field)?;
        if units != u32::from(header.length / 2) {
            return Err(NdrError::CountMismatch {
                field,
                expected: u32::from(header.length / 2),
                came: units,
            });
        }
        let left = self.rest();
        let length = usize::from(header.length / 2) * 2;
        let Some(octets) = left.get(..length) else {
            return Err(NdrError::End {
                field,
                at: self.at,
                needed: length,
                left: left.len(),
            });
        };
        self.at += length;
        let text = utf16(octets).ok_or(NdrError::Utf16 { field })?;
        self.align4(field)?;
        let spare_units = (header.maximum_length / 2).saturating_sub(header.length / 2);
        Ok(RpcString {
            text: Some(text),
            spare_units,
        })
    }

    /// The maximum count in front of a conformant array, which must be the structure's own count. The elements
    /// take at least `element_size` octets each, so that a count nobody could back is refused before anything
    /// is allocated for it.
    pub(super) fn conformance(
        &mut self,
        field: &'static str,
        expected: u32,
        element_size: usize,
    ) -> Result<usize, NdrError> {
        let came = self.u32(field)?;
        if came != expected {
            return Err(NdrError::CountMismatch {
                field,
                expected,
                came,
            });
        }
        let count = came as usize;
        let needed = count.saturating_mul(element_size);
        let left = self.rest().len();
        if needed > left {
            return Err(NdrError::End {
                field,
                at: self.at,
                needed,
                left,
            });
        }
        Ok(count)
    }

    /// The referent of a `PISID`: its conformance, then the SID.
    pub(super) fn sid(&mut self, field: &'static str) -> Result<Sid, NdrError> {
        let count = self.u32(field)?;
        let left = self.rest();
        let (sid, after) = Sid::split_first(left).map_err(|source| NdrError::Sid { field, source })?;
        self.at += left.len() - after.len();
        match sid.sub_authorities().len() as u32 {
            expected if expected == count => Ok(sid),
            expected => Err(NdrError::CountMismatch {
                field,
                expected,
                came: count,
            }),
        }
    }

    fn align4(&mut self, field: &'static str) -> Result<(), NdrError> {
        let needed = self.at.wrapping_neg() % 4;
        let left = self.rest().len();
        // The last string of a type may end without its padding.
        if left == 0 || needed <= left {
            self.at += needed.min(left);
            Ok(())
        } else {
            Err(NdrError::End {
                field,
                at: self.at,
                needed,
                left,
            })
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.octets.get(self.at..).unwrap_or_default()
    }
}

/// Writes NDR at the end of a vector; alignment counts from where it began.
pub(super) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    referents: u32,
}

impl<'a> Writer<'a> {
    /// Begins a serialized type: both headers and the pointer to the structure.
    pub(super) fn begin(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        out.extend_from_slice(&COMMON_HEADER);
        out.extend_from_slice(&FILLER);
        out.extend_from_slice(&[0; 8]);
        let mut writer = Self {
            out,
            start,
            referents: 0,
        };
        writer.pointer(true);
        writer
    }

    /// Pads the object to eight octets and writes its length into the private header.
    pub(super) fn finish(self) {
        let padding = (self.out.len() - self.start).wrapping_neg() % 8;
        self.out.extend_from_slice(&[0; 8][..padding]);
        let length = (self.out.len() - self.start - HEADERS) as u32;
        if let Some(slot) = self.out.get_mut(self.start + 8..self.start + 12) {
            slot.copy_from_slice(&length.to_le_bytes());
        }
    }

    pub(super) fn u16(&mut self, value: u16) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn u32(&mut self, value: u32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn u64(&mut self, value: u64) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, value: &[u8]) {
        self.out.extend_from_slice(value);
    }

    /// A referent id, numbered as Windows does: 0x00020000 and up by four.
    pub(super) fn pointer(&mut self, present: bool) {
        let id = if present {
            FIRST_REFERENT + 4 * self.referents
        } else {
            0
        };
        self.referents += u32::from(present);
        self.u32(id);
    }

    /// The fixed part of a string. Text past 32,766 UTF-16 units does not fit its 16-bit length and is cut.
    pub(super) fn string_header(&mut self, string: &RpcString) {
        let (units, capacity) = lengths(string);
        self.u16(units * 2);
        self.u16(capacity * 2);
        self.pointer(string.text.is_some());
    }

    /// The referent of a string.
    pub(super) fn string(&mut self, string: &RpcString) {
        let Some(text) = &string.text else { return };
        let (units, capacity) = lengths(string);
        self.u32(u32::from(capacity));
        self.u32(0);
        self.u32(u32::from(units));
        for unit in text.encode_utf16().take(usize::from(units)) {
            self.u16(unit);
        }
        let padding = (self.out.len() - self.start).wrapping_neg() % 4;
        self.out.extend_from_slice(&[0; 4][..padding]);
    }

    /// The referent of a `PISID`.
    pub(super) fn sid(&mut self, sid: &Sid) {
        self.u32(sid.sub_authorities().len() as u32);
        sid.write_to(self.out);
    }
}

/// Reads UTF-16LE; `None` when it is not well formed or has an odd octet.
pub(super) fn utf16(octets: &[u8]) -> Option<String> {
    let (units, []) = octets.as_chunks::<2>() else {
        return None;
    };
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
        .collect::<Result<_, _>>()
        .ok()
}

/// UTF-16 units of the text and of its capacity.
fn lengths(string: &RpcString) -> (u16, u16) {
    let units = string.as_str().encode_utf16().count().min(MAX_UNITS) as u16;
    (
        units,
        units.saturating_add(string.spare_units).min(MAX_UNITS as u16),
    )
}

const COMMON_HEADER: [u8; 4] = [0x01, 0x10, 0x08, 0x00];
const FILLER: [u8; 4] = [0xcc; 4];
const HEADERS: usize = 16;
const FIRST_REFERENT: u32 = 0x0002_0000;
const MAX_UNITS: usize = 0x7fff;
