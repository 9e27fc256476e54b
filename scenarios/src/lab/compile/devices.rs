//! Devices: each registers with its tenant and sets up Hello for its users, by the flows of a real device.
//!
//! There is no network yet, so the requests go straight to the tenant and every flow ends at its first poll.

use core::cell::RefCell;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use client_sim::config::CloudAddresses;
use client_sim::event::NoEvents;
use client_sim::prt_cache::DeviceKeys;
use client_sim::{
    DeviceConfig, DeviceState, Endpoint, Flow, FlowError, HelloSettings, Network, NetworkError, Password,
    SrvRecord,
};
use cloud_sim::{Tenant, TenantState, User as CloudUser};
use indexmap::IndexMap;
use kerberos::Timestamp;
use rand_chacha::ChaCha12Rng;

use super::{CompileError, cloud_upn, is_in_scope};
use crate::lab::document::{Device, Domain, Join, Lab, Name, User};
use crate::lab::identity;

/// How long before the lab's clock devices were registered and Hello was set up.
const ENROLLED_BEFORE: Duration = Duration::from_hours(7 * 24);

/// Registers every device that somebody of its tenant can register.
pub(super) fn enrol(
    lab: &Lab,
    tenants: &mut IndexMap<Name, (Arc<Tenant>, TenantState)>,
) -> Result<IndexMap<Name, DeviceState>, CompileError> {
    let mut devices = IndexMap::new();
    let mut pool = 0;
    for (name, device) in &lab.devices {
        let part = || format!("device {name}");
        let state = match tenants.get_mut(&device.tenant) {
            Some((tenant, state)) => {
                let mut enrolment = Enrolment {
                    lab,
                    device,
                    name,
                    state,
                    pool: &mut pool,
                };
                enrolment
                    .run(tenant)
                    .map_err(|error| CompileError::new(part(), error))?
            }
            None => return Err(CompileError::new(part(), "its tenant is not declared")),
        };
        devices.insert(name.clone(), state);
    }
    Ok(devices)
}

struct Enrolment<'a> {
    lab: &'a Lab,
    device: &'a Device,
    name: &'a str,
    state: &'a mut TenantState,
    /// The next key of the pool.
    pool: &'a mut usize,
}

impl Enrolment<'_> {
    fn run(&mut self, tenant: &Tenant) -> Result<DeviceState, FlowError> {
        let mut device = DeviceState::new(config(self.lab, self.name, self.device));
        let (lab, declared) = (self.lab, self.device);
        if declared.domain.is_some() {
            // a machine of the domain was told its site when it joined, and keeps it (DynamicSiteName)
            let place = lab.locations.get(&declared.location);
            device.site = place.and_then(|place| place.site.as_deref()).map(Into::into);
        }
        let keys = DeviceKeys {
            device: self.key(),
            transport: self.key(),
        };
        let Some(first) = people(lab, declared).next() else {
            return Ok(device);
        };
        let known = |names: &[Name]| -> Vec<&User> {
            let users = names.iter().filter_map(|name| lab.users.get(name));
            users
                .filter(|user| people(lab, declared).any(|other| other.upn == user.upn))
                .collect()
        };
        let (hello, carried) = (known(&declared.hello), known(&declared.desk.security_keys));
        let hello_keys: Vec<_> = hello.iter().map(|_| self.key()).collect();
        let carried_keys: Vec<_> = carried.iter().map(|_| self.key()).collect();
        // Nobody's password was expired and nobody was disabled on the day it was set up.
        let tenant = as_it_was(tenant);
        let network = Direct {
            tenant: &tenant,
            state: RefCell::new(self.state),
            rng: RefCell::new(identity::stream(self.lab.seed, "enrolment, Entra", self.name)),
            now: self.lab.clock - ENROLLED_BEFORE,
        };
        let mut rng = identity::stream(self.lab.seed, "enrolment, device", self.name);
        let mut events = NoEvents;
        let mut flow = Flow {
            network: &network,
            device: &mut device,
            rng: &mut rng,
            events: &mut events,
        };
        let password = |user: &User| Password::new(user.password.as_str());
        at_once(flow.register_device(keys, &first.upn, &password(first)))?;
        for (user, key) in hello.iter().zip(hello_keys) {
            // Provisioning proper wants a session; the messages and what they leave behind are the same.
            at_once(flow.enrol_hello(&user.upn, key, &password(user)))?;
        }
        for (user, key) in carried.iter().zip(carried_keys) {
            at_once(flow.provision_security_key(&user.upn, key, &password(user)))?;
        }
        for user in &hello {
            if let Some(container) = &mut device.user_mut(&user.upn).hello {
                container.made_for = declared.desk.hello_made_for.unwrap_or(container.made_for);
            }
        }
        Ok(device)
    }

    fn key(&mut self) -> prt::PrivateKey {
        let key = prt::pool::key(*self.pool);
        *self.pool += 1;
        key
    }
}

