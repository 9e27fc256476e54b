//! When a lab on sockets ends: Ctrl-C, a request to end, the end of its terminal, or the end of its time.

use std::io;
use std::time::Duration;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What ends a lab. From when it is made, a signal no longer kills the program, so that the lab can clear up.
pub(super) struct Ending {
    seconds: Option<u64>,
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    /// `None` where the program was started so that it outlives its terminal, as nohup does.
    #[cfg(unix)]
    hangup: Option<Signal>,
}

impl Ending {
    /// Listens to signals; with `seconds`, the lab ends by itself as well.
    ///
    /// # Errors
    /// The system refuses.
    #[cfg(unix)]
    pub(super) fn new(seconds: Option<u64>) -> io::Result<Self> {
        Ok(Self {
            seconds,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: match hangup_is_ignored() {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
        })
    }

    /// Listens to signals; with `seconds`, the lab ends by itself as well.
    ///
    /// # Errors
    /// None here.
    #[cfg(not(unix))]
    pub(super) fn new(seconds: Option<u64>) -> io::Result<Self> {
        Ok(Self { seconds })
    }

    /// Waits for the end.
    #[cfg(unix)]
    pub(super) async fn wait(mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = time(self.seconds) => {}
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }

    /// Waits for the end.
    #[cfg(not(unix))]
    pub(super) async fn wait(self) {
        tokio::select! {
            () = time(self.seconds) => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}

async fn time(seconds: Option<u64>) {
    match seconds {
        Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
        None => std::future::pending().await,
    }
}

/// Whether SIGHUP was ignored when the program began. Where the system does not say it is not.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        // SIGHUP is 1, the lowest bit
        .is_some_and(|mask| mask & 1 != 0)
}
