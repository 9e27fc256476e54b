//! Carrying a request to a KDC and its answer back.

use std::sync::Arc;

use kerberos::codes::{ErrorCode, MessageType};
use kerberos::netlogon::DcFlags;
use kerberos::wire::{KrbError, Message, PrincipalName};

use super::Flow;
use crate::error::{AnswerFault, FlowError, KdcRequest, KerberosFailure};
use crate::event::{Carrier, ClientEvent, Reason};
use crate::network::{Endpoint, Network};
use crate::tickets::KdcCalled;

/// What a KDC answered.
pub(super) enum KdcAnswer {
    Reply(Vec<u8>),
    Error(Box<KrbError>),
}

/// Who answered.
pub(super) struct Answerer {
    pub(super) host: Arc<str>,
    /// What `klist` says of it.
    pub(super) kdc: KdcCalled,
}

impl Answerer {
    fn direct(host: &Arc<str>) -> Self {
        Self {
            host: Arc::clone(host),
            kdc: KdcCalled::Host(Arc::clone(host)),
        }
    }
}

/// The host of an `https` URL, without the port.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or(rest)
}

/// What is asked of which domain's KDC, for the events.
pub(super) struct Errand<'a> {
    pub(super) domain: &'a str,
    pub(super) required: DcFlags,
    pub(super) request: KdcRequest,
    pub(super) server: &'a PrincipalName,
    pub(super) reason: &'a Reason,
}

