//! The Windows device: registration, Hello, primary refresh token, ticket cache and DC locator, without I/O
