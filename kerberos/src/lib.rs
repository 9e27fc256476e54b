//! Kerberos as Active Directory speaks it: cryptography, messages, PAC, keytab, ccache, KRB-CRED and KDC proxy framing, without I/O

pub mod ccache;
pub mod codes;
pub mod crypto;
pub mod keytab;
pub mod kkdcp;
pub mod krb_cred;
pub mod netlogon;
pub mod ntlm;
mod octets;
pub mod pac;
pub mod phrase;
pub mod sid;
pub mod time;
pub mod wire;

pub use time::{KerberosTime, Timestamp};
