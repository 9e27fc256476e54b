//! Paths, and the small replies behind some of them.

use http::{Method, Request, Response};
use prt::form::{self, Form};
use prt::jose::base64url;
use prt::messages::{GRANT_JWT_BEARER, GRANT_PASSWORD, GRANT_REFRESH_TOKEN, GRANT_SRV_CHALLENGE, NonceReply};
use serde_json::json;

use crate::reply::{self, Refusal};
use crate::{Detail, Exchange, rules};

/// Largest request body read, in octets.
const BODY_LENGTH_MAX: usize = 512 * 1024;

/// Which generation of the token endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenVersion {
    V1,
    V2,
}

pub(crate) type Answer = Result<Response<Vec<u8>>, Refusal>;

impl Exchange<'_> {
    pub(crate) fn route(&mut self, request: &Request<Vec<u8>>) -> Answer {
        if request.body().len() > BODY_LENGTH_MAX {
            let reason = format!(
                "{} octets, at most {BODY_LENGTH_MAX} are read",
                request.body().len()
            );
            return Err(malformed("the body", reason));
        }
        let path = request.uri().path();
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let mut next = || segments.next().unwrap_or_default();
        let segments = [next(), next(), next(), next(), next()];
        let lower = segments.map(str::to_ascii_lowercase);
        let [first, ..] = segments;
        match (request.method(), lower.each_ref().map(String::as_str)) {
            (&Method::GET, [_, "userrealm", _, "", ""]) => self.user_realm(segments[2]),
            (&Method::POST, [_, "oauth2", "token", "", ""]) => self.token(first, TokenVersion::V1, request),
            (&Method::POST, [_, "oauth2", "v2.0", "token", ""]) => {
                self.token(first, TokenVersion::V2, request)
            }
            (&Method::GET, [_, ".well-known", "openid-configuration", "", ""])
            | (&Method::GET, [_, "v2.0", ".well-known", "openid-configuration", ""]) => self.metadata(first),
            (&Method::GET, [_, "discovery", "keys", "", ""] | [_, "discovery", "v2.0", "keys", ""]) => {
                self.keys(first)
            }
            (&Method::GET, [_, "discover", "", "", ""]) => self.discover(first),
            (&Method::POST, ["enrollmentserver", "device", "", "", ""]) => self.register_device(request),
            (&Method::POST, ["enrollmentserver", "key", "", "", ""]) => self.register_key(request),
            (&Method::POST, [_, "kerberos", "", "", ""]) => self.kdc_proxy(first, request),
            _ => Ok(self.not_found()),
        }
    }

    /// `GET /common/UserRealm/{upn}`: whether the user signs in here or at a federation service.
    fn user_realm(&mut self, upn: &str) -> Answer {
        let upn = form::decode_segment(upn);
        let domain = upn.rsplit_once('@').map_or("", |(_, domain)| domain);
        // who has an account here, a guest for instance, signs in here
        let reply = if self.tenant.owns_domain(domain) || self.tenant.user(&upn).is_some() {
            json!({
                "ver": "1.0", "account_type": "Managed", "domain_name": domain,
                "cloud_instance_name": "microsoftonline.com", "cloud_audience_urn": "urn:federation:MicrosoftOnline",
            })
        } else {
            json!({
                "ver": "1.0", "account_type": "Unknown", "cloud_instance_name": "microsoftonline.com",
                "cloud_audience_urn": "urn:federation:MicrosoftOnline",
            })
        };
        Ok(reply::json(&reply))
    }

    /// `POST …/token`. The body is a form whatever its content type says: one client sends none.
    fn token(&mut self, tenant: &str, version: TokenVersion, request: &Request<Vec<u8>>) -> Answer {
        self.expect_tenant(tenant)?;
        let form = Form::parse(request.body());
        match form.value("grant_type") {
            Some(GRANT_SRV_CHALLENGE) => Ok(self.nonce()),
            Some(GRANT_JWT_BEARER) => self.jwt_bearer(&form),
            Some(GRANT_PASSWORD) => self.password_grant(&form, version),
            Some(GRANT_REFRESH_TOKEN) => self.refresh_token_grant(&form, version),
            Some(other) => Err(Refusal {
                rule: &rules::REQUEST_FORM,
                detail: Detail::GrantType {
                    found: other.to_owned(),
                },
                fault: reply::GRANT_TYPE,
            }),
            None => Err(missing("grant_type")),
        }
    }

    fn nonce(&mut self) -> Response<Vec<u8>> {
        let nonce = base64url(self.random::<32>());
        self.state.add_nonce(
            nonce.as_str().into(),
            self.now,
            self.tenant.settings.nonce_lifetime,
        );
        reply::json(&NonceReply { nonce })
    }

    /// OpenID Connect metadata: the little that clients look at.
    fn metadata(&mut self, tenant: &str) -> Answer {
        self.expect_tenant(tenant)?;
        let base = format!("https://login.microsoftonline.com/{}", self.tenant.id);
        Ok(reply::json(&json!({
            "issuer": self.issuer(),
            "authorization_endpoint": format!("{base}/oauth2/authorize"),
            "token_endpoint": format!("{base}/oauth2/token"),
            "jwks_uri": format!("{base}/discovery/keys"),
            "response_types_supported": ["code", "id_token", "token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "capabilities": ["kdf_ver2"],
            "tenant_region_scope": "WW",
            "cloud_instance_name": "microsoftonline.com",
        })))
    }

    fn keys(&mut self, tenant: &str) -> Answer {
        self.expect_tenant(tenant)?;
        let key = self.tenant.signing_key.public();
        Ok(reply::json(&json!({"keys": [{
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.key_id(),
            "n": base64url(key.modulus()), "e": base64url(key.exponent()),
        }]})))
    }

    pub(crate) fn expect_tenant(&mut self, segment: &str) -> Result<(), Refusal> {
        if self.tenant.is_named(segment) {
            return Ok(());
        }
        let detail = Detail::OtherTenant {
            found: segment.to_owned(),
        };
        Err(Refusal {
            rule: &rules::TENANT_KNOWN,
            detail,
            fault: reply::NO_TENANT,
        })
    }

    pub(crate) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        self.rng.fill_bytes(&mut octets);
        octets
    }
}

pub(crate) fn missing(name: &'static str) -> Refusal {
    Refusal {
        rule: &rules::REQUEST_FORM,
        detail: Detail::Missing { name },
        fault: reply::MISSING_PARAMETER,
    }
}

pub(crate) fn malformed(part: &'static str, reason: impl ToString) -> Refusal {
    let detail = Detail::Malformed {
        part,
        reason: reason.to_string(),
    };
    Refusal {
        rule: &rules::REQUEST_FORM,
        detail,
        fault: reply::MALFORMED,
    }
}
