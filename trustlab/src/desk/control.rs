//! The control socket of a lab, whether it runs on sockets or is a paused run: who types elsewhere asks here, the lab
//! answers. One JSON object a line each way, one exchange a connection.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::Printed;
use super::lab::{Answer, Request};
use crate::folder::{self, FolderError};

/// The name and version of the protocol.
const PROTOCOL: &str = "trustlab.control/1";

/// A request on the wire.
#[derive(Deserialize, Serialize)]
struct Envelope {
    control: String,
    request: Request,
}

/// A request on its way to the lab, and where its answer goes.
pub(crate) struct Asked {
    /// What is asked.
    pub(crate) request: Request,
    /// Where the answer goes; nobody may be waiting any more.
    pub(crate) reply: oneshot::Sender<Answer>,
}

/// Where requests go. The lab takes them one after another.
pub(crate) type Queue = mpsc::UnboundedSender<Asked>;

/// Asks a lab through its queue and waits for the answer. `None` when the lab has ended.
pub(crate) fn ask(queue: &Queue, request: Request) -> Option<Answer> {
    let (reply, answer) = oneshot::channel();
    queue.send(Asked { request, reply }).ok()?;
    answer.blocking_recv().ok()
}

/// Where the socket of a lab in `dir` is.
pub(crate) fn socket_path(dir: &Path) -> PathBuf {
    dir.join("control.sock")
}

/// Asks a lab through the socket in its directory.
///
/// # Errors
/// No lab runs in `dir`, or its answer is no answer. A [`FolderError`] inside says that the directory is not this user's: a
/// stranger's lab could answer with any file to be stored here.
#[cfg(unix)]
pub(crate) fn ask_at(dir: &Path, request: Request) -> io::Result<Answer> {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;

    folder::check(dir).map_err(|error| match error {
        FolderError::Io { cause, .. } => cause,
        refused => io::Error::new(io::ErrorKind::PermissionDenied, refused),
    })?;
    let mut stream = UnixStream::connect(socket_path(dir))?;
    let envelope = Envelope {
        control: PROTOCOL.to_owned(),
        request,
    };
    let mut line = serde_json::to_vec(&envelope)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}

/// Asks a lab through the socket in its directory.
///
/// # Errors
/// Always: the control socket is a Unix socket.
#[cfg(not(unix))]
pub(crate) fn ask_at(_dir: &Path, _request: Request) -> io::Result<Answer> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "a lab is reached through a Unix socket",
    ))
}

/// Whether a lab of this user runs in `dir`.
#[cfg(unix)]
pub(crate) fn answers(dir: &Path) -> bool {
    folder::check(dir).is_ok() && std::os::unix::net::UnixStream::connect(socket_path(dir)).is_ok()
}

/// Whether a lab runs in `dir`.
#[cfg(not(unix))]
pub(crate) fn answers(_dir: &Path) -> bool {
    false
}

/// Opens the control socket in `dir` and passes what comes to the queue, until the program ends. The socket is its owner's
/// alone.
///
/// # Errors
/// The socket cannot be made.
#[cfg(unix)]
pub(crate) fn open(dir: &Path, queue: Queue) -> io::Result<()> {
    let listener = listen(dir).map_err(|error| {
        let path = socket_path(dir);
        let advice = match error.kind() {
            io::ErrorKind::InvalidInput => "; name a directory with a shorter path",
            _ => "",
        };
        io::Error::new(error.kind(), format!("{}: {error}{advice}", path.display()))
    })?;
    let name = || "control".to_owned();
    std::thread::Builder::new().name(name()).spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let queue = queue.clone();
            // one who says nothing keeps nobody else waiting
            let served = std::thread::Builder::new().name(name()).spawn(move || {
                if let Err(error) = serve(stream, &queue) {
                    tracing::debug!(%error, "a line on the control socket");
                }
            });
            if let Err(error) = served {
                tracing::warn!(%error, "a line on the control socket is not answered");
            }
        }
    })?;
    Ok(())
}

/// Makes the socket where nobody else can enter, and moves it to its place when nobody else can connect.
#[cfg(unix)]
fn listen(dir: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    use std::fs::{Permissions, rename, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    let mut private = tempfile::Builder::new();
    // short: the path of a socket has at most 107 octets, and this one is no longer than its last
    private.prefix(".").permissions(Permissions::from_mode(0o700));
    let private = private.tempdir_in(dir)?;
    let path = private.path().join("s");
    let listener = std::os::unix::net::UnixListener::bind(&path)?;
    set_permissions(&path, Permissions::from_mode(0o600))?;
    rename(&path, socket_path(dir))?;
    Ok(listener)
}

/// Reads one request, passes it on, writes the answer.
#[cfg(unix)]
fn serve(stream: std::os::unix::net::UnixStream, queue: &Queue) -> io::Result<()> {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::time::Duration;

    const LINE_BYTES_MAX: u64 = 64 * 1024;
    const PATIENCE: Duration = Duration::from_secs(10);
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new((&stream).take(LINE_BYTES_MAX)).read_line(&mut line)?;
    let answer = match serde_json::from_str::<Envelope>(&line) {
        Ok(envelope) if envelope.control == PROTOCOL => {
            ask(queue, envelope.request).unwrap_or_else(|| Printed::failed("the lab has ended\n").into())
        }
        Ok(envelope) => {
            let other = envelope.control;
            Printed::failed(format!("this lab speaks {PROTOCOL} and not {other:?}\n")).into()
        }
        Err(error) => Printed::failed(format!("not a line for this lab: {error}\n")).into(),
    };
    let mut octets = serde_json::to_vec(&answer)?;
    octets.push(b'\n');
    (&stream).write_all(&octets)
}
