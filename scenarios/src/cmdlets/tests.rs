//! Consoles in the built-in lab and in a forest with a child domain: every condition with the text it leads to, and
//! what is there afterwards.

use std::sync::Arc;

use super::{ConsoleOutput, Logon, Shell, Typed, Wording};
use crate::lab::{CompiledLab, Lab};
use crate::world::{Action, World};

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

#[test]
fn the_object_is_made_shown_rotated_and_removed() {
    let mut world = estate();
    let made = at(&mut world, "adm01", "iris", SET);
    assert_eq!(made.text(), "", "nothing is printed when all is well");
    let shown = at(&mut world, "adm01", "iris", GET).text();
    let [id, version, cloud_id, cloud_version] = halves(&world, ROOT, FERNHILL);
    assert!(id.is_some() && id == cloud_id && version == cloud_version);
    assert!(
        shown.starts_with("\nId                 : "),
        "a blank line first: {shown:?}"
    );
    for line in [
        "UserAccount        : CN=krbtgt_AzureAD,CN=Users,DC=ad,DC=fernhill,DC=example",
        "ComputerAccount    : CN=AzureADKerberos,OU=Domain Controllers,DC=ad,DC=fernhill,DC=example",
        "DomainDnsName      : ad.fernhill.example",
        "KeyUpdatedOn       : 11/23/2026 8:00:00 AM",
        "KeyUpdatedFrom     : DC01.ad.fernhill.example",
        "CloudKeyUpdatedOn  : 11/23/2026 8:00:00 AM",
        "CloudTrustDisplay  :\n\n\n",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }

    world.wait(core::time::Duration::from_secs(3600));
    at(&mut world, "adm01", "iris", SET);
    assert_eq!(
        halves(&world, ROOT, FERNHILL),
        [id, version, cloud_id, cloud_version],
        "run again, it publishes the same keys"
    );
    at(&mut world, "adm01", "iris", &format!("{SET} -RotateServerKey"));
    let after = halves(&world, ROOT, FERNHILL);
    assert_eq!((after[0], after[2]), (id, id));
    assert!(after[1] > version && after[1] == after[3]);
    let shown = world.kerberos_server_rows(ROOT, Some(FERNHILL));
    assert_eq!(shown.key_updated_on.map(|time| time.hour()), Some(9));
    assert!(shown.unequal().is_empty());

    let remove =
        "Remove-AzureADKerberosServer -Domain ad.fernhill.example -UserPrincipalName hugo@fernhill.example";
    assert_eq!(at(&mut world, "adm01", "iris", remove).text(), "");
    assert_eq!(halves(&world, ROOT, FERNHILL), [None; 4]);
    assert_eq!(at(&mut world, "adm01", "iris", GET).text(), "");
    at(&mut world, "adm01", "iris", SET);
    let again = halves(&world, ROOT, FERNHILL);
    assert_ne!(again[0], id, "a new object has a number of its own");
    assert!(again[1] > after[1], "and keys of its own");
}

#[test]
fn the_three_objects_have_their_attributes() {
    let mut world = estate();
    at(&mut world, "adm01", "iris", SET);
    let objects = world.kerberos_server_objects(ROOT);
    let names: Vec<&str> = objects.iter().map(|object| object.dn.as_str()).collect();
    assert_eq!(
        names,
        [
            "CN=AzureADKerberos,OU=Domain Controllers,DC=ad,DC=fernhill,DC=example",
            "CN=krbtgt_AzureAD,CN=Users,DC=ad,DC=fernhill,DC=example",
            "CN=900274c4-b7d2-43c8-90ee-00a9f650e335,CN=AzureAD,CN=System,DC=ad,DC=fernhill,DC=example"
        ]
    );
    let value = |object: usize, name: &str| {
        let attributes = &objects[object].attributes;
        let found = attributes.iter().find(|(known, _)| *known == name);
        found.map(|(_, values)| values.join(";")).unwrap_or_default()
    };
    assert_eq!(value(0, "userAccountControl"), "83890176");
    assert_eq!(value(0, "primaryGroupID"), "521");
    assert_eq!(value(0, "msDS-RevealOnDemandGroup"), "Domain Users");
    assert_eq!(value(0, "msDS-KrbTgtLink"), names[1]);
    assert_eq!(value(1, "msDS-KrbTgtLinkBL"), names[0]);
    assert_eq!(value(1, "userAccountControl"), "514", "a disabled user");
    let number = value(1, "msDS-SecondaryKrbTgtNumber");
    assert_eq!(value(1, "sAMAccountName"), format!("krbtgt_{number}"));
    assert!(value(2, "keywords").contains("S-1-5-21-"));
}

