//! Signed tokens.

use serde::{Deserialize, Serialize};

use super::{JoseError, base64, base64url, decode_base64, decode_json, decode_part, parts, push_part, token};
use crate::kdf::{CONTEXT_LENGTH, DerivedKey, KdfVersion, SessionKey};
use crate::rsa_key::{KeyError, PrivateKey, PublicKey};

/// Longest `ctx` that is accepted, in octets.
const CONTEXT_LENGTH_MAX: usize = 256;

/// `alg` of a signed token, RFC 7518 section 3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// HMAC with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
    /// Not signed.
    #[serde(rename = "none")]
    None,
    /// Anything else.
    #[serde(other)]
    Other,
}

impl Algorithm {
    const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
            Self::None => "none",
            Self::Other => "an unknown algorithm",
        }
    }
}

/// `x5c`: the certificate of the signer, standard base64 of DER. A list by RFC 7515 section 4.1.6; some clients send a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum X5c {
    /// One certificate as a bare string.
    One(String),
    /// A list, the signer's certificate first.
    List(Vec<String>),
}

impl X5c {
    /// The signer's certificate, DER.
    pub fn leaf_der(&self) -> Result<Vec<u8>, JoseError> {
        let leaf = match self {
            Self::One(leaf) => Some(leaf),
            Self::List(list) => list.first(),
        };
        decode_base64(leaf.ok_or(JoseError::MissingField { field: "x5c" })?, "x5c")
    }
}

impl Serialize for X5c {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(leaf) => serializer.serialize_str(leaf),
            Self::List(list) => list.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for X5c {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = X5c;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a certificate or a list of certificates in base64")
            }

