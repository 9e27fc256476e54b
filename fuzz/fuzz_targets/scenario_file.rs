//! Any text as a lab, a fault and a scenario: what is wrong with it is told with a place in it, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scenarios::lab::Lab;
use scenarios::language::{Catalogue, Faults, Problem, Problems, Scenario, SourceFile};
use scenarios::library;

const NAME: &str = "fuzzed.toml";
/// Uses the text as a lab.
const IN_LAB: &str = r#"
format = "trustlab.scenario/1"
name = "in-lab"
title = "t"
lab = "fuzzed"
[[step]]
wait = "1s"
"#;
/// Uses the text as a fault.
const WITH_FAULT: &str = r#"
format = "trustlab.scenario/1"
name = "with-fault"
title = "t"
[[step]]
sign-in = { user = "ada", device = "ada-lt" }
[[fault]]
name = "fuzzed"
"#;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    placed(text, Lab::parse(NAME, text));
    let catalogue = library::catalogue();
    for faults in [Faults::AsWritten, Faults::None] {
        placed(text, Scenario::parse(NAME, text, &faults, catalogue));
    }
    let fuzzed = || {
        vec![(
            "fuzzed".to_owned(),
            SourceFile {
                name: NAME.into(),
                text: text.into(),
            },
        )]
    };
    let with_lab = Catalogue {
        labs: fuzzed(),
        ..catalogue.clone()
    };
    placed(
        text,
        Scenario::parse("in-lab.toml", IN_LAB, &Faults::AsWritten, &with_lab),
    );
    let with_fault = Catalogue {
        faults: fuzzed(),
        ..catalogue.clone()
    };
    placed(
        text,
        Scenario::parse("with-fault.toml", WITH_FAULT, &Faults::AsWritten, &with_fault),
    );
});

fn placed<T>(text: &str, read: Result<T, Problems>) {
    let Err(problems) = read else { return };
    assert!(!problems.0.is_empty(), "a refusal says why");
    for problem in problems.iter() {
        let Problem {
            file,
            line,
            column,
            span,
            ..
        } = problem;
        assert!(*line >= 1 && *column >= 1, "{problem}");
        assert!(problem.text.get(span.clone()).is_some(), "{span:?} of {problem}");
        if &**file == NAME {
            assert_eq!(&*problem.text, text);
            assert!(*line <= text.split('\n').count(), "{problem}");
        }
        assert!(!problem.message.is_empty(), "{problem:?}");
    }
}
