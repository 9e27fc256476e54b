//! The domain controller and the file server: any request, and any part of one whose cryptography is right.
#![no_main]

#[path = "../lab.rs"]
#[allow(dead_code, reason = "the seeds are for another program")]
mod lab;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some((&first, octets)) = data.split_first()
        && let Some(part) = lab::Part::ALL.get(usize::from(first))
    {
        part.send(octets);
    }
});
