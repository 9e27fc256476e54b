//! Requests and replies of the protocol as types.
//!
//! What comes from the other side is read leniently where known programs differ (numbers as strings, objects inside
//! strings, more fields than listed) and written in the form that all of them read.

use serde::{Deserialize, Serialize};

pub use tgt::{Tgt, string_or_struct};

mod lenient;
mod tgt;

/// Client id of Windows Sign-In, for which a PRT is asked.
pub const WINDOWS_SIGN_IN_CLIENT: &str = "38aa3b87-a06d-4817-b275-7a316988d93b";
/// Client id of the Microsoft Authentication Broker, for which the token of the device registration service is asked.
pub const BROKER_CLIENT: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
/// The device registration service as a resource of version 1 tokens; `aud` must be exactly this.
pub const DRS_RESOURCE: &str = "urn:ms-drs:enterpriseregistration.windows.net";
/// The device registration service as an application id, in scopes of version 2 tokens.
pub const DRS_APP: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";
/// Scope of a PRT request. `aza` is what makes the reply a PRT.
pub const PRT_SCOPE: &str = "openid aza ugs";
/// Grant type of a nonce request.
pub const GRANT_SRV_CHALLENGE: &str = "srv_challenge";
/// Grant type of a signed request, and of a Hello assertion within it (RFC 7523).
pub const GRANT_JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Grant type of a SAML assertion within a signed request.
pub const GRANT_SAML11_BEARER: &str = "urn:ietf:params:oauth:grant-type:saml1_1-bearer";
/// Grant type of a refresh token.
pub const GRANT_REFRESH_TOKEN: &str = "refresh_token";
/// Grant type of a password.
pub const GRANT_PASSWORD: &str = "password";
/// `windows_api_version` of the protocol described here.
pub const WINDOWS_API_VERSION: &str = "2.2";
/// `use` in the header of a Hello assertion.
pub const HELLO_KEY_USE: &str = "ngc";

/// Reply to a nonce request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NonceReply {
    /// An opaque text, to be used once and soon.
    #[serde(rename = "Nonce")]
    pub nonce: String,
}

/// Body of `POST /EnrollmentServer/device/?api-version=2.0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeviceRegistrationRequest {
    /// The certification request.
    pub certificate_request: CertificateRequest,
    /// Standard base64 of the transport key's blob, [`crate::PublicKey::to_blob`].
    pub transport_key: String,
    /// The tenant's domain.
    #[serde(default)]
    pub target_domain: String,
    /// `Windows`, `Linux`, …
    #[serde(default)]
    pub device_type: String,
    /// `10.0.22631.1`.
    #[serde(default, rename = "OSVersion")]
    pub os_version: String,
    /// The computer's name.
    #[serde(default)]
    pub device_display_name: String,
    /// 0 Entra joined, 4 registered, 6 hybrid joined, 8 as some clients send.
    #[serde(default, deserialize_with = "lenient::number")]
    pub join_type: u64,
    /// Wishes of the client.
    #[serde(default, alias = "Attributes", rename = "attributes")]
    pub attributes: RegistrationAttributes,
}

/// A certification request within a device registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CertificateRequest {
    /// `pkcs10`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// Standard base64 of the DER.
    pub data: String,
}

/// Wishes of the client in a device registration; texts, as clients send them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RegistrationAttributes {
    /// `true`: replace an earlier registration of the same device.
    #[serde(
        default,
        deserialize_with = "lenient::flag",
        serialize_with = "lenient::flag_as_text"
    )]
    pub reuse_device: bool,
    /// `true`: tell the user's SID.
    #[serde(
        default,
        deserialize_with = "lenient::flag",
        serialize_with = "lenient::flag_as_text"
    )]
    pub return_client_sid: bool,
}

/// Reply to a device registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeviceRegistrationReply {
    /// The certificate.
    pub certificate: IssuedCertificate,
    /// Who registered the device.
    #[serde(default)]
    pub user: RegisteredUser,
    /// Local groups that the device shall fill.
    #[serde(default)]
    pub membership_changes: Vec<MembershipChange>,
}

