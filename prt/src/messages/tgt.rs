//! A TGT inside a PRT reply.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::lenient;
use crate::jose::{JoseError, decode_base64, looks_like_jwe, open_direct};
use crate::kdf::SessionKey;

/// `tgt_ad` or `tgt_cloud` of a PRT reply.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tgt {
    /// The key of the AS-REP's encrypted part: a compact JWE on a first PRT, bare base64 inside an encrypted reply.
    #[serde(default)]
    pub client_key: String,
    /// Encryption type of the client key: 18, or 0 when there is none and `error` says why.
    #[serde(default, deserialize_with = "lenient::signed_number")]
    pub key_type: i64,
    /// Why the TGT was not issued.
    #[serde(default)]
    pub error: Option<String>,
    /// Standard base64 of a DER AS-REP.
    #[serde(default)]
    pub message_buffer: String,
    /// Realm of the ticket.
    #[serde(default)]
    pub realm: String,
    /// Service name.
    #[serde(default)]
    pub sn: String,
    /// Client name.
    #[serde(default)]
    pub cn: String,
    /// Encryption type of the session key.
    #[serde(default, deserialize_with = "lenient::signed_number")]
    pub session_key_type: i64,
    /// Kind of account.
    #[serde(default, deserialize_with = "lenient::signed_number")]
    pub account_type: i64,
}

impl Tgt {
    /// Whether a ticket was issued: there is a key and no error, the test that clients make.
    pub fn is_issued(&self) -> bool {
        self.error.is_none() && self.key_type != 0
    }

    /// The octets of the client key, decrypted where it is a JWE.
    pub fn client_key(&self, session_key: &SessionKey) -> Result<Zeroizing<Vec<u8>>, JoseError> {
        if looks_like_jwe(&self.client_key) {
            return open_direct(&self.client_key, session_key);
        }
        decode_base64(&self.client_key, "clientKey").map(Zeroizing::new)
    }

    /// The DER of the AS-REP.
    pub fn as_rep(&self) -> Result<Vec<u8>, JoseError> {
        decode_base64(&self.message_buffer, "messageBuffer")
    }
}

impl std::fmt::Debug for Tgt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tgt")
            .field("realm", &self.realm)
            .field("cn", &self.cn)
            .field("key_type", &self.key_type)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// A TGT as JSON inside a string, as Entra writes it, or as an object, as some clients also read it.
pub mod string_or_struct {
    use std::fmt;

    use serde::Deserialize as _;
    use serde::de::value::MapAccessDeserializer;
    use serde::de::{Deserializer, Error, MapAccess, Visitor};
    use serde::ser::Serializer;

    use super::Tgt;

    /// Writes the TGT as JSON inside a string. The two tickets are most of a reply and are escaped twice, hence the writer
    /// with vector instructions.
    pub fn serialize<S: Serializer>(tgt: &Option<Tgt>, serializer: S) -> Result<S::Ok, S::Error> {
        match tgt {
            Some(tgt) => {
                serializer.serialize_str(&sonic_rs::to_string(tgt).map_err(serde::ser::Error::custom)?)
            }
            None => serializer.serialize_none(),
        }
    }

    /// Reads a TGT from an object or from JSON inside a string; an empty string is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Tgt>, D::Error> {
        deserializer.deserialize_any(TgtVisitor)
    }

    struct TgtVisitor;

    impl<'de> Visitor<'de> for TgtVisitor {
        type Value = Option<Tgt>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a TGT as an object, or as JSON in a string")
        }

        fn visit_unit<E: Error>(self) -> Result<Option<Tgt>, E> {
            Ok(None)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<Option<Tgt>, E> {
            match text {
                "" => Ok(None),
                text => serde_json::from_str(text).map(Some).map_err(E::custom),
            }
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<Tgt>, A::Error> {
            Tgt::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }
}
