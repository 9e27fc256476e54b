//! Reading what was rendered gives the same artefact, and the layouts are those of the Windows tools.

use evidence::cloud_debug::CloudDebug;
use evidence::dsregcmd::{AttemptKind, CloudKerberos, PrtAttempt, PrtDetails, SsoState};
use evidence::kerberos_server::KerberosServer;
use evidence::klist::{KlistTicket, KlistTickets, LogonId, NameAtRealm};
use evidence::{Source, Value, View};
use jiff::Timestamp;
use jiff::civil::{DateTime, datetime};
use proptest::option;
use proptest::prelude::*;

fn source() -> Source {
    Source {
        host: "ADA-LT".into(),
        user: Some("ada".into()),
        time_micros: 0,
    }
}

fn ticket() -> KlistTicket {
    KlistTicket {
        client: NameAtRealm::new("ada", "AD.FERNHILL.EXAMPLE"),
        server: NameAtRealm::new("krbtgt/AD.FERNHILL.EXAMPLE", "AD.FERNHILL.EXAMPLE"),
        ticket_etype: 18,
        flags: 0x4081_0000,
        start: datetime(2026, 11, 23, 9, 0, 0, 0),
        end: datetime(2026, 11, 23, 19, 0, 0, 0),
        renew: Some(datetime(2026, 11, 30, 9, 0, 0, 0)),
        session_etype: 18,
        cache_flags: 1,
        kdc_called: "DC01.ad.fernhill.example".into(),
    }
}

