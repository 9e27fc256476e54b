//! The standard output. Whatever is printed goes through here, so that a line that was lost ends in exit code 3 and not in 0.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the owner of the standard output"
)]

use std::io::{self, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use crate::exit;

/// What became of the standard output so far.
static STATE: AtomicU8 = AtomicU8::new(OPEN);
const OPEN: u8 = 0;
/// The reader has seen enough, as `| head` does: nothing is printed any more, and that is no failure.
const CLOSED: u8 = 1;
/// Something was lost.
const FAILED: u8 = 2;

/// Prints a text at once. [`code`] tells at the end whether all of it could be written.
pub(crate) fn print(text: &str) {
    // the failure is kept in the state
    let _ = write(text.as_bytes());
}

/// Writes octets at once.
///
/// # Errors
/// They were not written, or something before them was not. A closed pipe is no error.
pub(super) fn write(octets: &[u8]) -> io::Result<()> {
    match STATE.load(Ordering::Relaxed) {
        OPEN => {
            let mut out = io::stdout().lock();
            let result = out.write_all(octets).and_then(|()| out.flush());
            drop(out);
            noted(result)
        }
        CLOSED => Ok(()),
        _ => Err(io::Error::other("the standard output takes no more")),
    }
}

/// Keeps what came of a write to the standard output that a library made.
pub(crate) fn note(written: io::Result<()>) {
    // the failure is kept in the state
    let _ = noted(written.and_then(|()| io::stdout().flush()));
}

fn noted(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            STATE.fetch_max(CLOSED, Ordering::Relaxed);
            Ok(())
        }
        Err(error) => {
            if STATE.swap(FAILED, Ordering::Relaxed) != FAILED {
                let _ = writeln!(io::stderr(), "error: standard output: {error}");
            }
            Err(error)
        }
        Ok(()) => Ok(()),
    }
}

/// Whether something that was printed is lost.
pub(crate) fn has_failed() -> bool {
    STATE.load(Ordering::Relaxed) == FAILED
}

/// The exit code of the program, which would be `code` if all that it printed was written.
pub(crate) fn code(code: u8) -> u8 {
    if has_failed() { exit::ENVIRONMENT } else { code }
}

/// The handle, to compare a file with, or to ask how wide it is.
pub(crate) fn handle() -> io::Stdout {
    io::stdout()
}
