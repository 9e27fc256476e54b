//! Scenarios: a story on a lab, what goes wrong in it, and what must then be seen.

use super::expect::Expectation;
use super::patch::read_patch;
use super::problem::{Finding, Problems, Report};
use super::read::{Reader, check_format, string};
use super::read_expect::read_expectations;
use super::read_step::StepReader;
use super::source::{SourceFile, Sources, Span};
use super::step::Step;
use super::tree::{Entry, Node, Table, Value, parse};
use crate::fault::{FaultFile, FaultUse, Remedy, conflicts, given_values, read_remedies};
use crate::lab::{Lab, LabTree, Names};

/// A scenario, read: the patched lab and what happens in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// By which it is run.
    pub name: String,
    /// One line.
    pub title: String,
    /// Who does what, and when: told before the run.
    pub story: String,
    /// Why it ends as it does, in a paragraph: told by `explain`.
    pub why: String,
    /// What it begins with, as the file has it.
    pub base: Base,
    /// The lab, with the scenario's patches and its faults' patches.
    pub lab: Lab,
    /// The faults that act.
    pub faults: Vec<FaultUse>,
    /// What is done.
    pub steps: Vec<Step>,
    /// What must be seen.
    pub expectations: Vec<Expectation>,
    /// What mends it: the faults' own, and the scenario's.
    pub fix: Vec<Step>,
    /// What the users do after the fix to see that it helped.
    pub retry: Vec<Step>,
    /// What people try in vain: the scenario's list, or else the faults'.
    pub does_not_help: Vec<Remedy>,
}

/// What a scenario begins with, as its file has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Base {
    /// The lab, by its name.
    pub lab: String,
    /// The scenario's own patches of it.
    pub patches: Vec<Node>,
    /// The faults that act.
    pub faults: Vec<Node>,
}

impl Base {
    /// A lab as it is.
    pub fn of_lab(name: impl Into<String>) -> Self {
        Self {
            lab: name.into(),
            ..Self::default()
        }
    }
}

/// Files that a scenario may name: labs and faults, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// Labs: name and file.
    pub labs: Vec<(String, SourceFile)>,
    /// Faults: name and file.
    pub faults: Vec<(String, SourceFile)>,
    /// Ids of every rule that an actor may cite. Empty: expectations may name any.
    pub rule_ids: Vec<&'static str>,
}

/// Which faults act in a run of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Faults {
    /// Those that the scenario names.
    AsWritten,
    /// None: the healthy run that a fix must lead back to.
    None,
    /// Those that the scenario names and these, with default parameters.
    AlsoNamed(Vec<String>),
}

impl Scenario {
    /// Reads a scenario and everything it builds on.
    ///
    /// # Errors
    /// All problems of the scenario, its lab and its faults, each with file, line and column.
    pub fn parse(
        file_name: &str,
        text: &str,
        faults: &Faults,
        catalogue: &Catalogue,
    ) -> Result<Self, Problems> {
        let mut sources = Sources::default();
        let report = Report::default();
        let source = sources.add(file_name, text);
        let root = parse(source, text, &report);
        let scenario = if report.is_empty() {
            read(&root, faults, catalogue, &mut sources, &report)
        } else {
            None
        };
        report.finish(&sources, scenario)
    }

    /// Whether something mends it.
    pub fn has_fix(&self) -> bool {
        !self.fix.is_empty() || !self.retry.is_empty()
    }
}

/// Reads a scenario and what it builds on.
pub(super) fn read(
    root: &Node,
    faults: &Faults,
    catalogue: &Catalogue,
    sources: &mut Sources,
    report: &Report,
) -> Option<Scenario> {
    let mut reader = Reader::new(root, "the scenario", report)?;
    check_format(&mut reader, "scenario")?;
    let name = reader.string("name");
    let name = reader.required("name", "the scenario's name", name);
    let title = reader.string("title");
    let title = reader.required("title", "one line about it", title);
    let story = reader.string("story").unwrap_or_default();
    let why = reader.string("why").unwrap_or_default();
    let (lab_name, mut tree) = base_lab(&mut reader, catalogue, sources)?;
    let patches = reader.array("patch");
    for node in patches {
        if let Some(patch) = read_patch(node, report) {
            tree.apply(&patch, report);
        }
    }
    let fault_nodes = reader.array("fault");
    let base = Base {
        lab: lab_name,
        patches: patches.to_vec(),
        faults: acting(fault_nodes, faults, root.span),
    };
    let faults = bind_faults(
        fault_nodes,
        faults,
        root.span,
        &mut tree,
        catalogue,
        sources,
        report,
    );
    let [steps, fix, retry, expect, vain] =
        ["step", "fix", "retry", "expect", "does-not-help"].map(|key| reader.array(key));
    reader.finish();
    // A lab that cannot be read has no names to check the steps against.
    let lab = tree.read(report)?;
    let names = tree.names();
    let faults: Vec<FaultUse> = faults?
        .into_iter()
        .filter_map(|fault| fault.finish(&lab, &names, report))
        .collect();
    let mut step_reader = StepReader::new(&lab, &names, report);
    let steps = step_reader.read_all(steps, "step");
    let own_fix = step_reader.read_all(fix, "fix");
    let retry = step_reader.read_all(retry, "retry");
    if steps.is_empty() && report.is_empty() {
        report.add(
            root.span,
            Finding::new("the scenario has no step").expected("at least one [[step]]"),
        );
    }
    let expectations = read_expectations(expect, &steps, &names, &catalogue.rule_ids, report);
    let mut fix: Vec<Step> = faults
        .iter()
        .flat_map(|fault| fault.fix.iter().cloned())
        .collect();
    fix.extend(own_fix);
    let mut does_not_help = read_remedies(vain, &lab, &names, report);
    if does_not_help.is_empty() {
        // What is vain against a fault alone may help where the story goes on: so a scenario's own list replaces it.
        does_not_help.extend(
            faults
                .iter()
                .flat_map(|fault| fault.does_not_help.iter().cloned()),
        );
    }
    Some(Scenario {
        name: name?,
        title: title?,
        story: story.trim().to_owned(),
        why: why.trim().to_owned(),
        base,
        lab,
        faults,
        steps,
        expectations,
        fix,
        retry,
        does_not_help,
    })
}

