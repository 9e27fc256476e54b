//! The domain controller and the file server from outside: octets in, octets out.

mod as_exchange;
mod branch;
mod delegation;
mod delegation_cases;
mod directory;
mod fast;
mod forged;
mod lab;
mod ldap;
mod partial;
mod partial_use;
mod policy;
mod resource;
mod resource_cases;
mod robustness;
mod rules;
mod samba;
mod tgs_exchange;
mod trusts;
mod u2u;
