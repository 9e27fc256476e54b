//! `trustlab admin kerberos-server`: the cmdlets' work in words of the command line, in a running lab or on a lab file.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use evidence::kerberos_server::KerberosServer;
use scenarios::cmdlets::{Logon, Shell};
use scenarios::lab::CompiledLab;
use scenarios::world::World;

use crate::at;
use crate::desk::sitting::{Machine, Sitting};
use crate::desk::{Printed, lab, powershell};
use crate::exit;
use crate::lab::Unreadable;

/// `trustlab admin`.
#[derive(Args, Debug)]
pub(crate) struct AdminArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The Kerberos server object: both halves of it, made, shown, given new keys, removed
    KerberosServer(KerberosServerArgs),
}

/// `trustlab admin kerberos-server`.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
struct KerberosServerArgs {
    /// What is done
    #[arg(value_enum)]
    verb: Verb,
    /// The server or DC at whose console it is done
    #[arg(long, value_name = "HOST")]
    at: String,
    /// Who sits there: an account of the lab, such as iris
    #[arg(long = "as", value_name = "USER")]
    user: String,
    /// The AD domain; without it, $env:USERDNSDOMAIN of that console
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Sign in to Entra in a window, with this name
    #[arg(long, value_name = "UPN", conflicts_with = "cloud_credential")]
    user_principal_name: Option<String>,
    /// Sign in to Entra with this name and its password
    #[arg(long, value_name = "UPN")]
    cloud_credential: Option<String>,
    /// Bind to AD with this name and its password, instead of as who sits there
    #[arg(long, value_name = "NAME")]
    domain_credential: Option<String>,
    /// With `set`: make the trusted domain object for the cloud realm as well
    #[arg(long)]
    setup_cloud_trust: bool,
    /// Which PowerShell
    #[arg(long, value_enum, default_value_t = Edition::Powershell)]
    shell: Edition,
    /// How they have logged on there
    #[arg(long, value_enum, default_value_t = LoggedOn::Interactive)]
    logon: LoggedOn,
    /// Leave the module as it is there, instead of installing it first
    #[arg(long)]
    no_install: bool,
    /// The directory of the running lab; without it, $TRUSTLAB_DIR, which env.sh sets, else the lab that this user started last
    #[arg(long, value_name = "DIR", conflicts_with = "lab_file")]
    lab: Option<PathBuf>,
    /// A lab file, or a name of `trustlab list labs`: show what would come of it there, and change nothing
    #[arg(long, value_name = "FILE")]
    lab_file: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Verb {
    /// Set-AzureADKerberosServer
    Set,
    /// Get-AzureADKerberosServer
    Get,
    /// Set-AzureADKerberosServer -RotateServerKey
    Rotate,
    /// Remove-AzureADKerberosServer
    Remove,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Edition {
    /// Windows PowerShell 5.1
    Powershell,
    /// PowerShell 7
    Pwsh,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LoggedOn {
    /// At the screen, with a domain account
    Interactive,
    /// By PowerShell remoting
    Remote,
    /// With an account of the host alone
    Local,
}

const EXAMPLES: &str = "\
Examples, in the built-in lab:
  trustlab admin kerberos-server get --at sync01 --as iris --user-principal-name hugo@fernhill.example
  trustlab admin kerberos-server rotate --at sync01 --as iris --user-principal-name hugo@fernhill.example
  trustlab admin kerberos-server set --at sync01 --as iris --cloud-credential hugo@fernhill.example
        hugo has a second factor, which a name and a password are not
  trustlab admin kerberos-server remove --at sync01 --as ada --user-principal-name hugo@fernhill.example --lab-file fernhill
        what would come of it, without a running lab

The lines that it types are shown; trustlab at sync01 --as iris takes them as well.
Exit codes: 0 it worked, 1 the cmdlet failed, 2 there is no such host, user, lab file or PowerShell, 3 no lab runs.";

/// Does what was asked. Returns the exit code.
pub(crate) fn run(args: &AdminArgs) -> u8 {
    let What::KerberosServer(args) = &args.what;
    let text = lines(args);
    for line in text.lines() {
        let _ = writeln!(io::stderr(), "PS> {line}");
    }
    match &args.lab_file {
        Some(file) => offline(file, args, &text),
        None => at::type_there(args.lab.as_deref(), &typed_words(args, text)),
    }
}

/// What an administrator would type.
fn lines(args: &KerberosServerArgs) -> String {
    let mut text = String::new();
    if !args.no_install {
        text.push_str("Install-Module -Name AzureADHybridAuthenticationManagement -AllowClobber\n");
    }
    let name = match args.verb {
        Verb::Set | Verb::Rotate => "Set-AzureADKerberosServer",
        Verb::Get => "Get-AzureADKerberosServer",
        Verb::Remove => "Remove-AzureADKerberosServer",
    };
    let domain = args
        .domain
        .as_deref()
        .map_or_else(|| "$env:USERDNSDOMAIN".to_owned(), quoted);
    text.push_str(&format!("{name} -Domain {domain}"));
    if let Some(upn) = &args.user_principal_name {
        text.push_str(&format!(" -UserPrincipalName {}", quoted(upn)));
    }
    for (parameter, credential) in [
        ("CloudCredential", &args.cloud_credential),
        ("DomainCredential", &args.domain_credential),
    ] {
        if let Some(credential) = credential {
            text.push_str(&format!(" -{parameter} (Get-Credential {})", quoted(credential)));
        }
    }
    if args.verb == Verb::Rotate {
        text.push_str(" -RotateServerKey");
    }
    if args.setup_cloud_trust {
        text.push_str(" -SetupCloudTrust");
    }
    text.push('\n');
    text
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn typed_words(args: &KerberosServerArgs, text: String) -> lab::Typed {
    let shell = match args.shell {
        Edition::Powershell => "powershell",
        Edition::Pwsh => "pwsh",
    };
    let logon = match args.logon {
        LoggedOn::Interactive => None,
        LoggedOn::Remote => Some("-Remote"),
        LoggedOn::Local => Some("-Local"),
    };
    let mut command = vec![shell.to_owned()];
    command.extend(logon.map(str::to_owned));
    command.push(text);
    lab::Typed {
        host: args.at.clone(),
        user: Some(args.user.clone()),
        command,
    }
}

/// In a world made for this alone, which is thrown away.
fn offline(file: &str, args: &KerberosServerArgs, text: &str) -> u8 {
    let mut world = match world_of(file) {
        Ok(world) => world,
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why}");
            return exit::BAD_INPUT;
        }
    };
    let logon = match args.logon {
        LoggedOn::Interactive => Logon::Interactive,
        LoggedOn::Remote => Logon::Remote,
        LoggedOn::Local => Logon::Local,
    };
    let shell = match args.shell {
        Edition::Powershell => Shell::WindowsPowerShell,
        Edition::Pwsh => Shell::Pwsh,
    };
    let sitting = match Sitting::find(&world, &args.at, Some(&args.user)) {
        Ok(sitting) => sitting,
        Err(refused) => return at::show(&refused),
    };
    if sitting.machine == Machine::Client {
        return at::show(&Printed::refused(format!(
            "{} is a Windows client; the cmdlets are typed at servers and DCs\n",
            sitting.host
        )));
    }
    let before = objects(&world);
    let code = at::show(&powershell::typed(&mut world, &sitting, text, shell, logon));
    if objects(&world) != before {
        at::show(&Printed::noted(what_would_be(&world)));
    }
    code
}

fn world_of(file: &str) -> Result<World, Unreadable> {
    let lab = crate::lab::read(file)?;
    let compiled =
        CompiledLab::compile(lab).map_err(|error| Unreadable::Whole(format!("{file}: {error}")))?;
    Ok(World::new(Arc::new(compiled), 1))
}

/// The object of every domain, against every tenant.
fn objects(world: &World) -> Vec<(usize, usize, KerberosServer)> {
    let domains = 0..world.domains().len();
    let pairs = domains.flat_map(|domain| (0..world.tenants().len()).map(move |tenant| (domain, tenant)));
    pairs
        .map(|(domain, tenant)| (domain, tenant, world.kerberos_server_rows(domain, Some(tenant))))
        .collect()
}

/// Each of them in a line.
fn what_would_be(world: &World) -> String {
    let mut text = "Nothing was changed. There would be:\n".to_owned();
    let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    for (domain, tenant, shown) in objects(world) {
        let (Some(domain), Some((tenant, _))) = (world.domains().get(domain), world.tenants().get(tenant))
        else {
            continue;
        };
        text.push_str(&format!(
            "  {} and {}: Id {} KeyVersion {}, CloudId {} CloudKeyVersion {}\n",
            domain.dns_name(),
            tenant.name,
            number(shown.id),
            number(shown.key_version),
            number(shown.cloud_id),
            number(shown.cloud_key_version)
        ));
    }
    text
}
