//! Why an actor answered as it did: rules with ids, and decisions that cite them.

use core::fmt;

/// One check that an actor of the lab makes, as its catalogue lists it.
///
/// Ids can be spoken: `TGS-RODC-DENIED`. A rule is a `static`; decisions refer to it, so recording one costs a pointer.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
pub struct Rule {
    /// Unique over all actors, upper case with dashes.
    pub id: &'static str,
    /// One line, in the words of the field.
    pub title: &'static str,
    /// Where the behaviour is known from: an RFC or Open Specification section, a program, or `lab default`.
    pub reference: &'static str,
    /// What the actor answers when the rule refuses, as the wire names it; `None` for a rule that never refuses.
    pub refuses_with: Option<&'static str>,
    /// What would have passed, in one line.
    pub passes_when: &'static str,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The check was made and let the request go on.
    Passed,
    /// The check ended the request.
    Refused,
    /// The check ended the request and told the client how to ask again: with a proof, or over TCP.
    Retry,
    /// Nothing was decided: the actor did, chose or found something worth knowing.
    Noted,
}

impl Outcome {
    /// The words for them, as facts and expectations have them.
    pub const WORDS: &'static [&'static str] = &["passed", "refused", "retry", "noted"];

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Refused => "refused",
            Self::Retry => "retry",
            Self::Noted => "noted",
        }
    }

    /// Whether the request ended here.
    pub const fn ends_request(self) -> bool {
        matches!(self, Self::Refused | Self::Retry)
    }
}

/// One decision: the rule, how it ended, and what it looked at.
///
/// `D` is a small enum of the actor's whose `Display` gives the reason in a sentence. The text is made when somebody
/// reads it, never while the request is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<D> {
    /// The rule that decided.
    pub rule: &'static Rule,
    /// How it ended.
    pub outcome: Outcome,
    /// What it looked at.
    pub detail: D,
}

impl<D> Decision<D> {
    /// A check that let the request go on.
    pub const fn passed(rule: &'static Rule, detail: D) -> Self {
        Self {
            rule,
            outcome: Outcome::Passed,
            detail,
        }
    }

    /// A check that ended the request.
    pub const fn refused(rule: &'static Rule, detail: D) -> Self {
        Self {
            rule,
            outcome: Outcome::Refused,
            detail,
        }
    }

    /// A check that ended the request and told the client how to ask again.
    pub const fn retry(rule: &'static Rule, detail: D) -> Self {
        Self {
            rule,
            outcome: Outcome::Retry,
            detail,
        }
    }

    /// Something done, chosen or found.
    pub const fn noted(rule: &'static Rule, detail: D) -> Self {
        Self {
            rule,
            outcome: Outcome::Noted,
            detail,
        }
    }
}

impl<D: fmt::Display> fmt::Display for Decision<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.detail, self.rule.id)
    }
}
