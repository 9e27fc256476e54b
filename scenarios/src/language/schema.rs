//! The grammar of scenario files: as a JSON schema for editors, and of steps as a table for people.
//!
//! Keys, kinds and forms come from the readers themselves: each is let loose on a value of every kind, and what it asks for
//! and what it refuses is the grammar. Only what a step does is written down here, and a test compares both.

mod descriptions;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::patch::read_patch;
use super::problem::Report;
use super::read_expect::{keys, read_expectations};
use super::read_step::StepReader;
use super::scenario::{self, Catalogue, Faults};
use super::shape::Shape;
use super::source::Sources;
use super::tree::{Node, parse};
use super::verbs::VERBS;
use crate::fault::read_remedies;
use crate::lab::{Lab, LabTree, Names};
use descriptions::{BRANCHES, KEYS, STEPS};

/// A verb of a step, and what it takes.
#[derive(Clone, Debug)]
pub struct StepForm {
    /// As it is written.
    pub verb: &'static str,
    /// What it does, in a sentence without a full stop.
    pub description: &'static str,
    /// Whether a string can stand for its table, or for all that it takes.
    pub text: bool,
    /// The keys of its table; none where it takes no table.
    pub keys: Vec<StepKey>,
}

/// A key of a step.
#[derive(Clone, Debug)]
pub struct StepKey {
    /// Its name.
    pub name: &'static str,
    /// Whether the step cannot be read without it.
    pub required: bool,
    shape: Shape,
}

/// Every verb that the reader of steps takes, in its order.
pub fn steps(catalogue: &Catalogue) -> Vec<StepForm> {
    let Some((lab, names)) = built_in_lab(catalogue) else {
        return Vec::new();
    };
    verbs().map(|verb| form(verb, &lab, &names)).collect()
}

/// The table of steps in docs/scenarios.md.
pub fn steps_markdown(catalogue: &Catalogue) -> String {
    let mut text = String::from("| step | takes | what it does |\n|---|---|---|\n");
    for step in steps(catalogue) {
        text.push_str(&format!(
            "| `{}` | {} | {} |\n",
            step.verb,
            taken(&step),
            step.description
        ));
    }
    text
}

/// `a string, or user, device (with needs)`: keys that are needed come first, in bold.
fn taken(step: &StepForm) -> String {
    let mut keys: Vec<&StepKey> = step.keys.iter().collect();
    keys.sort_by_key(|key| !key.required);
    let keys: Vec<String> = keys
        .into_iter()
        .map(|key| match key.required {
            true => format!("**`{}`**", key.name),
            false => format!("`{}`", key.name),
        })
        .collect();
    match (step.text, keys.is_empty()) {
        (true, true) => "a string".to_owned(),
        (true, false) => format!("a string, or {}", keys.join(", ")),
        (false, true) => "`{}`".to_owned(),
        (false, false) => keys.join(", "),
    }
}

/// The schema, as JSON Schema 2020-12.
pub fn schema(catalogue: &Catalogue) -> Json {
    let mut definitions = Map::new();
    definitions.insert("step".into(), step(catalogue));
    definitions.insert("patch".into(), table(&of_patch(), |_, shape| shape.schema()));
    if let Some((lab, names)) = built_in_lab(catalogue) {
        let expected = keys_of("{}", |nodes, report| {
            read_expectations(nodes, &[], &names, &[], report);
        });
        definitions.insert("expectation".into(), table(&expected, expectation));
        let remedy = keys_of("{}", |nodes, report| {
            read_remedies(nodes, &lab, &names, report);
        });
        definitions.insert("remedy".into(), table(&remedy, in_scenario));
    }
    let faults: Vec<&str> = catalogue.faults.iter().map(|(name, _)| name.as_str()).collect();
    definitions.insert(
        "fault".into(),
        json!({
            "type": "object", "required": ["name"], "properties": {"name": {"enum": faults}},
            "additionalProperties": {"type": "string", "description": "a parameter of the fault"},
        }),
    );
    let mut schema = table(&of_scenario(catalogue), |key, shape| match key {
        "format" => json!({"const": "trustlab.scenario/1"}),
        "lab" => json!({"enum": catalogue.labs.iter().map(|(name, _)| name).collect::<Vec<_>>()}),
        _ => in_scenario(key, shape),
    });
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(
            "$schema".into(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        schema.insert(
            "title".into(),
            json!("trustlab scenario, format trustlab.scenario/1"),
        );
        schema.insert("required".into(), json!(["format", "name", "title", "step"]));
        schema.insert("$defs".into(), Json::Object(definitions));
    }
    schema
}

/// A table of a scenario: arrays of tables are those that have a definition.
fn in_scenario(key: &str, shape: &Shape) -> Json {
    let of = match key {
        "step" | "fix" | "retry" => "step",
        "patch" | "fault" => key,
        "expect" => "expectation",
        "does-not-help" => "remedy",
        _ => return shape.schema(),
    };
    json!({"type": "array", "items": {"$ref": format!("#/$defs/{of}")}})
}

/// Rows of a view below its key, and where they are looked for.
fn expectation(key: &str, shape: &Shape) -> Json {
    if keys().any(|(artefact, _)| artefact == key) {
        return json!({"type": "object"});
    }
    match shape {
        Shape::Any => json!({"type": "string"}),
        shape => shape.schema(),
    }
}

fn table(keys: &IndexMap<&'static str, Shape>, of: impl Fn(&str, &Shape) -> Json) -> Json {
    let property = |(key, shape): (&&'static str, &Shape)| {
        let mut value = of(key, shape);
        let description = [
            KEYS.iter()
                .find(|(name, _)| name == key)
                .map(|(_, text)| (*text).to_owned()),
            shape.note(),
        ]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ");
        if let Some(value) = value.as_object_mut().filter(|_| !description.is_empty()) {
            value.insert("description".into(), Json::String(description));
        }
        ((*key).to_owned(), value)
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": keys.iter().map(property).collect::<Map<_, _>>(),
    })
}

