//! The buffers of a PAC that are not NDR, and the delegation list that is.

use bitflags::bitflags;
use thiserror::Error;

use super::logon_info::FileTime;
use super::ndr::{NdrError, Reader, RpcString, StringHeader, Writer, utf16};
use crate::sid::{Sid, SidError};

/// What is wrong inside one buffer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BufferError {
    /// Shorter or longer than its fields.
    #[error("length: expected {expected} octets, came {came}")]
    Length {
        /// Octets its fields take.
        expected: usize,
        /// Octets there were.
        came: usize,
    },
    /// An NDR structure is malformed.
    #[error(transparent)]
    Ndr(#[from] NdrError),
    /// An offset and length point outside the buffer.
    #[error("{field}: expected within {length} octets, came offset {offset} with {came} octets")]
    Range {
        /// The field, as MS-PAC names it.
        field: &'static str,
        /// Length of the buffer in octets.
        length: usize,
        /// Offset from the start of the buffer.
        offset: u16,
        /// Length of the field in octets.
        came: u16,
    },
    /// A SID is malformed.
    #[error(transparent)]
    Sid(#[from] SidError),
    /// Text is not well-formed UTF-16.
    #[error("{field}: expected well-formed UTF-16")]
    Utf16 {
        /// The field, as MS-PAC names it.
        field: &'static str,
    },
    /// A structure version that is not known.
    #[error("version: expected {expected}, came {came}")]
    Version {
        /// The version known here.
        expected: u32,
        /// The version.
        came: u32,
    },
}

/// `PAC_CLIENT_INFO` (MS-PAC section 2.7), buffer type 10: ties the PAC to the ticket it was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// `ClientId`: the authtime of the TGT.
    pub client_id: FileTime,
    /// `Name`: the client's name, without the realm for a principal of the KDC's own realm.
    pub name: String,
}

impl ClientInfo {
    /// Reads the buffer. Octets after the name are ignored, as Windows does.
    ///
    /// # Errors
    /// [`BufferError::Length`] or [`BufferError::Utf16`].
    pub fn decode(octets: &[u8]) -> Result<Self, BufferError> {
        let short = |expected| BufferError::Length {
            expected,
            came: octets.len(),
        };
        let (client_id, rest) = octets.split_first_chunk::<8>().ok_or_else(|| short(10))?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(|| short(10))?;
        let length = usize::from(u16::from_le_bytes(*length));
        let name = rest.get(..length).ok_or_else(|| short(10 + length))?;
        Ok(Self {
            client_id: FileTime(u64::from_le_bytes(*client_id)),
            name: utf16(name).ok_or(BufferError::Utf16 { field: "Name" })?,
        })
    }

    /// Appends the buffer. A name past 32,767 UTF-16 units does not fit its 16-bit length and is cut.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.client_id.0.to_le_bytes());
        let at = out.len();
        out.extend_from_slice(&[0; 2]);
        push_utf16(out, &self.name);
        let length = (out.len() - at - 2) as u16;
        set_u16(out, at, length);
    }
}

/// `UPN_DNS_INFO` (MS-PAC section 2.10), buffer type 12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpnDnsInfo {
    /// `Upn`: the user principal name.
    pub upn: String,
    /// `DnsDomainName`, upper case.
    pub dns_domain_name: String,
    /// `Flags` without the S flag, which is set exactly when `sam_name_and_sid` is there.
    pub flags: UpnDnsFlags,
    /// The extension of the S flag: `SamName` and `Sid` of the account.
    pub sam_name_and_sid: Option<(String, Sid)>,
}

impl UpnDnsInfo {
    /// Reads the buffer, with or without the S flag.
    ///
    /// # Errors
    /// [`BufferError`] names the field that lies outside the buffer or is malformed.
    pub fn decode(octets: &[u8]) -> Result<Self, BufferError> {
        let short = |expected| BufferError::Length {
            expected,
            came: octets.len(),
        };
        let (head, rest) = octets.split_first_chunk::<12>().ok_or_else(|| short(12))?;
        let [upn_length, upn_offset, dns_length, dns_offset, low, high] = words(head);
        let flags = UpnDnsFlags::from_bits_retain(u32::from(low) | u32::from(high) << 16);
        let text = |field, offset, length| {
            utf16(range(octets, field, offset, length)?).ok_or(BufferError::Utf16 { field })
        };
        let sam_name_and_sid = if flags.contains(UpnDnsFlags::SAM_NAME_AND_SID) {
            let extension = rest.first_chunk::<8>().ok_or_else(|| short(20))?;
            let [sam_length, sam_offset, sid_length, sid_offset] = words(extension);
            let sid = Sid::from_bytes(range(octets, "Sid", sid_offset, sid_length)?)?;
            Some((text("SamName", sam_offset, sam_length)?, sid))
        } else {
            None
        };
        Ok(Self {
            upn: text("Upn", upn_offset, upn_length)?,
            dns_domain_name: text("DnsDomainName", dns_offset, dns_length)?,
            flags: flags.difference(UpnDnsFlags::SAM_NAME_AND_SID),
            sam_name_and_sid,
        })
    }