#[test]
fn powershell_7_stops_before_anything_is_made() {
    let mut world = estate();
    let mut at_pwsh = typed("sync01", "iris", &format!("{INSTALL}\n{SET}"));
    at_pwsh.shell = Shell::Pwsh;
    let output = run(&mut world, &at_pwsh);
    assert_eq!(
        output.text(),
        "Set-AzureADKerberosServer: Unexpected exception thrown. Action: GetKerberosDomainSyncConfigAsync, Exception: \
         Operation is not supported on this platform.\n"
    );
    assert_eq!(halves(&world, ROOT, FERNHILL), [None; 4]);
    // Windows PowerShell does not look where PowerShell 7 installs; the other way round it does
    let output = run(&mut world, &typed("sync01", "iris", SET));
    assert!(error(&output).starts_with("The term 'Set-AzureADKerberosServer' is not recognized"));
    assert_eq!(at(&mut world, "sync01", "iris", SET).text(), "");
}

#[test]
fn without_powershell_7_there_is_no_pwsh_until_it_is_installed() {
    let mut world = estate();
    let mut at_pwsh = typed("adm01", "iris", "$PSVersionTable.PSVersion");
    at_pwsh.shell = Shell::Pwsh;
    assert!(world.type_at(&at_pwsh).is_err());
    run(
        &mut world,
        &typed(
            "adm01",
            "iris",
            "msiexec.exe /i PowerShell-7.5.2-win-x64.msi /quiet",
        ),
    );
    assert_eq!(run(&mut world, &at_pwsh).text(), "7.5.2\n");
}

#[test]
fn an_unknown_command_looks_as_in_either_edition() {
    let mut world = estate();
    let output = run(&mut world, &typed("adm01", "iris", GET));
    let text = output.text();
    assert!(text.starts_with(
        "Get-AzureADKerberosServer : The term 'Get-AzureADKerberosServer' is not recognized as the name of a cmdlet, "
    ));
    assert!(text.contains("\nAt line:1 char:1\n+ Get-AzureADKerberosServer -Domain "));
    assert!(text.contains(
        "    + CategoryInfo          : ObjectNotFound: (Get-AzureADKerberosServer:String) [], CommandNotFoundException\n"
    ));
    assert!(text.contains("    + FullyQualifiedErrorId : CommandNotFoundException\n"));
}

#[test]
fn an_enterprise_admin_leaves_half_an_object_in_the_child() {
    let line = "Set-AzureADKerberosServer -Domain north.ad.fernhill.example -UserPrincipalName hugo@fernhill.example";
    let mut world = estate();
    let output = at(&mut world, "adm01", "iris", line);
    let record = output.error().expect("refused");
    assert_eq!(
        record.message,
        "The Azure AD Kerberos Server object in Active Directory is missing required properties. Property: \
         UserAccount.SecondaryKrbTgtNumber Value:0"
    );
    assert_eq!(record.exception, "DirectoryObjectValidationException");
    assert_eq!(halves(&world, NORTH, FERNHILL), [Some(0), None, None, None]);
    // the Connect server does not make a Domain Admin of anybody, nor does a second run
    let output = at(&mut world, "sync01", "iris", line);
    assert_eq!(error(&output), record.message);
    let get = line.replace("Set-", "Get-");
    assert_eq!(error(&at(&mut world, "adm01", "iris", &get)), record.message);
    assert_eq!(at(&mut world, "adm01", "kurt", line).text(), "");
    assert!(
        world
            .kerberos_server_rows(NORTH, Some(FERNHILL))
            .unequal()
            .is_empty()
    );

    let mut world = estate_with("[administration]\nenterprise-admin-elsewhere = \"no-krbtgt\"\n");
    at(&mut world, "adm01", "iris", line);
    let shown = at(&mut world, "adm01", "iris", &get).text();
    assert!(shown.contains("UserAccount        :\n"), "{shown}");
    assert!(
        shown.contains("ComputerAccount    : CN=AzureADKerberos,"),
        "{shown}"
    );
    assert_eq!(world.kerberos_server_objects(NORTH).len(), 1);
}

