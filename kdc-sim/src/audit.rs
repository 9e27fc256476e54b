//! What a domain controller and a server write into their Security logs: 4768, 4769, 4771 and 4624.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use evidence::Decision;
use evidence::event::Body;
use evidence::event::security::{
    LoggedOn, Package, PreauthFailed, Request, ServiceTicketRequested, TgtRequested,
};
use kerberos::codes::ErrorCode;
use kerberos::wire::{KdcReqKind, PrincipalName};

use crate::config::DcConfig;
use crate::decision::Detail;
use crate::directory::{Account, DomainSnapshot};
use crate::refusal::Refusal;
use crate::request::RequestSummary;
use crate::resource::ServerDetail;

/// The event for a request that a KDC answered. Nothing for an answer that only asks for pre-authentication or for TCP, and for a
/// failure before the client is known.
pub fn of_request(
    domain: &DomainSnapshot,
    dc: &DcConfig,
    client: SocketAddr,
    asked: &RequestSummary,
    decisions: &[Decision<Detail>],
) -> Option<Box<dyn Body>> {
    let seen = Seen::of(decisions, dc);
    if matches!(
        seen.code,
        ErrorCode::PREAUTH_REQUIRED | ErrorCode::RESPONSE_TOO_BIG
    ) {
        return None;
    }
    let request = Request {
        options: asked.options.bits(),
        status: u32::try_from(seen.code.number()).unwrap_or_default(),
        etype: seen.etype,
        address: address(client.ip()),
        port: client.port(),
    };
    match asked.kind {
        KdcReqKind::As => as_event(domain, asked, &seen, request),
        KdcReqKind::Tgs => Some(tgs_event(domain, asked, &seen, request)),
    }
}

/// The event for a client whom a server let in.
pub fn of_logon(
    domain: &DomainSnapshot,
    client: SocketAddr,
    decision: &Decision<Detail>,
    logon_id: u32,
) -> Option<LoggedOn> {
    let Detail::Server(ServerDetail::Accepted { client: name, .. }) = &decision.detail else {
        return None;
    };
    let account = domain.account(&name.to_string());
    Some(LoggedOn {
        sid: account.map_or_else(|| "S-1-0-0".to_owned(), |account| account.sid.to_string()),
        account: name.to_string(),
        domain: domain.realm().to_string(),
        logon_id,
        package: Package::Kerberos,
        logon_guid: None,
        workstation: None,
        address: client.ip().to_string(),
        port: client.port(),
    })
}

/// What the decisions tell of the end of a request.
struct Seen<'d> {
    /// The client, once it is known.
    account: Option<&'d Arc<Account>>,
    /// The encryption type of the ticket.
    etype: Option<u32>,
    /// The error, or [`ErrorCode::NONE`].
    code: ErrorCode,
    preauthenticated: bool,
}

impl<'d> Seen<'d> {
    fn of(decisions: &'d [Decision<Detail>], dc: &DcConfig) -> Self {
        let mut seen = Self {
            account: None,
            etype: None,
            code: ErrorCode::NONE,
            preauthenticated: false,
        };
        for decision in decisions {
            match &decision.detail {
                Detail::Client(account) | Detail::Requestor(account) | Detail::Rebuilt(account) => {
                    seen.account = Some(account);
                }
                Detail::Preauthenticated { account, .. } => {
                    seen.account = Some(account);
                    seen.preauthenticated = true;
                }
                Detail::Issued { etype, .. } => seen.etype = u32::try_from(etype.number()).ok(),
                Detail::Refused(refusal) => {
                    seen.code = refusal.to_wire(dc).code;
                    seen.account = account_of(refusal).or(seen.account);
                }
                _ => {}
            }
        }
        seen
    }
}

const fn account_of(refusal: &Refusal) -> Option<&Arc<Account>> {
    match refusal {
        Refusal::AccountState { account, .. }
        | Refusal::PasswordState { account, .. }
        | Refusal::RodcDenied { account, .. }
        | Refusal::RodcNotAllowed { account, .. }
        | Refusal::RodcClientKind { account }
        | Refusal::PreauthFailed { account, .. } => Some(account),
        _ => None,
    }
}

fn as_event(
    domain: &DomainSnapshot,
    asked: &RequestSummary,
    seen: &Seen<'_>,
    request: Request,
) -> Option<Box<dyn Body>> {
    const ENCRYPTED_TIMESTAMP: u32 = 2;
    let named = asked.client.as_ref().map(ToString::to_string);
    let account = seen.account.map(|account| account.name.to_string()).or(named)?;
    let sid = seen.account.map(|account| account.sid.to_string());
    let realm = asked.realm.to_string();
    let failed = request.status != 0;
    if seen.code == ErrorCode::PREAUTH_FAILED {
        return Some(Box::new(PreauthFailed {
            account,
            sid: sid.unwrap_or_default(),
            service: format!("krbtgt/{realm}"),
            request,
            preauth: ENCRYPTED_TIMESTAMP,
        }));
    }
    Some(Box::new(TgtRequested {
        account,
        sid,
        service: if failed {
            format!("krbtgt/{realm}")
        } else {
            "krbtgt".to_owned()
        },
        service_sid: (!failed).then(|| domain.krbtgt().sid.to_string()),
        realm,
        request,
        preauth: seen.preauthenticated.then_some(ENCRYPTED_TIMESTAMP),
    }))
}

fn tgs_event(
    domain: &DomainSnapshot,
    asked: &RequestSummary,
    seen: &Seen<'_>,
    request: Request,
) -> Box<dyn Body> {
    let realm = domain.realm().to_string();
    let named = asked
        .service
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let failed = request.status != 0;
    let service = asked
        .service
        .as_ref()
        .and_then(|name| service_account(domain, name));
    let account = seen.account.map(|account| format!("{}@{realm}", account.name));
    Box::new(ServiceTicketRequested {
        account: account.unwrap_or_default(),
        realm,
        service: match &service {
            Some(account) if !failed => account.name.to_string(),
            _ => named,
        },
        service_sid: service.filter(|_| !failed).map(|account| account.sid.to_string()),
        request,
        logon_guid: None,
    })
}

fn service_account<'d>(domain: &'d DomainSnapshot, name: &PrincipalName) -> Option<&'d Arc<Account>> {
    if name.krbtgt_realm().is_some() {
        return Some(domain.krbtgt());
    }
    domain.account_by_spn(&name.to_string())
}

/// IPv4 addresses are written as those of IPv6 sockets.
fn address(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("::ffff:{address}"),
        IpAddr::V6(address) => address.to_string(),
    }
}
