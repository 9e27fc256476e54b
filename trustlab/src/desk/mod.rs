//! Sitting down at a machine of the lab: what can be typed there, and what it prints.
//!
//! The same commands work in a running lab and in a paused run; only the [`lab::Lab`] beneath differs.
//!
//! | file | what it holds |
//! |---|---|
//! | `command` | the table of commands, which every group is entered in |
//! | `work`, `tickets`, `tools`, `powershell`, `verbs` | groups of commands |
//! | `shown` | how a view is printed: Windows' text, and what rests on no public source |
//! | `lab`, `seat`, `sitting` | what a command acts on: the lab, a device, the machine and the person at it |
//! | `story` | what was done, to be written as a scenario |
//! | `control`, `last` | the way to a lab from another process, and which lab is meant |
//! | `prompt`, `paste`, `line`, `complete`, `clock` | typing |

pub(crate) mod clock;
pub(crate) mod command;
mod complete;
mod context;
pub(crate) mod control;
mod klist;
pub(crate) mod lab;
pub(crate) mod last;
pub(crate) mod line;
mod management;
mod paste;
pub(crate) mod powershell;
pub(crate) mod prompt;
pub(crate) mod seat;
mod shown;
pub(crate) mod sitting;
pub(crate) mod story;
mod tickets;
mod tools;
mod verbs;
mod why;
mod work;

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

    /// A command that worked and prints nothing; the lab says what came of it.
    pub(crate) fn noted(stderr: impl Into<String>) -> Self {
        Self {
            stderr: stderr.into(),
            ..Self::default()
        }
    }

    /// What was asked for is not there: nothing was typed.
    pub(crate) fn refused(stderr: impl Into<String>) -> Self {
        Self {
            stderr: stderr.into(),
            code: crate::exit::BAD_INPUT,
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
