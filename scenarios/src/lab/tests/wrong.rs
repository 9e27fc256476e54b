//! Lab files with one thing wrong each: refused at its place or that of the entry, and nothing is made of them.

use crate::lab::Lab;

const GOOD: &str = r#"format = "trustlab.lab/1"
[domain.root]
dns-name = "ad.fernhill.example"
[domain.north]
dns-name = "north.ad.fernhill.example"
parent = "root"
[domain.oak]
dns-name = "ad.oakmere.example"
[trust.merger]
trusting = "root"
trusted = "oak"
[dc.dc01]
domain = "root"
address = "192.0.2.10"
[dc.dc02]
domain = "root"
address = "192.0.2.11"
[dc.br-rodc]
domain = "root"
address = "192.0.2.12"
writable = false
key-number = 77
[dc.north-dc01]
domain = "north"
address = "192.0.2.13"
[dc.oak-dc01]
domain = "oak"
address = "192.0.2.14"
[tenant.fernhill]
domains = ["fernhill.example"]
[kerberos-server.root]
number = 21463
[group.Writers]
domain = "root"
rid = 1611
[user.ada]
domain = "root"
rid = 1201
groups = ["Writers"]
[user.kim]
domain = "north"
rid = 1201
[device.ada-lt]
owner = "ada"
[server.fs01]
domain = "root"
address = "192.0.2.20"
share.projects = { write = ["Writers"] }
"#;

/// What stands there instead of what, where that is refused, and in which words.
type Row = (&'static str, &'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    (
        "[user.ada]\ndomain = \"root\"",
        "[user.ada]\ndomain = \"rooot\"",
        "domain = \"rooot\"",
        "there is no domain `rooot`",
    ),
    (
        "address = \"192.0.2.11\"",
        "address = \"192.0.2.10\" # again",
        "[dc.dc02]",
        "the address 192.0.2.10 is there twice",
    ),
    (
        "address = \"192.0.2.20\"",
        "address = \"192.0.2.11\" # a DC's",
        "[server.fs01]",
        "the address 192.0.2.11 is there twice",
    ),
    (
        "trusted = \"oak\"",
        "trusted = \"nowhere\"",
        "trusted = \"nowhere\"",
        "there is no domain `nowhere`",
    ),
    (
        "trusted = \"oak\"",
        "trusted = \"root\" # itself",
        "[trust.merger]",
        "itself",
    ),
    (
        "key-number = 77",
        "key-number = 21463",
        "[dc.br-rodc]",
        "the key number 21463 is there twice",
    ),
    (
        "[kerberos-server.root]",
        "[kerberos-server.rooot]",
        "[kerberos-server.rooot]",
        "there is no `rooot`; did you mean `root`?",
    ),
    (
        "parent = \"root\"",
        "parent = \"oak\"",
        "[domain.north]",
        "is no child of ad.oakmere.example",
    ),
    (
        "rid = 1611",
        "rid = 1201 # ada's",
        "[group.Writers]",
        "the RID 1201 in root is there twice",
    ),
    (
        "groups = [\"Writers\"]",
        "groups = [\"Writer\"]",
        "groups = [\"Writer\"]",
        "there is no group `Writer`",
    ),
    (
        "owner = \"ada\"",
        "owner = \"adda\"",
        "owner = \"adda\"",
        "there is no user `adda`",
    ),
    (
        "writable = false",
        "writeable = false",
        "writeable = false",
        "`writeable`",
    ),
    (
        "number = 21463",
        "number = 70000",
        "number = 70000",
        "`number` is out of range",
    ),
];

#[test]
fn the_lab_is_right_without_them() {
    Lab::parse("good.toml", GOOD).unwrap_or_else(|problems| panic!("{problems}"));
}

#[test]
fn each_is_refused_at_its_place() {
    let mut wrong = Vec::new();
    for (from, to, place, words) in ROWS {
        assert_eq!(GOOD.matches(from).count(), 1, "{from}");
        let text = GOOD.replace(from, to);
        let line = 1 + text
            .lines()
            .position(|line| line.contains(place))
            .expect("a place");
        let problems = match Lab::parse("wrong.toml", &text) {
            Ok(_) => "none".to_owned(),
            Err(problems) => problems.to_string(),
        };
        let at = problems.lines().find(|problem| problem.contains(words));
        let there = at.is_some_and(|problem| problem.contains(&format!("wrong.toml:{line}:")));
        if !there {
            wrong.push(format!(
                "{to}: expected line {line} and {words:?} in:\n{problems}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
