//! `klist query_bind`, `add_bind` and `purge_bind`: which KDC Kerberos is bound to, domain by domain.

use super::LogonId;
use crate::provenance::Provenance;
use crate::reading::{Reader, Reading, row};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// What `klist query_bind` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KlistBindings {
    /// The logon session the command ran in. The bindings are those of the whole computer.
    pub logon_id: LogonId,
    /// The bindings.
    pub bindings: Vec<Binding>,
}

/// A domain, and the KDC that its requests go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// `ad.fernhill.example`
    pub realm: String,
    /// `192.0.2.10`; after `klist add_bind` what was typed there.
    pub address: String,
    /// `dc01.ad.fernhill.example`; after `klist add_bind` `(null)`.
    pub kdc: String,
    /// What the DC can do, as its netlogon ping says it (MS-ADTS section 6.3.1.2).
    pub dc_flags: u32,
}

impl View for KlistBindings {
    const ARTEFACT: Artefact = Artefact::KlistBindings;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::number("entries"),
        Row::text("Flags"),
        Row::text("DC Flags"),
        Row::text("*"),
    ])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default(
            "DC Flags",
            "the words of public outputs; those of DS_9, DS_10 and KEYLIST are named as nltest names them",
        ),
        Provenance::lab_default(
            "Flags",
            "0, as in a public output: which requirements the lab's Kerberos had is not kept",
        ),
        Provenance::public("*", "public outputs of Windows 10 and Windows Server"),
    ];

    fn render(&self) -> String {
        format!("{}\n{}", self.logon_id.line(), self.render_entries())
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        LogonId::frame(&mut reader);
        read_entries(&mut reader);
        reader.finish()
    }

    /// `entries`, and for each realm the KDC and the rows of its binding.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let known = |key: &str, value: String| Fact::new(Self::ARTEFACT, source, key, Value::Known(value));
        let mut facts = vec![known("entries", self.bindings.len().to_string())];
        for binding in &self.bindings {
            facts.push(known(&binding.realm, binding.name().to_owned()));
            facts.push(known("Flags", "0".to_owned()));
            facts.push(known("DC Flags", format!("{:#x}", binding.dc_flags)));
        }
        facts
    }
}

impl Binding {
    /// The KDC as the tool was told it, where it was.
    fn name(&self) -> &str {
        match self.kdc.as_str() {
            NO_NAME => &self.address,
            name => name,
        }
    }
}

impl KlistBindings {
    fn render_entries(&self) -> String {
        let mut text = format!("{QUERIED}\n\n{COUNT}({})\n", self.bindings.len());
        for (index, binding) in self.bindings.iter().enumerate() {
            let words: Vec<&str> = words(binding.dc_flags).collect();
            text.push_str(&format!(
                "\n#{index}>\tRealmName: {}\n\tKDC Address: {}\n\tKDC Name: {}\n\tFlags: 0\n\tDC Flags: {:#x} -> {}\n\tCache Flags: 0\n",
                binding.realm,
                binding.address,
                binding.kdc,
                binding.dc_flags,
                words.join(" "),
            ));
        }
        text
    }
}

/// Reads the bindings: how many there are, and each in a block of its own.
fn read_entries(reader: &mut Reader<'_>) {
    let mut list = None;
    let mut count = None;
    // the block of the list, in which the artefact's rows stand, and that of the binding
    let mut binding: Option<(usize, usize)> = None;
    let mut address = "";
    let mut bindings = 0;
    for (at, line) in reader.lines() {
        if line == QUERIED {
            reader.frame(at);
            continue;
        }
        if let Some(number) = line.strip_prefix(COUNT.trim_end()) {
            let number = number.trim().trim_start_matches('(').trim_end_matches(')');
            let block = *list.get_or_insert_with(|| reader.open("", at));
            reader.says(block, at, "entries", number);
            count = number.parse::<usize>().ok();
            continue;
        }
        let realm = line.strip_prefix('#').and_then(|rest| rest.split_once('>'));
        if let Some((number, rest)) = realm
            && let Some(("RealmName", realm)) = row(rest)
        {
            let rows = *list.get_or_insert_with(|| reader.open("", at));
            let block = reader.open(format!("#{number}"), at);
            reader.says(block, at, "RealmName", realm);
            binding = Some((rows, block));
            continue;
        }
        let (Some((rows, block)), Some((key, value))) = (binding, row(line)) else {
            continue;
        };
        match key {
            "KDC Address" => {
                address = value;
                reader.says(block, at, key, value);
            }
            "KDC Name" => {
                let kdc = if value == NO_NAME { address } else { value };
                let realm = reader.said(block, "RealmName").unwrap_or_default();
                reader.says(rows, at, realm, kdc);
            }
            "DC Flags" => {
                let number = value.split_whitespace().next().unwrap_or_default();
                reader.says(rows, at, key, number);
                reader.close(block, true, "");
                bindings += 1;
            }
            "Flags" => reader.says(rows, at, key, value),
            "Cache Flags" => reader.says(block, at, key, value),
            _ => {}
        }
    }
    match list {
        Some(list) => reader.close(
            list,
            count == Some(bindings),
            "some of the bindings, or a part of them",
        ),
        None => reader.gap(0, "how many bindings there are"),
    }
}

