//! Authorization data: containers, and what is known of their contents.

use rasn::types::OctetString;
use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};
use rasn_kerberos::{AuthorizationDataValue, Checksum};

use super::name::PrincipalName;
use super::text::Realm;
use crate::codes::AdType;

/// A list of authorization data (RFC 4120 section 5.2.6), which is also the content of AD-IF-RELEVANT.
#[derive(AsnType, Decode, Encode, Clone, Debug, Default, PartialEq, Eq)]
#[rasn(delegate)]
pub struct AuthorizationData(pub Vec<AuthorizationDataValue>);

impl AuthorizationData {
    /// One element.
    #[must_use]
    pub fn single(kind: AdType, data: impl Into<OctetString>) -> Self {
        Self(vec![AuthorizationDataValue {
            r#type: kind.number(),
            data: data.into(),
        }])
    }

    /// A PAC, as Windows puts it into a ticket: AD-WIN2K-PAC in AD-IF-RELEVANT.
    #[must_use]
    pub fn from_pac(pac: impl Into<OctetString>) -> Self {
        Self::single(AdType::WIN2K_PAC, pac).if_relevant()
    }

    /// These data in an AD-IF-RELEVANT.
    #[must_use]
    pub fn if_relevant(&self) -> Self {
        Self::single(AdType::IF_RELEVANT, self.encode())
    }

    /// The octets of the first PAC, which lies in an AD-IF-RELEVANT. Containers that cannot be read are passed over.
    #[must_use]
    pub fn pac(&self) -> Option<OctetString> {
        self.find(AdType::WIN2K_PAC)
    }

    /// The first element of a type, at the top or within an AD-IF-RELEVANT.
    #[must_use]
    pub fn find(&self, kind: AdType) -> Option<OctetString> {
        self.0.iter().find_map(|element| {
            if element.r#type == kind.number() {
                return Some(element.data.clone());
            }
            if element.r#type != AdType::IF_RELEVANT.number() {
                return None;
            }
            let inner = Self::decode(&element.data).ok()?;
            inner
                .0
                .into_iter()
                .find(|element| element.r#type == kind.number())
                .map(|element| element.data)
        })
    }
}

/// Data that a KDC vouches for (RFC 4120 section 5.2.6.2).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct AdKdcIssued {
    /// Checksum over the elements, key usage 19.
    #[rasn(tag(explicit(0)))]
    pub ad_checksum: Checksum,
    /// Realm of the issuer.
    #[rasn(tag(explicit(1)))]
    pub i_realm: Option<Realm>,
    /// Name of the issuer.
    #[rasn(tag(explicit(2)))]
    pub i_sname: Option<PrincipalName>,
    /// The data.
    #[rasn(tag(explicit(3)))]
    pub elements: AuthorizationData,
}

/// An entry of KERB-AUTH-DATA-TOKEN-RESTRICTIONS (KERB-AD-RESTRICTION-ENTRY, MS-KILE section 2.2.6).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq)]
pub struct TokenRestrictions {
    /// The kind of restriction, 0.
    #[rasn(tag(explicit(0)))]
    pub restriction_type: i32,
    /// An LSAP_TOKEN_INFO_INTEGRITY.
    #[rasn(tag(explicit(1)))]
    pub restriction: OctetString,
}

super::der_value!(
    AuthorizationData => "AuthorizationData",
    AdKdcIssued => "AD-KDCIssued",
    TokenRestrictions => "KERB-AD-RESTRICTION-ENTRY",
);
