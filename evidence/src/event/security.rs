//! The Security log: 4768, 4769 and 4771 of a domain controller, 4624 of a server.

use super::template::{Field, Level, Provider, Template};
use super::{Audit, Body};

/// 4768: a TGT was asked for with a long-term key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TgtRequested {
    /// The account, without its realm.
    pub account: String,
    /// The realm as the client wrote it.
    pub realm: String,
    /// The account's SID; `None` when it is not known.
    pub sid: Option<String>,
    /// `krbtgt`, or with the realm when it failed.
    pub service: String,
    /// The SID of krbtgt; `None` when it failed.
    pub service_sid: Option<String>,
    /// What was asked for, on which address and with which result.
    pub request: Request,
    /// The type of the pre-authentication, 2 for an encrypted timestamp; `None` when there was none.
    pub preauth: Option<u32>,
}

/// 4769: a ticket was asked for with a TGT. An exchange of a partial TGT is one, for `krbtgt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceTicketRequested {
    /// `ada@AD.FERNHILL.EXAMPLE`
    pub account: String,
    /// The client's realm.
    pub realm: String,
    /// The account of the service: `FS01$`, `krbtgt`.
    pub service: String,
    /// Its SID; `None` when it failed.
    pub service_sid: Option<String>,
    /// What was asked for, on which address and with which result.
    pub request: Request,
    /// Ties this event to the 4624 of the server; a GUID in braces.
    pub logon_guid: Option<String>,
}

/// 4771: an encrypted timestamp does not fit the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreauthFailed {
    /// The account.
    pub account: String,
    /// Its SID.
    pub sid: String,
    /// `krbtgt/AD.FERNHILL.EXAMPLE`
    pub service: String,
    /// What was asked for, on which address and with which result.
    pub request: Request,
    /// The type of the pre-authentication.
    pub preauth: u32,
}

/// What the events of a KDC have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The KDC options, most significant bit first.
    pub options: u32,
    /// The error code, 0 for none.
    pub status: u32,
    /// The encryption type of the ticket; `None` when there is none.
    pub etype: Option<u32>,
    /// The client's address, as text.
    pub address: String,
    /// The client's port.
    pub port: u16,
}

/// 4624: somebody logged on over the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedOn {
    /// The SID of who logged on.
    pub sid: String,
    /// The account.
    pub account: String,
    /// The domain as the package gives it: a realm with Kerberos, a NetBIOS name with NTLM.
    pub domain: String,
    /// The LUID of the new session.
    pub logon_id: u32,
    /// `Kerberos` or `NTLM`.
    pub package: Package,
    /// Ties this event to the 4769 of the KDC; a GUID in braces.
    pub logon_guid: Option<String>,
    /// The client's name, which NTLM alone tells.
    pub workstation: Option<String>,
    /// The client's address, as text.
    pub address: String,
    /// The client's port.
    pub port: u16,
}

/// Who vouched for a logon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Package {
    /// A ticket.
    Kerberos,
    /// An answer to a challenge.
    Ntlm,
}

fn sid(sid: Option<&String>) -> String {
    sid.map_or_else(|| "S-1-0-0".to_owned(), Clone::clone)
}

fn guid(guid: Option<&String>) -> String {
    guid.map_or_else(
        || "{00000000-0000-0000-0000-000000000000}".to_owned(),
        Clone::clone,
    )
}

impl Request {
    fn options(&self) -> String {
        format!("{:#x}", self.options)
    }

    fn status(&self) -> String {
        format!("{:#x}", self.status)
    }

    fn etype(&self) -> String {
        format!("{:#x}", self.etype.unwrap_or(u32::MAX))
    }

    const fn audit(&self) -> Audit {
        if self.status == 0 {
            Audit::Success
        } else {
            Audit::Failure
        }
    }
}

