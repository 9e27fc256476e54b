//! Every condition that stops a command: its text and class, what it leaves, and that the right operator completes it.

use super::*;
use crate::cmdlets::Wording::{self, Lab as Own, Product};

/// What is in AD and in the tenant afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// AzureADKerberos alone.
    Computer,
    /// A krbtgt_AzureAD without a key number.
    NumberZero,
    /// All of AD's half.
    Directory,
    Both,
}

struct Row {
    what: &'static str,
    /// Lines of the lab file beside the estate's.
    lab: &'static str,
    domain: usize,
    at: Typed,
    text: &'static str,
    class: &'static str,
    wording: Wording,
    left: Left,
}

const SET_ROOT: &str =
    "Set-AzureADKerberosServer -Domain ad.fernhill.example -UserPrincipalName hugo@fernhill.example";
const SET_NORTH: &str =
    "Set-AzureADKerberosServer -Domain north.ad.fernhill.example -UserPrincipalName hugo@fernhill.example";

const NOT_SUPPORTED: &str = "Unexpected exception thrown. Action: GetKerberosDomainSyncConfigAsync, Exception: Operation \
                             is not supported on this platform.";
const NO_RIGHTS: &str = "Failed to create Azure AD Kerberos Server: Error sending directory request: The user has \
                         insufficient access rights.";
const NUMBER_ZERO: &str = "The Azure AD Kerberos Server object in Active Directory is missing required properties. \
                           Property: UserAccount.SecondaryKrbTgtNumber Value:0";
const NO_SECRETS: &str = "Failed to read secrets from the domain .";
// with the line break of the public report
const NO_PASSWORD: &str = "Failed to create Azure AD Kerberos Server: Failed to set password for account:\n\
                           LDAP://ad.fernhill.example/CN=AzureADKerberos,OU=Domain Controllers,DC=ad,DC=fernhill,DC=example";
const NO_DOMAIN: &str = "The specified domain does not exist or cannot be contacted.";
const NO_BIND: &str = "The supplied credential is invalid.";

const INVALID: &str = "InvalidOperationException";
const DIRECTORY: &str = "DirectoryServiceException";

/// A row of a run in the root domain, after the module was installed.
fn row(what: &'static str, host: &str, user: &str, line: &str, text: &'static str, left: Left) -> Row {
    Row {
        what,
        lab: "",
        domain: ROOT,
        at: typed(host, user, &format!("{INSTALL}\n{line}")),
        text,
        class: "Exception",
        wording: Product,
        left,
    }
}

impl Row {
    fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }

    /// The text is the lab's own.
    fn own(self) -> Self {
        Self { wording: Own, ..self }
    }

    fn lab(self, lab: &'static str) -> Self {
        Self { lab, ..self }
    }

    fn north(self) -> Self {
        Self {
            domain: NORTH,
            ..self
        }
    }

    fn at(mut self, change: impl FnOnce(&mut Typed)) -> Self {
        change(&mut self.at);
        self
    }
}

fn by(name: &str) -> String {
    format!("{SET_ROOT} -DomainCredential (Get-Credential {name})")
}

fn with_password(name: &str) -> String {
    format!("Set-AzureADKerberosServer -Domain ad.fernhill.example -CloudCredential (Get-Credential {name})")
}

fn rows() -> Vec<Row> {
    let mut rows = access_rows();
    rows.extend(half_made_rows());
    rows.extend(domain_rows());
    rows.extend(cloud_rows());
    rows.extend(console_rows());
    rows
}

fn access_rows() -> Vec<Row> {
    let refused =
        |what, user, line: &str| row(what, "sync01", user, line, NO_RIGHTS, Left::Nothing).class(INVALID);
    vec![
        refused("a user", "ada", SET_ROOT),
        refused("another domain's Domain Admin", "kurt", SET_ROOT),
        refused("a remote session", "iris", SET_ROOT).at(|at| at.logon = Logon::Remote),
        refused("a local session", "iris", SET_ROOT).at(|at| at.logon = Logon::Local),
        refused("a user's credential", "iris", &by("ada@ad.fernhill.example")),
    ]
}

