//! `netsh winhttp show proxy`: the proxy of the machine, through which Entra is reached at sign-in.

use crate::provenance::Provenance;
use crate::reading::{Reader, Reading, row};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// What `netsh winhttp show proxy` prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WinHttpProxy {
    /// No proxy.
    #[default]
    Direct,
    /// A proxy.
    Named {
        /// Host and port.
        servers: String,
        /// What is reached without it.
        bypass: Option<String>,
    },
}

impl View for WinHttpProxy {
    const ARTEFACT: Artefact = Artefact::WinHttp;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[Row::text(SERVERS), Row::text(BYPASS)])];
    const PROVENANCE: &'static [Provenance] =
        &[Provenance::public("*", "Microsoft Learn and public outputs")];

    fn render(&self) -> String {
        let rows = match self {
            Self::Direct => format!("    {DIRECT}\n"),
            Self::Named { servers, bypass } => format!(
                "    {SERVERS} :  {servers}\n    {BYPASS}     :  {}\n",
                bypass.as_deref().unwrap_or(NONE)
            ),
        };
        format!("\n{HEADING}\n\n{rows}\n")
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        let mut block = None;
        for (at, line) in reader.lines() {
            match line {
                HEADING => {
                    reader.frame(at);
                    block = Some(reader.open("", at));
                }
                DIRECT => {
                    reader.frame(at);
                    let block = *block.get_or_insert_with(|| reader.open("", at));
                    reader.close(block, true, "");
                }
                _ => {
                    if let Some((key @ (SERVERS | BYPASS), value)) = row(line) {
                        let block = *block.get_or_insert_with(|| reader.open("", at));
                        let value = Some(value).filter(|value| *value != NONE);
                        reader.fact(block, at, key, Value::of(value));
                    }
                }
            }
        }
        match block {
            Some(block) if reader.blocks().get(block).is_some_and(|block| block.is_whole) => {}
            Some(block) => {
                let whole = reader.has(block, SERVERS) && reader.has(block, BYPASS);
                reader.close(block, whole, "the proxy, or that there is none");
            }
            None => reader.gap(0, format!("{HEADING:?}")),
        }
        reader.finish()
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        let (servers, bypass) = match self {
            Self::Direct => (None, None),
            Self::Named { servers, bypass } => (Some(servers), bypass.as_ref()),
        };
        vec![
            Fact::new(Self::ARTEFACT, source, SERVERS, Value::of(servers)),
            Fact::new(Self::ARTEFACT, source, BYPASS, Value::of(bypass)),
        ]
    }
}

const HEADING: &str = "Current WinHTTP proxy settings:";
const DIRECT: &str = "Direct access (no proxy server).";
const SERVERS: &str = "Proxy Server(s)";
const BYPASS: &str = "Bypass List";
const NONE: &str = "(none)";