impl Body for TgtRequested {
    fn template(&self) -> &'static Template {
        &TGT_REQUESTED
    }

    fn audit(&self) -> Audit {
        self.request.audit()
    }

    fn values(&self) -> Vec<String> {
        let empty = String::new;
        vec![
            self.account.clone(),
            self.realm.clone(),
            sid(self.sid.as_ref()),
            self.service.clone(),
            sid(self.service_sid.as_ref()),
            self.request.options(),
            self.request.status(),
            self.request.etype(),
            self.preauth
                .map_or_else(|| "-".to_owned(), |number| number.to_string()),
            self.request.address.clone(),
            self.request.port.to_string(),
            empty(),
            empty(),
            empty(),
        ]
    }
}

impl Body for ServiceTicketRequested {
    fn template(&self) -> &'static Template {
        &SERVICE_TICKET_REQUESTED
    }

    fn audit(&self) -> Audit {
        self.request.audit()
    }

    fn values(&self) -> Vec<String> {
        vec![
            self.account.clone(),
            self.realm.clone(),
            self.service.clone(),
            sid(self.service_sid.as_ref()),
            self.request.options(),
            self.request.etype(),
            self.request.address.clone(),
            self.request.port.to_string(),
            self.request.status(),
            guid(self.logon_guid.as_ref()),
            "-".to_owned(),
        ]
    }
}

impl Body for PreauthFailed {
    fn template(&self) -> &'static Template {
        &PREAUTH_FAILED
    }

    fn audit(&self) -> Audit {
        Audit::Failure
    }

    fn values(&self) -> Vec<String> {
        let empty = String::new;
        vec![
            self.account.clone(),
            self.sid.clone(),
            self.service.clone(),
            self.request.options(),
            self.request.status(),
            self.preauth.to_string(),
            self.request.address.clone(),
            self.request.port.to_string(),
            empty(),
            empty(),
            empty(),
        ]
    }
}

impl Body for LoggedOn {
    fn template(&self) -> &'static Template {
        &LOGGED_ON
    }

    fn audit(&self) -> Audit {
        Audit::Success
    }

    fn values(&self) -> Vec<String> {
        let dash = || "-".to_owned();
        let (process, package, lm, key_length) = match self.package {
            Package::Kerberos => ("Kerberos", "Kerberos", "-", 0),
            Package::Ntlm => ("NtLmSsp", "NTLM", "NTLM V2", 128),
        };
        vec![
            sid(None),
            dash(),
            dash(),
            "0x0".to_owned(),
            self.sid.clone(),
            self.account.clone(),
            self.domain.clone(),
            format!("{:#x}", self.logon_id),
            "3".to_owned(),
            process.to_owned(),
            package.to_owned(),
            self.workstation.clone().unwrap_or_else(dash),
            guid(self.logon_guid.as_ref()),
            dash(),
            lm.to_owned(),
            key_length.to_string(),
            "0x0".to_owned(),
            dash(),
            self.address.clone(),
            self.port.to_string(),
            "%%1833".to_owned(),
            dash(),
            dash(),
            dash(),
            "%%1843".to_owned(),
            "0x0".to_owned(),
            "%%1843".to_owned(),
        ]
    }
}

const AUDITING: Provider = Provider {
    name: "Microsoft-Windows-Security-Auditing",
    source: "Microsoft-Windows-Security-Auditing",
    guid: "{54849625-5478-4994-A5BA-3E3B0328C30D}",
    log: "Security",
};

pub(super) const TEMPLATES: &[&Template] = &[
    &TGT_REQUESTED,
    &SERVICE_TICKET_REQUESTED,
    &PREAUTH_FAILED,
    &LOGGED_ON,
];

const NULL_SID: &[(&str, &str)] = &[("S-1-0-0", "NULL SID")];

const fn sid_field(name: &'static str) -> Field {
    Field {
        name,
        row: name,
        words: NULL_SID,
    }
}

