//! The trusted domain object for the cloud realm, in AD and in the tenant.

use std::sync::Arc;

use cloud_sim::{CLOUD_REALM, Tenant, TrustedDomain};
use kdc_sim::directory::{KeyRing, KeySet, TrustAttributes, TrustSpec};
use kerberos::crypto::Etype;

use crate::lab::{Lab, identity};
use crate::world::World;
use crate::world::administration::{ActionError, unknown};

impl World {
    /// The trusted domain object is of the inbound direction: the cloud realm trusts this domain.
    pub(crate) fn setup_cloud_trust(
        &mut self,
        domain: &Arc<str>,
        tenant: Option<&Arc<str>>,
    ) -> Result<(), ActionError> {
        let index = self.domain_index(domain)?;
        let tenant = self.tenant_of_domain(index, tenant)?;
        let lab = Arc::clone(self.lab());
        let declared = lab.lab().domains.get_index(index).map(|(_, domain)| domain);
        if declared.is_some_and(|domain| domain.parent.is_some()) {
            return Err(ActionError::CloudTrustInChild {
                domain: Arc::clone(domain),
            });
        }
        let keys = cloud_trust_keys(lab.lab(), domain);
        let Some(key) = keys.key(Etype::Aes256CtsHmacSha196).cloned() else {
            return Err(unknown("key of the trust of", domain));
        };
        let realm = self.domains()[index].realm().to_string();
        let suffixes = top_level_names(&self.tenants()[tenant].0);
        self.change_domain(index, |builder| {
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

    pub(crate) fn remove_cloud_trust(&mut self, domain: &Arc<str>) -> Result<(), ActionError> {
        let index = self.domain_index(domain)?;
        self.change_domain(index, |builder| {
            builder.remove_trust(CLOUD_REALM);
        })?;
        let realm = self.domains()[index].realm().to_string().to_uppercase();
        for tenant in 0..self.tenants().len() {
            self.change_tenant(tenant, |tenant| {
                tenant.trusted_domains.remove(&realm);
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
