//! `klist query_bind`, `add_bind` and `purge_bind`: which KDC Kerberos is bound to, domain by domain.

use super::LogonId;
use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, ReadError, Source, Value, View};

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

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let logon_id = LogonId::find(&mut lines)?;
        let bindings = Self::read_entries(&mut lines)?;
        Ok(Self { logon_id, bindings })
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

    fn read_entries(lines: &mut Lines<'_>) -> Result<Vec<Binding>, ReadError> {
        let count: usize = lines.find("how many bindings there are", |line| {
            line.strip_prefix(COUNT.trim_end())?
                .trim()
                .strip_prefix('(')?
                .strip_suffix(')')?
                .parse()
                .ok()
        })?;
        let mut bindings = Vec::new();
        for _ in 0..count {
            let mut row = |key: &'static str| {
                lines.find(key, |line| {
                    let (_, value) = line.split_once(key)?;
                    Some(value.strip_prefix(':')?.trim().to_owned())
                })
            };
            let (realm, address, kdc) = (row("RealmName")?, row("KDC Address")?, row("KDC Name")?);
            let flags = row("DC Flags")?;
            let number = flags.split_whitespace().next().unwrap_or_default();
            let dc_flags = u32::from_str_radix(number.trim_start_matches("0x"), 16)
                .map_err(|_| lines.error("flags in hexadecimal digits"))?;
            bindings.push(Binding {
                realm,
                address,
                kdc,
                dc_flags,
            });
        }
        Ok(bindings)
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

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let logon_id = LogonId::find(&mut lines)?;
        let (domain, kdc) = lines.find("\"Domain … is now bound to KDC ….\"", |line| {
            let (domain, kdc) = line.strip_prefix("Domain ")?.split_once(BOUND)?;
            Some((domain.to_owned(), kdc.strip_suffix('.')?.to_owned()))
        })?;
        let bindings = KlistBindings::read_entries(&mut lines)?;
        Ok(Self {
            domain,
            kdc,
            now: KlistBindings { logon_id, bindings },
        })
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

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        let logon_id = LogonId::find(&mut lines)?;
        lines.find("that the bindings are purged", |line| {
            (line == PURGED).then_some(())
        })?;
        Ok(Self { logon_id })
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
