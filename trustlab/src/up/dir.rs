//! The directory of a running lab: who may have it, that one lab at a time has it, and what is left in it at the end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::folder::{self, FolderError};
use crate::output::{Readers, WriteError, replace};

/// Locked as long as a lab runs in the directory. It stays, and says that the directory is a lab's.
const LOCK: &str = "trustlab.lock";
/// The first line of the lock file.
const FORMAT: &str = "trustlab.lab-directory/1";
/// What says that a lab runs here: written when everything listens, removed when it ends.
const RUNNING: [&str; 3] = ["env.sh", "lab.json", "control.sock"];

/// Why a lab cannot have a directory.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirError {
    /// It cannot be used by anybody here.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file of the lab cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A key has no place in a keytab.
    #[error("keytab: {0}")]
    Keytab(#[from] kerberos::keytab::LimitError),
    /// What runs cannot be described.
    #[error("lab.json: {0}")]
    Json(#[from] serde_json::Error),
    /// Another lab has it.
    #[error("{}: a lab runs there already ({who}); stop it, or name another directory with --dir", dir.display())]
    Running {
        /// The directory.
        dir: PathBuf,
        /// The process.
        who: String,
    },
    /// It holds what is no lab's.
    #[error("{}: holds other files ({}) and no lab's; name a new or empty directory with --dir", dir.display(), example.display())]
    Occupied {
        /// The directory.
        dir: PathBuf,
        /// One of its files.
        example: PathBuf,
    },
    /// The file that holds the lab's secret is not to be trusted.
    #[error("{}: {why}; remove it, and the lab makes new keys", path.display())]
    Secret {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// The directory of a lab, for as long as this process has it.
pub(crate) struct LabDir {
    path: PathBuf,
    secret: Secret,
    made: Made,
    /// What has been done with it. Who writes holds it, so that nothing is written after the end.
    state: Mutex<State>,
    _lock: File,
}

/// What this process made of the directory, to be undone if no lab comes to run in it.
struct Made {
    directory: bool,
    lock: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Claimed,
    Written,
    Ended,
}

/// The secret from which every key of the lab follows.
struct Secret {
    value: u64,
    is_new: bool,
}

impl LabDir {
    /// Takes a directory, which is made if there is none, until [`LabDir::end`]. What a lab that was killed left behind and
    /// would look as if it ran is removed.
    ///
    /// # Errors
    /// It is another user's, another lab runs in it, or it holds what is no lab's. Then nothing in it was touched.
    pub(crate) fn claim(path: &Path) -> Result<Self, DirError> {
        let directory = folder::make(path)?;
        let path = path.canonicalize().map_err(FolderError::at(path))?;
        folder::check(&path)?;
        let (lock, is_new) = lock(&path)?;
        let dir = Self {
            secret: Secret::of(&path)?,
            path,
            made: Made {
                directory,
                lock: is_new,
            },
            state: Mutex::new(State::Claimed),
            _lock: lock,
        };
        dir.remove(&RUNNING)?;
        Ok(dir)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The secret from which every key of the lab follows: made once, kept for the next start in the same directory.
    pub(crate) const fn secret(&self) -> u64 {
        self.secret.value
    }

    /// Writes a file of the lab, for its owner alone. After the end nothing is written.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, name: &str, octets: &[u8]) -> Result<(), DirError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state == State::Ended {
            return Ok(());
        }
        if *state == State::Claimed {
            *state = State::Written;
            if self.secret.is_new {
                let text = format!("{:016x}\n", self.secret.value);
                replace(&self.path.join(SECRET), text.as_bytes(), Readers::Owner)?;
            }
        }
        Ok(replace(&self.path.join(name), octets, Readers::Owner)?)
    }

    /// The lab has ended: what is gone should not look as if it ran. Where it never ran, nothing is left.
    pub(crate) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ran = std::mem::replace(&mut *state, State::Ended) == State::Written;
        let removed = self.remove(&RUNNING).and_then(|()| {
            if !ran && self.made.lock {
                self.remove(&[LOCK])?;
            }
            if !ran && self.made.directory {
                fs::remove_dir(&self.path).map_err(FolderError::at(&self.path))?;
            }
            Ok(())
        });
        if let Err(error) = removed {
            tracing::warn!(%error, "a file of the lab that has ended is left");
        }
    }

    fn remove(&self, names: &[&str]) -> Result<(), FolderError> {
        for name in names {
            let path = self.path.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(FolderError::at(&path)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Locks a directory for this process. Returns whether it was no lab's before.
fn lock(dir: &Path) -> Result<(File, bool), DirError> {
    let path = dir.join(LOCK);
    let at = || FolderError::at(&path);
    if !path.exists()
        && let Some(entry) = fs::read_dir(dir).map_err(FolderError::at(dir))?.next()
    {
        return Err(occupied(
            dir,
            entry.map_err(FolderError::at(dir))?.file_name().into(),
        ));
    }
    let mut file = open(&path).map_err(at())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = file.read_to_string(&mut text);
            let who = read.ok().and_then(|_| text.lines().nth(1));
            return Err(DirError::Running {
                dir: dir.to_owned(),
                who: who.unwrap_or("its process is not known").to_owned(),
            });
        }
        Err(fs::TryLockError::Error(error)) => return Err(at()(error).into()),
    }
    // one that was removed after it was opened locks nothing
    let found = file
        .metadata()
        .and_then(|locked| Ok(folder::same(&locked, &fs::symlink_metadata(&path)?)));
    if !found.map_err(at())? {
        return Err(at()(io::Error::other("was exchanged meanwhile; try again")).into());
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(at())?;
    // an empty one is this process's, or that of one that was killed when it had made it
    if !text.is_empty() && text.lines().next() != Some(FORMAT) {
        return Err(occupied(dir, LOCK.into()));
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{FORMAT}\npid {}\n", std::process::id()))
        .map_err(at())?;
    Ok((file, text.is_empty()))
}

fn occupied(dir: &Path, example: PathBuf) -> DirError {
    DirError::Occupied {
        dir: dir.to_owned(),
        example,
    }
}

/// Opens the lock file, and makes it where there is none. A link is not followed.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let no_link = rustix::fs::OFlags::NOFOLLOW.bits();
        options.mode(0o600).custom_flags(no_link.cast_signed());
    }
    let file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || folder::another_owner(&found).is_some() {
        return Err(io::Error::other("is no file of this user"));
    }
    Ok(file)
}

/// The file that holds the secret.
const SECRET: &str = "secret";

impl Secret {
    /// That of an earlier lab in the directory, or a new one, which is not written yet.
    fn of(dir: &Path) -> Result<Self, DirError> {
        let path = dir.join(SECRET);
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    value: rand::random(),
                    is_new: true,
                });
            }
            Err(error) => return Err(FolderError::at(&path)(error).into()),
        };
        let refused = |why| DirError::Secret {
            path: path.clone(),
            why,
        };
        if !found.is_file() || folder::another_owner(&found).is_some() || folder::mode(&found) & 0o077 != 0 {
            return Err(refused("is no file that this user alone can read"));
        }
        let text = fs::read_to_string(&path).map_err(FolderError::at(&path))?;
        let value =
            u64::from_str_radix(text.trim(), 16).map_err(|_| refused("expected 16 hexadecimal digits"))?;
        Ok(Self { value, is_new: false })
    }
}
