//! Security identifiers, MS-DTYP section 2.4.2.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// A security identifier of revision 1, such as `S-1-5-21-1004336348-1177238915-682003330-512`.
///
/// Kept inline, without allocation: MS-DTYP allows at most 15 sub-authorities.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    /// Big-endian, as on the wire.
    authority: [u8; 6],
    count: u8,
    /// Slots past `count` are zero, so that the derived comparisons hold.
    sub_authorities: [u32; Self::MAX_SUB_AUTHORITIES],
}

impl Sid {
    /// The most sub-authorities a SID can have (MS-DTYP section 2.4.2.2).
    pub const MAX_SUB_AUTHORITIES: usize = 15;

    /// `S-1-18-1`: the account proved its identity to the authentication authority itself.
    pub const AUTHENTICATION_AUTHORITY_ASSERTED: Self = Self::constant(18, &[1]);
    /// `S-1-18-2`: a service asserted the identity (S4U2Self).
    pub const SERVICE_ASSERTED: Self = Self::constant(18, &[2]);
    /// `S-1-18-3`: authenticated with a fresh public key.
    pub const FRESH_PUBLIC_KEY: Self = Self::constant(18, &[3]);
    /// `S-1-5-21-0-0-0-496`: the token is a compound of user and device.
    pub const COMPOUNDED_AUTHENTICATION: Self = Self::constant(5, &[21, 0, 0, 0, 496]);
    /// `S-1-5-21-0-0-0-497`: the claims in the token are valid.
    pub const CLAIMS_VALID: Self = Self::constant(5, &[21, 0, 0, 0, 497]);
    /// `S-1-5-1000`: Other Organization, for users who came over a trust with selective authentication.
    pub const OTHER_ORGANIZATION: Self = Self::constant(5, &[1000]);
    /// `S-1-1-0`: Everyone.
    pub const EVERYONE: Self = Self::constant(1, &[0]);
    /// `S-1-5-11`: Authenticated Users.
    pub const AUTHENTICATED_USERS: Self = Self::constant(5, &[11]);

    /// A SID from its identifier authority (48 bits) and sub-authorities (at most 15).
    ///
    /// # Errors
    /// [`SidError::Authority`] and [`SidError::SubAuthorities`] when either is out of range.
    pub fn new(authority: u64, sub_authorities: &[u32]) -> Result<Self, SidError> {
        let [0, 0, authority @ ..] = authority.to_be_bytes() else {
            return Err(SidError::Authority { came: authority });
        };
        let mut slots = [0; Self::MAX_SUB_AUTHORITIES];
        slots
            .get_mut(..sub_authorities.len())
            .ok_or(SidError::SubAuthorities {
                came: sub_authorities.len(),
            })?
            .copy_from_slice(sub_authorities);
        Ok(Self {
            authority,
            count: sub_authorities.len() as u8,
            sub_authorities: slots,
        })
    }

    /// The SID of a domain: `S-1-5-21-a-b-c`.
    pub fn of_domain(identifier: [u32; 3]) -> Self {
        let [a, b, c] = identifier;
        Self::constant(5, &[21, a, b, c])
    }

    /// This SID with one more sub-authority, as an account's SID is made from its domain's.
    ///
    /// # Errors
    /// [`SidError::SubAuthorities`] when there are 15 already.
    pub fn with_rid(&self, rid: u32) -> Result<Self, SidError> {
        let mut sid = *self;
        let slot = sid
            .sub_authorities
            .get_mut(usize::from(sid.count))
            .ok_or(SidError::SubAuthorities {
                came: Self::MAX_SUB_AUTHORITIES + 1,
            })?;
        *slot = rid;
        sid.count += 1;
        Ok(sid)
    }

    /// The SID without its last sub-authority; `None` when there is none to take away.
    pub fn domain(&self) -> Option<Self> {
        let mut sid = *self;
        sid.count = sid.count.checked_sub(1)?;
        *sid.sub_authorities.get_mut(usize::from(sid.count))? = 0;
        Some(sid)
    }

    /// The relative identifier: the last sub-authority.
    pub fn rid(&self) -> Option<u32> {
        self.sub_authorities().last().copied()
    }

    /// The 48-bit identifier authority: 5 for `S-1-5-…`.
    pub fn authority(&self) -> u64 {
        let [a, b, c, d, e, f] = self.authority;
        u64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }

    /// The sub-authorities, in order.
    pub fn sub_authorities(&self) -> &[u32] {
        self.sub_authorities
            .get(..usize::from(self.count))
            .unwrap_or_default()
    }

