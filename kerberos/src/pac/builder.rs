//! Writing and signing a PAC.

use std::ops::Range;

use super::buffers::pad8;
use super::signature::{TYPE_LENGTH, after_type};
use super::{
    AttributesInfo, ClientInfo, CredentialInfo, ENTRY_LENGTH, HEADER_LENGTH, LogonInfo, PacKeys, PacType,
    S4uDelegationInfo, SignatureKind, SignatureSet, UpnDnsInfo,
};
use crate::crypto::{Key, KeyUsage};
use crate::sid::Sid;

/// Collects the buffers of a PAC in order, then signs them.
///
/// ```
/// # use kerberos::crypto::{Etype, Key};
/// # use kerberos::pac::*;
/// # let krbtgt = Key::new(Etype::Aes256CtsHmacSha196, &[7; 32]).unwrap();
/// let pac = PacBuilder::new()
///     .logon_info(&LogonInfo::default())
///     .attributes_info(&AttributesInfo::new(AttributesFlags::PAC_WAS_REQUESTED))
///     .sign(&PacKeys::of_tgt(&krbtgt, Some(21463)), &SignatureSet::TGT);
/// assert!(Pac::parse(&pac).unwrap().verify(&PacKeys::of_tgt(&krbtgt, Some(21463)), &SignatureSet::TGT).is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct PacBuilder {
    /// Ranges are in `data`.
    entries: Vec<(PacType, Range<usize>)>,
    data: Vec<u8>,
}

impl PacBuilder {
    /// A PAC without buffers.
    pub fn new() -> Self {
        Self {
            entries: Vec::with_capacity(10),
            data: Vec::with_capacity(1024),
        }
    }

    /// Adds LOGON_INFO.
    pub fn logon_info(self, info: &LogonInfo) -> Self {
        self.add(PacType::LOGON_INFO, |out| info.encode(out))
    }

    /// Adds CREDENTIAL_INFO.
    pub fn credential_info(self, info: &CredentialInfo) -> Self {
        self.add(PacType::CREDENTIAL_INFO, |out| info.encode(out))
    }

    /// Adds CLIENT_INFO.
    pub fn client_info(self, info: &ClientInfo) -> Self {
        self.add(PacType::CLIENT_INFO, |out| info.encode(out))
    }

    /// Adds S4U_DELEGATION_INFO.
    pub fn delegation_info(self, info: &S4uDelegationInfo) -> Self {
        self.add(PacType::DELEGATION_INFO, |out| info.encode(out))
    }

    /// Adds UPN_DNS_INFO.
    pub fn upn_dns_info(self, info: &UpnDnsInfo) -> Self {
        self.add(PacType::UPN_DNS_INFO, |out| info.encode(out))
    }

    /// Adds ATTRIBUTES_INFO.
    pub fn attributes_info(self, info: &AttributesInfo) -> Self {
        self.add(PacType::ATTRIBUTES_INFO, |out| info.encode(out))
    }

    /// Adds REQUESTOR.
    pub fn requestor(self, sid: &Sid) -> Self {
        self.add(PacType::REQUESTOR, |out| sid.write_to(out))
    }

    /// Adds a buffer of any type as it is.
    ///
    /// A signature added this way keeps its place in the PAC: [`sign`](Self::sign) gives it the length and the
    /// value it has to have. [`unsigned`](Self::unsigned) leaves it alone, wrong or not.
    pub fn buffer(self, kind: PacType, octets: &[u8]) -> Self {
        self.add(kind, |out| out.extend_from_slice(octets))
    }

    /// Reserves the place of a signature, which otherwise goes behind the other buffers.
    pub fn signature(self, kind: SignatureKind) -> Self {
        self.buffer(kind.pac_type(), &[])
    }

    /// The PAC as it stands, with no signature made.
    pub fn unsigned(&self) -> Vec<u8> {
        self.lay_out(|_| None).0
    }

    /// The signed PAC: server and KDC signature, and those of `signatures`, in the order of MS-PAC section 2.8.
    /// A place reserved for a signature that is not asked for is dropped.
    pub fn sign(mut self, keys: &PacKeys<'_>, signatures: &SignatureSet<'_>) -> Vec<u8> {
        self.reserve(signatures);
        let (mut pac, entries) = self.lay_out(|kind| signature_length(kind, keys));
        let range = |kind: SignatureKind| {
            let found = entries.iter().find(|(other, _)| *other == kind.pac_type());
            found.map(|(_, range)| range.clone())
        };
        let identifier = keys.rodc_identifier;
        if let (Some(ticket), Some(place)) = (signatures.ticket, range(SignatureKind::Ticket)) {
            let checksum = keys.kdc.checksum(KeyUsage::PAC_CHECKSUM, ticket);
            write_signature(&mut pac, &place, checksum.as_slice(), identifier);
        }
        if let Some(place) = range(SignatureKind::Full) {
            let checksum = keys.kdc.checksum(KeyUsage::PAC_CHECKSUM, &pac);
            write_signature(&mut pac, &place, checksum.as_slice(), identifier);
        }
        let server = keys.server.checksum(KeyUsage::PAC_CHECKSUM, &pac);
        let kdc = keys.kdc.checksum(KeyUsage::PAC_CHECKSUM, server.as_slice());
        if let Some(place) = range(SignatureKind::Server) {
            write_signature(&mut pac, &place, server.as_slice(), None);
        }
        if let Some(place) = range(SignatureKind::Kdc) {
            write_signature(&mut pac, &place, kdc.as_slice(), identifier);
        }
        pac
    }

