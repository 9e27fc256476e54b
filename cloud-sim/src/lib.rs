//! The emulated Entra ID, without I/O: a request and a clock in, a reply and the reasons out.
//!
//! [`handle`] serves what a device needs to get from nothing to two tickets: realm discovery, password and refresh token
//! grants for the device registration service, device and Hello key registration, nonces, and primary refresh tokens by
//! password, Hello key and renewal, with the partial TGT for the AD realm (`tgt_ad`) and the cloud TGT (`tgt_cloud`). Behind
//! `/{tenant}/kerberos` it is the KDC of the cloud realm.
//!
//! [`serve`] does the same for several tenants behind one address.
//!
//! [`Tenant`] is what an administrator sets and is never changed here; [`TenantState`] is what requests leave behind.

mod decision;
mod devices;
mod dispatch;
mod grants;
mod kdc;
mod prt_grant;
mod reply;
mod route;
mod rules;
mod state;
mod tenant;
mod tgt;
mod token;

use evidence::decision::Decision;
use kerberos::Timestamp;

pub use decision::Detail;
pub use dispatch::{serve, tenant_of};
pub use kdc::{KdcDetail, cloud_sid};
pub use rules::rules;
pub use state::{Device, HelloKey, TenantState};
pub use tenant::{
    Application, IdTokenSignature, KerberosDomain, OnPremises, PartialTgtPac, PasswordHash, RefreshReply,
    Settings, Tenant, TrustedDomain, User, WithheldTgt,
};
pub use tgt::CLOUD_REALM;
pub use token::user_of_token;

/// A reply and the decisions that led to it, in order.
#[derive(Debug)]
pub struct Handled {
    /// The reply: JSON, or a compact JWE for a renewed PRT.
    pub response: http::Response<Vec<u8>>,
    /// Why.
    pub decisions: Vec<Decision<Detail>>,
}

/// Serves one HTTPS request.
///
/// The host is not looked at: login, device registration and enrolment have different paths. Nothing that comes from the
/// network panics; what cannot be read is answered with status 400 and an AADSTS code, what does not exist with 404.
pub fn handle(
    tenant: &Tenant,
    state: &mut TenantState,
    now: Timestamp,
    rng: &mut dyn rand::CryptoRng,
    request: http::Request<Vec<u8>>,
) -> Handled {
    let mut exchange = Exchange {
        tenant,
        state,
        now,
        rng,
        decisions: Vec::with_capacity(8),
    };
    let response = match exchange.route(&request) {
        Ok(response) => response,
        Err(refusal) => exchange.refuse(refusal),
    };
    Handled {
        response,
        decisions: exchange.decisions,
    }
}

/// One request while it is served.
struct Exchange<'a> {
    tenant: &'a Tenant,
    state: &'a mut TenantState,
    now: Timestamp,
    rng: &'a mut dyn rand::CryptoRng,
    decisions: Vec<Decision<Detail>>,
}
