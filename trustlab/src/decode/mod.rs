//! `trustlab decode`: any Kerberos message, ticket, PAC, ccache, keytab, KRB-CRED, KDC proxy message or GSS token as a
//! readable tree, decrypted where a key fits.
//!
//! [`tree`] is the part for others: octets in, labelled tree out; it touches neither files nor the terminal.

mod ap;
mod detect;
mod extras;
mod files;
mod keyring;
mod message;
mod node;
mod pac;
mod padata;
mod show;
#[cfg(test)]
mod tests;
mod ticket;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use kerberos::keytab::Keytab;

use crate::exit;
use crate::output::stdout;
pub(crate) use detect::{Unreadable, tree};
pub(crate) use keyring::Keyring;
pub(crate) use node::printable;

/// `trustlab decode`.
#[derive(clap::Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DecodeArgs {
    /// What to show: raw octets, hexadecimal or base64; `-` for the standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Keys to decrypt with, and to verify the signatures of a PAC
    #[arg(long, value_name = "KEYTAB")]
    pub(crate) keytab: Option<PathBuf>,
    /// One JSON object: label, value, children
    #[arg(long)]
    pub(crate) json: bool,
    /// Print keys, which are otherwise only measured
    #[arg(long)]
    pub(crate) show_keys: bool,
}

const EXAMPLES: &str = "\
Examples:
  trustlab decode ticket.kirbi
  trustlab decode /tmp/krb5cc_0 --keytab krbtgt.keytab
  base64 -d message.txt | trustlab decode - --json";

/// Shows a file. Returns the exit code: 0, or 2 when the input cannot be read as anything.
pub(crate) fn run(args: &DecodeArgs) -> u8 {
    match decode(args) {
        Ok(text) => {
            stdout::print(&text);
            exit::OK
        }
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            exit::BAD_INPUT
        }
    }
}

fn decode(args: &DecodeArgs) -> Result<String, Failure> {
    let mut keys = Keyring::new(args.show_keys);
    if let Some(path) = &args.keytab {
        let keytab = Keytab::read(&read(path)?).map_err(|cause| Failure::Keytab {
            path: path.clone(),
            cause,
        })?;
        keys.add_keytab(&keytab);
    }
    let octets = read(&args.file)?;
    let tree = tree(&octets, &mut keys).map_err(|cause| Failure::Input {
        path: args.file.clone(),
        cause: Box::new(cause),
    })?;
    if args.json {
        let mut text = serde_json::to_string_pretty(&tree).map_err(Failure::Json)?;
        text.push('\n');
        return Ok(text);
    }
    Ok(tree.to_string())
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |cause| Failure::File {
        path: path.to_owned(),
        cause,
    };
    if path == Path::new("-") {
        let mut octets = Vec::new();
        std::io::stdin().lock().read_to_end(&mut octets).map_err(failed)?;
        return Ok(octets);
    }
    std::fs::read(path).map_err(failed)
}

/// Why nothing can be shown.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: std::io::Error },
    #[error("{}: {cause}", path.display())]
    Keytab {
        path: PathBuf,
        cause: kerberos::keytab::FormatError,
    },
    #[error("{}: {cause}", path.display())]
    Input { path: PathBuf, cause: Box<Unreadable> },
    #[error("the tree cannot be written as JSON: {0}")]
    Json(serde_json::Error),
}
