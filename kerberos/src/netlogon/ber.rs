//! As much of BER as a connectionless LDAP search needs: definite lengths and one-octet tags.

use super::PingError;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0A;
pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Reads values one after another.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// Octets before `rest`, from the beginning of the datagram.
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self {
            rest: octets,
            offset: 0,
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) const fn fault(&self, part: &'static str, expected: &'static str) -> PingError {
        PingError {
            part,
            offset: self.offset,
            expected,
        }
    }

    /// The next value, whatever it is: its tag and its contents.
    pub(super) fn any(&mut self, part: &'static str) -> Result<(u8, Self), PingError> {
        let fault = self.fault(part, "a tag and a definite length within what is left");
        let (&tag, rest) = self.rest.split_first().ok_or_else(|| fault.clone())?;
        let (&first, rest) = rest.split_first().ok_or_else(|| fault.clone())?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            0x81..=0x84 => {
                let (octets, rest) = rest
                    .split_at_checked(usize::from(first & 0x7F))
                    .ok_or_else(|| fault.clone())?;
                let length = octets
                    .iter()
                    .fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
                (length, rest)
            }
            _ => return Err(fault),
        };
        let (contents, after) = rest.split_at_checked(length).ok_or(fault)?;
        let header = self.rest.len() - rest.len();
        let inner = Self {
            rest: contents,
            offset: self.offset + header,
        };
        self.offset += header + length;
        self.rest = after;
        Ok((tag, inner))
    }

    /// The contents of the next value, which must have this tag.
    pub(super) fn expect(
        &mut self,
        tag: u8,
        part: &'static str,
        expected: &'static str,
    ) -> Result<Self, PingError> {
        let fault = self.fault(part, expected);
        match self.any(part)? {
            (found, contents) if found == tag => Ok(contents),
            _ => Err(fault),
        }
    }

    pub(super) fn octet_string(&mut self, part: &'static str) -> Result<&'a [u8], PingError> {
        Ok(self.expect(OCTET_STRING, part, "an OCTET STRING")?.rest)
    }

    /// A number that is not negative and has at most 32 bits.
    pub(super) fn unsigned(&mut self, part: &'static str) -> Result<u32, PingError> {
        let fault = self.fault(part, "a number from 0 to 2147483647");
        let contents = self.expect(INTEGER, part, "an INTEGER")?.rest;
        match contents {
            [first, ..] if contents.len() <= 4 && *first < 0x80 => Ok(contents
                .iter()
                .fold(0, |number, octet| number << 8 | u32::from(*octet))),
            _ => Err(fault),
        }
    }
}

/// Appends a value: its tag, its length, its contents.
pub(super) fn push(octets: &mut Vec<u8>, tag: u8, contents: &[u8]) {
    nest(octets, tag, |octets| octets.extend_from_slice(contents));
}

/// Appends a value whose contents `write` appends.
pub(super) fn nest(octets: &mut Vec<u8>, tag: u8, write: impl FnOnce(&mut Vec<u8>)) {
    octets.extend_from_slice(&[tag, 0]);
    let start = octets.len();
    write(octets);
    let length = octets.len() - start;
    let (first, more) = match u8::try_from(length) {
        Ok(short @ 0..=0x7F) => (short, None),
        _ => (
            0x84,
            Some(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()),
        ),
    };
    if let Some(place) = octets.get_mut(start - 1) {
        *place = first;
    }
    octets.splice(start..start, more.into_iter().flatten());
}

/// Appends an INTEGER that is not negative.
pub(super) fn push_unsigned(octets: &mut Vec<u8>, number: u32) {
    let [b0, b1, b2, b3] = number.to_be_bytes();
    // a first octet of 0x80 and more would make it negative
    let padded = [0, b0, b1, b2, b3];
    let skip = padded
        .windows(2)
        .take_while(|pair| matches!(pair, [0, 0..=0x7F]))
        .count();
    push(octets, INTEGER, padded.get(skip..).unwrap_or_default());
}
