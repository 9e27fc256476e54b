//! The world the simulated actors live in, the scenario language and its library
