//! An offline lab for Microsoft Entra cloud Kerberos trust.

mod decode;
mod sockets;

fn main() {}
