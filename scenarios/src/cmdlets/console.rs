//! A console: what is typed is read, evaluated statement by statement, and what comes of it is kept in order.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use evidence::Value as Seen;
use evidence::observed::Observation;

use super::bind::{Given, bind};
use super::error::{ErrorRecord, Shell, Thrown};
use super::help;
use super::state::{Logon, Seat, Session};
use super::syntax::{self, Command, Element, Expression, Piece, Place, Stage, Statement};
use super::table::{self, Call};
use super::value::{Protocols, TEXT_MAX, Value};
use crate::lab::Console;
use crate::world::{ActionError, HostId, Role, World};

/// Something typed at a console of a server or DC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The host, as the lab names it.
    pub host: Arc<str>,
    /// Who sits there, as the lab names the user.
    pub user: Arc<str>,
    /// How they logged on.
    pub logon: Logon,
    /// Which PowerShell.
    pub shell: Shell,
    /// What is typed into prompts for a name and a password, one after another: `FERNHILL\dom`.
    pub credentials: Vec<Arc<str>>,
    /// One line or several.
    pub text: Arc<str>,
}

/// What a console printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleOutput {
    /// Which PowerShell printed it.
    pub shell: Shell,
    /// In order.
    pub printed: Vec<Printed>,
}

/// A piece of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Printed {
    /// Text, with the rows of the object that it shows.
    Output {
        /// As the console shows it.
        text: String,
        /// Names and values; empty for text.
        rows: Vec<(String, String)>,
    },
    /// A warning, without its heading.
    Warning(String),
    /// An error.
    Error(Box<ErrorRecord>),
    /// What the lab has to say: no console prints it.
    Note(String),
}

impl ConsoleOutput {
    /// The last error.
    pub fn error(&self) -> Option<&ErrorRecord> {
        self.printed.iter().rev().find_map(|printed| match printed {
            Printed::Error(error) => Some(&**error),
            _ => None,
        })
    }

    /// What the console shows, without the lab's notes.
    pub fn text(&self) -> String {
        let shown = self.printed.iter().map(|printed| match printed {
            Printed::Output { text, .. } => text.clone(),
            Printed::Warning(text) => format!("WARNING: {text}\n"),
            Printed::Error(error) => error.render(self.shell),
            Printed::Note(_) => String::new(),
        });
        shown.collect()
    }

    /// The lab's notes, among them those about errors ([`ErrorRecord::note`]).
    pub fn notes(&self) -> Vec<String> {
        let note = |printed: &Printed| match printed {
            Printed::Note(text) => Some(text.clone()),
            Printed::Error(error) => error.note().map(str::to_owned),
            _ => None,
        };
        self.printed.iter().filter_map(note).collect()
    }

    /// `error`, `error-line`, `error-id` and `exception` of the last error, and the rows of what was shown.
    pub fn rows(&self) -> Vec<Observation> {
        let error = self.error();
        let row = |key: Cow<'static, str>, value: Option<String>| Observation {
            host: None,
            key,
            value: Seen::of(value),
        };
        let fact = |key: &'static str, value| row(key.into(), value);
        let mut rows = vec![
            fact("error", error.map(|error| error.message.replace('\n', " "))),
            fact("error-line", error.map(|error| error.first_line(self.shell))),
            fact("error-id", error.map(|error| error.error_id.clone())),
            fact("exception", error.map(|error| error.exception.to_owned())),
        ];
        for printed in &self.printed {
            if let Printed::Output { rows: shown, .. } = printed {
                let shown = shown.iter();
                rows.extend(shown.map(|(name, value)| row(name.clone().into(), Some(value.clone()))));
            }
        }
        rows
    }
}

