//! The device against a KDC: exchange, password, renewal, service tickets, and every way in which a DC says no.

use std::time::Duration;

use client_sim::error::{KdcRequest, Missing};
use client_sim::event::{Carrier, ClientEvent, Reason};
use client_sim::flow::EXCHANGE_DC;
use client_sim::tickets::CachedTicket;
use client_sim::views::Export;
use client_sim::{Act, CredentialKind, FlowError, Join};
use evidence::klist::LogonId;
use kerberos::codes::{ErrorCode, NtStatus};
use kerberos::crypto::nt_hash;
use kerberos::netlogon::DcFlags;

use crate::lab::{ADA, DOMAIN, Desk, PASSWORD, START};

#[test]
fn a_partial_tgt_becomes_a_full_one_and_the_ntlm_key_comes_with_it() {
    let (mut desk, id) = hello_session(Desk::registered());
    let tgt = exchange(&mut desk, id).unwrap();

    let kvno = tgt.ticket.enc_part.kvno.unwrap();
    assert_eq!((kvno.rodc_number(), kvno.version()), (0, 2));
    let session = desk.device.session(id).unwrap();
    assert_eq!(session.ntlm_key, Some(nt_hash(PASSWORD)));
    let shown = desk.device.klist(id, START).unwrap();
    assert_eq!(shown.tickets.len(), 1);
    assert_eq!(
        (shown.tickets[0].flags, &*shown.tickets[0].kdc_called),
        (0x4081_0000, "dc01.ad.fernhill.example")
    );
    assert!(desk.device.cloud_debug(id).unwrap().as_rep_callback_used);
}

#[test]
fn a_service_ticket_is_had_on_first_access_and_then_from_the_cache() {
    let (mut desk, id) = hello_session(Desk::registered());
    ticket(&mut desk, id, &format!("cifs/fs01.{DOMAIN}")).unwrap();
    let asked = desk.network.streams.get();
    assert_eq!(asked, 2, "one exchange, one service ticket");
    ticket(&mut desk, id, &format!("CIFS/FS01.{DOMAIN}")).unwrap();
    assert_eq!(desk.network.streams.get(), asked);

    desk.purge_tickets(id);
    ticket(&mut desk, id, &format!("cifs/fs01.{DOMAIN}")).unwrap();
    assert_eq!(desk.network.streams.get(), asked + 2);
}

#[test]
fn a_datagram_that_is_too_small_for_the_reply_is_followed_by_a_stream() {
    let (mut desk, id) = hello_session(Desk::registered());
    desk.change_config(|config| config.kerberos.udp_first = true);
    desk.network.dc.borrow_mut().udp_reply_limit = 600;
    exchange(&mut desk, id).unwrap();

    let carriers: Vec<Carrier> = desk
        .events
        .iter()
        .filter_map(|(_, event)| match event {
            ClientEvent::KdcAsked { carrier, .. } => Some(*carrier),
            _ => None,
        })
        .collect();
    assert_eq!(carriers, [Carrier::Udp, Carrier::Tcp]);
}

#[test]
fn a_denied_user_sees_a_failed_logon_and_the_session_keeps_the_code() {
    let (mut desk, id) = hello_session(Desk::registered());
    desk.network.change_domain(|domain| {
        domain.member("Domain Admins", "ada");
    });
    let error = exchange(&mut desk, id).unwrap_err();

    assert_eq!(error.nt_status(), NtStatus::LOGON_FAILURE);
    let failure = desk.device.session(id).unwrap().last_kerberos_failure().unwrap();
    assert_eq!(
        (failure.code, failure.request),
        (ErrorCode::TGT_REVOKED, KdcRequest::Exchange)
    );
    assert!(desk.network.reasons.borrow().contains("TGS-RODC-DENIED"));
    // what Entra gave stays
    assert!(desk.device.sso_state(ADA, START).on_prem_tgt());
}

#[test]
fn a_rotated_key_is_refused_until_entra_has_it() {
    let (mut desk, id) = hello_session(Desk::registered());
    desk.network.change_domain(|domain| {
        domain.remove_rodc(crate::lab::KEY_NUMBER);
    });
    let code = exchange(&mut desk, id).unwrap_err().kerberos().unwrap().code;
    assert_eq!(code, ErrorCode::S_PRINCIPAL_UNKNOWN);
}

