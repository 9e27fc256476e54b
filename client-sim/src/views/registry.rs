//! The registry, as far as policies of sign-in stand there.

use std::collections::BTreeMap;

use evidence::registry::{
    HELLO_GROUP_POLICY, HELLO_MDM, HELLO_USER_GROUP_POLICY, KERBEROS_POLICY, RegistryKey, RegistryKeys,
    RegistryValue, WINDOWS,
};

use crate::policy::{Family, HelloValues, PolicyPlace};
use crate::state::DeviceState;

impl DeviceState {
    /// The edition of Windows, and the keys under which policies of Windows Hello for Business and of Kerberos stand: both
    /// trees, for the device and for each user. An old version of Windows takes what it is told and knows nothing of it.
    pub fn registry(&self) -> RegistryKeys {
        self.registry_as("")
    }

    /// The same, as somebody sees it who sits there: their own part of `HKEY_USERS` stands under `HKEY_CURRENT_USER`, too.
    pub fn registry_as(&self, upn: &str) -> RegistryKeys {
        let mut merged: BTreeMap<String, (Family, HelloValues)> = BTreeMap::new();
        for (place, values) in &self.config.policy.hello {
            let Some(path) = self.path_of(place).filter(|_| !values.is_empty()) else {
                continue;
            };
            // what came at enrolment stands where the device's own values do, and gives way to them
            let (_, known) = merged
                .entry(path)
                .or_insert_with(|| (place.family(), HelloValues::default()));
            *known = known.or(*values);
            if let PolicyPlace::UserGroupPolicy(user) = place
                && user.upn.eq_ignore_ascii_case(upn)
            {
                let path = format!("HKEY_CURRENT_USER\\{HELLO_USER_GROUP_POLICY}");
                merged.insert(path, (place.family(), *values));
            }
        }
        let key = |(path, (family, values))| RegistryKey {
            path,
            values: named(family, values),
        };
        let mut keys: Vec<RegistryKey> = merged.into_iter().map(key).collect();
        if self.config.policy.cloud_ticket_retrieval {
            keys.push(RegistryKey {
                path: KERBEROS_POLICY.to_owned(),
                values: vec![flag("CloudKerberosTicketRetrievalEnabled", true)],
            });
        }
        keys.push(RegistryKey {
            path: WINDOWS.to_owned(),
            values: vec![(
                "EditionID".to_owned(),
                RegistryValue::Text(self.config.edition.id().to_owned()),
            )],
        });
        RegistryKeys { keys }
    }

    /// MDM writes nothing to a device that no tenant knows.
    fn path_of(&self, place: &PolicyPlace) -> Option<String> {
        let mdm = |whose: &str| {
            self.registration.as_ref()?;
            Some(format!("{HELLO_MDM}\\{}\\{whose}\\Policies", self.tenant_id()))
        };
        match place {
            PolicyPlace::UserGroupPolicy(user) => {
                Some(format!("HKEY_USERS\\{}\\{HELLO_USER_GROUP_POLICY}", user.sid))
            }
            PolicyPlace::ComputerGroupPolicy => Some(HELLO_GROUP_POLICY.to_owned()),
            PolicyPlace::UserMdm(user) => mdm(&user.sid),
            PolicyPlace::DeviceMdm | PolicyPlace::TenantWide => mdm("Device"),
        }
    }
}

fn named(family: Family, values: HelloValues) -> Vec<(String, RegistryValue)> {
    let enabled = match family {
        Family::GroupPolicy => "Enabled",
        Family::Mdm => "UsePassportForWork",
    };
    let all = [
        (enabled, values.enabled),
        ("UseCloudTrustForOnPremAuth", values.cloud_trust),
        ("UseCertificateForOnPremAuth", values.certificate_trust),
        ("RequireSecurityDevice", values.requires_tpm),
        ("DisablePostLogonProvisioning", values.no_post_logon),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some(flag(name, value?)))
        .collect()
}

fn flag(name: &str, set: bool) -> (String, RegistryValue) {
    (name.to_owned(), RegistryValue::Dword(set.into()))
}
