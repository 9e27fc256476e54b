//! An offline lab for Microsoft Entra cloud Kerberos trust.

fn main() {}
