//! METHOD-DATA: a list of pre-authentication data.

use rasn::types::OctetString;
use rasn::{AsnType, Decode, Encode};

use super::padata::PaData;
use crate::codes::PaDataType;

/// A list of pre-authentication data (RFC 4120 section 5.2.7 and 5.9.1): the `padata` of messages, the error data of
/// PREAUTH_REQUIRED, and the encrypted pre-authentication data of a reply.
#[derive(AsnType, Decode, Encode, Clone, Debug, Default, PartialEq, Eq)]
#[rasn(delegate)]
pub struct MethodData(pub Vec<PaData>);

impl MethodData {
    /// The value of the first element of a type.
    #[must_use]
    pub fn find(&self, kind: PaDataType) -> Option<&OctetString> {
        self.0
            .iter()
            .find(|element| element.padata_type == kind)
            .map(|element| &element.padata_value)
    }

    /// Whether there is an element of a type.
    #[must_use]
    pub fn contains(&self, kind: PaDataType) -> bool {
        self.find(kind).is_some()
    }

    /// Adds an element at the end.
    pub fn push(&mut self, kind: PaDataType, value: impl Into<OctetString>) {
        self.0.push(PaData::new(kind, value));
    }

    /// Adds an element at the end.
    #[must_use]
    pub fn with(mut self, kind: PaDataType, value: impl Into<OctetString>) -> Self {
        self.push(kind, value);
        self
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The elements in order.
    pub fn iter(&self) -> std::slice::Iter<'_, PaData> {
        self.0.iter()
    }
}

impl FromIterator<PaData> for MethodData {
    fn from_iter<I: IntoIterator<Item = PaData>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

super::der_value!(MethodData => "METHOD-DATA");