impl<N: Network> Flow<'_, N> {
    /// Asks a KDC of the domain. A DC that was remembered and does not answer is looked for once more; where none is found, the
    /// KDC proxy of the realm is asked, if policy names one.
    ///
    /// `request` makes the octets anew for each try, because an authenticator must not be used twice.
    pub(super) async fn ask_domain<P>(
        &mut self,
        errand: &Errand<'_>,
        mut request: impl FnMut(&mut Self) -> (Vec<u8>, P),
    ) -> Result<(Answerer, KdcAnswer, P), FlowError> {
        if let Some(error) = self.remembered_failure(errand) {
            return self.ask_configured_proxy(errand, error, request).await;
        }
        let dc = match self.locate_dc(errand.domain, errand.required, false).await {
            Ok(dc) => dc,
            Err(error) => {
                self.remember_failure(errand);
                return self.ask_configured_proxy(errand, error, request).await;
            }
        };
        let (octets, pending) = request(self);
        let remembered = dc.found != self.now();
        match self.ask_kdc(&dc.host, errand, octets).await {
            Ok(answer) => Ok((Answerer::direct(&dc.host), answer, pending)),
            Err(error) if error.is_unreachable() && remembered => {
                let dc = match self.locate_dc(errand.domain, errand.required, true).await {
                    Ok(dc) => dc,
                    Err(error) => {
                        self.remember_failure(errand);
                        return self.ask_configured_proxy(errand, error, request).await;
                    }
                };
                let (octets, pending) = request(self);
                let answer = self.ask_kdc(&dc.host, errand, octets).await?;
                Ok((Answerer::direct(&dc.host), answer, pending))
            }
            Err(error) => Err(error),
        }
    }

    /// Where Kerberos found no KDC a short while ago that could do what is wanted, it does not look again.
    fn remembered_failure(&mut self, errand: &Errand<'_>) -> Option<FlowError> {
        // nearly always there is none
        if self.device.kdc_failures.is_empty() {
            return None;
        }
        let now = self.now();
        self.device.kdc_failures.retain(|_, until| now < *until);
        let realm = errand.domain.to_uppercase();
        let failures = self.device.kdc_failures.iter();
        let until = failures
            .filter(|((failed, lacking), _)| **failed == *realm && errand.required.contains(*lacking))
            .map(|(_, until)| *until)
            .max()?;
        let domain: Arc<str> = errand.domain.to_lowercase().into();
        self.record(ClientEvent::DcAbsenceRemembered {
            domain: Arc::clone(&domain),
            until,
        });
        Some(FlowError::NoDomainController { domain })
    }

    fn remember_failure(&mut self, errand: &Errand<'_>) {
        let until = self.now() + self.device.config.kerberos.far_kdc_timeout;
        let wanted = (errand.domain.to_uppercase().into(), errand.required);
        self.device.kdc_failures.insert(wanted, until);
    }

    /// Asks through the KDC proxy that policy names for the realm; where it names none, `error` is why nobody was asked.
    async fn ask_configured_proxy<P>(
        &mut self,
        errand: &Errand<'_>,
        error: FlowError,
        mut request: impl FnMut(&mut Self) -> (Vec<u8>, P),
    ) -> Result<(Answerer, KdcAnswer, P), FlowError> {
        let proxies = &self.device.config.kerberos.kdc_proxies;
        let Some(url) = proxies.get(errand.domain.to_uppercase().as_str()).cloned() else {
            return Err(error);
        };
        let host: Arc<str> = host_of(&url).into();
        let (octets, pending) = request(self);
        let answer = self.ask_proxy(&url, &host, errand, octets).await?;
        let kdc = KdcCalled::Proxy(Arc::clone(&host));
        Ok((Answerer { host, kdc }, answer, pending))
    }

    async fn ask_kdc(
        &mut self,
        host: &Arc<str>,
        errand: &Errand<'_>,
        octets: Vec<u8>,
    ) -> Result<KdcAnswer, FlowError> {
        let endpoint = Endpoint::kdc(Arc::clone(host));
        if self.device.config.kerberos.udp_first {
            self.asked(host, errand, Carrier::Udp);
            let answer = self.network.datagram(&endpoint, octets.clone()).await?;
            match read_answer(answer, host)? {
                KdcAnswer::Error(error) if error.error_code == ErrorCode::RESPONSE_TOO_BIG => {}
                answer => return Ok(answer),
            }
        }
        self.asked(host, errand, Carrier::Tcp);
        let answer = self.network.stream(&endpoint, octets).await?;
        read_answer(answer, host)
    }

    pub(super) fn asked(&mut self, host: &Arc<str>, errand: &Errand<'_>, carrier: Carrier) {
        self.record(ClientEvent::KdcAsked {
            host: Arc::clone(host),
            request: errand.request,
            server: errand.server.clone(),
            carrier,
            reason: errand.reason.clone(),
        });
    }

    /// The octets of a reply; an error answer is recorded and becomes an error.
    pub(super) fn reply_or_failure(
        &mut self,
        host: &Arc<str>,
        request: KdcRequest,
        answer: KdcAnswer,
    ) -> Result<Vec<u8>, FlowError> {
        match answer {
            KdcAnswer::Reply(octets) => Ok(octets),
            KdcAnswer::Error(error) => Err(self.refused(host, request, &error)),
        }
    }

    /// Records a KRB-ERROR, and makes an error of it.
    pub(super) fn refused(&mut self, host: &Arc<str>, request: KdcRequest, error: &KrbError) -> FlowError {
        self.record(ClientEvent::KerberosRefused {
            host: Arc::clone(host),
            request,
            code: error.error_code,
        });
        FlowError::Kerberos(KerberosFailure {
            host: Arc::clone(host),
            request,
            code: error.error_code,
            status: error.nt_status(),
            text: error.e_text.as_ref().map(|text| text.to_text().into()),
        })
    }
}

pub(super) fn read_answer(octets: Vec<u8>, host: &Arc<str>) -> Result<KdcAnswer, FlowError> {
    if Message::peek(&octets) == Some(MessageType::ERROR) {
        let error = KrbError::decode(&octets).map_err(|error| unusable(host, error))?;
        return Ok(KdcAnswer::Error(Box::new(error)));
    }
    Ok(KdcAnswer::Reply(octets))
}

pub(super) fn unusable(host: &Arc<str>, why: impl Into<AnswerFault>) -> FlowError {
    FlowError::KerberosAnswer {
        host: Arc::clone(host),
        why: why.into(),
    }
}
