//! `dsregcmd /refreshprt`: marks the primary refresh token to be refreshed, and says nothing.

use crate::provenance::Provenance;
use crate::row::Block;
use crate::{Artefact, Fact, ReadError, Source, View};

/// The output of `dsregcmd /refreshprt`, of which none is public: the lab prints nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RefreshPrt;

impl View for RefreshPrt {
    const ARTEFACT: Artefact = Artefact::RefreshPrt;
    const BLOCKS: &'static [Block] = &[];
    const PROVENANCE: &'static [Provenance] = &[Provenance::lab_default(
        "*",
        "no output is public; the lab prints nothing. The refresh itself comes with the next unlock",
    )];

    fn render(&self) -> String {
        String::new()
    }

    /// # Errors
    /// There is text, which this lab knows nothing of.
    fn read(text: &str) -> Result<Self, ReadError> {
        match text.lines().position(|line| !line.trim().is_empty()) {
            None => Ok(Self),
            Some(index) => Err(ReadError {
                line: index + 1,
                expected: "nothing".to_owned(),
                found: text.lines().nth(index).unwrap_or_default().trim().to_owned(),
            }),
        }
    }

    fn facts(&self, _: &Source) -> Vec<Fact> {
        Vec::new()
    }
}
