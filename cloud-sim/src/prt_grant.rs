//! Primary refresh tokens: the first, by password, Hello key or refresh token, and its renewal.

use std::sync::Arc;

use prt::SessionKey;
use prt::cert::DeviceCertificate;
use prt::form::Form;
use prt::jose::{Algorithm, CompactJws, base64url, seal_direct, seal_session_key};
use prt::messages::{Credential, HelloAssertionClaims, MessageError, PrtReply, PrtRequestClaims};
use sha2::{Digest as _, Sha256};

use crate::reply::{self, Refusal};
use crate::route::{Answer, missing};
use crate::state::{Device, PrtBinding, RefreshToken};
use crate::tenant::{RefreshReply, User};
use crate::tgt::ClientKeyForm;
use crate::{Detail, Exchange, rules};

impl Exchange<'_> {
    /// A signed request: RS256 with the device key for a first PRT, HS256 with the session key for what follows.
    pub(crate) fn jwt_bearer(&mut self, form: &Form<'_>) -> Answer {
        let token = form
            .value("request")
            .or_else(|| form.value("assertion"))
            .ok_or_else(|| missing("request"))?;
        let token = CompactJws::parse(token).map_err(|e| bad_token("request", &e))?;
        let claims: PrtRequestClaims = token.claims().map_err(|e| bad_token("request", &e))?;
        // clients write true, True and tgt=1 alike
        let tgt = form
            .value("tgt")
            .is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1");
        match token.header().alg {
            Algorithm::Rs256 => self.first_prt(&token, &claims, tgt),
            Algorithm::Hs256 => self.renewal(&token, &claims, tgt),
            _ => Err(bad_token("request", &"alg is neither RS256 nor HS256")),
        }
    }

    fn first_prt(&mut self, token: &CompactJws<'_>, claims: &PrtRequestClaims, tgt: bool) -> Answer {
        let device = self.check_device(token)?;
        self.check_nonce(&claims.request_nonce)?;
        let user = match claims.credential().map_err(claims_refused)? {
            Credential::Password { username, password } => self.check_password(username, password)?,
            Credential::Hello { assertion } => self.check_hello(assertion)?,
            Credential::RefreshToken(token) => self.check_refresh_token(token)?,
        };
        let session_key = SessionKey::generate(self.rng);
        let session_key_jwe = seal_session_key(&session_key, &device.transport_key, self.rng);
        let session_key_jwe = session_key_jwe.map_err(|e| bad_token("the transport key", &e))?;
        let binding = PrtBinding { device, session_key };
        let key_form = ClientKeyForm::Sealed(&binding.session_key, self.tenant.settings.client_key_cipher);
        let mut reply = self.prt_reply(&user, &claims.client_id, tgt, key_form);
        reply.session_key_jwe = Some(session_key_jwe);
        reply.refresh_token = self.store_prt(&user, binding, None, &rules::PRT_ISSUED);
        Ok(reply::json(&reply))
    }

    fn renewal(&mut self, token: &CompactJws<'_>, claims: &PrtRequestClaims, tgt: bool) -> Answer {
        let Credential::RefreshToken(id) = claims.credential().map_err(claims_refused)? else {
            return Err(bad_token(
                "request",
                &"signed with a session key, and no refresh_token",
            ));
        };
        let (id, upn, binding) = self.check_prt(token, id)?;
        self.check_nonce(&claims.request_nonce)?;
        let user = self.check_user(&upn)?;
        let session_key = binding.session_key.clone();
        let body = if claims.asks_for_prt() {
            self.renewed_prt(&user, claims, tgt, binding, id)
        } else {
            self.access_token_for_prt(&user, claims)
        };
        Ok(match self.tenant.settings.refresh_reply {
            RefreshReply::Encrypted(cipher) => {
                reply::jose(seal_direct(&body, &session_key, cipher, self.rng))
            }
            RefreshReply::Clear => reply::json_octets(body),
        })
    }

    fn renewed_prt(
        &mut self,
        user: &Arc<User>,
        claims: &PrtRequestClaims,
        tgt: bool,
        binding: PrtBinding,
        replaced: Arc<str>,
    ) -> Vec<u8> {
        let session_key = binding.session_key.clone();
        let key_form = match self.tenant.settings.refresh_reply {
            RefreshReply::Encrypted(_) => ClientKeyForm::Bare,
            RefreshReply::Clear => {
                ClientKeyForm::Sealed(&session_key, self.tenant.settings.client_key_cipher)
            }
        };
        let mut reply = self.prt_reply(user, &claims.client_id, tgt, key_form);
        reply.refresh_token = self.store_prt(user, binding, Some(replaced), &rules::PRT_RENEWED);
        reply::encode(&reply)
    }

    /// What a token broker asks with a PRT: an access token for another client and resource.
    fn access_token_for_prt(&mut self, user: &Arc<User>, claims: &PrtRequestClaims) -> Vec<u8> {
        let resource = claims.resource.as_deref().unwrap_or(&claims.client_id);
        let life = self.tenant.settings.access_token_lifetime.as_secs();
        let expires_on = self.now + self.tenant.settings.access_token_lifetime;
        let detail = Detail::AccessToken {
            user: Arc::clone(user),
            resource: resource.to_owned(),
        };
        self.noted(&rules::PRT_ACCESS_TOKEN, detail);
        let refresh_token = self.refresh_token(user);
        reply::encode(&serde_json::json!({
            "token_type": "Bearer",
            "scope": "user_impersonation",
            "resource": resource,
            "expires_in": life.to_string(),
            "ext_expires_in": life.to_string(),
            "expires_on": expires_on.unix_seconds().to_string(),
            "access_token": self.access_token(user, resource),
            "refresh_token": refresh_token,
            "id_token": self.id_token(user, &claims.client_id),
            "client_info": self.client_info(user),
        }))
    }

    /// The device whose certificate and key made the request.
    fn check_device(&mut self, token: &CompactJws<'_>) -> Result<Arc<Device>, Refusal> {
        let x5c = token.header().x5c.as_ref().ok_or_else(|| missing("x5c"))?;
        let der = x5c.leaf_der().map_err(|e| bad_token("x5c", &e))?;
        let rule = &rules::PRT_DEVICE_KNOWN;
        let Some(device) = self.state.device(&Sha256::digest(&der).into()).cloned() else {
            let subject = DeviceCertificate::parse(&der)
                .ok()
                .map(|certificate| certificate.subject);
            return Err(Refusal {
                rule,
                detail: Detail::DeviceUnknown { subject },
                fault: reply::DEVICE,
            });
        };
        if device.disabled {
            return Err(Refusal {
                rule,
                detail: Detail::DeviceDisabled(device),
                fault: reply::DEVICE_DISABLED,
            });
        }
        self.passed(rule, Detail::DeviceKnown(Arc::clone(&device)));
        let (rule, key) = (&rules::PRT_DEVICE_SIGNATURE, "the device key");
        if token.verify_rs256(&device.device_key).is_err() {
            return Err(Refusal {
                rule,
                detail: Detail::SignatureBad { key },
                fault: reply::SIGNATURE,
            });
        }
        self.passed(rule, Detail::SignatureGood { key });
        Ok(device)
    }

    fn check_nonce(&mut self, nonce: &str) -> Result<(), Refusal> {
        let refuse = |detail| {
            Err(Refusal {
                rule: &rules::PRT_NONCE,
                detail,
                fault: reply::BAD_TOKEN,
            })
        };
        let Some(issued) = self.state.take_nonce(nonce) else {
            return refuse(Detail::NonceUnknown);
        };
        let (age, lifetime) = (
            self.now.saturating_since(issued),
            self.tenant.settings.nonce_lifetime,
        );
        if age > lifetime {
            return refuse(Detail::NonceOld { age, lifetime });
        }
        self.passed(&rules::PRT_NONCE, Detail::NonceGood { age });
        Ok(())
    }

    /// The user whose Hello key signed the assertion. The user is the assertion's, whatever the request around it says.
    fn check_hello(&mut self, assertion: &str) -> Result<Arc<User>, Refusal> {
        let assertion = CompactJws::parse(assertion).map_err(|e| bad_token("assertion", &e))?;
        let claims: HelloAssertionClaims = assertion.claims().map_err(|e| bad_token("assertion", &e))?;
        let key_id = assertion.header().kid.as_deref().ok_or_else(|| missing("kid"))?;
        let user = self.check_user(&claims.iss)?;
        let Some(key) = self.state.hello_key(&user.upn, key_id).cloned() else {
            let detail = Detail::HelloKeyUnknown {
                user,
                key_id: key_id.to_owned(),
            };
            return Err(Refusal {
                rule: &rules::PRT_HELLO_KEY,
                detail,
                fault: reply::HELLO_KEY,
            });
        };
        self.passed(&rules::PRT_HELLO_KEY, Detail::HelloKey(Arc::clone(&key)));
        let (rule, whose) = (&rules::PRT_HELLO_SIGNATURE, "the Hello key");
        if assertion.verify_rs256(&key.public_key).is_err() {
            let detail = Detail::SignatureBad { key: whose };
            return Err(Refusal {
                rule,
                detail,
                fault: reply::HELLO_SIGNATURE,
            });
        }
        self.passed(rule, Detail::SignatureGood { key: whose });
        self.check_assertion_time(&claims)?;
        self.check_nonce(&claims.request_nonce)?;
        Ok(user)
    }

    fn check_assertion_time(&mut self, claims: &HelloAssertionClaims) -> Result<(), Refusal> {
        let now = self.now.unix_seconds();
        let skew = i64::try_from(self.tenant.settings.clock_skew.as_secs()).unwrap_or(i64::MAX);
        let since_start_seconds = now.saturating_sub(claims.iat);
        let until_end_seconds = claims.exp.saturating_sub(now);
        if since_start_seconds < skew.saturating_neg() || until_end_seconds < skew.saturating_neg() {
            let detail = Detail::AssertionTime {
                since_start_seconds,
                until_end_seconds,
            };
            return Err(Refusal {
                rule: &rules::PRT_HELLO_TIME,
                detail,
                fault: reply::BAD_TOKEN,
            });
        }
        self.passed(&rules::PRT_HELLO_TIME, Detail::AssertionInTime);
        Ok(())
    }

    /// The PRT that a renewal names, after its signature with the session key.
    fn check_prt(
        &mut self,
        token: &CompactJws<'_>,
        id: &str,
    ) -> Result<(Arc<str>, Arc<str>, PrtBinding), Refusal> {
        let refuse = |detail| Refusal {
            rule: &rules::REFRESH_TOKEN,
            detail,
            fault: reply::TOKEN_EXPIRED,
        };
        let (id, prt) = self.state.token(id).ok_or_else(|| refuse(Detail::TokenUnknown))?;
        let (id, prt) = (Arc::clone(id), Arc::clone(prt));
        let binding = prt
            .prt
            .clone()
            .ok_or_else(|| refuse(Detail::TokenKind { expected: "a PRT" }))?;
        let (rule, key) = (&rules::PRT_SESSION_KEY, "the session key");
        if token.verify_with_session_key(&binding.session_key).is_err() {
            return Err(Refusal {
                rule,
                detail: Detail::SignatureBad { key },
                fault: reply::SIGNATURE,
            });
        }
        self.passed(rule, Detail::SignatureGood { key });
        if prt.expires < self.now {
            return Err(refuse(Detail::TokenExpired {
                since: self.now.saturating_since(prt.expires),
            }));
        }
        self.passed(&rules::REFRESH_TOKEN, Detail::TokenGood(Arc::clone(&prt.upn)));
        if let Some(replaced) = &prt.replaced {
            self.state.remove_token(replaced);
        }
        Ok((id, Arc::clone(&prt.upn), binding))
    }

    fn store_prt(
        &mut self,
        user: &Arc<User>,
        binding: PrtBinding,
        replaced: Option<Arc<str>>,
        rule: &'static evidence::decision::Rule,
    ) -> String {
        let lifetime = self.tenant.settings.prt_lifetime;
        let (user_of_note, device) = (Arc::clone(user), Arc::clone(&binding.device));
        self.noted(
            rule,
            Detail::Prt {
                user: user_of_note,
                device,
                lifetime,
            },
        );
        let id = format!("0.A{}", base64url(self.random::<48>()));
        let expires = self.now + lifetime;
        let upn = user.upn.to_ascii_lowercase().into();
        let token = RefreshToken {
            upn,
            expires,
            prt: Some(binding),
            replaced,
        };
        self.state.add_token(id.as_str().into(), token, self.now);
        id
    }

    /// The reply without what differs between a first PRT and a renewal.
    fn prt_reply(
        &mut self,
        user: &Arc<User>,
        client_id: &str,
        tgt: bool,
        key_form: ClientKeyForm<'_>,
    ) -> PrtReply {
        let settings = &self.tenant.settings;
        // one second less than the life, as clients are used to
        let expires_in = settings.prt_lifetime.as_secs().saturating_sub(1);
        let expires_on = self.now + settings.prt_lifetime;
        let (tgt_ad, tgt_cloud) = if tgt {
            (
                self.partial_tgt(user, key_form),
                Some(self.cloud_tgt(user, key_form)),
            )
        } else {
            self.noted(&rules::PRT_TGT_NOT_ASKED, Detail::TgtNotAsked);
            (None, None)
        };
        PrtReply {
            token_type: settings.token_type.clone(),
            expires_in,
            ext_expires_in: 0,
            expires_on: u64::try_from(expires_on.unix_seconds()).unwrap_or_default(),
            refresh_token: String::new(),
            refresh_token_expires_in: expires_in,
            session_key_jwe: None,
            id_token: self.id_token(user, client_id),
            client_info: self.client_info(user),
            device_tenant_id: self.tenant.id.clone(),
            tgt_ad,
            kerberos_top_level_names: tgt_cloud
                .is_some()
                .then(|| settings.kerberos_top_level_names.clone()),
            tgt_cloud,
        }
    }
}

fn bad_token(part: &'static str, reason: &dyn ToString) -> Refusal {
    let detail = Detail::Malformed {
        part,
        reason: reason.to_string(),
    };
    Refusal {
        rule: &rules::REQUEST_FORM,
        detail,
        fault: reply::BAD_TOKEN,
    }
}

fn claims_refused(error: MessageError) -> Refusal {
    match error {
        MessageError::MissingClaim { name } => missing(name),
        MessageError::UnknownGrantType { found } => Refusal {
            rule: &rules::REQUEST_FORM,
            detail: Detail::GrantType { found },
            fault: reply::GRANT_TYPE,
        },
    }
}
