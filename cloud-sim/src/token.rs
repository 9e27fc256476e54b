//! Tokens that the tenant issues and accepts.

use std::sync::Arc;

use http::{Request, header};
use kerberos::Timestamp;
use prt::jose::{CompactJws, JwsHeader, base64url, sign_rs256, unsigned};
use prt::messages::{DRS_APP, DRS_RESOURCE};
use serde::{Deserialize, Serialize};

use crate::reply::{self, Refusal};
use crate::state::RefreshToken;
use crate::tenant::{IdTokenSignature, Tenant, User};
use crate::{Detail, Exchange, rules};

/// Life of an ordinary refresh token.
const REFRESH_TOKEN_LIFETIME: std::time::Duration = std::time::Duration::from_secs(90 * 86_400);

/// Claims of an access token.
#[derive(Serialize, Deserialize)]
pub(crate) struct AccessTokenClaims {
    aud: String,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    /// How the user proved himself. The lab has no second factor: `ngcmfa` is taken as done.
    #[serde(default)]
    amr: Vec<String>,
    oid: String,
    tid: String,
    upn: String,
}

/// Claims of an id_token.
#[derive(Serialize)]
struct IdTokenClaims<'a> {
    aud: &'a str,
    iss: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    amr: [&'static str; 1],
    name: &'a str,
    oid: &'a str,
    preferred_username: &'a str,
    sub: &'a str,
    tid: &'a str,
    unique_name: &'a str,
    upn: &'a str,
    ver: &'static str,
}

impl Exchange<'_> {
    pub(crate) fn issuer(&self) -> String {
        format!("https://sts.windows.net/{}/", self.tenant.id)
    }

    /// An access token for `audience`, signed RS256.
    pub(crate) fn access_token(&self, user: &User, audience: &str) -> String {
        let now = self.now.unix_seconds();
        let claims = AccessTokenClaims {
            aud: audience.to_owned(),
            iss: self.issuer(),
            iat: now,
            nbf: now,
            exp: now.saturating_add_unsigned(self.tenant.settings.access_token_lifetime.as_secs()),
            amr: ["pwd", "mfa", "ngcmfa"].map(str::to_owned).to_vec(),
            oid: user.object_id.clone(),
            tid: self.tenant.id.clone(),
            upn: user.upn.clone(),
        };
        sign_rs256(self.header(), &claims, &self.tenant.signing_key)
    }

    /// An id_token for a client.
    pub(crate) fn id_token(&self, user: &User, client_id: &str) -> String {
        let now = self.now.unix_seconds();
        let claims = IdTokenClaims {
            aud: client_id,
            iss: self.issuer(),
            iat: now,
            nbf: now,
            exp: now.saturating_add_unsigned(self.tenant.settings.access_token_lifetime.as_secs()),
            amr: ["pwd"],
            name: &user.display_name,
            oid: &user.object_id,
            preferred_username: &user.upn,
            sub: &user.object_id,
            tid: &self.tenant.id,
            unique_name: &user.upn,
            upn: &user.upn,
            ver: "1.0",
        };
        match self.tenant.settings.id_token_signature {
            IdTokenSignature::Unsigned => unsigned(&claims),
            IdTokenSignature::Rs256 => sign_rs256(self.header(), &claims, &self.tenant.signing_key),
        }
    }

    fn header(&self) -> JwsHeader {
        JwsHeader {
            kid: Some(self.tenant.signing_key.public().key_id().to_owned()),
            ..JwsHeader::jwt()
        }
    }

    /// `client_info`: base64url of user and tenant id.
    pub(crate) fn client_info(&self, user: &User) -> String {
        base64url(reply::encode(
            &serde_json::json!({"uid": user.object_id, "utid": self.tenant.id}),
        ))
    }

    /// A refresh token of the ordinary kind.
    pub(crate) fn refresh_token(&mut self, user: &User) -> Arc<str> {
        let id: Arc<str> = format!("0.R{}", base64url(self.random::<32>())).into();
        let token = RefreshToken {
            upn: user.upn.to_ascii_lowercase().into(),
            expires: self.now + REFRESH_TOKEN_LIFETIME,
            prt: None,
            replaced: None,
        };
        self.state.add_token(Arc::clone(&id), token, self.now);
        id
    }

    /// The user of a request's bearer token for the device registration service.
    pub(crate) fn bearer(
        &mut self,
        request: &Request<Vec<u8>>,
    ) -> Result<(Arc<User>, AccessTokenClaims), Refusal> {
        let refuse = |reason| Refusal {
            rule: &rules::ACCESS_TOKEN,
            detail: Detail::BearerRefused { reason },
            fault: reply::BEARER,
        };
        let value = request
            .headers()
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let value = value.ok_or_else(|| refuse("there is none"))?;
        let (scheme, token) = value.split_once(' ').ok_or_else(|| refuse("there is none"))?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(refuse("another scheme than Bearer"));
        }
        let accepted = read_access_token(self.tenant, self.now, token, &[DRS_RESOURCE, DRS_APP]);
        let (user, claims) = accepted.map_err(refuse)?;
        self.passed(&rules::ACCESS_TOKEN, Detail::UserFound(Arc::clone(&user)));
        Ok((user, claims))
    }
}

impl AccessTokenClaims {
    pub(crate) fn has_ngcmfa(&self) -> bool {
        self.amr.iter().any(|method| method == "ngcmfa")
    }
}

/// The user of an access token of a tenant for one of `audiences`.
///
/// # Errors
/// What is wrong with the token.
pub fn user_of_token(
    tenant: &Tenant,
    now: Timestamp,
    token: &str,
    audiences: &[&str],
) -> Result<Arc<User>, &'static str> {
    read_access_token(tenant, now, token, audiences).map(|(user, _)| user)
}

fn read_access_token(
    tenant: &Tenant,
    now: Timestamp,
    token: &str,
    audiences: &[&str],
) -> Result<(Arc<User>, AccessTokenClaims), &'static str> {
    let token = CompactJws::parse(token.trim()).map_err(|_| "it is no JWT")?;
    let verified = token.verify_rs256(tenant.signing_key.public());
    verified.map_err(|_| "this tenant did not sign it")?;
    let claims: AccessTokenClaims = token.claims().map_err(|_| "it lacks claims")?;
    if !audiences.contains(&claims.aud.as_str()) {
        return Err("it is for another resource");
    }
    let now = now.unix_seconds();
    if claims.exp < now || claims.nbf > now {
        return Err("it is not in time");
    }
    let user = tenant.user(&claims.upn).cloned().ok_or("its user is gone")?;
    Ok((user, claims))
}