            fn visit_str<E: serde::de::Error>(self, leaf: &str) -> Result<X5c, E> {
                Ok(X5c::One(leaf.to_owned()))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<X5c, A::Error> {
                let mut certificates = Vec::new();
                while let Some(certificate) = list.next_element()? {
                    certificates.push(certificate);
                }
                Ok(X5c::List(certificates))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Header of a signed token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JwsHeader {
    /// The algorithm; the signing functions set it.
    pub alg: Algorithm,
    /// `JWT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typ: Option<String>,
    /// Id of the key; of a Hello key see [`PublicKey::key_id`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// `ngc` on a Hello assertion.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub key_use: Option<String>,
    /// The device's certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x5c: Option<X5c>,
    /// Context of the key derivation, standard base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ctx: Option<String>,
    /// Version of the key derivation; absent means 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kdf_ver: Option<u64>,
}

impl JwsHeader {
    /// A header with `typ` `JWT` and nothing else.
    pub fn jwt() -> Self {
        Self {
            typ: Some("JWT".to_owned()),
            ..Self::default()
        }
    }
}

/// A signed token, parsed and not yet verified.
#[derive(Clone, Debug)]
pub struct CompactJws<'a> {
    header: JwsHeader,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> CompactJws<'a> {
    /// Splits and decodes a token. Nothing is verified yet.
    pub fn parse(token: &'a str) -> Result<Self, JoseError> {
        let [header, payload, signature] = parts(token)?;
        let signed = token.get(..header.len() + 1 + payload.len()).unwrap_or_default();
        Ok(Self {
            header: decode_json(&decode_part(header, "header")?, "header")?,
            signed,
            payload: decode_part(payload, "payload")?,
            signature: decode_part(signature, "signature")?,
        })
    }

    /// The header.
    pub fn header(&self) -> &JwsHeader {
        &self.header
    }

    /// The payload's octets: key derivation version 2 takes them as they are.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The payload as claims. Worth nothing before one of the `verify` functions passed.
    pub fn claims<T: serde::de::DeserializeOwned>(&self) -> Result<T, JoseError> {
        decode_json(&self.payload, "payload")
    }

    /// Verifies an RS256 signature; any other `alg` is refused.
    pub fn verify_rs256(&self, key: &PublicKey) -> Result<(), JoseError> {
        self.expect_algorithm(Algorithm::Rs256)?;
        let verified = key.verify_rs256(self.signed.as_bytes(), &self.signature);
        verified.map_err(|e| {
            if e == KeyError::BadSignature {
                JoseError::BadSignature
            } else {
                e.into()
            }
        })
    }

    /// Verifies an HS256 signature with a key derived already; any other `alg` is refused.
    pub fn verify_hs256(&self, key: &DerivedKey) -> Result<(), JoseError> {
        self.expect_algorithm(Algorithm::Hs256)?;
        if key.verify_hs256(self.signed.as_bytes(), &self.signature) {
            Ok(())
        } else {
            Err(JoseError::BadSignature)
        }
    }

    /// Verifies a token signed with a key derived from the session key by `ctx` and `kdf_ver` of its header.
    pub fn verify_with_session_key(&self, session_key: &SessionKey) -> Result<(), JoseError> {
        self.expect_algorithm(Algorithm::Hs256)?;
        let ctx = self
            .header
            .ctx
            .as_deref()
            .ok_or(JoseError::MissingField { field: "ctx" })?;
        let ctx = decode_base64(ctx, "ctx")?;
        if ctx.is_empty() || ctx.len() > CONTEXT_LENGTH_MAX {
            return Err(JoseError::Length {
                part: "ctx",
                length: ctx.len(),
                expected: "1 to 256",
            });
        }
        let version = match self.header.kdf_ver {
            None | Some(1) => KdfVersion::V1,
            Some(2) => KdfVersion::V2,
            Some(other) => return Err(JoseError::KdfVersion(other)),
        };
        self.verify_hs256(&session_key.derive(version, &ctx, &self.payload))
    }

    fn expect_algorithm(&self, expected: Algorithm) -> Result<(), JoseError> {
        if self.header.alg == expected {
            return Ok(());
        }
        let found = self.header.alg.name().to_owned();
        Err(JoseError::Algorithm {
            field: "alg",
            expected: expected.name(),
            found,
        })
    }
}

/// Signs `claims` RS256. `alg` of the header is set.
pub fn sign_rs256(header: JwsHeader, claims: &impl Serialize, key: &PrivateKey) -> String {
    let (mut input, _) = signing_input(
        &JwsHeader {
            alg: Algorithm::Rs256,
            ..header
        },
        claims,
    );
    let signature = key.sign_rs256(&input);
    push_part(&mut input, &signature);
    token(input)
}

/// Signs `claims` HS256 with a key derived already. `alg` of the header is set.
pub fn sign_hs256(header: JwsHeader, claims: &impl Serialize, key: &DerivedKey) -> String {
    let (mut input, _) = signing_input(
        &JwsHeader {
            alg: Algorithm::Hs256,
            ..header
        },
        claims,
    );
    let signature = key.sign_hs256(&input);
    push_part(&mut input, &signature);
    token(input)
}

/// Signs `claims` with a key derived from the session key and a fresh `ctx`, as a client does to renew its PRT.
pub fn sign_with_session_key(
    claims: &impl Serialize,
    session_key: &SessionKey,
    version: KdfVersion,
    rng: &mut dyn rand::CryptoRng,
) -> String {
    let mut ctx = [0; CONTEXT_LENGTH];
    rng.fill_bytes(&mut ctx);
    let kdf_ver = match version {
        KdfVersion::V1 => None,
        KdfVersion::V2 => Some(2),
    };
    let header = JwsHeader {
        alg: Algorithm::Hs256,
        ctx: Some(base64(ctx)),
        kdf_ver,
        ..JwsHeader::jwt()
    };
    let (mut input, payload) = signing_input(&header, claims);
    let signature = session_key.derive(version, &ctx, &payload).sign_hs256(&input);
    push_part(&mut input, &signature);
    token(input)
}

/// A token with `alg` `none` and an empty signature (RFC 7519 section 6).
pub fn unsigned(claims: &impl Serialize) -> String {
    let (mut input, _) = signing_input(
        &JwsHeader {
            alg: Algorithm::None,
            ..JwsHeader::jwt()
        },
        claims,
    );
    input.push(b'.');
    token(input)
}

/// Header and payload of a token, and the payload's octets.
fn signing_input(header: &JwsHeader, claims: &impl Serialize) -> (Vec<u8>, Vec<u8>) {
    let header = serde_json::to_vec(header).expect("a header is plain data");
    let payload = serde_json::to_vec(claims).expect("claims are plain data");
    // base64 makes four of three; a signature follows
    const SIGNATURE: usize = 350;
    let mut input = Vec::with_capacity((header.len() + payload.len()) / 3 * 4 + SIGNATURE);
    input.extend_from_slice(base64url(header).as_bytes());
    push_part(&mut input, &payload);
    (input, payload)
}
