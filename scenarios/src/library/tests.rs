use super::*;

#[test]
fn every_built_in_scenario_is_read_with_and_without_its_faults() {
    for entry in scenarios() {
        for faults in [Faults::AsWritten, Faults::None] {
            let scenario = entry
                .scenario(&faults)
                .unwrap_or_else(|problems| panic!("{problems}"));
            assert_eq!(scenario.name, entry.name);
            assert!(
                !scenario.expectations.is_empty(),
                "{} expects nothing",
                entry.name
            );
            assert!(
                !scenario.story.is_empty() && !scenario.why.is_empty(),
                "{} is not told",
                entry.name
            );
        }
    }
}

#[test]
fn every_built_in_fault_is_described_and_used_or_usable() {
    let healthy = find("healthy-first-sign-in").expect("the healthy scenario is there");
    for entry in faults() {
        let fault = entry.fault().unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(fault.name, entry.name);
        let with_fault = healthy.scenario(&Faults::AlsoNamed(vec![fault.name.clone()]));
        with_fault.unwrap_or_else(|problems| panic!("{problems}"));
    }
}

/// Faults are data: a simulation that knew the name of one could cheat.
#[test]
fn no_simulation_knows_the_name_of_a_fault() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders: Vec<_> = ["kerberos", "prt", "kdc-sim", "cloud-sim", "client-sim"]
        .map(|name| root.join(name).join("src"))
        .into();
    folders.push(root.join("scenarios/src/world"));
    folders.push(root.join("scenarios/src/engine"));
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            // Examples in comments are for people.
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                for fault in faults() {
                    assert!(
                        !line.contains(&format!("\"{}\"", fault.name)),
                        "{} in {}",
                        fault.name,
                        path.display()
                    );
                }
            }
            files += 1;
        }
    }
    assert!(files > 20, "the sources were not found");
}

#[test]
fn faults_that_touch_the_same_path_conflict() {
    let healthy = find("healthy-first-sign-in").expect("the healthy scenario is there");
    let both = ["no-kerberos-server", "kerberosdomain-missing-for-user-domain"]
        .map(str::to_owned)
        .to_vec();
    let problems = healthy
        .scenario(&Faults::AlsoNamed(both))
        .expect_err("both patch the Kerberos server");
    assert!(problems.to_string().contains("both change the lab"), "{problems}");
    let apart = ["no-dc-line-of-sight", "prp-not-allowed"]
        .map(str::to_owned)
        .to_vec();
    healthy
        .scenario(&Faults::AlsoNamed(apart))
        .expect("they touch different paths");
}

#[test]
fn names_and_rules_are_explained_whatever_their_case() {
    assert_eq!(explain("ADMIN-DENIED").len(), 1);
    assert_eq!(
        explain("tgs-rodc-denied").first().map(|found| found.kind),
        Some("rule")
    );
    let both: Vec<_> = explain("no-dc-line-of-sight")
        .into_iter()
        .map(|found| found.kind)
        .collect();
    assert_eq!(both, ["scenario", "fault"]);
    assert!(explain("nothing-of-the-kind").is_empty());
}
