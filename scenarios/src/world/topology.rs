//! Who is on the network: hosts with their names and addresses, places with their reach.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::lab::Lab;

/// A host of a world: its place in the list of hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct HostId(pub u32);

impl HostId {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A place: an index into the lab's locations, or the internet, which follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceId(pub u16);

/// What a host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A domain controller: an index into the lab's `dcs`.
    DomainController(u16),
    /// A server with something to open: an index into the lab's `servers`.
    Server(u16),
    /// A Windows device: an index into the lab's `devices`.
    Device(u16),
    /// What stands in for an application in Azure: an index into the lab's `cloud_apps`.
    CloudApp(u16),
    /// A KDC proxy server: an index into the lab's `kdc_proxies`.
    KdcProxy(u16),
    /// An application that Entra publishes: an index into the lab's `app_proxies`.
    AppProxy(u16),
    /// Entra's endpoints, those of every tenant.
    Entra,
    /// The DNS servers of the internet.
    Resolver,
}

/// A host as the lab declares it. What changes while the world runs is in the world.
#[derive(Clone, Debug)]
pub struct Host {
    /// As the lab and people name it: `ADA-LT`.
    pub name: Arc<str>,
    /// Its DNS name, in lower case.
    pub dns_name: Arc<str>,
    /// What it is.
    pub role: Role,
    /// Where it is at first.
    pub place: PlaceId,
    /// Its address where it stands.
    pub address: Ipv4Addr,
    /// For a host that moves: the last octet of its address, wherever it is.
    pub host_octet: Option<u8>,
    /// Its clock minus true time, at first, in microseconds.
    pub clock_offset_micros: i64,
}

/// A place as the lab declares it.
#[derive(Clone, Debug)]
struct Place {
    name: Arc<str>,
    subnet: [u8; 3],
    reaches: Vec<PlaceId>,
    latency: Duration,
    cloud_latency: Duration,
    site: Option<Arc<str>>,
}

/// The network of a lab. It is made once and shared by every world of the lab.
#[derive(Clone, Debug)]
pub struct Topology {
    hosts: Vec<Host>,
    by_name: BTreeMap<String, HostId>,
    by_dns: BTreeMap<String, HostId>,
    places: Vec<Place>,
    internet: PlaceId,
    /// DCs by the lab's name of their domain, in the order of the lab file.
    dcs: BTreeMap<String, Vec<HostId>>,
    /// Domains by DNS name.
    domains: BTreeMap<String, String>,
}

impl Topology {
    /// The network of a lab.
    pub fn of(lab: &Lab) -> Self {
        let internet = PlaceId(narrow(lab.locations.len()));
        let mut topology = Self {
            hosts: Vec::new(),
            by_name: BTreeMap::new(),
            by_dns: BTreeMap::new(),
            places: places(lab, internet),
            internet,
            dcs: BTreeMap::new(),
            domains: BTreeMap::new(),
        };
        topology.add_infrastructure(lab);
        topology.add_servers(lab);
        topology.add_devices(lab);
        topology.add_cloud_apps(lab);
        topology.add_kdc_proxies(lab);
        topology.add_app_proxies(lab);
        topology
    }

    fn add_infrastructure(&mut self, lab: &Lab) {
        self.add(Host {
            name: Arc::from("Entra"),
            dns_name: lab.network.entra_host.to_lowercase().into(),
            role: Role::Entra,
            place: self.internet,
            address: lab.network.entra_address,
            host_octet: None,
            clock_offset_micros: 0,
        });
        for name in BUILT_IN_HOSTS {
            self.by_dns.insert(name.to_owned(), ENTRA);
        }
        self.add(Host {
            name: Arc::from("DNS"),
            dns_name: Arc::from("dns.example"),
            role: Role::Resolver,
            place: self.internet,
            address: RESOLVER_ADDRESS,
            host_octet: None,
            clock_offset_micros: 0,
        });
    }

