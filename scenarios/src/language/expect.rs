//! What must be seen, in the terms of evidence, and whether it was.
//!
//! The keys of `[[expect]]` are those of [`Artefact::about`], the rows those of [`Artefact::blocks`]; docs/views.md lists both.
//! Four artefacts read more than rows: `klist.holds` and `klist.lacks` name tickets, `rules.refused`, `.passed`, `.noted`,
//! `.silent` and `.not-refused` name rules, `kerberos-server` takes a `domain` and a `tenant` in the place of a host, and
//! `powershell` looks at the console that was typed into last.

use std::sync::Arc;

use evidence::Artefact;
use evidence::fact::{Fact, Value};

use super::source::Span;

/// One fact that must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// When.
    pub at: Moment,
    /// The artefact.
    pub artefact: Artefact,
    /// Whose: a host (or, for a Kerberos server, a domain) as the lab names it. `None`: any, for rules.
    pub host: Option<Arc<str>>,
    /// The row.
    pub key: Arc<str>,
    /// What it must say.
    pub want: Want,
    /// Where the expectation stands.
    pub span: Span,
}

/// When an expectation is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// When the step with this index (among the scenario's steps) is done.
    After(usize),
    /// When all steps are done, before a fix.
    End,
    /// When the fix was applied and the steps of `[[retry]]` are done. Not looked at without a fix.
    Fixed,
}

/// What a row must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// Exactly this.
    Is(String),
    /// One of these.
    OneOf(Vec<String>),
    /// Something, but not this.
    Not(String),
    /// The row is there.
    Present,
    /// There is no such row.
    Absent,
}

/// An expectation that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Miss {
    /// `ada-lt · dsregcmd /status · OnPremTgt`.
    pub fact: String,
    /// What was wanted.
    pub wanted: String,
    /// What was there.
    pub found: String,
}

impl Expectation {
    /// Whether `facts` bear it out. The last fact of a row counts; for rules, whether any of them says so.
    ///
    /// `facts` are what the engine saw: every artefact as it stands at that moment, and the decisions since the step
    /// began (at [`Moment::End`] and [`Moment::Fixed`]: since the run or the fix began).
    ///
    /// # Errors
    /// What was wanted and what was found.
    pub fn check(&self, facts: &[Fact]) -> Result<(), Miss> {
        let mut rows = facts.iter().filter(|fact| self.is_about(fact));
        let found = if self.artefact == Artefact::Rules {
            let values: Vec<&str> = rows.filter_map(|fact| fact.value.known()).collect();
            if self.holds_for_rule(&values) {
                return Ok(());
            }
            values.join(", ")
        } else {
            let value = rows.next_back().map_or(&Value::Absent, |fact| &fact.value);
            if self.holds(value) {
                return Ok(());
            }
            value.to_string()
        };
        Err(Miss {
            fact: self.subject(),
            wanted: self.want.to_string(),
            found: if found.is_empty() { "nothing".into() } else { found },
        })
    }

    /// `ada-lt · dsregcmd /status · OnPremTgt`.
    pub fn subject(&self) -> String {
        let host = self
            .host
            .as_deref()
            .map(|host| format!("{host} · "))
            .unwrap_or_default();
        format!("{host}{} · {}", self.artefact, self.key)
    }

    fn is_about(&self, fact: &Fact) -> bool {
        fact.artefact == self.artefact
            && *fact.key == *self.key
            && self
                .host
                .as_deref()
                .is_none_or(|host| fact.source.host.eq_ignore_ascii_case(host))
    }

    fn holds(&self, value: &Value) -> bool {
        match (&self.want, value) {
            (Want::Is(wanted), Value::Known(found)) => wanted == found,
            (Want::OneOf(wanted), Value::Known(found)) => wanted.contains(found),
            (Want::Not(unwanted), Value::Known(found)) => unwanted != found,
            (Want::Absent, Value::Absent) => true,
            (Want::Present, Value::Known(_)) => true,
            _ => false,
        }
    }

    fn holds_for_rule(&self, values: &[&str]) -> bool {
        match &self.want {
            Want::Is(wanted) => values.contains(&wanted.as_str()),
            Want::OneOf(wanted) => wanted.iter().any(|wanted| values.contains(&wanted.as_str())),
            Want::Not(unwanted) => !values.contains(&unwanted.as_str()),
            Want::Present => !values.is_empty(),
            Want::Absent => values.is_empty(),
        }
    }
}

impl core::fmt::Display for Want {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Is(value) => f.write_str(value),
            Self::OneOf(values) => write!(f, "one of {}", values.join(", ")),
            Self::Not(value) => write!(f, "something else than {value}"),
            Self::Present => f.write_str("there, whatever it says"),
            Self::Absent => f.write_str("absent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use evidence::fact::Source;

    use super::super::source::Sources;
    use super::*;

    fn expectation(artefact: Artefact, key: &str, want: Want) -> Expectation {
        let span = Span::new(Sources::default().add("t", ""), 0..0);
        Expectation {
            at: Moment::End,
            artefact,
            host: Some("ada-lt".into()),
            key: key.into(),
            want,
            span,
        }
    }

    fn fact(artefact: Artefact, key: &str, value: &str) -> Fact {
        let source = Source {
            host: "ADA-LT".into(),
            user: None,
            time_micros: 0,
        };
        Fact::new(artefact, &source, key, Value::Known(value.into()))
    }

    #[test]
    fn the_last_fact_of_a_row_counts() {
        let facts = [
            fact(Artefact::SsoState, "OnPremTgt", "NO"),
            fact(Artefact::SsoState, "OnPremTgt", "YES"),
        ];
        let yes = expectation(Artefact::SsoState, "OnPremTgt", Want::Is("YES".into()));
        assert_eq!(yes.check(&facts), Ok(()));
        let miss = yes.check(&facts[..1]).expect_err("NO is not YES");
        assert_eq!((miss.wanted.as_str(), miss.found.as_str()), ("YES", "NO"));
    }

    #[test]
    fn an_unknown_row_bears_nothing_out() {
        let mut row = fact(Artefact::SsoState, "OnPremTgt", "");
        row.value = Value::Unknown;
        for want in [
            Want::Absent,
            Want::Not("NO".into()),
            Want::Present,
            Want::Is("NO".into()),
        ] {
            assert!(
                expectation(Artefact::SsoState, "OnPremTgt", want)
                    .check(&[row.clone()])
                    .is_err()
            );
        }
    }

    #[test]
    fn a_rule_counts_when_any_decision_says_so() {
        let facts = [
            fact(Artefact::Rules, "TGS-RODC-DENIED", "refused"),
            fact(Artefact::Rules, "TGS-RODC-DENIED", "passed"),
        ];
        assert!(
            expectation(Artefact::Rules, "TGS-RODC-DENIED", Want::Is("refused".into()))
                .check(&facts)
                .is_ok()
        );
        assert!(
            expectation(Artefact::Rules, "TGS-RODC-DENIED", Want::Absent)
                .check(&facts)
                .is_err()
        );
        assert!(
            expectation(Artefact::Rules, "TGS-RODC-SID", Want::Absent)
                .check(&facts)
                .is_ok()
        );
    }
}
