//! Consoles of servers and DCs: the lines that administrators of the Kerberos server object type, as they type them.

use scenarios::cmdlets::{ConsoleOutput, Logon, Printed as Piece, Shell, Typed};
use scenarios::world::World;

use super::Printed;
use super::command::{Entry, Group, Machines, ParseError, Task, usage};
use super::lab::with_world;
use super::sitting::Sitting;

const CONSOLES: Machines = Machines::SERVERS.or(Machines::DCS);

/// The administrators' commands.
pub(crate) const GROUP: Group = Group {
    title: "PowerShell",
    entries: &[
        cmdlet(
            "set-azureadkerberosserver",
            "Set-AzureADKerberosServer -Domain DOMAIN -UserPrincipalName UPN [-DomainCredential (Get-Credential NAME)]\n\
             Set-AzureADKerberosServer -Domain DOMAIN -CloudCredential (Get-Credential UPN) [-RotateServerKey] \
             [-SetupCloudTrust]",
            "make the Kerberos server object, or rotate its key, and publish it",
        ),
        cmdlet(
            "get-azureadkerberosserver",
            "Get-AzureADKerberosServer -Domain DOMAIN -UserPrincipalName UPN",
            "show both halves of it",
        ),
        cmdlet(
            "remove-azureadkerberosserver",
            "Remove-AzureADKerberosServer -Domain DOMAIN -UserPrincipalName UPN",
            "remove both halves of it",
        ),
        cmdlet(
            "get-azureadkerberosserverendpoint",
            "Get-AzureADKerberosServerEndpoint",
            "which cloud the cmdlets speak to",
        ),
        cmdlet(
            "set-azureadkerberosserverendpoint",
            "Set-AzureADKerberosServerEndpoint -TargetEndpoint 0",
            "speak to another cloud",
        ),
        cmdlet(
            "install-module",
            "Install-Module -Name AzureADHybridAuthenticationManagement -AllowClobber",
            "install the module of these cmdlets",
        ),
        cmdlet(
            "import-module",
            "Import-Module NAME",
            "load a module: by its name, or Entra Connect's own by its path",
        ),
        cmdlet(
            "get-adcomputer",
            "Get-ADComputer AzureADKerberos",
            "look at the object's computer",
        ),
        cmdlet(
            "get-aduser",
            "Get-ADUser krbtgt_NUMBER",
            "look at the object's krbtgt account",
        ),
        cmdlet(
            "remove-adobject",
            "Remove-ADObject -Identity DN -Confirm:$false",
            "remove one of the objects by hand",
        ),
        Entry {
            name: "powershell",
            on: CONSOLES,
            usage: "powershell [-Remote | -Local] LINE",
            about: "any line of Windows PowerShell 5.1; variables stay for the next one",
            forms: &[],
            parse: windows_powershell,
        },
        Entry {
            name: "pwsh",
            on: CONSOLES,
            usage: "pwsh [-Remote | -Local] LINE",
            about: "any line of PowerShell 7, where it is installed",
            forms: &[],
            parse: pwsh,
        },
    ],
};

const fn cmdlet(name: &'static str, usage: &'static str, about: &'static str) -> Entry {
    Entry {
        name,
        on: CONSOLES,
        usage,
        about,
        forms: &[],
        parse: line,
    }
}

/// Whether a line that is no command by its first word is one of PowerShell: an assignment or an expression.
pub(crate) fn is_line(first: &str) -> bool {
    first.starts_with(['$', '[', '('])
}

/// A line as typed, in Windows PowerShell.
pub(crate) fn line(words: &[String]) -> Result<Task, ParseError> {
    Ok(console(
        joined(words),
        Shell::WindowsPowerShell,
        Logon::Interactive,
    ))
}

fn windows_powershell(words: &[String]) -> Result<Task, ParseError> {
    in_shell(words, Shell::WindowsPowerShell, "powershell")
}

fn pwsh(words: &[String]) -> Result<Task, ParseError> {
    in_shell(words, Shell::Pwsh, "pwsh")
}

fn in_shell(words: &[String], shell: Shell, name: &'static str) -> Result<Task, ParseError> {
    let rest = words.get(1..).unwrap_or_default();
    let (logon, rest) = match rest {
        [flag, rest @ ..] if flag.eq_ignore_ascii_case("-remote") => (Logon::Remote, rest),
        [flag, rest @ ..] if flag.eq_ignore_ascii_case("-local") => (Logon::Local, rest),
        rest => (Logon::Interactive, rest),
    };
    let text = match rest {
        [] => return usage(name, "takes a line: $domain = $env:USERDNSDOMAIN"),
        // a whole line, or a script, in one word
        [text] => text.clone(),
        words => joined(words),
    };
    Ok(console(text, shell, logon))
}

/// The words as a line again: what had quotes gets quotes, those that keep variables when there is one.
fn joined(words: &[String]) -> String {
    let quoted = |word: &String| match word {
        word if word.is_empty() => "''".to_owned(),
        word if !word.contains(char::is_whitespace) => word.clone(),
        word if word.starts_with(['$', '(', '[']) => word.clone(),
        word if word.contains('$') => format!("\"{}\"", word.replace('"', "`\"")),
        word => format!("'{}'", word.replace('\'', "''")),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

fn console(text: String, shell: Shell, logon: Logon) -> Task {
    Task::change(move |lab, sitting| with_world(lab, |world| typed(world, sitting, text, shell, logon)))
}

fn typed(world: &mut World, sitting: &Sitting, text: String, shell: Shell, logon: Logon) -> Printed {
    let person = match sitting.person() {
        Ok(person) => person,
        Err(printed) => return printed,
    };
    let typed = Typed {
        host: sitting.host.as_str().into(),
        user: person.name.as_str().into(),
        logon,
        shell,
        credentials: Vec::new(),
        text: text.into(),
    };
    match world.type_at(&typed) {
        Ok(output) => printed(&output),
        Err(error) => Printed::failed(format!("{error}\n")),
    }
}

/// What a console printed: output on stdout, errors, warnings and the lab's notes on stderr.
pub(crate) fn printed(output: &ConsoleOutput) -> Printed {
    let mut shown = Printed::default();
    for piece in &output.printed {
        match piece {
            Piece::Output { text, .. } => shown.stdout.push_str(text),
            Piece::Warning(text) => shown.stderr.push_str(&format!("WARNING: {text}\n")),
            Piece::Error(error) => {
                shown.code = 1;
                shown.stderr.push_str(&error.render(output.shell));
            }
            Piece::Note(_) => {}
        }
    }
    for note in output.notes() {
        shown.stderr.push_str(&format!("(trustlab: {note})\n"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_the_line_that_they_were() {
        let line = |words: &[&str]| joined(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(
            line(&["Import-Module", r"C:\Program Files\a.psd1"]),
            r"Import-Module 'C:\Program Files\a.psd1'"
        );
        assert_eq!(line(&["$a", "=", "x $b"]), "$a = \"x $b\"");
        assert_eq!(line(&["$a", "=", ""]), "$a = ''");
        assert_eq!(line(&["say", "it's so"]), "say 'it''s so'");
    }
}
