//! Each operation has one owner and each attribute one writer: the sources agree with docs/owners.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Folders that own something: each operation there stands in a table of docs/owners.md.
const OWNERS: &[&str] = &["scenarios/src/world/directory"];

/// What changes a directory or a tenant's half of a Kerberos server object, and who else may name it: what makes a lab, and
/// what puts the key of a real domain into a tenant.
const OWNED: &[(&str, &[&str])] = &[
    ("DomainBuilder", &["scenarios/src/lab/compile"]),
    ("to_builder", &[]),
    (
        "with_kerberos_domain",
        &["scenarios/src/lab/compile", "trustlab/src/up/on_prem"],
    ),
    ("without_kerberos_domain", &[]),
    ("with_trusted_domain", &["scenarios/src/lab/compile"]),
    ("without_trusted_domain", &[]),
    // what a device does, with its state in hand: for acts, and for what it does by itself
    (
        "run_flow",
        &[
            "scenarios/src/world/flow.rs",
            "scenarios/src/world/timer.rs",
            "scenarios/src/engine/act.rs",
        ],
    ),
    // what `Flow::perform` does; these are private to client-sim, and nothing else may do the same under their names
    ("sign_in_with_hello", &[]),
    ("sign_in_with_password", &[]),
    ("sign_in_with_security_key", &[]),
    ("sign_in_remotely", &[]),
    ("provision_hello", &[]),
    ("join_entra", &[]),
    ("mark_prt_for_refresh", &[]),
    ("open_share", &[]),
    ("open_share_as", &[]),
    ("service_ticket", &[]),
    ("bind_dc", &[]),
];

/// Sources that may not change what is owned: the labs', and the program's.
const SOURCES: &[&str] = &["scenarios/src", "trustlab/src"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The parsed sources of a folder, by their paths from the root.
fn sources(folder: &str) -> Vec<(String, syn::File)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry of a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(root())
                    .expect("below the root")
                    .display()
                    .to_string();
                found.push((name, parse(&path)));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no sources");
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

fn parse(path: &Path) -> syn::File {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The rows of every table of docs/owners.md whose first cells are these.
fn table(header: [&str; 3]) -> Vec<[String; 3]> {
    let page = fs::read_to_string(root().join("docs/owners.md")).expect("docs/owners.md");
    let cells = |line: &str| -> Option<[String; 3]> {
        let inner = line.strip_prefix('|')?.strip_suffix('|')?;
        let cells: Vec<String> = inner.split('|').map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().ok()
    };
    let mut rows = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        match cells(line) {
            Some(row) if row == header => inside = true,
            Some(row) if inside && !row[0].starts_with("---") => rows.push(row),
            Some(_) => {}
            None => inside = false,
        }
    }
    assert!(!rows.is_empty(), "docs/owners.md has no table {header:?}");
    rows
}

/// What stands in backticks.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// File and function of every owner on the page.
fn named_owners() -> BTreeSet<(String, String)> {
    let rows = table(["operation", "owner", "spelled"]);
    let owner = |row: &[String; 3]| {
        let named = quoted(&row[1]);
        let (file, function) = named
            .first()
            .and_then(|named| named.split_once(": "))
            .unwrap_or_else(|| panic!("no `file: function` in {row:?}"));
        (file.to_owned(), function.to_owned())
    };
    rows.iter().map(owner).collect()
}

/// The functions of a file, with those of its `impl`s: which change what they are called on, and can be called from outside.
#[derive(Default)]
struct Functions {
    all: BTreeSet<String>,
    operations: BTreeSet<String>,
}

impl<'a> Visit<'a> for Functions {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.all.insert(item.sig.ident.to_string());
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        let changes = item
            .sig
            .receiver()
            .is_some_and(|receiver| receiver.reference.is_some() && receiver.mutability.is_some());
        // `pub(super)` is for the owner's own files
        let is_callable = match &item.vis {
            syn::Visibility::Public(_) => true,
            syn::Visibility::Restricted(restricted) => !restricted.path.is_ident("super"),
            syn::Visibility::Inherited => false,
        };
        let name = item.sig.ident.to_string();
        if changes && is_callable {
            self.operations.insert(name.clone());
        }
        self.all.insert(name);
    }
}

