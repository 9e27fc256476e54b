//! The section "Work Account 1", on a device that a work account registered and did not join.

use super::boxes::{Line, yes_no};
use super::device::DeviceDetails;

/// The section "Work Account 1".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkAccount {
    /// What the device holds for this registration: other rows than those of a join, of the same kind. No status is shown.
    pub details: DeviceDetails,
    /// The tenant, a GUID.
    pub tenant_id: String,
    /// Its name.
    pub tenant_name: String,
}

impl WorkAccount {
    pub(super) fn rows(&self) -> Vec<Line> {
        let mut rows = self.details.rows();
        for (key, _) in &mut rows {
            *key = match *key {
                "DeviceId" => DEVICE,
                "Thumbprint" => THUMBPRINT,
                other => other,
            };
        }
        rows.extend([
            (TENANT, self.tenant_id.clone()),
            (TENANT_NAME, self.tenant_name.clone()),
            ("WorkplaceMdmUrl", String::new()),
            ("WorkplaceSettingsUrl", String::new()),
            // Windows Hello for Business is not set up for a work account beside a local one
            ("NgcSet", yes_no(false)),
        ]);
        rows
    }
}

const DEVICE: &str = "WorkplaceDeviceId";
const THUMBPRINT: &str = "WorkplaceThumbprint";
const TENANT: &str = "WorkplaceTenantId";
const TENANT_NAME: &str = "WorkplaceTenantName";
