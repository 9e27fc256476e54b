//! Error records, and how the two editions of PowerShell print them.

use super::syntax::{Place, SyntaxError};

/// The edition of PowerShell that a console runs.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Shell {
    /// `powershell.exe`: Windows PowerShell 5.1, on .NET Framework.
    #[default]
    #[serde(rename = "powershell")]
    WindowsPowerShell,
    /// `pwsh.exe`: PowerShell 7, on .NET.
    Pwsh,
}

/// A failed command, as `$Error[0]` has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorRecord {
    /// The command that failed, as the first line names it; empty when no command got as far as to run.
    pub command: String,
    /// The same as CategoryInfo names it.
    pub activity: String,
    /// The message, word for word.
    pub message: String,
    /// Whose words these are.
    pub wording: Wording,
    /// `NotSpecified`, `ObjectNotFound`, …
    pub category: &'static str,
    /// What stands between the parentheses of CategoryInfo, without them: `:`.
    pub target: String,
    /// The class of the exception without its namespace: `DirectoryServiceException`.
    pub exception: &'static str,
    /// FullyQualifiedErrorId.
    pub error_id: String,
    /// What the lab has to say about it.
    pub(crate) beside: Option<String>,
    /// Where the command stands.
    pub(crate) place: Place,
}

/// Where the text of an error comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wording {
    /// A public source has these words.
    Product,
    /// No public source has the words for this condition: they are the lab's.
    Lab,
}

impl ErrorRecord {
    /// The first line of the message as the console prints it, with the command's name.
    ///
    /// Windows PowerShell writes a blank before the colon, PowerShell 7 does not: by that a pasted error tells its
    /// edition.
    pub fn first_line(&self, shell: Shell) -> String {
        let first = self.message.lines().next().unwrap_or_default();
        match (self.command.is_empty(), shell) {
            (true, _) => first.to_owned(),
            (false, Shell::WindowsPowerShell) => format!("{} : {first}", self.command),
            (false, Shell::Pwsh) => format!("{}: {first}", self.command),
        }
    }

    /// The whole of what the console prints.
    pub fn render(&self, shell: Shell) -> String {
        let mut text = self.first_line(shell);
        for line in self.message.lines().skip(1) {
            text.push('\n');
            text.push_str(line);
        }
        text.push('\n');
        if shell == Shell::Pwsh {
            return text;
        }
        text.push_str(&position(&self.place));
        text.push_str(&format!(
            "    + CategoryInfo          : {}: ({}) [{}], {}\n",
            self.category, self.target, self.activity, self.exception
        ));
        text.push_str(&format!("    + FullyQualifiedErrorId : {}\n \n", self.error_id));
        text
    }

    /// What the lab has to say about it, which no console prints: that the words are the lab's own, or that it knows more
    /// than the console shows.
    pub fn note(&self) -> Option<&str> {
        match self.wording {
            Wording::Lab => Some("no public source has the words of this error; they are the lab's"),
            Wording::Product => self.beside.as_deref(),
        }
    }

    /// A script that could not be parsed.
    pub(crate) fn of_syntax(error: SyntaxError) -> Self {
        Self {
            command: String::new(),
            activity: String::new(),
            message: error.message,
            wording: error.id.map_or(Wording::Lab, |_| Wording::Product),
            category: "ParserError",
            target: ":".to_owned(),
            exception: "ParentContainsErrorRecordException",
            error_id: error.id.unwrap_or("NotInThisConsole").to_owned(),
            beside: None,
            place: error.place,
        }
    }
}

/// What Windows PowerShell shows of the line: at most 69 characters of it, and a wave under the command.
fn position(place: &Place) -> String {
    const SHOWN_MAX: usize = 69;
    let length = place.source.chars().count();
    let shown: String = place.source.chars().take(SHOWN_MAX).collect();
    let dots = if length > SHOWN_MAX { " ..." } else { "" };
    let before = place.column.saturating_sub(1).min(SHOWN_MAX);
    let wave = place.length.max(1).min(SHOWN_MAX - before.min(SHOWN_MAX - 1));
    format!(
        "At line:{} char:{}\n+ {shown}{dots}\n+ {}{}\n",
        place.line,
        place.column,
        " ".repeat(before),
        "~".repeat(wave)
    )
}