/// A certificate within the reply to a device registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct IssuedCertificate {
    /// SHA-1, upper case hexadecimal digits.
    #[serde(default)]
    pub thumbprint: String,
    /// Standard base64 of the DER.
    pub raw_body: String,
}

/// The user within the reply to a device registration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RegisteredUser {
    /// User principal name.
    #[serde(default)]
    pub upn: String,
}

/// A local group and who joins it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MembershipChange {
    /// SID of the local group.
    #[serde(rename = "LocalSID")]
    pub local_sid: String,
    /// SIDs to be added.
    #[serde(rename = "AddSIDs", default)]
    pub add_sids: Vec<String>,
}

/// Body of `POST /EnrollmentServer/key/?api-version=1.0`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRegistrationRequest {
    /// Standard base64 of the Hello key's blob, [`crate::PublicKey::to_blob`].
    pub kngc: String,
}

/// Reply to a Hello key registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRegistrationReply {
    /// Id of the key, [`crate::PublicKey::key_id`].
    #[serde(default)]
    pub kid: String,
    /// User principal name.
    #[serde(default)]
    pub upn: String,
}

/// Claims of a PRT request. Decoded wide; [`PrtRequestClaims::credential`] says which of them count.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrtRequestClaims {
    /// Client id.
    #[serde(default)]
    pub client_id: String,
    /// The nonce fetched for this request.
    #[serde(default)]
    pub request_nonce: String,
    /// Scopes, separated by blanks; with `aza` for a PRT.
    #[serde(default)]
    pub scope: String,
    /// The kind of credential.
    #[serde(default)]
    pub grant_type: String,
    /// User principal name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Hello or SAML assertion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion: Option<String>,
    /// The PRT to be renewed, or a refresh token of another kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The resource for which an access token is asked, when the scope is not that of a PRT.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// `aad:brokerplugin` on renewals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Audience, where a client sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<String>,
    /// Windows build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub win_ver: Option<String>,
    /// Groups the device asks about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_sids: Option<Vec<String>>,
}

impl PrtRequestClaims {
    /// The credential that `grant_type` announces.
    pub fn credential(&self) -> Result<Credential<'_>, MessageError> {
        let field = |value: &'_ Option<String>, name| match value {
            Some(value) if !value.is_empty() => Ok(()),
            _ => Err(MessageError::MissingClaim { name }),
        };
        match self.grant_type.as_str() {
            GRANT_PASSWORD => {
                field(&self.username, "username")?;
                field(&self.password, "password")?;
                let (username, password) = (text(&self.username), text(&self.password));
                Ok(Credential::Password { username, password })
            }
            GRANT_JWT_BEARER => {
                field(&self.assertion, "assertion")?;
                Ok(Credential::Hello {
                    assertion: text(&self.assertion),
                })
            }
            GRANT_REFRESH_TOKEN => {
                field(&self.refresh_token, "refresh_token")?;
                Ok(Credential::RefreshToken(text(&self.refresh_token)))
            }
            other => Err(MessageError::UnknownGrantType {
                found: other.to_owned(),
            }),
        }
    }

    /// Whether the scope asks for a PRT.
    pub fn asks_for_prt(&self) -> bool {
        self.scope.split_ascii_whitespace().any(|scope| scope == "aza")
    }
}

impl std::fmt::Debug for PrtRequestClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrtRequestClaims")
            .field("grant_type", &self.grant_type)
            .field("username", &self.username)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

fn text(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

/// The credential of a PRT request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Credential<'a> {
    /// User name and password.
    Password {
        /// User principal name.
        username: &'a str,
        /// The password.
        password: &'a str,
    },
    /// An assertion signed with a Hello key; it names the user.
    Hello {
        /// The signed assertion.
        assertion: &'a str,
    },
    /// A refresh token: a PRT to be renewed, or an ordinary one to start from.
    RefreshToken(&'a str),
}

/// Why a well-formed message cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// The grant type needs a claim that is absent or empty.
    #[error("claim {name} is missing")]
    MissingClaim {
        /// The claim.
        name: &'static str,
    },
    /// Not a grant type of a PRT request.
    #[error("grant_type {found:?} instead of password, refresh_token or {GRANT_JWT_BEARER}")]
    UnknownGrantType {
        /// The grant type found.
        found: String,
    },
}

