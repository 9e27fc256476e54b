//! What customers paste: cut, redacted, of other builds, in other languages. Facts with gaps, and nothing lost.

use evidence::dsregcmd::device::DeviceState;
use evidence::dsregcmd::diagnostics::{Diagnostics, PostJoin, Updated};
use evidence::dsregcmd::tenant::TenantDetails;
use evidence::dsregcmd::user::UserState;
use evidence::dsregcmd::{CloudKerberos, PrtDetails, SsoState, Status};
use evidence::{Artefact, Reading, Value, View};

mod reading;
use reading::conserves_lines;

fn known(value: &str) -> Value {
    Value::Known(value.to_owned())
}

fn read(artefact: Artefact, text: &str) -> Reading {
    let read = artefact.read(text);
    conserves_lines(text, &read);
    read
}

/// A hybrid joined device whose user has a partial TGT.
fn status() -> String {
    let time = "2026-11-23T08:00:00Z".parse().expect("a time");
    let status = Status {
        device: DeviceState {
            azure_ad_joined: true,
            domain_joined: true,
            domain_name: Some("FERNHILL".into()),
            ..DeviceState::default()
        },
        details: None,
        tenant: Some(TenantDetails {
            name: "Fernhill".into(),
            id: "f0000000-0000-4000-8000-00000000feed".into(),
            idp: "login.windows.net".into(),
            ..TenantDetails::default()
        }),
        user: UserState::default(),
        sso: SsoState {
            prt: Some(PrtDetails {
                update_time: time,
                expiry_time: time,
            }),
            cloud_kerberos: Some(CloudKerberos {
                on_prem_tgt: true,
                cloud_tgt: true,
                top_level_names: None,
            }),
            ..SsoState::default()
        },
        work_account: None,
        diagnostics: Some(Diagnostics::Joined(PostJoin {
            key_sign_test: "PASSED".into(),
            updated: Some(Updated::default()),
            ..PostJoin::default()
        })),
        proxy: None,
        ngc: None,
    };
    status.render()
}

