//! The command line: what can be typed, and the help that teaches it.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter};

use crate::complete;

/// An offline lab for Microsoft Entra cloud Kerberos trust.
#[derive(Debug, Parser)]
#[command(name = "trustlab", version, about, long_about = LONG_ABOUT, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    /// What to log to stderr, as tracing filters: `info`, `trustlab=debug`.
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        env = "TRUSTLAB_LOG",
        hide_env_values = true
    )]
    pub(crate) log: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a story on virtual time and tell what happened
    Run(RunArgs),
    /// List scenarios, labs, faults, rules, steps, views, profiles or coverage
    List(ListArgs),
    /// Say what a scenario, rule, code, event, row, setting or name means
    Explain(ExplainArgs),
    /// Put the lab on sockets until Ctrl-C, for kinit, kvno and other programs
    Up(UpArgs),
    /// Sit down at a machine of the running lab, or of a paused run
    At(AtArgs),
    /// Show the clock of the running lab, or let its time pass
    Time(TimeArgs),
    /// Check lab files, show them, describe them to an editor
    Lab(crate::lab::LabArgs),
    /// Do an administrator's work: the Kerberos server object, in a running lab or on a lab file
    Admin(crate::admin::AdminArgs),
    /// Show a Kerberos message, ticket, PAC, ccache or keytab as a tree
    Decode(crate::decode::DecodeArgs),
    /// Print the completion script of a shell, which completes commands and the names that they take
    #[command(after_help = COMPLETION_EXAMPLES)]
    Completions {
        /// The shell to complete for.
        shell: clap_complete::Shell,
    },
}

/// `trustlab run`.
#[derive(Args, Debug)]
#[command(after_help = RUN_EXAMPLES)]
pub(crate) struct RunArgs {
    /// Scenarios of the library by name, or scenario files; without any, the healthy first sign-in
    #[arg(value_name = "NAME or FILE", add = ArgValueCompleter::new(complete::scenarios))]
    pub(crate) scenarios: Vec<String>,
    /// Run the whole library: a line each, and a summary
    #[arg(long, conflicts_with = "scenarios")]
    pub(crate) all: bool,
    /// All randomness of the run follows from this number
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// One JSON object a line: scenario, seed, ok, messages, virtual_seconds, observations, failures
    #[arg(long)]
    pub(crate) json: bool,
    /// Tell more: -v every message, -vv their fields, -vvv tokens in full as well
    #[arg(short, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Run each scenario this many times, seed after seed, and print the rate
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) repeat: u64,
    /// Where each repetition starts: the whole story, or a copy of the world in which the first user has signed in
    #[arg(long, value_enum, default_value_t = From::Start, value_name = "WHERE")]
    pub(crate) from: From,
    /// Threads for --repeat and --all
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: u16,
    /// Stop after this step (its number or name) or at this time of the lab's clock (10:30, 2026-11-23T10:30:00Z, +2h)
    #[arg(long, value_name = "STEP or TIME")]
    pub(crate) until: Option<String>,
    /// After the story, apply the scenario's fix and show that the lab is healthy again
    #[arg(long)]
    pub(crate) with_fix: bool,
    /// When the run (or --until) stops, sit down at this machine; the story goes on when you leave it
    #[arg(long, value_name = "HOST", add = ArgValueCandidates::new(complete::hosts))]
    pub(crate) at: Option<String>,
    /// Who sits down there; without it, who has signed in there, or its own user
    #[arg(long = "as", value_name = "USER", requires = "at", add = ArgValueCandidates::new(complete::users))]
    pub(crate) user: Option<String>,
    /// Write every message as a capture for Wireshark
    #[arg(long, value_name = "FILE.pcapng")]
    pub(crate) pcap: Option<PathBuf>,
    /// Write the keys that decrypt the capture
    #[arg(long, value_name = "FILE")]
    pub(crate) keytab: Option<PathBuf>,
    /// Write what an engineer would send: dsregcmd, klist, nltest, logs, Graph, a folder for each machine
    #[arg(long, value_name = "DIR")]
    pub(crate) evidence: Option<PathBuf>,
}

/// Where a repetition starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum From {
    /// The whole story, first sign-in and all
    Start,
    /// What follows the first sign-in
    SignedIn,
}

