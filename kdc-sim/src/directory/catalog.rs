//! The global catalog: what every domain of a forest knows of the others' names.

use kerberos::wire::Realm;

use super::DomainSnapshot;
use super::names::NameIndex;

/// Which domain of a forest an SPN or userPrincipalName belongs to.
#[derive(Debug, Default)]
pub struct GlobalCatalog {
    realms: Vec<Realm>,
    by_spn: NameIndex,
    by_upn: NameIndex,
}

impl GlobalCatalog {
    /// The catalog of a forest's domains. A name that is in two of them is of no use, as in life.
    #[must_use]
    pub fn of<'a>(domains: impl IntoIterator<Item = &'a DomainSnapshot>) -> Self {
        let (mut spns, mut upns, mut realms) = (Vec::new(), Vec::new(), Vec::new());
        for (index, domain) in domains.into_iter().enumerate() {
            realms.push(domain.realm().clone());
            for account in domain.accounts() {
                spns.extend(account.spns.iter().map(|spn| (Box::from(&**spn), index)));
                upns.extend(account.upn.iter().map(|upn| (Box::from(&**upn), index)));
            }
        }
        Self {
            realms,
            by_spn: NameIndex::unique(spns),
            by_upn: NameIndex::unique(upns),
        }
    }

    /// The realm of the account with a service principal name.
    #[must_use]
    pub fn realm_of_spn(&self, spn: &str) -> Option<&Realm> {
        self.realms.get(self.by_spn.find(spn)?)
    }

    /// The realm of the account with a userPrincipalName.
    #[must_use]
    pub fn realm_of_upn(&self, upn: &str) -> Option<&Realm> {
        self.realms.get(self.by_upn.find(upn)?)
    }

    /// The realms of the forest.
    #[must_use]
    pub fn realms(&self) -> &[Realm] {
        &self.realms
    }
}
