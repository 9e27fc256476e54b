//! The on-premises side: an Active Directory domain, its KDC and its servers, without I/O.
//!
//! A domain is an immutable [`DomainSnapshot`], made by a [`DomainBuilder`] and replaced as a whole by whatever an
//! administrator changes. What a domain controller remembers is a small [`KdcState`]. [`handle`] takes both, the
//! time, a random stream and the octets of a request, and gives the octets of the reply with the decisions that led to it:
//! nothing else happens. It does not read a clock, open a socket or format a text.
//!
//! Every check is a rule of [`rules`]; a refusal is a [`Refusal`], and one function maps it to the wire.

mod as_exchange;
pub mod audit;
mod authn_policy;
mod branch;
mod config;
mod decision;
pub mod directory;
mod fast;
mod framing;
mod identity;
mod issue;
pub mod ldap;
mod lookup;
mod preauth;
mod referral;
mod refusal;
mod request;
pub mod resource;
mod rodc;
pub mod rules;
mod s4u_proxy;
mod s4u_self;
mod state;
mod tgs_exchange;
mod tgs_issue;
mod tgt;
mod transited;
mod u2u;

pub use config::{Armoring, DcConfig, Profile, Transport, UpdateLevel, UpdateLevelError};
pub use decision::{Detail, Trail};
pub use directory::{BuildError, DomainBuilder, DomainSnapshot};
pub use framing::{FrameError, StreamDecoder, frame};
pub use refusal::{
    ArmorRefusal, DelegationRefusal, ErrorData, Exchange, PolicyRefusal, Refusal, Skew, WireError,
};
pub use request::{Handled, Received, RequestSummary, answer, handle};
pub use state::{KdcState, ReplayCache};
