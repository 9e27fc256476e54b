//! The primary refresh token protocol of Entra ID.
