//! The control socket of a running lab: `trustlab at` types, the lab answers. One JSON object a line each way.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::desk::Printed;

/// A line typed at a machine.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Typed {
    /// The machine.
    pub(crate) host: String,
    /// Who types; the machine's own user when absent.
    pub(crate) user: Option<String>,
    /// The words.
    pub(crate) command: Vec<String>,
}

/// Where the socket of a lab in `dir` is.
pub(crate) fn socket_path(dir: &Path) -> PathBuf {
    dir.join("control.sock")
}

/// Where the directory of the lab that this user started last is remembered.
pub(crate) fn last_lab_path() -> PathBuf {
    let base = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let user = std::env::var("USER").unwrap_or_else(|_| "nobody".to_owned());
    base.join(format!("trustlab-{user}.last"))
}

/// Types one line at a running lab.
///
/// # Errors
/// The lab in `dir` does not run, or its answer is no answer.
#[cfg(unix)]
pub(crate) fn type_at(dir: &Path, typed: &Typed) -> io::Result<Printed> {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;

    let mut stream = UnixStream::connect(socket_path(dir))?;
    let mut line = serde_json::to_vec(typed)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(serde_json::from_str(&answer)?)
}

/// Types one line at a running lab.
///
/// # Errors
/// Always: the control socket is a Unix socket.
#[cfg(not(unix))]
pub(crate) fn type_at(_dir: &Path, _typed: &Typed) -> io::Result<Printed> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "a running lab is reached through a Unix socket",
    ))
}

/// Answers typed lines until the task is dropped. The socket is readable by its owner alone.
#[cfg(unix)]
pub(crate) async fn serve<A>(listener: tokio::net::UnixListener, answer: A)
where
    A: AsyncFn(Typed) -> Printed,
{
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

    const LINE_BYTES_MAX: u64 = 64 * 1024;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let (read, mut write) = stream.into_split();
        let mut line = String::new();
        let mut lines = BufReader::new(read.take(LINE_BYTES_MAX));
        if lines.read_line(&mut line).await.is_err() {
            continue;
        }
        let printed = match serde_json::from_str(&line) {
            Ok(typed) => answer(typed).await,
            Err(error) => Printed::failed(format!("not a line for this lab: {error}\n")),
        };
        if let Ok(mut line) = serde_json::to_vec(&printed) {
            line.push(b'\n');
            let _ = write.write_all(&line).await;
        }
    }
}