#[test]
fn klist_has_the_layout_of_windows() {
    let klist = KlistTickets {
        logon_id: LogonId {
            high: 0,
            low: 0x3e4a5,
        },
        tickets: vec![ticket()],
    };
    insta::assert_snapshot!(klist.render(), @r"
    Current LogonId is 0:0x3e4a5

    Cached Tickets: (1)

    #0>     Client: ada @ AD.FERNHILL.EXAMPLE
            Server: krbtgt/AD.FERNHILL.EXAMPLE @ AD.FERNHILL.EXAMPLE
            KerbTicket Encryption Type: AES-256-CTS-HMAC-SHA1-96
            Ticket Flags 0x40810000 -> forwardable renewable name_canonicalize
            Start Time: 11/23/2026 9:00:00 (local)
            End Time:   11/23/2026 19:00:00 (local)
            Renew Time: 11/30/2026 9:00:00 (local)
            Session Key Type: AES-256-CTS-HMAC-SHA1-96
            Cache Flags: 0x1 -> PRIMARY
            Kdc Called: DC01.ad.fernhill.example
    ");
}

#[test]
fn a_cut_klist_says_where_it_was_cut() {
    let whole = KlistTickets {
        tickets: vec![ticket()],
        ..Default::default()
    }
    .render();
    let cut: String = whole.lines().take(9).map(|line| format!("{line}\n")).collect();
    let error = KlistTickets::read(&cut).expect_err("the ticket is not whole");
    assert_eq!(
        (error.line, error.expected.as_str()),
        (10, "\"End Time\" and a colon")
    );
    let error = KlistTickets::read(&whole.replace("(1)", "(2)")).expect_err("a ticket is missing");
    assert_eq!(error.expected, "2 tickets, of which 1 were there");
}

#[test]
fn cloud_debug_has_the_layout_of_windows() {
    let view = CloudDebug {
        logon_id: LogonId {
            high: 0,
            low: 0x14d718,
        },
        as_rep_callback_received: true,
        public_key_credential: true,
        as_rep_credential_type: 2,
        cloud_primary_tgt: true,
        ..Default::default()
    };
    insta::assert_snapshot!(view.render(), @r"
    Current LogonId is 0:0x14d718
    Cloud Kerberos Debug info:
    Cloud Kerberos enabled by policy: 0
    AS_REP callback received: 1
    AS_REP callback used: 0
    Cloud Referral TGT present in cache: 0
    SPN oracle configured: 0
    KDC proxy present in cache: 0
    Public Key Credential Present: 1
    Password-derived Keys Present: 0
    Plaintext Password Present: 0
    AS_REP Credential Type: 2
    Cloud Primary (Hybrid logon) TGT available: 1
    ");
    let facts = view.facts(&source());
    assert_eq!(facts.last().expect("eleven rows").value, Value::Known("1".into()));
}

#[test]
fn dsregcmd_has_the_layout_of_windows() {
    let state = SsoState {
        prt: Some(PrtDetails {
            update_time: "2026-11-23T08:00:00Z".parse().expect("a time"),
            expiry_time: "2026-12-07T07:59:59Z".parse().expect("a time"),
        }),
        prt_authority: Some("https://login.microsoftonline.com/f0000000-0000-4000-8000-00000000feed".into()),
        cloud_kerberos: Some(CloudKerberos {
            on_prem_tgt: true,
            cloud_tgt: true,
            top_level_names: Some(".windows.net,.windows.net:1433".into()),
        }),
        ..Default::default()
    };
    insta::assert_snapshot!(state.render(), @r"
    +----------------------------------------------------------------------+
    | SSO State                                                            |
    +----------------------------------------------------------------------+

                    AzureAdPrt : YES
          AzureAdPrtUpdateTime : 2026-11-23 08:00:00.000 UTC
          AzureAdPrtExpiryTime : 2026-12-07 07:59:59.000 UTC
           AzureAdPrtAuthority : https://login.microsoftonline.com/f0000000-0000-4000-8000-00000000feed
                 EnterprisePrt : NO
        EnterprisePrtAuthority :
                     OnPremTgt : YES
                      CloudTgt : YES
             KerbTopLevelNames : .windows.net,.windows.net:1433

    +----------------------------------------------------------------------+
    ");
}

#[test]
fn a_row_that_is_not_shown_is_absent() {
    let facts = SsoState::default().facts(&source());
    let value = |key| &facts.iter().find(|fact| fact.key == key).expect("a fact").value;
    assert_eq!(value("AzureAdPrt"), &Value::yes_no(false));
    assert_eq!(value("AzureAdPrtUpdateTime"), &Value::Absent);
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9./:$\\\\@_-]{1,24}"
}

fn civil() -> impl Strategy<Value = DateTime> {
    (1990i16..2100, 1i8..=12, 1i8..=28, 0i8..24, 0i8..60, 0i8..60).prop_map(
        |(year, month, day, hour, minute, second)| datetime(year, month, day, hour, minute, second, 0),
    )
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000_000).prop_map(|ms| Timestamp::from_millisecond(ms).expect("in range"))
}

prop_compose! {
    fn any_ticket()(
        names in (word(), word(), word(), word()), etypes in (-200i32..30, -200i32..30), flags: u32, cache_flags: u32,
        (start, end, renew) in (civil(), civil(), option::of(civil())), kdc_called in word(),
    ) -> KlistTicket {
        KlistTicket {
            client: NameAtRealm::new(names.0, names.1), server: NameAtRealm::new(names.2, names.3),
            ticket_etype: etypes.0, session_etype: etypes.1, flags, cache_flags, start, end, renew, kdc_called,
        }
    }
}

prop_compose! {
    fn any_attempt()(
        refresh: bool, time in instant(), status: u32, http_error: u32, http_status: u16,
        words in (word(), word(), word(), word(), word(), word(), word()),
    ) -> PrtAttempt {
        PrtAttempt {
            kind: if refresh { AttemptKind::Refresh } else { AttemptKind::Acquire },
            time, status, http_error, http_status, user_identity: words.0, credential_type: words.1,
            correlation_id: words.2, endpoint_uri: words.3, http_method: words.4, server_error_code: words.5,
            server_error_description: words.6,
        }
    }
}

prop_compose! {
    fn any_sso_state()(
        prt in option::of((instant(), instant())), prt_authority in option::of(word()),
        attempt in option::of(any_attempt()),
        enterprise_prt: bool, enterprise_prt_authority in option::of(word()),
        tickets in option::of((any::<bool>(), any::<bool>(), option::of(word()))),
    ) -> SsoState {
        let prt = prt.map(|(update_time, expiry_time)| PrtDetails { update_time, expiry_time });
        let cloud_kerberos = tickets.map(|(on_prem_tgt, cloud_tgt, top_level_names)| {
            CloudKerberos { on_prem_tgt, cloud_tgt, top_level_names }
        });
        SsoState { prt, prt_authority, attempt, enterprise_prt, enterprise_prt_authority, cloud_kerberos }
    }
}

proptest! {
    #[test]
    fn klist_reads_what_it_renders(
        high: u32, low: u32, tickets in proptest::collection::vec(any_ticket(), 0..4)
    ) {
        let klist = KlistTickets { logon_id: LogonId { high, low }, tickets };
        prop_assert_eq!(KlistTickets::read(&klist.render()), Ok(klist));
    }

    #[test]
    fn cloud_debug_reads_what_it_renders(low: u32, flags: [bool; 10], as_rep_credential_type: u32) {
        let [a, b, c, d, e, f, g, h, i, j] = flags;
        let view = CloudDebug {
            logon_id: LogonId { high: 0, low }, enabled_by_policy: a, as_rep_callback_received: b,
            as_rep_callback_used: c, cloud_referral_tgt: d, spn_oracle: e, kdc_proxy: f, public_key_credential: g,
            password_derived_keys: h, plaintext_password: i, as_rep_credential_type, cloud_primary_tgt: j,
        };
        prop_assert_eq!(CloudDebug::read(&view.render()), Ok(view));
    }

    #[test]
    fn dsregcmd_reads_what_it_renders(state in any_sso_state()) {
        prop_assert_eq!(SsoState::read(&state.render()), Ok(state));
    }

    #[test]
    fn no_text_panics_a_reader(text in "(?s).{0,400}") {
        let _ = (KlistTickets::read(&text), CloudDebug::read(&text), SsoState::read(&text));
        let _ = KerberosServer::read(&text);
    }
}