impl World {
    /// Types at a console. That a command fails is no error: it is what the console prints.
    ///
    /// # Errors
    /// The lab has no such host or user, nobody can log on there like that, or the shell is not installed.
    pub fn type_at(&mut self, typed: &Typed) -> Result<ConsoleOutput, ActionError> {
        let seat = self.seat(typed)?;
        let mut session = match self.administered_mut().sessions.remove(&seat) {
            Some(session) => session,
            None => Session::new(self.console_of(seat.host), seat.shell),
        };
        let mut console = Evaluation {
            world: self,
            session: &mut session,
            seat: &seat,
            prompts: typed.credentials.iter().cloned().collect(),
            printed: Vec::new(),
        };
        match syntax::parse(&typed.text) {
            Ok(statements) => {
                for statement in &statements {
                    console.statement(statement);
                }
            }
            Err(error) => console
                .printed
                .push(Printed::Error(Box::new(ErrorRecord::of_syntax(error)))),
        }
        let printed = console.printed;
        self.administered_mut().sessions.insert(seat, session);
        Ok(ConsoleOutput {
            shell: typed.shell,
            printed,
        })
    }

    fn seat(&self, typed: &Typed) -> Result<Seat, ActionError> {
        let unknown = |kind, name: &Arc<str>| ActionError::Unknown {
            kind,
            name: Arc::clone(name),
        };
        let found = self.topology().find(&typed.host);
        let host = found.ok_or_else(|| unknown("host", &typed.host))?;
        let console = self
            .console_of(host)
            .ok_or_else(|| unknown("server or DC", &typed.host))?;
        let no_logon = |why: &str| ActionError::NoConsole {
            host: Arc::clone(&typed.host),
            why: why.into(),
        };
        if !self.host_state(host).is_powered() {
            return Err(no_logon("it is switched off"));
        }
        let lab = self.lab().lab();
        if !lab.users.contains_key(&*typed.user) {
            return Err(unknown("user", &typed.user));
        }
        let seat = Seat {
            host,
            user: Arc::clone(&typed.user),
            logon: typed.logon,
            shell: typed.shell,
        };
        if typed.logon != Logon::Local {
            let domain = self
                .logon_domain(&seat)
                .ok_or_else(|| no_logon("who has no account in AD can only log on locally"))?;
            let own = self
                .domain_of_host(host)
                .ok_or_else(|| no_logon("it is in no domain"))?;
            if self.forest_root(domain) != self.forest_root(own) {
                return Err(no_logon("it is in another forest"));
            }
        }
        if typed.shell == Shell::Pwsh && console.powershell_7.is_none() && self.installed_pwsh(host).is_none()
        {
            return Err(no_logon("PowerShell 7 is not installed there"));
        }
        Ok(seat)
    }

    /// What who logs on to a host finds; `None` for devices and the cloud.
    pub(crate) fn console_of(&self, host: HostId) -> Option<&Console> {
        let lab = self.lab().lab();
        match self.topology().host(host).role {
            Role::DomainController(index) => lab.dcs.get_index(index.into()).map(|(_, dc)| &dc.console),
            Role::Server(index) => lab
                .servers
                .get_index(index.into())
                .map(|(_, server)| &server.console),
            _ => None,
        }
    }

    fn installed_pwsh(&self, host: HostId) -> Option<&String> {
        self.administered.hosts.get(&host)?.powershell_7.as_ref()
    }

    /// Whether the gallery's module can be loaded by a shell of a host.
    pub(super) fn has_module(&self, seat: &Seat) -> bool {
        let installed = self.administered.hosts.get(&seat.host);
        installed.is_some_and(|installed| {
            installed.module_for_all || seat.shell == Shell::Pwsh && installed.module_for_pwsh
        })
    }
}

impl Session {
    fn new(console: Option<&Console>, shell: Shell) -> Self {
        let tls12 = shell == Shell::Pwsh || console.is_none_or(|console| console.tls12);
        Self {
            variables: Default::default(),
            protocols: if tls12 {
                Protocols::SystemDefault
            } else {
                Protocols::Old
            },
            imported: None,
            endpoint: 0,
        }
    }
}

/// A script under way.
struct Evaluation<'a> {
    world: &'a mut World,
    session: &'a mut Session,
    seat: &'a Seat,
    prompts: VecDeque<Arc<str>>,
    printed: Vec<Printed>,
}

