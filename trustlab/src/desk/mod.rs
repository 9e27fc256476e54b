//! Sitting down at a machine of the lab: what can be typed there, and what it prints.
//!
//! The same commands work in a running lab and in a paused run; only the network beneath differs.

pub(crate) mod act;
pub(crate) mod command;

/// What a command printed, as a shell would see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Printed {
    /// Exactly what Windows' tool would print.
    pub(crate) stdout: String,
    /// What the lab has to add.
    pub(crate) stderr: String,
    /// 0 when it worked.
    pub(crate) code: u8,
    /// A file the command made, for the one who typed to store.
    pub(crate) file: Option<(String, Vec<u8>)>,
}

impl Printed {
    /// Output of a command that worked.
    pub(crate) fn ok(stdout: impl Into<String>) -> Self {
        Self {
            stdout: stdout.into(),
            ..Self::default()
        }
    }

    /// Output of a command that failed.
    pub(crate) fn failed(stderr: impl Into<String>) -> Self {
        Self {
            stderr: stderr.into(),
            code: 1,
            ..Self::default()
        }
    }
}
