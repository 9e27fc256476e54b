//! A device and the person in front of it, whatever the network beneath.

use std::net::IpAddr;
use std::sync::Arc;

use client_sim::{DeviceState, Endpoint, EventSink, Flow, FlowError, Network, NetworkError, SrvRecord};
use evidence::klist::LogonId;
use evidence::{AnyView, Artefact};
use kerberos::Timestamp;
use rand::CryptoRng;
use scenarios::world::{HostId, Topology, World};

use super::Printed;
use super::command::Local;
use super::sitting::{Person, Sitting};

/// A device, its network and the person in front of it, for as long as one command lasts.
pub(crate) struct Seat<'a> {
    /// The device's network, in the world or on sockets.
    pub(crate) network: AnyNetwork<'a>,
    /// The device.
    pub(crate) device: &'a mut DeviceState,
    /// Randomness for what it does.
    pub(crate) rng: &'a mut dyn CryptoRng,
    /// Who is told of every step.
    pub(crate) events: &'a mut dyn EventSink,
    /// Where it stands in the lab.
    pub(crate) sitting: &'a Sitting,
    /// Who sits there.
    pub(crate) person: &'a Person,
    /// What becomes of short names.
    pub(crate) suffixes: Suffixes,
}

/// What DNS makes of short names at a device.
pub(crate) struct Suffixes {
    hosts: Arc<Topology>,
    complete: bool,
}

impl Suffixes {
    /// Those of a device where it is now.
    pub(crate) fn of(world: &World, device: HostId) -> Self {
        Self {
            hosts: world.shared_topology(),
            complete: world.completes_short_names(device),
        }
    }

    /// The whole name of a server; nothing where no suffix completes a short one, or no host is called so.
    fn complete(&self, name: &str) -> Option<String> {
        if name.contains('.') {
            return Some(name.to_owned());
        }
        let host = self.hosts.find(name).filter(|_| self.complete)?;
        Some(self.hosts.host(host).dns_name.to_string())
    }
}

impl<'a> Seat<'a> {
    /// The device's clock.
    pub(crate) fn now(&self) -> Timestamp {
        Network::now(&self.network)
    }

    /// What the device shows the person of an artefact, in a logon session.
    pub(crate) fn look(&self, artefact: Artefact, session: Option<LogonId>) -> Option<AnyView> {
        self.device.look(artefact, &self.person.upn, session, self.now())
    }

    /// What the device can do on its network.
    pub(crate) fn flow(&mut self) -> Flow<'_, AnyNetwork<'a>> {
        Flow {
            network: &self.network,
            device: self.device,
            rng: self.rng,
            events: self.events,
        }
    }

    /// The whole name of a server, as DNS completes it here.
    ///
    /// # Errors
    /// What to print about a short name that nothing completes.
    pub(crate) fn full_name(&self, host: &str) -> Result<String, Printed> {
        self.suffixes.complete(host).ok_or_else(|| {
            let name = host.into();
            failed(&NetworkError::NameNotFound { name }.into())
        })
    }

    /// The person's logon session.
    ///
    /// # Errors
    /// What to print where there is none.
    pub(crate) fn session(&self) -> Result<LogonId, Printed> {
        match self.device.session_of(&self.person.upn) {
            Some(session) => Ok(session.id),
            None => {
                let with = match self.device.config.join.is_registered() {
                    true => "password",
                    false => "hello",
                };
                Err(Printed::failed(format!(
                    "{} is not signed in at {}; type: sign-in {with}\n",
                    self.person.upn, self.sitting.host
                )))
            }
        }
    }
}

/// What to print about a flow that failed.
pub(crate) fn failed(error: &FlowError) -> Printed {
    Printed::failed(format!("{error} ({})\n", error.nt_status()))
}

/// Any network, so that a command is written once and can stand in a table.
pub(crate) struct AnyNetwork<'a>(&'a (dyn DynNetwork + 'a));

impl<'a> AnyNetwork<'a> {
    /// Hides which network it is.
    pub(crate) const fn new<N: Network>(network: &'a N) -> Self {
        Self(network)
    }
}

/// [`Network`] with its futures in boxes.
trait DynNetwork {
    fn now(&self) -> Timestamp;
    fn lookup_srv<'a>(&'a self, name: &'a str) -> Local<'a, Result<Vec<SrvRecord>, NetworkError>>;
    fn lookup_host<'a>(&'a self, name: &'a str) -> Local<'a, Result<Vec<IpAddr>, NetworkError>>;
    fn datagram<'a>(&'a self, to: &'a Endpoint, octets: Vec<u8>) -> Local<'a, Result<Vec<u8>, NetworkError>>;
    fn stream<'a>(&'a self, to: &'a Endpoint, octets: Vec<u8>) -> Local<'a, Result<Vec<u8>, NetworkError>>;
    fn https(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Local<'_, Result<http::Response<Vec<u8>>, NetworkError>>;
    fn sleep_until(&self, deadline: Timestamp) -> Local<'_, ()>;
}

impl<N: Network> DynNetwork for N {
    fn now(&self) -> Timestamp {
        Network::now(self)
    }

    fn lookup_srv<'a>(&'a self, name: &'a str) -> Local<'a, Result<Vec<SrvRecord>, NetworkError>> {
        Box::pin(Network::lookup_srv(self, name))
    }

    fn lookup_host<'a>(&'a self, name: &'a str) -> Local<'a, Result<Vec<IpAddr>, NetworkError>> {
        Box::pin(Network::lookup_host(self, name))
    }

    fn datagram<'a>(&'a self, to: &'a Endpoint, octets: Vec<u8>) -> Local<'a, Result<Vec<u8>, NetworkError>> {
        Box::pin(Network::datagram(self, to, octets))
    }

    fn stream<'a>(&'a self, to: &'a Endpoint, octets: Vec<u8>) -> Local<'a, Result<Vec<u8>, NetworkError>> {
        Box::pin(Network::stream(self, to, octets))
    }

    fn https(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Local<'_, Result<http::Response<Vec<u8>>, NetworkError>> {
        Box::pin(Network::https(self, request))
    }

    fn sleep_until(&self, deadline: Timestamp) -> Local<'_, ()> {
        Box::pin(Network::sleep_until(self, deadline))
    }
}

impl Network for AnyNetwork<'_> {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn lookup_srv(&self, name: &str) -> Result<Vec<SrvRecord>, NetworkError> {
        self.0.lookup_srv(name).await
    }

    async fn lookup_host(&self, name: &str) -> Result<Vec<IpAddr>, NetworkError> {
        self.0.lookup_host(name).await
    }

    async fn datagram(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        self.0.datagram(to, octets).await
    }

    async fn stream(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        self.0.stream(to, octets).await
    }

    async fn https(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NetworkError> {
        self.0.https(request).await
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        self.0.sleep_until(deadline).await;
    }
}
