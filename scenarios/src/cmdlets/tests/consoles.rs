//! Consoles: editions, modules, variables, the environment, endpoints.

use super::*;
use crate::cmdlets::Wording;
use crate::world::Action;

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
fn a_value_that_doubles_itself_stops_growing() {
    let mut world = estate();
    let begin = "$a = 'xxxxxxxxxxxxxxxx'\n$b = Get-Credential x\n";
    for double in [
        "$a = \"$a$a\"",
        "$a = (Get-Credential $a,$a).UserName",
        "$a = (Get-Credential -UserName $a,$a | select -ExpandProperty UserName)",
        "$a = $b | fl $a,\"$a$a\"",
    ] {
        let text = format!("{begin}{}\"$a\"", format!("{double}\n").repeat(40));
        let output = run(&mut world, &typed("adm01", "iris", &text));
        assert!(output.text().len() < 64 * 16_384, "{double}");
        if !double.contains("fl") {
            let error = output.error().expect(double);
            assert_eq!(
                error.message, "this console holds values of up to 16384 octets",
                "{double}"
            );
            assert_eq!(error.wording, Wording::Lab);
        }
    }
    let fits = "$a = 'xxxxxxxxxxxxxxxx'\n".to_owned() + &"$a = \"$a$a\"\n".repeat(10) + "$a.Length";
    assert_eq!(run(&mut world, &typed("adm01", "iris", &fits)).text(), "16384\n");
    // a name as wide as a value may be is padded to
    assert!(
        run(&mut world, &typed("adm01", "iris", "$b | fl $a"))
            .error()
            .is_none()
    );
}

#[test]
fn long_chains_are_refused_and_the_console_goes_on() {
    let mut world = estate();
    for line in [
        format!("$a{}", ".b".repeat(16_000)),
        format!("$a = 1{}", " -bor 1".repeat(16_000)),
    ] {
        let output = run(&mut world, &typed("adm01", "iris", &line));
        assert_eq!(output.error().map(|error| error.wording), Some(Wording::Lab));
    }
    let most = format!("$a = 1{}\n$a", " -bor 2".repeat(128));
    assert_eq!(run(&mut world, &typed("adm01", "iris", &most)).text(), "3\n");
}

#[test]
fn what_is_beyond_the_console_is_said_beside_the_error() {
    let mut world = estate();
    let output = run(&mut world, &typed("adm01", "iris", "Get-Process"));
    assert!(
        output
            .text()
            .starts_with("Get-Process : The term 'Get-Process' is not recognized")
    );
    let notes = output.notes();
    assert!(
        matches!(&notes[..], [note] if note.starts_with("Get-Process is beyond this console")),
        "{notes:?}"
    );
    // what only lacks its module is as unknown as everywhere
    assert!(run(&mut world, &typed("adm01", "iris", GET)).notes().is_empty());
}

#[test]
fn every_command_shows_its_syntax_and_does_nothing() {
    let mut world = estate();
    run(&mut world, &typed("adm01", "iris", INSTALL));
    for name in super::super::command_names().filter(|name| name.contains('-')) {
        let before = world.trace().len();
        let asked = run(&mut world, &typed("adm01", "iris", &format!("{name} -?")));
        let text = asked.text();
        assert!(asked.error().is_none(), "{name}: {text}");
        assert!(text.contains(&format!("NAME\n    {name}\n")), "{text}");
        assert!(text.contains(&format!("SYNTAX\n    {name}")), "{text}");
        assert_eq!(
            run(&mut world, &typed("adm01", "iris", &format!("Get-Help {name}"))).text(),
            text
        );
        assert_eq!(world.trace().len(), before, "{name}");
    }
    let set = run(
        &mut world,
        &typed("adm01", "iris", "Set-AzureADKerberosServer –?"),
    )
    .text();
    assert!(
        set.contains(
            "Set-AzureADKerberosServer [-Domain] <string> [-UserPrincipalName <string>] [-CloudCredential <pscredential>] \
             [-DomainCredential <pscredential>] [-RotateServerKey] [-SetupCloudTrust]  [<CommonParameters>]\n"
        ),
        "{set}"
    );
    let unknown = run(&mut world, &typed("adm01", "iris", "Get-Help Get-Foo"));
    assert_eq!(
        unknown.error().map(|error| error.error_id.as_str()),
        Some("HelpNotFound,Microsoft.PowerShell.Commands.GetHelpCommand")
    );
    // without its module a command has no help either
    let mut bare = estate();
    let unknown = run(&mut bare, &typed("adm01", "iris", "Get-AzureADKerberosServer -?"));
    assert!(unknown.text().contains("is not recognized"), "{}", unknown.text());
}
