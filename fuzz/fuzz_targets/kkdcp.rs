//! The envelope of a KDC proxy: what is read survives being written and read.
#![no_main]

use kerberos::kkdcp::Envelope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(envelope) = Envelope::read(data) else {
        return;
    };
    assert_eq!(Envelope::read(&envelope.write()), Ok(envelope));
});
