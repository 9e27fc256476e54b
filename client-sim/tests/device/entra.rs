//! The device against the emulated Entra: registration, sign-in, Hello, refresh, and what the tools show of it.

use std::time::Duration;

use crate::lab::{ADA, CLEO, Desk, START};
use client_sim::event::{ClientEvent, Delivery, Reason};
use client_sim::views::Export;
use client_sim::{Act, CredentialKind, FlowError};
use kerberos::codes::NtStatus;
use kerberos::wire::Kvno;

#[test]
fn a_first_sign_in_brings_a_prt_and_both_tickets() {
    let mut desk = Desk::registered();
    let id = desk.sign_in(ADA, CredentialKind::Password).unwrap();

    let state = desk.device.sso_state(ADA, START);
    assert!(state.prt.is_some() && state.on_prem_tgt() && state.cloud_tgt());
    let names = state.cloud_kerberos.and_then(|rows| rows.top_level_names);
    assert!(names.unwrap().starts_with(".windows.net,"));
    let partial = desk.device.session(id).unwrap().partial_tgt.clone().unwrap();
    assert_eq!(partial.ticket.enc_part.kvno, Some(Kvno::new(21463, 1203)));
    assert_eq!(partial.client.to_string(), "ada");
    assert!(desk.device.cloud_debug(id).unwrap().cloud_primary_tgt);
    // the partial TGT is not among the tickets that klist shows
    assert!(desk.device.klist(id, START).unwrap().tickets.is_empty());
}

#[test]
fn a_wrong_password_opens_no_session_and_leaves_a_diagnosis() {
    let mut desk = Desk::registered();
    let error = desk.sign_in_with(ADA, "wrong").unwrap_err();

    assert_eq!(error.nt_status(), NtStatus::LOGON_FAILURE);
    assert!(desk.device.sessions.is_empty());
    let attempt = desk.device.sso_state(ADA, START).attempt.unwrap();
    assert_eq!(
        (attempt.status, attempt.http_status, &*attempt.server_error_code),
        (0xC000_006D, 400, "invalid_grant")
    );
    assert!(attempt.server_error_description.starts_with("AADSTS50126"));
}

#[test]
fn a_cloud_only_user_gets_no_partial_tgt() {
    let mut desk = Desk::registered();
    desk.sign_in(CLEO, CredentialKind::Password).unwrap();

    let state = desk.device.sso_state(CLEO, START);
    assert!(state.prt.is_some() && !state.on_prem_tgt() && state.cloud_tgt());
}

#[test]
fn a_hello_key_signs_in_without_a_password() {
    let mut desk = desk_with_hello();
    let id = desk.sign_in(ADA, CredentialKind::Hello).unwrap();

    let debug = desk.device.cloud_debug(id).unwrap();
    assert!(debug.public_key_credential && debug.cloud_primary_tgt && !debug.password_derived_keys);
    assert_eq!(debug.as_rep_credential_type, 2);
}

#[test]
fn a_removed_hello_key_is_refused() {
    let mut desk = desk_with_hello();
    desk.network.entra.borrow_mut().remove_hello_keys(ADA);
    let error = desk.sign_in(ADA, CredentialKind::Hello).unwrap_err();
    assert!(matches!(error, FlowError::Cloud(_)), "{error}");
}

#[test]
fn a_refresh_is_due_after_four_hours_and_not_before() {
    let mut desk = signed_in();
    let due = desk.device.next_due().unwrap();
    assert_eq!(due, START + Duration::from_secs(4 * 3600));

    desk.network.now.set(due - Duration::from_micros(1));
    desk.run(async |flow| flow.run_due().await);
    assert_eq!(updated(&desk), START);

    desk.network.now.set(due);
    desk.run(async |flow| flow.run_due().await);
    assert_eq!(updated(&desk), due);
    let delivered = |event: &ClientEvent| matches!(event, ClientEvent::PrtReceived { on_prem, .. } if on_prem.is_delivered());
    assert!(
        desk.events
            .iter()
            .any(|(time, event)| *time == due && delivered(event))
    );
}

