//! What the program's exit codes mean. Scripts may rely on them.

/// All expectations held, or the command did what was asked.
pub(crate) const OK: u8 = 0;
/// A scenario ran and an expectation failed.
pub(crate) const EXPECTATION_FAILED: u8 = 1;
/// The input was bad: an unknown name, a wrong flag, a file that is not what it should be. Nothing was run.
pub(crate) const BAD_INPUT: u8 = 2;
/// The machine refused: a port is taken, a file cannot be written, no lab is running.
pub(crate) const ENVIRONMENT: u8 = 3;