/// `trustlab list`.
#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    /// What to list
    #[arg(value_enum, default_value_t = Listing::Scenarios)]
    pub(crate) what: Listing,
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// The page or table of rules, steps, views, profiles or coverage of the documentation
    #[arg(long, hide = true)]
    pub(crate) markdown: bool,
}

/// What `list` can list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listing {
    /// Stories of the library
    Scenarios,
    /// Named departures from a healthy lab
    Faults,
    /// Checks that the KDC, Entra and the file server make
    Rules,
    /// Built-in lab files
    Labs,
    /// What a step of a scenario can do
    Steps,
    /// What can be looked at, and what each row rests on
    Views,
    /// Checks that the Windows and the Samba profile of a KDC make in different ways
    Profiles,
    /// What people ask and complain of, and where the lab shows it
    Coverage,
}

/// `trustlab explain`.
#[derive(Args, Debug)]
pub(crate) struct ExplainArgs {
    /// A scenario, fault, lab, rule, code, event, row, setting or former name: `admin-denied`, `TGS-RODC-DENIED`, `0xc000005e`,
    /// `358`, `OnPremTgt`, `Passport for Work`
    #[arg(value_name = "X", required = true, add = ArgValueCandidates::new(complete::subjects))]
    pub(crate) subject: Vec<String>,
    /// As a JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `trustlab up`.
#[derive(Args, Debug)]
#[command(after_help = UP_EXAMPLES)]
pub(crate) struct UpArgs {
    /// A lab file, or a name of `trustlab list labs`; without one, the built-in lab
    #[arg(value_name = "LAB", add = ArgValueCompleter::new(complete::labs))]
    pub(crate) lab: Option<PathBuf>,
    /// Where krb5.conf, ca.pem, keytabs, lab.json and env.sh go: a new or empty directory, or that of an earlier lab, whose
    /// keys are kept; without it, one of its own under $XDG_RUNTIME_DIR or the system's temporary directory
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// `standard`: 88, 389, 443 (needs the right to bind them); `offset`: those plus 10000; `0`: free ports of the system
    #[arg(long, value_enum, default_value_t = Ports::Offset)]
    pub(crate) ports: Ports,
    /// Start only the domain controllers
    #[arg(long)]
    pub(crate) kdc_only: bool,
    /// No emulated domain: the emulated Entra issues partial TGTs for a domain of your own, whose DC answers Kerberos here
    #[arg(
        long,
        value_name = "HOST:PORT",
        requires_all = ["users", "kerberos_server_key"],
        conflicts_with_all = ["lab", "kdc_only", "profile", "updates"]
    )]
    pub(crate) on_prem_kdc: Option<String>,
    /// The people of that domain, as CSV with the columns sam, upn, sid and, if you like, display-name; those that
    /// Get-ADUser | Export-Csv writes will do
    #[arg(long, value_name = "USERS.csv", requires = "on_prem_kdc")]
    pub(crate) users: Option<PathBuf>,
    /// The key of that domain's Kerberos server object: a keytab with krbtgt_NUMBER, or TOML with realm, number, version and
    /// aes256. Nobody but its owner may be able to read it
    #[arg(long, value_name = "FILE", requires = "on_prem_kdc")]
    pub(crate) kerberos_server_key: Option<PathBuf>,
    /// The DNS name of that domain: needed where its DC is not on loopback
    #[arg(long, value_name = "NAME", requires = "on_prem_kdc")]
    pub(crate) i_own_this_domain: Option<String>,
    /// Run every domain controller with this profile
    #[arg(long, value_enum, value_name = "PROFILE")]
    pub(crate) profile: Option<DcProfile>,
    /// Run every domain controller at this update level, such as 2021-10
    #[arg(long, value_name = "YYYY-MM")]
    pub(crate) updates: Option<String>,
    /// When everything listens, print one JSON object on one line, that of lab.json, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
    /// Tell what happens as it happens: -v every message and why it was answered so, -vv their fields
    #[arg(short, action = ArgAction::Count, conflicts_with = "json")]
    pub(crate) verbose: u8,
    /// Write every message as a capture for Wireshark, as it happens
    #[arg(long, value_name = "FILE.pcapng")]
    pub(crate) pcap: Option<PathBuf>,
    /// How much of the capture is kept, in MiB: the newest packets, in FILE and FILE.older
    #[arg(long, default_value_t = 64, value_name = "MIB", requires = "pcap", value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub(crate) pcap_mib: u64,
    /// Write the keys that decrypt the capture, and write them anew when keys change
    #[arg(long, value_name = "FILE")]
    pub(crate) keytab: Option<PathBuf>,
    /// Serve until this many seconds have passed instead of until Ctrl-C
    #[arg(long, value_name = "SECONDS")]
    pub(crate) for_seconds: Option<u64>,
}

