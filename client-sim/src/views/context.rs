//! What the same tools show in another context than the user's: elevated, or as the system account. Support often asks there, and
//! gets the answer of another account.

use evidence::dsregcmd::Status;
use evidence::dsregcmd::diagnostics::{Diagnostics, KEY_SIGN_PASSED};
use evidence::dsregcmd::user::Wam;
use evidence::klist::{KlistTickets, LogonId};
use kerberos::Timestamp;

use crate::state::DeviceState;

impl DeviceState {
    /// `dsregcmd /status` as the system account, in which remote management runs. The sections about the device are as ever;
    /// those about a user speak of an account that has no PRT.
    pub fn dsregcmd_status_as_system(&self, now: Timestamp) -> Status {
        let mut status = self.dsregcmd_status(NOBODY, now);
        status.user.wam = Wam::Error {
            text: "ERROR (0x80070520)".to_owned(),
        };
        match &mut status.diagnostics {
            Some(Diagnostics::Joined(diagnostics)) => {
                if let Some(account) = &mut diagnostics.executing_account {
                    *account = "NT AUTHORITY\\SYSTEM".to_owned();
                }
                diagnostics.key_sign_test = KEY_SIGN_PASSED.to_owned();
            }
            Some(Diagnostics::NotJoined(diagnostics)) => diagnostics.user_context = "SYSTEM".to_owned(),
            None => {}
        }
        status
    }

    /// `dsregcmd /status` in an elevated window: the user is the same one, and what it takes an administrator to test is tested.
    pub fn dsregcmd_status_elevated(&self, upn: &str, now: Timestamp) -> Status {
        let mut status = self.dsregcmd_status(upn, now);
        match &mut status.diagnostics {
            Some(Diagnostics::Joined(diagnostics)) => {
                diagnostics.key_sign_test = KEY_SIGN_PASSED.to_owned();
            }
            Some(Diagnostics::NotJoined(diagnostics)) => {
                diagnostics.user_context = "ELEVATED User".to_owned();
            }
            None => {}
        }
        status
    }

    /// `klist` in an elevated window: the linked session of the administrator's token, with a LUID and a ticket cache of its
    /// own. Nothing when there is no such session.
    pub fn klist_elevated(&self, id: LogonId) -> Option<KlistTickets> {
        Some(KlistTickets {
            logon_id: self.elevated_session(id)?,
            tickets: Vec::new(),
        })
    }

    /// The linked session of the elevated window of somebody whose session this is. Nothing when there is no such session.
    pub fn elevated_session(&self, id: LogonId) -> Option<LogonId> {
        self.session(id).map(|session| linked(session.id))
    }
}

/// No user of a device is called so.
const NOBODY: &str = "";

/// The LUID of the elevated session: it is made with the other one, a little earlier.
const fn linked(id: LogonId) -> LogonId {
    LogonId {
        high: id.high,
        low: id.low.wrapping_sub(0x2F),
    }
}