/// A step has one verb, and a name where something refers to it.
fn step(catalogue: &Catalogue) -> Json {
    let mut properties = Map::new();
    properties.insert(
        "name".into(),
        json!({"type": "string", "description": "by which others refer to it"}),
    );
    for step in steps(catalogue) {
        let keys: IndexMap<&'static str, Shape> = step
            .keys
            .iter()
            .map(|key| (key.name, key.shape.clone()))
            .collect();
        let mut own = table(&keys, |_, shape| shape.schema());
        let required: Vec<&str> = step
            .keys
            .iter()
            .filter(|key| key.required)
            .map(|key| key.name)
            .collect();
        if let Some(own) = own.as_object_mut() {
            own.insert("required".into(), json!(required));
        }
        let mut forms = Vec::new();
        if step.text {
            forms.push(json!({"type": "string"}));
        }
        if !step.keys.is_empty() || !step.text {
            forms.push(own);
        }
        properties.insert(
            step.verb.into(),
            json!({"description": step.description, "oneOf": forms}),
        );
    }
    json!({
        "type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 2,
        "properties": properties,
    })
}

fn built_in_lab(catalogue: &Catalogue) -> Option<(Lab, Names)> {
    let (_, file) = catalogue.labs.iter().find(|(name, _)| name == "fernhill")?;
    let (mut sources, report) = (Sources::default(), Report::default());
    let tree = LabTree::parse(&file.name, &file.text, &mut sources, &report)?;
    Some((tree.read(&report)?, tree.names()))
}

/// What the reader of a verb asks for, and whether it takes a string.
fn form(verb: &'static str, lab: &Lab, names: &Names) -> StepForm {
    let branches = BRANCHES
        .iter()
        .filter(|(of, _)| *of == verb)
        .map(|(_, value)| *value);
    let tables: Vec<&str> = core::iter::once("{}").chain(branches).collect();
    let mut keys: IndexMap<&'static str, Shape> = IndexMap::new();
    for table in &tables {
        keys.extend(keys_of(table, |nodes, report| {
            for node in nodes {
                read_verb(verb, &mut StepReader::new(lab, names, report), node);
            }
        }));
    }
    let missing: Vec<Vec<String>> = tables
        .iter()
        .map(|table| problems_of(table, verb, lab, names))
        .collect();
    let keys = keys.into_iter().map(|(name, shape)| {
        let is_missing = |message: &String| message.ends_with(&format!(" has no `{name}`"));
        StepKey {
            name,
            required: missing.iter().all(|messages| messages.iter().any(is_missing)),
            shape,
        }
    });
    let takes = |text: &&str| {
        let problems = problems_of(text, verb, lab, names);
        !problems
            .iter()
            .any(|message| message.starts_with("a string does not fit here"))
    };
    let description = STEPS.iter().find(|(of, _)| *of == verb);
    StepForm {
        verb,
        description: description.map_or("", |(_, text)| text),
        text: TEXTS.iter().any(takes),
        keys: keys.collect(),
    }
}

/// Strings of which a reader of strings takes one.
const TEXTS: [&str; 2] = ["\"\"", "\"2026-11-23T18:00:00Z\""];

/// What is wrong with a value of a verb.
fn problems_of(value: &str, verb: &str, lab: &Lab, names: &Names) -> Vec<String> {
    let (sources, report, node) = probe(value, Report::default());
    for node in items(&node) {
        read_verb(verb, &mut StepReader::new(lab, names, &report), node);
    }
    let problems = report.finish(&sources, None::<()>).err();
    let problems = problems.into_iter().flat_map(|problems| problems.0);
    problems.map(|problem| problem.message).collect()
}

/// The keys that a reader asks a value for.
fn keys_of(value: &str, read: impl FnOnce(&[Node], &Report)) -> IndexMap<&'static str, Shape> {
    let (_, report, node) = probe(value, Report::recording());
    read(items(&node), &report);
    report.into_shapes().0.into_values().flatten().collect()
}

