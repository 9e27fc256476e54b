//! The cloud KDC: tickets of the realm KERBEROS.MICROSOFTONLINE.COM behind HTTPS (MS-KKDCP).
//!
//! It gives service tickets and nothing else: its TGTs come with a PRT, or from a domain controller of a realm that trusts
//! this one. Each check is a rule; the order is that of [`Exchange::service_ticket`].

mod detail;
mod issue;
mod refusal;
mod sid;
mod tgt;

use std::sync::Arc;

use evidence::decision::Decision;
use http::Request;
use kerberos::crypto::Etype;
use kerberos::kkdcp::Envelope;
use kerberos::wire::{KdcOptions, KdcReq, KdcReqKind, KrbError, PrincipalName};

pub use detail::KdcDetail;
pub use sid::cloud_sid;

use crate::reply::{self, Refusal};
use crate::route::Answer;
use crate::tenant::{Application, User};
use crate::tgt::CLOUD_REALM;
use crate::{Detail, Exchange, rules};
use refusal::KdcRefusal;
use tgt::{CloudTgt, Issuer};

/// Options of a request that the cloud KDC does not serve: a ticket is used until its end, and then there is a new sign-in.
const NOT_SERVED: KdcOptions = KdcOptions::RENEW
    .union(KdcOptions::VALIDATE)
    .union(KdcOptions::FORWARDED)
    .union(KdcOptions::PROXY)
    .union(KdcOptions::POSTDATED)
    .union(KdcOptions::ENC_TKT_IN_SKEY)
    .union(KdcOptions::CNAME_IN_ADDL_TKT);

impl Exchange<'_> {
    /// `POST /{tenant}/kerberos`: a Kerberos message in the envelope of a KDC proxy.
    pub(crate) fn kdc_proxy(&mut self, tenant: &str, request: &Request<Vec<u8>>) -> Answer {
        self.expect_tenant(tenant)?;
        let envelope = Envelope::read(request.body()).map_err(|error| Refusal {
            rule: &rules::KDC_ENVELOPE,
            detail: Detail::Malformed {
                part: "the envelope",
                reason: error.to_string(),
            },
            fault: reply::KDC_PROXY_ENVELOPE,
        })?;
        let named = envelope.target_domain.as_ref();
        if !named.is_some_and(|realm| realm.eq_ignore_ascii_case(CLOUD_REALM)) {
            let found = named.map(ToString::to_string);
            return Err(Refusal {
                rule: &rules::KDC_REALM,
                detail: Detail::Kdc(KdcDetail::OtherRealm { found }),
                fault: reply::KDC_PROXY_REALM,
            });
        }
        let message = match self.service_ticket(&envelope.message) {
            Ok(reply) => reply,
            Err(refusal) => self.refuse_ticket(refusal),
        };
        Ok(reply::kerberos(envelope.reply(message).write()))
    }

    /// Answers a TGS-REQ.
    fn service_ticket(&mut self, message: &[u8]) -> Result<Vec<u8>, KdcRefusal> {
        let request = KdcReq::decode(message).map_err(|error| KdcRefusal::Malformed(Box::new(error)))?;
        if request.kind != KdcReqKind::Tgs {
            return Err(KdcRefusal::NotTgs);
        }
        let tgt = self.open_tgt(&request)?;
        let refused = request.body().kdc_options & NOT_SERVED;
        if !refused.is_empty() {
            return Err(KdcRefusal::Option { options: refused });
        }
        let user = self.ticket_client(&tgt)?;
        let application = self.application(request.body().sname.as_ref())?;
        self.admit(&user, &application)?;
        if !request
            .body()
            .etype
            .contains(&Etype::Aes256CtsHmacSha196.number())
        {
            let listed = request.body().etype.clone();
            return Err(KdcRefusal::Etype { listed });
        }
        self.issue_service_ticket(&request, tgt, &user, &application)
    }

    /// Whose TGT it is: the user of the name in a TGT of our own, the user with the SID of the PAC in one of a trusted domain.
    fn ticket_client(&mut self, tgt: &CloudTgt) -> Result<Arc<User>, KdcRefusal> {
        let user = match &tgt.issuer {
            Issuer::Cloud => self.tenant.user(&tgt.part.cname.to_string()),
            Issuer::Trust { requestor } => self.tenant.user_with_sid(requestor),
        };
        let Some(user) = user.map(Arc::clone) else {
            return Err(KdcRefusal::UserUnknown {
                name: Box::new(tgt.part.cname.clone()),
                sid: match &tgt.issuer {
                    Issuer::Cloud => None,
                    Issuer::Trust { requestor } => Some(*requestor),
                },
            });
        };
        if !user.enabled {
            return Err(KdcRefusal::UserDisabled(user));
        }
        self.passed(&rules::KDC_USER, Detail::UserFound(Arc::clone(&user)));
        Ok(user)
    }

    fn application(&mut self, name: Option<&PrincipalName>) -> Result<Arc<Application>, KdcRefusal> {
        let spn = name.map(ToString::to_string).unwrap_or_default();
        let application = self.tenant.application(&spn).map(Arc::clone);
        let application = application.ok_or_else(|| KdcRefusal::ServiceUnknown { spn: spn.clone() })?;
        self.passed(
            &rules::KDC_SERVICE,
            Detail::Kdc(KdcDetail::Service {
                application: Arc::clone(&application),
                spn,
            }),
        );
        Ok(application)
    }

    /// What the tenant's administrators decide about an application.
    fn admit(&mut self, user: &Arc<User>, application: &Arc<Application>) -> Result<(), KdcRefusal> {
        let (user, application) = (Arc::clone(user), Arc::clone(application));
        if !application.consent {
            return Err(KdcRefusal::NoConsent(application));
        }
        let assigned = application.assigned.as_ref();
        if assigned.is_some_and(|assigned| !assigned.iter().any(|upn| upn.eq_ignore_ascii_case(&user.upn))) {
            return Err(KdcRefusal::NotAssigned { user, application });
        }
        if application.mfa_required {
            return Err(KdcRefusal::MfaRequired { user, application });
        }
        for rule in [&rules::KDC_CONSENT, &rules::KDC_ASSIGNMENT, &rules::KDC_ACCESS] {
            let application = Arc::clone(&application);
            self.passed(rule, Detail::Kdc(KdcDetail::Admitted { application }));
        }
        Ok(())
    }

    /// The KRB-ERROR of a refusal; the reason itself stays here.
    fn refuse_ticket(&mut self, refusal: KdcRefusal) -> Vec<u8> {
        let wire = refusal.to_wire();
        let sname = PrincipalName::krbtgt(CLOUD_REALM);
        let mut error = KrbError::new(wire.code, self.now, CLOUD_REALM, sname);
        error.e_text = wire.text.map(Into::into);
        error.e_data = wire.data.map(Into::into);
        let rule = refusal.rule();
        let detail = Detail::Kdc(KdcDetail::refused(refusal));
        self.decisions.push(Decision::refused(rule, detail));
        error.encode()
    }
}
