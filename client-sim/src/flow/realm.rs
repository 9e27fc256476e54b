//! Whose a sign-in name is: realm discovery.

use http::Request;
use serde::Deserialize;

use super::Flow;
use super::cloud::read_json;
use crate::error::FlowError;
use crate::network::Network;

const WHAT: &str = "a realm discovery";

/// What Entra says of a sign-in name's domain.
#[derive(Deserialize)]
struct UserRealm {
    account_type: String,
}

impl<N: Network> Flow<'_, N> {
    /// Asks Entra whose a sign-in name is, unless its suffix is the domain that the device was joined under.
    ///
    /// # Errors
    /// Nobody's: the suffix is verified in no tenant.
    pub(super) async fn check_realm(&mut self, upn: &str, correlation_id: &str) -> Result<(), FlowError> {
        let suffix = upn.rsplit_once('@').map_or("", |(_, suffix)| suffix);
        if suffix.eq_ignore_ascii_case(self.device.config.join.tenant_domain()) {
            return Ok(());
        }
        let path = format!("common/UserRealm/{}?api-version=1.0", escaped(upn));
        let answer = self.get(WHAT, &path, correlation_id).await?;
        let realm: UserRealm = read_json(WHAT, &answer)?;
        if realm.account_type.eq_ignore_ascii_case("unknown") {
            let upn = upn.into();
            return Err(FlowError::UnknownRealm { upn });
        }
        Ok(())
    }

    async fn get(
        &mut self,
        what: &'static str,
        path: &str,
        correlation_id: &str,
    ) -> Result<Vec<u8>, FlowError> {
        let request = Request::get(format!("https://{}/{path}", self.device.config.cloud.login))
            .header("client-request-id", correlation_id)
            .body(Vec::new());
        self.send(what, request).await
    }
}

/// A name as a segment of a path (RFC 3986 section 2.3).
fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for octet in name.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
            text.push(char::from(octet));
        } else {
            text.push_str(&format!("%{octet:02X}"));
        }
    }
    text
}