#[test]
fn who_may_not_write_makes_nothing() {
    let line =
        "Set-AzureADKerberosServer -Domain ad.fernhill.example -UserPrincipalName hugo@fernhill.example";
    let refused = "Failed to create Azure AD Kerberos Server: Error sending directory request: The user has insufficient \
                   access rights.";
    let mut remote = typed("adm01", "iris", &format!("{INSTALL}\n{line}"));
    remote.logon = Logon::Remote;
    let mut local = remote.clone();
    local.logon = Logon::Local;
    let cases = [
        typed("adm01", "ada", &format!("{INSTALL}\n{line}")),
        typed("adm01", "kurt", &format!("{INSTALL}\n{line}")),
        remote.clone(),
        local,
    ];
    for case in cases {
        let mut world = estate();
        let output = run(&mut world, &case);
        assert_eq!(error(&output), refused, "{case:?}");
        assert_eq!(
            output.error().map(|error| error.error_id.as_str()),
            Some(
                "System.InvalidOperationException,Microsoft.AzureAD.Kdc.Management.SetAzureADKerberosServer"
            )
        );
        assert_eq!(halves(&world, ROOT, FERNHILL), [None; 4]);
    }
    // the remote session needs a credential to go on with
    remote.text =
        format!("{INSTALL}\n$cred = Get-Credential iris@ad.fernhill.example\n{line} -DomainCredential $cred")
            .into();
    let mut world = estate();
    assert_eq!(run(&mut world, &remote).text(), "");
}

#[test]
fn the_environment_follows_from_the_logon() {
    let mut world = estate();
    let mut echo = typed("adm01", "iris", "$domain = $env:USERDNSDOMAIN\n\"<$domain>\"");
    assert_eq!(run(&mut world, &echo).text(), "<AD.FERNHILL.EXAMPLE>\n");
    echo.user = "kurt".into();
    assert_eq!(run(&mut world, &echo).text(), "<NORTH.AD.FERNHILL.EXAMPLE>\n");
    for logon in [Logon::Remote, Logon::Local] {
        echo.logon = logon;
        assert_eq!(run(&mut world, &echo).text(), "<>\n");
        echo.text = format!("{INSTALL}\n{SET}").into();
        let output = run(&mut world, &echo);
        assert_eq!(
            error(&output),
            "Cannot bind argument to parameter 'Domain' because it is an empty string."
        );
        echo.text = "$domain = $env:USERDNSDOMAIN\n\"<$domain>\"".into();
    }
    echo.host = "ada-lt".into();
    assert!(world.type_at(&echo).is_err(), "a laptop has no console here");
}

#[test]
fn secrets_are_read_by_kerberos_and_with_the_library_only() {
    let by = |name: &str| {
        format!(
            "$domainCred = Get-Credential {name}\nSet-AzureADKerberosServer -Domain ad.fernhill.example `\n  \
             -UserPrincipalName hugo@fernhill.example -DomainCredential $domainCred"
        )
    };
    let refused = "Failed to read secrets from the domain .";
    let mut world = estate();
    let output = at(&mut world, "adm01", "iris", &by(r"FERNHILL\iris"));
    let record = output.error().expect("refused");
    assert_eq!(record.message, refused);
    assert_eq!(
        record.error_id,
        "Microsoft.AzureAD.Kdc.Service.DirectoryServiceException,Microsoft.AzureAD.Kdc.Management.SetAzureADKerberosServer"
    );
    assert!(output.text().contains(
        "    + CategoryInfo          : NotSpecified: (:) [Set-AzureADKerberosServer], DirectoryServiceException\n"
    ));
    let half = halves(&world, ROOT, FERNHILL);
    assert!(half[0].is_some() && half[2].is_none(), "the AD half is there");
    assert_eq!(
        at(&mut world, "adm01", "iris", &by("iris@ad.fernhill.example")).text(),
        ""
    );
    let whole = halves(&world, ROOT, FERNHILL);
    assert_eq!((whole[0], whole[1]), (half[0], half[1]), "what was there is used");
    assert_eq!(whole[2], half[0]);

    let mut world = estate();
    let by_password = by("iris@ad.fernhill.example").replace(
        "-UserPrincipalName hugo@fernhill.example",
        "-CloudCredential (Get-Credential gloria@fernhill.example)",
    );
    assert_eq!(error(&at(&mut world, "bare01", "iris", &by_password)), refused);
}

