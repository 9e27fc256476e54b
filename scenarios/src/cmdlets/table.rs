//! The commands of a console: their parameters, their classes, and what runs.

use std::collections::VecDeque;
use std::sync::Arc;

use super::bind::{Bound, Kind, Parameter};
use super::console::Printed;
use super::error::Thrown;
use super::state::{Module, Seat, Session};
use super::value::Value;
use super::{builtin, directory, help, kerberos_server};
use crate::world::World;

/// A command under way.
pub(super) struct Call<'a> {
    pub(super) world: &'a mut World,
    pub(super) session: &'a mut Session,
    pub(super) seat: &'a Seat,
    /// The Kerberos module the command comes from, if it does.
    pub(super) module: Option<Module>,
    pub(super) bound: Bound,
    /// What came through the pipe.
    pub(super) input: Vec<Value>,
    /// Names that will be typed into the next prompts for a credential.
    pub(super) prompts: &'a mut VecDeque<Arc<str>>,
    pub(super) printed: &'a mut Vec<Printed>,
}

/// A command.
pub(super) struct Cmdlet {
    pub(super) name: &'static str,
    /// Its .NET class, which stands in the ids of its errors.
    pub(super) class: Option<&'static str>,
    pub(super) source: Source,
    pub(super) parameters: &'static [Parameter],
    pub(super) run: Run,
}

pub(super) type Run = fn(&mut Call<'_>) -> Result<Vec<Value>, Thrown>;

/// Where a command comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// It is always there.
    Shell,
    /// The Kerberos module.
    Kerberos,
    /// The Kerberos module, the gallery's only.
    KerberosGallery,
}

const DOMAIN: Parameter = Parameter::named("Domain", Kind::Text).mandatory().positional();
const UPN: Parameter = Parameter::named("UserPrincipalName", Kind::Text);
const CLOUD_CREDENTIAL: Parameter = Parameter::named("CloudCredential", Kind::Credential);
const DOMAIN_CREDENTIAL: Parameter = Parameter::named("DomainCredential", Kind::Credential);
const IDENTITY: Parameter = Parameter::named("Identity", Kind::Text).mandatory().positional();
const SERVER: Parameter = Parameter::named("Server", Kind::Text);
const CONFIRM: Parameter = Parameter::named("Confirm", Kind::Switch);

const BOTH_SIDES: &[Parameter] = &[DOMAIN, UPN, CLOUD_CREDENTIAL, DOMAIN_CREDENTIAL];
const OLD_SET: &[Parameter] = &[
    DOMAIN,
    UPN,
    CLOUD_CREDENTIAL,
    DOMAIN_CREDENTIAL,
    Parameter::named("RotateServerKey", Kind::Switch),
];
const SET: &[Parameter] = &[
    DOMAIN,
    UPN,
    CLOUD_CREDENTIAL,
    DOMAIN_CREDENTIAL,
    Parameter::named("RotateServerKey", Kind::Switch),
    Parameter::named("SetupCloudTrust", Kind::Switch),
];
const INSTALL: &[Parameter] = &[
    Parameter::named("Name", Kind::Text).mandatory().positional(),
    Parameter::named("AllowClobber", Kind::Switch),
    Parameter::named("Force", Kind::Switch),
    Parameter::named("Scope", Kind::Text),
    Parameter::named("Repository", Kind::Text),
    Parameter::named("RequiredVersion", Kind::Text),
    Parameter::named("MinimumVersion", Kind::Text),
    Parameter::named("AllowPrerelease", Kind::Switch),
    Parameter::named("SkipPublisherCheck", Kind::Switch),
    Parameter::named("AcceptLicense", Kind::Switch),
    CONFIRM,
];
const LOOK_UP: &[Parameter] = &[IDENTITY, SERVER, Parameter::named("Properties", Kind::Any)];
const CHANGE: &[Parameter] = &[IDENTITY, SERVER, CONFIRM];

const fn kerberos(
    name: &'static str,
    class: &'static str,
    parameters: &'static [Parameter],
    run: Run,
) -> Cmdlet {
    Cmdlet {
        name,
        class: Some(class),
        source: Source::Kerberos,
        parameters,
        run,
    }
}

