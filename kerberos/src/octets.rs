//! Reading and writing the big-endian files of MIT's library.

/// Octets of a file that are not what the format says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{format}, octet {offset}: expected {expected}, got {got}")]
pub struct FormatError {
    /// The format read: "keytab" or "ccache".
    pub format: &'static str,
    /// Octets from the beginning of the file to the fault.
    pub offset: usize,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub got: String,
}

/// A value too large for the field that a format has for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{format}: {field} can be at most {limit}, got {got}")]
pub struct LimitError {
    /// The format written: "keytab" or "ccache".
    pub format: &'static str,
    /// The field.
    pub field: &'static str,
    /// The largest value it holds; a count of octets or items, or a number.
    pub limit: i64,
    /// The value that was to be written.
    pub got: i64,
}

/// Takes fields from the front and knows where it is.
pub(crate) struct Reader<'a> {
    format: &'static str,
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(format: &'static str, octets: &'a [u8]) -> Self {
        Self {
            format,
            rest: octets,
            offset: 0,
        }
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn wrong(
        &self,
        offset: usize,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> FormatError {
        FormatError {
            format: self.format,
            offset,
            expected: expected.into(),
            got: got.into(),
        }
    }

    /// The next `count` octets.
    pub(crate) fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8], FormatError> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            let got = format!("{} octets up to the end", self.rest.len());
            return Err(self.wrong(self.offset, format!("{count} octets of {what}"), got));
        };
        self.rest = rest;
        self.offset += count;
        Ok(taken)
    }

    /// The next `count` octets as a reader of their own, which counts offsets on.
    pub(crate) fn part(&mut self, count: usize, what: &str) -> Result<Self, FormatError> {
        let offset = self.offset;
        Ok(Self {
            format: self.format,
            rest: self.take(count, what)?,
            offset,
        })
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], FormatError> {
        let taken = self.take(N, what)?;
        Ok(*taken.first_chunk().expect("take gives what was asked for"))
    }

    pub(crate) fn u8(&mut self, what: &str) -> Result<u8, FormatError> {
        self.array(what).map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self, what: &str) -> Result<u16, FormatError> {
        self.array(what).map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self, what: &str) -> Result<u32, FormatError> {
        self.array(what).map(u32::from_be_bytes)
    }

    pub(crate) fn i32(&mut self, what: &str) -> Result<i32, FormatError> {
        self.array(what).map(i32::from_be_bytes)
    }

    /// Octets after their length in 16 bits.
    pub(crate) fn counted16(&mut self, what: &str) -> Result<&'a [u8], FormatError> {
        let length = self.u16(what)?;
        self.take(usize::from(length), what)
    }

    /// Octets after their length in 32 bits.
    pub(crate) fn counted32(&mut self, what: &str) -> Result<&'a [u8], FormatError> {
        let length = self.u32(what)?;
        self.take(length as usize, what)
    }
}

/// Appends fields.
pub(crate) struct Writer {
    format: &'static str,
    pub(crate) out: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(format: &'static str) -> Self {
        Self {
            format,
            out: Vec::new(),
        }
    }

    pub(crate) fn put(&mut self, octets: &[u8]) {
        self.out.extend_from_slice(octets);
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.put(&[value]);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.put(&value.to_be_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }

    pub(crate) fn i32(&mut self, value: i32) {
        self.put(&value.to_be_bytes());
    }

    pub(crate) fn limit(&self, field: &'static str, limit: i64, got: i64) -> LimitError {
        LimitError {
            format: self.format,
            field,
            limit,
            got,
        }
    }

    /// A count or length in 16 bits.
    pub(crate) fn count16(&mut self, count: usize, field: &'static str) -> Result<(), LimitError> {
        let value = u16::try_from(count).map_err(|_| self.limit(field, u16::MAX.into(), saturated(count)))?;
        self.u16(value);
        Ok(())
    }

    /// A count or length in 32 bits.
    pub(crate) fn count32(&mut self, count: usize, field: &'static str) -> Result<(), LimitError> {
        let value = u32::try_from(count).map_err(|_| self.limit(field, u32::MAX.into(), saturated(count)))?;
        self.u32(value);
        Ok(())
    }

    pub(crate) fn counted16(&mut self, octets: &[u8], field: &'static str) -> Result<(), LimitError> {
        self.count16(octets.len(), field)?;
        self.put(octets);
        Ok(())
    }

    pub(crate) fn counted32(&mut self, octets: &[u8], field: &'static str) -> Result<(), LimitError> {
        self.count32(octets.len(), field)?;
        self.put(octets);
        Ok(())
    }

    /// An encryption type: 16 bits, whose sign the readers extend.
    pub(crate) fn etype(&mut self, etype: i32) -> Result<(), LimitError> {
        let value =
            i16::try_from(etype).map_err(|_| self.limit("encryption type", i16::MAX.into(), etype.into()))?;
        self.put(&value.to_be_bytes());
        Ok(())
    }

    /// A time in 32 bits without a sign: 1970 to 2106, and the nearest bound for others.
    pub(crate) fn time(&mut self, time: crate::KerberosTime) {
        self.u32(u32::try_from(time.unix_seconds().max(0)).unwrap_or(u32::MAX));
    }
}

fn saturated(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