/// The lines of a text without those that hold a word.
fn without(text: &str, word: &str) -> String {
    let lines = text.lines().filter(|line| !line.contains(word));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn windows_11_prints_no_idp() {
    let read = read(Artefact::Dsregcmd, &without(&status(), "Idp :"));
    assert_eq!(read.value("Idp"), Value::Absent);
    assert_eq!(read.value("TenantName"), known("Fernhill"));
    assert_eq!(read.value("OnPremTgt"), known("YES"));
}

#[test]
fn values_that_the_lab_never_prints_are_read_as_written() {
    let text = status()
        .replace("DisplayNameUpdated : NO", "DisplayNameUpdated : Managed by MDM")
        .replace("WamDefaultSet : NO", "WamDefaultSet : ERROR (0x80070520)")
        .replace("OsVersionUpdated : NO", "OsVersionUpdated : UNKNOWN")
        .replace("KeySignTest : PASSED", "KeySignTest : SKIPPED")
        .replace("2026-11-23 08:00:00.000 UTC", "[Date] UTC");
    let read = read(Artefact::Dsregcmd, &text);
    assert_eq!(read.value("DisplayNameUpdated"), known("Managed by MDM"));
    assert_eq!(read.value("WamDefaultSet"), known("ERROR (0x80070520)"));
    assert_eq!(read.value("OsVersionUpdated"), known("UNKNOWN"));
    assert_eq!(read.value("KeySignTest"), known("SKIPPED"));
    assert_eq!(read.value("AzureAdPrtUpdateTime"), known("[Date] UTC"));
    assert_eq!((read.gaps, read.not_understood), (vec![], vec![]));
}

#[test]
fn a_box_alone_says_nothing_of_the_others() {
    let text = status();
    let at = text.find("| SSO State").expect("the box");
    let end = text[at..].find("| Diagnostic").expect("the next box") + at;
    let read = read(Artefact::Dsregcmd, &text[at..end]);
    assert_eq!(read.value("OnPremTgt"), known("YES"));
    assert_eq!(read.value("KerbTopLevelNames"), Value::Absent);
    assert_eq!(read.value("AzureAdJoined"), Value::Unknown);
    assert_eq!(read.value("PreReqResult"), Value::Unknown);
    assert!(!read.gaps.is_empty());
}

#[test]
fn a_top_that_is_cut_off_leaves_the_rows_below() {
    let text = status();
    let at = text.find("EnterprisePrt :").expect("a row");
    let read = read(Artefact::Dsregcmd, &text[at..]);
    assert_eq!(read.value("OnPremTgt"), known("YES"));
    // the row stood above the cut, or it did not
    assert_eq!(read.value("AzureAdPrt"), Value::Unknown);
    assert_eq!(read.value("KerbTopLevelNames"), Value::Unknown);
    assert_eq!(read.value("KeySignTest"), known("PASSED"));
    assert!(
        read.gaps.iter().any(|gap| gap.missing.contains("SSO State")),
        "{:?}",
        read.gaps
    );
}

#[test]
fn what_stands_under_the_prt_of_an_ad_fs_is_not_that_of_entra() {
    let text = status().replace(
        "             EnterprisePrt : NO\n",
        "             EnterprisePrt : NO\n      EnterprisePrtUpdateTime : 2026-11-23 07:00:00.000 UTC\n            Attempt Status : 0xc000006d\n",
    );
    let read = read(Artefact::Dsregcmd, &text);
    assert_eq!(read.value("Attempt Status"), Value::Absent);
    let of_ad_fs = read
        .facts
        .iter()
        .find(|fact| fact.key == "Attempt Status")
        .expect("it is kept");
    assert_eq!(read.blocks[of_ad_fs.block].title, "SSO State, EnterprisePrt");
    assert_eq!(read.value("EnterprisePrt"), known("NO"));
    assert_eq!(read.value("OnPremTgt"), known("YES"));
}

#[test]
fn a_default_account_of_another_provider_stays_what_it_is() {
    let text = status().replace(
        "             WamDefaultSet : NO\n",
        "             WamDefaultSet : YES\n            WamDefaultGUID : {D7F9888F-E3FC-49B0-9EA6-A85B5F392A4F} (MicrosoftAccount)\n",
    );
    let read = read(Artefact::Dsregcmd, &text);
    assert_eq!(
        read.value("WamDefaultGUID"),
        known("{D7F9888F-E3FC-49B0-9EA6-A85B5F392A4F} (MicrosoftAccount)")
    );
}

#[test]
fn rows_that_the_lab_does_not_print_are_kept_where_they_stood() {
    let text = status().replace(
        "              DomainJoined : YES\n",
        "              DomainJoined : YES\n           Virtual Desktop : NOT SET\n",
    );
    let read = read(Artefact::Dsregcmd, &text);
    let row = read
        .facts
        .iter()
        .find(|fact| fact.key == "Virtual Desktop")
        .expect("it is kept");
    assert_eq!(row.value, known("NOT SET"));
    assert_eq!(read.blocks[row.block].title, "Device State");
    assert_eq!(
        text.lines().nth(row.line - 1).map(str::trim),
        Some("Virtual Desktop : NOT SET")
    );
}

#[test]
fn a_prompt_and_other_tools_output_are_not_understood() {
    let text = format!(
        "C:\\Users\\ada>dsregcmd /status\n{}C:\\Users\\ada>whoami\nfernhill\\ada\n",
        status()
    );
    let read = read(Artefact::Dsregcmd, &text);
    assert_eq!(read.value("OnPremTgt"), known("YES"));
    let left: Vec<_> = read
        .not_understood
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    assert_eq!(
        left,
        [
            "C:\\Users\\ada>dsregcmd /status",
            "C:\\Users\\ada>whoami",
            "fernhill\\ada"
        ]
    );
}

const KLIST: &str = "\
Current LogonId is 0:0x3e4a5

Cached Tickets: (2)

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

#1>     Client: ada @ AD.FERNHILL.EXAMPLE
        Server: cifs/fs01 @ AD.FERNHILL.EXAMPLE
        KerbTicket Encryption Type: AES-256-CTS-HMAC-SHA1-96
        Ticket Flags 0x40a10000 -> forwardable renewable pre_authent name_canonicalize
        Start Time: 11/23/2026 9:01:00 (local)
        End Time:   11/23/2026 19:00:00 (local)
        Renew Time: 11/30/2026 9:00:00 (local)
        Session Key Type: AES-256-CTS-HMAC-SHA1-96
        Cache Flags: 0
        Kdc Called: DC01.ad.fernhill.example
";

#[test]
fn klist_is_read_without_its_first_line_and_with_dates_of_any_culture() {
    let read_whole = read(Artefact::Klist, KLIST);
    assert_eq!((&read_whole.gaps, &read_whole.not_understood), (&vec![], &vec![]));
    let text =
        without(KLIST, "Current LogonId").replace("11/23/2026 9:00:00 (local)", "23.11.2026 9:00:00 (lokal)");
    let read = read(Artefact::Klist, &text);
    assert_eq!(read.value("tickets"), known("2"));
    assert_eq!(
        read.value("kdc called cifs/fs01 @ AD.FERNHILL.EXAMPLE"),
        known("DC01.ad.fernhill.example")
    );
    let start = read
        .facts
        .iter()
        .find(|fact| fact.key == "Start Time")
        .expect("a row");
    assert_eq!(start.value, known("23.11.2026 9:00:00 (lokal)"));
}

#[test]
fn a_ticket_in_another_language_costs_only_its_own_rows() {
    let text = KLIST
        .replacen(
            "KerbTicket Encryption Type:",
            "KerbTicket (Verschlüsselungstyp):",
            1,
        )
        .replacen("Start Time:", "Startzeit:", 1);
    let read = read(Artefact::Klist, &text);
    let tgt = "ticket krbtgt/AD.FERNHILL.EXAMPLE @ AD.FERNHILL.EXAMPLE";
    assert_eq!(read.value(tgt), known("0x40810000"));
    assert_eq!(read.not_understood.len(), 2);
    assert_eq!(
        read.value("ticket http/app01 @ AD.FERNHILL.EXAMPLE"),
        Value::Unknown
    );
}

const NLTEST: &str = "\
           DC: \\\\DC01.ad.fernhill.example
      Address: \\\\192.0.2.10
     Dom Guid: b5b2f0e6-0000-4000-8000-000000000001
     Dom Name: ad.fernhill.example
  Forest Name: ad.fernhill.example
 Dc Site Name: Office
Our Site Name: Office
        Flags: GC DS LDAP KDC KEYLIST DS_13
The command completed successfully
";

#[test]
fn nltest_is_read_without_a_site_or_a_guid_and_with_flags_of_other_builds() {
    let text = without(&without(NLTEST, "Our Site Name"), "Dom Guid");
    let whole = read(Artefact::Nltest, &text);
    assert_eq!(whole.value("Our Site Name"), Value::Absent);
    assert_eq!(whole.value("DC"), known("\\\\DC01.ad.fernhill.example"));
    assert_eq!(
        (whole.value("KEYLIST"), whole.value("PDC")),
        (known("YES"), known("NO"))
    );
    assert!(
        whole.gaps.iter().any(|gap| gap.missing.contains("DS_13")),
        "{:?}",
        whole.gaps
    );
    let text = NLTEST.replace("GC DS LDAP KDC KEYLIST DS_13", "0x20034");
    let number = read(Artefact::Nltest, &text);
    assert_eq!(
        (number.value("KEYLIST"), number.value("LDAP")),
        (known("YES"), known("NO"))
    );
    assert_eq!(number.value("Flags"), known("0x20034"));
    let cut = without(NLTEST, "completed");
    assert_eq!(
        read(Artefact::Nltest, &without(&cut, "Our Site")).value("Our Site Name"),
        Value::Unknown
    );
}

#[test]
fn cloud_debug_of_a_build_with_a_row_fewer_is_read() {
    let text = "\
Current LogonId is 0:0x14d718
Cloud Kerberos Debug info:
Cloud Kerberos enabled by policy: 0
AS_REP callback received: 1
AS_REP callback used: 0
Cloud Referral TGT present in cache: 0
KDC proxy present in cache: 0
Public Key Credential Present: 1
Password-derived Keys Present: 0
Plaintext Password Present: 0
AS_REP Credential Type: 2
Cloud Primary (Hybrid logon) TGT available: 1
";
    let read = read(Artefact::CloudDebug, text);
    assert_eq!(
        read.value("Cloud Primary (Hybrid logon) TGT available"),
        known("1")
    );
    assert_eq!(read.value("SPN oracle configured"), Value::Absent);
    assert_eq!(read.gaps[0].missing, "the row \"SPN oracle configured\"");
}

#[test]
fn an_event_of_another_source_leaves_the_log_readable() {
    let text = "\
Log Name:      Microsoft-Windows-HelloForBusiness/Operational
Source:        Microsoft-Windows-HelloForBusiness
Date:          23/11/2026 08:02:10
Event ID:      3045
Task Category: None
Level:         Information
Keywords:      
User:          S-1-5-18
Computer:      ADA-LT
Description:
Windows Hello for Business successfully located a usable sign-on certificate.

Log Name:      Microsoft-Windows-User Device Registration/Admin
Source:        Microsoft-Windows-User Device Registration
Date:          11/23/2026 8:02:11 AM
Event ID:      360
Task Category: None
Level:         Warning
Keywords:      
User:          S-1-5-21-1-2-3-1104
Computer:      ADA-LT
Description:
Windows Hello for Business provisioning will not be launched.
Device is AAD joined ( AADJ or DJ++ ): Yes
User has logged on with AAD credentials: Yes
Windows Hello for Business policy is enabled: No
See https://go.microsoft.com/fwlink/?linkid=832647 for more details.
";
    let read = read(Artefact::Events, text);
    assert_eq!((read.value("3045"), read.value("360")), (known("1"), known("1")));
    assert_eq!(
        read.value("360 Windows Hello for Business policy is enabled"),
        known("No")
    );
    // a 360 of an older build has no rows about cloud trust: whether this one is cut, nobody can say
    assert_eq!(read.value("360 User account has Cloud TGT"), Value::Unknown);
    assert_eq!(read.value("7001"), Value::Unknown);
    let left: Vec<_> = read.not_understood.iter().map(|line| line.number).collect();
    assert_eq!(left, [11]);
}

#[test]
fn a_cut_answer_of_graph_keeps_its_attributes() {
    let text = "{\n  \"id\": \"a0000000-0000-4000-8000-000000000001\",\n  \"onPremisesSyncEnabled\": null,\n  \"onPremisesDomainName\": \"ad.fern";
    let read = read(Artefact::Graph, text);
    assert_eq!(read.value("onPremisesSyncEnabled"), Value::Absent);
    assert_eq!(read.value("userType"), Value::Unknown);
    assert_eq!(read.not_understood[0].number, 4);
}

/// A reader takes time in proportion to the text, whatever stands in it.
#[test]
fn a_long_text_of_one_line_over_and_over_is_read_at_once() {
    let lines = [
        "The command completed successfully\n",
        "Getting DC name failed: Status = 5\n",
        "#0>\tRealmName: r\n\tKDC Name: k\n",
        "#0>     Client: a @ B\n        Server: c @ D\n",
        "| SSO State |\nOnPremTgt : YES\nEnterprisePrt : NO\nAttempt Status : 0x1\n",
        "Log Name:      System\nEvent ID:      7\n",
        "<Event>",
        "HKEY_LOCAL_MACHINE\\X\n",
    ];
    for line in lines {
        let text = line.repeat(20_000);
        for artefact in Artefact::ALL {
            let read = artefact.read(&text);
            assert!(!read.facts.is_empty() || !read.frame.is_empty() || !read.not_understood.is_empty());
        }
    }
}
