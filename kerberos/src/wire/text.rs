//! Strings of Kerberos: octets that are mostly UTF-8.

use std::borrow::Cow;
use std::fmt;

use rasn::types::OctetString;
use rasn::{AsnType, Decode, Encode};

/// A `KerberosString` (RFC 4120 section 5.2.1): a GeneralString on the wire, UTF-8 in Active Directory, and kept as the
/// octets that came, so a name in another encoding survives being passed on.
#[derive(AsnType, Decode, Encode, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[rasn(delegate, tag(universal, 27))]
pub struct KerberosText(OctetString);

/// A realm (RFC 4120 section 6.1), compared octet by octet.
pub type Realm = KerberosText;

impl KerberosText {
    /// The octets as on the wire.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text, with U+FFFD for what is not UTF-8: for people, never for comparing.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Whether both are the same but for the case of ASCII letters, as Active Directory compares realms.
    #[must_use]
    pub fn eq_ignore_ascii_case(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other.as_bytes())
    }

    /// Whether there are no octets.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for KerberosText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_text())
    }
}

impl fmt::Debug for KerberosText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

impl From<&str> for KerberosText {
    fn from(text: &str) -> Self {
        Self(OctetString::from(text.as_bytes()))
    }
}

impl From<String> for KerberosText {
    fn from(text: String) -> Self {
        Self(OctetString::from(text.into_bytes()))
    }
}

impl From<&[u8]> for KerberosText {
    fn from(octets: &[u8]) -> Self {
        Self(OctetString::from(octets))
    }
}

impl PartialEq<str> for KerberosText {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for KerberosText {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}
