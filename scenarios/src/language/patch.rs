//! Changes of a lab document, by path.

use super::problem::{Finding, Report};
use super::read::{Reader, string};
use super::source::Span;
use super::tree::{Entry, Node, Table, Value};

/// One change of a lab document.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// What to change: `user.ada.groups`.
    pub path: Path,
    /// Where the path stands.
    pub span: Span,
    /// How to change it.
    pub operation: Operation,
}

/// What happens at the path.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// The value becomes this one.
    Set(Node),
    /// A new entry of a collection, or one more item (or items) of an array.
    Add(Node),
    /// The entry goes; or, with a string, that item of the array.
    Remove(Option<String>),
}

/// Keys from the root of a document. Keys that are not bare TOML keys are written in double quotes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<String>);

impl Path {
    /// Reads `user.ada.groups` or `group."Projects Write".rid`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut keys = Vec::new();
        let mut rest = text.trim();
        loop {
            let (key, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => {
                    let end = rest.find('.').unwrap_or(rest.len());
                    (&rest[..end], &rest[end..])
                }
            };
            if key.is_empty() {
                return None;
            }
            keys.push(key.to_owned());
            match after.strip_prefix('.') {
                Some(next) => rest = next,
                None => return after.is_empty().then_some(Self(keys)),
            }
        }
    }

    /// Whether a change at one path can be seen at the other.
    pub fn touches(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(a, b)| a.eq_ignore_ascii_case(b))
    }
}

impl core::fmt::Display for Path {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (index, key) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            if key.contains(['.', ' ']) {
                write!(f, "{dot}\"{key}\"")?;
            } else {
                write!(f, "{dot}{key}")?;
            }
        }
        Ok(())
    }
}

/// Reads one `[[patch]]`: `path` and one of `set`, `add`, `remove`.
pub(crate) fn read_patch(node: &Node, report: &Report) -> Option<Patch> {
    let mut reader = Reader::new(node, "a patch", report)?;
    let path_node = reader.node("path");
    let path_node = reader.required(
        "path",
        "what to change, such as path = \"user.ada.groups\"",
        path_node,
    )?;
    let path = string(report, path_node).and_then(|text| {
        let path = Path::parse(&text);
        if path.is_none() {
            let finding = Finding::new(format!("`{text}` is not a path"));
            report.add(
                path_node.span,
                finding.expected("keys joined by dots, such as user.ada.groups"),
            );
        }
        path
    });
    let (set, add, remove) = (reader.node("set"), reader.node("add"), reader.node("remove"));
    reader.finish();
    let operation = match (set, add, remove) {
        (Some(value), None, None) => Operation::Set(value.clone()),
        (None, Some(value), None) => Operation::Add(value.clone()),
        (None, None, Some(node)) => match &node.value {
            Value::Boolean(true) => Operation::Remove(None),
            Value::String(item) => Operation::Remove(Some(item.clone())),
            _ => return super::read::mismatch(report, node, "`true`, or the item to take out of an array"),
        },
        _ => {
            report.add(
                node.span,
                Finding::new("a patch does one thing").expected("one of `set`, `add`, `remove`"),
            );
            return None;
        }
    };
    Some(Patch {
        path: path?,
        span: path_node.span,
        operation,
    })
}

/// Applies one patch. `is_collection` says whether the entries of the table at a path are names and not settings.
pub(crate) fn apply(
    tree: &mut Node,
    patch: &Patch,
    is_collection: impl Fn(&[String]) -> bool,
    report: &Report,
) {
    let Some((last, parents)) = patch.path.0.split_last() else {
        return;
    };
    let mut table = tree;
    for (depth, key) in parents.iter().enumerate() {
        let collection = is_collection(&patch.path.0[..depth]);
        let Some(next) = descend(table, key, collection, patch, report) else {
            return;
        };
        table = next;
    }
    let collection = is_collection(parents);
    let Value::Table(table) = &mut table.value else {
        let shown = Path(parents.to_vec());
        report.add(
            patch.span,
            Finding::new(format!(
                "`{shown}` is not a table, so `{}` is no path",
                patch.path
            )),
        );
        return;
    };
    apply_here(table, last, collection, patch, report);
}

