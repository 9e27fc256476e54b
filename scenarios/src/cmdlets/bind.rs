//! Parameters: which there are, and which value each gets.

use super::error::Thrown;
use super::value::{Credential, Value};

/// A parameter of a command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) mandatory: bool,
    /// Whether a value without a name may be it. Such parameters are filled in their order.
    pub(crate) positional: bool,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Switch,
    Text,
    Number,
    Credential,
    Any,
}

impl Parameter {
    pub(crate) const fn named(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            mandatory: false,
            positional: false,
        }
    }

    pub(crate) const fn mandatory(mut self) -> Self {
        self.mandatory = true;
        self
    }

    pub(crate) const fn positional(mut self) -> Self {
        self.positional = true;
        self
    }
}

/// What every cmdlet takes besides.
const COMMON: &[Parameter] = &[
    Parameter::named("Verbose", Kind::Switch),
    Parameter::named("Debug", Kind::Switch),
    Parameter::named("ErrorAction", Kind::Text),
    Parameter::named("WarningAction", Kind::Text),
    Parameter::named("InformationAction", Kind::Text),
    Parameter::named("ErrorVariable", Kind::Text),
    Parameter::named("WarningVariable", Kind::Text),
    Parameter::named("InformationVariable", Kind::Text),
    Parameter::named("OutVariable", Kind::Text),
    Parameter::named("OutBuffer", Kind::Text),
    Parameter::named("PipelineVariable", Kind::Text),
];

/// An element of a command whose expressions were evaluated.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// `-Name`, or `-Name:value`.
    Parameter(String, Option<Value>),
    Argument(Value),
}

/// The values of a command's parameters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bound {
    values: Vec<(&'static str, Value)>,
}

impl Bound {
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        let bound = self.values.iter().find(|(known, _)| *known == name);
        bound.map(|(_, value)| value)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(Value::to_text)
    }

    pub(crate) fn switch(&self, name: &str) -> bool {
        self.value(name).is_some_and(Value::is_true)
    }

    pub(crate) fn credential(&self, name: &str) -> Option<&Credential> {
        match self.value(name)? {
            Value::Credential(credential) => Some(credential),
            _ => None,
        }
    }
}

const BINDING: &str = "System.Management.Automation.ParameterBindingException";
const VALIDATION: &str = "System.Management.Automation.ParameterBindingValidationException";

/// Gives each parameter its value, as PowerShell does: names may be cut as long as one parameter is meant.
pub(crate) fn bind(parameters: &[Parameter], given: Vec<Given>) -> Result<Bound, Thrown> {
    let mut bound = Bound::default();
    let mut loose = Vec::new();
    let mut given = given.into_iter().peekable();
    while let Some(element) = given.next() {
        let (name, value) = match element {
            Given::Argument(value) => {
                loose.push(value);
                continue;
            }
            Given::Parameter(name, value) => (name, value),
        };
        let parameter = meant(parameters, &name)?;
        if bound.has(parameter.name) {
            return Err(twice(parameter));
        }
        let value = match (parameter.kind, value) {
            (Kind::Switch, value) => value.unwrap_or(Value::Boolean(true)),
            (_, Some(value)) => value,
            (_, None) => match given.next_if(|next| matches!(next, Given::Argument(_))) {
                Some(Given::Argument(value)) => value,
                _ => return Err(no_argument(parameter)),
            },
        };
        bound.values.push((parameter.name, converted(parameter, value)?));
    }
    for value in loose {
        let free = parameters
            .iter()
            .find(|parameter| parameter.positional && !bound.has(parameter.name));
        let Some(parameter) = free else {
            return Err(Thrown::binding(
                "InvalidArgument",
                BINDING,
                "PositionalParameterNotFound",
                format!(
                    "A positional parameter cannot be found that accepts argument '{}'.",
                    value.to_text()
                ),
            ));
        };
        bound.values.push((parameter.name, converted(parameter, value)?));
    }
    let missing: Vec<&str> = parameters
        .iter()
        .filter(|parameter| parameter.mandatory && !bound.has(parameter.name))
        .map(|parameter| parameter.name)
        .collect();
    if missing.is_empty() {
        return Ok(bound);
    }
    Err(Thrown::binding(
        "InvalidArgument",
        BINDING,
        "MissingMandatoryParameter",
        format!(
            "Cannot process command because of one or more missing mandatory parameters: {}.",
            missing.join(" ")
        ),
    ))
}

/// The parameter that a name, whole or cut, means.
fn meant<'p>(parameters: &'p [Parameter], name: &str) -> Result<&'p Parameter, Thrown> {
    let all = || parameters.iter().chain(COMMON);
    if let Some(exact) = all().find(|parameter| parameter.name.eq_ignore_ascii_case(name)) {
        return Ok(exact);
    }
    let begins = |parameter: &&Parameter| {
        parameter
            .name
            .get(..name.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(name))
    };
    let candidates: Vec<&Parameter> = all().filter(begins).collect();
    match candidates[..] {
        [] => Err(Thrown::binding(
            "InvalidArgument",
            BINDING,
            "NamedParameterNotFound",
            format!("A parameter cannot be found that matches parameter name '{name}'."),
        )),
        [only] => Ok(only),
        _ => {
            let names: Vec<String> = candidates
                .iter()
                .map(|parameter| format!("-{}", parameter.name))
                .collect();
            Err(Thrown::binding(
                "InvalidArgument",
                BINDING,
                "AmbiguousParameter",
                format!(
                    "Parameter cannot be processed because the parameter name '{name}' is ambiguous. Possible matches \
                     include: {}.",
                    names.join(" ")
                ),
            ))
        }
    }
}

