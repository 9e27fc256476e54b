//! What a device does. Every flow is a method of [`Flow`].

mod cloud;
mod cloud_kdc;
mod kdc;
mod locate;
mod ntlm;
mod perform;
mod prt;
mod realm;
mod register;
mod remote;
mod service;
mod sign_in;
mod tgt;
mod typed;
mod web;

pub use locate::EXCHANGE_DC;
pub use service::OpenShare;
pub(crate) use service::access_token;
pub use web::{OpenPage, Package};

use std::sync::Arc;

use evidence::klist::LogonId;
use kerberos::Timestamp;
use rand::CryptoRng;

use crate::error::{FlowError, Missing};
use crate::event::{ClientEvent, EventSink};
use crate::network::Network;
use crate::state::{DeviceState, LogonSession};

/// A device about to do something: its state, the network it is in, a random stream for this one thing, and who listens.
pub struct Flow<'a, N: Network> {
    /// The network.
    pub network: &'a N,
    /// The device.
    pub device: &'a mut DeviceState,
    /// Randomness for nonces, keys and confounders.
    pub rng: &'a mut dyn CryptoRng,
    /// Who is told of every step.
    pub events: &'a mut dyn EventSink,
}

impl<N: Network> Flow<'_, N> {
    pub(crate) fn now(&self) -> Timestamp {
        self.network.now()
    }

    pub(crate) fn record(&mut self, event: ClientEvent) {
        self.events.record(self.network.now(), event);
    }

    pub(crate) fn session(&self, id: LogonId) -> Result<&LogonSession, FlowError> {
        self.device
            .session(id)
            .ok_or(FlowError::Missing(Missing::Session))
    }

    pub(crate) fn session_mut(&mut self, id: LogonId) -> Result<&mut LogonSession, FlowError> {
        self.device
            .session_mut(id)
            .ok_or(FlowError::Missing(Missing::Session))
    }

    /// Locks the screen of a session.
    ///
    /// # Errors
    /// There is no such session.
    pub(crate) fn lock(&mut self, id: LogonId) -> Result<(), FlowError> {
        self.session_mut(id)?.locked = true;
        self.record(ClientEvent::Locked { session: id });
        Ok(())
    }

    /// Remembers in the session why Kerberos failed there, and gives the error back.
    pub(crate) fn failed(&mut self, id: LogonId, error: FlowError) -> FlowError {
        let shared = Arc::new(error);
        if let Some(session) = self.device.session_mut(id) {
            session.last_failure = Some(Arc::clone(&shared));
        }
        Arc::unwrap_or_clone(shared)
    }
}
