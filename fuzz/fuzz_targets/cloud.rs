//! Entra: any request, and any part of one whose signatures are right. The next good request is served.
#![no_main]

#[path = "../entra.rs"]
#[allow(dead_code, reason = "the seeds are for another program")]
mod entra;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some((&first, octets)) = data.split_first()
        && let Some(part) = entra::Part::ALL.get(usize::from(first))
    {
        part.send(octets);
    }
});
