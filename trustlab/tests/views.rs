//! Views as files, their page, and the vocabulary.

#[path = "support/program.rs"]
mod program;

use program::{stderr, stdout, trustlab};

#[test]
fn a_run_writes_what_an_engineer_would_send() {
    let dir = tempfile::tempdir().expect("a directory");
    let folder = dir.path().join("case");
    let output = trustlab(&[
        "run",
        "admin-denied",
        "--evidence",
        folder.to_str().expect("UTF-8"),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).expect(path);
    assert!(read("ADA-LT/dsregcmd-status.txt").contains("OnPremTgt : YES\r\n"));
    assert!(read("ADA-LT/klist.txt").contains("Cached Tickets: (0)"));
    assert!(read("ADA-LT/nltest-dsgetdc-keylist-kdc.txt").contains("KEYLIST"));
    assert!(read("ADA-LT/events.xml").contains("<EventID>3</EventID>"));
    let logs = ["DC01", "DC02"].map(|dc| folder.join(dc).join("security-events.txt"));
    let logs = logs.iter().filter_map(|log| std::fs::read_to_string(log).ok());
    assert!(logs.collect::<String>().contains("Failure Code:\t\t0x14"));
    assert!(read("graph/user-dom@fernhill.example.json").contains("onPremisesSecurityIdentifier"));
}

#[test]
fn evidence_is_about_one_run() {
    let output = trustlab(&["run", "--all", "--evidence", "x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--evidence is about one run"));
}

#[test]
fn the_page_of_views_is_up_to_date() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/views.md");
    let committed = std::fs::read_to_string(page).expect("docs/views.md");
    assert!(
        committed == stdout(&trustlab(&["list", "views", "--markdown"])),
        "write it again: trustlab list views --markdown > docs/views.md"
    );
}

#[test]
fn words_are_explained() {
    let text = stdout(&trustlab(&["explain", "0xc000005e"]));
    assert!(
        text.starts_with("STATUS_NO_LOGON_SERVERS (0xc000005e) · NTSTATUS\n"),
        "{text}"
    );
    assert!(text.contains("trustlab run no-dc-line-of-sight"), "{text}");
    for (words, kind) in [
        (&["Passport", "for", "Work"][..], "former name"),
        (&["358"], "event"),
        (&["OnPremTgt"], "row"),
        (&["AADSTS50126"], "AADSTS code"),
        (&["UseCloudTrustForOnPremAuth"], "setting"),
    ] {
        let words = [&["explain"], words].concat();
        let text = stdout(&trustlab(&words));
        assert!(text.contains(kind), "{words:?}: {text}");
        assert!(text.contains("what it does not mean"), "{text}");
    }
    let json = stdout(&trustlab(&["explain", "KDC_ERR_TGT_REVOKED", "--json"]));
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["shown_by"][0], "admin-denied");
    let output = trustlab(&["explain", "KDC_ERR_TGT_REVOKD"]);
    assert!(stderr(&output).contains("did you mean KDC_ERR_TGT_REVOKED?"));
}
