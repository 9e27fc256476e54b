//! `nltest /dsgetdc`: what the DC locator gave.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use evidence::klist::LogonId;
use evidence::klist::bind::{Binding, KlistBindings};
use evidence::nltest::{Dc, DsGetDc, ERROR_NO_SUCH_DOMAIN};

use crate::act::{ActError, Performed};
use crate::state::{DeviceState, DomainController, LocatorEntry};

/// DsGetDcName adds that its names are DNS names.
const DNS_NAMES: u32 = 0xE000_0000;

/// The view of [`Act::LocateDc`](crate::Act::LocateDc).
pub fn dc_found(performed: &Result<Performed, ActError>) -> DsGetDc {
    let Ok(Performed::Located(dc)) = performed else {
        return DsGetDc::Failed {
            error: ERROR_NO_SUCH_DOMAIN,
        };
    };
    dc_shown(dc)
}

/// A DC that was found.
pub fn dc_shown(dc: &DomainController) -> DsGetDc {
    DsGetDc::Found(Dc {
        host: dc.host.to_string(),
        address: dc.address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        domain_guid: guid(dc.domain_guid),
        domain: dc.domain.to_string(),
        forest: dc.forest.to_string(),
        dc_site: dc.dc_site.to_string(),
        our_site: dc.client_site.as_deref().map(str::to_owned),
        flags: dc.flags.bits() & evidence::nltest::KNOWN_FLAGS | DNS_NAMES,
    })
}

impl DeviceState {
    /// `klist query_bind`: the DCs that the device holds on to, domain by domain.
    pub fn klist_bindings(&self, logon_id: LogonId) -> KlistBindings {
        let found = self.locator.values().filter_map(|entry| match entry {
            LocatorEntry::Found(dc) => Some(dc),
            LocatorEntry::NotFound { .. } => None,
        });
        let address = |dc: &DomainController| match &dc.typed {
            Some(typed) => typed.to_string(),
            None => dc.address.map_or_else(String::new, |address| address.to_string()),
        };
        let binding = |dc: &Arc<DomainController>| Binding {
            realm: dc.domain.to_string(),
            address: address(dc),
            // what was typed has no name beside it
            kdc: match &dc.typed {
                Some(_) => "(null)".to_owned(),
                None => dc.host.to_string(),
            },
            dc_flags: dc.flags.bits() & evidence::nltest::KNOWN_FLAGS | DNS_NAMES,
        };
        KlistBindings {
            logon_id,
            bindings: found.map(binding).collect(),
        }
    }
}

/// A GUID as text: its first three parts are little-endian on the wire.
fn guid(octets: [u8; 16]) -> String {
    let [a, b, c, d, e, f, g, h, rest @ ..] = octets;
    let hex = |octets: &[u8]| {
        octets
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect::<String>()
    };
    let (fourth, fifth) = rest.split_at(2);
    format!(
        "{}-{}-{}-{}-{}",
        hex(&[d, c, b, a]),
        hex(&[f, e]),
        hex(&[h, g]),
        hex(fourth),
        hex(fifth)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FlowError;

    #[test]
    fn a_guid_is_read_as_the_wire_has_it() {
        let octets = core::array::from_fn(|index| u8::try_from(index).unwrap_or_default());
        assert_eq!(guid(octets), "03020100-0504-0706-0809-0a0b0c0d0e0f");
    }

    #[test]
    fn no_dc_is_1355() {
        let error = FlowError::NoDomainController {
            domain: "ad.fernhill.example".into(),
        };
        assert_eq!(dc_found(&Err(error.into())), DsGetDc::Failed { error: 1355 });
    }
}