fn converted(parameter: &Parameter, value: Value) -> Result<Value, Thrown> {
    let name = parameter.name;
    match parameter.kind {
        Kind::Switch | Kind::Any => Ok(value),
        Kind::Text => {
            let text = value.to_text();
            // $null becomes an empty string before anybody looks at it
            if text.is_empty() && parameter.mandatory {
                return Err(Thrown::binding(
                    "InvalidData",
                    VALIDATION,
                    "ParameterArgumentValidationErrorEmptyStringNotAllowed",
                    format!("Cannot bind argument to parameter '{name}' because it is an empty string."),
                ));
            }
            Ok(Value::Text(text))
        }
        Kind::Number => match &value {
            Value::Number(_) => Ok(value),
            _ => value
                .to_text()
                .trim()
                .parse()
                .map(Value::Number)
                .map_err(|_| not_convertible(name, &value.to_text(), "System.Int32")),
        },
        Kind::Credential => match value {
            Value::Credential(_) | Value::Null => Ok(value),
            // a name alone opens the prompt for its password
            Value::Text(name) => Ok(Value::Credential(Credential {
                user_name: name.into(),
            })),
            other => Err(not_convertible(
                name,
                &other.to_text(),
                "System.Management.Automation.PSCredential",
            )),
        },
    }
}

fn not_convertible(name: &str, value: &str, wanted: &str) -> Thrown {
    Thrown::binding(
        "InvalidArgument",
        BINDING,
        "CannotConvertArgumentNoMessage",
        format!("Cannot bind parameter '{name}'. Cannot convert value \"{value}\" to type \"{wanted}\"."),
    )
}

fn no_argument(parameter: &Parameter) -> Thrown {
    let wanted = match parameter.kind {
        Kind::Credential => "System.Management.Automation.PSCredential",
        Kind::Number => "System.Int32",
        _ => "System.String",
    };
    Thrown::binding(
        "InvalidArgument",
        BINDING,
        "MissingArgument",
        format!(
            "Missing an argument for parameter '{}'. Specify a parameter of type '{wanted}' and try again.",
            parameter.name
        ),
    )
}

fn twice(parameter: &Parameter) -> Thrown {
    Thrown::binding(
        "InvalidArgument",
        BINDING,
        "ParameterAlreadyBound",
        format!(
            "Cannot bind parameter because parameter '{}' is specified more than once. To provide multiple values to \
             parameters that can accept multiple values, use the array syntax. For example, \"-parameter \
             value1,value2,value3\".",
            parameter.name
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[Parameter] = &[
        Parameter::named("Domain", Kind::Text).mandatory().positional(),
        Parameter::named("DomainCredential", Kind::Credential),
        Parameter::named("UserPrincipalName", Kind::Text),
        Parameter::named("RotateServerKey", Kind::Switch),
    ];

    fn named(name: &str, value: &str) -> [Given; 2] {
        [
            Given::Parameter(name.into(), None),
            Given::Argument(Value::Text(value.into())),
        ]
    }

    fn id(given: Vec<Given>) -> String {
        bind(SAMPLE, given)
            .expect_err("refused")
            .id
            .expect("an id")
            .into()
    }

    #[test]
    fn names_may_be_cut_as_long_as_one_is_meant() {
        let mut given = named("dom", "x").to_vec();
        assert_eq!(id(given.clone()), "AmbiguousParameter");
        given = named("domain", "x").to_vec();
        given.extend(named("user", "ada@x.example"));
        given.push(Given::Parameter("rot".into(), None));
        let bound = bind(SAMPLE, given).expect("bound");
        assert_eq!(bound.text("Domain").as_deref(), Some("x"));
        assert_eq!(bound.text("UserPrincipalName").as_deref(), Some("ada@x.example"));
        assert!(bound.switch("RotateServerKey"));
    }

    #[test]
    fn a_switch_can_be_switched_off() {
        let mut given = named("Domain", "x").to_vec();
        given.push(Given::Parameter(
            "RotateServerKey".into(),
            Some(Value::Boolean(false)),
        ));
        assert!(!bind(SAMPLE, given).expect("bound").switch("RotateServerKey"));
    }

    #[test]
    fn what_does_not_fit_has_powershells_id() {
        assert_eq!(id(named("Realm", "x").to_vec()), "NamedParameterNotFound");
        assert_eq!(
            id(vec![Given::Parameter("Domain".into(), None)]),
            "MissingArgument"
        );
        assert_eq!(id(Vec::new()), "MissingMandatoryParameter");
        assert_eq!(
            id(named("Domain", "").to_vec()),
            "ParameterArgumentValidationErrorEmptyStringNotAllowed"
        );
        let mut given = named("Domain", "x").to_vec();
        given.push(Given::Argument(Value::Text("y".into())));
        assert_eq!(id(given), "PositionalParameterNotFound");
        let given = [named("Domain", "x"), named("Domain", "y")].concat();
        assert_eq!(id(given), "ParameterAlreadyBound");
        let mut given = named("Domain", "x").to_vec();
        given.push(Given::Parameter(
            "DomainCredential".into(),
            Some(Value::Number(3)),
        ));
        assert_eq!(id(given), "CannotConvertArgumentNoMessage");
    }

    #[test]
    fn a_name_where_a_credential_is_wanted_asks_for_its_password() {
        let mut given = named("Domain", "x").to_vec();
        given.extend(named("DomainC", "dom@x.example"));
        let bound = bind(SAMPLE, given).expect("bound");
        assert_eq!(
            bound
                .credential("DomainCredential")
                .map(|credential| &*credential.user_name),
            Some("dom@x.example")
        );
    }
}