#[test]
fn five_minutes_between_the_clocks_pass_and_more_do_not() {
    for (ahead, expected) in [
        (Duration::from_secs(300), None),
        (Duration::from_secs(301), Some(ErrorCode::SKEW)),
    ] {
        let (mut desk, id) = hello_session(Desk::registered());
        desk.network.dc_clock_ahead.set(ahead);
        let result = exchange(&mut desk, id);
        let code = result
            .as_ref()
            .err()
            .and_then(|error| error.kerberos())
            .map(|failure| failure.code);
        assert_eq!(code, expected, "{ahead:?}");
        if let Err(error) = result {
            assert_eq!(error.nt_status(), NtStatus::TIME_DIFFERENCE_AT_DC);
        }
    }
}

#[test]
fn without_a_dc_nothing_on_premises_opens_and_all_else_stays() {
    let (mut desk, id) = hello_session(Desk::registered());
    desk.network.dc_reachable.set(false);
    let error = ticket(&mut desk, id, &format!("cifs/fs01.{DOMAIN}")).unwrap_err();
    assert_eq!(error.nt_status(), NtStatus::NO_LOGON_SERVERS);
    assert!(desk.device.cloud_debug(id).unwrap().cloud_primary_tgt);

    desk.network.dc_reachable.set(true);
    desk.device.network_changed();
    ticket(&mut desk, id, &format!("cifs/fs01.{DOMAIN}")).unwrap();
}

#[test]
fn a_remembered_dc_that_is_gone_is_looked_for_again() {
    let (mut desk, id) = hello_session(Desk::registered());
    exchange(&mut desk, id).unwrap();
    desk.network.wait(Duration::from_secs(60));
    desk.network.dc_reachable.set(false);
    let error = exchange(&mut desk, id).unwrap_err();
    assert!(matches!(error, FlowError::NoDomainController { .. }), "{error}");
    // and that it was looked for in vain is remembered like any other search
    desk.network.dc_reachable.set(true);
    exchange(&mut desk, id).unwrap_err();
    desk.network.wait(desk.device.config.kerberos.far_kdc_timeout);
    exchange(&mut desk, id).unwrap();
    assert!(desk.device.kdc_failures.is_empty());
}

#[test]
fn a_binding_by_hand_ends_what_a_search_in_vain_left() {
    let (mut desk, id) = hello_session(Desk::registered());
    let key = (DOMAIN.to_uppercase().into(), DcFlags::KDC);
    let until = START + Duration::from_secs(600);
    desk.device.kdc_failures.insert(key, until);
    exchange(&mut desk, id).unwrap_err();
    let dc = format!("dc01.{DOMAIN}");
    let (domain, kdc) = (DOMAIN.into(), dc.into());
    desk.act(ADA, &Act::AddBinding { domain, kdc }).unwrap();
    exchange(&mut desk, id).unwrap();
}

#[test]
fn a_search_in_vain_counts_for_what_wants_as_much_or_more() {
    let (mut desk, id) = hello_session(Desk::registered());
    exchange(&mut desk, id).unwrap();
    let lacking = |flags| {
        (
            (DOMAIN.to_uppercase().into(), flags),
            START + Duration::from_secs(600),
        )
    };
    let cifs = format!("cifs/fs01.{DOMAIN}");
    desk.device.kdc_failures.extend([lacking(EXCHANGE_DC)]);
    exchange(&mut desk, id).unwrap_err();
    ticket(&mut desk, id, &cifs).unwrap();
    desk.device.kdc_failures.clear();
    desk.device.kdc_failures.extend([lacking(DcFlags::KDC)]);
    exchange(&mut desk, id).unwrap_err();
    let error = ticket(&mut desk, id, &format!("host/fs01.{DOMAIN}")).unwrap_err();
    assert!(matches!(error, FlowError::NoDomainController { .. }), "{error}");
}

#[test]
fn a_tgt_is_renewed_while_it_lives_and_not_after() {
    let (mut desk, id) = hello_session(Desk::registered());
    let old = exchange(&mut desk, id).unwrap();
    desk.network.wait(Duration::from_secs(9 * 3600));
    let new = desk
        .run(async |flow| flow.renew_tgt(id, Reason::Command).await)
        .unwrap();
    assert!(new.end > old.end && new.renew_till == old.renew_till);

    desk.network.wait(Duration::from_secs(11 * 3600));
    let error = desk
        .run(async |flow| flow.renew_tgt(id, Reason::Command).await)
        .unwrap_err();
    assert_eq!(error, FlowError::Missing(Missing::RenewableTgt));
}

#[test]
fn an_unknown_service_has_no_ticket() {
    let (mut desk, id) = hello_session(Desk::registered());
    let error = ticket(&mut desk, id, "cifs/nowhere.example").unwrap_err();
    let failure = error.kerberos().unwrap();
    assert_eq!(
        (failure.code, failure.request, error.nt_status()),
        (
            ErrorCode::S_PRINCIPAL_UNKNOWN,
            KdcRequest::ServiceTicket,
            NtStatus::NO_TRUST_SAM_ACCOUNT
        )
    );
}