    /// Makes the entries hold exactly the signatures asked for.
    fn reserve(&mut self, signatures: &SignatureSet<'_>) {
        let wanted = [
            (SignatureKind::Server, true),
            (SignatureKind::Kdc, true),
            (SignatureKind::Ticket, signatures.ticket.is_some()),
            (SignatureKind::Full, signatures.full),
        ];
        for (kind, wanted) in wanted {
            let there = self.entries.iter().any(|(other, _)| *other == kind.pac_type());
            match (there, wanted) {
                (true, false) => self.entries.retain(|(other, _)| *other != kind.pac_type()),
                (false, true) => self.entries.push((kind.pac_type(), 0..0)),
                _ => {}
            }
        }
    }

    /// Writes header and buffers. Where `replaced` gives a checksum type and a length, the buffer is that type
    /// and zeros instead of its own octets.
    fn lay_out(
        &self,
        replaced: impl Fn(PacType) -> Option<(i32, usize)>,
    ) -> (Vec<u8>, Vec<(PacType, Range<usize>)>) {
        let first = HEADER_LENGTH + ENTRY_LENGTH * self.entries.len();
        let mut pac = Vec::with_capacity(first + self.data.len() + 128);
        pac.extend_from_slice(&(self.entries.len() as u32).to_le_bytes());
        pac.resize(first, 0);
        let mut entries = Vec::with_capacity(self.entries.len());
        for (slot, (kind, range)) in self.entries.iter().enumerate() {
            let start = pac.len();
            match replaced(*kind) {
                Some((checksum_type, length)) => {
                    pac.extend_from_slice(&checksum_type.to_le_bytes());
                    pac.resize(start + length, 0);
                }
                None => pac.extend_from_slice(self.data.get(range.clone()).unwrap_or_default()),
            }
            let end = pac.len();
            write_entry(&mut pac, slot, *kind, start..end);
            entries.push((*kind, start..end));
            pad8(&mut pac, 0);
        }
        (pac, entries)
    }

    fn add(mut self, kind: PacType, encode: impl FnOnce(&mut Vec<u8>)) -> Self {
        // UPN_DNS_INFO and NDR align from their own start, so the pieces can be moved as they are.
        let start = self.data.len();
        encode(&mut self.data);
        self.entries.push((kind, start..self.data.len()));
        self
    }
}

/// Checksum type and length of a signature buffer; `None` for other buffers.
fn signature_length(kind: PacType, keys: &PacKeys<'_>) -> Option<(i32, usize)> {
    let of = |key: &Key, identifier: Option<u16>| {
        let checksum_type = key.checksum_type();
        let identifier_length = identifier.map_or(0, |_| 2);
        Some((
            checksum_type.number(),
            TYPE_LENGTH + checksum_type.length() + identifier_length,
        ))
    };
    match kind {
        PacType::SERVER_CHECKSUM => of(keys.server, None),
        PacType::KDC_CHECKSUM | PacType::TICKET_CHECKSUM | PacType::FULL_CHECKSUM => {
            of(keys.kdc, keys.rodc_identifier)
        }
        _ => None,
    }
}

fn write_signature(pac: &mut [u8], place: &Range<usize>, value: &[u8], identifier: Option<u16>) {
    let octets = identifier.map(u16::to_le_bytes);
    let tail = octets.as_ref().map_or(&[][..], |octets| octets);
    let slots = pac.get_mut(after_type(place)).unwrap_or_default();
    for (slot, octet) in slots.iter_mut().zip(value.iter().chain(tail)) {
        *slot = *octet;
    }
}

fn write_entry(pac: &mut [u8], slot: usize, kind: PacType, range: Range<usize>) {
    let at = HEADER_LENGTH + ENTRY_LENGTH * slot;
    if let Some(entry) = pac.get_mut(at..at + ENTRY_LENGTH) {
        let (head, offset) = entry.split_at_mut(8);
        let (number, length) = head.split_at_mut(4);
        number.copy_from_slice(&kind.0.to_le_bytes());
        length.copy_from_slice(&(range.len() as u32).to_le_bytes());
        offset.copy_from_slice(&(range.start as u64).to_le_bytes());
    }
}