const fn shell(
    name: &'static str,
    class: &'static str,
    parameters: &'static [Parameter],
    run: Run,
) -> Cmdlet {
    Cmdlet {
        name,
        class: Some(class),
        source: Source::Shell,
        parameters,
        run,
    }
}

/// Every command.
const CMDLETS: &[Cmdlet] = &[
    kerberos(
        "Set-AzureADKerberosServer",
        "Microsoft.AzureAD.Kdc.Management.SetAzureADKerberosServer",
        SET,
        kerberos_server::set,
    ),
    kerberos(
        "Get-AzureADKerberosServer",
        "Microsoft.AzureAD.Kdc.Management.GetAzureADKerberosServer",
        BOTH_SIDES,
        kerberos_server::get,
    ),
    kerberos(
        "Remove-AzureADKerberosServer",
        "Microsoft.AzureAD.Kdc.Management.RemoveAzureADKerberosServer",
        BOTH_SIDES,
        kerberos_server::remove,
    ),
    Cmdlet {
        source: Source::KerberosGallery,
        ..kerberos(
            "Remove-AzureADKerberosServerTrustedDomainObject",
            "Microsoft.AzureAD.Kdc.Management.RemoveAzureADKerberosServerTrustedDomainObject",
            BOTH_SIDES,
            kerberos_server::remove_trust,
        )
    },
    Cmdlet {
        source: Source::KerberosGallery,
        ..kerberos(
            "Get-AzureADKerberosServerEndpoint",
            "Microsoft.AzureAD.Kdc.Management.GetAzureADKerberosServerEndpoint",
            &[],
            builtin::get_endpoint,
        )
    },
    Cmdlet {
        source: Source::KerberosGallery,
        ..kerberos(
            "Set-AzureADKerberosServerEndpoint",
            "Microsoft.AzureAD.Kdc.Management.SetAzureADKerberosServerEndpoint",
            &[Parameter::named("TargetEndpoint", Kind::Number)
                .mandatory()
                .positional()],
            builtin::set_endpoint,
        )
    },
    shell(
        "Install-Module",
        "Install-Module",
        INSTALL,
        builtin::install_module,
    ),
    shell("Update-Module", "Update-Module", INSTALL, builtin::install_module),
    shell(
        "Uninstall-Module",
        "Uninstall-Module",
        INSTALL,
        builtin::uninstall_module,
    ),
    shell(
        "Import-Module",
        "Microsoft.PowerShell.Commands.ImportModuleCommand",
        &[
            Parameter::named("Name", Kind::Text).mandatory().positional(),
            Parameter::named("Force", Kind::Switch),
            Parameter::named("Global", Kind::Switch),
            Parameter::named("PassThru", Kind::Switch),
        ],
        builtin::import_module,
    ),
    shell(
        "Get-Credential",
        "Microsoft.PowerShell.Commands.GetCredentialCommand",
        &[
            Parameter::named("Credential", Kind::Any).positional(),
            Parameter::named("UserName", Kind::Text),
            Parameter::named("Message", Kind::Text),
            Parameter::named("Title", Kind::Text),
        ],
        builtin::get_credential,
    ),
    shell(
        "Get-Help",
        "Microsoft.PowerShell.Commands.GetHelpCommand",
        &[Parameter::named("Name", Kind::Text).positional()],
        help::get_help,
    ),
    shell(
        "Set-Location",
        "Microsoft.PowerShell.Commands.SetLocationCommand",
        &[Parameter::named("Path", Kind::Text).positional()],
        builtin::nothing,
    ),
    shell(
        "Format-List",
        "Microsoft.PowerShell.Commands.FormatListCommand",
        &[
            Parameter::named("Property", Kind::Any).positional(),
            Parameter::named("Force", Kind::Switch),
        ],
        builtin::format_list,
    ),
    shell(
        "Select-Object",
        "Microsoft.PowerShell.Commands.SelectObjectCommand",
        &[
            Parameter::named("Property", Kind::Any).positional(),
            Parameter::named("ExpandProperty", Kind::Text),
        ],
        builtin::select_object,
    ),
    shell(
        "Out-Null",
        "Microsoft.PowerShell.Commands.OutNullCommand",
        &[],
        builtin::nothing,
    ),
    shell(
        "Write-Host",
        "Microsoft.PowerShell.Commands.WriteHostCommand",
        &[Parameter::named("Object", Kind::Any).positional()],
        builtin::write_host,
    ),
    shell(
        "Get-ADComputer",
        "Microsoft.ActiveDirectory.Management.Commands.GetADComputer",
        LOOK_UP,
        directory::get_computer,
    ),
    shell(
        "Get-ADUser",
        "Microsoft.ActiveDirectory.Management.Commands.GetADUser",
        LOOK_UP,
        directory::get_user,
    ),
    shell(
        "Enable-ADAccount",
        "Microsoft.ActiveDirectory.Management.Commands.EnableADAccount",
        CHANGE,
        directory::enable_account,
    ),
    shell(
        "Disable-ADAccount",
        "Microsoft.ActiveDirectory.Management.Commands.DisableADAccount",
        CHANGE,
        directory::disable_account,
    ),
    shell(
        "Remove-ADObject",
        "Microsoft.ActiveDirectory.Management.Commands.RemoveADObject",
        &[
            IDENTITY,
            SERVER,
            CONFIRM,
            Parameter::named("Recursive", Kind::Switch),
        ],
        directory::remove_object,
    ),
];