/// Whoever can register a device: its owner first.
fn people<'l>(lab: &'l Lab, device: &'l Device) -> impl Iterator<Item = &'l User> {
    let owner = device.owner.as_deref().and_then(|name| lab.users.get(name));
    let everybody = owner.into_iter().chain(lab.users.values());
    everybody.filter(|user| {
        user.tenant.as_deref() == Some(&device.tenant)
            && is_in_scope(lab, &device.tenant, user, user.ou.as_deref())
            // the tenant knows the sign-in name
            && cloud_upn(lab, user) == user.upn
    })
}

fn config(lab: &Lab, name: &str, device: &Device) -> DeviceConfig {
    let tenant_domain = lab
        .tenants
        .get(&device.tenant)
        .and_then(|tenant| tenant.domains.first());
    let tenant_domain = tenant_domain.map_or("", String::as_str);
    let ad_domain = device
        .domain
        .as_deref()
        .and_then(|domain| lab.domains.get(domain));
    let mut config = match (device.join, ad_domain) {
        (Join::Hybrid, Some(domain)) => {
            DeviceConfig::hybrid_joined(device.host.as_str(), tenant_domain, domain.dns_name.as_str())
        }
        (Join::Registered, _) => DeviceConfig::registered(device.host.as_str(), tenant_domain),
        _ => DeviceConfig::entra_joined(device.host.as_str(), tenant_domain),
    };
    super::policies::give(lab, device, &mut config);
    config.os_version = device.desk.os_version.as_str().into();
    config.edition = device.desk.edition;
    config.kerberos.udp_first = device.desk.udp_first;
    config.hello = HelloSettings {
        tpm: device.desk.tpm,
        key_container_keeps_trust: device.desk.key_container_keeps_trust,
        policy_gates_entra_joined: device.desk.policy_gates_entra_joined,
        first_key: first_key(lab, name),
    };
    config.netbios_domain = ad_domain
        .or_else(|| owner_domain(lab, device))
        .map(|domain| domain.netbios.as_str().into());
    let entra: Arc<str> = lab.network.entra_host.as_str().into();
    config.cloud = CloudAddresses {
        login: Arc::clone(&entra),
        registration: entra,
    };
    config.kerberos.kdc_proxies = device
        .kdc_proxies
        .iter()
        .map(|(realm, url)| (realm.as_str().into(), url.as_str().into()))
        .collect();
    config.kerberos.ntlm_exceptions = ntlm_exceptions(lab);
    config
}

/// Where the keys of a device begin that it makes while a story goes on: there is one for each user of the lab.
fn first_key(lab: &Lab, name: &str) -> usize {
    lab.devices.get_index_of(name).unwrap_or(0) * lab.users.len()
}

/// The file servers that take NTLM, by DNS name, first label and address.
fn ntlm_exceptions(lab: &Lab) -> Vec<Arc<str>> {
    let servers = lab.servers.values().filter(|server| server.ntlm);
    let names = servers.flat_map(|server| {
        let host = server.host.to_lowercase();
        let domain = lab.domains.get(&server.domain);
        let full = domain.map(|domain| format!("{host}.{}", domain.dns_name.to_lowercase()));
        [full, Some(host), Some(server.address.to_string())]
    });
    names.flatten().map(Into::into).collect()
}

/// The AD domain of a device's owner.
fn owner_domain<'l>(lab: &'l Lab, device: &Device) -> Option<&'l Domain> {
    let owner = lab.users.get(device.owner.as_deref()?)?;
    lab.domains.get(owner.domain.as_deref()?)
}

/// The tenant with every account able to sign in.
fn as_it_was(tenant: &Tenant) -> Tenant {
    let able = |user: &Arc<CloudUser>| {
        Arc::new(CloudUser {
            enabled: true,
            password_expired: false,
            ..CloudUser::clone(user)
        })
    };
    let users: BTreeMap<_, _> = tenant
        .users
        .iter()
        .map(|(upn, user)| (upn.clone(), able(user)))
        .collect();
    let mut tenant = tenant.clone();
    tenant.users = users;
    tenant
}

/// A network on which there is only Entra, and no time passes.
struct Direct<'a> {
    tenant: &'a Tenant,
    state: RefCell<&'a mut TenantState>,
    rng: RefCell<ChaCha12Rng>,
    now: Timestamp,
}

impl Network for Direct<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn complete_name(&self, _: &str, _: bool) -> Option<Arc<str>> {
        None
    }

    async fn lookup_srv(&self, name: &str) -> Result<Vec<SrvRecord>, NetworkError> {
        Err(NetworkError::NameNotFound { name: name.into() })
    }

    async fn lookup_host(&self, name: &str) -> Result<Vec<IpAddr>, NetworkError> {
        Err(NetworkError::NameNotFound { name: name.into() })
    }

    async fn datagram(&self, to: &Endpoint, _: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        Err(NetworkError::Unreachable { to: to.clone() })
    }

    async fn stream(&self, to: &Endpoint, _: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        Err(NetworkError::Unreachable { to: to.clone() })
    }

    async fn https(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NetworkError> {
        let (mut state, mut rng) = (self.state.borrow_mut(), self.rng.borrow_mut());
        Ok(cloud_sim::handle(self.tenant, &mut state, self.now, &mut *rng, request).response)
    }

    async fn sleep_until(&self, _: Timestamp) {}
}

/// The output of a future that waits for nothing.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("every method of the direct network is ready at once"),
    }
}
