//! Replies and refusals.

use evidence::decision::{Decision, Rule};
use http::{Response, StatusCode, header};
use prt::messages::ErrorReply;
use serde::Serialize;

use crate::{Detail, Exchange};

/// A check that ended a request, and what goes on the wire for it. The reason itself does not.
pub(crate) struct Refusal {
    pub(crate) rule: &'static Rule,
    pub(crate) detail: Detail,
    pub(crate) fault: Fault,
}

/// What the client is told.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    status: StatusCode,
    error: &'static str,
    /// 0: no AADSTS code.
    code: u32,
    text: &'static str,
}

const fn grant(code: u32, text: &'static str) -> Fault {
    Fault {
        status: StatusCode::BAD_REQUEST,
        error: "invalid_grant",
        code,
        text,
    }
}

const fn request(code: u32, text: &'static str) -> Fault {
    Fault {
        status: StatusCode::BAD_REQUEST,
        error: "invalid_request",
        code,
        text,
    }
}

pub(crate) const MISSING_PARAMETER: Fault = request(900_144, "The request body lacks a required parameter.");
pub(crate) const MALFORMED: Fault = request(0, "The request cannot be read.");
pub(crate) const BAD_TOKEN: Fault = grant(
    50_027,
    "The JWT is malformed, its nonce is not valid, or it is not in time.",
);
pub(crate) const GRANT_TYPE: Fault = Fault {
    status: StatusCode::BAD_REQUEST,
    error: "unsupported_grant_type",
    code: 70_003,
    text: "The grant type is not supported.",
};
pub(crate) const NO_TENANT: Fault = request(90_002, "The tenant was not found.");
pub(crate) const NO_USER: Fault = grant(50_034, "The user account does not exist in this tenant.");
pub(crate) const USER_DISABLED: Fault = grant(50_057, "The user account is disabled.");
pub(crate) const WRONG_PASSWORD: Fault = grant(50_126, "Invalid username or password.");
pub(crate) const PASSWORD_EXPIRED: Fault = grant(50_055, "The password is expired.");
pub(crate) const TOKEN_EXPIRED: Fault = grant(70_008, "The refresh token has expired or was revoked.");
pub(crate) const DEVICE: Fault = grant(50_155, "Device authentication failed.");
pub(crate) const DEVICE_DISABLED: Fault = grant(135_011, "The device is disabled.");
pub(crate) const SIGNATURE: Fault = grant(50_013, "The assertion failed signature validation.");
pub(crate) const HELLO_KEY: Fault = grant(135_010, "The key was not found.");
pub(crate) const HELLO_SIGNATURE: Fault = grant(130_005, "The signature of the key could not be verified.");
pub(crate) const BEARER: Fault = Fault {
    status: StatusCode::UNAUTHORIZED,
    error: "invalid_token",
    code: 0,
    text: "The bearer token is not valid here.",
};
pub(crate) const NGCMFA: Fault = Fault {
    status: StatusCode::UNAUTHORIZED,
    error: "ngcmfa_required",
    code: 0,
    text: "Strong authentication is required.",
};
/// What KDC proxies answer to what is no KDC-PROXY-MESSAGE.
pub(crate) const KDC_PROXY_ENVELOPE: Fault = request(0, "The KDC proxy message cannot be read.");
/// What KDC proxies answer where they know no KDC of the realm.
pub(crate) const KDC_PROXY_REALM: Fault = Fault {
    status: StatusCode::SERVICE_UNAVAILABLE,
    error: "kdc_unavailable",
    code: 0,
    text: "There is no KDC of this realm here.",
};
const NOT_FOUND: Fault = Fault {
    status: StatusCode::NOT_FOUND,
    error: "not_found",
    code: 0,
    text: "There is nothing at this path.",
};

impl Exchange<'_> {
    pub(crate) fn passed(&mut self, rule: &'static Rule, detail: Detail) {
        self.decisions.push(Decision::passed(rule, detail));
    }

    pub(crate) fn noted(&mut self, rule: &'static Rule, detail: Detail) {
        self.decisions.push(Decision::noted(rule, detail));
    }

    /// Answers a refused request and records why.
    pub(crate) fn refuse(&mut self, refusal: Refusal) -> Response<Vec<u8>> {
        self.decisions
            .push(Decision::refused(refusal.rule, refusal.detail));
        self.fault(refusal.fault)
    }

    pub(crate) fn not_found(&mut self) -> Response<Vec<u8>> {
        self.fault(NOT_FOUND)
    }

    fn fault(&mut self, fault: Fault) -> Response<Vec<u8>> {
        let (trace_id, correlation_id) = (self.guid(), self.guid());
        let timestamp = timestamp(self.now);
        let description = match fault.code {
            0 => fault.text.to_owned(),
            code => format!(
                "AADSTS{code}: {} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}",
                fault.text
            ),
        };
        let body = ErrorReply {
            error: fault.error.to_owned(),
            error_description: description,
            error_codes: if fault.code == 0 {
                Vec::new()
            } else {
                vec![fault.code]
            },
            timestamp,
            trace_id,
            correlation_id,
        };
        respond(fault.status, "application/json; charset=utf-8", encode(&body))
    }

    /// A random GUID, version 4.
    pub(crate) fn guid(&mut self) -> String {
        let mut octets = [0_u8; 16];
        self.rng.fill_bytes(&mut octets);
        let number = u128::from_be_bytes(octets) & !(0xF << 76 | 0b11 << 62) | 4 << 76 | 0b10 << 62;
        let digits = format!("{number:032x}");
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }
}

/// Status 200 with JSON.
pub(crate) fn json(body: &impl Serialize) -> Response<Vec<u8>> {
    json_octets(encode(body))
}

/// Status 200 with JSON that is encoded already.
pub(crate) fn json_octets(body: Vec<u8>) -> Response<Vec<u8>> {
    respond(StatusCode::OK, "application/json; charset=utf-8", body)
}

/// Status 200 with the envelope of a KDC proxy.
pub(crate) fn kerberos(body: Vec<u8>) -> Response<Vec<u8>> {
    respond(StatusCode::OK, kerberos::kkdcp::CONTENT_TYPE, body)
}

/// Status 200 with a compact JWE.
pub(crate) fn jose(body: String) -> Response<Vec<u8>> {
    respond(StatusCode::OK, "application/jose", body.into_bytes())
}

pub(crate) fn encode(body: &impl Serialize) -> Vec<u8> {
    sonic_rs::to_vec(body).expect("replies are plain data")
}

fn respond(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    headers.insert(
        header::CACHE_CONTROL,
        http::HeaderValue::from_static("no-store, no-cache"),
    );
    response
}

/// `2026-11-23 08:00:00Z`.
fn timestamp(now: kerberos::Timestamp) -> String {
    let text = now.kerberos_time().to_generalized();
    let text = String::from_utf8_lossy(&text);
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-{} {}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(8, 10),
        part(10, 12),
        part(12, 14)
    )
}
