//! The primary refresh token protocol of Entra ID (MS-OAPXBC and what public clients show of its present form).
//!
//! Both ends of the protocol build on this crate: the emulated Entra and the simulated device. It does no I/O, reads no
//! clock and draws randomness only from the generator it is given.
//!
//! | module | what it holds |
//! |---|---|
//! | [`rsa_key`] | RSA keys, the public key blob, the key id of a Hello key |
//! | [`pool`] | RSA keys made beforehand, by index; public, for the lab only |
//! | [`kdf`] | the session key and the keys derived from it |
//! | [`jose`] | signed and encrypted compact tokens, as this protocol bends them |
//! | [`messages`] | requests and replies as types |
//! | [`form`] | `application/x-www-form-urlencoded` |
//! | [`cert`] | the certification request and the certificate of a device |

pub mod cert;
pub mod form;
pub mod jose;
pub mod kdf;
pub mod messages;
pub mod pool;
pub mod rsa_key;

pub use jose::JoseError;
pub use kdf::{DerivedKey, KdfVersion, SessionKey};
pub use rsa_key::{KeyError, PrivateKey, PublicKey};
