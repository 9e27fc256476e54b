//! The event logs of the device, made from its steps.

use evidence::event::aad::{NetworkFailure, PrtRequest, ServerError};
use evidence::event::hello::{Configuration, SignInFailed};
use evidence::event::kerberos::{ErrorReceived, TicketFailed};
use evidence::event::registration::{KeyRegistered, Provisioning, TrustRows};
use evidence::event::{Body, Event, EventLog};
use kerberos::Timestamp;
use kerberos::wire::PrincipalName;

use super::instant;
use crate::config::DeviceConfig;
use crate::error::{FlowError, KdcRequest};
use crate::event::ClientEvent;
use crate::policy::{EffectiveHello, Family, Trust};
use crate::state::DeviceState;

/// A step of the device, at its own time.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'e> {
    /// The device's time.
    pub time: Timestamp,
    /// The step.
    pub event: &'e ClientEvent,
}

/// The events that the steps of a device left in its logs, oldest first.
pub fn events<'e>(device: &DeviceState, steps: impl IntoIterator<Item = Moment<'e>>) -> EventLog {
    let mut writer = Writer {
        device,
        with_hello: None,
        refreshing: false,
        has_partial_tgt: false,
        events: Vec::new(),
        time: Timestamp::from_unix_seconds(0),
    };
    for step in steps {
        writer.time = step.time;
        writer.step(step.event);
    }
    EventLog {
        events: writer.events,
    }
}

struct Writer<'d> {
    device: &'d DeviceState,
    /// The policies of the sign-in with Hello that is under way.
    with_hello: Option<EffectiveHello>,
    /// Whether the request for a PRT under way is a refresh.
    refreshing: bool,
    /// Whether Entra's last answer held a partial TGT.
    has_partial_tgt: bool,
    events: Vec<Event>,
    time: Timestamp,
}

