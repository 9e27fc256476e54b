//! The world the simulated actors live in, the scenario language and its library

pub mod cmdlets;
pub mod engine;
pub mod fault;
pub mod journal;
pub mod lab;
pub mod language;
pub mod library;
pub mod rng;
pub mod trace;
pub mod views;
pub mod world;
