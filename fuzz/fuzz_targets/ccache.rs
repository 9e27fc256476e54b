//! A ccache file: what is read survives being written and read.
#![no_main]

use kerberos::ccache::Ccache;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(file) = Ccache::read(data) else { return };
    let written = file.write().expect("what was read from its fields fits them");
    assert_eq!(Ccache::read(&written), Ok(file));
});
