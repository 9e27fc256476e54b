//! Consoles in the built-in lab and in a forest with a child domain: every condition with the text it leads to, and
//! what is there afterwards.

mod consoles;
mod errors;
mod objects;
mod operators;

use std::sync::Arc;

use super::{ConsoleOutput, Logon, Shell, Typed};
use crate::lab::{CompiledLab, Lab};
use crate::world::World;

/// A root with two DCs and a child with one; Entra Connect on SYNC01, a member server and an old one; two tenants.
const ESTATE: &str = r#"
format = "trustlab.lab/1"
kerberos-server = {}
[location.office]
subnet = "192.0.2.0/24"
[domain.root]
dns-name = "ad.fernhill.example"
netbios = "FERNHILL"
[domain.north]
dns-name = "north.ad.fernhill.example"
netbios = "NORTH"
parent = "root"
[dc.dc01]
domain = "root"
[dc.dc02]
domain = "root"
[dc.north-dc01]
domain = "north"
[tenant.fernhill]
domains = ["fernhill.example"]
[tenant.oakmere]
id = "0a000000-0000-4000-8000-00000000feed"
domains = ["oakmere.example"]
initial-domain = "oakmere.onmicrosoft.example"
synced-domains = []
[server.sync01]
domain = "root"
entra-connect = true
powershell-7 = "7.5.1"
[server.adm01]
domain = "root"
[server.adm16]
domain = "root"
os = "2016"
[server.bare01]
domain = "root"
password-sync-library = false
sign-in-window = false
[user.ada]
domain = "root"
[user.iris]
domain = "root"
groups = ["Domain Admins", "Enterprise Admins"]
[user.dora]
domain = "root"
groups = ["Domain Admins", "Protected Users"]
[user.kurt]
domain = "north"
groups = ["Domain Admins"]
[user.hugo]
source = "cloud"
tenant = "fernhill"
cloud-roles = ["hybrid-identity-administrator"]
mfa = true
[user.gloria]
source = "cloud"
tenant = "fernhill"
cloud-roles = ["global-administrator"]
[user.olga]
source = "cloud"
tenant = "oakmere"
cloud-roles = ["hybrid-identity-administrator"]
[device.ada-lt]
owner = "ada"
"#;

const ROOT: usize = 0;
const NORTH: usize = 1;
const FERNHILL: usize = 0;
const OAKMERE: usize = 1;

const SET: &str =
    "Set-AzureADKerberosServer -Domain $env:USERDNSDOMAIN -UserPrincipalName hugo@fernhill.example";
const GET: &str =
    "Get-AzureADKerberosServer -Domain ad.fernhill.example -UserPrincipalName hugo@fernhill.example";
const INSTALL: &str = "Install-Module -Name AzureADHybridAuthenticationManagement -AllowClobber";
const CONNECT: &str = r"Import-Module 'C:\Program Files\Microsoft Azure Active Directory Connect\AzureADKerberos\AzureAdKerberos.psd1'";

fn estate_with(extra: &str) -> World {
    let text = format!("{ESTATE}{extra}");
    let lab = Lab::parse("estate.toml", &text).unwrap_or_else(|problems| panic!("{problems}"));
    World::new(Arc::new(CompiledLab::compile(lab).expect("it compiles")), 1)
}

fn estate() -> World {
    estate_with("")
}

fn typed(host: &str, user: &str, text: &str) -> Typed {
    Typed {
        host: host.into(),
        user: user.into(),
        logon: Logon::Interactive,
        shell: Shell::WindowsPowerShell,
        credentials: Vec::new(),
        text: text.into(),
    }
}

fn run(world: &mut World, typed: &Typed) -> ConsoleOutput {
    world.type_at(typed).unwrap_or_else(|error| panic!("{error}"))
}

/// Types lines after the module was installed.
fn at(world: &mut World, host: &str, user: &str, text: &str) -> ConsoleOutput {
    run(world, &typed(host, user, &format!("{INSTALL}\n{text}")))
}

fn error(output: &ConsoleOutput) -> &str {
    output.error().map_or("", |error| error.message.as_str())
}

/// `Id, KeyVersion` on both sides.
fn halves(world: &World, domain: usize, tenant: usize) -> [Option<u32>; 4] {
    let shown = world.kerberos_server_rows(domain, Some(tenant));
    [
        shown.id,
        shown.key_version,
        shown.cloud_id,
        shown.cloud_key_version,
    ]
}
