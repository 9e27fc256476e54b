//! A fault's file, and a fault as a scenario uses it.

use std::collections::BTreeMap;

use super::parameters::{bind, substitute};
use crate::lab::{Lab, Names};
use crate::language::{
    Finding, Node, Operation, Patch, Path, Problems, Reader, Report, Sources, Span, Step, StepReader, Value,
    check_format, parse, read_patch, read_rule,
};
use crate::world::Rule;

/// What is known of a fault without a lab: its name and its story.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// By which scenarios use it.
    pub name: String,
    /// One line.
    pub title: String,
    /// Why it breaks what it breaks, in a paragraph.
    pub why: String,
    /// Where the behaviour is known from.
    pub reference: String,
    /// Names of its parameters and their defaults.
    pub parameters: BTreeMap<String, String>,
}

/// A fault in a scenario: its parts, with parameters filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultUse {
    /// What it is.
    pub fault: Fault,
    /// Its parameters' values here.
    pub values: BTreeMap<String, String>,
    /// What is done before the story begins.
    pub actions: Vec<Step>,
    /// Its rules on the network.
    pub rules: Vec<Rule>,
    /// What mends it. Empty when nothing does.
    pub fix: Vec<Step>,
    /// What people try and what does not mend it.
    pub does_not_help: Vec<Remedy>,
}

/// Something that people try.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// What it is, in words.
    pub title: String,
    /// Why it does not help.
    pub why: String,
    /// What is done.
    pub steps: Vec<Step>,
}

/// A fault's file, parsed, its parameters filled in.
pub(crate) struct FaultFile {
    root: Node,
    pub(crate) fault: Fault,
    values: BTreeMap<String, String>,
    /// Where the use stands, for conflicts.
    pub(crate) used_at: Span,
    pub(crate) patches: Vec<Patch>,
}

impl FaultFile {
    /// Reads what is known of a fault without a lab.
    pub(crate) fn describe(root: &Node, report: &Report) -> Option<Fault> {
        let mut reader = Reader::new(root, "the fault", report)?;
        check_format(&mut reader, "fault")?;
        let name = reader.string("name");
        let title = reader.string("title");
        let why = reader.string("why");
        let fault = Fault {
            name: reader.required("name", "the fault's name", name)?,
            title: reader.required("title", "one line about it", title)?,
            why: reader
                .required("why", "why it breaks what it breaks", why)?
                .trim()
                .to_owned(),
            reference: reader.string("reference").unwrap_or_default(),
            parameters: reader
                .named("parameter")
                .into_iter()
                .filter_map(|(name, _, node)| {
                    Some((
                        name.to_owned(),
                        node.as_table()?.value("default")?.as_str()?.to_owned(),
                    ))
                })
                .collect(),
        };
        for part in ["patch", "action", "rule", "profile", "fix", "does-not-help"] {
            // Read when the lab is known.
            reader.array(part);
        }
        reader.finish();
        Some(fault)
    }

    /// Fills in the parameters of a use and reads the patches, which come before the lab is known for good.
    pub(crate) fn bind(
        mut root: Node,
        given: &[(&str, Span, &Node)],
        used_at: Span,
        names: &Names,
        report: &Report,
    ) -> Option<Self> {
        let fault = Self::describe(&root, report)?;
        let values = bind(
            &mut Reader::new(&root, "the fault", report)?,
            given,
            names,
            report,
        );
        if !report.is_empty() {
            return None;
        }
        substitute(&mut root, &values, report);
        let mut patches = Vec::new();
        let mut reader = Reader::new(&root, "the fault", report)?;
        patches.extend(
            reader
                .array("patch")
                .iter()
                .filter_map(|node| read_patch(node, report)),
        );
        for node in reader.array("profile") {
            patches.extend(read_profile(node, report).unwrap_or_default());
        }
        Some(Self {
            root,
            fault,
            values,
            used_at,
            patches,
        })
    }

