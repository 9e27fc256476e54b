//! `dsregcmd /status` as a whole: every join type has its own sections, and what is rendered can be read.

use evidence::dsregcmd::device::{AuthStatus, DeviceDetails, DeviceState};
use evidence::dsregcmd::diagnostics::{Diagnostics, PostJoin, PreJoin, PreviousRegistration, Updated};
use evidence::dsregcmd::ngc::{CertEnrollment, OnPremTgtRow, Prerequisites};
use evidence::dsregcmd::proxy::{ProxyConfig, WinHttp};
use evidence::dsregcmd::tenant::{RegistrationService, TenantDetails};
use evidence::dsregcmd::user::{HelloKey, UserState, Wam};
use evidence::dsregcmd::work::WorkAccount;
use evidence::dsregcmd::{Build, CloudKerberos, PrtDetails, RefreshPrt, SsoState, Status};
use evidence::{AnyView, Source, Value, View};
use jiff::Timestamp;
use proptest::option;
use proptest::prelude::*;

mod reading;
use reading::{conserves_lines, reads_back, says_the_same};

fn hybrid() -> Status {
    let time = |text: &str| text.parse::<Timestamp>().expect("a time");
    let service = |path: &str| RegistrationService {
        version: "1.0".into(),
        url: format!("https://enterpriseregistration.windows.net/{path}/"),
        id: "urn:ms-drs:enterpriseregistration.windows.net".into(),
    };
    Status {
        device: DeviceState {
            azure_ad_joined: true,
            domain_joined: true,
            domain_name: Some("FERNHILL".into()),
            device_name: Some("PAUL-PC.ad.fernhill.example".into()),
            ..DeviceState::default()
        },
        details: Some(DeviceDetails {
            device_id: "d0000000-0000-4000-8000-000000000001".into(),
            thumbprint: "AA11BB22CC33DD44EE55FF66AA77BB88CC99DD00".into(),
            validity: (time("2026-01-11T21:02:50Z"), time("2036-01-11T21:32:50Z")),
            key_container_id: "c0000000-0000-4000-8000-000000000001".into(),
            key_provider: "Microsoft Platform Crypto Provider".into(),
            tpm_protected: true,
            auth_status: Some(AuthStatus::Success),
        }),
        tenant: Some(TenantDetails {
            name: "Fernhill Instruments".into(),
            id: "f0000000-0000-4000-8000-00000000feed".into(),
            idp: "login.windows.net".into(),
            services: [
                service("EnrollmentServer/device"),
                service("EnrollmentServer/key"),
                service("webauthn"),
                service("manage"),
            ],
            ..TenantDetails::default()
        }),
        user: UserState {
            hello: None,
            work_accounts: 0,
            wam: Wam::Entra {
                authority: "organizations".into(),
            },
        },
        sso: SsoState {
            prt: Some(PrtDetails {
                update_time: time("2026-11-23T08:00:00Z"),
                expiry_time: time("2026-12-07T07:59:59Z"),
            }),
            prt_authority: Some(
                "https://login.microsoftonline.com/f0000000-0000-4000-8000-00000000feed".into(),
            ),
            cloud_kerberos: Some(CloudKerberos {
                cloud_tgt: true,
                ..CloudKerberos::default()
            }),
            ..SsoState::default()
        },
        work_account: None,
        diagnostics: Some(Diagnostics::Joined(PostJoin {
            recovery: false,
            executing_account: Some("FERNHILL\\paul, paul@fernhill.example".into()),
            key_sign_test: "PASSED".into(),
            updated: Some(Updated {
                display_name: true,
                os_version: true,
                host_name: true,
            }),
        })),
        proxy: Some(ProxyConfig {
            auto_detect: true,
            ..ProxyConfig::default()
        }),
        ngc: Some(Prerequisites {
            device_joined: true,
            user_azure_ad: true,
            policy_enabled: true,
            post_logon_enabled: true,
            device_eligible: true,
            session_is_not_remote: true,
            cert_enrollment: CertEnrollment::None,
            on_prem_tgt: Some(OnPremTgtRow {
                old_name: false,
                present: false,
            }),
            will_provision: false,
        }),
    }
}

#[test]
fn the_whole_has_the_layout_of_windows() {
    insta::assert_snapshot!(hybrid().render());
}

