//! Vectors and properties of the cryptography.
