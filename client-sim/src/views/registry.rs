//! The registry, as far as policies of sign-in stand there.

use evidence::registry::{
    HELLO_GROUP_POLICY, HELLO_MDM, KERBEROS_POLICY, RegistryKey, RegistryKeys, RegistryValue,
};

use crate::state::DeviceState;

impl DeviceState {
    /// The keys under which policies of Windows Hello for Business and of Kerberos stand. A hybrid joined device has them
    /// from Group Policy, an Entra joined one from MDM.
    pub fn registry(&self) -> RegistryKeys {
        let policy = &self.config.policy;
        let flag = |name: &str, set: bool| (name.to_owned(), RegistryValue::Dword(set.into()));
        let mut keys = Vec::new();
        let by_group_policy = self.config.join.is_hybrid();
        let enabled = if by_group_policy {
            "Enabled"
        } else {
            "UsePassportForWork"
        };
        let mut values = vec![flag(enabled, policy.hello_enabled)];
        if policy.use_cloud_trust {
            values.push(flag("UseCloudTrustForOnPremAuth", true));
        }
        if policy.use_certificate_trust {
            values.push(flag("UseCertificateForOnPremAuth", true));
        }
        let path = match &self.registration {
            _ if by_group_policy => Some(HELLO_GROUP_POLICY.to_owned()),
            Some(_) => Some(format!("{HELLO_MDM}\\{}\\Device\\Policies", self.tenant_id())),
            None => None,
        };
        keys.extend(path.map(|path| RegistryKey { path, values }));
        if policy.cloud_ticket_retrieval {
            keys.push(RegistryKey {
                path: KERBEROS_POLICY.to_owned(),
                values: vec![flag("CloudKerberosTicketRetrievalEnabled", true)],
            });
        }
        RegistryKeys { keys }
    }
}
