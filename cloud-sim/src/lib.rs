//! The emulated Entra ID: tenants, devices, primary refresh tokens, partial and cloud TGTs, without I/O
