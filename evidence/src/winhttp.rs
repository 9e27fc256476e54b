//! `netsh winhttp show proxy`: the proxy of the machine, through which Entra is reached at sign-in.

use crate::lines::Lines;
use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Artefact, Fact, ReadError, Source, Value, View};

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

    fn read(text: &str) -> Result<Self, ReadError> {
        let mut lines = Lines::new(text);
        lines.find("\"Current WinHTTP proxy settings:\"", |line| {
            (line == HEADING).then_some(())
        })?;
        if lines.peek() == Some(DIRECT) {
            return Ok(Self::Direct);
        }
        let servers = lines.value(SERVERS)?.to_owned();
        let bypass = lines.value(BYPASS)?;
        Ok(Self::Named {
            servers,
            bypass: (bypass != NONE).then(|| bypass.to_owned()),
        })
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