impl Writer<'_> {
    fn step(&mut self, event: &ClientEvent) {
        match event {
            ClientEvent::SignInStarted {
                credential, policy, ..
            } => self.with_hello = (*credential == "NGC").then_some(*policy),
            ClientEvent::SignedIn { .. } | ClientEvent::SignInFailed { .. } => self.signed_in_with_hello(),
            ClientEvent::PrtRequested { upn, refresh, .. } => {
                self.refreshing = *refresh;
                self.write(&self.prt_request(upn, None));
            }
            ClientEvent::PrtReceived { upn, on_prem, .. } => {
                self.has_partial_tgt = on_prem.is_delivered();
                self.write(&self.prt_request(upn, Some(0)));
            }
            ClientEvent::PrtFailed { upn, error, .. } => {
                self.prt_failed(error);
                self.write(&self.prt_request(upn, Some(error.nt_status().number())));
            }
            ClientEvent::HelloPrerequisites {
                will_provision,
                partial_tgt,
                policy,
                hardware,
                remote,
                ..
            } => {
                let mut provisioning = self.provisioning(*will_provision, *partial_tgt, policy);
                provisioning.hardware = *hardware;
                provisioning.not_remote = !remote;
                self.write(&provisioning);
            }
            ClientEvent::HelloKeyRegistered { upn, key_id } => self.write(&KeyRegistered {
                key_id: key_id.to_string(),
                upn: upn.to_string(),
                tenant: self.device.tenant_id(),
            }),
            ClientEvent::OtherTrustFailed { trust, status, .. } => {
                self.signed_in_with_hello();
                self.write(&SignInFailed {
                    deployment: trust.deployment().to_owned(),
                    status: status.number(),
                });
            }
            ClientEvent::KerberosRefused { request, code, .. } if *request != KdcRequest::Access => {
                self.kerberos_refused(code.number(), code.name());
            }
            ClientEvent::TgtFailed { error, .. } => self.write(&TicketFailed {
                target_name: self
                    .realm()
                    .map_or_else(|| "krbtgt".to_owned(), |realm| format!("krbtgt/{realm}")),
                status: error.nt_status().number(),
            }),
            _ => {}
        }
    }

    fn write(&mut self, body: &dyn Body) {
        let record = u64::try_from(self.events.len()).unwrap_or_default() + 1;
        let event = Event::new(
            instant(self.time),
            record,
            &computer(&self.device.config),
            None,
            body,
        );
        self.events.push(event);
    }

    /// A sign-in with Hello has got as far as its tickets: what it ran under is written, once.
    fn signed_in_with_hello(&mut self) {
        if let Some(policy) = self.with_hello.take() {
            self.write(&self.configuration(&policy));
        }
    }

    fn configuration(&self, policy: &EffectiveHello) -> Configuration {
        Configuration {
            certificate_trust: policy.certificate_trust,
            cloud_trust: policy.cloud_trust,
            cloud_tgt: self.has_partial_tgt
                || self.device.users.values().any(|user| {
                    let prt = user.prt.as_ref();
                    prt.is_some_and(|prt| prt.updated <= self.time && prt.on_prem.is_delivered())
                }),
        }
    }

    fn prt_request(&self, upn: &str, status: Option<u32>) -> PrtRequest {
        PrtRequest {
            refresh: self.refreshing,
            status,
            upn: upn.to_owned(),
        }
    }

    fn prt_failed(&mut self, error: &FlowError) {
        match error {
            FlowError::Cloud(failure) => self.write(&ServerError {
                error: failure.error.to_string(),
                description: failure.description.to_string(),
                correlation_id: correlation_id(&failure.description).to_owned(),
                uri: failure.uri.to_string(),
            }),
            FlowError::Network(error) => {
                let uri = format!("https://{}/", self.device.config.cloud.login);
                self.write(&NetworkFailure {
                    error: error.winhttp_code(),
                    uri,
                });
            }
            _ => {}
        }
    }

    fn provisioning(
        &self,
        will_launch: bool,
        partial_tgt: Option<bool>,
        policy: &EffectiveHello,
    ) -> Provisioning {
        let hybrid = self.device.config.join.is_hybrid();
        let by_mdm = policy.governed == Some(Family::Mdm) || !hybrid;
        let certificate = policy.certificate_trust && !by_mdm && !will_launch;
        Provisioning {
            will_launch,
            device_joined: self.device.joined().is_some(),
            user_azure_ad: !self.device.config.join.is_registered(),
            policy_enabled: policy.enabled,
            post_logon_enabled: policy.post_logon,
            hardware: true,
            not_remote: true,
            governed_by: match (by_mdm, policy.certificate_trust) {
                (true, _) => "mobile device management",
                (false, true) => "enrollment authority",
                (false, false) => "none",
            }
            .to_owned(),
            trust: if certificate {
                TrustRows::Certificate {
                    endpoint_ready: None,
                    template: "No ( 1 : StateNoPolicy )".to_owned(),
                    sts: false,
                }
            } else {
                TrustRows::NoCertificate {
                    cloud_trust: policy.trust == Trust::Cloud,
                    cloud_tgt: partial_tgt,
                }
            },
        }
    }

    fn kerberos_refused(&mut self, code: i32, name: Option<&str>) {
        let realm = self.realm().unwrap_or_default();
        let target = PrincipalName::service_instance(["krbtgt", &realm]).to_string();
        self.write(&ErrorReceived {
            server_time: server_time(self.time),
            code: u32::try_from(code).unwrap_or_default(),
            name: name.unwrap_or_default().to_owned(),
            target_name: format!("{target}@{realm}"),
            server_name: target,
            server_realm: realm,
        });
    }

    /// The AD realm of whoever has a partial TGT here, else of the domain the device is joined to.
    fn realm(&self) -> Option<String> {
        let mut prts = self.device.users.values().filter_map(|user| user.prt.as_ref());
        let partial = prts.find_map(|prt| prt.partial_tgt.as_ref());
        let joined = || {
            self.device
                .config
                .join
                .ad_domain()
                .map(|domain| domain.to_uppercase())
        };
        partial.map(|tgt| tgt.client_realm.to_string()).or_else(joined)
    }
}

fn computer(config: &DeviceConfig) -> String {
    match config.join.ad_domain() {
        Some(domain) => format!("{}.{domain}", config.name),
        None => config.name.to_string(),
    }
}

/// The correlation id stands in the description: `… Correlation ID: GUID Timestamp: …`.
fn correlation_id(description: &str) -> &str {
    let after = description.split_once("Correlation ID: ").map(|(_, after)| after);
    after
        .and_then(|after| after.split_whitespace().next())
        .unwrap_or_default()
}

/// `8:2:10.0000 11/23/2026 Z`
fn server_time(time: Timestamp) -> String {
    let time = jiff::tz::Offset::UTC.to_datetime(instant(time));
    format!(
        "{}:{}:{}.0000 {}/{}/{} Z",
        time.hour(),
        time.minute(),
        time.second(),
        time.month(),
        time.day(),
        time.year()
    )
}
