//! The netlogon ping, both ways.
#![no_main]

use kerberos::netlogon::{NetlogonQuery, SamLogonResponse, read_reply};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(query) = NetlogonQuery::decode(data) {
        let _ = query.encode();
    }
    if let Ok(response) = SamLogonResponse::decode(data) {
        let _ = response.encode();
    }
    let _ = read_reply(data);
});