static TGT_REQUESTED: Template = Template {
    provider: &AUDITING,
    id: 4768,
    version: 0,
    level: Level::Always,
    task: (14339, "Kerberos Authentication Service"),
    fields: &[
        Field::named("TargetUserName"),
        Field::named("TargetDomainName"),
        sid_field("TargetSid"),
        Field::named("ServiceName"),
        sid_field("ServiceSid"),
        Field::named("TicketOptions"),
        Field::named("Status"),
        Field::named("TicketEncryptionType"),
        Field::named("PreAuthType"),
        Field::named("IpAddress"),
        Field::named("IpPort"),
        Field::named("CertIssuerName"),
        Field::named("CertSerialNumber"),
        Field::named("CertThumbprint"),
    ],
    message: "A Kerberos authentication ticket (TGT) was requested.

Account Information:
\tAccount Name:\t\t{TargetUserName}
\tSupplied Realm Name:\t{TargetDomainName}
\tUser ID:\t\t\t{TargetSid}

Service Information:
\tService Name:\t\t{ServiceName}
\tService ID:\t\t{ServiceSid}

Network Information:
\tClient Address:\t\t{IpAddress}
\tClient Port:\t\t{IpPort}

Additional Information:
\tTicket Options:\t\t{TicketOptions}
\tResult Code:\t\t{Status}
\tTicket Encryption Type:\t{TicketEncryptionType}
\tPre-Authentication Type:\t{PreAuthType}

Certificate Information:
\tCertificate Issuer Name:\t\t{CertIssuerName}
\tCertificate Serial Number:\t{CertSerialNumber}
\tCertificate Thumbprint:\t\t{CertThumbprint}
",
};

static SERVICE_TICKET_REQUESTED: Template = Template {
    provider: &AUDITING,
    id: 4769,
    version: 0,
    level: Level::Always,
    task: (14337, "Kerberos Service Ticket Operations"),
    fields: &[
        Field::named("TargetUserName"),
        Field::named("TargetDomainName"),
        Field::named("ServiceName"),
        sid_field("ServiceSid"),
        Field::named("TicketOptions"),
        Field::named("TicketEncryptionType"),
        Field::named("IpAddress"),
        Field::named("IpPort"),
        Field::named("Status"),
        Field::named("LogonGuid"),
        Field::named("TransmittedServices"),
    ],
    message: "A Kerberos service ticket was requested.

Account Information:
\tAccount Name:\t\t{TargetUserName}
\tAccount Domain:\t\t{TargetDomainName}
\tLogon GUID:\t\t{LogonGuid}

Service Information:
\tService Name:\t\t{ServiceName}
\tService ID:\t\t{ServiceSid}

Network Information:
\tClient Address:\t\t{IpAddress}
\tClient Port:\t\t{IpPort}

Additional Information:
\tTicket Options:\t\t{TicketOptions}
\tTicket Encryption Type:\t{TicketEncryptionType}
\tFailure Code:\t\t{Status}
\tTransited Services:\t{TransmittedServices}
",
};

static PREAUTH_FAILED: Template = Template {
    provider: &AUDITING,
    id: 4771,
    version: 0,
    level: Level::Always,
    task: (14339, "Kerberos Authentication Service"),
    fields: &[
        Field::named("TargetUserName"),
        sid_field("TargetSid"),
        Field::named("ServiceName"),
        Field::named("TicketOptions"),
        Field::named("Status"),
        Field::named("PreAuthType"),
        Field::named("IpAddress"),
        Field::named("IpPort"),
        Field::named("CertIssuerName"),
        Field::named("CertSerialNumber"),
        Field::named("CertThumbprint"),
    ],
    message: "Kerberos pre-authentication failed.

Account Information:
\tSecurity ID:\t\t{TargetSid}
\tAccount Name:\t\t{TargetUserName}

Service Information:
\tService Name:\t\t{ServiceName}

Network Information:
\tClient Address:\t\t{IpAddress}
\tClient Port:\t\t{IpPort}

Additional Information:
\tTicket Options:\t\t{TicketOptions}
\tFailure Code:\t\t{Status}
\tPre-Authentication Type:\t{PreAuthType}

Certificate Information:
\tCertificate Issuer Name:\t\t{CertIssuerName}
\tCertificate Serial Number: \t{CertSerialNumber}
\tCertificate Thumbprint:\t\t{CertThumbprint}
",
};

