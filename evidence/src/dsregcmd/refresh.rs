//! `dsregcmd /refreshprt`: marks the primary refresh token to be refreshed, and says nothing.

use crate::provenance::Provenance;
use crate::reading::{Reader, Reading};
use crate::row::Block;
use crate::{Artefact, Fact, Source, View};

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

    /// There is nothing to understand in it.
    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        reader.whole(true);
        reader.finish()
    }

    fn facts(&self, _: &Source) -> Vec<Fact> {
        Vec::new()
    }
}
