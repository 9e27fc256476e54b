//! Applications that Entra's application proxy publishes: a name on the internet, and a connector on a server of the company.
//!
//! ```toml
//! [app-proxy.timesheets]
//! server = "app01"
//! connector = "apx01"
//! ```

use std::net::Ipv4Addr;

use super::document::{Lab, Name};
use super::read::{Context, dns_name};
use crate::language::{Node, Reader};

/// A published application.
#[derive(Clone, Debug, PartialEq)]
pub struct AppProxy {
    /// Its DNS name on the internet: `timesheets.msappproxy.example`.
    pub host: String,
    /// Its address there.
    pub address: Ipv4Addr,
    /// The tenant whose users it takes.
    pub tenant: Name,
    /// The server that the connector runs on.
    pub connector: Name,
    /// The server with the application.
    pub server: Name,
    /// How users are signed in to the application.
    pub sign_on: SignOn,
    /// "Internal Application SPN"; `None`: `HTTP/` and the server's DNS name.
    pub spn: Option<String>,
    /// "Delegated Login Identity".
    pub login_identity: LoginIdentity,
}

/// How users are signed in to a published application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignOn {
    /// "Integrated Windows authentication": the connector gets a Kerberos ticket in the user's name.
    #[default]
    Kerberos,
    /// Not at all: the application asks for itself.
    Disabled,
}

/// The name of the user that a connector shows to the domain controller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoginIdentity {
    /// The UPN in Entra.
    #[default]
    UserPrincipalName,
    /// What stands before the `@` of it.
    UserPrincipalNamePart,
    /// onPremisesSamAccountName.
    OnPremisesSamAccountName,
}

/// Values of `login-identity`.
pub(crate) const LOGIN_IDENTITIES: &[(&str, LoginIdentity)] = &[
    ("user-principal-name", LoginIdentity::UserPrincipalName),
    ("user-principal-name-part", LoginIdentity::UserPrincipalNamePart),
    (
        "on-premises-sam-account-name",
        LoginIdentity::OnPremisesSamAccountName,
    ),
];
const SIGN_ONS: &[(&str, SignOn)] = &[("kerberos", SignOn::Kerberos), ("disabled", SignOn::Disabled)];

pub(super) fn read(name: &str, node: &Node, index: u32, context: &Context<'_>) -> Option<AppProxy> {
    let mut reader = Reader::new(node, format!("app-proxy {name}"), context.report)?;
    let servers = context.names.of_section("server");
    let tenant = reader
        .reference("tenant", &context.names.of_section("tenant"))
        .or_else(|| context.names.first("tenant").map(str::to_owned));
    let connector = reader.reference("connector", &servers);
    let connector = reader.required("connector", "the server that the connector runs on", connector);
    let server = reader.reference("server", &servers);
    let server = reader.required("server", "the server with the application", server);
    let label = name.to_ascii_lowercase().replace(['_', ' '], "-");
    let address = reader.text("address", "an IPv4 address", |text| text.parse::<Ipv4Addr>().ok());
    let host = dns_name(&mut reader, "host").unwrap_or_else(|| format!("{label}.msappproxy.example"));
    let sign_on = reader.choice("sign-on", SIGN_ONS).unwrap_or_default();
    let spn = reader.string("spn");
    let login_identity = reader
        .choice("login-identity", LOGIN_IDENTITIES)
        .unwrap_or_default();
    reader.finish();
    Some(AppProxy {
        host,
        address: address
            .unwrap_or_else(|| Ipv4Addr::new(203, 0, 113, u8::try_from(200 + index % 50).unwrap_or(250))),
        tenant: tenant?,
        connector: connector?,
        server: server?,
        sign_on,
        spn,
        login_identity,
    })
}

impl AppProxy {
    /// The service principal name that the connector asks for.
    pub fn service(&self, lab: &Lab) -> Option<String> {
        if let Some(spn) = &self.spn {
            return Some(spn.clone());
        }
        let server = lab.servers.get(&self.server)?;
        let domain = lab.domains.get(&server.domain)?;
        Some(format!("HTTP/{}.{}", server.host, domain.dns_name).replacen(
            &server.host,
            &server.host.to_lowercase(),
            1,
        ))
    }

    /// The address of the published application, which is also the resource of its access tokens: `https://HOST/`.
    pub fn external_url(&self) -> String {
        format!("https://{}/", self.host)
    }
}
