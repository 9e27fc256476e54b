//! The world the simulated actors live in, the scenario language and its library

pub mod rng;
pub mod world;
pub mod lab;
pub mod language;
