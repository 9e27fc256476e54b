//! Encrypted tokens.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{JoseError, base64, base64url, decode_base64, decode_json, decode_part, parts, push_part, token};
use crate::kdf::{CONTEXT_LENGTH, DerivedKey, KEY_LENGTH, KdfVersion, SessionKey};
use crate::rsa_key::{PrivateKey, PublicKey};

const GCM_IV_LENGTH: usize = 12;
const CBC_IV_LENGTH: usize = 16;
const TAG_LENGTH: usize = 16;

/// What a JWE with `"alg":"dir","enc":"A256GCM"` is encrypted with in fact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContentCipher {
    /// AES-256-CBC with PKCS#7 padding and an initialisation vector of 16 octets; the tag means nothing. Entra answers
    /// protocol version 2 so, and all known clients read it.
    #[default]
    Aes256Cbc,
    /// What the header says: AES-256-GCM with 12 octets of initialisation vector and the header as associated data.
    Aes256Gcm,
}

/// Header of an encrypted token.
#[derive(Debug, Serialize, Deserialize)]
struct JweHeader {
    enc: String,
    alg: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ctx: Option<String>,
}

impl JweHeader {
    fn expect(&self, alg: &'static str) -> Result<(), JoseError> {
        if self.alg != alg {
            return Err(JoseError::Algorithm {
                field: "alg",
                expected: alg,
                found: self.alg.clone(),
            });
        }
        if self.enc != "A256GCM" {
            return Err(JoseError::Algorithm {
                field: "enc",
                expected: "A256GCM",
                found: self.enc.clone(),
            });
        }
        Ok(())
    }
}

/// Whether a text is a compact JWE and not bare base64: the test that clients make on `clientKey`.
pub fn looks_like_jwe(text: &str) -> bool {
    text.contains('.')
}

