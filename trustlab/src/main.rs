//! An offline lab for Microsoft Entra cloud Kerberos trust: the command line around the cores.

mod admin;
mod at;
mod cli;
mod complete;
mod decode;
mod desk;
mod exit;
mod explain;
mod folder;
mod lab;
mod layout;
mod list;
mod output;
mod profiles;
mod run;
mod shell;
mod sockets;
mod up;

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command};
use output::stdout;

/// A run makes and drops many small messages; the system's allocator takes a sixth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    complete::answer();
    let code = match Cli::try_parse() {
        Ok(cli) => run(&cli),
        Err(error) => help(&error),
    };
    ExitCode::from(stdout::code(code))
}

fn run(cli: &Cli) -> u8 {
    log_to_stderr(cli);
    match &cli.command {
        None => {
            stdout::print(cli::DOORS);
            exit::OK
        }
        Some(Command::Run(args)) => run::run(args),
        Some(Command::List(args)) => list::run(args),
        Some(Command::Explain(args)) => explain::run(args),
        Some(Command::Up(args)) => up::run(args),
        Some(Command::At(args)) => at::run(args),
        Some(Command::Time(args)) => at::time(args),
        Some(Command::Lab(args)) => lab::run(args),
        Some(Command::Admin(args)) => admin::run(args),
        Some(Command::Decode(args)) => decode::run(args),
        Some(Command::Completions { shell }) => complete::print_script(*shell),
    }
}

/// Shows the help or version that was asked for; ends the program where the command line is wrong.
fn help(error: &clap::Error) -> u8 {
    if error.use_stderr() {
        error.exit();
    }
    stdout::note(error.print());
    exit::OK
}

/// Without a filter a running lab shows what it refused, and everything else only warnings.
fn log_to_stderr(cli: &Cli) {
    let default = match &cli.command {
        // what -v tells has the refusals in it
        Some(Command::Up(args)) if args.verbose == 0 => "info",
        _ => "warn",
    };
    let filter = tracing_subscriber::EnvFilter::new(cli.log.as_deref().unwrap_or(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
}