fn functions(file: &syn::File) -> Functions {
    let mut functions = Functions::default();
    functions.visit_file(file);
    functions
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

#[test]
fn every_owner_on_the_page_is_a_function_of_its_file() {
    for (file, function) in named_owners() {
        let all = functions(&parse(&root().join(&file))).all;
        assert!(all.contains(&function), "{file} has no function {function}");
    }
}

#[test]
fn every_operation_of_an_owner_is_on_the_page() {
    let named = named_owners();
    let mut missing = Vec::new();
    for (file, source) in OWNERS.iter().flat_map(|folder| sources(folder)) {
        // replicas are a part of the directory's state, which it alone sees
        if file.ends_with("/replicas.rs") {
            continue;
        }
        for operation in functions(&source).operations {
            if !named.contains(&(file.clone(), operation.clone())) {
                missing.push(format!("{file}: {operation}"));
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/owners.md: {missing:#?}");
}

#[test]
fn every_spelling_on_the_page_exists() {
    let cmdlets: BTreeSet<String> = scenarios::cmdlets::command_names()
        .map(str::to_lowercase)
        .collect();
    let steps: BTreeSet<&str> = scenarios::language::step_names().collect();
    for row in table(["operation", "owner", "spelled"]) {
        let spellings = quoted(&row[2]);
        assert!(!spellings.is_empty(), "{row:?} has no spelling");
        for spelling in spellings {
            assert!(
                steps.contains(spelling) || cmdlets.contains(&spelling.to_lowercase()),
                "{spelling} is neither a step nor a cmdlet: {row:?}"
            );
        }
    }
}

/// Each verb of an act is a step, has a row among the outcomes, and is on the page.
#[test]
fn every_act_is_on_the_page() {
    let steps: BTreeSet<&str> = scenarios::language::step_names().collect();
    let rows = table(["act", "step", "at a prompt"]);
    let acts: BTreeSet<&str> = rows.iter().flat_map(|row| quoted(&row[1])).collect();
    let blocks = evidence::Artefact::Outcome.blocks().iter();
    let outcomes: BTreeSet<&str> = blocks.flat_map(|block| block.rows).map(|row| row.name).collect();
    // the exchange is what a device does by itself
    let ends: BTreeSet<&str> = outcomes.into_iter().filter(|verb| *verb != "exchange").collect();
    assert_eq!(acts, ends);
    assert!(acts.is_subset(&steps), "{acts:?}");
    for row in &rows {
        assert!(!quoted(&row[2]).is_empty(), "{row:?} is not typed at a prompt");
    }
}

/// Every name that a source mentions outside its tests.
#[derive(Default)]
struct Names(BTreeSet<String>);

impl<'a> Visit<'a> for Names {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_ident(&mut self, name: &'a syn::Ident) {
        self.0.insert(name.to_string());
    }
}

#[test]
fn nobody_but_the_owner_changes_what_is_owned() {
    let mut strangers = Vec::new();
    for (file, source) in SOURCES.iter().flat_map(|folder| sources(folder)) {
        if file.ends_with("/tests.rs") {
            continue;
        }
        let mut names = Names::default();
        names.visit_file(&source);
        for (name, others) in OWNED {
            let mut allowed = OWNERS.iter().chain(*others);
            if names.0.contains(*name) && !allowed.any(|folder| file.starts_with(folder)) {
                strangers.push(format!("{file} names {name}"));
            }
        }
    }
    assert!(strangers.is_empty(), "{strangers:#?}");
}

/// Who writes which field of an object that is there already.
#[derive(Default)]
struct Writers {
    /// Methods that write an attribute by being called.
    methods: BTreeSet<String>,
    function: String,
    /// Variables of the present function that stand for an object of the directory.
    objects: BTreeSet<String>,
    found: BTreeMap<String, BTreeSet<String>>,
}

impl Writers {
    fn writes(&mut self, field: String) {
        self.found.entry(field).or_default().insert(self.function.clone());
    }

    fn enter(&mut self, name: &syn::Ident) {
        self.function = name.to_string();
        self.objects.clear();
    }

    /// `state.locked_out`, for a field of an object of the directory.
    fn field(&self, place: &syn::Expr) -> Option<String> {
        let mut names = Vec::new();
        let mut at = place;
        while let syn::Expr::Field(field) = at {
            if let syn::Member::Named(name) = &field.member {
                names.push(name.to_string());
            }
            at = &field.base;
        }
        let syn::Expr::Path(path) = at else { return None };
        let is_object = path
            .path
            .get_ident()
            .is_some_and(|name| self.objects.contains(&name.to_string()));
        names.reverse();
        (is_object && !names.is_empty()).then(|| names.join("."))
    }

    /// `Some(spec)` of `builder.account_mut(sam)`: from here on `spec` is an object of the directory.
    fn bind(&mut self, pattern: &syn::Pat, value: &syn::Expr) {
        let syn::Expr::MethodCall(call) = value else {
            return;
        };
        let (syn::Pat::TupleStruct(some), true) = (pattern, call.method.to_string().ends_with("_mut")) else {
            return;
        };
        for inner in &some.elems {
            if let syn::Pat::Ident(name) = inner {
                self.objects.insert(name.ident.to_string());
            }
        }
    }
}

impl<'a> Visit<'a> for Writers {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        self.enter(&item.sig.ident);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        self.enter(&item.sig.ident);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_local(&mut self, local: &'a syn::Local) {
        if let Some(value) = &local.init {
            self.bind(&local.pat, &value.expr);
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_let(&mut self, condition: &'a syn::ExprLet) {
        self.bind(&condition.pat, &condition.expr);
        visit::visit_expr_let(self, condition);
    }

    fn visit_expr_assign(&mut self, assignment: &'a syn::ExprAssign) {
        if let Some(field) = self.field(&assignment.left) {
            self.writes(field);
        }
        visit::visit_expr_assign(self, assignment);
    }

    fn visit_expr_reference(&mut self, reference: &'a syn::ExprReference) {
        if let (Some(field), true) = (self.field(&reference.expr), reference.mutability.is_some()) {
            self.writes(field);
        }
        visit::visit_expr_reference(self, reference);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        let method = call.method.to_string();
        if self.methods.contains(&method) {
            self.writes(method);
        } else if let Some(field) = self.field(&call.receiver) {
            match (method.as_str(), call.args.first()) {
                // one bit of userAccountControl
                ("set", Some(syn::Expr::Path(flag))) => {
                    let flag = flag.path.segments.last().expect("a path has a segment");
                    self.writes(format!("{field}.{}", flag.ident));
                }
                ("push" | "retain" | "insert" | "remove" | "extend" | "clear" | "set", _) => {
                    self.writes(field)
                }
                _ => {}
            }
        }
        visit::visit_expr_method_call(self, call);
    }
}

/// Methods of [`kdc_sim::DomainBuilder`] and [`cloud_sim::Tenant`] that write an attribute. Those that make or remove a whole
/// object write none of one that is there, and those that end in `_mut` give a place to write to.
fn writing_methods() -> BTreeSet<String> {
    const WHOLE_OBJECTS: &[&str] = &[
        "account",
        "remove_account",
        "group",
        "rodc",
        "remove_rodc",
        "trust",
        "remove_trust",
    ];
    let builder = functions(&parse(&root().join("kdc-sim/src/directory/builder.rs"))).operations;
    assert!(builder.contains("member"), "the builder is elsewhere now");
    let attributes = builder
        .into_iter()
        .filter(|name| !name.ends_with("_mut") && !WHOLE_OBJECTS.contains(&name.as_str()));
    let tenant = OWNED.iter().map(|(name, _)| (*name).to_owned());
    attributes
        .chain(tenant.filter(|name| name.starts_with("with")))
        .collect()
}

#[test]
fn every_attribute_has_one_writer() {
    let mut writers = Writers {
        methods: writing_methods(),
        ..Writers::default()
    };
    for (_, source) in OWNERS.iter().flat_map(|folder| sources(folder)) {
        writers.visit_file(&source);
    }
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in table(["attribute", "field", "writer"]) {
        for field in quoted(&row[1]) {
            let writers = quoted(&row[2]).into_iter().map(str::to_owned).collect();
            named.insert(field.to_owned(), writers);
        }
    }
    assert_eq!(writers.found, named);
    for (field, functions) in &writers.found {
        assert_eq!(functions.len(), 1, "{field} is written by {functions:?}");
    }
}
