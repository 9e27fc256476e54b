//! Numbers whose sign senders disagree on, and numbers that are the same in every message.

use std::fmt;

use rasn::de::Error as _;
use rasn::types::{Constraints, Identifier, Tag};
use rasn::{AsnType, Decode, Decoder, Encode, Encoder};

/// A key version number: the number of the RODC whose krbtgt key it is in the upper half, the version of that key in
/// the lower (MS-KILE section 3.1.5.8).
///
/// It is a signed 32-bit INTEGER on the wire, so an RODC above 32767 gives a negative number. Some senders use the
/// unsigned form of five octets instead; both are read, the signed one is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kvno(pub u32);

impl Kvno {
    /// The version `version` of the krbtgt key of RODC `rodc`, 0 being the domain's own.
    #[must_use]
    pub const fn new(rodc: u16, version: u16) -> Self {
        Self(((rodc as u32) << 16) | version as u32)
    }

    /// The number of the RODC, 0 for a key of the domain or of an ordinary account.
    #[must_use]
    pub const fn rodc_number(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The version of the key: its low 16 bits, which is all the wire has.
    #[must_use]
    pub const fn version(self) -> u16 {
        (self.0 & 0xFFFF) as u16
    }
}

/// `0x53D704B3 = RODC 21463, version 1203`, or `2` for a key without an RODC.
impl fmt::Display for Kvno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rodc_number() == 0 {
            return write!(f, "{}", self.0);
        }
        write!(
            f,
            "0x{:08X} = RODC {}, version {}",
            self.0,
            self.rodc_number(),
            self.version()
        )
    }
}

/// A nonce or sequence number (`UInt32` of RFC 4120 section 5.2.4): some senders write it signed, so both are read.
/// The unsigned form is written, as the ASN.1 has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UInt32(pub u32);

impl From<u32> for UInt32 {
    fn from(number: u32) -> Self {
        Self(number)
    }
}

impl fmt::Display for UInt32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Microseconds within a second, 0 to 999,999 (RFC 4120 section 5.2.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Microseconds(u32);

impl Microseconds {
    /// The number, if it is below one second.
    #[must_use]
    pub const fn new(microseconds: u32) -> Option<Self> {
        if microseconds < 1_000_000 {
            Some(Self(microseconds))
        } else {
            None
        }
    }

    /// The number of microseconds.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl From<crate::Timestamp> for Microseconds {
    fn from(time: crate::Timestamp) -> Self {
        Self(time.subsec_micros() % 1_000_000)
    }
}

/// The protocol version, which is always 5: any other is refused where it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pvno;

/// The number of a message inside of it, which must be that of its tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MsgType<const NUMBER: i32>;

/// Writes the three impls of an INTEGER whose reading and writing are not the derived ones.
macro_rules! integer {
    ($type:ty $(, $generic:ident)?; |$found:ident| $read:expr; |$this:ident| $write:expr) => {
        impl $(<const $generic: i32>)? AsnType for $type {
            const TAG: Tag = Tag::INTEGER;
        }

        impl $(<const $generic: i32>)? Decode for $type {
            fn decode_with_tag_and_constraints<D: Decoder>(decoder: &mut D, tag: Tag, _: &Constraints) -> Result<Self, D::Error> {
                let $found: i64 = decoder.decode_integer(tag, &Constraints::NONE)?;
                let read: Result<Self, String> = $read;
                read.map_err(|why| D::Error::custom(why, decoder.codec()))
            }
        }

        impl $(<const $generic: i32>)? Encode for $type {
            fn encode_with_tag_and_constraints<'b, E: Encoder<'b>>(
                &self,
                encoder: &mut E,
                tag: Tag,
                _: &Constraints,
                identifier: Identifier,
            ) -> Result<(), E::Error> {
                let $this = self;
                encoder.encode_integer::<i64>(tag, &Constraints::NONE, &i64::from($write), identifier)?;
                Ok(())
            }
        }
    };
}

integer!(Kvno; |found| either_sign(found).map(Self).ok_or_else(|| format!("a key version needs 32 bits, found {found}")); |this| this.0.cast_signed());
integer!(UInt32; |found| either_sign(found).map(Self).ok_or_else(|| format!("expected a number of 32 bits, found {found}")); |this| this.0);
integer!(Microseconds; |found| u32::try_from(found).ok().and_then(Self::new).ok_or_else(|| format!("expected 0 to 999999 microseconds, found {found}")); |this| this.0);
integer!(Pvno; |found| if found == 5 { Ok(Self) } else { Err(format!("expected version 5, found {found}")) }; |_this| 5_i32);
integer!(MsgType<NUMBER>, NUMBER; |found| if found == i64::from(NUMBER) { Ok(Self) } else { Err(format!("expected message type {NUMBER}, found {found}")) }; |_this| NUMBER);

/// The 32 bits of a number that was written signed or unsigned.
fn either_sign(number: i64) -> Option<u32> {
    u32::try_from(number)
        .ok()
        .or_else(|| i32::try_from(number).ok().map(i32::cast_unsigned))
}
