//! The little that expectations need of the past, kept whether or not the trace records.

use std::sync::Arc;

use client_sim::ClientEvent;
use client_sim::error::KdcRequest;
use evidence::{Outcome, Rule};
use kerberos::codes::ErrorCode;

use super::topology::HostId;
use crate::cmdlets::ConsoleOutput;

/// Decisions, ends of acts, and errors of KDCs, in the order they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    pub(crate) decisions: Vec<(HostId, &'static Rule, Outcome)>,
    pub(crate) ends: Vec<(HostId, Done, Option<Arc<str>>)>,
    pub(crate) kdc_errors: Vec<(HostId, ErrorCode)>,
    pub(crate) consoles: Vec<(HostId, Arc<ConsoleOutput>)>,
}

/// A place in the journal; the default is its beginning.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    pub(crate) decisions: usize,
    pub(crate) kdc_errors: usize,
}

/// What a device or its user did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    SignIn,
    Unlock,
    Exchange,
    Open,
    SetUpHello,
    Join,
}

impl Done {
    /// The key of an `outcome` fact.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Unlock => "unlock",
            Self::Exchange => "exchange",
            Self::Open => "open",
            Self::SetUpHello => "set-up-hello",
            Self::Join => "join",
        }
    }
}

impl Journal {
    pub(crate) fn decision(&mut self, actor: HostId, rule: &'static Rule, outcome: Outcome) {
        self.decisions.push((actor, rule, outcome));
    }

    /// What a console printed.
    pub(crate) fn console(&mut self, host: HostId, output: Arc<ConsoleOutput>) {
        self.consoles.push((host, output));
    }

    /// The end of an act: `None`, or why it failed.
    pub(crate) fn end(&mut self, device: HostId, done: Done, failure: Option<Arc<str>>) {
        self.ends.push((device, done, failure));
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
            } => self.end(device, Done::Exchange, None),
            ClientEvent::TgtFailed {
                request: KdcRequest::Exchange,
                error,
            } => self.end(device, Done::Exchange, Some(error.to_string().into())),
            ClientEvent::KerberosRefused { request, code, .. } if *request != KdcRequest::Access => {
                self.kdc_errors.push((device, *code));
            }
            _ => {}
        }
    }
}
