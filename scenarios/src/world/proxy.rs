//! The proxies of devices: where HTTPS goes first.

use std::collections::BTreeMap;
use std::sync::Arc;

use client_sim::{Endpoint, NetworkError};

use super::World;
use super::topology::HostId;

impl World {
    pub(super) fn set_proxy(&mut self, device: HostId, servers: Option<Arc<str>>) {
        let proxies: &mut BTreeMap<HostId, Arc<str>> = Arc::make_mut(self.proxies.get_or_insert_default());
        match servers {
            Some(servers) => proxies.insert(device, servers),
            None => proxies.remove(&device),
        };
    }

    /// The WinHTTP proxy of a device.
    pub(crate) fn proxy_of(&self, device: HostId) -> Option<&Arc<str>> {
        self.proxies.as_ref()?.get(&device)
    }

    /// Why no HTTPS of a device gets anywhere: its proxy is no host of the lab, or cannot be reached. A proxy that can be
    /// reached passes everything on.
    pub(super) fn dead_proxy(&self, device: HostId) -> Option<NetworkError> {
        let servers = self.proxy_of(device)?;
        let (host, port) = servers.rsplit_once(':').unwrap_or((servers, "80"));
        let found = self.topology.resolve(host).or_else(|| self.topology.find(host));
        if found.is_some_and(|proxy| self.reaches(self.place(device), proxy)) {
            return None;
        }
        let to = Endpoint::new(host, port.parse().unwrap_or_default());
        Some(NetworkError::Refused { to })
    }
}
