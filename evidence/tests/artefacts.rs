//! Reading what was rendered gives the same artefact, and the layouts are those of the Windows tools.

use evidence::cloud_debug::CloudDebug;
use evidence::dsregcmd::{AttemptKind, CloudKerberos, PrtAttempt, PrtDetails, SsoState};
use evidence::klist::{KlistTicket, KlistTickets, LogonId, NameAtRealm};
use evidence::{AnyView, Source, Value, View};
use jiff::Timestamp;
use jiff::civil::{DateTime, datetime};
use proptest::option;
use proptest::prelude::*;

mod reading;
use reading::{every_reader, reads_back};

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
fn a_cut_klist_says_what_it_lacks_and_keeps_the_rest() {
    let whole = KlistTickets {
        tickets: vec![ticket()],
        ..Default::default()
    }
    .render();
    let cut: String = whole.lines().take(9).map(|line| format!("{line}\n")).collect();
    let read = KlistTickets::read(&cut);
    let tgt = "ticket krbtgt/AD.FERNHILL.EXAMPLE @ AD.FERNHILL.EXAMPLE";
    assert_eq!(read.value(tgt), Value::Known("0x40810000".into()));
    assert_eq!(
        read.value("ticket cifs/fs01 @ AD.FERNHILL.EXAMPLE"),
        Value::Unknown
    );
    let gaps: Vec<_> = read
        .gaps
        .iter()
        .map(|gap| (gap.line, gap.missing.as_str()))
        .collect();
    assert_eq!(
        gaps,
        [
            (10, "rows of a ticket"),
            (9, "1 of the tickets, or a part of them")
        ]
    );
    let read = KlistTickets::read(&whole.replace("(1)", "(2)"));
    assert_eq!(read.gaps[0].missing, "1 of the tickets, or a part of them");
    assert_eq!(
        read.value("ticket cifs/fs01 @ AD.FERNHILL.EXAMPLE"),
        Value::Unknown
    );
    // a list that is whole says what is not in it
    let read = KlistTickets::read(&whole);
    assert_eq!(
        read.value("ticket cifs/fs01 @ AD.FERNHILL.EXAMPLE"),
        Value::Absent
    );
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
        reads_back(&AnyView::Klist(klist));
    }

    #[test]
    fn cloud_debug_reads_what_it_renders(low: u32, flags: [bool; 10], as_rep_credential_type: u32) {
        let [a, b, c, d, e, f, g, h, i, j] = flags;
        let view = CloudDebug {
            logon_id: LogonId { high: 0, low }, enabled_by_policy: a, as_rep_callback_received: b,
            as_rep_callback_used: c, cloud_referral_tgt: d, spn_oracle: e, kdc_proxy: f, public_key_credential: g,
            password_derived_keys: h, plaintext_password: i, as_rep_credential_type, cloud_primary_tgt: j,
        };
        reads_back(&AnyView::CloudDebug(view));
    }

    #[test]
    fn dsregcmd_reads_what_it_renders(state in any_sso_state()) {
        reads_back(&AnyView::SsoState(state));
    }

    #[test]
    fn no_text_panics_a_reader_and_no_line_is_lost(text in "(?s).{0,400}") {
        every_reader(&text);
    }

    /// Words of the tools in any order reach deeper than any text does.
    #[test]
    fn words_of_the_tools_panic_no_reader(words in proptest::collection::vec(fragment(), 0..40)) {
        every_reader(&words.concat());
    }
}

fn fragment() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "\n",
        "\r\n",
        "  ",
        " : ",
        ": ",
        "+----------+\n",
        "| SSO State |\n",
        "| Device State |\n",
        "OnPremTgt : YES\n",
        "EnterprisePrt : NO\n",
        "Attempt Status : 0xc000006d\n",
        "Current LogonId is 0:0x3e7\n",
        "Cached Tickets: (2)\n",
        "#0>     Client: a @ B\n",
        "Server: c @ D\n",
        "Ticket Flags 0x1 -> x\n",
        "Cache Flags: 0\n",
        "Kdc Called: e\n",
        "Cached TGT:\n",
        "EncodedTicket: (size: 3)\n",
        "0000  61 62 63\n",
        "[0] Session 0 0:0x3e7 a b:c\n",
        "KDC binding cache entries: (1)\n",
        "#0>\tRealmName: r\n",
        "DC Flags: 0x1\n",
        "DC: \\\\x\n",
        "Flags: KEYLIST DS_13\n",
        "The command completed successfully\n",
        "Getting DC name failed: Status = 5\n",
        "==== == = =\n",
        "HKEY_LOCAL_MACHINE\\X\n",
        "    a    REG_DWORD    0x1\n",
        "[HKEY_CURRENT_USER\\X]\n",
        "\"a\"=dword:1\n",
        "\"a\"=\"b",
        "Log Name:      x\n",
        "Source:        Microsoft-Windows-AAD\n",
        "Event ID:      1081\n",
        "Event ID:      99999\n",
        "Description:\n",
        "<Event>",
        "</Event>",
        "<EventID>1</EventID>",
        "<Data Name=\"a\">b</Data>",
        "{\n",
        "}\n",
        "\"id\": \"x\",\n",
        "\"id\": null\n",
        "Device : X\n",
        "Succeeded  P\n",
        "Tracking h [1.2.3.4:123].\n",
        "Collecting 1 samples.\n",
        "00:00:00, +00.0000000s\n",
        "Leap Indicator: 0\n",
        "Poll Interval: 1\n",
        "Id : 1\n",
        "CloudKeyUpdatedOn :\n",
        "\u{feff}",
        "ä",
    ]);
    prop_oneof![9 => fixed.prop_map(str::to_owned), 1 => "(?s).{0,4}"]
}
