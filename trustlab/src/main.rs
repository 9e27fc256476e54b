//! An offline lab for Microsoft Entra cloud Kerberos trust.

mod sockets;

fn main() {}
