//! Requests to Entra with one part of the fuzzer's choice: the signatures and tokens around it are right.

use std::sync::LazyLock;

use benches::entra::{self, DEVICE_PATH, Entra, HeldPrt, KEY_PATH, TOKEN_PATH, device_key};
use http::{Request, Response};
use prt::cert::{CertificationRequest, REQUEST_COMMON_NAME};
use prt::form::Form;
use prt::messages::{GRANT_JWT_BEARER, GRANT_REFRESH_TOKEN, PrtRequestClaims};
use serde_json::Value;

static LAB: LazyLock<Lab> = LazyLock::new(Lab::new);

/// A tenant, what its device holds, and requests whose nonces are still to be used.
struct Lab {
    entra: Entra,
    prt: HeldPrt,
    /// A request that is granted whatever came before it.
    first: PrtRequestClaims,
    assertion: String,
    renewal: PrtRequestClaims,
    form: Vec<u8>,
}

impl Lab {
    fn new() -> Self {
        let mut entra = Entra::new();
        let prt = entra.first_prt();
        let assertion = entra.assertion_claims();
        let first = PrtRequestClaims {
            assertion: Some(entra::assertion(&entra.assertion_claims())),
            ..entra.claims(GRANT_JWT_BEARER)
        };
        let renewal = PrtRequestClaims {
            refresh_token: Some(prt.token.clone()),
            ..entra.claims(GRANT_REFRESH_TOKEN)
        };
        let form = entra.renewal_request(&prt).into_body();
        Self {
            assertion: serde_json::to_string(&assertion).expect("plain data"),
            entra,
            prt,
            first,
            renewal,
            form,
        }
    }
}

/// The part of a request that the fuzzer chooses.
#[derive(Clone, Copy)]
pub enum Part {
    /// All of it: a line with method and path, lines with headers, an empty line, the body.
    Request,
    /// The form for the token endpoint.
    Form,
    /// The claims of a request for a first PRT, signed with the device key.
    First,
    /// The claims of a Hello assertion in one.
    Assertion,
    /// The claims of a renewal, signed with the session key.
    Renewal,
    /// The body that registers a device.
    Device,
    /// The certification request in one.
    Certification,
    /// The body that registers a Hello key.
    Key,
}

impl Part {
    /// Every part; the first octet of an input is its index.
    pub const ALL: [Self; 8] = [
        Self::Request,
        Self::Form,
        Self::First,
        Self::Assertion,
        Self::Renewal,
        Self::Device,
        Self::Certification,
        Self::Key,
    ];

    /// Serves a request with `octets` as this part, and then one that must be granted. `None` when the octets do not fit
    /// the frame.
    pub fn send(self, octets: &[u8]) -> Option<Response<Vec<u8>>> {
        let mut entra = LAB.entra.clone();
        let request = self.request(&mut entra, octets)?;
        let response = entra.serve(request);
        // asked for now: a nonce serves once, and the fuzzer finds out the one of a request made before
        let good = entra.renewal_request(&LAB.prt);
        let next = entra.serve(good);
        assert_eq!(next.status(), 200, "the next good request is served");
        Some(response)
    }

    fn request(self, entra: &mut Entra, octets: &[u8]) -> Option<Request<Vec<u8>>> {
        let with_bearer = |path, body: &[u8]| {
            let mut request = entra::post(path, String::new(), Some(&LAB.entra.bearer));
            *request.body_mut() = body.to_vec();
            request
        };
        let claims = || serde_json::from_slice::<Value>(octets).ok();
        Some(match self {
            Self::Request => read(octets)?,
            Self::Form => {
                let mut request = entra::post(TOKEN_PATH, String::new(), None);
                *request.body_mut() = octets.to_vec();
                request
            }
            Self::First => entra.first_request(&claims()?),
            Self::Assertion => entra.first_request(&PrtRequestClaims {
                assertion: Some(entra::assertion(&claims()?)),
                ..LAB.first.clone()
            }),
            Self::Renewal => entra.renewal_with(&LAB.prt, &claims()?),
            Self::Device => with_bearer(DEVICE_PATH, octets),
            Self::Certification => with_bearer(DEVICE_PATH, entra::device_registration(octets).as_bytes()),
            Self::Key => with_bearer(KEY_PATH, octets),
        })
    }

    /// A seed: what a well-behaved device has as this part.
    pub fn seed(self) -> Vec<u8> {
        let json = |claims| serde_json::to_vec(claims).expect("plain data");
        let certification =
            || CertificationRequest::create(REQUEST_COMMON_NAME, &device_key()).expect("a plain name");
        match self {
            Self::Request => {
                let form = Form::new().with("grant_type", "srv_challenge").encode();
                format!("POST {TOKEN_PATH}\naccept: */*\n\n{form}").into_bytes()
            }
            Self::Form => LAB.form.clone(),
            Self::First => json(&LAB.first),
            Self::Assertion => LAB.assertion.clone().into_bytes(),
            Self::Renewal => json(&LAB.renewal),
            Self::Device => entra::device_registration(&certification()).into_bytes(),
            Self::Certification => certification(),
            Self::Key => entra::key_registration().into_bytes(),
        }
    }
}

/// A request as text.
fn read(octets: &[u8]) -> Option<Request<Vec<u8>>> {
    let end = octets.windows(2).position(|two| two == b"\n\n")?;
    let (head, body) = (octets.get(..end)?, octets.get(end + 2..)?);
    let mut lines = std::str::from_utf8(head).ok()?.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(target);
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        request = request.header(name, value);
    }
    request.body(body.to_vec()).ok()
}