/// Which ports `up` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ports {
    /// 88, 389, 443
    Standard,
    /// 10088, 10389, 10443
    Offset,
    /// Whatever is free
    #[value(name = "0")]
    Free,
}

/// How a domain controller behaves where public knowledge gives two answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DcProfile {
    /// What is known of a hardened Windows DC
    Windows,
    /// What Samba does
    Samba,
}

/// `trustlab at`.
#[derive(Args, Debug)]
#[command(after_help = AT_EXAMPLES)]
pub(crate) struct AtArgs {
    /// The machine: `ada-lt`
    #[arg(add = ArgValueCandidates::new(complete::hosts))]
    pub(crate) host: String,
    #[command(flatten)]
    pub(crate) options: AtOptions,
    /// What to type there; without it, a prompt
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// The options of `trustlab at`, which may stand after the command as well.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AtOptions {
    /// Who types: `ada`, `ada@fernhill.example`, `FERNHILL\\ada`; without it, who has signed in there, or its own user
    #[arg(long = "as", value_name = "USER", add = ArgValueCandidates::new(complete::users))]
    pub(crate) user: Option<String>,
    /// The directory of the lab; without it, $TRUSTLAB_DIR, which env.sh sets, else the last `up` or paused `run` of this user
    #[arg(long, value_name = "DIR")]
    pub(crate) lab: Option<PathBuf>,
    /// What was printed as a JSON object: schema, stdout, stderr, code
    #[arg(long)]
    pub(crate) json: bool,
}

impl AtArgs {
    /// The options and the command, with options that stand after the command taken for what they are. No command of a
    /// machine has such words; taken for the command's, another lab or another person would answer.
    ///
    /// # Errors
    /// An option stands between words of the command, twice, or without its value.
    pub(crate) fn settled(&self) -> Result<(AtOptions, &[String]), String> {
        /// Options alone, as clap reads them.
        #[derive(Parser)]
        #[command(no_binary_name = true, disable_help_flag = true)]
        struct Last {
            #[command(flatten)]
            options: AtOptions,
        }
        let is_option =
            |word: &String| ["--lab", "--as", "--json"].contains(&word.split('=').next().unwrap_or(word));
        let end = self
            .command
            .iter()
            .position(is_option)
            .unwrap_or(self.command.len());
        let (command, rest) = self.command.split_at(end);
        let last = Last::try_parse_from(rest).map_err(|_| {
            let option = rest.first().map_or("", String::as_str);
            format!(
                "{option} stands among the words of the command; put it before them, or last with its value"
            )
        })?;
        let first = self.options.clone();
        let twice = [
            (first.lab.is_some() && last.options.lab.is_some(), "--lab"),
            (first.user.is_some() && last.options.user.is_some(), "--as"),
        ];
        if let Some((_, option)) = twice.iter().find(|(twice, _)| *twice) {
            return Err(format!(
                "{option} is given twice, before the command and after it"
            ));
        }
        let options = AtOptions {
            user: first.user.or(last.options.user),
            lab: first.lab.or(last.options.lab),
            json: first.json || last.options.json,
        };
        if options.json && command.is_empty() {
            return Err("--json needs a command: a prompt is for people".to_owned());
        }
        Ok((options, command))
    }
}

/// `trustlab time`.
#[derive(Args, Debug)]
#[command(after_help = TIME_EXAMPLES)]
pub(crate) struct TimeArgs {
    /// The directory of the running lab; without it, $TRUSTLAB_DIR, which env.sh sets, else the lab that this user started last
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) lab: Option<PathBuf>,
    /// As a JSON object: schema, stdout, stderr, code
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Option<TimeCommand>,
}

/// What `time` does.
#[derive(Debug, Subcommand)]
pub(crate) enum TimeCommand {
    /// Show what time it is in the lab
    Show,
    /// Let time pass, with all that devices do in it
    Advance {
        /// How long: 90s, 10m, 4h, 2d
        #[arg(value_name = "DURATION")]
        duration: String,
    },
    /// Let time pass until then
    Set {
        /// When: 2026-11-23T10:30:00Z, or 10:30 for the next time it is half past ten (UTC)
        #[arg(value_name = "INSTANT")]
        instant: String,
    },
}

