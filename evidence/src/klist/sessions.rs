//! `klist sessions`: the logon sessions of a machine.

use super::LogonId;
use crate::provenance::Provenance;
use crate::reading::{Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// What `klist sessions` prints, which needs an elevated window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KlistSessions {
    /// The logon session the command ran in.
    pub logon_id: LogonId,
    /// All sessions, newest first.
    pub sessions: Vec<Session>,
}

/// One logon session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The terminal session: 0 for services, 1 for the first person.
    pub terminal: u32,
    /// Its LUID.
    pub id: LogonId,
    /// `FERNHILL\ada`.
    pub account: String,
    /// The package that opened it: `Kerberos`, `CloudAP`, `Negotiate`.
    pub package: String,
    /// `Interactive`, `CachedInteractive`, `Service`, or `(0)`.
    pub logon_type: String,
}

impl View for KlistSessions {
    const ARTEFACT: Artefact = Artefact::KlistSessions;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::number("sessions"),
        Row::text("session *"),
    ])];
    const PROVENANCE: &'static [Provenance] = &[Provenance::lab_default(
        "*",
        "the layout of public outputs of domain members; the package of an Entra sign-in is the lab's",
    )];

    fn render(&self) -> String {
        let mut text = self.logon_id.line() + "\n";
        for (index, session) in self.sessions.iter().enumerate() {
            text.push_str(&format!(
                "[{index}] Session {} {} {} {}:{}\n",
                session.terminal, session.id, session.account, session.package, session.logon_type
            ));
        }
        text
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        LogonId::frame(&mut reader);
        let mut block = None;
        let mut count = 0;
        let mut last = None;
        for (at, line) in reader.lines() {
            let Some((number, session)) = Session::parse(line) else {
                continue;
            };
            let block = *block.get_or_insert_with(|| reader.open("", at));
            let how = format!("{}:{}", session.package, session.logon_type);
            reader.says(block, at, format!("session {}", session.account), &how);
            last = Some((at, session.id)).filter(|_| number == count);
            count += 1;
        }
        match (block, last) {
            // no machine is without the session of SYSTEM, which began before all others
            (Some(block), Some((at, SYSTEM))) => {
                reader.says(block, at, "sessions", &count.to_string());
                reader.close(block, true, "");
            }
            (Some(block), _) => reader.close(block, false, "sessions, up to that of SYSTEM (0:0x3e7)"),
            (None, _) => reader.gap(0, "\"[N] Session N 0:0x… ACCOUNT PACKAGE:TYPE\""),
        }
        reader.finish()
    }

    /// `sessions`: how many; and for each account its package and logon type.
    fn facts(&self, source: &Source) -> Vec<Fact> {
        let fact = |key: String, value: String| Fact::new(Self::ARTEFACT, source, key, Value::Known(value));
        let mut facts = vec![fact("sessions".into(), self.sessions.len().to_string())];
        for session in &self.sessions {
            facts.push(fact(
                format!("session {}", session.account),
                format!("{}:{}", session.package, session.logon_type),
            ));
        }
        facts
    }
}

/// The session of the system itself.
const SYSTEM: LogonId = LogonId { high: 0, low: 0x3e7 };

impl Session {
    /// A session and its number.
    fn parse(line: &str) -> Option<(usize, Self)> {
        let (number, rest) = line.strip_prefix('[')?.split_once("] Session ")?;
        let (terminal, rest) = rest.split_once(' ')?;
        let (id, rest) = rest.split_once(' ')?;
        // accounts may hold blanks: NT AUTHORITY\LOCAL SERVICE
        let (account, how) = rest.rsplit_once(' ')?;
        let (package, logon_type) = how.split_once(':')?;
        let session = Self {
            terminal: terminal.parse().ok()?,
            id: LogonId::parse(id)?,
            account: account.to_owned(),
            package: package.to_owned(),
            logon_type: logon_type.to_owned(),
        };
        Some((number.parse().ok()?, session))
    }
}