#[test]
fn a_failed_refresh_keeps_the_old_tickets() {
    let mut desk = signed_in();
    let session = desk.device.session_of(ADA).unwrap();
    let (id, old) = (session.id, session.partial_tgt.clone());
    desk.network.entra_reachable.set(false);
    desk.act_in(id, &Act::Unlock).unwrap();

    assert_eq!(desk.device.session(id).unwrap().partial_tgt, old);
    assert!(desk.device.sso_state(ADA, START).on_prem_tgt());
    assert!(desk.saw(|event| matches!(event, ClientEvent::PrtFailed { kept_old: true, .. })));
}

#[test]
fn a_refresh_brings_the_partial_tgt_of_a_key_published_since() {
    let mut desk = Desk::registered();
    let published = desk.network.tenant.borrow().clone();
    desk.network.withdraw_key();
    let id = desk.sign_in(ADA, CredentialKind::Password).unwrap();
    assert!(!desk.device.sso_state(ADA, START).on_prem_tgt());
    assert!(desk.saw(|event| matches!(
        event,
        ClientEvent::PrtReceived {
            on_prem: Delivery::Refused(_),
            ..
        }
    )));

    desk.network.tenant_mut(|tenant| *tenant = published);
    desk.run(async |flow| flow.refresh_prt(ADA, Reason::Command).await)
        .unwrap();
    assert!(desk.device.session(id).unwrap().partial_tgt.is_some());
}

#[test]
fn a_sign_in_without_a_network_works_only_where_it_worked_before() {
    let mut desk = Desk::registered();
    desk.network.entra_reachable.set(false);
    let error = desk.sign_in(ADA, CredentialKind::Password).unwrap_err();
    assert_eq!(error.nt_status(), NtStatus::BAD_NETWORK_PATH);

    desk.network.entra_reachable.set(true);
    let id = desk.sign_in(ADA, CredentialKind::Password).unwrap();
    desk.sign_out(id);
    desk.network.entra_reachable.set(false);
    let id = desk.sign_in(ADA, CredentialKind::Password).unwrap();
    assert!(desk.saw(|event| matches!(event, ClientEvent::SignedIn { cached: true, .. })));
    desk.sign_out(id);
    // and not with another password
    desk.sign_in_with(ADA, "guess").unwrap_err();
}

#[test]
fn the_partial_tgt_alone_can_be_exported() {
    let desk = signed_in();
    let session = desk.device.session_of(ADA).unwrap();
    let cache = session.export_ccache(Export::PartialTgt, START).unwrap();
    let [tgt] = cache.credentials.as_slice() else {
        panic!("one ticket")
    };
    assert_eq!(
        (
            cache.principal.name.to_string(),
            cache.principal.realm.to_string()
        ),
        ("ada".to_owned(), "AD.FERNHILL.EXAMPLE".to_owned())
    );
    assert_eq!(tgt.server.name.to_string(), "krbtgt/AD.FERNHILL.EXAMPLE");
    assert!(tgt.renew_till > tgt.end_time);
    let octets = cache.write().unwrap();
    assert_eq!(kerberos::ccache::Ccache::read(&octets).unwrap(), cache);
}

#[test]
fn the_same_seed_gives_the_same_state() {
    let texts = [signed_in(), signed_in()].map(|desk| format!("{:?}{:?}", desk.device, desk.events));
    assert_eq!(texts[0], texts[1]);
}

fn signed_in() -> Desk {
    let mut desk = Desk::registered();
    desk.sign_in(ADA, CredentialKind::Password).unwrap();
    desk
}

fn desk_with_hello() -> Desk {
    let mut desk = signed_in();
    let id = desk.device.session_of(ADA).unwrap().id;
    desk.act_in(id, &Act::SetUpHello).unwrap();
    desk.sign_out(id);
    desk
}

fn updated(desk: &Desk) -> kerberos::Timestamp {
    desk.device.user(ADA).unwrap().prt.as_ref().unwrap().updated
}
