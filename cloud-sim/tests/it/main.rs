//! The emulated Entra from outside: requests in, replies out.

mod cloud_kdc;
mod dispatch;
mod lab;
mod refusals;
mod rules;
mod sign_in;
