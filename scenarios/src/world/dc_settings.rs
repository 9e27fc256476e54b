//! The settings of a lab's DCs.

use kdc_sim::{DcConfig, UpdateLevel};

use crate::lab::{Armoring, Dc, Domain, Lab, Profile};

/// The settings of the DCs in the order of the lab file, each with the index of its domain.
pub fn of(lab: &Lab) -> Vec<(usize, DcConfig)> {
    let dcs = lab.dcs.values().filter_map(|dc| {
        let (index, _, domain) = lab.domains.get_full(&dc.domain)?;
        Some((index, settings(lab, dc, domain)))
    });
    dcs.collect()
}

fn settings(lab: &Lab, dc: &Dc, domain: &Domain) -> DcConfig {
    let mut config = match dc.profile {
        Profile::Windows => DcConfig::new(&dc.host),
        Profile::Samba => DcConfig::samba(&dc.host),
    };
    // `current` is no month; what else is no month the reader of labs has refused.
    config.updates = dc.updates.parse().unwrap_or(UpdateLevel::CURRENT);
    config.writable = dc.writable;
    config.armoring = match dc.armoring {
        Armoring::Off => kdc_sim::Armoring::Off,
        Armoring::Supported => kdc_sim::Armoring::Supported,
        Armoring::Announced => kdc_sim::Armoring::Announced,
        Armoring::Required => kdc_sim::Armoring::Required,
    };
    config.key_list &= dc.os.as_str() >= "2016";
    config.max_skew = domain.clock_skew;
    config.max_ticket_age = domain.ticket_life;
    config.max_service_age = domain.ticket_life;
    config.max_renew_age = domain.renew_life;
    if dc.profile == Profile::Windows {
        config.udp_reply_limit = lab.network.udp_reply_max_octets;
    }
    config
}
