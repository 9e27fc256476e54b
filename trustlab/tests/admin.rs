//! `trustlab admin kerberos-server` on a lab file: the cmdlets' texts, exit codes, and what would be there.

use std::process::{Command, Output};

fn admin(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trustlab"))
        .args(["admin", "kerberos-server"])
        .args(arguments)
        .args(["--lab-file", "fernhill"])
        .output()
        .expect("the program starts")
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).expect("UTF-8")
}

const IRIS: [&str; 4] = ["--at", "sync01", "--as", "iris"];
const HUGO: [&str; 2] = ["--user-principal-name", "hugo@fernhill.example"];

#[test]
fn both_halves_are_shown() {
    let output = admin(&[&["get"][..], &IRIS, &HUGO].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(
        shown.contains("\nId                 : 21463\nUserAccount        : CN=krbtgt_AzureAD,CN=Users,"),
        "{shown}"
    );
    assert!(shown.contains("\nCloudTrustDisplay  :\n"), "{shown}");
    let said = text(&output.stderr);
    assert!(
        said.contains("PS> Get-AzureADKerberosServer -Domain $env:USERDNSDOMAIN -UserPrincipalName 'hugo@fernhill.example'"),
        "{said}"
    );
}

#[test]
fn a_rotation_shows_what_would_be_there() {
    let output = admin(&[&["rotate"][..], &IRIS, &HUGO].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(said.contains("Nothing was changed. There would be:\n"), "{said}");
    assert!(!said.contains("KeyVersion 1203"), "{said}");
}

#[test]
fn a_second_factor_is_no_password() {
    let output = admin(
        &[
            &["set"][..],
            &IRIS,
            &["--cloud-credential", "hugo@fernhill.example"],
        ]
        .concat(),
    );
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("Set-AzureADKerberosServer : AADSTS50076: ") && said.contains("they are the lab's"),
        "{said}"
    );
}

#[test]
fn powershell_7_says_it_in_one_line() {
    let output = admin(&[&["set"][..], &IRIS, &HUGO, &["--shell", "pwsh"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("\nSet-AzureADKerberosServer: Unexpected exception thrown. Action: GetKerberosDomainSyncConfigAsync"),
        "{said}"
    );
}

#[test]
fn a_host_or_user_that_is_not_there_is_bad_input() {
    for (who, said) in [
        (
            ["--at", "sync99", "--as", "iris"],
            "no machine sync99 here; there are: ",
        ),
        (
            ["--at", "sync01", "--as", "nobody"],
            "no user nobody here; there are: ",
        ),
        (["--at", "ada-lt", "--as", "iris"], "ADA-LT is a Windows client"),
    ] {
        let output = admin(&[&["get"][..], &who, &HUGO].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(said), "{}", text(&output.stderr));
    }
}

#[test]
fn people_are_named_as_at_a_prompt() {
    for iris in ["iris@fernhill.example", r"FERNHILL\iris", "IRIS"] {
        let output = admin(&[&["get", "--at", "sync01", "--as", iris][..], &HUGO].concat());
        assert_eq!(output.status.code(), Some(0), "{iris}: {}", text(&output.stderr));
    }
}

#[test]
fn what_would_be_there_is_said_only_of_a_change() {
    let ada = ["--at", "sync01", "--as", "ada"];
    for (verb, who, changes) in [
        ("get", IRIS, false),
        ("rotate", ada, false),
        ("rotate", IRIS, true),
        ("remove", IRIS, true),
    ] {
        let output = admin(&[&[verb][..], &who, &HUGO].concat());
        let said = text(&output.stderr);
        assert_eq!(said.contains("There would be:"), changes, "{verb}: {said}");
    }
}

#[test]
fn an_unknown_lab_file_is_answered_as_lab_check_answers() {
    let trustlab = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_trustlab"))
            .args(arguments)
            .output()
            .expect("the program starts")
    };
    let checked = trustlab(&["lab", "check", "nowhere.toml"]);
    let output = trustlab(
        &[
            &["admin", "kerberos-server", "get", "--lab-file", "nowhere.toml"][..],
            &IRIS,
        ]
        .concat(),
    );
    assert_eq!(output.status.code(), Some(2));
    let advice = text(&checked.stderr);
    assert!(advice.contains("trustlab list labs"), "{advice}");
    assert!(
        text(&output.stderr).ends_with(&advice),
        "{}",
        text(&output.stderr)
    );
}
