//! The three objects and the tenant's half: made, shown, rotated, taken over, removed.

use super::*;
use crate::cmdlets::Wording;

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
fn an_account_is_found_by_each_of_its_identities() {
    let mut world = estate();
    let by_name = run(&mut world, &typed("adm01", "iris", "Get-ADUser ada"));
    assert!(by_name.error().is_none(), "{}", by_name.text());
    let value = |label: &str| {
        let text = by_name.text();
        let line = text
            .lines()
            .find(|line| line.starts_with(label))
            .map(str::to_owned);
        let value = line.and_then(|line| Some(line.split_once(" : ")?.1.trim().to_owned()));
        value.unwrap_or_else(|| panic!("no {label} in {}", by_name.text()))
    };
    assert_eq!(value("SamAccountName"), "ada");
    assert_eq!(value("Enabled"), "True");
    assert!(value("DistinguishedName").ends_with("CN=Users,DC=ad,DC=fernhill,DC=example"));
    for label in ["DistinguishedName", "ObjectGUID", "SID"] {
        let line = format!("Get-ADUser -Identity '{}'", value(label));
        assert_eq!(
            run(&mut world, &typed("adm01", "iris", &line)).text(),
            by_name.text(),
            "{line}"
        );
    }
    let computer = run(&mut world, &typed("adm01", "iris", "Get-ADComputer adm01"));
    assert!(
        computer.text().contains("SamAccountName    : ADM01$"),
        "{}",
        computer.text()
    );
    // a display name or a UPN is none of them, and a user is no computer
    for line in [
        "Get-ADUser ada@fernhill.example",
        "Get-ADComputer ada",
        "Get-ADUser nobody",
    ] {
        let said = run(&mut world, &typed("adm01", "iris", line));
        let id = said.error().map(|error| error.exception);
        assert_eq!(id, Some("ADIdentityNotFoundException"), "{line}");
    }
    // what the console does not change is not said to be missing
    let disabled = run(&mut world, &typed("adm01", "iris", "Disable-ADAccount ada"));
    assert_eq!(disabled.error().map(|error| error.wording), Some(Wording::Lab));
}
