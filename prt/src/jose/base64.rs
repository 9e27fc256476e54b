//! Base64 as tokens and JSON carry it. A PRT reply holds some 10,000 octets of it in layers, hence the vector engine.

use std::sync::LazyLock;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::{NO_PAD, PAD_INDIFFERENT};

use super::JoseError;

static URL_SAFE: LazyLock<engine::Engine> = LazyLock::new(|| engine::url_safe(NO_PAD));
/// Padded when written, padded or not when read.
static STANDARD: LazyLock<engine::Engine> = LazyLock::new(|| engine::standard(PAD_INDIFFERENT));

/// Base64url without padding, the encoding of all parts of a token.
pub fn base64url(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE.encode(octets)
}

/// Standard base64 with padding.
pub fn base64(octets: impl AsRef<[u8]>) -> String {
    STANDARD.encode(octets)
}

/// Reads standard base64, padded or not, as clients put keys and contexts into JSON; `what` names the field in the error.
pub fn decode_base64(text: &str, what: &'static str) -> Result<Vec<u8>, JoseError> {
    STANDARD
        .decode(text)
        .map_err(|_| JoseError::Base64 { part: what })
}

pub(super) fn decode_part(text: &str, part: &'static str) -> Result<Vec<u8>, JoseError> {
    URL_SAFE.decode(text).map_err(|_| JoseError::Base64 { part })
}

/// Appends a dot and a part to a token.
pub(super) fn push_part(token: &mut Vec<u8>, octets: &[u8]) {
    token.push(b'.');
    let start = token.len();
    token.resize(start + octets.len().div_ceil(3) * 4, 0);
    let written = token
        .get_mut(start..)
        .map(|room| URL_SAFE.encode_slice(octets, room));
    let written = written
        .and_then(Result::ok)
        .expect("the room is enough for padded text");
    token.truncate(start + written);
}

/// A token of parts that were pushed.
pub(super) fn token(octets: Vec<u8>) -> String {
    String::from_utf8(octets).expect("base64 and dots are ASCII")
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod engine {
    pub(super) use ::base64::engine::Simd as Engine;
    use ::base64::engine::general_purpose::GeneralPurposeConfig;

    pub(super) fn url_safe(config: GeneralPurposeConfig) -> Engine {
        Engine::url_safe(config)
    }

    pub(super) fn standard(config: GeneralPurposeConfig) -> Engine {
        Engine::standard(config)
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod engine {
    use ::base64::alphabet;
    pub(super) use ::base64::engine::GeneralPurpose as Engine;
    use ::base64::engine::general_purpose::GeneralPurposeConfig;

    pub(super) fn url_safe(config: GeneralPurposeConfig) -> Engine {
        Engine::new(&alphabet::URL_SAFE, config)
    }

    pub(super) fn standard(config: GeneralPurposeConfig) -> Engine {
        Engine::new(&alphabet::STANDARD, config)
    }
}

#[cfg(test)]
mod tests {
    use ::base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn every_length_reads_as_the_plain_engine_writes_it() {
        let octets: Vec<u8> = (0..=255).collect();
        for length in 0..octets.len() {
            let octets = &octets[..length];
            assert_eq!(base64(octets), STANDARD.encode(octets));
            assert_eq!(base64url(octets), URL_SAFE_NO_PAD.encode(octets));
            let padded = base64(octets);
            assert_eq!(decode_base64(&padded, "text").unwrap(), octets);
            assert_eq!(
                decode_base64(padded.trim_end_matches('='), "text").unwrap(),
                octets
            );
            assert_eq!(decode_part(&base64url(octets), "part").unwrap(), octets);
        }
    }

    #[test]
    fn a_wrong_symbol_is_refused_wherever_it_stands() {
        let good = base64url([0xa5; 96]);
        for place in 0..good.len() {
            for wrong in ["=", "+", "/", "\u{e9}", " "] {
                let mut text = good.clone();
                text.replace_range(place..=place, wrong);
                let error = decode_part(&text, "part").unwrap_err();
                assert_eq!(error, JoseError::Base64 { part: "part" }, "{text}");
            }
        }
    }
}