    fn add_servers(&mut self, lab: &Lab) {
        for (name, domain) in &lab.domains {
            self.domains.insert(domain.dns_name.to_lowercase(), name.clone());
        }
        for (index, (name, dc)) in lab.dcs.iter().enumerate() {
            let id = self.add(Host {
                name: dc.host.as_str().into(),
                dns_name: qualified(lab, &dc.host, &dc.domain),
                role: Role::DomainController(narrow(index)),
                place: self.place_or_internet(&dc.location),
                address: dc.address,
                host_octet: None,
                clock_offset_micros: dc.clock_offset_micros,
            });
            self.by_name.insert(name.to_lowercase(), id);
            self.dcs.entry(dc.domain.clone()).or_default().push(id);
        }
        for (index, (name, server)) in lab.servers.iter().enumerate() {
            let id = self.add(Host {
                name: server.host.as_str().into(),
                dns_name: qualified(lab, &server.host, &server.domain),
                role: Role::Server(narrow(index)),
                place: self.place_or_internet(&server.location),
                address: server.address,
                host_octet: None,
                clock_offset_micros: server.clock_offset_micros,
            });
            self.by_name.insert(name.to_lowercase(), id);
        }
    }

    fn add_devices(&mut self, lab: &Lab) {
        for (index, (name, device)) in lab.devices.iter().enumerate() {
            let place = self.place_or_internet(&device.location);
            let id = self.add(Host {
                name: device.host.as_str().into(),
                dns_name: device.host.to_lowercase().into(),
                role: Role::Device(narrow(index)),
                place,
                address: self.address_in(place, device.host_octet),
                host_octet: Some(device.host_octet),
                clock_offset_micros: device.clock_offset_micros,
            });
            self.by_name.insert(name.to_lowercase(), id);
        }
    }

    fn add_cloud_apps(&mut self, lab: &Lab) {
        for (index, (name, app)) in lab.cloud_apps.iter().enumerate() {
            self.add(Host {
                name: name.as_str().into(),
                dns_name: app.host.as_str().into(),
                role: Role::CloudApp(narrow(index)),
                place: self.internet,
                address: app.address,
                host_octet: None,
                clock_offset_micros: 0,
            });
        }
    }

    fn add_kdc_proxies(&mut self, lab: &Lab) {
        for (index, (name, proxy)) in lab.kdc_proxies.iter().enumerate() {
            self.add(Host {
                name: name.as_str().into(),
                dns_name: proxy.host.as_str().into(),
                role: Role::KdcProxy(narrow(index)),
                place: self.internet,
                address: proxy.address,
                host_octet: None,
                clock_offset_micros: 0,
            });
        }
    }

    fn add_app_proxies(&mut self, lab: &Lab) {
        for (index, (name, app)) in lab.app_proxies.iter().enumerate() {
            self.add(Host {
                name: name.as_str().into(),
                dns_name: app.host.as_str().into(),
                role: Role::AppProxy(narrow(index)),
                place: self.internet,
                address: app.address,
                host_octet: None,
                clock_offset_micros: 0,
            });
        }
    }

    fn add(&mut self, host: Host) -> HostId {
        let id = HostId(u32::try_from(self.hosts.len()).unwrap_or(u32::MAX));
        self.by_name.insert(host.name.to_lowercase(), id);
        self.by_dns.insert(host.dns_name.to_string(), id);
        self.hosts.push(host);
        id
    }

    fn place_or_internet(&self, name: &str) -> PlaceId {
        self.place(name).unwrap_or(self.internet)
    }

    fn address_in(&self, place: PlaceId, host_octet: u8) -> Ipv4Addr {
        let [a, b, c] = self.places[usize::from(place.0)].subnet;
        Ipv4Addr::new(a, b, c, host_octet)
    }

