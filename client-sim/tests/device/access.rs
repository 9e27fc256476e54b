//! The device against a file server, a second domain and a KDC proxy.

use client_sim::act::Share;
use client_sim::error::{AnswerFault, Missing};
use client_sim::event::{Carrier, ClientEvent, Reason};
use client_sim::{Act, CredentialKind, FlowError, Performed, flow::OpenShare};
use evidence::klist::LogonId;
use kerberos::codes::{ErrorCode, NtStatus};

use crate::lab::{ADA, CHILD, CLEO, DOMAIN, Desk};
use crate::on_prem::hello_session;

#[test]
fn a_share_opens_from_the_partial_tgt_on() {
    let (mut desk, id) = hello_session(Desk::registered());
    let share = open(&mut desk, id, "projects").unwrap();
    assert_eq!(
        share.ticket.unwrap().server.to_string(),
        format!("cifs/fs01.{DOMAIN}")
    );
    assert_eq!(desk.network.streams.get(), 3, "exchange, service ticket, access");
    assert!(desk.saw(|event| matches!(event, ClientEvent::AccessGranted { .. })));
    // and once more, with a new authenticator and no KDC
    open(&mut desk, id, "projects").unwrap();
    assert_eq!(desk.network.streams.get(), 4);
}

#[test]
fn a_share_of_others_is_denied_and_kerberos_is_not_to_blame() {
    let (mut desk, id) = hello_session(Desk::registered());
    let error = open(&mut desk, id, "board").unwrap_err();
    assert_eq!(error.nt_status(), NtStatus::ACCESS_DENIED);
    assert!(desk.device.session(id).unwrap().last_failure.is_none());
}

#[test]
fn a_server_that_cannot_prove_itself_is_not_believed() {
    let (mut desk, id) = hello_session(Desk::registered());
    desk.network.spoil_proof.set(true);
    let error = open(&mut desk, id, "projects").unwrap_err();
    assert!(
        matches!(
            error,
            FlowError::KerberosAnswer {
                why: AnswerFault::Open(_),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_referral_leads_to_a_dc_of_the_other_domain() {
    let (mut desk, id) = hello_session(Desk::registered());
    // whether the child's KDC takes the referral is its own affair
    let _ = get_ticket(&mut desk, id, &format!("cifs/fs02.{CHILD}"));
    let child: String = CHILD.to_uppercase();
    assert!(desk.saw(|event| matches!(event, ClientEvent::Referred { to, .. } if **to == *child)));
    let dc = format!("dc11.{CHILD}");
    assert!(desk.saw(|event| matches!(event, ClientEvent::KdcAsked { host, .. } if **host == *dc)));
    let shown = desk.device.klist(id, crate::lab::START).unwrap();
    let referral = shown
        .tickets
        .iter()
        .find(|ticket| ticket.server.name == format!("krbtgt/{child}"))
        .unwrap();
    assert_eq!(referral.server.realm, DOMAIN.to_uppercase());
}

#[test]
fn a_cloud_service_is_asked_for_through_the_proxy_where_policy_allows() {
    let (mut desk, id) = hello_session(Desk::registered());
    let server = "cifs/labfiles1.file.core.windows.net";
    // without the policy a DC is asked
    let failure = get_ticket(&mut desk, id, server).unwrap_err();
    assert_eq!(&*failure.kerberos().unwrap().host, format!("dc01.{DOMAIN}"));

    desk.change_config(|config| config.policy.cloud_ticket_retrieval = true);
    let failure = get_ticket(&mut desk, id, server).unwrap_err();
    assert_eq!(failure.kerberos().unwrap().code, ErrorCode::S_PRINCIPAL_UNKNOWN);
    assert_eq!(&*failure.kerberos().unwrap().host, "login.microsoftonline.com");
    assert!(desk.saw(|event| matches!(
        event,
        ClientEvent::KdcAsked {
            carrier: Carrier::Https,
            ..
        }
    )));
}

#[test]
fn the_cloud_tgt_is_shown_where_policy_allows() {
    let mut desk = Desk::registered();
    desk.change_config(|config| config.policy.cloud_ticket_retrieval = true);
    let id = desk.sign_in(CLEO, CredentialKind::Password).unwrap();
    assert!(desk.device.cloud_debug(id).unwrap().cloud_referral_tgt);
    let shown = desk.device.klist(id, crate::lab::START).unwrap();
    let [tgt] = shown.tickets.as_slice() else {
        panic!("one ticket")
    };
    assert_eq!((tgt.ticket_etype, &*tgt.client.realm), (-1, "AzureAD"));
    assert_eq!(tgt.kdc_called, "TicketSuppliedAtLogon");
    // and it opens nothing on premises
    let error = open(&mut desk, id, "projects").unwrap_err();
    assert_eq!(error, FlowError::Missing(Missing::OnPremCredential));
    assert!(!desk.device.sso_state(ADA, crate::lab::START).on_prem_tgt());
}

#[test]
fn no_damaged_answer_makes_the_device_panic() {
    let (mut desk, id) = hello_session(Desk::registered());
    let nothing_known = desk.device.clone();
    open(&mut desk, id, "projects").unwrap();
    let tickets_held = desk.device.clone();
    desk.purge_tickets(id);
    let dc_known = desk.device.clone();
    let mut failed = 0;
    for state in [nothing_known, dc_known, tickets_held] {
        for (at, mask) in (0..1400).zip([0x01, 0x80, 0xFF].into_iter().cycle()) {
            desk.device = state.clone();
            desk.network.damage.set(Some((at, mask)));
            failed += usize::from(open(&mut desk, id, "projects").is_err());
            let _ = desk.run(async |flow| flow.refresh_prt(ADA, Reason::Command).await);
        }
    }
    assert!(failed > 4000, "{failed} of 4,200 were noticed");
}

fn open(desk: &mut Desk, id: LogonId, share: &str) -> Result<OpenShare, FlowError> {
    let host = format!("fs01.{DOMAIN}");
    let act = Act::OpenShare {
        share: Share {
            server: host.into(),
            name: share.into(),
        },
        write: true,
        account: None,
    };
    match desk.act_in(id, &act)? {
        Performed::Opened(open) => Ok(open),
        other => panic!("{other:?}"),
    }
}

fn get_ticket(desk: &mut Desk, id: LogonId, service: &str) -> Result<(), FlowError> {
    let (service, session) = (service.into(), None);
    desk.act_in(id, &Act::GetTicket { service, session }).map(drop)
}