    /// Reads a SID in its binary form (MS-DTYP section 2.4.2.2) that fills `octets` exactly.
    ///
    /// # Errors
    /// [`SidError`] when the revision is not 1, there are more than 15 sub-authorities, or the length is not
    /// 8 + 4 × their number.
    pub fn from_bytes(octets: &[u8]) -> Result<Self, SidError> {
        let (sid, rest) = Self::split_first(octets)?;
        if rest.is_empty() {
            Ok(sid)
        } else {
            Err(SidError::Length {
                expected: sid.encoded_len(),
                came: octets.len(),
            })
        }
    }

    /// Reads a SID from the start of `octets` and returns what follows it.
    pub(crate) fn split_first(octets: &[u8]) -> Result<(Self, &[u8]), SidError> {
        let Some((&[revision, count, a, b, c, d, e, f], rest)) = octets.split_first_chunk::<8>() else {
            return Err(SidError::Length {
                expected: 8,
                came: octets.len(),
            });
        };
        if revision != REVISION {
            return Err(SidError::Revision { came: revision });
        }
        let mut sub_authorities = [0; Self::MAX_SUB_AUTHORITIES];
        let slots =
            sub_authorities
                .get_mut(..usize::from(count))
                .ok_or_else(|| SidError::SubAuthorities {
                    came: usize::from(count),
                })?;
        let mut rest = rest;
        for slot in slots {
            let Some((word, after)) = rest.split_first_chunk::<4>() else {
                return Err(SidError::Length {
                    expected: 8 + 4 * usize::from(count),
                    came: octets.len(),
                });
            };
            *slot = u32::from_le_bytes(*word);
            rest = after;
        }
        Ok((
            Self {
                authority: [a, b, c, d, e, f],
                count,
                sub_authorities,
            },
            rest,
        ))
    }