#[test]
fn protected_users_have_no_password_to_give() {
    let line =
        "Set-AzureADKerberosServer -Domain ad.fernhill.example -UserPrincipalName hugo@fernhill.example";
    let mut world = estate();
    let with = format!("{line} -DomainCredential (Get-Credential dora@ad.fernhill.example)");
    let output = at(&mut world, "sync01", "dora", &with);
    assert_eq!(output.error().map(|error| error.wording), Some(Wording::Lab));
    assert_eq!(output.notes().len(), 1);
    assert_eq!(halves(&world, ROOT, FERNHILL), [None; 4]);
    assert_eq!(
        at(&mut world, "sync01", "dora", line).text(),
        "",
        "her ticket will do"
    );
}

#[test]
fn the_cloud_side_wants_a_role_and_its_second_factor() {
    let line = |rest: &str| format!("Set-AzureADKerberosServer -Domain ad.fernhill.example {rest}");
    let mut world = estate();
    let password = |name: &str| {
        line(&format!(
            "-CloudCredential (Get-Credential {name}@fernhill.example)"
        ))
    };
    assert!(error(&at(&mut world, "adm01", "iris", &password("hugo"))).starts_with("AADSTS50076: "));
    assert_eq!(halves(&world, ROOT, FERNHILL), [None; 4], "nothing is made");
    assert!(error(&at(&mut world, "adm01", "iris", &password("nobody"))).starts_with("AADSTS50034: "));
    let window = line("-UserPrincipalName ada@fernhill.example");
    assert!(error(&at(&mut world, "adm01", "iris", &window)).contains("Hybrid Identity Administrator"));
    let half = halves(&world, ROOT, FERNHILL);
    assert!(
        half[0].is_some() && half[2].is_none(),
        "the AD half is there already"
    );
    let role = Action::SetCloudRole {
        user: "ada".into(),
        role: crate::lab::CloudRole::HybridIdentityAdministrator,
        present: true,
    };
    world.apply(&role).expect("a role");
    assert_eq!(at(&mut world, "adm01", "iris", &window).text(), "");
    let spins = at(&mut world, "bare01", "iris", &window);
    assert!(error(&spins).contains("spins"));
    assert_eq!(at(&mut world, "adm01", "iris", &password("gloria")).text(), "");
}

#[test]
fn the_module_of_entra_connect_races_between_two_dcs() {
    let line =
        "Set-AzureADKerberosServer -Domain ad.fernhill.example -UserPrincipalName hugo@fernhill.example";
    let mut world = estate();
    let output = run(
        &mut world,
        &typed("sync01", "iris", &format!("{CONNECT}\n{line}")),
    );
    assert_eq!(
        error(&output),
        "Failed to create Azure AD Kerberos Server: Failed to set password for account:\n\
         LDAP://ad.fernhill.example/CN=AzureADKerberos,OU=Domain Controllers,DC=ad,DC=fernhill,DC=example"
    );
    assert_eq!(world.kerberos_server_objects(ROOT).len(), 1);
    world.wait(core::time::Duration::from_secs(14));
    let line = typed("sync01", "iris", line);
    assert!(run(&mut world, &line).error().is_some());
    world.wait(core::time::Duration::from_secs(1));
    assert_eq!(
        run(&mut world, &line).text(),
        "",
        "the computer has reached every DC"
    );
    let shown = run(&mut world, &typed("sync01", "iris", GET)).text();
    assert!(
        !shown.contains("CloudTrustDisplay"),
        "an old module has no such row"
    );
    let newer = typed("sync01", "iris", &format!("{SET} -SetupCloudTrust"));
    assert_eq!(
        error(&run(&mut world, &newer)),
        "A parameter cannot be found that matches parameter name 'SetupCloudTrust'."
    );
    // with one DC there is nothing to race
    let mut world = estate();
    let north = "Set-AzureADKerberosServer -Domain north.ad.fernhill.example -UserPrincipalName hugo@fernhill.example";
    let output = run(
        &mut world,
        &typed("sync01", "kurt", &format!("{CONNECT}\n{north}")),
    );
    assert_eq!(output.text(), "");
    // and where Entra Connect is not, its module is not
    let output = run(&mut world, &typed("adm01", "iris", CONNECT));
    assert!(error(&output).contains("was not loaded because no valid module file was found"));
}

