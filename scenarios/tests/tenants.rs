//! Tenants and directory sync, on both sides of each boundary: intervals, verified domains, attribute filters, scopes.

use scenarios::engine::{Run, RunOptions};
use scenarios::lab::Lab;
use scenarios::language::{Faults, Scenario};
use scenarios::library;

/// Runs a scenario of the built-in lab; what was expected and not found.
fn misses(patches: &str, steps: &str, expected: &str) -> Vec<String> {
    let text = format!(
        "format = \"trustlab.scenario/1\"\nname = \"sync\"\ntitle = \"t\"\n{patches}\n{steps}\n[[expect]]\n{expected}\n"
    );
    let scenario = Scenario::parse("sync.toml", &text, &Faults::AsWritten, library::catalogue());
    let scenario = scenario.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    run.complete();
    let failures = run.finish().failures;
    failures.iter().map(|miss| format!("{steps}: {miss:?}")).collect()
}

fn patch(path: &str, value: &str) -> String {
    format!("[[patch]]\npath = \"{path}\"\nset = {value}\n")
}

/// Ada is renamed in AD, time passes, she signs in and opens a share.
fn renamed(wait: &str) -> String {
    format!(
        "[[step]]\nrename-account = {{ user = \"ada\", sam = \"ada.l\" }}\n[[step]]\nwait = \"{wait}\"\n\
         [[step]]\nsign-in = {{ user = \"ada\", device = \"ada-lt\" }}\n\
         [[step]]\nopen = '\\\\fs01.ad.fernhill.example\\projects'\n"
    )
}

#[test]
fn directory_sync_runs_when_its_interval_is_over() {
    let half_an_hour = patch("tenant.fernhill.sync-interval", "\"30m\"");
    let (opened, refused) = (
        "outcome.open = \"ok\"",
        "outcome.open = { not = \"ok\" }\nkdc.error = \"KDC_ERR_C_PRINCIPAL_UNKNOWN\"",
    );
    for (patches, wait, expected) in [
        (&half_an_hour, "29m 59s", refused),
        (&half_an_hour, "30m", opened),
        (&String::new(), "2h", refused),
    ] {
        assert_eq!(misses(patches, &renamed(wait), expected), [""; 0], "{wait}");
    }
}

#[test]
fn a_renamed_account_is_still_that_of_its_user() {
    for (locked, expected) in [
        ("true", "kdc.error = \"KDC_ERR_CLIENT_REVOKED\""),
        ("false", "outcome.sign-in = \"ok\"\nkdc.error = { absent = true }"),
    ] {
        let story = format!(
            "[[step]]\nrename-account = {{ user = \"paul\", sam = \"p.smith\" }}\n\
             [[step]]\nset-account = {{ user = \"paul\", locked = {locked} }}\n\
             [[step]]\nsign-in = {{ user = \"paul\", device = \"paul-pc\", with = \"password\" }}\n"
        );
        assert_eq!(misses("", &story, expected), [""; 0], "{story}");
    }
}

#[test]
fn a_filter_of_the_tenant_holds_for_who_has_none_of_his_own() {
    let filtered = patch(
        "tenant.fernhill.synced-attributes",
        "[\"domain-name\", \"sam-account-name\"]",
    );
    let all = patch(
        "user.ada.synced-attributes",
        "[\"domain-name\", \"sam-account-name\", \"security-identifier\"]",
    );
    let sign_in = "[[step]]\nsign-in = { user = \"ada\", device = \"ada-lt\" }\n";
    for (patches, tgt) in [
        (String::new(), "YES"),
        (filtered.clone(), "NO"),
        (filtered + &all, "YES"),
    ] {
        let expected = format!("dsregcmd.OnPremTgt = \"{tgt}\"");
        assert_eq!(misses(&patches, sign_in, &expected), [""; 0], "{patches}");
    }
}

#[test]
fn a_sign_in_name_needs_a_verified_suffix() {
    let sign_in = "[[step]]\nsign-in = { user = \"paul\", device = \"paul-pc\", with = \"password\" }\n";
    for (upn, prt) in [
        ("paul@fernhill.example", "YES"),
        // the tenant's initial domain is verified as well, and the device asks whose it is
        ("paul@fernhill.onmicrosoft.example", "YES"),
        ("paul@fernhill.local", "NO"),
    ] {
        let patches = patch("user.paul.upn", &format!("\"{upn}\""));
        let expected = format!("outcome.sign-in = \"ok\"\ndsregcmd.AzureAdPrt = \"{prt}\"");
        assert_eq!(misses(&patches, sign_in, &expected), [""; 0], "{upn}");
    }
}

#[test]
fn what_an_account_is_reaches_the_tenant_with_the_next_cycle() {
    let steps = |cycle: &str| {
        format!(
            "[[step]]\ndisable-account = \"ada\"\n{cycle}[[step]]\nsign-in = {{ user = \"ada\", device = \"ada-lt\" }}\n"
        )
    };
    let cycle = "[[step]]\nsync-cycle = \"fernhill\"\n";
    assert_eq!(misses("", &steps(""), "outcome.sign-in = \"ok\""), [""; 0]);
    let refused = "outcome.sign-in = { not = \"ok\" }\nrules.refused = [\"ENTRA-USER\"]";
    assert_eq!(misses("", &steps(cycle), refused), [""; 0]);
}

#[test]
fn spans_and_intervals_that_are_none_are_refused() {
    let lab = |section: &str| {
        let text = format!(
            "format = \"trustlab.lab/1\"\n[domain.corp]\ndns-name = \"ad.corp.example\"\n{section}\n"
        );
        Lab::parse("lab.toml", &text)
            .err()
            .map(|problems| problems.to_string())
    };
    for (section, said) in [
        ("[tenant.main]\nsync-interval = \"59s\"", "of a minute or more"),
        ("[user.ada]\nlogon-hours = [\"someday 8-9\"]", "no span of a week"),
        ("[user.ada]\nworkstations = [\"nowhere\"]", "nowhere"),
        ("[user.ada]\nencryption-types = [\"des\"]", "encryption type"),
        ("[user.ada]\nauthentication-policy = \"none\"", "none"),
    ] {
        let problems = lab(section).unwrap_or_else(|| panic!("{section} is taken"));
        assert!(problems.contains(said), "{section}: {problems}");
    }
    for section in [
        "[tenant.main]\nsync-interval = \"1m\"",
        "[user.ada]\nlogon-hours = [\"mon-fri 07-19\", \"sat 09-12\"]",
        "[authentication-policy.p]\ntgt-life = \"4h\"\n[user.ada]\nauthentication-policy = \"p\"",
    ] {
        assert_eq!(lab(section), None, "{section}");
    }
}