impl Evaluation<'_> {
    /// A statement that fails is printed as such, and the next one runs: so it is with lines that are pasted.
    fn statement(&mut self, statement: &Statement) {
        let result = self.pipeline(&statement.pipeline, &statement.place);
        let values = match result {
            Ok(values) => values,
            Err(record) => {
                self.printed.push(Printed::Error(record));
                return;
            }
        };
        let Some(target) = &statement.target else {
            for value in values {
                self.show(&value);
            }
            return;
        };
        let value = match values.len() {
            0 => Value::Null,
            1 => values.into_iter().next().unwrap_or(Value::Null),
            _ => Value::List(values),
        };
        if let Err(thrown) = self.assign(target, value) {
            self.printed
                .push(Printed::Error(Box::new(thrown.at("", None, &statement.place))));
        }
    }

    fn show(&mut self, value: &Value) {
        let text = value.shown();
        if text.is_empty() {
            return;
        }
        let rows = match value {
            Value::Object(_) | Value::KerberosServer(_) => value
                .properties()
                .into_iter()
                .map(|(name, value)| (name, value.to_text()))
                .collect(),
            _ => Vec::new(),
        };
        self.printed.push(Printed::Output { text, rows });
    }

    fn assign(&mut self, target: &Expression, value: Value) -> Result<(), Thrown> {
        match target {
            Expression::Variable(name) => {
                self.session.variables.insert(name.clone(), value);
                Ok(())
            }
            Expression::Static(of, member) if is_protocols(of, member) => {
                self.session.protocols = match value {
                    Value::Protocols(protocols) => protocols,
                    Value::Text(name) if name.eq_ignore_ascii_case("Tls12") => Protocols::Tls12,
                    _ => {
                        return Err(Thrown::lab(
                            "the security protocol takes Tls12, alone or with -bor",
                        ));
                    }
                };
                Ok(())
            }
            _ => Err(Thrown::lab(
                "this console assigns to variables and to the security protocol",
            )),
        }
    }

    fn pipeline(&mut self, stages: &[Stage], place: &Place) -> Result<Vec<Value>, Box<ErrorRecord>> {
        let mut values = Vec::new();
        for stage in stages {
            values = match stage {
                Stage::Command(command) => self.command(command, values)?,
                Stage::Expression(expression) => vec![self.value(expression, place)?],
            };
            if values.iter().map(Value::size).sum::<usize>() > TEXT_MAX {
                return Err(too_large(place));
            }
        }
        Ok(values)
    }

    fn value(&mut self, expression: &Expression, place: &Place) -> Result<Value, Box<ErrorRecord>> {
        Ok(match expression {
            Expression::Text(pieces) => self.text(pieces, place)?,
            Expression::Number(number) => Value::Number(*number),
            Expression::Variable(name) => self.variable(name),
            Expression::Environment(name) => self.environment(name),
            Expression::Member(of, name) => self.value(of, place)?.member(name),
            Expression::Static(of, member) => self.static_member(of, member, place)?,
            Expression::Either(left, right) => match (self.value(left, place)?, self.value(right, place)?) {
                (Value::Protocols(left), Value::Protocols(right)) => Value::Protocols(left.or(right)),
                (Value::Number(left), Value::Number(right)) => Value::Number(left | right),
                _ => return Err(at(Thrown::lab("-bor takes two of a kind here"), place)),
            },
            Expression::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                let mut size = 0;
                for item in items {
                    let value = self.value(item, place)?;
                    size += value.size() + 1;
                    if size > TEXT_MAX {
                        return Err(too_large(place));
                    }
                    values.push(value);
                }
                Value::List(values)
            }
            Expression::Pipeline(stages) => {
                let mut values = self.pipeline(stages, place)?;
                match values.len() {
                    0 => Value::Null,
                    1 => values.remove(0),
                    _ => Value::List(values),
                }
            }
        })
    }

    fn text(&mut self, pieces: &[Piece], place: &Place) -> Result<Value, Box<ErrorRecord>> {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value(expression) => text.push_str(&self.value(expression, place)?.to_text()),
            }
            if text.len() > TEXT_MAX {
                return Err(too_large(place));
            }
        }
        Ok(Value::Text(text))
    }

    fn variable(&self, name: &str) -> Value {
        match name {
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            "null" => Value::Null,
            "psversiontable" => self.version_table(),
            _ => self.session.variables.get(name).cloned().unwrap_or(Value::Null),
        }
    }

    fn version_table(&self) -> Value {
        let console = self.world.console_of(self.seat.host);
        let seven = || {
            let installed = self.world.installed_pwsh(self.seat.host);
            let version = installed.or_else(|| console?.powershell_7.as_ref());
            version.cloned().unwrap_or_default()
        };
        let (version, edition) = match self.seat.shell {
            Shell::WindowsPowerShell => ("5.1".to_owned(), "Desktop"),
            Shell::Pwsh => (seven(), "Core"),
        };
        Value::Object(vec![
            ("PSVersion".to_owned(), Value::Text(version)),
            ("PSEdition".to_owned(), Value::Text(edition.to_owned())),
        ])
    }

    /// What the logon put into the environment. A local account and a remote session have no USERDNSDOMAIN.
    fn environment(&self, name: &str) -> Value {
        let at_the_screen = self.seat.logon == Logon::Interactive;
        let domain = self
            .world
            .logon_domain(self.seat)
            .and_then(|domain| self.world.domains().get(domain));
        let host = &self.world.topology().host(self.seat.host).name;
        let text = match name {
            "USERDNSDOMAIN" if at_the_screen => domain.map(|domain| domain.dns_name().to_uppercase()),
            "USERDOMAIN" => {
                Some(domain.map_or_else(|| host.to_uppercase(), |domain| domain.netbios().to_string()))
            }
            "USERNAME" => {
                let account = self.world.account_of_user(&self.seat.user);
                let user = self.world.lab().lab().users.get(&*self.seat.user);
                account
                    .map(|(_, account)| account.name.to_string())
                    .or_else(|| user.map(|user| user.sam.clone()))
            }
            "COMPUTERNAME" => Some(host.to_uppercase()),
            _ => None,
        };
        text.map_or(Value::Null, Value::Text)
    }

    fn static_member(&self, of: &str, member: &str, place: &Place) -> Result<Value, Box<ErrorRecord>> {
        if is_protocols(of, member) {
            return Ok(Value::Protocols(self.session.protocols));
        }
        let kind = of.rsplit('.').next().unwrap_or(of);
        if kind.eq_ignore_ascii_case("SecurityProtocolType") && member.eq_ignore_ascii_case("Tls12") {
            return Ok(Value::Protocols(Protocols::Tls12));
        }
        Err(at(
            Thrown::lab(format!("this console does not know [{of}]::{member}")),
            place,
        ))
    }

    fn command(&mut self, command: &Command, input: Vec<Value>) -> Result<Vec<Value>, Box<ErrorRecord>> {
        let mut given = Vec::new();
        for element in &command.elements {
            given.push(match element {
                Element::Parameter { name, value } => {
                    let value = value.as_ref().map(|value| self.value(value, &command.place));
                    Given::Parameter(name.clone(), value.transpose()?)
                }
                Element::Argument(value) => Given::Argument(self.value(value, &command.place)?),
            });
        }
        if let Some(printed) = self.program(&command.name, &given) {
            self.printed.push(printed);
            return Ok(Vec::new());
        }
        let Some((cmdlet, module)) = table::available(&command.name, self.world, self.session, self.seat)
        else {
            let thrown = self.unknown(&command.name);
            return Err(Box::new(thrown.at(&command.name, None, &command.place)));
        };
        // asked how it is typed, a command does nothing
        if given
            .iter()
            .any(|given| matches!(given, Given::Parameter(name, _) if name == "?"))
        {
            self.printed.extend(help::page(cmdlet, module));
            return Ok(Vec::new());
        }
        let failed = |thrown: Thrown| Box::new(thrown.at(cmdlet.name, cmdlet.class, &command.place));
        let bound = bind(table::parameters(cmdlet, module), given).map_err(failed)?;
        let mut call = Call {
            world: self.world,
            session: self.session,
            seat: self.seat,
            module,
            bound,
            input,
            prompts: &mut self.prompts,
            printed: &mut self.printed,
        };
        (cmdlet.run)(&mut call).map_err(failed)
    }

    fn unknown(&self, name: &str) -> Thrown {
        if table::is_not_modelled(name)
            && (self.session.imported.is_some() || self.world.has_module(self.seat))
        {
            return Thrown::lab("The lab does not act this command out.");
        }
        let message = match self.seat.shell {
            Shell::WindowsPowerShell => format!(
                "The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program. \
                 Check the spelling of the name, or if a path was included, verify that the path is correct and try again."
            ),
            Shell::Pwsh => format!(
                "The term '{name}' is not recognized as a name of a cmdlet, function, script file, or executable \
                 program.\nCheck the spelling of the name, or if a path was included, verify that the path is correct \
                 and try again."
            ),
        };
        // what a module brings that is not there is not found by anybody
        let beyond = table::find(name).is_none() && !table::is_not_modelled(name);
        Thrown {
            target: format!("{name}:String"),
            beyond,
            ..Thrown::binding(
                "ObjectNotFound",
                "System.Management.Automation.CommandNotFoundException",
                "CommandNotFoundException",
                message,
            )
        }
    }

    /// Programs that are no cmdlets: whoami, and the installer of PowerShell 7.
    fn program(&mut self, name: &str, given: &[Given]) -> Option<Printed> {
        let name = name.to_lowercase();
        let words: Vec<String> = given
            .iter()
            .map(|given| match given {
                Given::Argument(value) => value.to_text(),
                Given::Parameter(name, _) => format!("-{name}"),
            })
            .collect();
        let text = match name.strip_suffix(".exe").unwrap_or(&name) {
            "whoami" => {
                let (of, user) = (self.environment("USERDOMAIN"), self.environment("USERNAME"));
                format!("{}\\{}\n", of.to_text(), user.to_text()).to_lowercase()
            }
            "msiexec" => {
                let version = words.iter().find_map(|word| powershell_version(word));
                let Some(version) = version else {
                    return Some(Printed::Note(NO_PACKAGE.to_owned()));
                };
                self.world.installed_mut(self.seat.host).powershell_7 = Some(version);
                return Some(Printed::Note("PowerShell 7 is installed".to_owned()));
            }
            _ => return None,
        };
        Some(Printed::Output {
            text,
            rows: Vec::new(),
        })
    }
}