    /// Reads the parts that name things of the patched lab.
    pub(crate) fn finish(self, lab: &Lab, names: &Names, report: &Report) -> Option<FaultUse> {
        let mut reader = Reader::new(&self.root, "the fault", report)?;
        let name = &self.fault.name;
        let rules = reader.array("rule");
        let rules = rules
            .iter()
            .filter_map(|node| read_rule(node, name, names, report))
            .collect();
        let mut steps = |key: &'static str| {
            StepReader::new(lab, names, report).read_all(reader.array(key), &format!("{name}-{key}"))
        };
        let (actions, fix) = (steps("action"), steps("fix"));
        let does_not_help = reader.array("does-not-help");
        let does_not_help = read_remedies(does_not_help, lab, names, report);
        let Self { fault, values, .. } = self;
        Some(FaultUse {
            fault,
            values,
            actions,
            rules,
            fix,
            does_not_help,
        })
    }
}

/// `[[profile]]`: a DC's implementation, which is a patch of that DC.
fn read_profile(node: &Node, report: &Report) -> Option<Vec<Patch>> {
    let mut reader = Reader::new(node, "a profile", report)?;
    let dc = reader.string("dc");
    let dc = reader.required("dc", "a DC of the lab", dc)?;
    let settings = ["profile", "updates", "os"].map(|key| (key, reader.node(key)));
    reader.finish();
    let patch = |(key, value): (&str, Option<&Node>)| {
        let value = value?;
        let path = Path(vec!["dc".into(), dc.clone(), key.into()]);
        Some(Patch {
            path,
            span: value.span,
            operation: Operation::Set(value.clone()),
        })
    };
    Some(settings.into_iter().filter_map(patch).collect())
}

/// Reads `[[does-not-help]]`: `title`, `why` and steps.
pub(crate) fn read_remedies(nodes: &[Node], lab: &Lab, names: &Names, report: &Report) -> Vec<Remedy> {
    let read = |node: &Node| {
        let mut reader = Reader::new(node, "a remedy", report)?;
        let title = reader.string("title");
        let title = reader.required("title", "what is tried", title);
        let why = reader.string("why");
        let why = reader.required("why", "why it does not help", why);
        let steps = StepReader::new(lab, names, report).read_all(reader.array("step"), "try");
        reader.finish();
        Some(Remedy {
            title: title?,
            why: why?.trim().to_owned(),
            steps,
        })
    };
    nodes.iter().filter_map(read).collect()
}

/// Reports parts of different faults that touch the same path.
pub(crate) fn conflicts(faults: &[FaultFile], report: &Report) {
    for (index, fault) in faults.iter().enumerate() {
        for earlier in &faults[..index] {
            let pairs = fault
                .patches
                .iter()
                .flat_map(|patch| earlier.patches.iter().map(move |other| (patch, other)));
            for (patch, other) in pairs.filter(|(patch, other)| patch.path.touches(&other.path)) {
                let finding = Finding::new(format!(
                    "{} and {} both change the lab: `{}` and `{}`",
                    earlier.fault.name, fault.fault.name, other.path, patch.path
                ));
                report.add(
                    fault.used_at,
                    finding.expected("faults whose parts touch different paths"),
                );
            }
        }
    }
}

/// The parameters that a use gives: every key but `name`.
pub(crate) fn given_values(node: &Node) -> Vec<(&str, Span, &Node)> {
    match &node.value {
        Value::Table(table) => {
            let others = table.0.iter().filter(|(key, _)| *key != "name");
            others
                .map(|(key, entry)| (key.as_str(), entry.key_span, &entry.node))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// Reads what is known of a fault without a lab.
pub(crate) fn describe(file_name: &str, text: &str, sources: &mut Sources) -> Result<Fault, Problems> {
    let report = Report::default();
    let source = sources.add(file_name, text);
    let root = parse(source, text, &report);
    let fault = if report.is_empty() {
        FaultFile::describe(&root, &report)
    } else {
        None
    };
    report.finish(sources, fault)
}
