//! Who works and where, and how far that goes.

use super::*;
use crate::cmdlets::Wording;
use crate::world::{AccountChange, Action, CloudAction};

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

fn change_of(user: &str, change: AccountChange) -> Action {
    Action::ChangeAccount {
        user: user.into(),
        change,
    }
}

fn enabled(user: &str, enabled: bool) -> Action {
    Action::SetAccountEnabled {
        user: user.into(),
        enabled,
    }
}

#[test]
fn an_operator_who_was_barred_rotates_no_more() {
    let rotate = format!("{SET} -RotateServerKey");
    let locked = |locked| change_of("iris", AccountChange::Locked(locked));
    for (bar, free, why) in [
        (enabled("iris", false), enabled("iris", true), "is disabled"),
        (locked(true), locked(false), "is locked out"),
    ] {
        let mut world = estate();
        assert_eq!(at(&mut world, "adm01", "iris", SET).text(), "");
        let before = halves(&world, ROOT, FERNHILL);
        world.apply(&bar).expect("a change");
        let output = at(&mut world, "adm01", "iris", &rotate);
        assert!(error(&output).contains(why), "{}", error(&output));
        assert_eq!(output.error().map(|error| error.wording), Some(Wording::Lab));
        assert_eq!(halves(&world, ROOT, FERNHILL), before);
        world.apply(&free).expect("a change");
        assert_eq!(at(&mut world, "adm01", "iris", &rotate).text(), "");
        assert_ne!(halves(&world, ROOT, FERNHILL), before);
    }
}

#[test]
fn an_operator_who_was_renamed_keeps_their_rights() {
    let mut world = estate();
    let rename = Action::Cloud(CloudAction::RenameAccount {
        user: "iris".into(),
        sam: "iris.b".into(),
    });
    world.apply(&rename).expect("a rename");
    assert_eq!(at(&mut world, "adm01", "iris", SET).text(), "");
    let who = run(&mut world, &typed("adm01", "iris", "whoami")).text();
    assert_eq!(who, "fernhill\\iris.b\n");
}

#[test]
fn a_cloud_account_is_as_its_tenant_has_it_now() {
    let mut world = estate();
    let role = Action::SetCloudRole {
        user: "ada".into(),
        role: crate::lab::CloudRole::HybridIdentityAdministrator,
        present: true,
    };
    world.apply(&role).expect("a role");
    let line = SET.replace("hugo@", "ada@");
    world.apply(&enabled("ada", false)).expect("a change");
    assert_eq!(
        at(&mut world, "adm01", "iris", &line).text(),
        "",
        "not yet synced"
    );
    let cycle = Action::Cloud(CloudAction::SyncCycle {
        tenant: "fernhill".into(),
    });
    world.apply(&cycle).expect("a cycle");
    let output = at(&mut world, "adm01", "iris", &line);
    assert_eq!(error(&output), "AADSTS50057: The user account is disabled.");
    world.apply(&enabled("ada", true)).expect("a change");
    world.apply(&cycle).expect("a cycle");
    assert_eq!(at(&mut world, "adm01", "iris", &line).text(), "");
}

/// The public report is of `Set-`; what `Get-` and `Remove-` put before the directory's words is not known.
#[test]
fn only_set_claims_to_have_failed_to_create() {
    let mut world = estate();
    assert_eq!(at(&mut world, "adm01", "iris", SET).text(), "");
    let before = halves(&world, ROOT, FERNHILL);
    let mut remote = typed("adm01", "iris", &format!("{INSTALL}\n{GET}"));
    remote.logon = Logon::Remote;
    let remove = |name: &str| GET.replace("Get-AzureADKerberosServer", name);
    let outputs = [
        run(&mut world, &remote),
        at(
            &mut world,
            "adm01",
            "ada",
            &remove("Remove-AzureADKerberosServer"),
        ),
        at(
            &mut world,
            "adm01",
            "ada",
            &remove("Remove-AzureADKerberosServerTrustedDomainObject"),
        ),
    ];
    for output in outputs {
        assert_eq!(
            error(&output),
            "Error sending directory request: The user has insufficient access rights."
        );
        assert_eq!(output.error().map(|error| error.wording), Some(Wording::Lab));
    }
    assert_eq!(halves(&world, ROOT, FERNHILL), before);
    let rotated = at(
        &mut world,
        "adm01",
        "ada",
        &format!("{GET} -RotateServerKey").replace("Get-", "Set-"),
    );
    assert!(error(&rotated).starts_with("Failed to create Azure AD Kerberos Server: "));
    assert_eq!(rotated.error().map(|error| error.wording), Some(Wording::Product));
}