fn half_made_rows() -> Vec<Row> {
    let secrets = |what, host: &str, line: &str| {
        row(what, host, "iris", line, NO_SECRETS, Left::Directory).class(DIRECTORY)
    };
    let elsewhere = |what, text, left| row(what, "sync01", "iris", SET_NORTH, text, left).north();
    vec![
        elsewhere("the root's Enterprise Admin", NUMBER_ZERO, Left::NumberZero)
            .class("DirectoryObjectValidationException"),
        elsewhere("the same, without krbtgt", NO_SECRETS, Left::Computer)
            .class(DIRECTORY)
            .lab("[administration]\nenterprise-admin-elsewhere = \"no-krbtgt\"\n"),
        secrets("DOMAIN\\user", "sync01", &by(r"FERNHILL\iris")),
        secrets("a bare name", "sync01", &by("iris")),
        secrets(
            "no libraries",
            "bare01",
            &with_password("gloria@fernhill.example"),
        ),
        row(
            "the module of Entra Connect",
            "sync01",
            "iris",
            "",
            NO_PASSWORD,
            Left::Computer,
        )
        .class(INVALID)
        .at(|at| at.text = format!("{CONNECT}\n{SET_ROOT}").into()),
        row(
            "the cloud trust of a child",
            "sync01",
            "kurt",
            &format!("{SET_NORTH} -SetupCloudTrust"),
            "LsaCreateTrustedDomainEx 0x549",
            Left::Both,
        )
        .class(INVALID)
        .north(),
    ]
}

fn domain_rows() -> Vec<Row> {
    let domain = |what, line: &str, text| row(what, "sync01", "iris", line, text, Left::Nothing).own();
    vec![
        domain("Protected Users", &by("dora@ad.fernhill.example"), NO_BIND),
        domain("an unknown account", &by("nobody@ad.fernhill.example"), NO_BIND),
        domain(
            "no such domain",
            &SET_ROOT.replace("ad.fernhill", "ad.nowhere"),
            NO_DOMAIN,
        ),
    ]
}

fn cloud_rows() -> Vec<Row> {
    let cloud = |what, line: &str, text, left| row(what, "sync01", "iris", line, text, left);
    vec![
        cloud(
            "a second factor",
            &with_password("hugo@fernhill.example"),
            "AADSTS50076: Due to a configuration change made by your administrator, or because you moved to a new \
             location, you must use multi-factor authentication to access the resource.",
            Left::Nothing,
        )
        .own(),
        cloud(
            "nobody",
            &with_password("nobody@fernhill.example"),
            "AADSTS50034: The user account nobody@fernhill.example does not exist in the directory. To sign into this \
             application, the account must be added to the directory.",
            Left::Nothing,
        )
        .own(),
        cloud(
            "no role",
            &SET_ROOT.replace("hugo", "ada"),
            "ada@fernhill.example signed in, and the tenant refuses: the account needs the role Hybrid Identity \
             Administrator.",
            Left::Directory,
        )
        .own(),
        cloud(
            "a window that spins",
            SET_ROOT,
            "The sign-in window spins and never asks for anything; it was closed. Entra's sign-in log has no entry.",
            Left::Nothing,
        )
        .at(|at| at.host = "bare01".into())
        .own(),
        cloud(
            "two ways to sign in",
            &format!("{SET_ROOT} -CloudCredential (Get-Credential gloria@fernhill.example)"),
            "Parameter set cannot be resolved using the specified named parameters.",
            Left::Nothing,
        )
        .class("ParameterBindingException"),
    ]
}

fn console_rows() -> Vec<Row> {
    let seven = |what, line: &str| {
        row(what, "sync01", "iris", line, NOT_SUPPORTED, Left::Nothing).at(|at| at.shell = Shell::Pwsh)
    };
    let bare = |what, host, line: &str, text| {
        row(what, host, "iris", "", text, Left::Nothing).at(|at| at.text = line.into())
    };
    vec![
        seven("Set- in PowerShell 7", SET_ROOT),
        seven("Get- in PowerShell 7", GET),
        seven("Remove- in PowerShell 7", &SET_ROOT.replace("Set-", "Remove-")),
        bare(
            "no module",
            "sync01",
            SET_ROOT,
            "The term 'Set-AzureADKerberosServer' is not recognized as the name of a cmdlet, function, script file, or \
             operable program. Check the spelling of the name, or if a path was included, verify that the path is correct \
             and try again.",
        )
        .class("CommandNotFoundException"),
        bare(
            "the gallery without TLS 1.2",
            "adm16",
            INSTALL,
            "No match was found for the specified search criteria and module name \
             'AzureADHybridAuthenticationManagement'. Try Get-PSRepository to see all available registered module \
             repositories.",
        ),
        row(
            "$env:USERDNSDOMAIN of a remote session",
            "sync01",
            "iris",
            SET,
            "Cannot bind argument to parameter 'Domain' because it is an empty string.",
            Left::Nothing,
        )
        .class("ParameterBindingValidationException")
        .at(|at| at.logon = Logon::Remote),
    ]
}

