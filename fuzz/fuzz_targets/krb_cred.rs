//! A KRB-CRED in clear: what is read survives being written and read.
#![no_main]

use kerberos::krb_cred::{read, write};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(credentials) = read(data) else { return };
    let written = write(&credentials).expect("tickets that were read are tickets");
    assert_eq!(read(&written), Ok(credentials));
});