const LONG_ABOUT: &str = "\
An offline lab for Microsoft Entra cloud Kerberos trust, the mechanism that lets a Windows Hello for Business sign-in \
reach on-premises resources: an emulated Entra issues partial TGTs, an emulated domain controller exchanges them, and a \
model of the Windows device uses them. Byte for byte as on the wire; nothing leaves this machine, unless `up` is told of \
a domain of your own.";

/// Shown when the program is called without arguments.
pub(crate) const DOORS: &str = "\
trustlab: an offline lab for Microsoft Entra cloud Kerberos trust. Three doors:

  a case       trustlab run admin-denied          one failure, told step by step, with the reason at each check
  a real lab   trustlab up                        the same lab on sockets, for kinit, kvno, impacket and Wireshark
  a lesson     trustlab run -v                    the healthy first sign-in, message by message

  trustlab list shows what else there is; trustlab help, or --help after any command, explains it.
";

const EXIT_CODES: &str = "\
Exit codes: 0 all expectations held; 1 an expectation failed; 2 bad input, nothing was run; 3 the machine refused.";

const COMPLETION_EXAMPLES: &str = "\
Examples:
  source <(trustlab completions bash)                         in ~/.bashrc
  source <(trustlab completions zsh)                          in ~/.zshrc
  trustlab completions fish | source                          in ~/.config/fish/config.fish
  trustlab completions powershell | Out-String | iex          in $PROFILE";

const RUN_EXAMPLES: &str = "\
Examples:
  trustlab run                                   the healthy first sign-in
  trustlab run admin-denied --with-fix           a failure, then its mending
  trustlab run -vv clock-skew                    down to the fields of each message
  trustlab run --all --json                      the library, for a machine to read
  trustlab run --until sign-in --at ada-lt       stops the world there and sits down; exit lets the story go on
  trustlab run --pcap run.pcapng --keytab run.keytab
        then: tshark -r run.pcapng -o kerberos.decrypt:TRUE -o kerberos.file:run.keytab -V";

const UP_EXAMPLES: &str = "\
Examples:
  trustlab up --dir /tmp/lab                     then, in another shell: . /tmp/lab/env.sh && kinit ada
  trustlab up --ports standard                   for programs whose ports are fixed (needs root)
  trustlab up --ports 0 --json                   for scripts: one line when everything listens, with every address
  trustlab up --profile samba                    domain controllers that answer as Samba's do
  trustlab up --on-prem-kdc 127.0.0.53:88 --users users.csv --kerberos-server-key rodc.keytab
        the emulated Entra beside a DC of your own; it says what it will do before it does anything";

const AT_EXAMPLES: &str = "\
Examples:
  trustlab at ada-lt sign-in hello
  trustlab at ada-lt klist cloud_debug
  trustlab at ada-lt dsregcmd /status
  trustlab at ada-lt open '\\\\fs01\\projects'
  trustlab at ada-lt export-ccache partial.ccache --only partial
  trustlab at ada-lt                             a prompt: Tab completes, help lists what exists there
  trustlab at ada-lt wait 4h                     lets time pass, with what the device does in it
  trustlab at ada-lt move home";

const TIME_EXAMPLES: &str = "\
Examples:
  trustlab time                                  what time it is in the lab
  trustlab time advance 4h                       PRTs are refreshed, tickets grow old
  trustlab time set 17:30
The clock of the lab only goes forward. Programs outside the lab keep this machine's clock: when the lab is more than
five minutes ahead, DCs answer them with error 37 (KRB_AP_ERR_SKEW). MIT's kinit takes the DC's clock for a new sign-in,
unless kdc_timesync is off.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn help(command: &mut clap::Command, all: &mut String) {
        let name = command
            .get_display_name()
            .unwrap_or_else(|| command.get_name())
            .to_owned();
        all.push_str(&format!("> {name} --help\n{}\n", command.render_long_help()));
        for subcommand in command.get_subcommands_mut() {
            help(subcommand, all);
        }
    }

    #[test]
    fn every_help_word_for_word() {
        let mut command = Cli::command().term_width(100);
        command.build();
        let mut all = String::new();
        help(&mut command, &mut all);
        insta::assert_snapshot!(all);
    }
}
