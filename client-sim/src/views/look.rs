//! One way from a device to what it shows.

use evidence::klist::LogonId;
use evidence::{AnyView, Artefact};
use kerberos::Timestamp;

use crate::state::DeviceState;

impl DeviceState {
    /// What the device shows of `artefact` to a user in a logon session. Nothing where there is no such session, and
    /// nothing of what a device alone cannot show: that takes more than its own knowledge, or an act.
    pub fn look(
        &self,
        artefact: Artefact,
        upn: &str,
        session: Option<LogonId>,
        now: Timestamp,
    ) -> Option<AnyView> {
        Some(match artefact {
            Artefact::Dsregcmd => AnyView::Dsregcmd(self.dsregcmd_status(upn, now)),
            Artefact::SsoState => AnyView::SsoState(self.sso_state(upn, now)),
            Artefact::DsregcmdAsSystem => AnyView::DsregcmdAsSystem(self.dsregcmd_status_as_system(now)),
            Artefact::DsregcmdElevated => AnyView::DsregcmdElevated(self.dsregcmd_status_elevated(upn, now)),
            Artefact::Klist => AnyView::Klist(self.klist(session?, now)?),
            Artefact::KlistElevated => AnyView::KlistElevated(self.klist_elevated(session?)?),
            Artefact::KlistTgt => AnyView::KlistTgt(self.klist_tgt(session?, now)?),
            Artefact::KlistSessions => AnyView::KlistSessions(self.klist_sessions(session?)),
            Artefact::CloudDebug => AnyView::CloudDebug(self.cloud_debug(session?)?),
            Artefact::KlistBindings => AnyView::KlistBindings(self.klist_bindings(session?)),
            Artefact::Registry => AnyView::Registry(self.registry_as(upn)),
            Artefact::KlistGet
            | Artefact::KlistPurge
            | Artefact::KlistAddBind
            | Artefact::KlistPurgeBind
            | Artefact::RefreshPrt
            | Artefact::Nltest
            | Artefact::NltestKeyList
            | Artefact::Whoami
            | Artefact::W32tm
            | Artefact::Stripchart
            | Artefact::WinHttp
            | Artefact::Events
            | Artefact::Graph
            | Artefact::Intune
            | Artefact::KerberosServer
            | Artefact::PowerShell
            | Artefact::Outcome
            | Artefact::Kdc
            | Artefact::Rules => return None,
        })
    }
}