/// The faults that act, as a file would have them.
fn acting(nodes: &[Node], which: &Faults, span: Span) -> Vec<Node> {
    let named = |name: &String| {
        let value = Value::String(name.clone());
        let entry = Entry {
            key_span: span,
            node: Node { span, value },
        };
        let table = Table([("name".to_owned(), entry)].into_iter().collect());
        Node {
            span,
            value: Value::Table(table),
        }
    };
    match which {
        Faults::AsWritten => nodes.to_vec(),
        Faults::None => Vec::new(),
        Faults::AlsoNamed(more) => nodes.iter().cloned().chain(more.iter().map(named)).collect(),
    }
}

/// `lab = "NAME"`; the built-in lab when it is left out.
fn base_lab(
    reader: &mut Reader<'_>,
    catalogue: &Catalogue,
    sources: &mut Sources,
) -> Option<(String, LabTree)> {
    let report = reader.report();
    let node = reader.node("lab");
    let name = match node {
        Some(node) => string(report, node)?,
        None => "fernhill".to_owned(),
    };
    let Some((_, file)) = catalogue.labs.iter().find(|(known, _)| *known == name) else {
        let finding = Finding::new(format!("there is no lab `{name}`"));
        let span = node.map_or_else(|| reader.span(), |node| node.span);
        report.add(
            span,
            finding.among(&name, catalogue.labs.iter().map(|(known, _)| known.as_str())),
        );
        return None;
    };
    let tree = LabTree::parse(&file.name, &file.text, sources, report)?;
    Some((name, tree))
}

/// Reads the faults that act and applies their patches.
fn bind_faults(
    nodes: &[Node],
    which: &Faults,
    root: Span,
    tree: &mut LabTree,
    catalogue: &Catalogue,
    sources: &mut Sources,
    report: &Report,
) -> Option<Vec<FaultFile>> {
    let names = tree.names();
    let mut bound = Vec::new();
    for node in nodes {
        let mut reader = Reader::new(node, "a fault", report)?;
        let name_node = reader.node("name");
        let name_node = reader.required("name", "the name of a fault", name_node)?;
        let name = string(report, name_node)?;
        bound.push(bind_fault(
            &name,
            &given_values(node),
            name_node.span,
            &names,
            catalogue,
            sources,
            report,
        )?);
    }
    match which {
        Faults::AsWritten => {}
        Faults::None => bound.clear(),
        Faults::AlsoNamed(more) => {
            for name in more {
                bound.push(bind_fault(name, &[], root, &names, catalogue, sources, report)?);
            }
        }
    }
    conflicts(&bound, report);
    for patch in bound.iter().flat_map(|fault| &fault.patches) {
        tree.apply(patch, report);
    }
    Some(bound)
}

fn bind_fault(
    name: &str,
    given: &[(&str, Span, &Node)],
    span: Span,
    names: &Names,
    catalogue: &Catalogue,
    sources: &mut Sources,
    report: &Report,
) -> Option<FaultFile> {
    let Some((_, file)) = catalogue.faults.iter().find(|(known, _)| known == name) else {
        let finding = Finding::new(format!("there is no fault `{name}`"));
        report.add(
            span,
            finding.among(name, catalogue.faults.iter().map(|(known, _)| known.as_str())),
        );
        return None;
    };
    let source = sources.add(&file.name, &file.text);
    let root = parse(source, &file.text, report);
    FaultFile::bind(root, given, span, names, report)
}
