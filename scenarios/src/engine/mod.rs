//! Runs scenarios: their steps in a world, their expectations against what was then to be seen.

mod act;
mod observe;
mod repeat;
mod run;

pub use repeat::{MOST_FAILURES, RepeatFrom, RepeatOptions, RepeatReport, repeat};
pub use run::{Run, RunError, RunOptions, RunReport};
