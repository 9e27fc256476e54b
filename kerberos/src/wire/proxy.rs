//! What travels beside Kerberos messages: the KDC proxy's envelope and the password change.

use rasn::types::OctetString;
use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};

use super::name::PrincipalName;
use super::text::Realm;

/// KDC-PROXY-MESSAGE (MS-KKDCP section 2.2.2).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct KdcProxyMessage {
    /// A Kerberos message with its length in 4 octets before it, as on TCP.
    #[rasn(tag(explicit(0)))]
    pub kerb_message: OctetString,
    /// The realm to send it to; absent in replies.
    #[rasn(tag(explicit(1)))]
    pub target_domain: Option<Realm>,
    /// Flags for finding a domain controller.
    #[rasn(tag(explicit(2)))]
    pub dclocator_hint: Option<i32>,
}

/// The data of a request to set a password (RFC 3244 section 2).
#[derive(AsnType, Decode, Encode, Clone, PartialEq, Eq)]
pub struct ChangePasswdData {
    /// The new password, UTF-8.
    #[rasn(tag(explicit(0)))]
    pub new_password: OctetString,
    /// Whose password it is.
    #[rasn(tag(explicit(1)))]
    pub target_name: Option<PrincipalName>,
    /// Their realm.
    #[rasn(tag(explicit(2)))]
    pub target_realm: Option<Realm>,
}

impl std::fmt::Debug for ChangePasswdData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangePasswdData")
            .field("target_name", &self.target_name)
            .field("target_realm", &self.target_realm)
            .finish_non_exhaustive()
    }
}

super::der_value!(KdcProxyMessage => "KDC-PROXY-MESSAGE", ChangePasswdData => "ChangePasswdData");
