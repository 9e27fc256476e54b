//! The on-premises side: an Active Directory domain, its KDC and its servers, without I/O.

pub mod directory;

pub use directory::{BuildError, DomainBuilder, DomainSnapshot};
