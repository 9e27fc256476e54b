//! Writes steps as a file has them. Its counterpart are the readers of steps; [`VERBS`] names both side by side.

use core::time::Duration;
use std::fmt;

use client_sim::Act;
use client_sim::act::Share;
use evidence::klist::LogonId;
use kerberos::Timestamp;
use toml::Value;

use super::read_step::DC_OPTIONS;
use super::step::{PersonAct, StepKind};
use super::verbs::VERBS;
use crate::lab::Lab;

/// What stands behind a verb: a text, or a table with its keys in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Form {
    Text(String),
    Table(Vec<(&'static str, Value)>),
}

/// Writes steps of one lab.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepWriter<'l> {
    pub(super) lab: &'l Lab,
}

impl<'l> StepWriter<'l> {
    pub(crate) const fn new(lab: &'l Lab) -> Self {
        Self { lab }
    }

    /// `lock = { device = "ada-lt", user = "ada" }`: the line of a step; `None` where the lab has no name for something in it.
    pub(crate) fn line(&self, step: &StepKind) -> Option<String> {
        let mut verbs = VERBS.iter();
        verbs.find_map(|verb| Some(format!("{} = {}", verb.name, (verb.write)(self, step)?)))
    }

    /// An act that has nothing to say but where it is and whose.
    pub(super) fn act(&self, step: &StepKind, act: &Act) -> Option<Form> {
        match step {
            StepKind::Act(done) if done.act == *act => Some(at(Form::table(), done)),
            _ => None,
        }
    }

    pub(super) fn sign_in(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Act(done) = step else { return None };
        let Act::SignIn { credential, remote } = &done.act else {
            return None;
        };
        let user = done.user.as_ref()?;
        let mut form = Form::table().with("user", &**user).with("device", &*done.device);
        if let Some(credential) = credential {
            form = form.with("with", credential.name());
        }
        Some(form.when(*remote, "remote"))
    }

    pub(super) fn purge_tickets(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Act(done) = step else { return None };
        let Act::PurgeTickets { session } = &done.act else {
            return None;
        };
        Some(in_session(at(Form::table(), done), session.as_ref()))
    }

    pub(super) fn get_ticket(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Act(done) = step else { return None };
        let Act::GetTicket { service, session } = &done.act else {
            return None;
        };
        let form = at(Form::table().with("spn", &**service), done);
        Some(in_session(form, session.as_ref()))
    }

    pub(super) fn add_bind(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Act(done) = step else { return None };
        let Act::AddBinding { domain, kdc } = &done.act else {
            return None;
        };
        let form = Form::table().with("domain", &**domain).with("kdc", &**kdc);
        Some(at(form, done))
    }

    pub(super) fn locate_dc(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Act(done) = step else { return None };
        let Act::LocateDc {
            domain,
            required,
            rediscover,
        } = &done.act
        else {
            return None;
        };
        let options = DC_OPTIONS.iter().filter(|(_, flag)| required.contains(*flag));
        let options: Vec<&str> = options.map(|(name, _)| *name).collect();
        let mut form = Form::table().with("domain", &**domain);
        if !options.is_empty() {
            form = form.with("required", options);
        }
        Some(at(form.when(*rediscover, "force"), done))
    }

    pub(super) fn open(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Act(done) = step else { return None };
        match &done.act {
            Act::OpenShare {
                share,
                write,
                account,
            } => {
                let mut form = Form::table().with("path", share.to_string());
                if let Some(typed) = account {
                    form = form.with("as", typed.account.to_string());
                }
                Some(at(form.when(*write, "write"), done))
            }
            Act::OpenPage { url } => Some(at(Form::table().with("path", url.to_string()), done)),
            _ => None,
        }
    }

    pub(super) fn print(&self, step: &StepKind) -> Option<Form> {
        let StepKind::Act(done) = step else { return None };
        let Act::Print { queue } = &done.act else {
            return None;
        };
        let path = |queue: &Share| queue.to_string();
        Some(at(Form::table().with("queue", path(queue)), done))
    }
}

fn at(form: Form, done: &PersonAct) -> Form {
    let form = form.with("device", &*done.device);
    match &done.user {
        Some(user) => form.with("user", &**user),
        None => form,
    }
}

fn in_session(form: Form, session: Option<&LogonId>) -> Form {
    match session {
        Some(id) => form.with("session", id.to_string()),
        None => form,
    }
}

impl Form {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) const fn table() -> Self {
        Self::Table(Vec::new())
    }

    /// One more key of a table.
    pub(super) fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        if let Self::Table(entries) = &mut self {
            entries.push((key, value.into()));
        }
        self
    }

    /// A flag that is left out where it is false.
    pub(super) fn when(self, flag: bool, key: &'static str) -> Self {
        if flag { self.with(key, true) } else { self }
    }

    pub(super) fn duration(time: Duration) -> Self {
        Self::Text(span(time))
    }

    pub(super) fn time(time: Timestamp) -> Self {
        Self::Text(moment(time))
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = match self {
            Self::Text(text) => return Value::from(text.as_str()).fmt(f),
            Self::Table(entries) if entries.is_empty() => return f.write_str("{}"),
            Self::Table(entries) => entries,
        };
        f.write_str("{ ")?;
        for (index, (key, value)) in entries.iter().enumerate() {
            let between = if index == 0 { "" } else { ", " };
            write!(f, "{between}{key} = {value}")?;
        }
        f.write_str(" }")
    }
}

/// A length of time as [`super::units`] reads it, in the largest unit that divides it.
pub(super) fn span(time: Duration) -> String {
    const UNITS: [(u128, &str); 6] = [
        (86_400_000_000, "d"),
        (3_600_000_000, "h"),
        (60_000_000, "m"),
        (1_000_000, "s"),
        (1_000, "ms"),
        (1, "us"),
    ];
    let micros = time.as_micros();
    let divides = |(unit, _): &&(u128, &str)| micros.is_multiple_of(*unit) && micros > 0;
    let (unit, name) = UNITS.iter().find(divides).unwrap_or(&(1, "us"));
    format!("{}{name}", micros / unit)
}

/// A point in time, as RFC 3339 has it.
pub(super) fn moment(time: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(time.unix_micros())
        .unwrap_or_default()
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::super::units;
    use super::*;

    #[test]
    fn lengths_and_points_of_time_are_read_as_they_were_written() {
        for micros in [
            0,
            1,
            1_500,
            250_000,
            301_000_000,
            7_200_000_000,
            14 * 86_400_000_000,
        ] {
            let time = Duration::from_micros(micros);
            assert_eq!(units::duration(&span(time)), Some(time), "{}", span(time));
        }
        let time = Timestamp::from_unix_micros(1_795_420_800_250_000);
        assert_eq!(units::time(&moment(time)), Some(time), "{}", moment(time));
    }
}
