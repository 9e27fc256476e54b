//! What a lab has when its file does not say: so that three lines are a useful lab.
//!
//! | left out | then there is |
//! |---|---|
//! | every `domain` | `corp`, `ad.corp.example` |
//! | every `location` | `office`, and `home`, which reaches no DC |
//! | a domain's `dc` | one, `DC01`, writable, in the office |
//! | every `tenant` | `main`, which synchronises all domains |
//! | `kerberos-server` | one per domain, published to every tenant that synchronises it |
//! | every `user` | Ada |
//! | every `server` | `FS01` with the share `projects`, which Domain Users may write |
//! | every `device` | an Entra joined laptop for each user: `ADA-LT` |
//!
//! An empty section (`kerberos-server = {}`) is said, and not filled in.

use crate::language::{Entry, Node, Span, Table, Value};

/// Key numbers given out: the first domain's, then this and up, which make a negative kvno.
const FIRST_NUMBER: i64 = 21463;
const SECOND_NUMBER: i64 = 50001;

/// Adds to the root of a lab document what it leaves out.
pub(crate) fn fill(root: &mut Node) {
    let span = root.span;
    let Value::Table(root) = &mut root.value else {
        return;
    };
    let section = |text: &str| Node {
        span,
        value: Value::String(text.to_owned()),
    };
    let at = At(span);

    if root.value("domain").is_none() {
        let domain = at.table([("dns-name", section("ad.corp.example"))]);
        at.put(root, "domain", at.named("corp", domain));
    }
    if root.value("location").is_none() {
        let home = at.table([
            ("subnet", section("198.51.100.0/24")),
            ("reaches", at.array(Vec::new())),
            ("cloud-latency", section("20ms")),
        ]);
        let mut places = Table::default();
        at.put(
            &mut places,
            "office",
            at.table([("subnet", section("192.0.2.0/24"))]),
        );
        at.put(&mut places, "home", home);
        at.put(root, "location", at.node(places));
    }
    let domains = names(root, "domain");
    fill_dcs(root, &domains, at);
    if root.value("tenant").is_none() {
        at.put(root, "tenant", at.named("main", at.table([])));
    }
    if root.value("kerberos-server").is_none() {
        let mut servers = Table::default();
        for (index, domain) in (0..).zip(&domains) {
            let number = if index == 0 {
                FIRST_NUMBER
            } else {
                SECOND_NUMBER + index - 1
            };
            let number = Node {
                span,
                value: Value::Integer(Some(number)),
            };
            at.put(&mut servers, domain, at.table([("number", number)]));
        }
        at.put(root, "kerberos-server", at.node(servers));
    }
    if root.value("user").is_none() {
        at.put(root, "user", at.named("ada", at.table([])));
    }
    if root.value("server").is_none() {
        let share = at.table([("write", at.array(vec![section("Domain Users")]))]);
        let server = at.table([("share", at.named("projects", share))]);
        at.put(root, "server", at.named("fs01", server));
    }
    if root.value("device").is_none() {
        let mut devices = Table::default();
        for (index, user) in names(root, "user").into_iter().enumerate() {
            let device = format!("{user}-lt");
            let host = section(&host_of(&device, index));
            at.put(
                &mut devices,
                &device,
                at.table([("owner", section(&user)), ("host", host)]),
            );
        }
        at.put(root, "device", at.node(devices));
    }
}

/// The host name of a device that the user did not name: `index` keeps those apart that are too long for a NetBIOS name.
pub fn host_of(device: &str, index: usize) -> String {
    const LETTERS_MAX: usize = 15;
    let device = device.to_ascii_uppercase();
    if device.len() <= LETTERS_MAX {
        return device;
    }
    let number = format!("-{index}");
    let kept = device.chars().take(LETTERS_MAX.saturating_sub(number.len()));
    kept.collect::<String>() + &number
}

/// One DC for each domain that has none.
fn fill_dcs(root: &mut Table, domains: &[String], at: At) {
    let mut dcs = match root.value("dc") {
        None => Table::default(),
        Some(Node {
            value: Value::Table(dcs),
            ..
        }) => dcs.clone(),
        Some(_) => return,
    };
    for (index, domain) in domains.iter().enumerate() {
        let has_one = dcs.0.values().any(|entry| {
            let of = entry
                .node
                .as_table()
                .and_then(|dc| dc.value("domain"))
                .and_then(Node::as_str);
            // A DC that names no domain stands in the only one.
            of.map_or(index == 0, |of| of.eq_ignore_ascii_case(domain))
        });
        if !has_one {
            let name = (1..)
                .map(|number| format!("dc{number:02}"))
                .find(|name| !dcs.keys().any(|known| known.eq_ignore_ascii_case(name)))
                .unwrap_or_default();
            let of = Node {
                span: at.0,
                value: Value::String(domain.clone()),
            };
            at.put(&mut dcs, &name, at.table([("domain", of)]));
        }
    }
    at.put(root, "dc", at.node(dcs));
}

fn names(root: &Table, section: &str) -> Vec<String> {
    let table = root.value(section).and_then(Node::as_table);
    table
        .map(|table| table.keys().map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Builds nodes that stand at one place, since nobody wrote them.
#[derive(Clone, Copy)]
struct At(Span);

impl At {
    fn node(self, table: Table) -> Node {
        Node {
            span: self.0,
            value: Value::Table(table),
        }
    }

    fn array(self, items: Vec<Node>) -> Node {
        Node {
            span: self.0,
            value: Value::Array(items),
        }
    }

    fn table<const N: usize>(self, entries: [(&str, Node); N]) -> Node {
        let mut table = Table::default();
        for (key, node) in entries {
            self.put(&mut table, key, node);
        }
        self.node(table)
    }

    fn named(self, name: &str, node: Node) -> Node {
        self.table([(name, node)])
    }

    fn put(self, table: &mut Table, key: &str, node: Node) {
        // What the file has keeps its place.
        let key_span = table.0.get(key).map_or(self.0, |entry| entry.key_span);
        table.0.insert(key.to_owned(), Entry { key_span, node });
    }
}