    /// Appends the buffer as Windows lays it out: every value at a multiple of eight octets. Values that do not
    /// fit the 16-bit lengths and offsets are cut.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let mut flags = self.flags.difference(UpnDnsFlags::SAM_NAME_AND_SID);
        flags.set(UpnDnsFlags::SAM_NAME_AND_SID, self.sam_name_and_sid.is_some());
        out.extend_from_slice(&[0; 8]);
        out.extend_from_slice(&flags.bits().to_le_bytes());
        if self.sam_name_and_sid.is_some() {
            out.extend_from_slice(&[0; 8]);
        }
        place(out, start, 0, |out| push_utf16(out, &self.upn));
        place(out, start, 4, |out| push_utf16(out, &self.dns_domain_name));
        if let Some((sam_name, sid)) = &self.sam_name_and_sid {
            place(out, start, 12, |out| push_utf16(out, sam_name));
            place(out, start, 16, |out| sid.write_to(out));
        }
        pad8(out, start);
    }
}

bitflags! {
    /// `Flags` of [`UpnDnsInfo`]; bits without a name are kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct UpnDnsFlags: u32 {
        /// U: the account has no userPrincipalName, the UPN was put together from its name and the domain's.
        const CONSTRUCTED_UPN = 0x1;
        /// S: the buffer also has the sAMAccountName and the SID.
        const SAM_NAME_AND_SID = 0x2;
        const _ = !0;
    }
}

/// `PAC_ATTRIBUTES_INFO` (MS-PAC section 2.14), buffer type 17: TGTs only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributesInfo {
    /// `FlagsLength`: how many bits of the flags are meant; 2.
    pub flags_length_bits: u32,
    /// `Flags`.
    pub flags: AttributesFlags,
}

impl AttributesInfo {
    /// Two bits of flags, as every DC sends them.
    pub fn new(flags: AttributesFlags) -> Self {
        Self {
            flags_length_bits: 2,
            flags,
        }
    }

    /// Reads the buffer. Flags after the first 32 bits are ignored.
    ///
    /// # Errors
    /// [`BufferError::Length`].
    pub fn decode(octets: &[u8]) -> Result<Self, BufferError> {
        let Some(head) = octets.first_chunk::<8>() else {
            return Err(BufferError::Length {
                expected: 8,
                came: octets.len(),
            });
        };
        let [a, b, c, d] = words::<8, 4>(head).map(u32::from);
        Ok(Self {
            flags_length_bits: a | b << 16,
            flags: AttributesFlags::from_bits_retain(c | d << 16),
        })
    }

    /// Appends the buffer, eight octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.flags_length_bits.to_le_bytes());
        out.extend_from_slice(&self.flags.bits().to_le_bytes());
    }
}

bitflags! {
    /// `Flags` of [`AttributesInfo`]; bits without a name are kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct AttributesFlags: u32 {
        /// The client asked for a PAC.
        const PAC_WAS_REQUESTED = 0x1;
        /// The client did not say, and was given one.
        const PAC_WAS_GIVEN_IMPLICITLY = 0x2;
        const _ = !0;
    }
}

/// `PAC_CREDENTIAL_INFO` (MS-PAC section 2.6.1), buffer type 2. The data stay encrypted: their key is the AS reply
/// key, with key usage 16.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialInfo {
    /// `EncryptionType`, as an encryption type number of Kerberos.
    pub encryption_type: u32,
    /// `SerializedData`: the encrypted `PAC_CREDENTIAL_DATA`.
    pub encrypted: Vec<u8>,
}

