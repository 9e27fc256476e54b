//! Each built-in lab, by what is special about it: somebody signs in, does something, and sees what the lab is there for.

use scenarios::engine::{Run, RunOptions};
use scenarios::language::{Faults, Scenario};
use scenarios::library;

/// Lab, who, where, what is done, what is then seen.
const MORNINGS: &[(&str, &str, &str, &str, &str)] = &[
    ("fernhill", "ada", "ada-lt", OPEN_PROJECTS, OPENED),
    (
        "parent-and-children",
        "kim",
        "kim-lt",
        OPEN_PROJECTS,
        TICKET_FOR_FS01,
    ),
    (
        "parent-and-children",
        "sol",
        "sol-lt",
        OPEN_PROJECTS,
        "dsregcmd.OnPremTgt = \"NO\"",
    ),
    (
        "two-forests",
        "olga",
        "olga-lt",
        r"open = '\\oak-fs01.ad.oakmere.example\plans'",
        OPENED,
    ),
    (
        "two-forests",
        "olga",
        "olga-lt",
        "get-ticket = \"cifs/fs01.ad.fernhill.example\"",
        TICKET_FOR_FS01,
    ),
    ("two-tenants", "ada", "ada-lt", OPEN_PROJECTS, OPENED),
    (
        "two-tenants",
        "lia",
        "lia-lt",
        OPEN_PROJECTS,
        "dsregcmd.OnPremTgt = \"NO\"",
    ),
    (
        "bought-company",
        "olga",
        "olga-lt",
        r"open = '\\oak-fs01.ad.oakmere.example\plans'",
        OPENED,
    ),
    (
        "bought-company",
        "ada",
        "ada-lt",
        OPEN_PROJECTS,
        "dsregcmd.OnPremTgt = \"NO\"",
    ),
    ("branch", "bea", "bea-lt", OPEN_PROJECTS, OPENED),
    ("old-dcs", "bea", "bea-lt", OPEN_PROJECTS, OPENED),
    ("hybrid-only", "paul", "paul-pc", OPEN_PROJECTS, OPENED),
    (
        "no-vpn",
        "ravi",
        "ravi-lt",
        OPEN_PROJECTS,
        "dsregcmd.OnPremTgt = \"YES\"\noutcome.open = { not = \"ok\" }",
    ),
    (
        "kdc-proxy",
        "ravi",
        "ravi-lt",
        "get-ticket = \"cifs/fs01.ad.fernhill.example\"",
        TICKET_FOR_FS01,
    ),
    ("cloud-files", "ada", "ada-lt", OPEN_ARCHIVE, OPENED),
    (
        "cloud-files",
        "paul",
        "paul-lt",
        OPEN_ARCHIVE,
        "outcome.open = { not = \"ok\" }",
    ),
    ("delegation", "ada", "ada-lt", OPEN_PROJECTS, OPENED),
];

const OPEN_PROJECTS: &str = r"open = '\\fs01.ad.fernhill.example\projects'";
const OPEN_ARCHIVE: &str = r"open = '\\files.file.core.windows.example\archive'";
const OPENED: &str = "outcome.open = \"ok\"";
const TICKET_FOR_FS01: &str = "klist.holds = [\"cifs/fs01.ad.fernhill.example @ AD.FERNHILL.EXAMPLE\"]";

#[test]
fn every_lab_is_what_it_says() {
    let mut wrong = Vec::new();
    for (lab, user, device, act, seen) in MORNINGS {
        let text = format!(
            "format = \"trustlab.scenario/1\"\nname = \"morning\"\ntitle = \"t\"\nlab = \"{lab}\"\n\
             [[step]]\nsign-in = {{ user = \"{user}\", device = \"{device}\" }}\n[[step]]\n{act}\n[[expect]]\n{seen}\n"
        );
        let scenario = Scenario::parse("morning.toml", &text, &Faults::AsWritten, library::catalogue());
        let scenario = scenario.unwrap_or_else(|problems| panic!("{lab}: {problems}"));
        let report = Run::new(&scenario, RunOptions::default())
            .expect("the lab compiles")
            .finish();
        for miss in report.failures {
            wrong.push(format!("{lab}, {user}, {act}: {miss:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_lab_has_a_morning() {
    for lab in library::labs() {
        assert!(
            MORNINGS.iter().any(|(name, ..)| *name == lab.name),
            "{}",
            lab.name
        );
    }
}
