//! A keytab file: what is read survives being written and read.
#![no_main]

use kerberos::keytab::Keytab;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(file) = Keytab::read(data) else { return };
    let written = file.write().expect("what was read from its fields fits them");
    assert_eq!(Keytab::read(&written), Ok(file));
});
