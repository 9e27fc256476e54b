//! Ordinary OAuth 2.0 grants: a password or a refresh token for an access token.

use std::sync::Arc;

use prt::form::Form;
use serde_json::{Value, json};

use crate::reply::{self, Refusal};
use crate::route::{Answer, TokenVersion, missing};
use crate::tenant::User;
use crate::{Detail, Exchange, rules};

impl Exchange<'_> {
    pub(crate) fn password_grant(&mut self, form: &Form<'_>, version: TokenVersion) -> Answer {
        let username = form.value("username").ok_or_else(|| missing("username"))?;
        let password = form.value("password").ok_or_else(|| missing("password"))?;
        let user = self.check_password(username, password)?;
        Ok(self.token_reply(&user, form, version))
    }

    pub(crate) fn refresh_token_grant(&mut self, form: &Form<'_>, version: TokenVersion) -> Answer {
        let token = form
            .value("refresh_token")
            .ok_or_else(|| missing("refresh_token"))?;
        let user = self.check_refresh_token(token)?;
        Ok(self.token_reply(&user, form, version))
    }

    /// The user with this name and password.
    pub(crate) fn check_password(&mut self, username: &str, password: &str) -> Result<Arc<User>, Refusal> {
        let user = self.check_user(username)?;
        let refuse = |detail: fn(Arc<User>) -> Detail, fault| {
            Err(Refusal {
                rule: &rules::PASSWORD,
                detail: detail(Arc::clone(&user)),
                fault,
            })
        };
        if !user.password.as_ref().is_some_and(|hash| hash.is_of(password)) {
            return refuse(Detail::PasswordWrong, reply::WRONG_PASSWORD);
        }
        if user.password_expired {
            return refuse(Detail::PasswordExpired, reply::PASSWORD_EXPIRED);
        }
        self.passed(&rules::PASSWORD, Detail::PasswordRight(Arc::clone(&user)));
        Ok(user)
    }

    /// The user with this UPN, if he may sign in.
    pub(crate) fn check_user(&mut self, upn: &str) -> Result<Arc<User>, Refusal> {
        let rule = &rules::USER_KNOWN;
        let Some(user) = self.tenant.user(upn) else {
            return Err(Refusal {
                rule,
                detail: Detail::UserUnknown { upn: upn.to_owned() },
                fault: reply::NO_USER,
            });
        };
        if !user.enabled {
            return Err(Refusal {
                rule,
                detail: Detail::UserDisabled(Arc::clone(user)),
                fault: reply::USER_DISABLED,
            });
        }
        self.passed(rule, Detail::UserFound(Arc::clone(user)));
        Ok(Arc::clone(user))
    }

    /// The user of an ordinary refresh token.
    pub(crate) fn check_refresh_token(&mut self, token: &str) -> Result<Arc<User>, Refusal> {
        let refuse = |detail| Refusal {
            rule: &rules::REFRESH_TOKEN,
            detail,
            fault: reply::TOKEN_EXPIRED,
        };
        let (_, token) = self
            .state
            .token(token)
            .ok_or_else(|| refuse(Detail::TokenUnknown))?;
        if token.prt.is_some() {
            return Err(refuse(Detail::TokenKind {
                expected: "an ordinary one",
            }));
        }
        if token.expires < self.now {
            return Err(refuse(Detail::TokenExpired {
                since: self.now.saturating_since(token.expires),
            }));
        }
        let upn = Arc::clone(&token.upn);
        self.passed(&rules::REFRESH_TOKEN, Detail::TokenGood(Arc::clone(&upn)));
        self.check_user(&upn)
    }

    fn token_reply(
        &mut self,
        user: &User,
        form: &Form<'_>,
        version: TokenVersion,
    ) -> http::Response<Vec<u8>> {
        let client_id = form.value("client_id").unwrap_or_default();
        let life = self.tenant.settings.access_token_lifetime.as_secs();
        let now = self.now.unix_seconds();
        let refresh_token = self.refresh_token(user);
        let mut reply = json!({
            "token_type": "Bearer",
            "refresh_token": refresh_token,
            "id_token": self.id_token(user, client_id),
            "foci": "1",
        });
        let mut set = |name: &str, value: Value| {
            if let Value::Object(fields) = &mut reply {
                fields.insert(name.to_owned(), value);
            }
        };
        match version {
            TokenVersion::V1 => {
                let resource = form.value("resource").unwrap_or(client_id);
                set("resource", json!(resource));
                set("scope", json!("user_impersonation"));
                set("expires_in", json!(life.to_string()));
                set("ext_expires_in", json!(life.to_string()));
                set("expires_on", json!(now.saturating_add_unsigned(life).to_string()));
                set("not_before", json!(now.to_string()));
                set("access_token", json!(self.access_token(user, resource)));
            }
            TokenVersion::V2 => {
                let scope = form.value("scope").unwrap_or("openid profile offline_access");
                set("scope", json!(scope));
                set("expires_in", json!(life));
                set("ext_expires_in", json!(life));
                set(
                    "access_token",
                    json!(self.access_token(user, audience_of_scope(scope).unwrap_or(client_id))),
                );
            }
        }
        if form.value("client_info").is_some() {
            set("client_info", json!(self.client_info(user)));
        }
        reply::json(&reply)
    }
}

/// The resource that a version 2 scope such as `openid https://host/.default` names.
fn audience_of_scope(scope: &str) -> Option<&str> {
    let named = scope
        .split_ascii_whitespace()
        .find(|scope| scope.ends_with("/.default"))?;
    named.strip_suffix("/.default")
}