    /// The binary form, [`encoded_len`](Self::encoded_len) octets.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(self.encoded_len());
        self.write_to(&mut octets);
        octets
    }

    /// Appends the binary form.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[REVISION, self.count]);
        out.extend_from_slice(&self.authority);
        for sub_authority in self.sub_authorities() {
            out.extend_from_slice(&sub_authority.to_le_bytes());
        }
    }

    /// The length of the binary form in octets: 8 + 4 for each sub-authority.
    pub fn encoded_len(&self) -> usize {
        8 + 4 * usize::from(self.count)
    }

    const fn constant(authority: u8, sub_authorities: &[u32]) -> Self {
        let mut slots = [0; Self::MAX_SUB_AUTHORITIES];
        let mut at = 0;
        while at < sub_authorities.len() {
            slots[at] = sub_authorities[at];
            at += 1;
        }
        Self {
            authority: [0, 0, 0, 0, 0, authority],
            count: sub_authorities.len() as u8,
            sub_authorities: slots,
        }
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // MS-DTYP section 2.4.2.1: an authority of 2^32 and more is written in hexadecimal.
        match self.authority() {
            small if small < 1 << 32 => write!(f, "S-1-{small}")?,
            large => write!(f, "S-1-0x{large:012X}")?,
        }
        self.sub_authorities()
            .iter()
            .try_for_each(|sub_authority| write!(f, "-{sub_authority}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sid {
    type Err = SidError;

    fn from_str(text: &str) -> Result<Self, SidError> {
        let malformed = || SidError::Text {
            came: text.to_owned(),
        };
        let mut parts = text.strip_prefix("S-1-").ok_or_else(malformed)?.split('-');
        let authority = match parts.next() {
            Some(part) => match part.strip_prefix("0x") {
                Some(hexadecimal) => unsigned(hexadecimal, 16),
                None => unsigned(part, 10),
            },
            None => None,
        };
        let sub_authorities = parts
            .map(|part| unsigned(part, 10).and_then(|value| u32::try_from(value).ok()))
            .collect::<Option<Vec<u32>>>();
        Self::new(
            authority.ok_or_else(malformed)?,
            &sub_authorities.ok_or_else(malformed)?,
        )
    }
}

impl Serialize for Sid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Why octets or text are not a security identifier.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SidError {
    /// The identifier authority needs more than 48 bits.
    #[error("identifier authority: expected at most 48 bits, came {came:#x}")]
    Authority {
        /// The value.
        came: u64,
    },
    /// The binary form is too short or too long.
    #[error("SID length: expected {expected} octets, came {came}")]
    Length {
        /// Octets that its header asks for.
        expected: usize,
        /// Octets there were.
        came: usize,
    },
    /// The revision is not 1.
    #[error("SID revision: expected 1, came {came}")]
    Revision {
        /// The revision.
        came: u8,
    },
    /// More than 15 sub-authorities.
    #[error("SID sub-authorities: expected at most 15, came {came}")]
    SubAuthorities {
        /// How many.
        came: usize,
    },
    /// Not the text form.
    #[error("expected a SID such as S-1-5-21-1-2-3-500, came {came:?}")]
    Text {
        /// The text.
        came: String,
    },
}

/// Digits only: `u64::from_str_radix` alone would take a sign.
fn unsigned(digits: &str, radix: u32) -> Option<u64> {
    if digits.starts_with('+') {
        None
    } else {
        u64::from_str_radix(digits, radix).ok()
    }
}

const REVISION: u8 = 1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_and_octets() {
        let sid: Sid = "S-1-5-21-1004336348-1177238915-682003330-512".parse().unwrap();
        let octets = hex::decode("010500000000000515000000dcf4dc3b833d2b46828ba62800020000").unwrap();
        assert_eq!(sid.to_bytes(), octets);
        assert_eq!(Sid::from_bytes(&octets), Ok(sid));
        assert_eq!(sid.rid(), Some(512));
        assert_eq!(
            sid.domain().unwrap().to_string(),
            "S-1-5-21-1004336348-1177238915-682003330"
        );
        assert_eq!(sid.domain().unwrap().with_rid(512), Ok(sid));
        assert_eq!(Sid::AUTHENTICATION_AUTHORITY_ASSERTED.to_string(), "S-1-18-1");
    }

    #[test]
    fn authority_turns_hexadecimal_at_33_bits() {
        assert_eq!(
            Sid::new((1 << 32) - 1, &[1]).unwrap().to_string(),
            "S-1-4294967295-1"
        );
        assert_eq!(
            Sid::new(1 << 32, &[1]).unwrap().to_string(),
            "S-1-0x000100000000-1"
        );
        assert_eq!(Sid::new(1 << 48, &[]), Err(SidError::Authority { came: 1 << 48 }));
    }

    #[test]
    fn fifteen_sub_authorities_fit_and_sixteen_do_not() {
        let full = Sid::new(5, &[7; 15]).unwrap();
        assert_eq!(Sid::from_bytes(&full.to_bytes()), Ok(full));
        assert_eq!(full.with_rid(1), Err(SidError::SubAuthorities { came: 16 }));
        assert_eq!(Sid::new(5, &[7; 16]), Err(SidError::SubAuthorities { came: 16 }));
        let octets = [&[1, 16, 0, 0, 0, 0, 0, 5][..], &[0; 64]].concat();
        assert_eq!(
            Sid::from_bytes(&octets),
            Err(SidError::SubAuthorities { came: 16 })
        );
    }

    #[test]
    fn one_octet_less_or_more_is_refused() {
        let octets = Sid::EVERYONE.to_bytes();
        let longer = [&octets[..], &[0]].concat();
        assert_eq!(
            Sid::from_bytes(&octets[..11]),
            Err(SidError::Length {
                expected: 12,
                came: 11
            })
        );
        assert_eq!(
            Sid::from_bytes(&longer),
            Err(SidError::Length {
                expected: 12,
                came: 13
            })
        );
        assert_eq!(
            Sid::from_bytes(&[2, 0, 0, 0, 0, 0, 0, 5]),
            Err(SidError::Revision { came: 2 })
        );
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "S-1-",
            "S-2-5",
            "S-1-5-",
            "S-1-5-+1",
            "S-1-5-4294967296",
            "s-1-5-18",
            "S-1-5-18 ",
        ] {
            assert!(text.parse::<Sid>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn both_forms_round_trip(
            authority in 0u64..1 << 48,
            sub_authorities in proptest::collection::vec(any::<u32>(), 0..=15),
        ) {
            let sid = Sid::new(authority, &sub_authorities).unwrap();
            prop_assert_eq!(Sid::from_bytes(&sid.to_bytes()), Ok(sid));
            prop_assert_eq!(sid.to_string().parse(), Ok(sid));
        }

        #[test]
        fn arbitrary_octets_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(sid) = Sid::from_bytes(&octets) {
                prop_assert_eq!(sid.to_bytes(), octets);
            }
        }
    }
}