/// Short names.
const ALIASES: &[(&str, &str)] = &[
    ("fl", "Format-List"),
    ("select", "Select-Object"),
    ("ipmo", "Import-Module"),
    ("cd", "Set-Location"),
    ("sl", "Set-Location"),
    ("chdir", "Set-Location"),
    ("inmo", "Install-Module"),
];

/// Programs that are no cmdlets.
const PROGRAMS: [&str; 2] = ["whoami", "msiexec"];

/// Exported by the gallery's module, and nothing that a sign-in depends on.
const NOT_MODELLED: &[&str] = &[
    "Get-AzureADKerberosGroupMapping",
    "Set-AzureADKerberosGroupMapping",
    "Remove-AzureADKerberosGroupMapping",
    "Import-AzureADKerberosOnPremServicePrincipal",
    "Import-AzureADKerberosServicePrincipal",
];

/// A command by its name, in any case, with or without its module before a backslash.
pub(super) fn find(name: &str) -> Option<&'static Cmdlet> {
    let name = name.rsplit('\\').next().unwrap_or(name);
    let alias = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(name));
    let name = alias.map_or(name, |(_, name)| name);
    CMDLETS
        .iter()
        .find(|cmdlet| cmdlet.name.eq_ignore_ascii_case(name))
}

/// A command that a session can run, and the module it comes from. The gallery's is loaded by itself when a command of it
/// is typed.
pub(super) fn available(
    name: &str,
    world: &World,
    session: &Session,
    seat: &Seat,
) -> Option<(&'static Cmdlet, Option<Module>)> {
    let cmdlet = find(name)?;
    if cmdlet.source == Source::Shell {
        return Some((cmdlet, None));
    }
    let by_itself = world.has_module(seat).then_some(Module::Gallery);
    let module = session.imported.or(by_itself)?;
    let has_it = cmdlet.source == Source::Kerberos || module == Module::Gallery;
    has_it.then_some((cmdlet, Some(module)))
}

/// The short names of a command.
pub(super) fn aliases_of(cmdlet: &Cmdlet) -> impl Iterator<Item = &'static str> {
    let name = cmdlet.name;
    ALIASES
        .iter()
        .filter(move |(_, long)| *long == name)
        .map(|(alias, _)| *alias)
}

/// Whether the name is one of the module's that the lab does not act out.
pub(super) fn is_not_modelled(name: &str) -> bool {
    NOT_MODELLED.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The parameters of a command in the module it comes from.
pub(super) fn parameters(cmdlet: &Cmdlet, module: Option<Module>) -> &'static [Parameter] {
    if module == Some(Module::Connect) && cmdlet.name == "Set-AzureADKerberosServer" {
        OLD_SET
    } else {
        cmdlet.parameters
    }
}

/// Names of all commands, for completion.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CMDLETS.iter().map(|cmdlet| cmdlet.name).chain(PROGRAMS)
}
