//! Bit strings: always 32 bits when written, of any length when read.

use bitflags::bitflags;

bitflags! {
    /// Flags of a ticket (RFC 4120 section 5.3, RFC 6806 section 3, RFC 6112, RFC 6113).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct TicketFlags: u32 {
        /// A forwarded TGT may be asked for.
        const FORWARDABLE = 0x4000_0000;
        /// It was forwarded, or follows from a forwarded one.
        const FORWARDED = 0x2000_0000;
        /// A proxy ticket may be asked for.
        const PROXIABLE = 0x1000_0000;
        /// It is a proxy ticket.
        const PROXY = 0x0800_0000;
        /// A postdated ticket may be asked for.
        const MAY_POSTDATE = 0x0400_0000;
        /// It was postdated.
        const POSTDATED = 0x0200_0000;
        /// It must be validated by the KDC first.
        const INVALID = 0x0100_0000;
        /// It can be renewed.
        const RENEWABLE = 0x0080_0000;
        /// It came from an AS exchange.
        const INITIAL = 0x0040_0000;
        /// The client proved itself before it was issued.
        const PRE_AUTHENT = 0x0020_0000;
        /// The client proved itself with hardware.
        const HW_AUTHENT = 0x0010_0000;
        /// The KDC checked the transited realms.
        const TRANSITED_POLICY_CHECKED = 0x0008_0000;
        /// The service is trusted for delegation.
        const OK_AS_DELEGATE = 0x0004_0000;
        /// The KDC answers with encrypted pre-authentication data. Older Windows shows this bit as `name_canonicalize`.
        const ENC_PA_REP = 0x0001_0000;
        /// The client is anonymous.
        const ANONYMOUS = 0x0000_8000;
        /// Any other bit is kept.
        const _ = !0;
    }

    /// Options of a KDC request (RFC 4120 section 5.4.1, RFC 6806, MS-SFU section 2.2.3).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct KdcOptions: u32 {
        /// A forwardable ticket.
        const FORWARDABLE = 0x4000_0000;
        /// A forwarded ticket.
        const FORWARDED = 0x2000_0000;
        /// A proxiable ticket.
        const PROXIABLE = 0x1000_0000;
        /// A proxy ticket.
        const PROXY = 0x0800_0000;
        /// A ticket that may be postdated.
        const ALLOW_POSTDATE = 0x0400_0000;
        /// A postdated ticket.
        const POSTDATED = 0x0200_0000;
        /// A renewable ticket.
        const RENEWABLE = 0x0080_0000;
        /// PKINIT with hardware.
        const OPT_HARDWARE_AUTH = 0x0010_0000;
        /// S4U2Proxy: the client's name is in the additional ticket.
        const CNAME_IN_ADDL_TKT = 0x0002_0000;
        /// Names may be canonicalised and realms referred to.
        const CANONICALIZE = 0x0001_0000;
        /// An anonymous ticket.
        const REQUEST_ANONYMOUS = 0x0000_8000;
        /// The transited realms need not be checked.
        const DISABLE_TRANSITED_CHECK = 0x0000_0020;
        /// A renewable ticket will do if the life asked for is not granted.
        const RENEWABLE_OK = 0x0000_0010;
        /// The ticket is to be encrypted with the session key of the additional ticket.
        const ENC_TKT_IN_SKEY = 0x0000_0008;
        /// The ticket is to be renewed.
        const RENEW = 0x0000_0002;
        /// The ticket is to be validated.
        const VALIDATE = 0x0000_0001;
        /// Any other bit is kept.
        const _ = !0;
    }

    /// Options of an AP-REQ (RFC 4120 section 5.5.1).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct ApOptions: u32 {
        /// The ticket is encrypted with the session key of the service's TGT.
        const USE_SESSION_KEY = 0x4000_0000;
        /// The client wants an AP-REP.
        const MUTUAL_REQUIRED = 0x2000_0000;
        /// Any other bit is kept.
        const _ = !0;
    }

    /// What a client can do with a PAC (MS-KILE section 2.2.10, MS-SFU section 2.2.5).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct PacOptions: u32 {
        /// Claims are understood.
        const CLAIMS = 0x8000_0000;
        /// The client knows of branch offices and their read-only domain controllers.
        const BRANCH_AWARE = 0x4000_0000;
        /// The request is to go to a writable domain controller.
        const FORWARD_TO_FULL_DC = 0x2000_0000;
        /// Resource-based constrained delegation.
        const RESOURCE_BASED_CONSTRAINED_DELEGATION = 0x1000_0000;
        /// Any other bit is kept.
        const _ = !0;
    }

    /// Options of PA-S4U-X509-USER (MS-SFU section 2.2.2).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct S4uOptions: u32 {
        /// The logon hours of the user are to be checked.
        const CHECK_LOGON_HOURS = 0x4000_0000;
        /// The reply is signed with key usage 27.
        const SIGN_REPLY = 0x2000_0000;
        /// Any other bit is kept.
        const _ = !0;
    }

    /// Encryption types of an account as a mask (MS-KILE section 2.2.7), 4 octets little-endian in PA-SUPPORTED-ENCTYPES.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct SupportedEnctypes: u32 {
        /// des-cbc-crc.
        const DES_CBC_CRC = 0x01;
        /// des-cbc-md5.
        const DES_CBC_MD5 = 0x02;
        /// rc4-hmac.
        const RC4_HMAC = 0x04;
        /// aes128-cts-hmac-sha1-96.
        const AES128_CTS_HMAC_SHA1_96 = 0x08;
        /// aes256-cts-hmac-sha1-96.
        const AES256_CTS_HMAC_SHA1_96 = 0x10;
        /// An AES session key even where the ticket is not AES.
        const AES256_SK = 0x20;
        /// FAST.
        const FAST_SUPPORTED = 0x0001_0000;
        /// Compound identity.
        const COMPOUND_IDENTITY_SUPPORTED = 0x0002_0000;
        /// Claims.
        const CLAIMS_SUPPORTED = 0x0004_0000;
        /// No SID compression.
        const RESOURCE_SID_COMPRESSION_DISABLED = 0x0008_0000;
        /// Any other bit is kept.
        const _ = !0;
    }
}

