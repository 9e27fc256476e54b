//! What a DC answers to a netlogon ping: who it is, what it can do, and in which site it sees the asking device.

use kerberos::netlogon::{DcFlags, NetlogonQuery, NtVersion, SamLogonResponse, encode_reply};

use crate::lab::{Dc, Domain, Lab, identity};

/// The datagram that answers a ping, or `None` where the octets are none.
pub fn answer(
    lab: &Lab,
    dc: &Dc,
    key_list: bool,
    client_site: Option<&str>,
    octets: &[u8],
) -> Option<Vec<u8>> {
    let query = NetlogonQuery::decode(octets).ok()?;
    let domain = lab.domains.get(&dc.domain)?;
    let forest = forest_root(lab, domain);
    let is_ours = query.dns_domain.as_ref().is_none_or(|name| {
        let name = name.trim_end_matches('.');
        name.eq_ignore_ascii_case(&domain.dns_name) || name.eq_ignore_ascii_case(&forest.dns_name)
    });
    if !is_ours {
        return Some(encode_reply(query.message_id, None));
    }
    let is_first = lab.dcs.values().find(|other| other.domain == dc.domain) == Some(dc);
    let response = SamLogonResponse {
        user_unknown: false,
        flags: flags(dc, key_list, is_first, client_site),
        domain_guid: identity::guid_octets("domain", &domain.dns_name),
        dns_forest: forest.dns_name.clone(),
        dns_domain: domain.dns_name.clone(),
        dns_host: format!("{}.{}", dc.host, domain.dns_name).to_lowercase(),
        netbios_domain: domain.netbios.clone(),
        netbios_computer: dc.host.to_uppercase(),
        user: query.user.unwrap_or_default(),
        dc_site: dc.site.clone(),
        client_site: client_site.unwrap_or_default().to_owned(),
        nt_version: NtVersion::V1 | NtVersion::V5EX,
    };
    Some(encode_reply(query.message_id, Some(&response)))
}

/// The first DC of a domain holds its PDC role.
fn flags(dc: &Dc, key_list: bool, is_first: bool, client_site: Option<&str>) -> DcFlags {
    let mut flags = DcFlags::GC | DcFlags::LDAP | DcFlags::DS | DcFlags::KDC | DcFlags::TIMESERV;
    flags |= DcFlags::WS | DcFlags::DS_8 | DcFlags::DS_9;
    flags.set(DcFlags::DS_10, dc.os.as_str() >= "2016");
    flags.set(DcFlags::PDC, is_first && dc.writable);
    flags.set(DcFlags::WRITABLE | DcFlags::FULL_SECRET, dc.writable);
    flags.set(DcFlags::SELECT_SECRET, !dc.writable);
    flags.set(DcFlags::KEY_LIST, key_list && dc.writable);
    flags.set(
        DcFlags::CLOSEST,
        client_site.is_some_and(|site| site.eq_ignore_ascii_case(&dc.site)),
    );
    flags
}

fn forest_root<'l>(lab: &'l Lab, domain: &'l Domain) -> &'l Domain {
    let mut root = domain;
    // A lab with a circle of parents is refused; the bound only keeps this loop from trusting it.
    for _ in 0..lab.domains.len() {
        match root.parent.as_ref().and_then(|name| lab.domains.get(name)) {
            Some(parent) => root = parent,
            None => break,
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use kerberos::netlogon::read_reply;

    use super::*;

    fn ask(dc: &str, domain: &str, site: Option<&str>) -> Option<SamLogonResponse> {
        let lab = Lab::fernhill();
        let query = NetlogonQuery::new(7, domain, "ADA-LT").encode();
        let octets = answer(&lab, &lab.dcs[dc], true, site, &query).expect("a ping is answered");
        let reply = read_reply(&octets).expect("a DC's own answer is read");
        assert_eq!(reply.message_id, 7);
        reply.response
    }

    #[test]
    fn a_dc_says_who_it_is_and_whether_it_is_near() {
        let near = ask("dc01", "AD.fernhill.example", Some("office")).expect("its own domain");
        assert_eq!(near.dns_host, "dc01.ad.fernhill.example");
        let wanted = DcFlags::WRITABLE | DcFlags::KEY_LIST | DcFlags::KDC | DcFlags::CLOSEST | DcFlags::PDC;
        assert!(near.flags.contains(wanted));
        let far = ask("dc02", "ad.fernhill.example", None).expect("its own domain");
        assert!(!far.flags.intersects(DcFlags::CLOSEST | DcFlags::PDC));
    }

    #[test]
    fn another_domain_is_not_served() {
        assert_eq!(ask("dc01", "other.example", None), None);
    }
}
