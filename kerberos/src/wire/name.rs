//! Names of principals.

use std::fmt;

use rasn::{AsnType, Decode, Decoder as _, Encode, Encoder as _};

use super::text::KerberosText;
pub use crate::codes::NameType;

/// A principal's name without its realm (RFC 4120 section 5.2.2).
#[derive(AsnType, Decode, Encode, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrincipalName {
    /// A hint to what the components mean: two names that differ only here are the same.
    #[rasn(tag(explicit(0)))]
    pub name_type: NameType,
    /// The components, at least one in any name that is of use.
    #[rasn(tag(explicit(1)))]
    pub components: Vec<KerberosText>,
}

impl PrincipalName {
    /// A name of any type from its components.
    #[must_use]
    pub fn new<C>(name_type: NameType, components: impl IntoIterator<Item = C>) -> Self
    where
        C: Into<KerberosText>,
    {
        Self {
            name_type,
            components: components.into_iter().map(Into::into).collect(),
        }
    }

    /// An account by its own name: NT-PRINCIPAL with one component.
    #[must_use]
    pub fn principal(name: impl Into<KerberosText>) -> Self {
        Self {
            name_type: NameType::PRINCIPAL,
            components: vec![name.into()],
        }
    }

    /// A user principal name as one component, which the KDC has to resolve: NT-ENTERPRISE.
    #[must_use]
    pub fn enterprise(upn: impl Into<KerberosText>) -> Self {
        Self {
            name_type: NameType::ENTERPRISE,
            components: vec![upn.into()],
        }
    }

    /// A service and its instance: NT-SRV-INST, as `cifs/files.corp.example`.
    #[must_use]
    pub fn service_instance<C>(components: impl IntoIterator<Item = C>) -> Self
    where
        C: Into<KerberosText>,
    {
        Self::new(NameType::SRV_INST, components)
    }

    /// The ticket-granting service of a realm: `krbtgt/REALM`.
    #[must_use]
    pub fn krbtgt(realm: impl Into<KerberosText>) -> Self {
        Self {
            name_type: NameType::SRV_INST,
            components: vec!["krbtgt".into(), realm.into()],
        }
    }

    /// A service name in one string, `class/host[/name]`, as NT-SRV-INST; without a slash it is a NT-PRINCIPAL.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.contains('/') {
            Self::service_instance(text.split('/'))
        } else {
            Self::principal(text)
        }
    }

    /// The realm that a ticket-granting service serves, if this names one.
    #[must_use]
    pub fn krbtgt_realm(&self) -> Option<&KerberosText> {
        match self.components.as_slice() {
            [service, realm] if *service == "krbtgt" => Some(realm),
            _ => None,
        }
    }

    /// Whether both have the same components, whatever their types (RFC 4120 section 6.2).
    #[must_use]
    pub fn same_name(&self, other: &Self) -> bool {
        self.components == other.components
    }
}

impl fmt::Display for PrincipalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, component) in self.components.iter().enumerate() {
            if index > 0 {
                f.write_str("/")?;
            }
            write!(f, "{component}")?;
        }
        Ok(())
    }
}