#[test]
fn a_domain_member_that_could_not_be_joined_shows_why() {
    let member = Status {
        device: DeviceState {
            domain_joined: true,
            domain_name: Some("FERNHILL".into()),
            ..DeviceState::default()
        },
        details: None,
        tenant: None,
        user: UserState::default(),
        sso: SsoState::default(),
        work_account: None,
        diagnostics: Some(Diagnostics::NotJoined(PreJoin {
            user_context: "SYSTEM".into(),
            client_time: "2026-11-23T08:00:00Z".parse().expect("a time"),
            tests: [
                "PASS".into(),
                "FAIL [0x80070002]".into(),
                "SKIPPED".into(),
                "SKIPPED".into(),
                "SKIPPED".into(),
            ],
            fallback_to_sync: true,
            previous: Some(PreviousRegistration {
                time: "2026-11-23T07:58:00Z".parse().expect("a time"),
                phase: "discover".into(),
                client_error: "0x801c001d".into(),
            }),
        })),
        proxy: None,
        ngc: None,
    };
    insta::assert_snapshot!(member.render());
    reads_back(&AnyView::Dsregcmd(member));
}

#[test]
fn a_registered_device_shows_its_work_account() {
    let hybrid = hybrid();
    let registered = Status {
        device: DeviceState {
            device_name: Some("NORA-LT".into()),
            ..DeviceState::default()
        },
        details: None,
        tenant: None,
        user: UserState {
            work_accounts: 1,
            ..UserState::default()
        },
        sso: SsoState {
            prt_authority: Some("NO".into()),
            enterprise_prt_authority: Some("NO".into()),
            ..SsoState::default()
        },
        work_account: Some(WorkAccount {
            details: DeviceDetails {
                auth_status: None,
                ..hybrid.details.clone().expect("a joined device has details")
            },
            tenant_id: "6f9d1c60-0f0e-4f3a-9a7c-0d6a5b1e2c3d".into(),
            tenant_name: "fernhill.example".into(),
        }),
        diagnostics: None,
        ..hybrid
    };
    insta::assert_snapshot!(registered.render());
    reads_back(&AnyView::Dsregcmd(registered));
}

#[test]
fn ragged_text_is_read_all_the_same() {
    let ragged: String = hybrid()
        .render()
        .lines()
        .map(|line| format!("> {}\r\n", line.trim()).replace("> ", "  "))
        .collect();
    let read = Status::read(&ragged);
    assert_eq!((&read.gaps, &read.not_understood), (&vec![], &vec![]));
    says_the_same(&AnyView::Dsregcmd(hybrid()), &read);
}

#[test]
fn a_value_is_read_as_written_and_a_missing_row_is_absent_where_its_box_is_whole() {
    let text = hybrid().render().replace("OnPremTgt : NO", "OnPremTgt : PERHAPS");
    assert_eq!(
        Status::read(&text).value("OnPremTgt"),
        Value::Known("PERHAPS".into())
    );
    let odd = text.replace("DomainJoined", "X");
    let read = Status::read(&odd);
    assert_eq!(read.value("DomainJoined"), Value::Absent);
    // the row that nobody knows stays where it stood
    assert!(read.facts.iter().any(|fact| fact.key == "X"));
    let cut = text.split("WinHttp").next().expect("a beginning");
    let read = Status::read(cut);
    assert_eq!(read.value("AzureAdPrt"), Value::Known("YES".into()));
    assert_eq!(read.value("PreReqResult"), Value::Unknown);
}

#[test]
fn builds_are_told_from_versions() {
    assert_eq!(Build::of_version("10.0.22631.4460"), Some(Build::WINDOWS_11_23H2));
    assert!(Build::of_version("10.0.19045.5011").expect("a build") < Build::WINDOWS_11_21H2);
    assert_eq!(Build::of_version("eleven"), None);
}

#[test]
fn refreshing_prints_nothing() {
    assert_eq!(RefreshPrt.render(), "");
    reads_back(&AnyView::RefreshPrt(RefreshPrt));
    assert_eq!(RefreshPrt::read("\nDone").not_understood[0].number, 2);
}

#[test]
fn every_row_rests_on_something_and_hidden_sections_are_absent() {
    let source = Source {
        host: "PAUL-PC".into(),
        user: None,
        time_micros: 0,
    };
    let facts = hybrid().facts(&source);
    assert!(facts.len() > 50);
    for fact in &facts {
        let known = fact.artefact.source_of(&fact.key);
        assert!(known.is_some(), "{}", fact.key);
    }
    let hidden = Status {
        ngc: None,
        ..hybrid()
    }
    .facts(&source);
    let row = hidden
        .iter()
        .find(|fact| fact.key == "PreReqResult")
        .expect("a fact");
    assert_eq!(row.value, Value::Absent);
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9./$\\\\@_-]{1,24}"
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000_000).prop_map(|ms| Timestamp::from_millisecond(ms).expect("in range"))
}