fn descend<'t>(
    node: &'t mut Node,
    key: &str,
    collection: bool,
    patch: &Patch,
    report: &Report,
) -> Option<&'t mut Node> {
    let span = patch.span;
    let Value::Table(table) = &mut node.value else {
        report.add(
            span,
            Finding::new(format!(
                "`{key}` is below something that is not a table: {}",
                patch.path
            )),
        );
        return None;
    };
    let found = spelled(table, key);
    if found.is_none() && collection {
        missing(table, key, patch, report);
        return None;
    }
    // A section that was left out is there with its defaults.
    let entry = table
        .0
        .entry(found.unwrap_or_else(|| key.to_owned()))
        .or_insert_with(|| Entry {
            key_span: span,
            node: Node {
                span,
                value: Value::Table(Table::default()),
            },
        });
    Some(&mut entry.node)
}

fn apply_here(table: &mut Table, key: &str, collection: bool, patch: &Patch, report: &Report) {
    let found = spelled(table, key);
    match (&patch.operation, found) {
        (Operation::Set(_), None) if collection => missing(table, key, patch, report),
        (Operation::Set(value), found) => {
            let entry = Entry {
                key_span: patch.span,
                node: value.clone(),
            };
            table.0.insert(found.unwrap_or_else(|| key.to_owned()), entry);
        }
        (Operation::Add(value), None) => {
            // An array that was left out begins empty.
            let value = match &value.value {
                Value::String(_) if !collection => Node {
                    span: value.span,
                    value: Value::Array(vec![value.clone()]),
                },
                _ => value.clone(),
            };
            table.0.insert(
                key.to_owned(),
                Entry {
                    key_span: patch.span,
                    node: value,
                },
            );
        }
        (Operation::Add(value), Some(found)) => {
            match table.0.get_mut(&found).map(|entry| &mut entry.node.value) {
                Some(Value::Array(items)) => match &value.value {
                    Value::Array(more) => items.extend(more.iter().cloned()),
                    _ => items.push(value.clone()),
                },
                _ => {
                    let finding = Finding::new(format!("`{}` is there already", patch.path));
                    report.add(patch.span, finding.expected("`set` to change it, or a new name"));
                }
            }
        }
        (Operation::Remove(_), None) => missing(table, key, patch, report),
        (Operation::Remove(None), Some(found)) => {
            table.0.shift_remove(&found);
        }
        (Operation::Remove(Some(item)), Some(found)) => {
            let value = table.0.get_mut(&found).map(|entry| &mut entry.node.value);
            let Some(Value::Array(items)) = value else {
                let what = format!("`{}` is not an array", patch.path);
                report.add(patch.span, Finding::new(what));
                return;
            };
            let before = items.len();
            items.retain(|node| !node.as_str().is_some_and(|text| text.eq_ignore_ascii_case(item)));
            if items.len() == before {
                report.add(
                    patch.span,
                    Finding::new(format!("`{}` does not hold `{item}`", patch.path)),
                );
            }
        }
    }
}

/// The key as the table spells it: names of hosts and people are not told apart by case.
fn spelled(table: &Table, key: &str) -> Option<String> {
    table
        .keys()
        .find(|known| known.eq_ignore_ascii_case(key))
        .map(str::to_owned)
}

fn missing(table: &Table, key: &str, patch: &Patch, report: &Report) {
    let finding = Finding::new(format!("the lab has no `{}`", patch.path));
    let known: Vec<&str> = table.keys().collect();
    report.add(patch.span, finding.among(key, known));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_keys_joined_by_dots() {
        let path = Path::parse("group.\"Projects Write\".rid");
        assert_eq!(
            path,
            Some(Path(vec!["group".into(), "Projects Write".into(), "rid".into()]))
        );
        assert_eq!(
            path.map(|path| path.to_string()).as_deref(),
            Some("group.\"Projects Write\".rid")
        );
        for bad in ["", ".", "a..b", "a.", "\"a", "\"a\"b"] {
            assert_eq!(Path::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_path_touches_what_is_above_and_below_it() {
        let path = |text| Path::parse(text).expect("a path");
        assert!(path("user.ada").touches(&path("user.ada.groups")));
        assert!(path("user.ada.groups").touches(&path("user.ADA")));
        assert!(!path("user.ada.groups").touches(&path("user.ada.source")));
    }
}