/// Wraps a session key for the transport key of a device: `session_key_jwe`. The encrypted key *is* the session key; the
/// content is empty, and sealed with the session key as RFC 7516 would have it.
pub fn seal_session_key(
    session_key: &SessionKey,
    transport_key: &PublicKey,
    rng: &mut dyn rand::CryptoRng,
) -> Result<String, JoseError> {
    let encrypted_key = transport_key.encrypt_oaep(session_key.expose(), rng)?;
    let header = base64url(br#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#);
    let mut iv = [0; GCM_IV_LENGTH];
    rng.fill_bytes(&mut iv);
    let sealed = gcm_seal(session_key.expose(), &iv, header.as_bytes(), b"");
    Ok(compact(&header, &encrypted_key, &iv, &sealed, b""))
}

/// Opens `session_key_jwe` with the private transport key. The content is not looked at, as with all known clients.
pub fn open_session_key(token: &str, transport_key: &PrivateKey) -> Result<SessionKey, JoseError> {
    let [header, encrypted_key, ..] = parts::<5>(token)?;
    let header: JweHeader = decode_json(&decode_part(header, "header")?, "header")?;
    header.expect("RSA-OAEP")?;
    let key = transport_key.decrypt_oaep(&decode_part(encrypted_key, "encrypted key")?)?;
    let length = key.len();
    let octets = <[u8; KEY_LENGTH]>::try_from(&key[..]);
    octets.map(SessionKey::new).map_err(|_| JoseError::Length {
        part: "session key",
        length,
        expected: "32",
    })
}

/// Encrypts with a key derived (version 1) from the session key and a fresh `ctx`: replies and `clientKey`.
pub fn seal_direct(
    plaintext: &[u8],
    session_key: &SessionKey,
    cipher: ContentCipher,
    rng: &mut dyn rand::CryptoRng,
) -> String {
    let mut ctx = [0; CONTEXT_LENGTH];
    rng.fill_bytes(&mut ctx);
    let header = JweHeader {
        enc: "A256GCM".to_owned(),
        alg: "dir".to_owned(),
        ctx: Some(base64(ctx)),
    };
    let header = base64url(serde_json::to_vec(&header).expect("a header is plain data"));
    let key = session_key.derive(KdfVersion::V1, &ctx, b"");
    match cipher {
        ContentCipher::Aes256Gcm => {
            let mut iv = [0; GCM_IV_LENGTH];
            rng.fill_bytes(&mut iv);
            let sealed = gcm_seal(key.expose(), &iv, header.as_bytes(), plaintext);
            compact(&header, b"", &iv, &sealed, b"")
        }
        ContentCipher::Aes256Cbc => {
            let (mut iv, mut tag) = ([0; CBC_IV_LENGTH], [0; TAG_LENGTH]);
            rng.fill_bytes(&mut iv);
            rng.fill_bytes(&mut tag);
            let encryptor = cbc::Encryptor::<aes::Aes256>::new(key.expose().into(), &iv.into());
            let sealed = encryptor.encrypt_padded_vec::<Pkcs7>(plaintext);
            compact(&header, b"", &iv, &sealed, &tag)
        }
    }
}

/// Opens what [`seal_direct`] made; the length of the initialisation vector tells the cipher.
///
/// With CBC nothing is authenticated, in this protocol as in this function.
pub fn open_direct(token: &str, session_key: &SessionKey) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let [header_part, encrypted_key, iv, ciphertext, tag] = parts::<5>(token)?;
    let header: JweHeader = decode_json(&decode_part(header_part, "header")?, "header")?;
    header.expect("dir")?;
    if !encrypted_key.is_empty() {
        return Err(JoseError::Length {
            part: "encrypted key",
            length: encrypted_key.len(),
            expected: "0",
        });
    }
    let ctx = decode_base64(
        header
            .ctx
            .as_deref()
            .ok_or(JoseError::MissingField { field: "ctx" })?,
        "ctx",
    )?;
    let key = session_key.derive(KdfVersion::V1, &ctx, b"");
    let iv = decode_part(iv, "initialisation vector")?;
    let mut ciphertext = decode_part(ciphertext, "ciphertext")?;
    if let Ok(iv) = <[u8; CBC_IV_LENGTH]>::try_from(&iv[..]) {
        return cbc_open(&key, &iv, &ciphertext);
    }
    let Ok(iv) = <[u8; GCM_IV_LENGTH]>::try_from(&iv[..]) else {
        return Err(JoseError::Length {
            part: "initialisation vector",
            length: iv.len(),
            expected: "12 or 16",
        });
    };
    let tag = decode_part(tag, "tag")?;
    if tag.len() != TAG_LENGTH {
        return Err(JoseError::Length {
            part: "tag",
            length: tag.len(),
            expected: "16",
        });
    }
    ciphertext.extend_from_slice(&tag);
    let payload = Payload {
        msg: &ciphertext,
        aad: header_part.as_bytes(),
    };
    let opened = Aes256Gcm::new(key.expose().into()).decrypt(&Nonce::from(iv), payload);
    opened.map(Zeroizing::new).map_err(|_| JoseError::BadCiphertext)
}

fn cbc_open(
    key: &DerivedKey,
    iv: &[u8; CBC_IV_LENGTH],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let decryptor = cbc::Decryptor::<aes::Aes256>::new(key.expose().into(), iv.into());
    let opened = decryptor.decrypt_padded_vec::<Pkcs7>(ciphertext);
    opened.map(Zeroizing::new).map_err(|_| JoseError::BadCiphertext)
}

/// Ciphertext and tag.
fn gcm_seal(key: &[u8; KEY_LENGTH], iv: &[u8; GCM_IV_LENGTH], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let sealed = Aes256Gcm::new(key.into()).encrypt(&Nonce::from(*iv), Payload { msg: plaintext, aad });
    sealed.expect("less than 64 GiB are encrypted")
}

/// The compact serialisation. Without a tag of its own, the last 16 octets of `sealed` are the tag.
fn compact(header: &str, encrypted_key: &[u8], iv: &[u8], sealed: &[u8], tag: &[u8]) -> String {
    let (ciphertext, tag) = if tag.is_empty() {
        sealed.split_at(sealed.len().saturating_sub(TAG_LENGTH))
    } else {
        (sealed, tag)
    };
    let octets: usize = [encrypted_key, iv, ciphertext, tag].map(<[u8]>::len).iter().sum();
    let mut parts = Vec::with_capacity(header.len() + octets / 3 * 4 + 20);
    parts.extend_from_slice(header.as_bytes());
    for part in [encrypted_key, iv, ciphertext, tag] {
        push_part(&mut parts, part);
    }
    token(parts)
}
