//! Which labs this user has started, so that `trustlab at` finds the last one that still runs.

use std::path::{Path, PathBuf};

use super::control;
use crate::output::{Readers, WriteError, replace};

/// Remembers a lab in `dir` as the last one; those that have ended are forgotten.
///
/// # Errors
/// The list cannot be written.
pub(crate) fn remember(dir: &Path) -> Result<(), WriteError> {
    let mut dirs: Vec<PathBuf> = started()
        .into_iter()
        .filter(|other| other != dir && control::answers(other))
        .collect();
    dirs.push(dir.to_owned());
    let lines: String = dirs.iter().map(|dir| format!("{}\n", dir.display())).collect();
    replace(&list(), lines.as_bytes(), Readers::Owner)
}

/// The directory of the lab that was started last and still runs; when none runs, of the one that was started last.
pub(crate) fn last() -> Option<PathBuf> {
    let mut dirs = started();
    let running = dirs.iter().rposition(|dir| control::answers(dir));
    match running {
        Some(index) => Some(dirs.swap_remove(index)),
        None => dirs.pop(),
    }
}

fn started() -> Vec<PathBuf> {
    let text = std::fs::read_to_string(list()).unwrap_or_default();
    text.lines()
        .filter(|line| !line.is_empty())
        .map(PathBuf::from)
        .collect()
}

fn list() -> PathBuf {
    let user = std::env::var("USER").unwrap_or_else(|_| "nobody".to_owned());
    runtime_dir().join(format!("trustlab-{user}.last"))
}

/// Where what lasts as long as a session of this user goes.
pub(crate) fn runtime_dir() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from)
}
