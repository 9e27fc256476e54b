//! What the benches and the fuzz targets share: a small domain with a client that has every part of its messages in
//! hand, the morning that whole runs are measured with, and the bare cryptography of what is measured.

pub mod entra;
pub mod floor;
pub mod lab;
pub mod morning;
