//! Consoles of servers and DCs: the lines that administrators of the Kerberos server object type, as they type them.

use std::sync::Arc;

use scenarios::cmdlets::{ConsoleOutput, ErrorRecord, Logon, Printed as Piece, Shell, Typed, plain};
use scenarios::world::World;

use super::Printed;
use super::command::{self, Entry, Group, Machines, ParseError, Task, usage};
use super::lab::with_world;
use super::line;
use super::sitting::Sitting;

const CONSOLES: Machines = Machines::SERVERS.or(Machines::DCS);

/// The administrators' commands. Their parsers get what was typed: a whole line in one word, or words that another shell
/// has parted.
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
            "remove-azureadkerberosservertrusteddomainobject",
            "Remove-AzureADKerberosServerTrustedDomainObject -Domain DOMAIN -UserPrincipalName UPN",
            "remove the trust that -SetupCloudTrust made",
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
            "update-module",
            "Update-Module -Name AzureADHybridAuthenticationManagement",
            "bring that module up to date",
        ),
        cmdlet(
            "uninstall-module",
            "Uninstall-Module -Name AzureADHybridAuthenticationManagement",
            "take that module away",
        ),
        cmdlet(
            "import-module",
            "Import-Module NAME",
            "load a module: by its name, or Entra Connect's own by its path",
        ),
        cmdlet(
            "get-adcomputer",
            "Get-ADComputer IDENTITY",
            "look at a computer of AD, such as AzureADKerberos: by name, distinguished name, GUID or SID",
        ),
        cmdlet(
            "get-aduser",
            "Get-ADUser IDENTITY",
            "look at a user of AD, such as krbtgt_NUMBER: by name, distinguished name, GUID or SID",
        ),
        cmdlet(
            "enable-adaccount",
            "Enable-ADAccount krbtgt_NUMBER",
            "enable the object's krbtgt account",
        ),
        cmdlet(
            "disable-adaccount",
            "Disable-ADAccount krbtgt_NUMBER",
            "disable it",
        ),
        cmdlet(
            "remove-adobject",
            "Remove-ADObject -Identity DN -Confirm:$false",
            "remove one of the objects by hand",
        ),
        cmdlet(
            "get-credential",
            "$cred = Get-Credential NAME",
            "a name with its password, for -DomainCredential and -CloudCredential",
        ),
        cmdlet(
            "format-list",
            "Get-AzureADKerberosServer … | Format-List Id, KeyVersion",
            "show some properties",
        ),
        cmdlet(
            "select-object",
            "Get-AzureADKerberosServer … | Select-Object -ExpandProperty KeyVersion",
            "take some properties",
        ),
        cmdlet(
            "get-help",
            "Get-Help NAME\nNAME -?",
            "how one of these commands is typed",
        ),
        cmdlet("out-null", "LINE | Out-Null", "show nothing"),
        cmdlet("write-host", "Write-Host \"$env:USERDNSDOMAIN\"", "show text"),
        cmdlet("set-location", "cd PATH", "go to a folder; nothing depends on it"),
        cmdlet("whoami", "whoami", "who has logged on to this console"),
        cmdlet(
            "msiexec",
            "msiexec /i PowerShell-7.5.2-win-x64.msi /quiet",
            "install PowerShell 7",
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

/// Whether a command is one of these.
pub(crate) fn has(entry: &Entry) -> bool {
    // names alone are not enough: clients have a whoami of their own
    entry.on == CONSOLES && GROUP.entries.iter().any(|own| own.name == entry.name)
}

/// Whether a line that is no command by its first word is one of PowerShell: an assignment, an expression, a call.
pub(crate) fn is_line(first: &str) -> bool {
    first.starts_with(['$', '[', '(', '&'])
}

/// What was typed, in Windows PowerShell.
pub(crate) fn line(typed: &[String]) -> Result<Task, ParseError> {
    let text = match typed {
        [line] => line.clone(),
        words => joined(words),
    };
    Ok(console(text, Shell::WindowsPowerShell, Logon::Interactive))
}

fn windows_powershell(typed: &[String]) -> Result<Task, ParseError> {
    in_shell(typed, Shell::WindowsPowerShell, "powershell")
}

fn pwsh(typed: &[String]) -> Result<Task, ParseError> {
    in_shell(typed, Shell::Pwsh, "pwsh")
}

fn in_shell(typed: &[String], shell: Shell, name: &'static str) -> Result<Task, ParseError> {
    let (logon, text) = match typed {
        [line] => {
            let (_, rest) = first_word(line);
            let (flag, behind) = first_word(rest);
            match logon(flag) {
                Some(logon) => (logon, unwrapped(behind)),
                None => (Logon::Interactive, unwrapped(rest)),
            }
        }
        words => {
            let rest = words.get(1..).unwrap_or_default();
            let flag = rest.first().and_then(|flag| logon(flag));
            let text = match rest.get(usize::from(flag.is_some())..).unwrap_or_default() {
                // a whole line, or a script, in one word
                [text] => text.clone(),
                words => joined(words),
            };
            (flag.unwrap_or_default(), text)
        }
    };
    if text.is_empty() {
        return usage(name, "takes a line: $domain = $env:USERDNSDOMAIN");
    }
    Ok(console(text, shell, logon))
}

fn logon(flag: &str) -> Option<Logon> {
    match flag.to_lowercase().as_str() {
        "-remote" => Some(Logon::Remote),
        "-local" => Some(Logon::Local),
        _ => None,
    }
}

/// The first word, and what is behind it.
fn first_word(line: &str) -> (&str, &str) {
    let line = line.trim();
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    (first, rest.trim_start())
}

/// A line that stands in quotes as a whole, without them: so `powershell "…"` takes it.
fn unwrapped(line: &str) -> String {
    let quoted = line.starts_with(|c| matches!(plain(c), '"' | '\''));
    match line::split(line).as_deref() {
        Ok([only]) if quoted => only.clone(),
        _ => line.to_owned(),
    }
}

/// The words of another shell as a line. What means something between words is quoted, since that shell has taken the
/// quotes away; a word that is one expression as a whole stays one.
fn joined(words: &[String]) -> String {
    let mut line = words
        .iter()
        .map(|word| argument(word))
        .collect::<Vec<_>>()
        .join(" ");
    if line.starts_with(['\'', '"']) {
        // a name in quotes is text, and no command
        line.insert_str(0, "& ");
    }
    line
}

fn argument(word: &str) -> String {
    match word.split_once(':') {
        Some((name, value)) if is_parameter(name) && !value.is_empty() => format!("{name}:{}", quoted(value)),
        _ => quoted(word),
    }
}

fn is_parameter(name: &str) -> bool {
    name.strip_prefix('-')
        .is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
}

fn quoted(word: &str) -> String {
    let means_something = |c: char| c.is_whitespace() || ",;|(){}&<>'\"`".contains(plain(c));
    if is_parenthesis(word)
        || !word.is_empty() && !word.contains(means_something) && !word.starts_with(['#', '@'])
    {
        return word.to_owned();
    }
    // variables are filled in, as within the quotes that one would type
    if word.contains('$') {
        return format!("\"{}\"", escaped(word, &['`', '"'], |_| '`'));
    }
    format!("'{}'", escaped(word, &['\''], |quote| quote))
}

/// The word with something before each character that means one of these.
fn escaped(word: &str, these: &[char], before: impl Fn(char) -> char) -> String {
    let mut text = String::with_capacity(word.len());
    for c in word.chars() {
        if these.contains(&plain(c)) {
            text.push(before(c));
        }
        text.push(c);
    }
    text
}

/// `(Get-Credential dom)`: a parenthesis that ends where the word does.
fn is_parenthesis(word: &str) -> bool {
    let mut depth = 0_usize;
    let mut open = None;
    for (index, c) in word.char_indices() {
        match (open, plain(c)) {
            (Some(quote), c) if c == quote => open = None,
            (Some(_), _) => {}
            (None, quote @ ('\'' | '"')) if depth > 0 => open = Some(quote),
            (None, '(') => depth += 1,
            (None, ')') if depth == 1 => return index + 1 == word.len(),
            (None, ')') if depth > 0 => depth -= 1,
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

fn console(text: String, shell: Shell, logon: Logon) -> Task {
    Task::change(move |lab, sitting| with_world(lab, |world| typed(world, sitting, &text, shell, logon)))
}

/// Types at the console of the machine where somebody sits.
pub(crate) fn typed(world: &mut World, sitting: &Sitting, text: &str, shell: Shell, logon: Logon) -> Printed {
    let person = match sitting.person() {
        Ok(person) => person,
        Err(printed) => return printed,
    };
    let typed = Typed {
        host: Arc::clone(&sitting.lab_name),
        user: person.name.as_str().into(),
        logon,
        shell,
        credentials: Vec::new(),
        text: text.into(),
    };
    match world.type_by_hand(typed) {
        Ok(output) => printed(&output, sitting),
        Err(error) => Printed::refused(format!("{error}\n")),
    }
}

/// What a console printed: output on stdout; errors, warnings and the lab's notes about them on stderr.
fn printed(output: &ConsoleOutput, sitting: &Sitting) -> Printed {
    let mut shown = Printed::default();
    let say = |shown: &mut Printed, text: &str| shown.stderr.push_str(&format!("(trustlab: {text})\n"));
    for piece in &output.printed {
        match piece {
            Piece::Output { text, .. } => shown.stdout.push_str(text),
            Piece::Warning(text) => shown.stderr.push_str(&format!("WARNING: {text}\n")),
            Piece::Error(error) => {
                shown.code = 1;
                shown.stderr.push_str(&error.render(output.shell));
                if let Some(note) = error.note() {
                    say(&mut shown, note);
                }
                if let Some(meant) = meant(error, sitting) {
                    say(&mut shown, &format!("did you mean {meant}?"));
                }
            }
            Piece::Note(note) => say(&mut shown, note),
        }
    }
    shown
}

/// The command that was meant by one that there is not.
fn meant(error: &ErrorRecord, sitting: &Sitting) -> Option<&'static str> {
    let unknown = error.exception == "CommandNotFoundException";
    let name = error.command.to_lowercase();
    let known = || command::entries(sitting.machine).map(|entry| entry.name);
    (unknown && known().all(|known| known != name))
        .then(|| scenarios::language::nearest(&name, known()))
        .flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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
        // what means something between words has had its quotes in the other shell
        assert_eq!(line(&["say", "a;whoami"]), "say 'a;whoami'");
        assert_eq!(
            line(&["Get-ADUser", "-Identity", "CN=a,DC=b"]),
            "Get-ADUser -Identity 'CN=a,DC=b'"
        );
        assert_eq!(
            line(&["say", "-Object:a|b", "-Confirm:$false"]),
            "say -Object:'a|b' -Confirm:$false"
        );
        assert_eq!(line(&["say", "a`\"$b"]), "say \"a```\"$b\"");
        assert_eq!(line(&["say", "it’s", "a”$b"]), "say 'it’’s' \"a`”$b\"");
        assert_eq!(
            line(&["say", "a'b", "#c", "@d", "a&b", "{c}"]),
            "say 'a''b' '#c' '@d' 'a&b' '{c}'"
        );
        assert_eq!(
            line(&[r"C:\Program Files\a.exe", "b"]),
            r"& 'C:\Program Files\a.exe' b"
        );
        // an expression in parentheses is one word of a shell that has been told so
        assert_eq!(
            line(&["say", "(Get-Credential 'a)')"]),
            "say (Get-Credential 'a)')"
        );
        assert_eq!(line(&["say", "(a);(b)"]), "say '(a);(b)'");
        assert_eq!(line(&["say", "(a"]), "say '(a'");
    }

    #[test]
    fn every_command_of_the_consoles_is_one_of_the_desk() {
        let known: BTreeSet<String> = scenarios::cmdlets::command_names()
            .map(str::to_lowercase)
            .collect();
        let here: BTreeSet<String> = GROUP.entries.iter().map(|entry| entry.name.to_owned()).collect();
        let shells = ["powershell", "pwsh"].map(str::to_owned);
        assert_eq!(here, known.into_iter().chain(shells).collect());
    }
}
