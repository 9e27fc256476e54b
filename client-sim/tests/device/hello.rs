//! Windows Hello on a device: what policies, version, hardware and the container's age decide.

use core::time::Duration;

use client_sim::error::{FlowError, HelloFailure, Missing};
use client_sim::event::Reason;
use client_sim::policy::{Family, HelloValues, Policy, Trust};
use client_sim::{Act, ClientEvent, CredentialKind};
use evidence::klist::LogonId;
use kerberos::codes::NtStatus;

use crate::lab::{ADA, CLEO, DOMAIN, Desk, START};

fn with_password(desk: &mut Desk) -> LogonId {
    desk.sign_in(ADA, CredentialKind::Password).unwrap()
}

fn set_up(desk: &mut Desk, id: LogonId) -> Result<(), FlowError> {
    desk.act_in(id, &Act::SetUpHello).map(drop)
}

fn hello(desk: &mut Desk) -> Result<LogonId, FlowError> {
    desk.sign_in(ADA, CredentialKind::Hello)
}

fn full_tgt(desk: &mut Desk, id: LogonId) -> Result<(), FlowError> {
    desk.run(async |flow| flow.full_tgt(id, Reason::Command).await.map(drop))
}

/// A device with Hello set up under `policy`, and nobody signed in.
fn enrolled(mut desk: Desk, policy: Policy) -> Desk {
    let now = desk.device.config.policy.clone();
    desk.change_config(|config| config.policy = policy);
    let id = with_password(&mut desk);
    set_up(&mut desk, id).unwrap();
    desk.sign_out(id);
    desk.change_config(|config| config.policy = now);
    desk
}

#[test]
fn only_a_hybrid_joined_device_waits_for_the_partial_tgt() {
    for (mut desk, expected) in [
        (Desk::hybrid(), Err(FlowError::Hello(HelloFailure::NoPartialTgt))),
        (Desk::registered(), Ok(())),
    ] {
        desk.network.withdraw_key();
        let id = with_password(&mut desk);
        assert_eq!(set_up(&mut desk, id), expected);
    }
}

#[test]
fn without_cloud_trust_a_hybrid_joined_device_waits_for_nothing() {
    let mut desk = Desk::hybrid();
    desk.network.withdraw_key();
    desk.change_config(|config| config.policy = Policy::none());
    let id = with_password(&mut desk);
    assert_eq!(set_up(&mut desk, id), Ok(()));
}

#[test]
fn a_tpm_is_needed_where_policy_asks_for_one() {
    for (asks, has, expected) in [
        (true, false, Err(FlowError::Hello(HelloFailure::NoTpm))),
        (true, true, Ok(())),
        (false, false, Ok(())),
    ] {
        let mut desk = Desk::registered();
        desk.change_config(|config| {
            config.policy.device_mut(Family::Mdm).requires_tpm = Some(asks);
            config.hello.tpm = has;
        });
        let id = with_password(&mut desk);
        assert_eq!(set_up(&mut desk, id), expected, "{asks} {has}");
    }
}

#[test]
fn hello_that_is_switched_off_is_not_set_up() {
    let mut desk = Desk::registered();
    desk.change_config(|config| config.policy.device_mut(Family::Mdm).enabled = Some(false));
    let id = with_password(&mut desk);
    assert_eq!(
        set_up(&mut desk, id),
        Err(FlowError::Hello(HelloFailure::Disabled))
    );
}

#[test]
fn the_policy_gates_hello_on_an_entra_joined_device_unless_the_lab_says_otherwise() {
    for (gates, opens) in [(true, false), (false, true)] {
        let mut desk = enrolled(Desk::registered(), Policy::default());
        desk.change_config(|config| {
            config.policy = Policy::none();
            config.hello.policy_gates_entra_joined = gates;
        });
        let id = hello(&mut desk).unwrap();
        let result = full_tgt(&mut desk, id);
        assert_eq!(result.is_ok(), opens, "{result:?}");
        if let Err(error) = result {
            assert_eq!(error.nt_status(), NtStatus::NOT_SUPPORTED);
        }
    }
}

