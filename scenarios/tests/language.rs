//! The language from outside: what mistakes look like, that old files stay readable, that no file makes it panic.

use std::collections::BTreeMap;

use proptest::prelude::*;
use scenarios::lab::{CompiledLab, Lab};
use scenarios::language::{Catalogue, Faults, Problems, SavedStory, Scenario, SourceFile, StepKind};
use scenarios::library;

const LAB_SAMPLE: &str = include_str!("samples/lab-1.toml");
const SCENARIO_SAMPLE: &str = include_str!("samples/scenario-1.toml");
const FAULT_SAMPLE: &str = include_str!("samples/fault-1.toml");

const HEAD: &str = "format = \"trustlab.scenario/1\"\nname = \"case\"\ntitle = \"a case\"\n";

fn read(text: &str) -> Result<Scenario, Problems> {
    Scenario::parse("case.toml", text, &Faults::AsWritten, library::catalogue())
}

/// What is said of a scenario that consists of a valid head and `body`, which begins in line 4.
fn problems(body: &str) -> String {
    read(&format!("{HEAD}{body}"))
        .expect_err("the file has a mistake")
        .to_string()
}

#[test]
fn every_story_of_the_library_is_read_as_it_was_written() {
    for entry in library::scenarios() {
        let story = entry.scenario(&Faults::AsWritten).expect("it can be read");
        let steps = story.steps.iter().chain(&story.fix).chain(&story.retry);
        let kinds: Vec<StepKind> = steps.map(|step| step.kind.clone()).collect();
        let saved = SavedStory {
            name: &story.name,
            title: &story.title,
            remarks: &[],
            base: &story.base,
            lab: &story.lab,
            steps: &[],
            typed: &kinds,
        }
        .file(library::catalogue());
        assert_eq!(saved.unsaid, Vec::<String>::new(), "{}", saved.text);
        let again = read(&saved.text).unwrap_or_else(|problems| panic!("{problems}\n{}", saved.text));
        let read: Vec<StepKind> = again.steps.into_iter().map(|step| step.kind).collect();
        assert_eq!(read, kinds, "{}", saved.text);
        assert_eq!(again.lab, story.lab, "{}", entry.name);
    }
}

#[test]
fn a_mistake_is_shown_at_its_line_and_column_with_what_was_meant() {
    let step = "[[step]]\nsign-in = \"ada\"\n";
    let cases = [
        (
            "[[step]]\nsing-in = \"ada\"\n",
            "case.toml:5:1: there is no step `sing-in`; did you mean `sign-in`?",
        ),
        (
            "[[step]]\nsign-in = \"adda\"\n",
            "case.toml:5:11: there is no user `adda`; did you mean `ada`?",
        ),
        (
            "[[step]]\nsign-in = { user = \"ada\", divice = \"ada-lt\" }\n",
            "case.toml:5:27: sign-in has no key `divice`; did you mean `device`?",
        ),
        (
            "[[step]]\nwait = \"4 hours\"\n",
            "case.toml:5:8: `4 hours` is not a length of time\n    expected a length of time such as \"4h\", \"10m 30s\" or \"250ms\"",
        ),
        (
            "[[step]]\nsign-in = \"ada\"\nwait = \"1h\"\n",
            "case.toml:4:1: a step does one thing, and this one has 2 verbs",
        ),
        (
            "[[step]]\nopen = '\\\\fs01\\projcts'\n",
            "case.toml:5:8: there is no share on that server: `projcts`; did you mean `projects`?",
        ),
        (
            "[[step]]\nsign-in = \"ada\"\n[[step]]\nopen = \"https://app01:8443/timesheets\"\n",
            "case.toml:7:8: a server of the lab has its pages at port 80, in clear\n    expected \"http://app01/timesheets\"",
        ),
        (
            "[[step]]\nsign-in = \"ada\"\n[[step]]\nopen = { path = \"http://app01/timesheets\", write = true }\n",
            "case.toml:7:8: `write` is for shares; a page is asked for with GET",
        ),
        (
            "storry = \"x\"\n[[step]]\nsign-in = \"ada\"\n",
            "case.toml:4:1: the scenario has no key `storry`; did you mean `story`?",
        ),
        (
            "[[patch]]\npath = \"user.adda.groups\"\nadd = \"Domain Admins\"\n[[step]]\nsign-in = \"ada\"\n",
            "case.toml:5:8: the lab has no `user.adda.groups`; did you mean `ada`?",
        ),
        (
            "[[patch]]\npath = \"user.ada.enabeld\"\nset = false\n[[step]]\nsign-in = \"ada\"\n",
            "case.toml:5:8: user ada has no key `enabeld`; did you mean `enabled`?",
        ),
        (
            "[[fault]]\nname = \"clock-skw\"\n",
            "case.toml:5:8: there is no fault `clock-skw`; did you mean `clock-skew`?",
        ),
        (
            "[[fault]]\nname = \"clock-skew\"\nhots = \"dc01\"\n",
            "case.toml:6:1: the fault has no parameter `hots`; did you mean `host`?",
        ),
        (
            "lab = \"fernhil\"\n",
            "case.toml:4:7: there is no lab `fernhil`; did you mean `fernhill`?",
        ),
        ("[[step]\n", "case.toml:4:"),
    ];
    for (body, expected) in cases {
        let said = problems(body);
        assert!(said.starts_with(expected), "{said}\n--- is not ---\n{expected}");
    }
    let said = problems(&format!(
        "{step}[[expect]]\nafter = \"sing-in\"\nrules.refused = [\"TGS-RODC-DENYED\"]\n"
    ));
    assert!(
        said.starts_with("case.toml:7:9: there is no step named `sing-in`"),
        "{said}"
    );
    assert!(problems("").contains("the scenario has no step"));
}

