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

/// One value: its tag, its length, its contents.
pub(super) fn value(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut octets = vec![tag];
    match u8::try_from(contents.len()) {
        Ok(short @ 0..=0x7F) => octets.push(short),
        _ => {
            let length = u32::try_from(contents.len()).unwrap_or(u32::MAX);
            octets.push(0x84);
            octets.extend_from_slice(&length.to_be_bytes());
        }
    }
    octets.extend_from_slice(contents);
    octets
}

/// An INTEGER that is not negative.
pub(super) fn unsigned(number: u32) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let skip = octets.iter().take(3).take_while(|octet| **octet == 0).count();
    let mut contents = octets.get(skip..).unwrap_or_default().to_vec();
    if contents.first().is_some_and(|first| *first >= 0x80) {
        contents.insert(0, 0);
    }
    value(INTEGER, &contents)
}
