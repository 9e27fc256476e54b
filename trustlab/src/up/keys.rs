//! Files that hold keys follow the keys: they are written anew when the directories changed.

use std::path::PathBuf;
use std::sync::Arc;

use kdc_sim::DomainSnapshot;
use kerberos::Timestamp;
use scenarios::world::World;

use super::dir::{DirError, LabDir};
use super::estate::Estate;
use crate::output::{self, Readers};
use crate::run::export;

/// The files of a running lab that hold keys.
pub(crate) struct KeyFiles {
    dir: Arc<LabDir>,
    /// Where the keys go that decrypt a capture.
    keytab: Option<PathBuf>,
    /// The directories whose keys were written last.
    written: Vec<DomainSnapshot>,
}

impl KeyFiles {
    /// Files in `dir` that hold the keys of `world`, and `keytab` beside them.
    pub(crate) fn new(dir: Arc<LabDir>, keytab: Option<PathBuf>, world: &World) -> Self {
        Self {
            dir,
            keytab,
            written: world.domains().to_vec(),
        }
    }

    /// Writes the keytab that was asked for.
    ///
    /// # Errors
    /// It cannot be written; the error names it.
    pub(crate) fn write_keytab(&self, world: &World) -> Result<(), DirError> {
        let Some(path) = &self.keytab else { return Ok(()) };
        let octets = export::keytab(world).write()?;
        Ok(output::write(path, &octets, Readers::Owner)?)
    }

    /// Writes everything anew if a directory changed since.
    pub(crate) fn follow(&mut self, estate: &Estate, world: &World, now: Timestamp) {
        let domains = world.domains();
        let same = self.written.len() == domains.len()
            && self
                .written
                .iter()
                .zip(domains)
                .all(|(old, new)| old.is_same(new));
        if same || estate.on_prem.is_some() {
            return;
        }
        self.written = domains.to_vec();
        estate.live.filing().add_keys(&export::keytab(world));
        let written = self
            .dir
            .write_keys(estate, domains, now)
            .and_then(|()| self.write_keytab(world));
        if let Err(error) = written {
            tracing::warn!(%error, "keys changed, and the files that hold them did not");
        }
    }
}