/// What `klist add_bind DOMAIN KDC` prints: what it did, and the bindings that there are now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KlistAddBind {
    /// The domain as typed.
    pub domain: String,
    /// The KDC as typed.
    pub kdc: String,
    /// The bindings, the new one among them.
    pub now: KlistBindings,
}

impl View for KlistAddBind {
    const ARTEFACT: Artefact = Artefact::KlistAddBind;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[Row::text("bound"), Row::number("entries")])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default(
            "entries",
            "a public output has the domain twice, once without DC flags; the lab keeps one binding a domain",
        ),
        Provenance::public("*", "a public output of Windows 10"),
    ];

    fn render(&self) -> String {
        format!(
            "{}\nDomain {}{BOUND}{}.\n{}",
            self.now.logon_id.line(),
            self.domain,
            self.kdc,
            self.now.render_entries()
        )
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        LogonId::frame(&mut reader);
        let bound = reader.lines().into_iter().find_map(|(at, line)| {
            let (_, kdc) = line.strip_prefix("Domain ")?.split_once(BOUND)?;
            Some((at, kdc.strip_suffix('.')?))
        });
        match bound {
            Some((at, kdc)) => {
                let block = reader.open("", at);
                reader.says(block, at, "bound", kdc);
            }
            None => reader.gap(0, "\"Domain … is now bound to KDC ….\""),
        }
        read_entries(&mut reader);
        reader.finish()
    }

    /// `bound`: the KDC; `entries`: how many bindings there are.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let known = |key, value| Fact::new(Self::ARTEFACT, source, key, Value::Known(value));
        vec![
            known("bound", self.kdc.clone()),
            known("entries", self.now.bindings.len().to_string()),
        ]
    }
}

/// What `klist purge_bind` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KlistPurgeBind {
    /// The logon session the command ran in.
    pub logon_id: LogonId,
}

impl View for KlistPurgeBind {
    const ARTEFACT: Artefact = Artefact::KlistPurgeBind;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[Row::yes_no("purged")])];
    const PROVENANCE: &'static [Provenance] = &[Provenance::public("*", "a public output of Windows Server")];

    fn render(&self) -> String {
        format!("{}\n{PURGED}\n", self.logon_id.line())
    }

    fn read(text: &str) -> Reading {
        super::purge::read_sentence(Self::ARTEFACT, text, &[], PURGED)
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        vec![Fact::new(Self::ARTEFACT, source, "purged", Value::yes_no(true))]
    }
}

const QUERIED: &str = "The kerberos KDC binding cache has been queried successfully.";
const PURGED: &str = "The kerberos KDC binding cache has been purged successfully.";
const BOUND: &str = " is now bound to KDC ";
const NO_NAME: &str = "(null)";
const COUNT: &str = "KDC binding cache entries: ";

/// The words of the flags, in the order in which klist prints them.
fn words(flags: u32) -> impl Iterator<Item = &'static str> {
    const WORDS: [(u32, &str); 18] = [
        (0x1, "PDC"),
        (0x4, "GC"),
        (0x8, "LDAP"),
        (0x10, "DS"),
        (0x20, "KDC"),
        (0x40, "TIMESERV"),
        (0x80, "CLOSEST_SITE"),
        (0x100, "WRITABLE"),
        (0x200, "GTIMESERV"),
        (0x1000, "FULL_SECRET"),
        (0x2000, "WS"),
        (0x4000, "DS_8"),
        (0x8000, "DS_9"),
        (0x1_0000, "DS_10"),
        (0x2_0000, "KEYLIST"),
        (0x2000_0000, "DNS_DC"),
        (0x4000_0000, "DNS_DOMAIN"),
        (0x8000_0000, "DNS_FOREST"),
    ];
    WORDS
        .into_iter()
        .filter(move |(bit, _)| flags & bit != 0)
        .map(|(_, word)| word)
}
