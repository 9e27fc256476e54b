//! Names: what the lab's DNS servers know, and the messages (RFC 1035, RFC 2782) that carry it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use client_sim::SrvRecord;

use super::World;
use super::topology::{HostId, Role, Topology};
use crate::lab::Lab;

/// What a device asks DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The name.
    pub(crate) name: Arc<str>,
    /// SRV records, or addresses.
    pub(crate) kind: QuestionKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuestionKind {
    /// Type A (1).
    Address = 1,
    /// Type SRV (33).
    Service = 33,
}

/// What DNS answers; empty where it knows no such name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Records {
    Addresses(Vec<IpAddr>),
    Services(Vec<SrvRecord>),
}

impl Records {
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        match self {
            Self::Addresses(addresses) => addresses.len(),
            Self::Services(services) => services.len(),
        }
    }
}

/// The records for a question, as a server knows them that has the company's zones or has not.
pub(crate) fn records(lab: &Lab, topology: &Topology, question: &Question, knows_internal: bool) -> Records {
    let name = question.name.trim_end_matches('.').to_lowercase();
    let visible = knows_internal || !topology.is_internal(&name);
    match question.kind {
        QuestionKind::Address => {
            let host = topology.resolve(&name).filter(|_| visible);
            let address = host.map(|id| topology.address(id, topology.host(id).place));
            Records::Addresses(address.into_iter().collect())
        }
        QuestionKind::Service if visible => Records::Services(service_records(lab, topology, &name)),
        QuestionKind::Service => Records::Services(Vec::new()),
    }
}

/// The SRV records that the DCs of a domain register (MS-ADTS section 6.3.2.3).
pub fn service_records(lab: &Lab, topology: &Topology, name: &str) -> Vec<SrvRecord> {
    let Some(query) = ServiceName::parse(name) else {
        return Vec::new();
    };
    let dcs = topology.domain_controllers(query.domain);
    let served = dcs
        .iter()
        .filter(|id| query.is_registered_by(lab, topology, **id));
    served
        .map(|id| SrvRecord {
            priority: 0,
            weight: 100,
            target: Arc::clone(&topology.host(*id).dns_name),
            port: query.port,
        })
        .collect()
}

/// A name of the form `_service._protocol[.site._sites][.dc._msdcs].domain`.
struct ServiceName<'a> {
    port: u16,
    site: Option<&'a str>,
    domain: &'a str,
}

impl<'a> ServiceName<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        let (service, rest) = name.split_once('.')?;
        let port = match service {
            "_ldap" => 389,
            "_kerberos" => 88,
            "_kpasswd" => 464,
            "_gc" => 3268,
            _ => return None,
        };
        let rest = rest
            .strip_prefix("_tcp.")
            .or_else(|| rest.strip_prefix("_udp."))?;
        let (site, rest) = match rest.split_once("._sites.") {
            Some((site, rest)) => (Some(site), rest),
            None => (None, rest),
        };
        let domain = rest
            .strip_prefix("dc._msdcs.")
            .or_else(|| rest.strip_prefix("pdc._msdcs."))
            .or_else(|| rest.strip_prefix("gc._msdcs."))
            .unwrap_or(rest);
        Some(Self { port, site, domain })
    }

    /// A read-only DC registers the names of its own site only.
    fn is_registered_by(&self, lab: &Lab, topology: &Topology, id: HostId) -> bool {
        let Role::DomainController(index) = topology.host(id).role else {
            return false;
        };
        let Some((_, dc)) = lab.dcs.get_index(usize::from(index)) else {
            return false;
        };
        match self.site {
            Some(site) => dc.site.eq_ignore_ascii_case(site),
            None => dc.writable,
        }
    }
}

/// The octets of a query.
pub(crate) fn encode_query(id: u16, question: &Question) -> Vec<u8> {
    /// A standard query that asks for recursion.
    const FLAGS: u16 = 0x0100;
    let mut octets = header(id, FLAGS, 0);
    put_question(&mut octets, question);
    octets
}

/// The octets of an answer: the records, or that there is no such name.
pub(crate) fn encode_answer(id: u16, question: &Question, records: &Records) -> Vec<u8> {
    /// A response with recursion asked for and available; NXDOMAIN when empty.
    const FLAGS: u16 = 0x8180;
    const NO_SUCH_NAME: u16 = 3;
    let count = records.len();
    let flags = if count == 0 { FLAGS | NO_SUCH_NAME } else { FLAGS };
    let mut octets = header(id, flags, u16::try_from(count).unwrap_or(u16::MAX));
    put_question(&mut octets, question);
    match records {
        Records::Addresses(addresses) => {
            for address in addresses {
                let data = match address {
                    IpAddr::V4(address) => address.octets().to_vec(),
                    IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED.octets().to_vec(),
                };
                put_record(&mut octets, question.kind, &data);
            }
        }
        Records::Services(services) => {
            for service in services {
                let mut data = Vec::new();
                for number in [service.priority, service.weight, service.port] {
                    data.extend(number.to_be_bytes());
                }
                put_name(&mut data, &service.target);
                put_record(&mut octets, question.kind, &data);
            }
        }
    }
    octets
}