    /// Every host, Entra and the internet's DNS first.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &Host)> {
        self.hosts
            .iter()
            .enumerate()
            .map(|(index, host)| (HostId(index as u32), host))
    }

    /// A host of this lab.
    ///
    /// # Panics
    /// When `id` comes from another lab's world.
    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.index()]
    }

    /// The host of this name, whatever its case: its own, or the one that the lab file knows it by.
    pub fn find(&self, name: &str) -> Option<HostId> {
        let exact = self.by_name.get(name);
        exact.or_else(|| self.by_name.get(&name.to_lowercase())).copied()
    }

    /// The host with this DNS name or address.
    pub fn resolve(&self, name: &str) -> Option<HostId> {
        let name = name.trim_end_matches('.');
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return self
                .hosts()
                .find(|(_, host)| host.address == address)
                .map(|(id, _)| id);
        }
        match self.by_dns.get(name) {
            Some(id) => Some(*id),
            None => self.by_dns.get(&name.to_lowercase()).copied(),
        }
    }

    /// The place of this name.
    pub fn place(&self, name: &str) -> Option<PlaceId> {
        let index = self
            .places
            .iter()
            .position(|place| place.name.eq_ignore_ascii_case(name))?;
        Some(PlaceId(narrow(index)))
    }

    /// The name of a place; the internet's is `cloud`.
    pub fn place_name(&self, place: PlaceId) -> &Arc<str> {
        &self.places[usize::from(place.0)].name
    }

    /// The AD site of clients at a place.
    pub fn site(&self, place: PlaceId) -> Option<&Arc<str>> {
        self.places[usize::from(place.0)].site.as_ref()
    }

    /// The time a packet takes, or `None` where there is no way.
    pub fn latency(&self, from: PlaceId, to: PlaceId) -> Option<Duration> {
        let origin = &self.places[usize::from(from.0)];
        if !origin.reaches.contains(&to) {
            return None;
        }
        Some(if to == self.internet {
            origin.cloud_latency
        } else {
            origin.latency
        })
    }

    /// Gives hosts that do not move the addresses that they have elsewhere.
    pub(super) fn set_addresses(&mut self, address_of: impl Fn(&Host) -> Option<Ipv4Addr>) {
        let staying = self.hosts.iter_mut().filter(|host| host.host_octet.is_none());
        for host in staying {
            if let Some(address) = address_of(host) {
                host.address = address;
            }
        }
    }

    /// The address of a host that is at `place`.
    pub fn address(&self, id: HostId, place: PlaceId) -> IpAddr {
        let host = self.host(id);
        IpAddr::V4(match host.host_octet {
            Some(octet) => self.address_in(place, octet),
            None => host.address,
        })
    }

    /// The DCs of the domain with this DNS name, in the order of the lab file.
    pub fn domain_controllers(&self, domain_dns_name: &str) -> &[HostId] {
        let exact = self.domains.get(domain_dns_name);
        exact
            .or_else(|| self.domains.get(&domain_dns_name.to_lowercase()))
            .and_then(|name| self.dcs.get(name))
            .map_or(&[], Vec::as_slice)
    }

    /// Every DC of the lab.
    pub(crate) fn every_dc(&self) -> impl Iterator<Item = HostId> {
        self.hosts()
            .filter(|(_, host)| matches!(host.role, Role::DomainController(_)))
            .map(|(id, _)| id)
    }

    /// Whether a name belongs to the DNS zones that only the company's own servers know.
    pub(crate) fn is_internal(&self, name: &str) -> bool {
        self.domains.keys().any(|domain| {
            name.strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

/// Entra is the first host of every lab.
pub(crate) const ENTRA: HostId = HostId(0);
/// The internet's DNS is the second.
pub(crate) const RESOLVER: HostId = HostId(1);
/// A documentation address (RFC 5737), beside Entra's.
const RESOLVER_ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 53);
/// The hosts of Entra that Windows has built in, for a device whose lab names no others.
const BUILT_IN_HOSTS: [&str; 2] = ["login.microsoftonline.com", "enterpriseregistration.windows.net"];

fn places(lab: &Lab, internet: PlaceId) -> Vec<Place> {
    let id_of = |name: &String| {
        lab.locations
            .get_index_of(name)
            .map(|index| PlaceId(narrow(index)))
    };
    let mut places: Vec<Place> = lab
        .locations
        .iter()
        .map(|(name, location)| {
            let mut reaches: Vec<PlaceId> = location.reaches.iter().filter_map(id_of).collect();
            reaches.extend(id_of(name));
            if location.internet {
                reaches.push(internet);
            }
            Place {
                name: name.as_str().into(),
                subnet: location.subnet,
                reaches,
                latency: location.latency,
                cloud_latency: location.cloud_latency,
                site: location.site.as_deref().map(Into::into),
            }
        })
        .collect();
    let [a, b, c, _] = lab.network.entra_address.octets();
    places.push(Place {
        name: Arc::from("cloud"),
        subnet: [a, b, c],
        reaches: vec![internet],
        latency: CLOUD_LATENCY,
        cloud_latency: CLOUD_LATENCY,
        site: None,
    });
    places
}

/// Between two hosts of the cloud.
const CLOUD_LATENCY: Duration = Duration::from_millis(1);

fn qualified(lab: &Lab, host: &str, domain: &str) -> Arc<str> {
    let zone = lab
        .domains
        .get(domain)
        .map_or("invalid", |domain| domain.dns_name.as_str());
    format!("{host}.{zone}").to_lowercase().into()
}

/// A lab has far fewer than 65,536 of anything declared by name.
fn narrow(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
