//! What the services of a lab on sockets share and what changes while they run: the clock, the directories, the tenants,
//! and where every machine is.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use kdc_sim::{DcConfig, DomainSnapshot};
use kerberos::Timestamp;
use scenarios::journal::{Decisions, Request};
use scenarios::lab::CompiledLab;
use scenarios::world::{self, HostId, World};

use super::filing::{Filing, Served, Service};
use super::watch::{Watch, Wire};
use crate::cli::UpArgs;
use crate::run::export;
use crate::sockets::network::system_now;

/// A running lab's state.
///
/// The world holds it all. What a DC needs for each request lies beside it, so that DCs wait for nobody; it is brought up
/// to date after every change of the world.
pub(crate) struct Live {
    world: Mutex<World>,
    dcs: Vec<RwLock<Arc<Serving>>>,
    ahead_micros: AtomicI64,
    filing: Filing,
}

/// A DC as it answers now.
pub(crate) struct Serving {
    /// The directory.
    pub(crate) domain: DomainSnapshot,
    /// The settings.
    pub(crate) config: DcConfig,
    /// Its clock minus the lab's.
    offset_micros: i64,
}

impl Live {
    /// The state of a lab in which nothing has happened.
    ///
    /// # Errors
    /// The capture that is asked for cannot be made.
    pub(crate) fn new(compiled: Arc<CompiledLab>, args: &UpArgs) -> io::Result<Self> {
        let seed = compiled.lab().seed;
        let mut world = World::new(compiled, seed);
        // a lab may serve for weeks: packets are not kept, journals are bounded
        world.set_recording(false);
        world.expect_nothing();
        let dcs = serving(&world)
            .map(|serving| RwLock::new(Arc::new(serving)))
            .collect();
        let keytab = export::keytab(&world);
        let watch = Watch::new(
            world.shared_topology(),
            keytab,
            args.verbose,
            args.pcap.as_deref(),
            args.pcap_mib << 20,
        )?;
        Ok(Self {
            filing: Filing::new(&world, watch),
            world: Mutex::new(world),
            dcs,
            ahead_micros: AtomicI64::new(0),
        })
    }

    /// Where services file what they answer.
    pub(crate) const fn filing(&self) -> &Filing {
        &self.filing
    }

    /// Tells, where somebody watches, of a request over HTTP about which the service itself decided nothing: it asked others.
    pub(crate) fn carried_on(
        &self,
        service: Service,
        time: Timestamp,
        peer: SocketAddr,
        request: &http::Request<Vec<u8>>,
        response: &http::Response<Vec<u8>>,
    ) {
        let wire = || Wire::http(self.now(), world::request_octets(request), response);
        let served = Served {
            time,
            peer,
            octets: request.body().len(),
            request: Request::http(request),
            decisions: Decisions::Server(Vec::new()),
            wire: self.filing.wire(wire),
        };
        self.filing.file(service, served);
    }

    /// The world with the journals of all services, to be looked at.
    pub(crate) fn world_with_journals(&self) -> MutexGuard<'_, World> {
        let mut world = self.world();
        self.filing.hand_over(&mut world);
        world
    }

    /// The lab's clock: the system's, and what it was advanced by.
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = self.ahead_micros.load(Ordering::Relaxed);
        Timestamp(system_now().0.saturating_add(ahead))
    }

    /// How far the lab's clock is ahead of the system's.
    pub(crate) fn ahead(&self) -> Duration {
        let ahead = self.ahead_micros.load(Ordering::Relaxed);
        Duration::from_micros(u64::try_from(ahead).unwrap_or(0))
    }

    /// Advances the lab's clock to `time`, unless it is there already.
    pub(crate) fn advance_to(&self, time: Timestamp) {
        let ahead = time.0.saturating_sub(system_now().0);
        self.ahead_micros.fetch_max(ahead, Ordering::Relaxed);
    }

    /// The clock of a host.
    pub(crate) fn clock_of(&self, host: HostId) -> Timestamp {
        self.world().clock_of(host)
    }

    /// The world, at the lab's present time. What is changed through it reaches the DCs with [`Live::publish`].
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // a thread that panicked left a whole world: every change replaces a part of it at its end
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.wait_until(self.now());
        world
    }

    /// Gives the DCs what the world has for them now.
    pub(crate) fn publish(&self, world: &World) {
        for (slot, serving) in self.dcs.iter().zip(serving(world)) {
            *slot.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(serving);
        }
    }

    /// The DC with this index in the lab file, and its clock.
    pub(crate) fn dc(&self, index: usize) -> Option<(Arc<Serving>, Timestamp)> {
        let slot = self.dcs.get(index)?;
        let serving = Arc::clone(&slot.read().unwrap_or_else(PoisonError::into_inner));
        let now = Timestamp(self.now().0.saturating_add(serving.offset_micros));
        Some((serving, now))
    }

    /// The writable DC that answers for a read-only one, and its index in the lab file.
    pub(crate) fn hub_of(&self, host: HostId) -> Option<(HostId, usize)> {
        self.world().hub_of(host)
    }
}

/// What every DC serves, in the order of the lab file.
fn serving(world: &World) -> impl Iterator<Item = Serving> {
    world.topology().hosts().filter_map(|(host, _)| {
        let (domain, config) = world.served_by(host)?;
        Some(Serving {
            domain: domain.clone(),
            config: config.clone(),
            offset_micros: world.clock_of(host).0.saturating_sub(world.now().0),
        })
    })
}
