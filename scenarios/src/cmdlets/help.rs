//! What `-?` and `Get-Help` show of a command: its syntax, written from its parameters.

use super::bind::{Kind, Parameter};
use super::console::Printed;
use super::error::Thrown;
use super::state::Module;
use super::table::{self, Call, Cmdlet};
use super::value::Value;

/// `Get-Help NAME`.
pub(super) fn get_help(call: &mut Call<'_>) -> Result<Vec<Value>, Thrown> {
    let name = call.bound.text("Name").unwrap_or_else(|| "Get-Help".to_owned());
    let Some((cmdlet, module)) = table::available(&name, call.world, call.session, call.seat) else {
        return Err(Thrown::binding(
            "ResourceUnavailable",
            "Microsoft.PowerShell.Commands.HelpNotFoundException",
            "HelpNotFound",
            format!("Get-Help could not find {name} in a help file in this session."),
        ));
    };
    call.printed.extend(page(cmdlet, module));
    Ok(Vec::new())
}

/// What there is to read about a command, as PowerShell lays it out where no help files are installed.
pub(super) fn page(cmdlet: &Cmdlet, module: Option<Module>) -> [Printed; 2] {
    let aliases: Vec<&str> = table::aliases_of(cmdlet).collect();
    let aliases = match &aliases[..] {
        [] => "None".to_owned(),
        aliases => aliases.join("\n    "),
    };
    let text = format!(
        "\nNAME\n    {}\n    \nSYNTAX\n    {}\n    \n\nALIASES\n    {aliases}\n    \n\nREMARKS\n    None\n\n\n",
        cmdlet.name,
        syntax(cmdlet.name, table::parameters(cmdlet, module))
    );
    let note = "these are the parameters that the lab's console takes; the command itself may have more";
    [
        Printed::Output {
            text,
            rows: Vec::new(),
        },
        Printed::Note(note.to_owned()),
    ]
}

/// `Get-ADUser [-Identity] <string> [-Server <string>] [<CommonParameters>]`.
fn syntax(name: &str, parameters: &[Parameter]) -> String {
    let mut line = name.to_owned();
    for parameter in parameters {
        line.push(' ');
        line.push_str(&one(parameter));
    }
    line + "  [<CommonParameters>]"
}

/// What may be left out stands in brackets: the name of what is known by its position, and all of what is not mandatory.
fn one(parameter: &Parameter) -> String {
    let name = format!("-{}", parameter.name);
    let kind = match parameter.kind {
        Kind::Switch => return format!("[{name}]"),
        Kind::Text => "string",
        Kind::Number => "int",
        Kind::Credential => "pscredential",
        Kind::Any => "Object",
    };
    let name = match parameter.positional {
        true => format!("[{name}]"),
        false => name,
    };
    match parameter.mandatory {
        true => format!("{name} <{kind}>"),
        false => format!("[{name} <{kind}>]"),
    }
}