/// Claims of a Hello assertion; header `{"alg":"RS256","typ":"JWT","kid":<key id>,"use":"ngc"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloAssertionClaims {
    /// User principal name: Entra takes the user from here.
    pub iss: String,
    /// `common` or the tenant; not verified.
    #[serde(default)]
    pub aud: String,
    /// Start of validity, seconds since the Unix epoch.
    #[serde(deserialize_with = "lenient::signed_number")]
    pub iat: i64,
    /// End of validity, seconds since the Unix epoch.
    #[serde(deserialize_with = "lenient::signed_number")]
    pub exp: i64,
    /// A nonce of its own, other than that of the request around it.
    pub request_nonce: String,
    /// Scopes.
    #[serde(default)]
    pub scope: String,
}

/// Reply to a PRT request. The reply to a renewal is the same, inside a JWE.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrtReply {
    /// `Bearer` or `pop`; no known client looks.
    #[serde(default)]
    pub token_type: String,
    /// Life in seconds.
    #[serde(
        default,
        deserialize_with = "lenient::number",
        serialize_with = "lenient::number_as_text"
    )]
    pub expires_in: u64,
    /// Life in seconds during an outage.
    #[serde(
        default,
        deserialize_with = "lenient::number",
        serialize_with = "lenient::number_as_text"
    )]
    pub ext_expires_in: u64,
    /// End of life, seconds since the Unix epoch.
    #[serde(
        default,
        deserialize_with = "lenient::number",
        serialize_with = "lenient::number_as_text"
    )]
    pub expires_on: u64,
    /// The PRT itself.
    pub refresh_token: String,
    /// Life of the PRT in seconds; a number, unlike the other times.
    #[serde(default, deserialize_with = "lenient::number")]
    pub refresh_token_expires_in: u64,
    /// The session key for the transport key, [`crate::jose::open_session_key`]. A renewal keeps the old key and has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_key_jwe: Option<String>,
    /// Who signed in: a JWT.
    #[serde(default)]
    pub id_token: String,
    /// Base64url of `{"uid","utid"}`.
    #[serde(default)]
    pub client_info: String,
    /// Tenant of the device.
    #[serde(default)]
    pub device_tenant_id: String,
    /// The partial TGT for the AD realm.
    #[serde(default, with = "string_or_struct", skip_serializing_if = "Option::is_none")]
    pub tgt_ad: Option<Tgt>,
    /// The cloud TGT.
    #[serde(default, with = "string_or_struct", skip_serializing_if = "Option::is_none")]
    pub tgt_cloud: Option<Tgt>,
    /// Suffixes served by the cloud realm, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kerberos_top_level_names: Option<String>,
}

impl std::fmt::Debug for PrtReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrtReply")
            .field("token_type", &self.token_type)
            .field("expires_on", &self.expires_on)
            .field("tgt_ad", &self.tgt_ad)
            .field("tgt_cloud", &self.tgt_cloud)
            .finish_non_exhaustive()
    }
}

/// Reply to an ordinary token request, of version 1 (numbers as texts) or 2.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenReply {
    /// `Bearer`.
    #[serde(default)]
    pub token_type: String,
    /// Life in seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub expires_in: u64,
    /// The token for the resource.
    pub access_token: String,
    /// For further tokens.
    #[serde(default)]
    pub refresh_token: Option<String>,
    /// Who signed in: a JWT.
    #[serde(default)]
    pub id_token: Option<String>,
}

/// Reply to a refused request, HTTP status 400 or 401.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReply {
    /// Error code of OAuth 2.0 (RFC 6749 section 5.2).
    pub error: String,
    /// `AADSTS50126: …`.
    #[serde(default)]
    pub error_description: String,
    /// The numbers of the AADSTS codes.
    #[serde(default)]
    pub error_codes: Vec<u32>,
    /// `2026-11-23 08:00:00Z`.
    #[serde(default)]
    pub timestamp: String,
    /// For the vendor's support.
    #[serde(default)]
    pub trace_id: String,
    /// For the vendor's support.
    #[serde(default)]
    pub correlation_id: String,
}

#[cfg(test)]
mod tests;