/// What `msiexec` shows in a window, where nothing is given that it could install.
const NO_PACKAGE: &str =
    "msiexec takes a package, and there are those of PowerShell 7: /i PowerShell-7.5.2-win-x64.msi";

/// `7.5.2` of `PowerShell-7.5.2-win-x64.msi`.
fn powershell_version(file: &str) -> Option<String> {
    let name = file.rsplit(['\\', '/']).next()?;
    let rest = name.strip_prefix("PowerShell-")?;
    let version = rest.split('-').next()?;
    let parts: Vec<&str> = version.split('.').collect();
    let fine = parts.len() == 3 && parts.iter().all(|part| part.parse::<u16>().is_ok());
    fine.then(|| version.to_owned())
}

fn is_protocols(of: &str, member: &str) -> bool {
    let kind = of.rsplit('.').next().unwrap_or(of);
    kind.eq_ignore_ascii_case("ServicePointManager") && member.eq_ignore_ascii_case("SecurityProtocol")
}

fn too_large(place: &Place) -> Box<ErrorRecord> {
    let why = format!("this console holds values of up to {TEXT_MAX} octets");
    at(Thrown::lab(why), place)
}

fn at(thrown: Thrown, place: &Place) -> Box<ErrorRecord> {
    Box::new(thrown.at("", None, place))
}
