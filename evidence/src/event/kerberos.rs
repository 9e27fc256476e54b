//! Kerberos on the client: event 3 of the System log, which shows a KRB-ERROR when logging is on, and the operational log.

use super::Body;
use super::template::{Field, Level, Provider, Template};

/// 3: a KRB-ERROR came. Written only with `LogLevel` set in the Kerberos parameters of the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorReceived {
    /// The KDC's time: `8:2:10.0000 11/23/2026 Z`.
    pub server_time: String,
    /// The error code.
    pub code: u32,
    /// Its name in RFC 4120: `KDC_ERR_TGT_REVOKED`.
    pub name: String,
    /// The realm of the KDC.
    pub server_realm: String,
    /// The service as the KDC names it.
    pub server_name: String,
    /// The service that was asked for: `krbtgt/AD.FERNHILL.EXAMPLE@AD.FERNHILL.EXAMPLE`.
    pub target_name: String,
}

/// 100: Kerberos could not get a ticket for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketFailed {
    /// The service that was asked for.
    pub target_name: String,
    /// The NTSTATUS.
    pub status: u32,
}

impl Body for ErrorReceived {
    fn template(&self) -> &'static Template {
        &ERROR_RECEIVED
    }

    fn values(&self) -> Vec<String> {
        let empty = String::new;
        vec![
            empty(),
            empty(),
            self.server_time.clone(),
            format!("{:#x}", self.code),
            self.name.clone(),
            empty(),
            empty(),
            empty(),
            self.server_realm.clone(),
            self.server_name.clone(),
            self.target_name.clone(),
            empty(),
        ]
    }
}

impl Body for TicketFailed {
    fn template(&self) -> &'static Template {
        &TICKET_FAILED
    }

    fn values(&self) -> Vec<String> {
        vec![self.target_name.clone(), format!("0x{:08X}", self.status)]
    }
}

const SYSTEM: Provider = Provider {
    name: "Microsoft-Windows-Security-Kerberos",
    source: "Microsoft-Windows-Security-Kerberos",
    guid: "{98E6CFCB-EE0A-41E0-A57B-622D4E1B30B1}",
    log: "System",
};

const OPERATIONAL: Provider = Provider {
    log: "Microsoft-Windows-Security-Kerberos/Operational",
    ..SYSTEM
};

pub(super) const TEMPLATES: &[&Template] = &[&ERROR_RECEIVED, &TICKET_FAILED];

static ERROR_RECEIVED: Template = Template {
    provider: &SYSTEM,
    id: 3,
    version: 0,
    level: Level::Error,
    task: (0, ""),
    fields: &[
        Field::row("LogonSession", "Logon Session"),
        Field::row("ClientTime", "Client Time"),
        Field::row("ServerTime", "Server Time"),
        Field::row("ErrorCode", "Error Code"),
        Field::row("ErrorMessage", "Error Message"),
        Field::row("ExtError", "Extended Error"),
        Field::row("ClientRealm", "Client Realm"),
        Field::row("ClientName", "Client Name"),
        Field::row("ServerRealm", "Server Realm"),
        Field::row("ServerName", "Server Name"),
        Field::row("TargetName", "Target Name"),
        Field::row("ErrorText", "Error Text"),
    ],
    message: "A Kerberos error message was received:
 on logon session {LogonSession}
 Client Time: {ClientTime}
 Server Time: {ServerTime}
 Error Code: {ErrorCode}
 Error Message: {ErrorMessage}
 Extended Error: {ExtError}
 Client Realm: {ClientRealm}
 Client Name: {ClientName}
 Server Realm: {ServerRealm}
 Server Name: {ServerName}
 Target Name: {TargetName}
 Error Text: {ErrorText}
",
};

static TICKET_FAILED: Template = Template {
    provider: &OPERATIONAL,
    id: 100,
    version: 0,
    level: Level::Warning,
    task: (0, ""),
    fields: &[
        Field::row("TargetName", "Target Name"),
        Field::row("Status", "Status"),
    ],
    message: "No ticket could be obtained.
Target Name: {TargetName}
Status: {Status}
",
};
