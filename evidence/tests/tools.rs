//! The other tools: layouts, and reading what was rendered.

use std::net::{IpAddr, Ipv4Addr};

use evidence::graph::GraphUser;
use evidence::klist::bind::{Binding, KlistAddBind, KlistBindings, KlistPurgeBind};
use evidence::klist::get::KlistGet;
use evidence::klist::purge::KlistPurge;
use evidence::klist::sessions::{KlistSessions, Session};
use evidence::klist::tgt::KlistTgt;
use evidence::klist::{KlistTickets, LogonId};
use evidence::nltest::{Dc, DsGetDc, ERROR_NO_SUCH_DOMAIN, KNOWN_FLAGS};
use evidence::registry::{HELLO_GROUP_POLICY, HELLO_MDM, RegistryKey, RegistryKeys, RegistryValue};
use evidence::w32tm::{Stripchart, TimeSource, TimeStatus};
use evidence::whoami::{ENABLED, Group, GroupKind, Groups};
use evidence::winhttp::WinHttpProxy;
use evidence::{AnyView, Artefact, Source, Value, View};
use jiff::civil::{DateTime, datetime};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

mod reading;
use reading::{every_reader, reads_back, says_the_same};

const ID: LogonId = LogonId {
    high: 0,
    low: 0x3e4a5,
};

fn tgt() -> KlistTgt {
    KlistTgt {
        logon_id: ID,
        client: "ada".into(),
        domain: "AD.FERNHILL.EXAMPLE".into(),
        target_domain: "AD.FERNHILL.EXAMPLE".into(),
        flags: 0x4081_0000,
        session_etype: 18,
        session_key_len: 32,
        start: datetime(2026, 11, 23, 9, 0, 0, 0),
        end: datetime(2026, 11, 23, 19, 0, 0, 0),
        renew: Some(datetime(2026, 11, 30, 9, 0, 0, 0)),
        ticket: (0x61..0x74).collect(),
    }
}

