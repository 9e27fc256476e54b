//! Signing in from another computer, with Remote Desktop.

use std::sync::Arc;

use evidence::klist::LogonId;

use super::Flow;
use crate::error::{FlowError, HelloFailure, Missing};
use crate::event::ClientEvent;
use crate::network::Network;
use crate::state::Password;

impl<N: Network> Flow<'_, N> {
    /// Signs a user in who sits elsewhere. Without a password it is Hello that is tried, whose key stays where it is: cloud
    /// trust cannot be a supplied credential (Windows Hello for Business FAQ).
    ///
    /// # Errors
    /// The edition of Windows is no host; [`HelloFailure::NotSupplied`] without a password, otherwise those of [`Flow::sign_in_with_password`].
    pub(crate) async fn sign_in_remotely(
        &mut self,
        upn: &str,
        password: Option<&Password>,
    ) -> Result<LogonId, FlowError> {
        if !self.device.config.edition.hosts_remote_desktop() {
            return Err(FlowError::Missing(Missing::RemoteDesktopHost));
        }
        let Some(password) = password else {
            let upn: Arc<str> = upn.into();
            self.started(&upn, "NGC");
            let error = FlowError::Hello(HelloFailure::NotSupplied);
            self.record(ClientEvent::SignInFailed {
                upn,
                status: error.nt_status(),
                error: Arc::new(error.clone()),
            });
            return Err(error);
        };
        let id = self.sign_in_with_password(upn, password).await?;
        self.session_mut(id)?.remote = true;
        Ok(id)
    }
}