#[test]
fn values_that_mean_nothing_are_refused() {
    let device = |key: &str, value: &str| {
        format!("[[patch]]\npath = \"device.ada-lt.{key}\"\nset = {value}\n[[step]]\nsign-in = \"ada\"\n")
    };
    let policy = |keys: &str| {
        format!(
            "[[patch]]\npath = \"policy.p\"\nadd = {{ enable = [\"Use Cloud Trust For On Prem Auth\"], {keys} }}\n[[step]]\nsign-in = \"ada\"\n"
        )
    };
    let step = |step: &str| format!("[[step]]\n{step}\n");
    let refused = [
        (device("os", "\"Windows 12\""), "`Windows 12` is not known here"),
        (
            device("check-in", "\"59s\""),
            "`check-in` is shorter than a minute",
        ),
        (
            device("group-policy-refresh", "\"0s\""),
            "`group-policy-refresh` is shorter than a minute",
        ),
        (
            policy("filter-os = [\"Windows 9\"]"),
            "no release of Windows begins with `Windows 9`",
        ),
        (
            policy("kind = \"group-policy\", filter-os = [\"Windows 11\"]"),
            "neither a group policy nor the tenant-wide policy knows filters",
        ),
        (
            policy("configuration = \"user\""),
            "only a group policy has a `configuration`",
        ),
        (step("verify-domain = { domain = \"\" }"), "`` does not fit here"),
        (
            step("verify-domain = { domain = \"fernhill\" }"),
            "`fernhill` does not fit here",
        ),
        (
            step("rename-account = { user = \"ada\", sam = \"\" }"),
            "`` does not fit here",
        ),
        (
            step("rename-account = { user = \"ada\", sam = \"ada.byron.of.lovelace\" }"),
            "`ada.byron.of.lovelace` does not fit here",
        ),
    ];
    for (body, expected) in refused {
        let said = problems(&body);
        assert!(said.contains(expected), "{said}\n--- is not ---\n{expected}");
    }
    let taken = [
        device("os", "\"Windows 11 24H2\""),
        device("check-in", "\"1m\""),
        policy("filter-os = [\"Windows 1\", \"Windows 11 23H2\"]"),
        step("verify-domain = { domain = \"fernhill-labs.example\" }"),
        step("rename-account = { user = \"ada\", sam = \"ada.byron.of.lovelac\" }"),
    ];
    for body in taken {
        assert!(read(&format!("{HEAD}{body}")).is_ok(), "{body}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_shown_at_once() {
    let said =
        problems("[[step]]\nsing-in = \"ada\"\n[[step]]\nwait = \"x\"\n[[step]]\nsign-in = \"nobody\"\n");
    let found = said.lines().filter(|line| line.starts_with("case.toml:")).count();
    assert_eq!(found, 3, "{said}");
}

#[test]
fn an_unknown_rule_is_refused_with_the_nearest_one() {
    let said = problems("[[step]]\nsign-in = \"ada\"\n[[expect]]\nrules.refused = [\"TGS-RODC-DENYED\"]\n");
    assert!(
        said.starts_with(
            "case.toml:7:18: there is no rule `TGS-RODC-DENYED`; did you mean `TGS-RODC-DENIED`?"
        ),
        "{said}"
    );
}

#[test]
fn a_newer_format_is_refused_with_the_version_that_reads_it() {
    let said = read("format = \"trustlab.scenario/2\"\nnmae = 1\n")
        .expect_err("version 2 is not read")
        .to_string();
    assert!(
        said.starts_with("case.toml:1:10: format version 2 of a scenario is not read"),
        "{said}"
    );
    assert!(said.contains("it needs trustlab 2.x"), "{said}");
    let said = read("format = \"trustlab.lab/1\"\n")
        .expect_err("a lab is no scenario")
        .to_string();
    assert!(
        said.contains("this is a trustlab.lab/1 file, where a scenario was wanted"),
        "{said}"
    );
    assert!(
        read("")
            .expect_err("an empty file is none")
            .to_string()
            .contains("does not name its format")
    );
}

#[test]
fn a_lab_tells_what_collides_and_what_is_missing() {
    let lab = |text: &str| {
        Lab::parse("lab.toml", text)
            .expect_err("the lab has a mistake")
            .to_string()
    };
    let head = "format = \"trustlab.lab/1\"\n";
    let said = lab(&format!("{head}[domain.corp]\nnetbios = \"CORP\"\n"));
    assert!(said.contains("domain corp has no `dns-name`"), "{said}");
    let said = lab(&format!("{head}[user.ada]\nrid = 1200\n[user.bob]\nrid = 1200\n"));
    assert!(
        said.contains("lab.toml:4:7: the RID 1200 in corp is there twice"),
        "{said}"
    );
    let said = lab(&format!("{head}[kerberos-server.crop]\nnumber = 70000\n"));
    assert!(said.contains("`number` is out of range"), "{said}");
    let said = lab(&format!("{head}[user.ada]\ngroups = [\"Domian Admins\"]\n"));
    assert!(
        said.contains("lab.toml:3:11: there is no group `Domian Admins`; did you mean `Domain Admins`?"),
        "{said}"
    );
}

/// Every kind of row and value that nothing ever shows, each refused where it stands, with the nearest that exists.
#[test]
fn an_expectation_of_what_cannot_be_is_refused() {
    let step = "[[step]]\nsign-in = \"ada\"\n[[expect]]\n";
    let wrong = [
        "dsregcmd.Nonsense = { absent = true }",
        "dsregcmd.OnPremTGt = \"YES\"",
        "dsregcmd.OnPremTgt = \"yes\"",
        "dsregcmd.OnPremTgt = { not = \"NEIN\" }",
        "dsregcmd.PreReqResult = \"WontProvision\"",
        "dsregcmd-system.AzureADPrt = \"NO\"",
        "cloud-debug.\"Cloud Primary (Hybrid logon) TGT availible\" = 1",
        "cloud-debug.\"Cloud Primary (Hybrid logon) TGT available\" = 2",
        "klist.ticket = 2",
        "klist.tickets = \"two\"",
        "klist-tgt.Flags = \"0x40810000\"",
        "nltest.KEYLST = \"YES\"",
        "nltest.Status = \"OK\"",
        "whoami.\"groups FERNHILL\\\\Domain Users\" = { present = true }",
        "registry.'HKLM\\SOFTWARE\\Policies\\Microsoft\\PassportForWork\\Enabled' = \"0x1\"",
        "events.\"4770\" = 1",
        "events.\"4769 Staus\" = \"0x14\"",
        "graph.onPremisesSyncEnabled = true",
        "intune.\"Hello for all\" = \"Success\"",
        "kerberos-server.CloudKeyVersions = 1203",
        "kdc.error = \"KDC_ERR_TGT_REVOKE\"",
        "kdc.error = 20",
        "kdc.errors = { absent = true }",
        "outcome.foo = \"ok\"",
        "outcome.signin = \"ok\"",
        "outcome.open = { one-of = [[\"ok\"]] }",
        "rules.refused = [\"TGS-RODC-DENNIED\"]",
    ];
    let said: Vec<String> = wrong
        .iter()
        .map(|line| format!("{line}\n{}", problems(&format!("{step}{line}\n"))))
        .collect();
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn samples_of_every_old_format_stay_readable() {
    let lab = Lab::parse("lab-1.toml", LAB_SAMPLE).unwrap_or_else(|problems| panic!("{problems}"));
    CompiledLab::compile(lab).expect("the sample compiles");
    let scenario = read(SCENARIO_SAMPLE).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(scenario.steps.len(), 26);
    let fault = SourceFile {
        name: "fault-1.toml".into(),
        text: FAULT_SAMPLE.into(),
    };
    let mut catalogue: Catalogue = library::catalogue().clone();
    catalogue.faults.push(("sample".into(), fault));
    let text = "format = \"trustlab.scenario/1\"\nname = \"x\"\ntitle = \"x\"\n[[fault]]\nname = \"sample\"\n[[step]]\nsign-in = \"ada\"\n";
    let scenario = Scenario::parse("x.toml", text, &Faults::AsWritten, &catalogue);
    let scenario = scenario.unwrap_or_else(|problems| panic!("{problems}"));
    let used = &scenario.faults[0];
    assert_eq!(
        (
            used.rules.len(),
            used.actions.len(),
            used.fix.len(),
            used.does_not_help.len()
        ),
        (1, 1, 1, 1)
    );
    assert_eq!(scenario.lab.dcs["dc01"].updates, "2021-10");
}

/// Values that a key of a lab might be given, right and wrong.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("true".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f32>()
            .prop_filter("TOML", |number| number.is_normal())
            .prop_map(|number| format!("{number:?}")),
        "[a-zA-Z0-9.:/ é-]{0,12}".prop_map(|text| format!("'{text}'")),
        prop::sample::select(vec![
            "'ada'",
            "'corp'",
            "'dc01'",
            "'main'",
            "'Domain Admins'",
            "'10h'",
            "'192.0.2.0/24'",
            "['ada']"
        ])
        .prop_map(str::to_owned),
    ]
}

/// A document of the right shape: sections, names and keys of the format, values of any kind.
fn document() -> impl Strategy<Value = String> {
    let keys: Vec<&str> = LAB_SAMPLE
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .filter(|word| word.len() > 2 && word.starts_with(|c: char| c.is_ascii_lowercase()))
        .collect();
    let sections = [
        "domain",
        "dc",
        "group",
        "user",
        "server",
        "tenant",
        "kerberos-server",
        "device",
        "location",
    ];
    let entry = (
        prop::sample::select(sections.to_vec()),
        prop::sample::select(vec![
            "corp", "dc01", "ada", "main", "office", "home", "x-1", "'a b'",
        ]),
        prop::collection::btree_map(prop::sample::select(keys), value(), 0..4),
    );
    prop::collection::vec(entry, 0..8).prop_map(|entries| {
        // A section that comes twice would not be TOML.
        let entries: BTreeMap<_, _> = entries
            .into_iter()
            .map(|(section, name, keys)| ((section, name), keys))
            .collect();
        let mut text = "format = \"trustlab.lab/1\"\n".to_owned();
        for ((section, name), keys) in entries {
            let body: Vec<String> = keys
                .iter()
                .map(|(key, value)| format!("{key} = {value}"))
                .collect();
            text.push_str(&format!("{section}.{name} = {{ {} }}\n", body.join(", ")));
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_lab_of_the_right_shape_never_panics(text in document()) {
        if let Ok(lab) = Lab::parse("any.toml", &text) {
            // A refusal is fine; it says which part.
            let _ = CompiledLab::compile(lab);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = Lab::parse("any.toml", &text);
        let _ = read(&text);
    }

    #[test]
    fn a_damaged_scenario_is_read_or_refused(at in 0..SCENARIO_SAMPLE.len(), with in "\\PC{0,3}", cut in 0..40_usize) {
        let end = (at + cut).min(SCENARIO_SAMPLE.len());
        if SCENARIO_SAMPLE.is_char_boundary(at) && SCENARIO_SAMPLE.is_char_boundary(end) {
            let _ = read(&format!("{}{with}{}", &SCENARIO_SAMPLE[..at], &SCENARIO_SAMPLE[end..]));
        }
    }
}
