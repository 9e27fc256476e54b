//! The output of every tool: whatever text is read can be rendered, read again and turned into facts.
#![no_main]

use evidence::cloud_debug::CloudDebug;
use evidence::dsregcmd::{SsoState, Status};
use evidence::event::EventLog;
use evidence::graph::GraphUser;
use evidence::kerberos_server::KerberosServer;
use evidence::klist::KlistTickets;
use evidence::klist::get::KlistGet;
use evidence::klist::sessions::KlistSessions;
use evidence::klist::tgt::KlistTgt;
use evidence::nltest::DsGetDc;
use evidence::registry::RegistryKeys;
use evidence::w32tm::{Stripchart, TimeStatus};
use evidence::whoami::Groups;
use evidence::winhttp::WinHttpProxy;
use evidence::{Source, View};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        artefact::<KlistTickets>(text);
        artefact::<CloudDebug>(text);
        artefact::<SsoState>(text);
        artefact::<Status>(text);
        artefact::<KerberosServer>(text);
        artefact::<KlistGet>(text);
        artefact::<KlistSessions>(text);
        artefact::<KlistTgt>(text);
        artefact::<DsGetDc>(text);
        artefact::<Groups>(text);
        artefact::<TimeStatus>(text);
        artefact::<Stripchart>(text);
        artefact::<WinHttpProxy>(text);
        artefact::<RegistryKeys>(text);
        artefact::<EventLog>(text);
        artefact::<GraphUser>(text);
        let _ = (RegistryKeys::read_reg(text), EventLog::read_xml(text));
    }
});

fn artefact<A: View>(text: &str) {
    let Ok(read) = A::read(text) else { return };
    assert!(A::read(&read.render()).is_ok(), "what was rendered is read");
    read.facts(&Source {
        host: "WS01".into(),
        user: None,
        time_micros: 0,
    });
}
