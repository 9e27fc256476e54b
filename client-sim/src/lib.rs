//! The Windows device: registration, Hello, primary refresh token, ticket cache and DC locator, without I/O.
//!
//! | module | what it holds |
//! |---|---|
//! | [`network`] | what a device asks of the network, and ways to wait |
//! | [`config`] | what a device is and is told |
//! | [`policy`] | what policies of Hello say, and which of them count |
//! | [`windows`] | versions of Windows |
//! | [`state`] | what it remembers, as plain data |
//! | [`flow`] | what it does: sign in, refresh, find a DC, exchange, open a share |
//! | [`act`] | what a person does at it |
//! | [`access`] | the messages between a device and a file server |
//! | [`event`] | what it did, step by step |
//! | [`error`] | why a flow failed, and the NTSTATUS that Windows gives for it |
//! | [`views`] | what it shows: `klist`, `klist cloud_debug`, `dsregcmd /status`, credential caches |
//!
//! A flow is an `async fn` over a [`Network`]. It writes each result into the [`DeviceState`] before it waits for the next
//! one, so that the state is whole at every moment, and can be copied whenever no flow is under way.

pub mod access;
pub mod act;
pub mod config;
pub mod connector;
pub mod edition;
pub mod error;
pub mod event;
pub mod flow;
mod hello;
pub mod network;
pub mod policy;
pub mod prt_cache;
pub mod state;
mod tgs;
pub mod tickets;
pub mod views;
pub mod windows;

pub use act::{Act, ActError, CredentialKind, Performed, Person};
pub use config::{DeviceConfig, HelloSettings, Join};
pub use error::FlowError;
pub use event::{ClientEvent, EventSink};
pub use flow::Flow;
pub use network::{Endpoint, Network, NetworkError, SrvRecord};
pub use policy::Policy;
pub use state::{DeviceState, LogonSession, OtherAccount, Password};
pub use tgs::ORDINARY as KDC_OPTIONS;