#[test]
fn the_gallery_wants_tls_1_2() {
    let mut world = estate();
    let install = typed("adm16", "iris", INSTALL);
    let output = run(&mut world, &install);
    let text = output.text();
    assert!(
        text.starts_with("WARNING: Unable to resolve package source "),
        "{text}"
    );
    assert!(text.contains(
        "\nPackageManagement\\Install-Package : No match was found for the specified search criteria and module name "
    ));
    assert!(text.contains("[Install-Package], Exception\n"), "{text}");
    assert!(run(&mut world, &install).error().is_some(), "again does not help");
    let tls = "[Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor \
               [Net.SecurityProtocolType]::Tls12";
    assert_eq!(run(&mut world, &typed("adm16", "iris", tls)).text(), "");
    assert_eq!(run(&mut world, &install).text(), "");
    // the setting goes with the console, the module stays
    for on in [false, true] {
        world
            .apply(&Action::SetPower {
                host: "adm16".into(),
                on,
            })
            .expect("a switch");
    }
    assert!(run(&mut world, &install).error().is_some());
    assert_eq!(run(&mut world, &typed("adm16", "iris", SET)).text(), "");
}

#[test]
fn a_second_tenant_takes_the_object_over() {
    let olga = SET.replace("hugo@fernhill.example", "olga@oakmere.example");
    let mut world = estate();
    at(&mut world, "adm01", "iris", SET);
    let before = halves(&world, ROOT, FERNHILL);
    assert_eq!(at(&mut world, "adm01", "iris", &olga).text(), "");
    let after = halves(&world, ROOT, FERNHILL);
    assert_eq!(after[3], before[3], "the first tenant knows of nothing");
    assert!(after[1] > after[3]);
    assert!(
        world
            .kerberos_server_rows(ROOT, Some(OAKMERE))
            .unequal()
            .is_empty()
    );
    let snapshot = &world.domains()[ROOT];
    let ring = snapshot
        .rodcs()
        .map(|rodc| rodc.krbtgt.keys.previous().len())
        .sum::<usize>();
    assert_eq!(ring, 0, "no key of the first tenant stays good");

    let mut world = estate_with("[administration]\nother-tenant = \"refuse\"\n");
    at(&mut world, "adm01", "iris", SET);
    assert!(error(&at(&mut world, "adm01", "iris", &olga)).contains("another tenant"));
    let remove = SET.replace("Set-", "Remove-");
    assert_eq!(at(&mut world, "adm01", "iris", &remove).text(), "");
    assert_eq!(at(&mut world, "adm01", "iris", &olga).text(), "");
}

#[test]
fn removal_against_the_wrong_tenant_leaves_the_other_half() {
    let mut world = estate();
    at(&mut world, "adm01", "iris", SET);
    let remove = SET
        .replace("Set-", "Remove-")
        .replace("hugo@fernhill.example", "olga@oakmere.example");
    assert_eq!(at(&mut world, "adm01", "iris", &remove).text(), "");
    let left = halves(&world, ROOT, FERNHILL);
    assert!(left[0].is_none() && left[2].is_some());
}

#[test]
fn the_incoming_trust_is_the_root_domains_alone() {
    let mut world = estate();
    let line = format!("{SET} -SetupCloudTrust");
    assert_eq!(at(&mut world, "adm01", "iris", &line).text(), "");
    let shown = at(&mut world, "adm01", "iris", GET).text();
    assert!(shown.contains("CloudTrustDisplay  : Microsoft.AzureAD.Kdc.Service.TrustDisplay\n"));
    let cloud = |world: &World| {
        let mut trusts = world.domains()[ROOT].trusts().iter();
        trusts.any(|trust| &*trust.spec.realm == "KERBEROS.MICROSOFTONLINE.COM")
    };
    assert!(cloud(&world));
    assert_eq!(
        error(&at(&mut world, "adm01", "kurt", &line)),
        "LsaCreateTrustedDomainEx 0x549"
    );
    assert_eq!(at(&mut world, "adm01", "kurt", SET).text(), "");
    let remove = "Remove-AzureADKerberosServerTrustedDomainObject -Domain ad.fernhill.example -UserPrincipalName \
                  hugo@fernhill.example";
    assert_eq!(at(&mut world, "adm01", "iris", remove).text(), "");
    assert!(!cloud(&world));
}