fn left(world: &World, domain: usize) -> Left {
    let objects = world.kerberos_server_objects(domain).len();
    match (objects, halves(world, domain, FERNHILL)) {
        (0, [None, None, None, None]) => Left::Nothing,
        (1, [None, None, None, None]) => Left::Computer,
        (_, [Some(0), None, None, None]) => Left::NumberZero,
        (3, [Some(_), Some(_), None, None]) => Left::Directory,
        (3, [id, version, cloud_id, cloud_version]) if (id, version) == (cloud_id, cloud_version) => {
            Left::Both
        }
        other => panic!("what is this? {other:?}"),
    }
}

#[test]
fn every_error_has_its_text_its_class_and_what_it_leaves() {
    for row in rows() {
        let mut world = estate_with(row.lab);
        for time in ["once", "twice"] {
            let output = run(&mut world, &row.at);
            let record = output
                .error()
                .unwrap_or_else(|| panic!("{}, {time}: it works", row.what));
            let seen = (record.message.as_str(), record.exception, record.wording);
            assert_eq!(seen, (row.text, row.class, row.wording), "{}, {time}", row.what);
            assert_eq!(left(&world, row.domain), row.left, "{}, {time}", row.what);
        }
        completes(&mut world, &row);
    }
}

/// A Domain Admin of the domain, with the gallery's module and a ticket.
fn completes(world: &mut World, row: &Row) {
    let (user, line) = match row.domain {
        ROOT => ("iris", SET_ROOT),
        _ => ("kurt", SET_NORTH),
    };
    let before = halves(world, row.domain, FERNHILL);
    assert_eq!(at(world, "adm01", user, line).text(), "", "{}", row.what);
    assert_eq!(left(world, row.domain), Left::Both, "{}", row.what);
    let after = halves(world, row.domain, FERNHILL);
    if matches!(row.left, Left::Directory | Left::Both) {
        assert_eq!(after[..2], before[..2], "{}: what was there is used", row.what);
    }
    assert_eq!(at(world, "adm01", user, line).text(), "", "{}", row.what);
    let again = halves(world, row.domain, FERNHILL);
    assert_eq!(
        again, after,
        "{}: run again, it publishes the same keys",
        row.what
    );
}

/// Without rights nothing is removed, and without the role the tenant's half stays.
#[test]
fn removal_stops_where_the_operator_may_not() {
    let remove = |upn: &str| {
        format!("Remove-AzureADKerberosServer -Domain ad.fernhill.example -UserPrincipalName {upn}")
    };
    let mut world = estate();
    at(&mut world, "adm01", "iris", SET_ROOT);
    let whole = halves(&world, ROOT, FERNHILL);
    let output = at(&mut world, "adm01", "ada", &remove("hugo@fernhill.example"));
    assert_eq!(
        error(&output),
        "Error sending directory request: The user has insufficient access rights."
    );
    assert_eq!(halves(&world, ROOT, FERNHILL), whole);
    let output = at(&mut world, "adm01", "iris", &remove("ada@fernhill.example"));
    assert_eq!(output.error().map(|error| error.wording), Some(Own));
    let left = halves(&world, ROOT, FERNHILL);
    assert_eq!(left, [None, None, whole[2], whole[3]], "AD's half is gone");
    let output = at(&mut world, "adm01", "iris", &remove("hugo@fernhill.example"));
    assert_eq!(output.text(), "");
    assert_eq!(halves(&world, ROOT, FERNHILL), [None; 4]);
}
