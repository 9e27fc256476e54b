//! Files that a user named: regular ones are replaced in one step, into devices and pipes is written, and keys go nowhere
//! where others could read them.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::stdout;
use crate::folder::{self, same};

/// Who may read what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// The user alone: keys, tickets, passwords.
    Owner,
    /// Whoever the file that is there lets read, or the umask where there is none.
    Anyone,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub(crate) struct WriteError {
    path: PathBuf,
    cause: Cause,
}

impl WriteError {
    pub(super) fn new(path: &Path, cause: impl Into<Cause>) -> Self {
        Self {
            path: path.to_owned(),
            cause: cause.into(),
        }
    }
}

/// What stands in the way.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cause {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("is a directory; name a file")]
    Directory,
    #[error("is a block device; name a file")]
    BlockDevice,
    #[error("is a symbolic link to nothing; make the file it leads to, or name that")]
    LinkToNothing,
    #[error("others could read the keys there; chmod 600 it first, or name a new file")]
    ReadByOthers,
    #[error("belongs to another user, who could read the keys there; name a new file")]
    AnotherOwner,
    #[error("was exchanged for another file meanwhile")]
    Exchanged,
}

/// Writes `octets` to what a user named. A regular file is replaced in one step, so that a reader finds the old content or
/// the new; a symbolic link stays and the file it leads to is replaced. Character devices, pipes, the standard output and
/// files that are mounted by themselves are written into.
///
/// # Errors
/// The file cannot be written, is a directory or a block device, or others could read there what is for its owner alone.
pub(crate) fn write(path: &Path, octets: &[u8], readers: Readers) -> Result<(), WriteError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => {
            return replace(path, octets, readers);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(WriteError::new(path, Cause::LinkToNothing));
        }
        Err(error) => return Err(WriteError::new(path, error)),
    };
    write_existing(path, &metadata, octets, readers).map_err(|cause| WriteError::new(path, cause))
}

fn write_existing(path: &Path, metadata: &Metadata, octets: &[u8], readers: Readers) -> Result<(), Cause> {
    if metadata.is_dir() {
        return Err(Cause::Directory);
    }
    if is_stdout(metadata) {
        if readers == Readers::Owner && metadata.is_file() && others_read(metadata) {
            return Err(Cause::ReadByOthers);
        }
        return Ok(stdout::write(octets)?);
    }
    special(metadata, readers)?;
    // opened first: the system decides who may write there and which links are followed
    let mut file = OpenOptions::new().write(true).open(path)?;
    if !same(&file.metadata()?, metadata) {
        return Err(Cause::Exchanged);
    }
    if !metadata.is_file() {
        return Ok(file.write_all(octets)?);
    }
    let path = path.canonicalize()?;
    if !same(&fs::symlink_metadata(&path)?, metadata) {
        return Err(Cause::Exchanged);
    }
    let mode = match readers {
        Readers::Owner => Mode::Owner,
        Readers::Anyone => Mode::As(metadata.permissions()),
    };
    match rename_over(&path, octets, mode) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
            // something is mounted on it, as containers do with single files: it can be written, and not be replaced
            if readers == Readers::Owner {
                owners_alone(metadata)?;
            }
            file.set_len(0)?;
            Ok(file.write_all(octets)?)
        }
        result => Ok(result?),
    }
}

/// Puts a new file where `path` is, in one step. A symbolic link, or whatever else is there, is replaced and never followed:
/// this is for files whose names the program chose, in a directory that is its user's.
///
/// # Errors
/// The file cannot be made.
pub(crate) fn replace(path: &Path, octets: &[u8], readers: Readers) -> Result<(), WriteError> {
    let mode = match readers {
        Readers::Owner => Mode::Owner,
        Readers::Anyone => Mode::Umask,
    };
    rename_over(path, octets, mode).map_err(|error| WriteError::new(path, error))
}

/// The permissions of a new file.
enum Mode {
    Owner,
    Umask,
    As(fs::Permissions),
}

/// The new file has a name that nobody can guess, is made and never opened, and takes the place of the old one when it is whole.
fn rename_over(path: &Path, octets: &[u8], mode: Mode) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(
        &mut options,
        if matches!(mode, Mode::Umask) { 0o666 } else { 0o600 },
    );
    let mut builder = tempfile::Builder::new();
    builder.prefix(".trustlab-").suffix(".new");
    // errors of `make_in` are the system's, without the name of the temporary file, which says nothing to a user
    let mut file = builder.make_in(directory, |path| options.open(path))?;
    if let Mode::As(permissions) = mode {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file_mut().write_all(octets)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(unix)]
fn is_stdout(metadata: &Metadata) -> bool {
    use std::os::fd::AsFd;
    // a terminal and /dev/null are opened like any other device
    let is_device = std::os::unix::fs::FileTypeExt::is_char_device(&metadata.file_type());
    let stdout = stdout::handle().as_fd().try_clone_to_owned().map(File::from);
    !is_device
        && stdout
            .and_then(|file| file.metadata())
            .is_ok_and(|stdout| same(&stdout, metadata))
}

#[cfg(not(unix))]
fn is_stdout(_metadata: &Metadata) -> bool {
    false
}

/// Whether what is no regular file may be written into. A device keeps nothing that another could read later; a pipe is read by
/// whoever may open it.
#[cfg(unix)]
fn special(metadata: &Metadata, readers: Readers) -> Result<(), Cause> {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_block_device() {
        return Err(Cause::BlockDevice);
    }
    if readers == Readers::Owner && kind.is_fifo() {
        owners_alone(metadata)?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn special(_metadata: &Metadata, _readers: Readers) -> Result<(), Cause> {
    Ok(())
}

/// Refuses a file that somebody else could read when it has been written into.
fn owners_alone(metadata: &Metadata) -> Result<(), Cause> {
    if folder::another_owner(metadata).is_some() {
        return Err(Cause::AnotherOwner);
    }
    if others_read(metadata) {
        return Err(Cause::ReadByOthers);
    }
    Ok(())
}

fn others_read(metadata: &Metadata) -> bool {
    folder::mode(metadata) & 0o044 != 0
}
