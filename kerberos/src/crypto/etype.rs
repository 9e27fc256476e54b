//! The numbers and names of encryption and checksum types.

use core::fmt;

/// An encryption type (IANA "Kerberos Encryption Type Numbers").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Etype {
    /// 18, RFC 3962.
    Aes256CtsHmacSha196,
    /// 17, RFC 3962.
    Aes128CtsHmacSha196,
    /// 23, RFC 4757.
    Rc4Hmac,
}

impl Etype {
    /// All types, strongest first: the order Windows prefers.
    pub const ALL: [Self; 3] = [
        Self::Aes256CtsHmacSha196,
        Self::Aes128CtsHmacSha196,
        Self::Rc4Hmac,
    ];

    /// The number on the wire.
    pub const fn number(self) -> i32 {
        match self {
            Self::Aes256CtsHmacSha196 => 18,
            Self::Aes128CtsHmacSha196 => 17,
            Self::Rc4Hmac => 23,
        }
    }

    /// The type of a number, if it is one of these.
    pub const fn from_number(number: i32) -> Option<Self> {
        match number {
            18 => Some(Self::Aes256CtsHmacSha196),
            17 => Some(Self::Aes128CtsHmacSha196),
            23 => Some(Self::Rc4Hmac),
            _ => None,
        }
    }

    /// The name MIT and Heimdal tools print.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes256CtsHmacSha196 => "aes256-cts-hmac-sha1-96",
            Self::Aes128CtsHmacSha196 => "aes128-cts-hmac-sha1-96",
            Self::Rc4Hmac => "arcfour-hmac-md5",
        }
    }

    /// The length of a key in octets.
    pub const fn key_length(self) -> usize {
        match self {
            Self::Aes256CtsHmacSha196 => 32,
            Self::Aes128CtsHmacSha196 | Self::Rc4Hmac => 16,
        }
    }

    /// How many octets a ciphertext has more than its plaintext: confounder and integrity tag.
    pub const fn overhead(self) -> usize {
        match self {
            Self::Aes256CtsHmacSha196 | Self::Aes128CtsHmacSha196 => 16 + 12,
            Self::Rc4Hmac => 16 + 8,
        }
    }

    /// The checksum type keys of this type make.
    pub const fn checksum_type(self) -> ChecksumType {
        match self {
            Self::Aes256CtsHmacSha196 => ChecksumType::HmacSha196Aes256,
            Self::Aes128CtsHmacSha196 => ChecksumType::HmacSha196Aes128,
            Self::Rc4Hmac => ChecksumType::HmacMd5,
        }
    }
}

impl fmt::Display for Etype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A keyed checksum type (IANA "Kerberos Checksum Type Numbers").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChecksumType {
    /// 16, RFC 3962.
    HmacSha196Aes256,
    /// 15, RFC 3962.
    HmacSha196Aes128,
    /// -138, RFC 4757: `KERB_CHECKSUM_HMAC_MD5`.
    HmacMd5,
}

impl ChecksumType {
    /// The number on the wire. A PAC carries it as the same 32 bits (-138 is `FF FF FF 76`, little endian reversed).
    pub const fn number(self) -> i32 {
        match self {
            Self::HmacSha196Aes256 => 16,
            Self::HmacSha196Aes128 => 15,
            Self::HmacMd5 => -138,
        }
    }

    /// The type of a number, if it is one of these.
    pub const fn from_number(number: i32) -> Option<Self> {
        match number {
            16 => Some(Self::HmacSha196Aes256),
            15 => Some(Self::HmacSha196Aes128),
            -138 => Some(Self::HmacMd5),
            _ => None,
        }
    }

    /// The name MIT and Heimdal tools print.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacSha196Aes256 => "hmac-sha1-96-aes256",
            Self::HmacSha196Aes128 => "hmac-sha1-96-aes128",
            Self::HmacMd5 => "hmac-md5-rc4",
        }
    }

    /// The length of a checksum in octets.
    pub const fn length(self) -> usize {
        match self {
            Self::HmacSha196Aes256 | Self::HmacSha196Aes128 => 12,
            Self::HmacMd5 => 16,
        }
    }
}

impl fmt::Display for ChecksumType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
