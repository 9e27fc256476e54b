//! States of AD accounts as lab files have them: each keeps Paul from signing in, and just beside its boundary it does not.

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;

/// Paul's keys, the error that the DC answers with (none: he signs in), and the rule.
const ROWS: &[(&str, Option<(&str, &str)>)] = &[
    ("locked = true", Some(("KDC_ERR_CLIENT_REVOKED", "ACCOUNT-STATE"))),
    ("locked = false", None),
    (
        "enabled = false",
        Some(("KDC_ERR_CLIENT_REVOKED", "ACCOUNT-STATE")),
    ),
    (
        "expires = 2026-11-23T08:00:00Z",
        Some(("KDC_ERR_CLIENT_REVOKED", "ACCOUNT-STATE")),
    ),
    ("expires = 2026-11-23T08:00:01Z", None),
    (
        "must-change-password = true",
        Some(("KDC_ERR_KEY_EXPIRED", "PASSWORD-AGE")),
    ),
    ("must-change-password = false", None),
    (
        "password-expired = true",
        Some(("KDC_ERR_KEY_EXPIRED", "PASSWORD-AGE")),
    ),
    (
        "logon-hours = [\"mon 09-17\"]",
        Some(("KDC_ERR_CLIENT_REVOKED", "ACCOUNT-STATE")),
    ),
    ("logon-hours = [\"mon 08-09\"]", None),
    (
        "logon-hours = [\"tue-sun 00-24\"]",
        Some(("KDC_ERR_CLIENT_REVOKED", "ACCOUNT-STATE")),
    ),
    (
        "workstations = [\"kiosk-01\"]",
        Some(("KDC_ERR_POLICY", "AS-WORKSTATION")),
    ),
    ("workstations = [\"kiosk-01\", \"paul-pc\"]", None),
    ("encryption-types = [\"aes256\"]", None),
    (
        "authentication-policy = \"tier-0\"",
        Some(("KDC_ERR_POLICY", "AUTHN-POLICY-FROM")),
    ),
    ("authentication-policy = \"audited\"", None),
];

/// The key that a row sets, and its value.
fn sign_in(key: &str, value: &str, expected: &str) -> Vec<String> {
    let text = format!(
        r#"
format = "trustlab.scenario/1"
name = "sign-in"
title = "t"
[[patch]]
path = "authentication-policy.tier-0"
add = {{ allowed-from = ["kiosk-01"] }}
[[patch]]
path = "authentication-policy.audited"
add = {{ allowed-from = ["kiosk-01"], enforced = false }}
[[patch]]
path = "user.paul.{key}"
set = {value}
[[step]]
sign-in = {{ user = "paul", device = "paul-pc", with = "password" }}
[[expect]]
{expected}
"#
    );
    let scenario = Scenario::parse("sign-in.toml", &text, &Faults::AsWritten, library::catalogue());
    let scenario = scenario.unwrap_or_else(|problems| panic!("{key}: {problems}"));
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    run.complete();
    let report = run.finish();
    report
        .failures
        .iter()
        .map(|miss| format!("{key} = {value}: {miss:?}"))
        .collect()
}

#[test]
fn every_state_keeps_out_whom_it_names_and_nobody_else() {
    let mut wrong = Vec::new();
    for (row, refused) in ROWS {
        let (key, value) = row.split_once(" = ").expect("a key and a value");
        let expected = match refused {
            Some((error, rule)) => format!(
                "outcome.sign-in = {{ not = \"ok\" }}\nkdc.error = \"{error}\"\nrules.refused = [\"{rule}\"]"
            ),
            None => "outcome.sign-in = \"ok\"\nkdc.error = { absent = true }".to_owned(),
        };
        wrong.extend(sign_in(key, value, &expected));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
