//! Requests to Entra, and what its refusals mean.

use std::sync::Arc;

use http::{Request, Response};
use prt::form::Form;
use prt::messages::{ErrorReply, GRANT_SRV_CHALLENGE, NonceReply};
use rand::CryptoRng;
use serde::de::DeserializeOwned;

use super::Flow;
use crate::error::{CloudFailure, FlowError};
use crate::network::Network;

const USER_AGENT: &str = "Windows-AzureAD-Authentication-Provider/1.0";
const REGISTRATION_USER_AGENT: &str = "Dsreg/10.0 (Windows 10.0.22631.4460)";

impl<N: Network> Flow<'_, N> {
    /// Posts a form to the token authority and gives the body of a successful answer.
    pub(super) async fn post_form(
        &mut self,
        what: &'static str,
        path: &str,
        form: &Form<'_>,
        correlation_id: &str,
    ) -> Result<Vec<u8>, FlowError> {
        let request = Request::post(format!("https://{}/{path}", self.device.config.cloud.login))
            .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(http::header::USER_AGENT, USER_AGENT)
            .header("client-request-id", correlation_id)
            .header("return-client-request-id", "true")
            .body(form.encode().into_bytes());
        self.send(what, request).await
    }

    /// Posts JSON to the registration service and reads the JSON of a successful answer.
    pub(super) async fn post_registration<A: DeserializeOwned>(
        &mut self,
        what: &'static str,
        path: &str,
        token: &str,
        body: &impl serde::Serialize,
    ) -> Result<A, FlowError> {
        let body = serde_json::to_vec(body).map_err(|error| answer_fault(what, &error))?;
        let request = Request::post(format!(
            "https://{}/{path}",
            self.device.config.cloud.registration
        ))
        .header(http::header::AUTHORIZATION, format!("Bearer {token}"))
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(http::header::USER_AGENT, REGISTRATION_USER_AGENT)
        .body(body);
        let answer = self.send(what, request).await?;
        read_json(what, &answer)
    }

    pub(super) async fn send(
        &mut self,
        what: &'static str,
        request: Result<Request<Vec<u8>>, http::Error>,
    ) -> Result<Vec<u8>, FlowError> {
        // a name in the configuration may make the URI or a header impossible
        let request = request.map_err(|error| answer_fault(what, &error))?;
        let uri = request.uri().clone();
        let response = self.network.https(request).await?;
        if response.status().is_success() {
            return Ok(response.into_body());
        }
        Err(FlowError::Cloud(failure(uri.to_string().into(), &response)))
    }

    /// Asks for a nonce, which every signed request and every assertion needs for itself.
    pub(super) async fn nonce(&mut self, correlation_id: &str) -> Result<String, FlowError> {
        const WHAT: &str = "a nonce request";
        let form = Form::new().with("grant_type", GRANT_SRV_CHALLENGE);
        let answer = self
            .post_form(WHAT, "common/oauth2/token", &form, correlation_id)
            .await?;
        Ok(read_json::<NonceReply>(WHAT, &answer)?.nonce)
    }
}

fn failure(uri: Arc<str>, response: &Response<Vec<u8>>) -> CloudFailure {
    let reply: Option<ErrorReply> = serde_json::from_slice(response.body()).ok();
    let (error, description, codes) = reply.map_or_else(Default::default, |reply| {
        (reply.error, reply.error_description, reply.error_codes)
    });
    let aadsts = codes.first().copied().or_else(|| aadsts_code(&description));
    CloudFailure {
        uri,
        http_status: response.status().as_u16(),
        error: error.into(),
        aadsts,
        description: description.into(),
    }
}

/// The number in `AADSTS50126: …`.
fn aadsts_code(description: &str) -> Option<u32> {
    let (_, rest) = description.split_once("AADSTS")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

pub(super) fn read_json<A: DeserializeOwned>(what: &'static str, answer: &[u8]) -> Result<A, FlowError> {
    serde_json::from_slice(answer).map_err(|error| answer_fault(what, &error))
}

pub(super) fn answer_fault(what: &'static str, why: &dyn std::fmt::Display) -> FlowError {
    FlowError::CloudAnswer {
        request: what,
        why: why.to_string().into(),
    }
}

/// A random GUID (RFC 9562 version 4).
pub(super) fn guid(rng: &mut dyn CryptoRng) -> Arc<str> {
    let mut octets = [0; 16];
    rng.fill_bytes(&mut octets);
    let guid = uuid::Builder::from_random_bytes(octets).into_uuid();
    let mut text = uuid::Uuid::encode_buffer();
    Arc::from(&*guid.as_hyphenated().encode_lower(&mut text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_read_with_its_code_and_without() {
        let response = |body: &str| {
            Response::builder()
                .status(400)
                .body(body.as_bytes().to_vec())
                .unwrap()
        };
        let whole = failure(
            "u".into(),
            &response(r#"{"error":"invalid_grant","error_description":"AADSTS50126: wrong"}"#),
        );
        assert_eq!((whole.aadsts, &*whole.error), (Some(50126), "invalid_grant"));
        let page = failure("u".into(), &response("<html>proxy"));
        assert_eq!((page.aadsts, &*page.error, page.http_status), (None, "", 400));
    }
}
