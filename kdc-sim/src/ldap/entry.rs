//! Entries: a name and attributes with values, as they go on the wire.

use kerberos::sid::Sid;

/// An entry of the directory.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its distinguished name.
    pub(super) dn: String,
    /// The same in normal form.
    pub(super) normal: String,
    pub(super) attributes: Vec<Attribute>,
}

/// An attribute of an entry.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    /// lDAPDisplayName.
    pub(super) name: &'static str,
    pub(super) syntax: Syntax,
    pub(super) values: Vec<Vec<u8>>,
    /// Whether it is shown only to who asks for it by its name.
    pub(super) constructed: bool,
}

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Letters, whatever their case.
    Text,
    /// Numbers.
    Integer,
    /// A distinguished name.
    Name,
    /// A SID: may be asked for by its text.
    Sid,
    /// Octets.
    Octets,
}

impl Entry {
    pub(super) fn new(dn: String, classes: &[&str]) -> Self {
        let entry = Self {
            normal: super::dn::normal(&dn),
            dn,
            attributes: Vec::new(),
        };
        let dn = entry.dn.clone();
        entry
            .texts("objectClass", classes.iter().copied())
            .name("distinguishedName", &dn)
    }

    pub(super) fn with(mut self, name: &'static str, syntax: Syntax, values: Vec<Vec<u8>>) -> Self {
        if !values.is_empty() {
            self.attributes.push(Attribute {
                name,
                syntax,
                values,
                constructed: false,
            });
        }
        self
    }

    /// Makes the attribute that was added last one that is shown only to who asks for it.
    pub(super) fn constructed(mut self, name: &str) -> Self {
        if let Some(attribute) = self
            .attributes
            .last_mut()
            .filter(|attribute| attribute.name == name)
        {
            attribute.constructed = true;
        }
        self
    }

    pub(super) fn text(self, name: &'static str, value: &str) -> Self {
        self.texts(name, [value])
    }

    pub(super) fn texts<'v>(self, name: &'static str, values: impl IntoIterator<Item = &'v str>) -> Self {
        let values = values.into_iter().map(|value| value.as_bytes().to_vec());
        self.with(name, Syntax::Text, values.collect())
    }

    pub(super) fn number(self, name: &'static str, value: i64) -> Self {
        self.with(name, Syntax::Integer, vec![value.to_string().into_bytes()])
    }

    pub(super) fn name(self, name: &'static str, value: &str) -> Self {
        self.with(name, Syntax::Name, vec![value.as_bytes().to_vec()])
    }

    pub(super) fn names(self, name: &'static str, values: Vec<String>) -> Self {
        self.with(
            name,
            Syntax::Name,
            values.into_iter().map(String::into_bytes).collect(),
        )
    }

    pub(super) fn sid(self, name: &'static str, value: &Sid) -> Self {
        self.with(name, Syntax::Sid, vec![value.to_bytes()])
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}
