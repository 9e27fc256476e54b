//! Authentication policy silos: whose policy counts, and whether it is enforced.

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;

/// What the lab has, what is done, and the rule that refuses it.
type Row = (&'static str, &'static str, Option<&'static str>);

const SIGN_IN: &str = "sign-in = { user = \"paul\", device = \"paul-pc\", with = \"password\" }";
const OPEN: &str = "open = { path = '\\\\fs01.ad.fernhill.example\\everyone', device = \"paul-pc\" }";

const ROWS: &[Row] = &[
    (
        "members = [\"paul\"], user-policy = \"kept\"",
        SIGN_IN,
        Some("AUTHN-POLICY-FROM"),
    ),
    ("members = [\"ada\"], user-policy = \"kept\"", SIGN_IN, None),
    (
        "members = [\"paul\"], user-policy = \"kept\", enforced = false",
        SIGN_IN,
        None,
    ),
    // the silo says whether it is enforced, and not the policy
    (
        "members = [\"paul\"], user-policy = \"audited\"",
        SIGN_IN,
        Some("AUTHN-POLICY-FROM"),
    ),
    // a policy for computers is none for users, and no user's own counts within a silo
    ("members = [\"paul\"], computer-policy = \"kept\"", SIGN_IN, None),
    (
        "members = [\"fs01\"], computer-policy = \"for-admins\"",
        OPEN,
        Some("AUTHN-POLICY-TO"),
    ),
    ("members = [\"fs01\"], computer-policy = \"for-all\"", OPEN, None),
    ("members = [\"fs01\"], user-policy = \"for-admins\"", OPEN, None),
    // a computer signs in without armor, whatever the policy has for users
    (
        "members = [\"paul-pc\"], computer-policy = \"kept\"",
        SIGN_IN,
        None,
    ),
];

fn read(silo: &str, more: &str) -> Result<Scenario, scenarios::language::Problems> {
    let policies = [
        ("kept", "allowed-from = [\"kiosk-01\"]"),
        ("audited", "allowed-from = [\"kiosk-01\"], enforced = false"),
        ("for-admins", "allowed-to = [\"Domain Admins\"]"),
        ("for-all", "allowed-to = [\"Domain Users\"]"),
    ];
    let mut text = String::from("format = \"trustlab.scenario/1\"\nname = \"silo\"\ntitle = \"t\"\n");
    for (name, policy) in policies {
        text.push_str(&format!(
            "[[patch]]\npath = \"authentication-policy.{name}\"\nadd = {{ {policy} }}\n"
        ));
    }
    text.push_str(&format!(
        "[[patch]]\npath = \"authentication-policy-silo.tier-0\"\nadd = {{ {silo} }}\n{more}"
    ));
    Scenario::parse("silo.toml", &text, &Faults::AsWritten, library::catalogue())
}

#[test]
fn the_policy_of_a_silo_is_that_of_its_members_and_of_nobody_else() {
    let mut wrong = Vec::new();
    for (silo, step, refused) in ROWS {
        let before = match *step == OPEN {
            true => format!("[[step]]\n{SIGN_IN}\n"),
            false => String::new(),
        };
        let expected = match refused {
            Some(rule) => format!("rules.refused = [\"{rule}\"]"),
            None => String::new(),
        };
        let done = if *step == OPEN { "open" } else { "sign-in" };
        let outcome = if refused.is_some() {
            "{ not = \"ok\" }"
        } else {
            "\"ok\""
        };
        let scenario = read(
            silo,
            &format!("{before}[[step]]\n{step}\n[[expect]]\noutcome.{done} = {outcome}\n{expected}\n"),
        );
        let scenario = scenario.unwrap_or_else(|problems| panic!("{silo}: {problems}"));
        let run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
        let misses = run.finish().failures.into_iter();
        wrong.extend(misses.map(|miss| format!("{silo}: {miss:?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_account_is_in_one_silo() {
    let other = |members: &str| {
        format!(
            "[[patch]]\npath = \"authentication-policy-silo.other\"\nadd = {{ members = [\"{members}\"] }}\n[[step]]\n{SIGN_IN}\n"
        )
    };
    let with = |members: &str| read("members = [\"paul\", \"fs01\"]", &other(members));
    assert!(with("ada").is_ok());
    let problems = with("paul").expect_err("paul is in two").to_string();
    assert!(
        problems.contains("`paul` is in the silo `tier-0` already"),
        "{problems}"
    );
    let twice =
        read("members = [\"paul\", \"fs01\", \"paul\"]", &other("ada")).expect_err("paul is named twice");
    assert!(
        twice.to_string().contains("`paul` stands in `members` twice"),
        "{twice}"
    );
    let namesake = "[[patch]]\npath = \"device.paul\"\nadd = { owner = \"paul\" }\n";
    let namesake = format!("{namesake}{}", other("ada"));
    let both = read("members = [\"paul\", \"fs01\"]", &namesake).expect_err("paul is also a device");
    assert!(
        both.to_string().contains("`paul` is a user and a machine"),
        "{both}"
    );
}
