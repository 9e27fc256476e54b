//! One way from a world to an artefact: what expectations compare, prompts print and evidence folders hold.

use std::sync::Arc;

use evidence::observed::{Observation, Observed};
use evidence::{AnyView, Artefact, Outcome, Value};
use kerberos::netlogon::DcFlags;

use crate::world::{HostId, Mark, World};

/// Of what an artefact is taken.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// A machine as its user sees it: without a name, whoever sits there.
    Host(HostId, Option<&'a str>),
    /// A domain, by its place in the lab, beside a tenant.
    Domain(usize, Option<usize>),
    /// The whole lab.
    Lab,
}

impl World {
    /// What `artefact` shows. Nothing where the subject has no such thing: no logon session, no portal, no such machine; and
    /// nothing of what is printed only by an act. The world stays as it is.
    pub fn look(&self, artefact: Artefact, subject: Subject<'_>) -> Option<AnyView> {
        self.look_since(artefact, subject, Mark::default())
    }

    /// The same, where what the lab itself observes counts from a moment on.
    pub(crate) fn look_since(
        &self,
        artefact: Artefact,
        subject: Subject<'_>,
        since: Mark,
    ) -> Option<AnyView> {
        let host = match subject {
            Subject::Host(host, _) => Some(host),
            Subject::Domain(..) | Subject::Lab => None,
        };
        Some(match artefact {
            Artefact::Dsregcmd
            | Artefact::SsoState
            | Artefact::DsregcmdAsSystem
            | Artefact::DsregcmdElevated
            | Artefact::Klist
            | Artefact::KlistElevated
            | Artefact::KlistTgt
            | Artefact::KlistSessions
            | Artefact::CloudDebug
            | Artefact::KlistBindings
            | Artefact::Registry => self.look_at_device(artefact, subject)?,
            Artefact::Nltest => AnyView::Nltest(self.locate(host?, DcFlags::empty())?),
            Artefact::NltestKeyList => {
                AnyView::NltestKeyList(self.locate(host?, DcFlags::KEY_LIST | DcFlags::KDC)?)
            }
            Artefact::Whoami => AnyView::Whoami(self.token_groups(host?)?),
            Artefact::W32tm => AnyView::W32tm(self.time_status(host?)),
            Artefact::Stripchart => AnyView::Stripchart(self.domain_stripchart(host?)?),
            Artefact::WinHttp => AnyView::WinHttp(self.winhttp_proxy(host?)),
            Artefact::Events => AnyView::Events(self.event_log(host?)),
            Artefact::Graph => AnyView::Graph(self.graph_user(&self.user_of(subject)?)?),
            Artefact::Intune => AnyView::Intune(self.intune_report(host?)?),
            Artefact::KerberosServer => {
                let Subject::Domain(domain, tenant) = subject else {
                    return None;
                };
                AnyView::KerberosServer(self.kerberos_server_rows(domain, tenant))
            }
            Artefact::PowerShell => AnyView::PowerShell(self.console_shown(host)),
            Artefact::Outcome => AnyView::Outcome(self.outcomes(host?)),
            Artefact::Kdc => AnyView::Kdc(self.kdc_error(host?, since)),
            Artefact::Rules => AnyView::Rules(self.rules_decided(since)),
            Artefact::KlistGet
            | Artefact::KlistPurge
            | Artefact::KlistAddBind
            | Artefact::KlistPurgeBind
            | Artefact::RefreshPrt => return None,
        })
    }

    fn look_at_device(&self, artefact: Artefact, subject: Subject<'_>) -> Option<AnyView> {
        let Subject::Host(host, _) = subject else {
            return None;
        };
        let device = self.device(host)?;
        let upn = self.user_of(subject);
        let upn = upn.as_deref().unwrap_or_default();
        let session = device.session_of(upn).map(|session| session.id);
        device.look(artefact, upn, session, self.clock_of(host))
    }

    /// Whose view it is.
    fn user_of(&self, subject: Subject<'_>) -> Option<Arc<str>> {
        match subject {
            Subject::Host(_, Some(upn)) => Some(upn.into()),
            Subject::Host(host, None) => self.user_at(host),
            Subject::Domain(..) | Subject::Lab => None,
        }
    }

    /// What the locator finds, asked from a copy of the world: looking is no part of the story.
    fn locate(&self, device: HostId, required: DcFlags) -> Option<evidence::nltest::DsGetDc> {
        let domain = self.domain_at(device)?;
        Some(self.clone().dsgetdc(device, &domain, required, true))
    }

    fn outcomes(&self, device: HostId) -> Observed {
        let ends = self.past().ends.iter().filter(|(host, ..)| *host == device);
        let row = |(_, outcome, failure): &(HostId, &'static str, Option<Arc<str>>)| {
            let value = failure.as_deref().unwrap_or("ok").to_owned();
            observation(outcome, Value::Known(value))
        };
        Observed {
            artefact: Artefact::Outcome,
            rows: ends.map(row).collect(),
        }
    }

    /// The last error since the moment began; a fix has a moment of its own.
    fn kdc_error(&self, device: HostId, since: Mark) -> Observed {
        let errors = &self.past().kdc_errors[since.kdc_errors..];
        let last = errors.iter().rev().find(|(host, _)| *host == device);
        let value = last.map_or(Value::Absent, |(_, code)| {
            Value::Known(code.name().map_or_else(|| code.to_string(), str::to_owned))
        });
        Observed {
            artefact: Artefact::Kdc,
            rows: vec![observation("error", value)],
        }
    }

    /// Every decision of every actor.
    fn rules_decided(&self, since: Mark) -> Observed {
        let decisions = &self.past().decisions[since.decisions..];
        let row = |(actor, rule, outcome): &(HostId, &'static evidence::Rule, Outcome)| Observation {
            host: Some(self.topology().host(*actor).name.to_string()),
            ..observation(rule.id, Value::Known(outcome.word().to_owned()))
        };
        Observed {
            artefact: Artefact::Rules,
            rows: decisions.iter().map(row).collect(),
        }
    }

    /// What the console of a host showed last, or what every console did.
    fn console_shown(&self, host: Option<HostId>) -> Observed {
        let mut consoles = self.past().consoles.iter();
        let rows = match host {
            Some(host) => consoles
                .rfind(|(id, _)| *id == host)
                .map_or_else(Vec::new, |(_, output)| output.rows()),
            None => consoles
                .flat_map(|(id, output)| {
                    let name = &self.topology().host(*id).name;
                    output.rows().into_iter().map(|row| Observation {
                        host: Some(name.to_string()),
                        ..row
                    })
                })
                .collect(),
        };
        Observed {
            artefact: Artefact::PowerShell,
            rows,
        }
    }
}

fn observation(key: &'static str, value: Value) -> Observation {
    Observation {
        host: None,
        key: key.into(),
        value,
    }
}
