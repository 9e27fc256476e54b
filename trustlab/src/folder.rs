//! Whose a file or directory is, and the directory of a user for what lasts as long as a session.

use std::fs::{self, DirBuilder, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// Why a directory is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FolderError {
    /// The system refuses.
    #[error("{}: {cause}", path.display())]
    Io {
        /// What it was asked for.
        path: PathBuf,
        /// Its answer.
        cause: io::Error,
    },
    /// It is something else.
    #[error("{}: is no directory", .0.display())]
    NotADirectory(PathBuf),
    /// Whoever owns it can read and change what is in it.
    #[error("{}: belongs to another user (uid {owner}); name a directory of your own", path.display())]
    AnotherOwner {
        /// The directory.
        path: PathBuf,
        /// The owner.
        owner: u32,
    },
    /// Others can put files into it.
    #[error("{}: others may write there; chmod go-w it first, or name another directory", .0.display())]
    WrittenByOthers(PathBuf),
}

impl FolderError {
    /// What turns an answer of the system into an error that names the path.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |cause| Self::Io {
            path: path.to_owned(),
            cause,
        }
    }
}

/// The directory of this user for what lasts as long as a session: below `$XDG_RUNTIME_DIR`, else below the system's
/// temporary directory. Its name holds the user's number, so that no environment leads two users to one place.
///
/// # Errors
/// It cannot be made, or somebody else made it.
pub(crate) fn of_session() -> Result<PathBuf, FolderError> {
    let base = std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .unwrap_or_else(std::env::temp_dir);
    let path = base.join(format!("trustlab-{}", user()));
    make(&path)?;
    if fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
        return Err(FolderError::NotADirectory(path));
    }
    check(&path)?;
    Ok(path)
}

/// Makes a directory that nobody else can enter, with those above it. Returns whether it was not there before.
///
/// # Errors
/// The system refuses.
pub(crate) fn make(path: &Path) -> Result<bool, FolderError> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(FolderError::at(parent))?;
    }
    match private().create(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(FolderError::at(path)(error)),
    }
}

/// Checks that a directory is this user's, and that nobody else can put anything into it.
///
/// # Errors
/// It is not.
pub(crate) fn check(path: &Path) -> Result<(), FolderError> {
    let found = fs::metadata(path).map_err(FolderError::at(path))?;
    if !found.is_dir() {
        return Err(FolderError::NotADirectory(path.to_owned()));
    }
    if let Some(owner) = another_owner(&found) {
        return Err(FolderError::AnotherOwner {
            path: path.to_owned(),
            owner,
        });
    }
    if mode(&found) & 0o022 != 0 {
        return Err(FolderError::WrittenByOthers(path.to_owned()));
    }
    Ok(())
}

/// Whether both are of one file.
#[cfg(unix)]
pub(crate) fn same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether both are of one file.
#[cfg(not(unix))]
pub(crate) fn same(_one: &Metadata, _other: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

#[cfg(not(unix))]
fn private() -> DirBuilder {
    DirBuilder::new()
}

/// The user's number: names and the environment say what they like.
#[cfg(unix)]
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn user() -> u32 {
    0
}

/// Who owns something, when that is not this user.
#[cfg(unix)]
pub(crate) fn another_owner(found: &Metadata) -> Option<u32> {
    let owner = std::os::unix::fs::MetadataExt::uid(found);
    (owner != user()).then_some(owner)
}

/// Who owns something, when that is not this user.
#[cfg(not(unix))]
pub(crate) fn another_owner(_found: &Metadata) -> Option<u32> {
    None
}

/// What its owner, its group and others may do with it.
#[cfg(unix)]
pub(crate) fn mode(found: &Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(found) & 0o777
}

/// What its owner, its group and others may do with it.
#[cfg(not(unix))]
pub(crate) fn mode(_found: &Metadata) -> u32 {
    0o700
}
