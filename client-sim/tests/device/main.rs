//! The device against the emulated Entra, domain controllers and file servers themselves, in one program.

mod access;
mod entra;
mod hello;
mod lab;
mod locator;
mod on_prem;
