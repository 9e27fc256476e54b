//! The little that expectations need of the past, kept whether or not the trace records.

use std::sync::Arc;

use client_sim::ClientEvent;
use client_sim::error::KdcRequest;
use evidence::{Artefact, Outcome, Rule};
use kerberos::codes::ErrorCode;

use super::topology::HostId;
use crate::cmdlets::ConsoleOutput;

/// Decisions, ends of acts, and errors of KDCs, in the order they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcomes {
    /// Whether nobody will expect anything: then nothing is kept.
    pub(crate) is_off: bool,
    pub(crate) decisions: Vec<(HostId, &'static Rule, Outcome)>,
    pub(crate) ends: Vec<(HostId, &'static str, Option<Arc<str>>)>,
    pub(crate) kdc_errors: Vec<(HostId, ErrorCode)>,
    pub(crate) consoles: Vec<(HostId, Arc<ConsoleOutput>)>,
}

/// A place in the past; the default is its beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    pub(crate) decisions: usize,
    pub(crate) kdc_errors: usize,
}

/// The key of an exchange among the outcomes.
const EXCHANGE: &str = "exchange";

impl Outcomes {
    pub(crate) fn decision(&mut self, actor: HostId, rule: &'static Rule, outcome: Outcome) {
        if !self.is_off {
            self.decisions.push((actor, rule, outcome));
        }
    }

    /// What a console printed.
    pub(crate) fn console(&mut self, host: HostId, output: Arc<ConsoleOutput>) {
        if !self.is_off {
            self.consoles.push((host, output));
        }
    }

    /// The end of an act: `None`, or why it failed.
    pub(crate) fn end(&mut self, device: HostId, outcome: &'static str, failure: Option<Arc<str>>) {
        debug_assert!(
            Artefact::Outcome.row(outcome).is_some(),
            "{outcome} is a row of {}",
            Artefact::Outcome
        );
        if !self.is_off {
            self.ends.push((device, outcome, failure));
        }
    }

    pub(crate) const fn mark(&self) -> Mark {
        Mark {
            decisions: self.decisions.len(),
            kdc_errors: self.kdc_errors.len(),
        }
    }

    pub(crate) fn event(&mut self, device: HostId, event: &ClientEvent) {
        match event {
            ClientEvent::TgtReceived {
                request: KdcRequest::Exchange,
                ..
            } => self.end(device, EXCHANGE, None),
            ClientEvent::TgtFailed {
                request: KdcRequest::Exchange,
                error,
            } => self.end(device, EXCHANGE, Some(error.to_string().into())),
            ClientEvent::KerberosRefused { request, code, .. }
                if *request != KdcRequest::Access && !self.is_off =>
            {
                self.kdc_errors.push((device, *code));
            }
            _ => {}
        }
    }
}
