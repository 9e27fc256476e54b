//! The grammar of lab files as a JSON schema, for editors that complete and check TOML while it is typed.
//!
//! The keys and their kinds come from the reader of lab files itself: it is let loose on a lab that has one of everything,
//! and what it asks for is the grammar. Only the descriptions are written down here, and a test compares both.

mod directory;
mod people;
mod services;
mod whole;

use serde_json::{Map, Value, json};

use super::LabTree;
use crate::language::{Report, Shape, Shapes, Sources};

/// Has one of each kind of table.
const ONE_OF_EVERYTHING: &str = r#"
format = "trustlab.lab/1"
domain.a = { dns-name = "a.example" }
domain.b = { dns-name = "b.example" }
trust.t = { trusting = "a", trusted = "b" }
cloud-app.c = { share.one = {} }
kdc-proxy.k = {}
authentication-policy.p = {}
authentication-policy-silo.s = {}
location.here = { subnet = "192.0.2.0/24" }
network = {}
administration = {}
policy.p = {}
tenant.t = {}
kerberos-server.a = { number = 1 }
dc.dc01 = {}
group.g = {}
user.u = {}
device.d = {}
server.s = { share.one = {} }
app-proxy.p = { server = "s", connector = "s" }
"#;

/// The schema, as JSON Schema 2020-12.
pub fn schema() -> Value {
    let (mut sources, report) = (Sources::default(), Report::recording());
    if let Some(tree) = LabTree::parse("schema", ONE_OF_EVERYTHING, &mut sources, &report) {
        tree.read(&report);
    }
    let shapes = report.into_shapes();
    let mut definitions = Map::new();
    for (kind, keys) in &shapes.0 {
        let properties = keys
            .iter()
            .map(|(key, shape)| ((*key).to_owned(), property(&shapes, kind, key, shape)));
        let required: Vec<&str> = REQUIRED
            .iter()
            .filter(|(of, _)| of == kind)
            .map(|(_, key)| *key)
            .collect();
        definitions.insert(
            kind.clone(),
            json!({
                "type": "object",
                "additionalProperties": false,
                "required": required,
                "properties": properties.collect::<Map<_, _>>(),
            }),
        );
    }
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trustlab lab, format trustlab.lab/1",
        "$defs": Value::Null,
    });
    let root = definitions.remove("lab").unwrap_or_default();
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), root) {
        schema.extend(root);
        schema.insert("$defs".into(), Value::Object(definitions));
    }
    schema
}

fn property(shapes: &Shapes, kind: &str, key: &str, shape: &Shape) -> Value {
    let mut description = describe(kind, key).unwrap_or_default().to_owned();
    if let Some(note) = shape.note() {
        description.push_str(&format!(" ({note})"));
    }
    let mut value = match shape {
        Shape::Any if key == "format" => json!({"const": "trustlab.lab/1"}),
        Shape::Any => json!({"$ref": format!("#/$defs/{key}")}),
        Shape::Section if shapes.0.contains_key(key) => {
            json!({"type": "object", "additionalProperties": {"$ref": format!("#/$defs/{key}")}})
        }
        Shape::Section => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        shape => shape.schema(),
    };
    if let Some(value) = value.as_object_mut() {
        value.insert("description".into(), Value::String(description));
    }
    value
}

/// Keys without a default: kind of table, key.
const REQUIRED: &[(&str, &str)] = &[
    ("lab", "format"),
    ("domain", "dns-name"),
    ("location", "subnet"),
    ("trust", "trusting"),
    ("trust", "trusted"),
    ("kerberos-server", "number"),
];

fn describe(kind: &str, key: &str) -> Option<&'static str> {
    let of = |wanted: &str| {
        DESCRIPTIONS
            .iter()
            .copied()
            .flatten()
            .find(|(described, name, _)| *described == wanted && *name == key)
            .map(|(_, _, text)| *text)
    };
    of(kind).or_else(|| of("*"))
}

/// Kind of table (`*`: any that has the key), key, what it says.
type Described = (&'static str, &'static str, &'static str);

const DESCRIPTIONS: &[&[Described]] = &[
    whole::DESCRIPTIONS,
    directory::DESCRIPTIONS,
    people::DESCRIPTIONS,
    services::DESCRIPTIONS,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(schema: &Value) -> impl Iterator<Item = (&str, &Map<String, Value>)> {
        let defs = schema["$defs"].as_object().expect("definitions");
        let root = [("lab", schema)];
        let all = root
            .into_iter()
            .chain(defs.iter().map(|(name, def)| (name.as_str(), def)));
        all.map(|(name, def)| (name, def["properties"].as_object().expect("an object")))
    }

    #[test]
    fn every_key_that_the_reader_asks_for_is_described() {
        let schema = schema();
        for (kind, keys) in objects(&schema) {
            for key in keys.keys() {
                assert!(
                    describe(kind, key).is_some(),
                    "describe {kind}.{key} in lab/schema"
                );
            }
        }
    }

    #[test]
    fn nothing_is_described_that_the_reader_does_not_ask_for() {
        let schema = schema();
        for (kind, key, _) in DESCRIPTIONS.iter().copied().flatten() {
            let known =
                objects(&schema).any(|(of, keys)| (*kind == "*" || of == *kind) && keys.contains_key(*key));
            assert!(known, "{kind}.{key} is described and never read");
        }
        for (kind, key) in REQUIRED {
            assert!(
                objects(&schema).any(|(of, keys)| of == *kind && keys.contains_key(*key)),
                "{kind}.{key}"
            );
        }
    }

    #[test]
    fn every_reference_has_a_definition() {
        let schema = schema();
        let text = schema.to_string();
        for part in text.split("#/$defs/").skip(1) {
            let name = part.split('"').next().expect("a name");
            assert!(schema["$defs"].get(name).is_some(), "{name}");
        }
    }
}