#[test]
fn a_password_gets_a_tgt_from_the_dc_of_a_hybrid_joined_device() {
    let mut desk = Desk::hybrid();
    let id = desk.sign_in(ADA, CredentialKind::Password).unwrap();
    let session = desk.device.session(id).unwrap();
    let [tgt] = session.tickets.iter().as_slice() else {
        panic!("one ticket")
    };
    assert_eq!(
        tgt.flags.bits() & 0x0060_0000,
        0x0060_0000,
        "initial, pre-authenticated"
    );
    assert_eq!(session.ntlm_key, None);
    assert!(
        session.partial_tgt.is_some(),
        "Entra gives it whatever the credential"
    );
    ticket(&mut desk, id, &format!("cifs/fs01.{DOMAIN}")).unwrap();
}

#[test]
fn a_hybrid_joined_device_needs_a_dc_the_first_time_and_then_no_more() {
    let mut desk = with_hello(Desk::hybrid());
    desk.device
        .users
        .values_mut()
        .for_each(|user| user.cached_logon = false);
    desk.network.dc_reachable.set(false);
    desk.device.network_changed();
    let error = desk.sign_in(ADA, CredentialKind::Hello).unwrap_err();
    assert_eq!(error.nt_status(), NtStatus::NO_LOGON_SERVERS);

    desk.network.dc_reachable.set(true);
    desk.device.network_changed();
    let id = desk.sign_in(ADA, CredentialKind::Hello).unwrap();
    assert!(!desk.device.klist(id, START).unwrap().tickets.is_empty());
    desk.sign_out(id);

    desk.network.dc_reachable.set(false);
    desk.device.network_changed();
    desk.sign_in(ADA, CredentialKind::Hello).unwrap();
    assert!(desk.saw(|event| matches!(event, ClientEvent::SignedIn { cached: true, .. })));
}

#[test]
fn a_denied_user_of_a_hybrid_joined_device_sees_the_failure_of_key_trust() {
    let mut desk = with_hello(Desk::hybrid());
    desk.network.change_domain(|domain| {
        domain.member("Domain Admins", "ada");
    });
    desk.sign_in(ADA, CredentialKind::Hello).unwrap_err();
    let status = desk.events.iter().find_map(|(_, event)| match event {
        ClientEvent::SignInFailed { status, .. } => Some(*status),
        _ => None,
    });
    assert_eq!(status, Some(NtStatus::NOT_SUPPORTED));
    assert!(desk.device.sessions.is_empty());
}

#[test]
fn without_the_policy_a_hybrid_joined_device_tries_key_trust() {
    let mut desk = with_hello(Desk::hybrid());
    desk.change_config(|config| config.policy = client_sim::Policy::none());
    let error = desk.sign_in(ADA, CredentialKind::Hello).unwrap_err();
    assert_eq!(error.nt_status(), NtStatus::NOT_SUPPORTED);
}

#[test]
fn all_tickets_can_be_exported() {
    let (mut desk, id) = hello_session(Desk::registered());
    ticket(&mut desk, id, &format!("cifs/fs01.{DOMAIN}")).unwrap();
    let session = desk.device.session(id).unwrap();
    let cache = session.export_ccache(Export::All, START).unwrap();
    let servers: Vec<String> = cache
        .credentials
        .iter()
        .map(|credential| credential.server.name.to_string())
        .collect();
    assert_eq!(
        servers,
        ["krbtgt/AD.FERNHILL.EXAMPLE", "cifs/fs01.ad.fernhill.example"]
    );
    assert!(matches!(desk.device.config.join, Join::Entra { .. }));
}

fn exchange(desk: &mut Desk, id: LogonId) -> Result<CachedTicket, FlowError> {
    desk.run(async |flow| flow.exchange(id, Reason::Command).await)
}

fn ticket(desk: &mut Desk, id: LogonId, spn: &str) -> Result<(), FlowError> {
    let (service, session) = (spn.into(), None);
    desk.act_in(id, &Act::GetTicket { service, session }).map(drop)
}

fn with_hello(mut desk: Desk) -> Desk {
    let id = desk.sign_in(ADA, CredentialKind::Password).unwrap();
    desk.act_in(id, &Act::SetUpHello).unwrap();
    desk.sign_out(id);
    desk.network.streams.set(0);
    desk
}

pub(crate) fn hello_session(desk: Desk) -> (Desk, LogonId) {
    let mut desk = with_hello(desk);
    let id = desk.sign_in(ADA, CredentialKind::Hello).unwrap();
    (desk, id)
}