/// What a command throws, before it is known where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thrown {
    pub(crate) message: String,
    pub(crate) wording: Wording,
    pub(crate) category: &'static str,
    pub(crate) target: String,
    /// With its namespace, as it stands in the error's id.
    pub(crate) exception: &'static str,
    /// The id, when it is not the exception's name.
    pub(crate) id: Option<Box<str>>,
    /// The command that was at work inside the one that was typed, when the error names that.
    pub(crate) inner: Option<&'static Inner>,
    /// Whether it is about something that this console does not have and PowerShell may.
    pub(crate) beyond: bool,
}

/// A command that another calls, as the error of a module's function shows it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Inner {
    /// What CategoryInfo names: `Install-Package`.
    pub(crate) activity: &'static str,
    /// What the first line names: `PackageManagement\Install-Package`.
    pub(crate) command: &'static str,
    /// The class behind the comma of the id.
    pub(crate) class: &'static str,
}

impl Thrown {
    /// An exception that escaped from a cmdlet.
    pub(crate) fn exception(exception: &'static str, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            wording: Wording::Product,
            category: "NotSpecified",
            target: ":".to_owned(),
            exception,
            id: None,
            inner: None,
            beyond: false,
        }
    }

    /// A condition that is known, while its words are not.
    pub(crate) fn lab(message: impl Into<String>) -> Self {
        Self {
            wording: Wording::Lab,
            ..Self::exception("System.Exception", message)
        }
    }

    /// An argument or name that PowerShell itself refuses.
    pub(crate) fn binding(
        category: &'static str,
        exception: &'static str,
        id: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            category,
            id: Some(id.into()),
            ..Self::exception(exception, message)
        }
    }

    /// The record of a command whose .NET class is known (`None` for a command that was not found).
    pub(crate) fn at(self, command: &str, class: Option<&str>, place: &Place) -> ErrorRecord {
        let class = self.inner.map(|inner| inner.class).or(class);
        let unknown = self.category == "ObjectNotFound" && class.is_none();
        let id = self.id.map_or_else(|| self.exception.to_owned(), String::from);
        let short = self.exception.rsplit('.').next().unwrap_or(self.exception);
        ErrorRecord {
            command: self.inner.map_or(command, |inner| inner.command).to_owned(),
            // a command that does not exist has not acted
            activity: if unknown {
                ""
            } else {
                self.inner.map_or(command, |inner| inner.activity)
            }
            .to_owned(),
            message: self.message,
            wording: self.wording,
            category: self.category,
            target: self.target,
            exception: short,
            error_id: match class {
                Some(class) => format!("{id},{class}"),
                None => id,
            },
            beside: self.beyond.then(|| {
                format!(
                    "{command} is beyond this console, whatever PowerShell would find; docs/administration.md lists its \
                     commands"
                )
            }),
            place: place.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(source: &str, column: usize, length: usize) -> Place {
        Place {
            line: 5,
            column,
            source: source.to_owned(),
            length,
        }
    }

    /// The shape of a public paste, names apart.
    #[test]
    fn windows_powershell_cuts_the_line_and_names_the_class() {
        let source =
            "    Set-AzureADKerberosServer -Domain $Domain -UserPrincipalName '_afternoon@x.example'";
        let record = Thrown::exception("System.InvalidOperationException", "It did not work.").at(
            "Set-AzureADKerberosServer",
            Some("Microsoft.AzureAD.Kdc.Management.SetAzureADKerberosServer"),
            &place(source, 5, 83),
        );
        assert_eq!(
            record.render(Shell::WindowsPowerShell),
            "Set-AzureADKerberosServer : It did not work.
At line:5 char:5
+     Set-AzureADKerberosServer -Domain $Domain -UserPrincipalName '_af ...
+     ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
    + CategoryInfo          : NotSpecified: (:) [Set-AzureADKerberosServer], InvalidOperationException
    + FullyQualifiedErrorId : System.InvalidOperationException,Microsoft.AzureAD.Kdc.Management.SetAzureADKerberosServer
 
"
        );
        assert_eq!(
            record.render(Shell::Pwsh),
            "Set-AzureADKerberosServer: It did not work.\n"
        );
    }

    #[test]
    fn a_place_beyond_what_is_shown_still_has_a_wave() {
        let source = "x".repeat(200);
        assert!(position(&place(&source, 150, 20)).ends_with("~\n"));
    }
}
