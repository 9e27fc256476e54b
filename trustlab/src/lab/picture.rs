//! A lab as a picture: tenants above, AD domains in the middle, places with their devices below.

use kerberos::phrase::counted;
use scenarios::lab::{Join, Lab};
use svg::Document;
use svg::node::element::{Group, Line, Rectangle, Style, Text, Title};

/// Sizes in pixels.
const WIDTH: usize = 1180;
const MARGIN: usize = 30;
const GAP: usize = 40;
const WIDEST: usize = 460;
const LINE: usize = 19;
const TITLE: usize = 30;

const STYLE: &str = "
text { font: 13px system-ui, sans-serif; fill: #1c2733 }
.title { font-size: 20px; font-weight: 600 }
.head { font-weight: 600 }
.note { fill: #57656f }
.box { fill: #fff; stroke: #8494a0 }
.cloud { fill: #e9f2fb; stroke: #4f86b8 }
.domain { fill: #fdf6e7; stroke: #b58b2c }
.place { fill: #eef6ee; stroke: #5b8f5e }
.sync { stroke: #8494a0; stroke-width: 1.5 }
.key { stroke: #b5432c; stroke-width: 2 }
.parent { stroke: #b58b2c; stroke-width: 2; stroke-dasharray: 6 4 }
.trust { stroke: #6b5fa8; stroke-width: 2; stroke-dasharray: 2 4 }
";

/// Kinds of line, and what they say.
const LEGEND: &[(&str, &str)] = &[
    ("sync", "synchronises users"),
    ("key", "holds the Kerberos server key"),
    ("parent", "parent and child"),
    ("trust", "another trust"),
];

/// The picture, as SVG.
pub(crate) fn of(lab: &Lab) -> String {
    let tenants: Vec<Card> = lab.tenants.keys().map(|name| tenant(lab, name)).collect();
    let domains: Vec<Card> = lab.domains.keys().map(|name| domain(lab, name)).collect();
    let places: Vec<Card> = lab.locations.keys().map(|name| place(lab, name)).collect();

    let tenants = Row::place(tenants, MARGIN + 60);
    let domains = Row::place(domains, tenants.bottom() + 90);
    let places = Row::place(places, domains.bottom() + 60);
    let height = places.bottom() + MARGIN + LINE;
    let mut document = Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("role", "img")
        .add(Title::new(format!("{}: {}", lab.name, lab.title)))
        .add(Style::new(STYLE))
        .add(
            Rectangle::new()
                .set("width", "100%")
                .set("height", "100%")
                .set("fill", "#fff"),
        )
        .add(words(MARGIN, MARGIN + 10, "title", &lab.title));
    for line in links(lab, &tenants, &domains) {
        document = document.add(line);
    }
    for row in [&tenants, &domains, &places] {
        for card in &row.cards {
            document = document.add(card.draw());
        }
    }
    for (index, (class, what)) in LEGEND.iter().enumerate() {
        let (x, y) = (MARGIN + index * 290, height - MARGIN / 2);
        document = document
            .add(stroke(x, y - 4, x + 26, y - 4, class))
            .add(words(x + 34, y, "note", what));
    }
    document.to_string()
}

/// One box: a heading and lines.
struct Card {
    name: String,
    class: &'static str,
    head: String,
    lines: Vec<String>,
    x: usize,
    y: usize,
    width: usize,
}

impl Card {
    fn new(name: &str, class: &'static str, head: String, lines: Vec<String>) -> Self {
        Self {
            name: name.to_owned(),
            class,
            head,
            lines,
            x: 0,
            y: 0,
            width: 0,
        }
    }

    fn height(&self) -> usize {
        TITLE + self.lines.len() * LINE + 8
    }

    fn middle(&self) -> usize {
        self.x + self.width / 2
    }

    fn draw(&self) -> Group {
        let frame = Rectangle::new()
            .set("class", self.class)
            .set("x", self.x)
            .set("y", self.y)
            .set("width", self.width)
            .set("height", self.height())
            .set("rx", 6);
        let mut group = Group::new()
            .add(frame)
            .add(words(self.x + 12, self.y + 21, "head", &self.head));
        for (index, line) in self.lines.iter().enumerate() {
            let fits = shortened(line, self.width.saturating_sub(20) / 7);
            group = group.add(
                words(self.x + 12, self.y + TITLE + 13 + index * LINE, "", &fits)
                    .add(Title::new(line.clone())),
            );
        }
        group
    }
}

/// Boxes side by side.
struct Row {
    cards: Vec<Card>,
    y: usize,
}

impl Row {
    fn place(mut cards: Vec<Card>, y: usize) -> Self {
        let count = cards.len().max(1);
        let gap = GAP.min(WIDTH / count / 4);
        let width = ((WIDTH - 2 * MARGIN - (count - 1) * gap) / count).min(WIDEST);
        let left = (WIDTH - count * width - (count - 1) * gap) / 2;
        for (index, card) in cards.iter_mut().enumerate() {
            (card.x, card.y, card.width) = (left + index * (width + gap), y, width);
        }
        Self { cards, y }
    }

    fn bottom(&self) -> usize {
        self.y + self.cards.iter().map(Card::height).max().unwrap_or(0)
    }

    fn find(&self, name: &str) -> Option<&Card> {
        self.cards.iter().find(|card| card.name == name)
    }
}

fn tenant(lab: &Lab, name: &str) -> Card {
    let tenant = &lab.tenants[name];
    let count = lab
        .users
        .values()
        .filter(|user| user.tenant.as_deref() == Some(name))
        .count();
    let mut lines = vec![format!(
        "{}; {}",
        tenant.domains.join(", "),
        counted(count, "user")
    )];
    for (domain, server) in &lab.kerberos_servers {
        if let Some(domain) = lab
            .domains
            .get(domain)
            .filter(|_| server.tenants.iter().any(|tenant| tenant == name))
        {
            lines.push(format!("key of {}: Id {}", domain.dns_name, server.number));
        }
    }
    let apps = lab.cloud_apps.values().filter(|app| app.tenant == name);
    lines.extend(apps.map(|app| format!("{} {}", app.host, app.services.join(" "))));
    Card::new(name, "cloud", format!("Entra: {}", tenant.display_name), lines)
}

fn domain(lab: &Lab, name: &str) -> Card {
    let domain = &lab.domains[name];
    let mut lines = Vec::new();
    match lab
        .kerberos_servers
        .get(name)
        .filter(|server| server.in_directory)
    {
        Some(server) => lines.push(format!(
            "krbtgt_{}, key version {}",
            server.number, server.key_version
        )),
        None => lines.push("no Kerberos server object".to_owned()),
    }
    for dc in lab.dcs.values().filter(|dc| dc.domain == name) {
        let kind = if dc.writable { "DC" } else { "RODC" };
        lines.push(format!(
            "{} {kind} {}, site {}, {}",
            dc.host, dc.os, dc.site, dc.address
        ));
    }
    let proxies = lab.kdc_proxies.values().filter(|proxy| proxy.domain == name);
    lines.extend(proxies.map(|proxy| format!("{} KDC proxy, {}", proxy.host, proxy.address)));
    let published = lab.app_proxies.values().filter(|app| {
        let server = lab.servers.get(&app.server);
        server.is_some_and(|server| server.domain == name)
    });
    lines.extend(published.map(|app| format!("{} for {}, {}", app.host, app.server, app.address)));
    for server in lab.servers.values().filter(|server| server.domain == name) {
        lines.push(format!(
            "{} {}, {}",
            server.host,
            server.services.join(" "),
            server.address
        ));
    }
    let count = lab
        .users
        .values()
        .filter(|user| user.domain.as_deref() == Some(name))
        .count();
    lines.push(counted(count, "user"));
    Card::new(name, "domain", domain.dns_name.clone(), lines)
}

fn place(lab: &Lab, name: &str) -> Card {
    let place = &lab.locations[name];
    let [a, b, c] = place.subnet;
    let reaches: Vec<&str> = place
        .reaches
        .iter()
        .map(String::as_str)
        .filter(|other| *other != name)
        .collect();
    let mut lines = vec![format!("{a}.{b}.{c}.0/24")];
    if !reaches.is_empty() {
        lines.push(format!("reaches {}", reaches.join(", ")));
    }
    if !place.internet {
        lines.push("does not reach Entra".to_owned());
    }
    for device in lab.devices.values().filter(|device| device.location == name) {
        let join = match device.join {
            Join::Entra => "Entra joined",
            Join::Hybrid => "hybrid joined",
            Join::Registered => "registered",
        };
        lines.push(format!("{} {join}", device.host));
    }
    Card::new(name, "place", name.to_owned(), lines)
}

/// What ties tenants and domains together.
fn links(lab: &Lab, tenants: &Row, domains: &Row) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, tenant) in &lab.tenants {
        let Some(card) = tenants.find(name) else { continue };
        for synced in tenant
            .synced_domains
            .iter()
            .filter_map(|domain| domains.find(domain))
        {
            lines.push(link(card, synced, 8, "sync"));
        }
        let held = lab
            .kerberos_servers
            .iter()
            .filter(|(_, server)| server.tenants.contains(name));
        for holder in held.filter_map(|(domain, _)| domains.find(domain)) {
            lines.push(link(card, holder, 0, "key"));
        }
    }
    let children = lab
        .domains
        .iter()
        .filter_map(|(name, domain)| Some((name, domain.parent.as_ref()?, "parent")));
    let trusts = lab
        .trusts
        .values()
        .map(|trust| (&trust.trusting, &trust.trusted, "trust"));
    for (index, (one, other, class)) in children.chain(trusts).enumerate() {
        if let (Some(one), Some(other)) = (domains.find(one), domains.find(other)) {
            lines.push(beside(one, other, TITLE / 2 + 12 * index, class));
        }
    }
    lines
}

fn link(above: &Card, below: &Card, shift: usize, class: &str) -> Line {
    stroke(
        above.middle() + shift,
        above.y + above.height(),
        below.middle() + shift,
        below.y,
        class,
    )
}

/// Between two boxes of one row.
fn beside(one: &Card, other: &Card, down: usize, class: &str) -> Line {
    let (left, right) = if other.x < one.x {
        (other, one)
    } else {
        (one, other)
    };
    let y = one.y + down;
    stroke(left.x + left.width, y, right.x, y, class)
}

fn stroke(x1: usize, y1: usize, x2: usize, y2: usize, class: &str) -> Line {
    Line::new()
        .set("class", class)
        .set("x1", x1)
        .set("y1", y1)
        .set("x2", x2)
        .set("y2", y2)
}

fn words(x: usize, y: usize, class: &str, text: &str) -> Text {
    Text::new(text).set("x", x).set("y", y).set("class", class)
}

fn shortened(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
        false => text.to_owned(),
    }
}
