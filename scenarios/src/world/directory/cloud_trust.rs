//! The trusted domain object for the cloud realm, in AD and in the tenant.

use std::sync::Arc;

use cloud_sim::{CLOUD_REALM, Tenant, TrustedDomain};
use kdc_sim::directory::{KeyRing, KeySet, TrustAttributes, TrustSpec};
use kerberos::crypto::Etype;

use crate::lab::{Lab, identity};
use crate::world::World;
use crate::world::administration::{ActionError, unknown};

impl World {
    /// Whether a domain is the root of its forest: the trusted domain object stands there only.
    ///
    /// # Errors
    /// It is not.
    pub(crate) fn may_have_cloud_trust(&self, domain: usize) -> Result<(), ActionError> {
        match self.lab().lab().domains.get_index(domain) {
            Some((_, declared)) if declared.parent.is_some() => Err(ActionError::CloudTrustInChild {
                domain: declared.dns_name.as_str().into(),
            }),
            _ => Ok(()),
        }
    }

    /// Makes the trusted domain object and gives its key to a tenant. The trust is inbound: the cloud realm trusts this domain.
    ///
    /// # Errors
    /// The domain is not the root of its forest, or the directory refuses.
    pub(crate) fn set_up_cloud_trust(&mut self, domain: usize, tenant: usize) -> Result<(), ActionError> {
        self.may_have_cloud_trust(domain)?;
        let dns_name = Arc::clone(self.domains()[domain].dns_name());
        let keys = cloud_trust_keys(self.lab().lab(), &dns_name);
        let Some(key) = keys.key(Etype::Aes256CtsHmacSha196).cloned() else {
            return Err(unknown("key of the trust of", &dns_name));
        };
        let realm = self.domains()[domain].realm().to_string();
        let suffixes = top_level_names(&self.tenants()[tenant].0);
        self.change_domain(domain, |builder| {
            builder.remove_trust(CLOUD_REALM);
            builder.trust(TrustSpec {
                realm: CLOUD_REALM.into(),
                netbios: CLOUD_REALM.into(),
                sid: None,
                attributes: TrustAttributes::FOREST_TRANSITIVE,
                incoming: Some(KeyRing::new(keys)),
                outgoing: None,
                suffixes,
                beyond: Vec::new(),
                domains: Vec::new(),
            });
        })?;
        self.change_tenant(tenant, |tenant| {
            *tenant = tenant.clone().with_trusted_domain(TrustedDomain { realm, key });
        });
        Ok(())
    }

    /// Removes the trusted domain object, and its key from every tenant.
    ///
    /// # Errors
    /// The directory refuses.
    pub(crate) fn remove_cloud_trust(&mut self, domain: usize) -> Result<(), ActionError> {
        self.change_domain(domain, |builder| {
            builder.remove_trust(CLOUD_REALM);
        })?;
        let realm = self.domains()[domain].realm().to_string();
        for tenant in 0..self.tenants().len() {
            self.change_tenant(tenant, |tenant| {
                *tenant = tenant.clone().without_trusted_domain(&realm);
            });
        }
        Ok(())
    }
}

/// The keys of a domain's trusted domain object for the cloud realm.
fn cloud_trust_keys(lab: &Lab, domain: &str) -> KeySet {
    let name = format!("cloud trust of {}", domain.to_lowercase());
    KeySet::generate(1, &mut identity::stream(lab.seed, "keys", &name))
}

/// The suffixes of the trusted domain object; what names a port is for clients only.
fn top_level_names(tenant: &Tenant) -> Vec<Arc<str>> {
    let names = tenant.settings.kerberos_top_level_names.split(',');
    names
        .filter(|name| !name.is_empty() && !name.contains(':'))
        .map(|name| name.trim_start_matches('.').into())
        .collect()
}