fn header(id: u16, flags: u16, answers: u16) -> Vec<u8> {
    [id, flags, 1, answers, 0, 0]
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect()
}

fn put_question(octets: &mut Vec<u8>, question: &Question) {
    put_name(octets, &question.name);
    octets.extend((question.kind as u16).to_be_bytes());
    octets.extend(CLASS_INTERNET.to_be_bytes());
}

fn put_record(octets: &mut Vec<u8>, kind: QuestionKind, data: &[u8]) {
    octets.extend(POINTER_TO_QUESTION.to_be_bytes());
    octets.extend((kind as u16).to_be_bytes());
    octets.extend(CLASS_INTERNET.to_be_bytes());
    octets.extend(TIME_TO_LIVE_SECONDS.to_be_bytes());
    octets.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
    octets.extend(data);
}

/// A label longer than 63 octets cannot be asked for; it is cut, and nobody knows the name.
fn put_name(octets: &mut Vec<u8>, name: &str) {
    for label in name.split('.').filter(|label| !label.is_empty()) {
        let label = &label.as_bytes()[..label.len().min(63)];
        octets.push(label.len() as u8);
        octets.extend(label);
    }
    octets.push(0);
}

const CLASS_INTERNET: u16 = 1;
/// The name of the question, which begins after the header of 12 octets.
const POINTER_TO_QUESTION: u16 = 0xC00C;
/// What AD's DCs register their records with.
const TIME_TO_LIVE_SECONDS: u32 = 600;

impl World {
    /// The DNS name that a device finds for a name of one label: the one place that knows how short names are completed.
    /// A member of a domain has a suffix itself (`has_suffix`); others complete a name where their place hands one out.
    pub fn complete_name(&self, device: HostId, label: &str, has_suffix: bool) -> Option<Arc<str>> {
        let place = self.lab.lab().locations.get(&**self.place_name(device));
        let completes = has_suffix || place.is_some_and(|place| place.short_names);
        let host = self.topology.find(label).filter(|_| completes)?;
        Some(Arc::clone(&self.topology.host(host).dns_name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(name: &str, kind: QuestionKind, knows_internal: bool) -> Records {
        let lab = Lab::fernhill();
        let topology = Topology::of(&lab);
        let question = Question {
            name: name.into(),
            kind,
        };
        records(&lab, &topology, &question, knows_internal)
    }

    fn targets(name: &str) -> Vec<(String, u16)> {
        match ask(name, QuestionKind::Service, true) {
            Records::Services(services) => services
                .iter()
                .map(|srv| (srv.target.to_string(), srv.port))
                .collect(),
            Records::Addresses(_) => Vec::new(),
        }
    }

    #[test]
    fn dcs_register_their_services_with_and_without_their_site() {
        let ldap = targets("_ldap._tcp.Office._sites.dc._msdcs.AD.fernhill.example");
        assert_eq!(ldap[0], ("dc01.ad.fernhill.example".to_owned(), 389));
        assert_eq!(targets("_kerberos._udp.ad.fernhill.example")[0].1, 88);
        assert_eq!(
            targets("_ldap._tcp.Nowhere._sites.dc._msdcs.ad.fernhill.example"),
            []
        );
        assert_eq!(targets("_ldap._tcp.dc._msdcs.other.example"), []);
    }

    #[test]
    fn the_internet_does_not_know_the_companys_names() {
        for (name, internal, found) in [
            ("fs01.ad.fernhill.example", true, 1),
            ("fs01.ad.fernhill.example", false, 0),
            (Lab::fernhill().network.entra_host.as_str(), false, 1),
        ] {
            assert_eq!(ask(name, QuestionKind::Address, internal).len(), found, "{name}");
        }
    }

    #[test]
    fn an_answer_repeats_the_question_and_points_to_it() {
        let question = Question {
            name: "a.b".into(),
            kind: QuestionKind::Address,
        };
        let records = Records::Addresses(vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1))]);
        let octets = encode_answer(7, &question, &records);
        let expected = [
            0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, // header
            1, b'a', 1, b'b', 0, 0, 1, 0, 1, // question
            0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 2, 0x58, 0, 4, 192, 0, 2, 1,
        ];
        assert_eq!(octets, expected);
    }
}