/// Names of the bits that are set, in the order of the wire, `0x00000004` for those without a name.
macro_rules! bit_names {
    ($($type:ident)+) => {$(
        impl $type {
            /// The names of the bits that are set; what has no name is the last entry, in hexadecimal.
            #[must_use]
            pub fn bit_names(self) -> Vec<String> {
                let mut names: Vec<String> = self.iter_names().map(|(name, _)| name.to_ascii_lowercase()).collect();
                let known = self.iter_names().fold(0, |bits, (_, flag)| bits | flag.bits());
                if self.bits() & !known != 0 {
                    names.push(format!("0x{:08x}", self.bits() & !known));
                }
                names
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "0x{:08x}", self.bits())?;
                for name in self.bit_names() {
                    write!(f, " {name}")?;
                }
                Ok(())
            }
        }
    )+};
}
bit_names!(TicketFlags KdcOptions ApOptions PacOptions S4uOptions SupportedEnctypes);

macro_rules! kerberos_flags {
    ($($type:ident)+) => {$(
        impl rasn::AsnType for $type {
            const TAG: rasn::types::Tag = rasn::types::Tag::BIT_STRING;
        }

        impl rasn::Decode for $type {
            fn decode_with_tag_and_constraints<D: rasn::Decoder>(decoder: &mut D, tag: rasn::types::Tag, _: &rasn::types::Constraints) -> Result<Self, D::Error> {
                let codec = decoder.codec();
                use rasn::de::Error as _;
                let bits: $crate::wire::flags::Bits = decoder.decode_octet_string(tag, &rasn::types::Constraints::NONE)?;
                let bits = bits.0.ok_or_else(|| D::Error::custom("expected a BIT STRING", codec))?;
                Ok(Self::from_bits_retain(bits))
            }
        }

        impl rasn::Encode for $type {
            fn encode_with_tag_and_constraints<'b, E: rasn::Encoder<'b>>(
                &self,
                encoder: &mut E,
                tag: rasn::types::Tag,
                _: &rasn::types::Constraints,
                identifier: rasn::types::Identifier,
            ) -> Result<(), E::Error> {
                let [a, b, c, d] = self.bits().to_be_bytes();
                // the contents of a BIT STRING: the number of unused bits, then the bits
                encoder.encode_octet_string(tag, &rasn::types::Constraints::NONE, &[0, a, b, c, d], identifier)?;
                Ok(())
            }
        }
    )+};
}
pub(crate) use kerberos_flags;
kerberos_flags!(TicketFlags KdcOptions ApOptions PacOptions S4uOptions);

/// The first 32 bits of the contents of a BIT STRING, zeros where it is shorter; nothing if it is not one.
pub(crate) struct Bits(pub(crate) Option<u32>);

impl From<&[u8]> for Bits {
    fn from(contents: &[u8]) -> Self {
        let Some((&unused, octets)) = contents.split_first() else {
            return Self(None);
        };
        if unused > 7 || (octets.is_empty() && unused != 0) {
            return Self(None);
        }
        let mut word = [0_u8; 4];
        for (to, from) in word.iter_mut().zip(octets) {
            *to = *from;
        }
        let length = octets.len() * 8 - usize::from(unused);
        let mask = match length {
            0 => 0,
            1..=31 => !0_u32 << (32 - length),
            _ => !0,
        };
        Self(Some(u32::from_be_bytes(word) & mask))
    }
}

impl From<Vec<u8>> for Bits {
    fn from(contents: Vec<u8>) -> Self {
        Self::from(contents.as_slice())
    }
}

impl SupportedEnctypes {
    /// The value of PA-SUPPORTED-ENCTYPES.
    #[must_use]
    pub const fn to_octets(self) -> [u8; 4] {
        self.bits().to_le_bytes()
    }

    /// Reads the value of PA-SUPPORTED-ENCTYPES, which is exactly four octets.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        octets
            .try_into()
            .ok()
            .map(|octets| Self::from_bits_retain(u32::from_le_bytes(octets)))
    }
}