#[test]
fn key_trust_without_a_dc_says_so() {
    let mut desk = enrolled(Desk::registered(), Policy::default());
    desk.change_config(|config| config.policy = Policy::none());
    desk.network.dc_reachable.set(false);
    let id = hello(&mut desk).unwrap();
    let error = full_tgt(&mut desk, id).unwrap_err();
    assert_eq!(error.nt_status(), NtStatus::NO_LOGON_SERVERS);
}

#[test]
fn an_old_container_follows_the_policy_or_keeps_key_trust() {
    for (keeps, opens) in [(false, true), (true, false)] {
        let mut desk = enrolled(Desk::registered(), Policy::none());
        desk.change_config(|config| config.hello.key_container_keeps_trust = keeps);
        let id = hello(&mut desk).unwrap();
        assert_eq!(full_tgt(&mut desk, id).is_ok(), opens);
        assert_eq!(desk.device.sso_state(ADA, START).on_prem_tgt(), opens);
        let debug = desk.device.cloud_debug(id).unwrap();
        assert_eq!(
            (debug.cloud_primary_tgt, debug.as_rep_callback_used),
            (opens, opens)
        );
        assert!(debug.as_rep_callback_received);
    }
}

#[test]
fn a_container_of_certificate_trust_is_never_converted() {
    let certificates = HelloValues {
        certificate_trust: Some(true),
        ..HelloValues::default()
    };
    let mut policy = Policy::none();
    *policy.device_mut(Family::Mdm) = certificates;
    let mut desk = enrolled(Desk::registered(), policy);
    assert_eq!(desk.device.hello_trust(ADA), Trust::Certificate);
    let id = hello(&mut desk).unwrap();
    assert_eq!(
        full_tgt(&mut desk, id),
        Err(FlowError::Hello(HelloFailure::CertificateTrust))
    );
    // a new one follows the policy of now
    desk.act_in(id, &Act::DeleteHello).unwrap();
    desk.sign_out(id);
    let id = with_password(&mut desk);
    set_up(&mut desk, id).unwrap();
    assert_eq!(desk.device.hello_trust(ADA), Trust::Cloud);
}

#[test]
fn a_windows_without_cloud_trust_asks_for_no_tickets() {
    for (version, opens) in [("10.0.19044.1565", false), ("10.0.19044.1566", true)] {
        let mut desk = enrolled(Desk::registered(), Policy::default());
        desk.change_config(|config| config.os_version = version.into());
        let id = hello(&mut desk).unwrap();
        assert_eq!(desk.device.session(id).unwrap().partial_tgt.is_some(), opens);
        assert_eq!(full_tgt(&mut desk, id).is_ok(), opens, "{version}");
    }
}

#[test]
fn a_refresh_that_was_asked_for_comes_after_a_while() {
    let mut desk = Desk::registered();
    with_password(&mut desk);
    let delay = desk.device.config.kerberos.prt_refresh_delay;
    desk.act(ADA, &Act::RefreshPrt).unwrap();
    assert_eq!(desk.device.next_due(), Some(START + delay));
    desk.network.wait(delay);
    desk.run(async |flow| flow.run_due().await);
    let prt = desk.device.user(ADA).and_then(|user| user.prt.clone()).unwrap();
    assert_eq!((prt.updated, prt.refresh_requested), (START + delay, None));
    // one that fails is not tried for ever
    desk.act(ADA, &Act::RefreshPrt).unwrap();
    desk.network.entra_reachable.set(false);
    desk.network.wait(delay);
    desk.run(async |flow| flow.run_due().await);
    assert!(desk.device.next_due().unwrap() > START + delay * 3);
}