/// Reads the value of a verb; what comes of it is in the report.
fn read_verb(verb: &str, reader: &mut StepReader<'_>, value: &Node) {
    if let Some(known) = VERBS.iter().find(|known| known.name == verb) {
        (known.read)(reader, value);
    }
}

fn verbs() -> impl Iterator<Item = &'static str> {
    VERBS.iter().map(|verb| verb.name)
}

/// A document with the value in it.
fn probe(value: &str, report: Report) -> (Sources, Report, Node) {
    let text = format!("probe = [{value}]");
    let mut sources = Sources::default();
    let source = sources.add("schema", &text);
    let node = parse(source, &text, &report);
    (sources, report, node)
}

fn items(root: &Node) -> &[Node] {
    let probe = root.as_table().and_then(|root| root.value("probe"));
    match probe.map(|node| &node.value) {
        Some(super::tree::Value::Array(items)) => items,
        _ => &[],
    }
}

fn of_patch() -> IndexMap<&'static str, Shape> {
    let mut keys = keys_of("{ path = \"user\" }", |nodes, report| {
        for node in nodes {
            read_patch(node, report);
        }
    });
    if let Some(path) = keys.get_mut("path") {
        *path = Shape::Text { expected: None };
    }
    keys
}

fn of_scenario(catalogue: &Catalogue) -> IndexMap<&'static str, Shape> {
    let text = "format = \"trustlab.scenario/1\"\nname = \"x\"\ntitle = \"x\"\n";
    let (mut sources, report) = (Sources::default(), Report::recording());
    let source = sources.add("schema", text);
    let root = parse(source, text, &report);
    scenario::read(&root, &Faults::AsWritten, catalogue, &mut sources, &report);
    report.into_shapes().0.remove("scenario").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library;

    #[test]
    fn every_step_and_every_key_of_a_scenario_is_described() {
        for step in steps(library::catalogue()) {
            assert!(
                !step.description.is_empty(),
                "describe {} in language/schema",
                step.verb
            );
            assert!(step.text || !step.keys.is_empty(), "{} takes nothing", step.verb);
        }
        for key in of_scenario(library::catalogue()).keys() {
            assert!(
                KEYS.iter().any(|(name, _)| name == key),
                "describe {key} in language/schema"
            );
        }
        for (verb, _) in STEPS {
            assert!(
                verbs().any(|known| known == *verb),
                "{verb} is described and never read"
            );
        }
    }

    /// Each table of the library's files and each value of a step fits the schema.
    #[test]
    fn whatever_the_library_says_is_in_the_schema() {
        let steps = steps(library::catalogue());
        let mut seen = 0;
        for entry in library::scenarios().iter().map(|entry| entry.text) {
            let document: toml::Table = entry.parse().expect("TOML");
            let schema = schema(library::catalogue());
            let properties = schema["properties"].as_object().expect("an object");
            for (key, value) in &document {
                assert!(properties.contains_key(key), "{key}");
                let taken = matches!(key.as_str(), "step" | "fix" | "retry");
                let tables = value.as_array().filter(|_| taken).into_iter().flatten();
                for (verb, value) in tables.filter_map(toml::Value::as_table).flatten() {
                    if verb == "name" {
                        continue;
                    }
                    let form = steps.iter().find(|step| step.verb == verb).expect("a verb");
                    seen += 1;
                    let Some(table) = value.as_table() else {
                        assert!(form.text, "{verb}");
                        continue;
                    };
                    let known = |key: &String| form.keys.iter().any(|known| known.name == key);
                    assert!(table.keys().all(known), "{verb}: {table:?}");
                    let given = |key: &&StepKey| table.contains_key(key.name);
                    let required = form.keys.iter().filter(|key| key.required);
                    assert!(
                        required.clone().count() == required.filter(given).count(),
                        "{verb}: {table:?}"
                    );
                }
            }
        }
        assert!(seen > 200, "{seen}");
    }

    #[test]
    fn forms_are_what_the_reader_takes() {
        let steps = steps(library::catalogue());
        let form = |verb: &str| steps.iter().find(|step| step.verb == verb).expect("a verb");
        let keys = |verb: &str| form(verb).keys.iter().map(|key| key.name).collect::<Vec<_>>();
        assert_eq!(keys("sign-in"), ["user", "device", "with", "remote"]);
        assert!(form("sign-in").text && form("wait").text && keys("wait").is_empty());
        assert!(!form("set-clock").text && form("wait-until").text);
        let required = |verb: &str| form(verb).keys.iter().filter(|key| key.required).count();
        assert_eq!(
            (
                required("set-clock"),
                required("lock"),
                required("update-windows")
            ),
            (2, 0, 0)
        );
        assert!(keys("unlock").contains(&"with"));
    }

    #[test]
    fn every_reference_has_a_definition() {
        let schema = schema(library::catalogue());
        let text = schema.to_string();
        for part in text.split("#/$defs/").skip(1) {
            let name = part.split('"').next().expect("a name");
            assert!(schema["$defs"].get(name).is_some(), "{name}");
        }
    }
}
