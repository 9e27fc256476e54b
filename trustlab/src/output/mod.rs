//! What the program writes for its user.

pub(crate) mod stdout;