#[test]
fn a_tunnel_that_comes_up_quietly_is_noticed_after_ten_minutes() {
    let mut desk = enrolled(Desk::registered(), Policy::default());
    desk.network.dc_reachable.set(false);
    let id = hello(&mut desk).unwrap();
    full_tgt(&mut desk, id).unwrap_err();
    desk.network.dc_reachable.set(true);
    let timeout = desk.device.config.kerberos.far_kdc_timeout;
    desk.network.wait(timeout - Duration::from_secs(1));
    full_tgt(&mut desk, id).unwrap_err();
    let before = desk.device.clone();
    desk.act(ADA, &Act::PurgeBindings).unwrap();
    assert!(desk.device.kdc_failures.is_empty());
    desk.device = before;
    desk.network.wait(Duration::from_secs(1));
    full_tgt(&mut desk, id).unwrap();
}

#[test]
fn nltest_does_not_share_the_memory_of_kerberos() {
    let mut desk = enrolled(Desk::registered(), Policy::default());
    desk.network.dc_reachable.set(false);
    let id = hello(&mut desk).unwrap();
    full_tgt(&mut desk, id).unwrap_err();
    desk.network.dc_reachable.set(true);
    let required = kerberos::netlogon::DcFlags::KDC;
    let locate = Act::LocateDc {
        domain: DOMAIN.into(),
        required,
        rediscover: true,
    };
    desk.act(ADA, &locate).unwrap();
    full_tgt(&mut desk, id).unwrap_err();
}

#[test]
fn hello_stays_at_its_device_and_a_password_travels() {
    let mut desk = enrolled(Desk::registered(), Policy::default());
    let refused = desk.sign_in_remotely(ADA, CredentialKind::Hello);
    assert_eq!(refused, Err(FlowError::Hello(HelloFailure::NotSupplied)));
    assert!(desk.device.sessions.is_empty());
    let id = desk.sign_in_remotely(ADA, CredentialKind::Password).unwrap();
    assert!(desk.device.session(id).unwrap().remote);
    assert_eq!(set_up(&mut desk, id), Err(FlowError::Hello(HelloFailure::Remote)));
}

#[test]
fn a_users_own_group_policy_stands_under_the_current_user_for_nobody_else() {
    let user = client_sim::policy::PolicyUser {
        upn: ADA.into(),
        sid: "S-1-5-21-1-2-3-1105".into(),
    };
    let mut config = client_sim::DeviceConfig::entra_joined("ADA-PC", "fernhill.example");
    let place = client_sim::policy::PolicyPlace::UserGroupPolicy(user);
    *config.policy.values_mut(place) = HelloValues::CLOUD_TRUST;
    let device = client_sim::DeviceState::new(config);
    let own = |upn: &str| device.registry_as(upn).below("HKCU").keys;
    assert_eq!(own(ADA).len(), 1);
    let whole = device
        .registry_as(ADA)
        .below(r"HKEY_USERS\S-1-5-21-1-2-3-1105")
        .keys;
    assert_eq!(own(ADA)[0].values, whole[0].values);
    assert!(own(CLEO).is_empty() && own("").is_empty());
    assert!(device.registry().below("HKCU").keys.is_empty());
}

#[test]
fn two_users_of_a_device_have_sessions_and_tickets_of_their_own() {
    let mut desk = enrolled(Desk::registered(), Policy::default());
    let ada = hello(&mut desk).unwrap();
    full_tgt(&mut desk, ada).unwrap();
    let cleo = desk.sign_in(CLEO, CredentialKind::Password).unwrap();
    assert_eq!(
        full_tgt(&mut desk, cleo),
        Err(FlowError::Missing(Missing::OnPremCredential))
    );
    assert_eq!(desk.device.klist(ada, START).unwrap().tickets.len(), 1);
    assert!(desk.device.klist(cleo, START).unwrap().tickets.is_empty());
    assert!(desk.saw(|event| matches!(event, ClientEvent::SignedIn { cached: false, .. })));
    // and so has the elevated window of either
    let elevated = desk.device.klist_elevated(ada).unwrap();
    assert!(elevated.tickets.is_empty() && elevated.logon_id != ada && elevated.logon_id != cleo);
    assert!(!desk.device.dsregcmd_status_as_system(START).sso.on_prem_tgt());
    assert!(desk.device.dsregcmd_status(ADA, START).sso.on_prem_tgt());
}