#[test]
fn klist_tgt_shows_the_ticket_and_no_key() {
    insta::assert_snapshot!(tgt().render(), @r"
    Current LogonId is 0:0x3e4a5

    Cached TGT:

    ServiceName        : krbtgt
    TargetName (SPN)   : krbtgt
    ClientName         : ada
    DomainName         : AD.FERNHILL.EXAMPLE
    TargetDomainName   : AD.FERNHILL.EXAMPLE
    AltTargetDomainName: AD.FERNHILL.EXAMPLE
    Ticket Flags       : 0x40810000 -> forwardable renewable name_canonicalize
    Session Key        : KeyType 0x12 - AES-256-CTS-HMAC-SHA1-96
                       : KeyLength 32 - 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    StartTime          : 11/23/2026 9:00:00 (local)
    EndTime            : 11/23/2026 19:00:00 (local)
    RenewUntil         : 11/30/2026 9:00:00 (local)
    TimeSkew           :  + 0:00 minute(s)
    EncodedTicket      : (size: 19)
    0000  61 62 63 64 65 66 67 68:69 6a 6b 6c 6d 6e 6f 70  abcdefghijklmnop
    0010  71 72 73                                         qrs
    ");
}

#[test]
fn klist_get_shows_the_texts_of_public_failures() {
    insta::assert_snapshot!(KlistGet::failed(ID, 0xC000_005E, 0x51f).render(), @r"
    Current LogonId is 0:0x3e4a5
    Error calling API LsaCallAuthenticationPackage (GetTicket substatus): 0x51f

    klist failed with 0xc000005e/-1073741730
    ");
    insta::assert_snapshot!(KlistGet::failed(ID, 0xC000_02FD, 0x8009_0342).render(), @r"
    Current LogonId is 0:0x3e4a5
    Error calling API LsaCallAuthenticationPackage (GetTicket substatus): 0x80090342

    klist failed with 0xc00002fd/-1073741059: The encryption type requested is not supported by the KDC.
    ");
    insta::assert_snapshot!(KlistGet::failed(ID, 0x8009_0303, 0x35).render(), @r"
    Current LogonId is 0:0x3e4a5
    Error calling API LsaCallAuthenticationPackage (GetTicket substatus): 0x35

    klist failed with 0x80090303/-2146893053: The specified target is unknown or unreachable
    ");
}

#[test]
fn klist_lists_sessions_and_purges() {
    let mut sessions = KlistSessions {
        logon_id: ID,
        sessions: vec![
            Session {
                terminal: 1,
                id: ID,
                account: "FERNHILL\\ada".into(),
                package: "CloudAP".into(),
                logon_type: "Interactive".into(),
            },
            Session {
                terminal: 0,
                id: LogonId { high: 0, low: 0x3e5 },
                account: "NT AUTHORITY\\LOCAL SERVICE".into(),
                package: "Negotiate".into(),
                logon_type: "Service".into(),
            },
        ],
    };
    insta::assert_snapshot!(sessions.render(), @r"
    Current LogonId is 0:0x3e4a5
    [0] Session 1 0:0x3e4a5 FERNHILL\ada CloudAP:Interactive
    [1] Session 0 0:0x3e5 NT AUTHORITY\LOCAL SERVICE Negotiate:Service
    ");
    // without the session of SYSTEM the list is cut
    let read = KlistSessions::read(&sessions.render());
    assert_eq!(
        read.value("session FERNHILL\\ada"),
        Value::Known("CloudAP:Interactive".into())
    );
    assert_eq!(
        (read.value("session X\\y"), read.value("sessions")),
        (Value::Unknown, Value::Unknown)
    );
    sessions.sessions.push(Session {
        terminal: 0,
        id: LogonId { high: 0, low: 0x3e7 },
        account: "FERNHILL\\ADA-LT$".into(),
        package: "Negotiate".into(),
        logon_type: "(0)".into(),
    });
    assert_eq!(
        KlistSessions::read(&sessions.render()).value("session X\\y"),
        Value::Absent
    );
    reads_back(&AnyView::KlistSessions(sessions));
    let purge = KlistPurge { logon_id: ID };
    insta::assert_snapshot!(purge.render(), @r"
    Current LogonId is 0:0x3e4a5
    	Deleting all tickets:
    	Ticket(s) purged!
    ");
    reads_back(&AnyView::KlistPurge(purge));
}

#[test]
fn klist_says_which_kdc_a_domain_is_bound_to() {
    let mut bindings = KlistBindings {
        logon_id: ID,
        bindings: Vec::new(),
    };
    reads_back(&AnyView::KlistBindings(bindings.clone()));
    bindings.bindings.push(Binding {
        realm: "ad.fernhill.example".into(),
        address: "192.0.2.10".into(),
        kdc: "dc01.ad.fernhill.example".into(),
        dc_flags: 0xe003_f1fc,
    });
    insta::assert_snapshot!(bindings.render());
    reads_back(&AnyView::KlistBindings(bindings.clone()));
    let added = KlistAddBind {
        domain: "ad.fernhill.example".into(),
        kdc: "dc01".into(),
        now: bindings,
    };
    insta::assert_snapshot!(added.render());
    reads_back(&AnyView::KlistAddBind(added));
    let purge = KlistPurgeBind { logon_id: ID };
    reads_back(&AnyView::KlistPurgeBind(purge));
}

#[test]
fn klist_names_the_session_that_is_meant() {
    let purge = KlistPurge { logon_id: ID };
    let current = LogonId {
        high: 0x1,
        low: 0x3ab9_91d8,
    };
    let text = current.targeting(ID, &purge.render());
    insta::assert_snapshot!(text, @r"
    Current LogonId is 0x1:0x3ab991d8
    Targeted LogonId is 0:0x3e4a5
    	Deleting all tickets:
    	Ticket(s) purged!
    ");
    let read = KlistPurge::read(&text);
    assert_eq!(
        (read.value("purged"), read.not_understood),
        (Value::yes_no(true), vec![])
    );
}

fn dc() -> Dc {
    Dc {
        host: "DC01.ad.fernhill.example".into(),
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10)),
        domain_guid: "b5b2f0e6-0000-4000-8000-000000000001".into(),
        domain: "ad.fernhill.example".into(),
        forest: "ad.fernhill.example".into(),
        dc_site: "Office".into(),
        our_site: Some("Office".into()),
        flags: 0xE003_F1FD,
    }
}

#[test]
fn nltest_prints_the_flags_in_its_own_order() {
    insta::assert_snapshot!(DsGetDc::Found(dc()).render(), @r"
               DC: \\DC01.ad.fernhill.example
          Address: \\192.0.2.10
         Dom Guid: b5b2f0e6-0000-4000-8000-000000000001
         Dom Name: ad.fernhill.example
      Forest Name: ad.fernhill.example
     Dc Site Name: Office
    Our Site Name: Office
            Flags: PDC GC DS LDAP KDC TIMESERV WRITABLE DNS_DC DNS_DOMAIN DNS_FOREST CLOSE_SITE FULL_SECRET WS DS_8 DS_9 DS_10 KEYLIST
    The command completed successfully
    ");
    let none = DsGetDc::Failed {
        error: ERROR_NO_SUCH_DOMAIN,
    };
    insta::assert_snapshot!(none.render(), @"Getting DC name failed: Status = 1355 0x54b ERROR_NO_SUCH_DOMAIN");
}

#[test]
fn whoami_makes_columns_as_wide_as_they_need_to_be() {
    let groups = Groups {
        groups: vec![
            Group {
                name: "Everyone".into(),
                kind: GroupKind::WellKnown,
                sid: "S-1-1-0".into(),
                attributes: ENABLED.into(),
            },
            Group {
                name: "FERNHILL\\Projects-Write".into(),
                kind: GroupKind::Group,
                sid: "S-1-5-21-1-2-3-1106".into(),
                attributes: ENABLED.into(),
            },
            Group {
                name: "Mandatory Label\\Medium Mandatory Level".into(),
                kind: GroupKind::Label,
                sid: "S-1-16-8192".into(),
                attributes: String::new(),
            },
        ],
    };
    insta::assert_snapshot!(groups.render());
    reads_back(&AnyView::Whoami(groups));
}

#[test]
fn clocks_are_shown_as_w32tm_does() {
    let status = TimeStatus {
        leap: 0,
        stratum: 4,
        precision: -23,
        root_delay: 312_500,
        root_dispersion: 77_902_343,
        source: Some(TimeSource {
            name: "DC01.ad.fernhill.example".into(),
            address: Ipv4Addr::new(192, 0, 2, 10),
        }),
        last_sync: Some(datetime(2026, 11, 23, 0, 14, 2, 0)),
        poll_interval: 10,
    };
    insta::assert_snapshot!(status.render(), @r"
    Leap Indicator: 0(no warning)
    Stratum: 4 (secondary reference - syncd by (S)NTP)
    Precision: -23 (119.209ns per tick)
    Root Delay: 0.0312500s
    Root Dispersion: 7.7902343s
    ReferenceId: 0xC000020A (source IP:  192.0.2.10)
    Last Successful Sync Time: 11/23/2026 12:14:02 AM
    Source: DC01.ad.fernhill.example
    Poll Interval: 10 (1024s)
    ");
    let chart = Stripchart {
        computer: "dc01.ad.fernhill.example".into(),
        address: Ipv4Addr::new(192, 0, 2, 10),
        now: datetime(2026, 11, 23, 13, 0, 0, 0),
        samples: vec![
            (datetime(2026, 11, 23, 13, 0, 0, 0), Some(-4_200_012_345)),
            (datetime(2026, 11, 23, 13, 0, 2, 0), None),
        ],
    };
    insta::assert_snapshot!(chart.render(), @r"
    Tracking dc01.ad.fernhill.example [192.0.2.10:123].
    Collecting 2 samples.
    The current time is 11/23/2026 1:00:00 PM.
    13:00:00, -420.0012345s
    13:00:02, error: 0x800705B4
    ");
    reads_back(&AnyView::Stripchart(chart));
}

#[test]
fn netsh_knows_two_answers() {
    let direct = WinHttpProxy::Direct;
    insta::assert_snapshot!(direct.render(), @r"

    Current WinHTTP proxy settings:

        Direct access (no proxy server).
    ");
    let named = WinHttpProxy::Named {
        servers: "proxy.fernhill.example:8080".into(),
        bypass: None,
    };
    insta::assert_snapshot!(named.render(), @r"

    Current WinHTTP proxy settings:

        Proxy Server(s) :  proxy.fernhill.example:8080
        Bypass List     :  (none)
    ");
    for proxy in [direct, named] {
        reads_back(&AnyView::WinHttp(proxy));
    }
}

fn registry() -> RegistryKeys {
    RegistryKeys {
        keys: vec![
            RegistryKey {
                path: HELLO_GROUP_POLICY.into(),
                values: vec![
                    ("Enabled".into(), RegistryValue::Dword(1)),
                    ("UseCloudTrustForOnPremAuth".into(), RegistryValue::Dword(1)),
                ],
            },
            RegistryKey {
                path: format!("{HELLO_MDM}\\f0000000-0000-4000-8000-00000000feed\\Device\\Policies"),
                values: vec![("Say \"hi\"".into(), RegistryValue::Text("a\\b".into()))],
            },
        ],
    }
}

#[test]
fn the_registry_has_two_forms() {
    insta::assert_snapshot!(registry().render(), @r#"

    HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\PassportForWork
        Enabled    REG_DWORD    0x1
        UseCloudTrustForOnPremAuth    REG_DWORD    0x1

    HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Policies\PassportForWork\f0000000-0000-4000-8000-00000000feed\Device\Policies
        Say "hi"    REG_SZ    a\b
    "#);
    insta::assert_snapshot!(registry().render_reg(), @r#"
    Windows Registry Editor Version 5.00

    [HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\PassportForWork]
    "Enabled"=dword:00000001
    "UseCloudTrustForOnPremAuth"=dword:00000001

    [HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Policies\PassportForWork\f0000000-0000-4000-8000-00000000feed\Device\Policies]
    "Say \"hi\""="a\\b"
    "#);
}

#[test]
fn keys_are_found_below_a_path() {
    let found = |path: &str| registry().below(path).keys.len();
    assert_eq!(found("HKLM\\SOFTWARE\\Policies\\Microsoft\\PassportForWork"), 1);
    assert_eq!(found("hklm\\software\\microsoft\\policies\\passportforwork\\"), 1);
    assert_eq!(found("HKLM"), 2);
    assert_eq!(found("HKLM\\SOFTWARE\\Policies\\Microsoft\\Passport"), 0);
    assert_eq!(found("HKLMÄ"), 0);
}

#[test]
fn graph_gives_nulls_for_what_is_not_there() {
    let user = GraphUser {
        id: "a0000000-0000-4000-8000-000000000001".into(),
        display_name: Some("Cleo".into()),
        user_principal_name: "cleo@fernhill.example".into(),
        user_type: Some("Member".into()),
        account_enabled: Some(true),
        on_premises_sync_enabled: None,
        on_premises_domain_name: None,
        on_premises_sam_account_name: None,
        on_premises_security_identifier: None,
        on_premises_user_principal_name: None,
    };
    insta::assert_snapshot!(user.render());
    let read = GraphUser::read(&format!("PS> …\n{}", user.render()));
    assert_eq!(read.not_understood[0].number, 1);
    says_the_same(&AnyView::Graph(user), &read);
}

#[test]
fn every_row_rests_on_something() {
    let source = Source {
        host: "ADA-LT".into(),
        user: None,
        time_micros: 0,
    };
    let facts = [
        tgt().facts(&source),
        DsGetDc::Found(dc()).facts(&source),
        KlistGet::failed(ID, 1, 2).facts(&source),
        registry().facts(&source),
        WinHttpProxy::Direct.facts(&source),
        Groups::default().facts(&source),
    ];
    for fact in facts.iter().flatten() {
        let known = fact.artefact.source_of(&fact.key);
        assert!(known.is_some(), "{} {}", fact.artefact, fact.key);
    }
    let mdm = format!("{HELLO_MDM}\\x");
    let mdm = Artefact::Registry.source_of(&mdm).expect("an entry");
    assert!(mdm.source.is_lab_default());
    let guid = Artefact::Nltest.source_of("Dom Guid").expect("an entry");
    assert!(guid.source.is_lab_default());
    let flags = Artefact::Nltest.source_of("Flags").expect("an entry");
    assert!(!flags.source.is_lab_default());
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9./$\\\\@_-]{1,24}"
}

fn civil() -> impl Strategy<Value = DateTime> {
    (1990i16..2100, 1i8..=12, 1i8..=28, 0i8..24, 0i8..60, 0i8..60).prop_map(
        |(year, month, day, hour, minute, second)| datetime(year, month, day, hour, minute, second, 0),
    )
}

proptest! {
    #[test]
    fn klist_tgt_reads_what_it_renders(
        low: u32, names in [word(), word(), word()], flags: u32, session_etype in -200i32..30, key_len in 0usize..40,
        (start, end, renew) in (civil(), civil(), option::of(civil())), ticket in vec(any::<u8>(), 0..70),
    ) {
        let [client, domain, target_domain] = names;
        let logon_id = LogonId { high: 0, low };
        let tgt = KlistTgt {
            logon_id, client, domain, target_domain, flags, session_etype, session_key_len: key_len, start, end, renew,
            ticket,
        };
        reads_back(&AnyView::KlistTgt(tgt));
    }

    #[test]
    fn klist_get_reads_what_it_renders(spn in word(), status: u32, substatus: u32) {
        let failed = KlistGet::failed(ID, status, substatus);
        reads_back(&AnyView::KlistGet(failed));
        let cache = KlistTickets { logon_id: ID, tickets: Vec::new() };
        let retrieved = KlistGet::Retrieved { spn, cache };
        reads_back(&AnyView::KlistGet(retrieved));
    }

    #[test]
    fn nltest_reads_what_it_renders(
        words in [word(), word(), word(), word()], site in option::of(word()), address: [u8; 4], flags: u32, error: u32,
    ) {
        let [host, domain, forest, dc_site] = words;
        let address = IpAddr::V4(address.into());
        let found = DsGetDc::Found(Dc { host, domain, forest, dc_site, our_site: site, address, flags: flags & KNOWN_FLAGS, ..dc() });
        reads_back(&AnyView::Nltest(found));
        let failed = DsGetDc::Failed { error };
        reads_back(&AnyView::Nltest(failed));
    }

    #[test]
    fn w32tm_reads_what_it_renders(
        small: [u8; 3], precision in -30i8..0, delays in [0u64..1 << 50, 0u64..1 << 50],
        source in option::of((word(), any::<[u8; 4]>())), last_sync in option::of(civil()),
    ) {
        let source = source.map(|(name, address)| TimeSource { name, address: address.into() });
        let [leap, stratum, poll_interval] = small;
        let status = TimeStatus {
            leap, stratum, precision, root_delay: delays[0], root_dispersion: delays[1], source, last_sync, poll_interval,
        };
        reads_back(&AnyView::W32tm(status));
    }

    #[test]
    fn the_registry_reads_what_it_renders(numbers in vec((word(), any::<u32>()), 0..4), texts in vec((word(), word()), 0..4)) {
        let mut values: Vec<_> = numbers.into_iter().map(|(name, number)| (name, RegistryValue::Dword(number))).collect();
        values.extend(texts.into_iter().map(|(name, text)| (name, RegistryValue::Text(text))));
        let keys = RegistryKeys { keys: vec![RegistryKey { path: HELLO_GROUP_POLICY.into(), values }] };
        reads_back(&AnyView::Registry(keys.clone()));
        says_the_same(&AnyView::Registry(keys.clone()), &RegistryKeys::read(&keys.render_reg()));
    }

    #[test]
    fn whoami_reads_what_it_renders(rows in vec((word(), word(), word()), 0..5)) {
        let group = |(name, sid, attributes)| Group { name, kind: GroupKind::Alias, sid, attributes };
        let label = Group { kind: GroupKind::Label, ..group(("Mandatory Label".into(), "S-1-16-8192".into(), String::new())) };
        let groups = Groups { groups: rows.into_iter().map(group).chain([label]).collect() };
        reads_back(&AnyView::Whoami(groups));
    }

    #[test]
    fn graph_reads_what_it_renders(words in [word(), word()], texts in [option::of(word()), option::of(word()), option::of(word())], flag: Option<bool>) {
        let [id, user_principal_name] = words;
        let [sam, sid, domain] = texts;
        let user = GraphUser {
            id, user_principal_name, display_name: None, user_type: None, account_enabled: flag,
            on_premises_sync_enabled: flag, on_premises_domain_name: domain, on_premises_sam_account_name: sam,
            on_premises_security_identifier: sid, on_premises_user_principal_name: None,
        };
        reads_back(&AnyView::Graph(user));
    }

    #[test]
    fn no_text_panics_a_reader(text in "(?s).{0,300}") {
        let dirty = [
            text.clone(),
            tgt().render().replace("AD", &text),
            DsGetDc::Found(dc()).render().replace(':', &text),
            registry().render_reg().replace('"', &text),
        ];
        for text in dirty {
            every_reader(&text);
        }
    }
}