#[test]
fn endpoints_are_listed_and_chosen() {
    let mut world = estate();
    let shown = at(&mut world, "adm01", "iris", "Get-AzureADKerberosServerEndpoint").text();
    assert_eq!(
        shown,
        "Current Endpoint = 0(Public)\nSupported Endpoints:\n   0 :Public\n   1 :China\n   2 :Us Government\n"
    );
    let output = at(
        &mut world,
        "adm01",
        "iris",
        &format!("Set-AzureADKerberosServerEndpoint -TargetEndpoint 2\n{SET}"),
    );
    assert!(
        error(&output).starts_with("AADSTS50034"),
        "the tenant is not there"
    );
}

#[test]
fn the_object_can_be_looked_at_and_removed_by_hand() {
    let mut world = estate();
    at(&mut world, "adm01", "iris", SET);
    let shown = at(&mut world, "adm01", "iris", "Get-ADComputer AzureADKerberos").text();
    assert!(
        shown.contains("SamAccountName    : AzureADKerberos$\n"),
        "{shown}"
    );
    assert!(shown.contains("Enabled           : True\n") && shown.contains("DNSHostName       :\n"));
    // the name in the directory is not the account's name
    let output = at(&mut world, "adm01", "iris", "Get-ADUser krbtgt_AzureAD");
    assert_eq!(
        error(&output),
        "Cannot find an object with identity: 'krbtgt_AzureAD' under: 'DC=ad,DC=fernhill,DC=example'."
    );
    let dn = "'CN=krbtgt_AzureAD,CN=Users,DC=ad,DC=fernhill,DC=example'";
    let look = format!("Get-ADUser {dn} | Format-List Enabled");
    assert_eq!(
        at(&mut world, "adm01", "iris", &look).text(),
        "\nEnabled : False\n\n\n"
    );
    at(&mut world, "adm01", "iris", &format!("Enable-ADAccount {dn}"));
    assert_eq!(
        at(&mut world, "adm01", "iris", &look).text(),
        "\nEnabled : True\n\n\n"
    );
    let output = at(
        &mut world,
        "adm01",
        "ada",
        &format!("Remove-ADObject {dn} -Confirm:$false"),
    );
    assert_eq!(
        error(&output),
        "Insufficient access rights to perform the operation"
    );
    at(
        &mut world,
        "adm01",
        "iris",
        &format!("Remove-ADObject {dn} -Confirm:$false"),
    );
    let left = halves(&world, ROOT, FERNHILL);
    assert!(left[0].is_none() && left[2].is_some());
}

#[test]
fn variables_stay_in_their_console() {
    let mut world = estate();
    run(
        &mut world,
        &typed("adm01", "iris", "$domain = 'ad.fernhill.example'"),
    );
    assert_eq!(
        run(&mut world, &typed("adm01", "iris", "$domain")).text(),
        "ad.fernhill.example\n"
    );
    assert_eq!(run(&mut world, &typed("sync01", "iris", "$domain")).text(), "");
    assert_eq!(run(&mut world, &typed("adm01", "kurt", "$domain")).text(), "");
    let mut prompted = typed("adm01", "iris", "(Get-Credential).UserName");
    prompted.credentials = vec!["NORTH\\kurt".into()];
    assert_eq!(run(&mut world, &prompted).text(), "NORTH\\kurt\n");
    prompted.credentials.clear();
    let output = run(&mut world, &prompted);
    assert_eq!(output.text(), "iris@fernhill.example\n");
    assert_eq!(output.notes().len(), 1, "the lab says what it typed");
}

#[test]
fn a_domain_out_of_reach_is_not_found() {
    let mut world = estate();
    let line = SET.replace("$env:USERDNSDOMAIN", "ad.nowhere.example");
    assert_eq!(
        error(&at(&mut world, "adm01", "iris", &line)),
        "The specified domain does not exist or cannot be contacted."
    );
    for dc in ["dc01", "dc02"] {
        world
            .apply(&Action::SetPower {
                host: dc.into(),
                on: false,
            })
            .expect("a switch");
    }
    assert_eq!(
        error(&at(&mut world, "adm01", "iris", SET)),
        "The specified domain does not exist or cannot be contacted."
    );
}