prop_compose! {
    fn any_device()(flags: [bool; 3], domain_name in option::of(word()), device_name in option::of(word())) -> DeviceState {
        let [azure_ad_joined, enterprise_joined, domain_joined] = flags;
        DeviceState { azure_ad_joined, enterprise_joined, domain_joined, domain_name, device_name }
    }
}

prop_compose! {
    fn any_details()(
        words in (word(), word(), word(), word()), from in instant(), until in instant(), tpm_protected: bool,
        auth_status in option::of(prop_oneof![
            Just(AuthStatus::Success), Just(AuthStatus::DisabledOrDeleted), Just(AuthStatus::Error)
        ]),
    ) -> DeviceDetails {
        DeviceDetails {
            device_id: words.0, thumbprint: words.1, key_container_id: words.2, key_provider: words.3,
            validity: (from, until), tpm_protected, auth_status,
        }
    }
}

prop_compose! {
    fn any_work_account()(details in any_details(), tenant_id in word(), tenant_name in word()) -> WorkAccount {
        let details = DeviceDetails { auth_status: None, ..details };
        WorkAccount { details, tenant_id, tenant_name }
    }
}

prop_compose! {
    fn any_user()(
        hello in option::of((word(), word())), work_accounts in 0..3_u32,
        wam in prop_oneof![
            Just(Wam::NotSet), word().prop_map(|authority| Wam::Entra { authority }),
            Just(Wam::Error { text: "ERROR (0x80070520)".into() })
        ],
    ) -> UserState {
        let hello = hello.map(|(key_id, can_reset)| HelloKey { key_id, can_reset });
        UserState { hello, work_accounts, wam }
    }
}

prop_compose! {
    fn any_ngc()(
        flags: [bool; 7], row in option::of(any::<[bool; 2]>()),
        cert_enrollment in prop_oneof![
            Just(CertEnrollment::None), Just(CertEnrollment::MobileDeviceManagement),
            (any::<bool>(), any::<bool>(), word()).prop_map(|(adfs_refresh_token, adfs_ra_is_ready, template)| {
                CertEnrollment::EnrollmentAuthority { adfs_refresh_token, adfs_ra_is_ready, template }
            })
        ],
    ) -> Prerequisites {
        let [device_joined, user_azure_ad, policy_enabled, post_logon_enabled, device_eligible, remote, will] = flags;
        Prerequisites {
            device_joined, user_azure_ad, policy_enabled, post_logon_enabled, device_eligible,
            session_is_not_remote: remote, cert_enrollment,
            on_prem_tgt: row.map(|[old_name, present]| OnPremTgtRow { old_name, present }), will_provision: will,
        }
    }
}

prop_compose! {
    fn any_proxy()(auto_detect: bool, words in [option::of(word()), option::of(word()), option::of(word())],
        winhttp in option::of((word(), option::of(word())))) -> ProxyConfig {
        let [auto_configuration_url, proxy_servers, proxy_bypass] = words;
        let winhttp = winhttp.map(|(servers, bypass)| WinHttp { servers, bypass });
        ProxyConfig { auto_detect, auto_configuration_url, proxy_servers, proxy_bypass, winhttp }
    }
}

proptest! {
    #[test]
    fn status_reads_what_it_renders(
        device in any_device(), details in option::of(any_details()), user in any_user(), proxy in option::of(any_proxy()),
        work_account in option::of(any_work_account()), ngc in option::of(any_ngc()), recovery: bool, account in option::of(word()), test in word(),
    ) {
        let diagnostics = PostJoin { recovery, executing_account: account, key_sign_test: test, updated: None };
        let diagnostics = Some(Diagnostics::Joined(diagnostics));
        let status = Status { device, details, user, work_account, proxy, ngc, diagnostics, ..hybrid() };
        reads_back(&AnyView::Dsregcmd(status));
    }

    #[test]
    fn no_text_panics_the_reader(text in "(?s).{0,400}") {
        for text in [hybrid().render().replace("YES", &text), hybrid().render().replace(':', &text)] {
            conserves_lines(&text, &Status::read(&text));
        }
    }
}
