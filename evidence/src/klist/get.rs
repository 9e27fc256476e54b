//! `klist get SPN`: asks for a ticket, and prints the cache or why there is none.

use super::{KlistTickets, LogonId, read_tickets};
use crate::provenance::Provenance;
use crate::reading::{Reader, Reading, row};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// What `klist get` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KlistGet {
    /// The ticket is in the cache.
    Retrieved {
        /// The service principal name as typed.
        spn: String,
        /// The cache, with the new ticket.
        cache: KlistTickets,
    },
    /// There is none.
    Failed {
        /// The logon session the command ran in.
        logon_id: LogonId,
        /// The second status of the call to the LSA.
        substatus: u32,
        /// The status that ended the command.
        status: u32,
        /// The system's text for it; `None` where Windows prints none.
        text: Option<String>,
    },
}

impl KlistGet {
    /// A failure with the system's text for its status, where that is known.
    pub fn failed(logon_id: LogonId, status: u32, substatus: u32) -> Self {
        let text = STATUS_TEXTS.iter().find(|(number, _)| *number == status);
        Self::Failed {
            logon_id,
            substatus,
            status,
            text: text.map(|(_, text)| (*text).to_owned()),
        }
    }
}

impl View for KlistGet {
    const ARTEFACT: Artefact = Artefact::KlistGet;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::text("retrieved"),
        Row::text("status"),
        Row::text("substatus"),
    ])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default(
            "substatus",
            "public with 0xc000005e (0x51f), 0xc00002fd (0x80090342) and 0x80090303 (0x35); else the lab repeats the status",
        ),
        Provenance::public("retrieved", "public outputs of Windows 10 and of containers"),
        Provenance::public("status", "public outputs of three failures"),
    ];

    fn render(&self) -> String {
        match self {
            Self::Retrieved { spn, cache } => format!(
                "{}\nA ticket to {spn} has been retrieved successfully.\n\n{}",
                cache.logon_id.line(),
                cache.render_tickets()
            ),
            Self::Failed {
                logon_id,
                substatus,
                status,
                text,
            } => {
                let signed = i32::from_ne_bytes(status.to_ne_bytes());
                let text = text.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
                format!(
                    "{}\n{SUBSTATUS}: {substatus:#x}\n\nklist failed with {status:#x}/{signed}{text}\n",
                    logon_id.line()
                )
            }
        }
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        LogonId::frame(&mut reader);
        let mut block = None;
        for (at, line) in reader.lines() {
            let spn = line
                .strip_prefix("A ticket to ")
                .and_then(|rest| rest.strip_suffix(" has been retrieved successfully."));
            let failed = line
                .strip_prefix("klist failed with ")
                .and_then(|rest| rest.split_once('/'));
            let substatus = row(line).filter(|(key, _)| *key == SUBSTATUS);
            if spn.is_none() && failed.is_none() && substatus.is_none() {
                continue;
            }
            let block = *block.get_or_insert_with(|| reader.open("", at));
            if let Some(spn) = spn {
                reader.says(block, at, "retrieved", spn);
                reader.close(block, true, "");
            }
            if let Some((status, _)) = failed {
                reader.says(block, at, "status", status);
                reader.close(block, true, "");
            }
            if let Some((_, substatus)) = substatus {
                reader.says(block, at, "substatus", substatus);
            }
        }
        if !reader.blocks().iter().any(|block| block.is_whole) {
            reader.gap(0, "that a ticket has been retrieved, or why not");
        }
        if block.is_some_and(|block| reader.has(block, "retrieved")) {
            read_tickets(&mut reader);
        }
        reader.finish()
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        let fact = |key: &str, value: Value| Fact::new(Self::ARTEFACT, source, key, value);
        match self {
            Self::Retrieved { spn, .. } => vec![
                fact("retrieved", Value::Known(spn.clone())),
                fact("status", Value::Absent),
            ],
            Self::Failed {
                substatus, status, ..
            } => vec![
                fact("retrieved", Value::Absent),
                fact("status", Value::Known(format!("{status:#x}"))),
                fact("substatus", Value::Known(format!("{substatus:#x}"))),
            ],
        }
    }
}

const SUBSTATUS: &str = "Error calling API LsaCallAuthenticationPackage (GetTicket substatus)";

/// Texts as public outputs show them; 0xc000005e is shown without one.
const STATUS_TEXTS: [(u32, &str); 2] = [
    (
        0xC000_02FD,
        "The encryption type requested is not supported by the KDC.",
    ),
    (0x8009_0303, "The specified target is unknown or unreachable"),
];
