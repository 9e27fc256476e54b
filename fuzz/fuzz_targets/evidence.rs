//! The output of klist, dsregcmd and Get-AzureADKerberosServer: whatever text is read can be rendered, read again and turned into facts.
#![no_main]

use evidence::cloud_debug::CloudDebug;
use evidence::dsregcmd::SsoState;
use evidence::kerberos_server::KerberosServer;
use evidence::klist::KlistTickets;
use evidence::{Artefact, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        artefact::<KlistTickets>(text);
        artefact::<CloudDebug>(text);
        artefact::<SsoState>(text);
        artefact::<KerberosServer>(text);
    }
});

fn artefact<A: Artefact>(text: &str) {
    let Ok(read) = A::read(text) else { return };
    assert!(A::read(&read.render()).is_ok(), "what was rendered is read");
    read.facts(&Source {
        host: "WS01".into(),
        user: None,
        time_micros: 0,
    });
}
