//! What an administrator's work needs of a lab: consoles, cloud roles, and settings where no public source decides.

use crate::language::{Node, Reader, Report};

/// What an administrator who logs on to a server or DC finds there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
    /// `2016`, `2019`, `2022` or `2025`; of a DC, that of the DC.
    pub os: String,
    /// Whether Entra Connect is installed, which brings an old Kerberos module of its own.
    pub entra_connect: bool,
    /// The version of PowerShell 7, where it is installed. Windows PowerShell 5.1 always is.
    pub powershell_7: Option<String>,
    /// Whether .NET offers TLS 1.2 unless a console says so itself. Not on Windows Server 2016 and before.
    pub tls12: bool,
    /// Whether the libraries that copy secrets out of AD can be loaded. Always true where Entra Connect is.
    pub password_sync_library: bool,
    /// Whether Entra's sign-in page opens. Where the browser is locked down, the window is there and never ends.
    pub sign_in_window: bool,
}

/// A role in a tenant, as far as it decides here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloudRole {
    /// Global Administrator.
    GlobalAdministrator,
    /// Hybrid Identity Administrator, the least that suffices.
    HybridIdentityAdministrator,
}

/// The roles by the names that a lab file gives them.
pub(crate) const CLOUD_ROLES: &[(&str, CloudRole)] = &[
    ("global-administrator", CloudRole::GlobalAdministrator),
    (
        "hybrid-identity-administrator",
        CloudRole::HybridIdentityAdministrator,
    ),
];

/// What the cmdlets do where administrators report one thing or another and no public source says why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Administration {
    /// What an Enterprise Admin leaves in a domain whose Domain Admin it is not.
    pub enterprise_admin_elsewhere: HalfMade,
    /// What happens to an object that another tenant holds the key of.
    pub other_tenant: OtherTenant,
}

/// A half-made Kerberos server object. Both are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HalfMade {
    /// AzureADKerberos and a krbtgt_AzureAD without a key number.
    #[default]
    NumberZero,
    /// AzureADKerberos alone.
    NoKrbtgt,
}

/// `Set-AzureADKerberosServer` against a second tenant. Both are reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtherTenant {
    /// The object gets new keys, which the second tenant gets and the first does not.
    #[default]
    ReKey,
    /// The cmdlet refuses until the object is removed.
    Refuse,
}

/// Reads what a server or DC says of its console.
pub(crate) fn console(reader: &mut Reader<'_>, os: &str) -> Console {
    let entra_connect = reader.boolean("entra-connect").unwrap_or(false);
    let version = reader.text("powershell-7", "a version such as \"7.5.1\"", |text| {
        let parts: Vec<&str> = text.split('.').collect();
        let fine = parts.len() == 3 && parts.iter().all(|part| part.parse::<u16>().is_ok());
        (fine && text.starts_with('7')).then(|| text.to_owned())
    });
    Console {
        os: os.to_owned(),
        entra_connect,
        powershell_7: version,
        tls12: reader
            .boolean("tls12")
            .unwrap_or(!matches!(os, "2012r2" | "2016")),
        password_sync_library: reader.boolean("password-sync-library").unwrap_or(true) || entra_connect,
        sign_in_window: reader.boolean("sign-in-window").unwrap_or(true),
    }
}

/// Reads `[administration]`.
pub(crate) fn administration(node: Option<&Node>, report: &Report) -> Administration {
    let Some(mut reader) = node.and_then(|node| Reader::new(node, "administration", report)) else {
        return Administration::default();
    };
    let half_made = [
        ("number-zero", HalfMade::NumberZero),
        ("no-krbtgt", HalfMade::NoKrbtgt),
    ];
    let other = [("re-key", OtherTenant::ReKey), ("refuse", OtherTenant::Refuse)];
    let read = Administration {
        enterprise_admin_elsewhere: reader
            .choice("enterprise-admin-elsewhere", &half_made)
            .unwrap_or_default(),
        other_tenant: reader.choice("other-tenant", &other).unwrap_or_default(),
    };
    reader.finish();
    read
}

/// Reads `cloud-roles`.
pub(crate) fn cloud_roles(reader: &mut Reader<'_>) -> Vec<CloudRole> {
    let known = crate::language::Known {
        what: "cloud role",
        names: CLOUD_ROLES.iter().map(|(name, _)| *name).collect(),
    };
    let given = reader.references("cloud-roles", &known).unwrap_or_default();
    let role = |given: &String| {
        let found = CLOUD_ROLES.iter().find(|(name, _)| name == given);
        found.map(|(_, role)| *role)
    };
    given.iter().filter_map(role).collect()
}