impl CredentialInfo {
    /// Reads the buffer.
    ///
    /// # Errors
    /// [`BufferError::Length`], or [`BufferError::Version`] when the version is not 0.
    pub fn decode(octets: &[u8]) -> Result<Self, BufferError> {
        let Some((head, encrypted)) = octets.split_first_chunk::<8>() else {
            return Err(BufferError::Length {
                expected: 8,
                came: octets.len(),
            });
        };
        let [a, b, c, d] = words::<8, 4>(head).map(u32::from);
        match a | b << 16 {
            0 => Ok(Self {
                encryption_type: c | d << 16,
                encrypted: encrypted.to_vec(),
            }),
            came => Err(BufferError::Version { expected: 0, came }),
        }
    }

    /// Appends the buffer.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&self.encryption_type.to_le_bytes());
        out.extend_from_slice(&self.encrypted);
    }
}

/// `S4U_DELEGATION_INFO` (MS-PAC section 2.9), buffer type 11: the services a delegated ticket went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S4uDelegationInfo {
    /// `S4U2proxyTarget`: the service the ticket is for.
    pub proxy_target: RpcString,
    /// `S4UTransitedServices`, oldest first.
    pub transited_services: Vec<RpcString>,
}

impl S4uDelegationInfo {
    /// Reads the buffer.
    ///
    /// # Errors
    /// [`NdrError`] names the field.
    pub fn decode(octets: &[u8]) -> Result<Self, NdrError> {
        const LIST: &str = "S4UTransitedServices";
        let mut reader = Reader::open(octets)?;
        let target = reader.string_header("S4U2proxyTarget")?;
        let (count, pointer) = (reader.u32("TransitedListSize")?, reader.pointer(LIST)?);
        let proxy_target = reader.string(target, "S4U2proxyTarget")?;
        let count = match (pointer, count) {
            (false, 0) => 0,
            (false, _) => return Err(NdrError::NullPointer { field: LIST }),
            (true, _) => reader.conformance(LIST, count, 8)?,
        };
        let headers = (0..count)
            .map(|_| reader.string_header(LIST))
            .collect::<Result<Vec<StringHeader>, _>>()?;
        let transited_services = headers
            .into_iter()
            .map(|header| reader.string(header, LIST))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            proxy_target,
            transited_services,
        })
    }

    /// Appends the buffer, a multiple of eight octets long.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut writer = Writer::begin(out);
        writer.string_header(&self.proxy_target);
        writer.u32(self.transited_services.len() as u32);
        writer.pointer(!self.transited_services.is_empty());
        writer.string(&self.proxy_target);
        if !self.transited_services.is_empty() {
            writer.u32(self.transited_services.len() as u32);
            self.transited_services
                .iter()
                .for_each(|service| writer.string_header(service));
            self.transited_services
                .iter()
                .for_each(|service| writer.string(service));
        }
        writer.finish();
    }
}

/// Appends a value at the next multiple of eight octets and writes its length and offset at `start + slot`.
fn place(out: &mut Vec<u8>, start: usize, slot: usize, write: impl FnOnce(&mut Vec<u8>)) {
    pad8(out, start);
    let at = out.len();
    write(out);
    let length = (out.len() - at) as u16;
    set_u16(out, start + slot, length);
    set_u16(out, start + slot + 2, (at - start) as u16);
}

/// Pads with zeros to a multiple of eight octets from `start`.
pub(super) fn pad8(out: &mut Vec<u8>, start: usize) {
    let padding = (out.len() - start).wrapping_neg() % 8;
    out.extend_from_slice(&[0; 8][..padding]);
}

fn push_utf16(out: &mut Vec<u8>, text: &str) {
    for unit in text.encode_utf16().take(usize::from(u16::MAX / 2)) {
        out.extend_from_slice(&unit.to_le_bytes());
    }
}

fn set_u16(out: &mut [u8], at: usize, value: u16) {
    if let Some(slot) = out.get_mut(at..at + 2) {
        slot.copy_from_slice(&value.to_le_bytes());
    }
}

fn range<'a>(
    octets: &'a [u8],
    field: &'static str,
    offset: u16,
    length: u16,
) -> Result<&'a [u8], BufferError> {
    let start = usize::from(offset);
    octets
        .get(start..start + usize::from(length))
        .ok_or(BufferError::Range {
            field,
            length: octets.len(),
            offset,
            came: length,
        })
}

/// Little-endian 16-bit words; `WORDS` is half of `OCTETS`.
fn words<const OCTETS: usize, const WORDS: usize>(octets: &[u8; OCTETS]) -> [u16; WORDS] {
    let mut words = [0; WORDS];
    for (word, pair) in words.iter_mut().zip(octets.as_chunks::<2>().0) {
        *word = u16::from_le_bytes(*pair);
    }
    words
}
