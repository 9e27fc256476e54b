//! The settings of a lab's DCs.

use kdc_sim::ldap::LdapConfig;
use kdc_sim::{DcConfig, UpdateLevel};

use crate::lab::{self, Armoring, Dc, Domain, Lab, Profile};

/// The settings of the DCs in the order of the lab file, each with the index of its domain.
pub fn of(lab: &Lab) -> Vec<(usize, DcConfig)> {
    let dcs = lab.dcs.values().filter_map(|dc| {
        let (index, _, domain) = lab.domains.get_full(&dc.domain)?;
        Some((index, settings(lab, dc, domain)))
    });
    dcs.collect()
}

/// The settings of a DC's LDAP service.
pub fn ldap(lab: &Lab, dc: &Dc) -> LdapConfig {
    let zone = |name: &str| {
        lab.domains
            .get(name)
            .map_or("invalid", |domain| &*domain.dns_name)
    };
    let host = format!("{}.{}", dc.host, zone(&dc.domain)).to_lowercase();
    let mut config = LdapConfig::new(&host, zone(&lab::forest_root(lab, &dc.domain)), &dc.site);
    config.read_only = !dc.writable;
    config.anonymous_search = dc.ldap_anonymous_search;
    config.require_signing = dc.ldap_require_signing;
    config
}

fn settings(lab: &Lab, dc: &Dc, domain: &Domain) -> DcConfig {
    let mut config = match dc.profile {
        Profile::Windows => DcConfig::new(&dc.host),
        Profile::Samba => DcConfig::samba(&dc.host),
    };
    // `current` is no month; what else is no month the reader of labs has refused.
    config.updates = dc.updates.parse().unwrap_or(UpdateLevel::CURRENT);
    config.writable = dc.writable;
    config.rodc = dc.branch.as_ref().map(|branch| branch.number);
    config.armoring = match dc.armoring {
        Armoring::Off => kdc_sim::Armoring::Off,
        Armoring::Supported => kdc_sim::Armoring::Supported,
        Armoring::Announced => kdc_sim::Armoring::Announced,
        Armoring::Required => kdc_sim::Armoring::Required,
    };
    config.key_list &= answers_key_lists(&dc.os, config.updates);
    config.max_skew = domain.clock_skew;
    config.max_ticket_age = domain.ticket_life;
    config.max_service_age = domain.ticket_life;
    config.max_renew_age = domain.renew_life;
    if dc.profile == Profile::Windows {
        config.udp_reply_limit = lab.network.udp_reply_max_octets;
    }
    config
}

/// Server 2016 with KB4534307, Server 2019 with KB4534321, and every later one.
fn answers_key_lists(os: &str, updates: UpdateLevel) -> bool {
    const JANUARY_2020: &str = "2020-01";
    let updated = JANUARY_2020.parse().is_ok_and(|level| updates >= level);
    os >= "2022" || (os >= "2016" && updated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_list_came_with_an_update() {
        for (os, updates, expected) in [
            ("2012r2", "2026-11", false),
            ("2016", "2019-12", false),
            ("2016", "2020-01", true),
            ("2019", "2019-12", false),
            ("2019", "2020-01", true),
            ("2022", "2021-09", true),
        ] {
            let level = updates.parse().expect("a month");
            assert_eq!(answers_key_lists(os, level), expected, "{os} {updates}");
        }
    }
}
