//! Which labs this user has started, so that `trustlab at` finds the last one that still runs.

use std::path::{Path, PathBuf};

use super::control;
use crate::folder::{self, FolderError};
use crate::output::{Readers, WriteError, replace};

/// Why the list of labs cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListError {
    /// There is no directory for it.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Remembers a lab in `dir` as the last one; those that have ended are forgotten.
///
/// # Errors
/// The list cannot be written.
pub(crate) fn remember(dir: &Path) -> Result<(), ListError> {
    let session = folder::of_session()?;
    let (mut dirs, ended): (Vec<PathBuf>, Vec<PathBuf>) = started(&session)
        .into_iter()
        .filter(|other| other != dir)
        .partition(|other| control::answers(other));
    for dir in ended.iter().filter(|dir| is_of_a_run(dir, &session)) {
        // of a run that was killed; it holds a socket, which is of no use to anybody
        let _ = std::fs::remove_dir_all(dir);
    }
    dirs.push(dir.to_owned());
    let lines: String = dirs.iter().map(|dir| format!("{}\n", dir.display())).collect();
    Ok(replace(&list(&session), lines.as_bytes(), Readers::Owner)?)
}

/// The directory of the lab that was started last and still runs; when none runs, of the one that was started last.
///
/// # Errors
/// The list may be somebody else's.
pub(crate) fn last() -> Result<Option<PathBuf>, FolderError> {
    let mut dirs = started(&folder::of_session()?);
    let running = dirs.iter().rposition(|dir| control::answers(dir));
    Ok(match running {
        Some(index) => Some(dirs.swap_remove(index)),
        None => dirs.pop(),
    })
}

/// Where the control socket of a paused run is, which this process is.
///
/// # Errors
/// There is no directory for it.
pub(crate) fn of_this_run() -> Result<PathBuf, FolderError> {
    let name = format!("{RUN}{}", std::process::id());
    Ok(folder::of_session()?.join(name))
}

/// How the names of directories of paused runs begin.
const RUN: &str = "run-";

fn is_of_a_run(dir: &Path, session: &Path) -> bool {
    let name = dir.file_name().and_then(std::ffi::OsStr::to_str);
    dir.parent() == Some(session) && name.is_some_and(|name| name.starts_with(RUN))
}

fn started(session: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(list(session)).unwrap_or_default();
    text.lines()
        .filter(|line| !line.is_empty())
        .map(PathBuf::from)
        .collect()
}

fn list(session: &Path) -> PathBuf {
    session.join("labs")
}