const YES_NO: &[(&str, &str)] = &[("%%1842", "Yes"), ("%%1843", "No")];

const fn yes_no_field(name: &'static str) -> Field {
    Field {
        name,
        row: name,
        words: YES_NO,
    }
}

static LOGGED_ON: Template = Template {
    provider: &AUDITING,
    id: 4624,
    version: 2,
    level: Level::Always,
    task: (12544, "Logon"),
    fields: &[
        sid_field("SubjectUserSid"),
        Field::named("SubjectUserName"),
        Field::named("SubjectDomainName"),
        Field::named("SubjectLogonId"),
        sid_field("TargetUserSid"),
        Field::named("TargetUserName"),
        Field::named("TargetDomainName"),
        Field::named("TargetLogonId"),
        Field::named("LogonType"),
        Field::named("LogonProcessName"),
        Field::named("AuthenticationPackageName"),
        Field::named("WorkstationName"),
        Field::named("LogonGuid"),
        Field::named("TransmittedServices"),
        Field::named("LmPackageName"),
        Field::named("KeyLength"),
        Field::named("ProcessId"),
        Field::named("ProcessName"),
        Field::named("IpAddress"),
        Field::named("IpPort"),
        Field {
            name: "ImpersonationLevel",
            row: "ImpersonationLevel",
            words: &[
                ("%%1832", "Identification"),
                ("%%1833", "Impersonation"),
                ("%%1840", "Delegation"),
            ],
        },
        Field::named("RestrictedAdminMode"),
        Field::named("TargetOutboundUserName"),
        Field::named("TargetOutboundDomainName"),
        yes_no_field("VirtualAccount"),
        Field::named("TargetLinkedLogonId"),
        yes_no_field("ElevatedToken"),
    ],
    message: "An account was successfully logged on.

Subject:
\tSecurity ID:\t\t{SubjectUserSid}
\tAccount Name:\t\t{SubjectUserName}
\tAccount Domain:\t\t{SubjectDomainName}
\tLogon ID:\t\t{SubjectLogonId}

Logon Information:
\tLogon Type:\t\t{LogonType}
\tRestricted Admin Mode:\t{RestrictedAdminMode}
\tVirtual Account:\t\t{VirtualAccount}
\tElevated Token:\t\t{ElevatedToken}

Impersonation Level:\t\t{ImpersonationLevel}

New Logon:
\tSecurity ID:\t\t{TargetUserSid}
\tAccount Name:\t\t{TargetUserName}
\tAccount Domain:\t\t{TargetDomainName}
\tLogon ID:\t\t{TargetLogonId}
\tLinked Logon ID:\t\t{TargetLinkedLogonId}
\tNetwork Account Name:\t{TargetOutboundUserName}
\tNetwork Account Domain:\t{TargetOutboundDomainName}
\tLogon GUID:\t\t{LogonGuid}

Process Information:
\tProcess ID:\t\t{ProcessId}
\tProcess Name:\t\t{ProcessName}

Network Information:
\tWorkstation Name:\t{WorkstationName}
\tSource Network Address:\t{IpAddress}
\tSource Port:\t\t{IpPort}

Detailed Authentication Information:
\tLogon Process:\t\t{LogonProcessName}
\tAuthentication Package:\t{AuthenticationPackageName}
\tTransited Services:\t{TransmittedServices}
\tPackage Name (NTLM only):\t{LmPackageName}
\tKey Length:\t\t{KeyLength}
",
};
