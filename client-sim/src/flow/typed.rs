//! Opening a share as somebody else: the account that a person types at the prompt for network credentials, or gives to
//! `net use /user:`.

use std::sync::Arc;

use evidence::klist::LogonId;

use super::Flow;
use super::service::OpenShare;
use crate::access::Wanted;
use crate::error::FlowError;
use crate::event::ClientEvent;
use crate::network::Network;
use crate::state::{Credential, OtherAccount, Password};

impl<N: Network> Flow<'_, N> {
    /// Opens `\\host\share` with an account and its password rather than with what the session holds. The session keeps
    /// nothing of it: `klist` shows the tickets of whoever is signed in.
    ///
    /// # Errors
    /// There is no such session; else as [`Flow::open_share`].
    pub(crate) async fn open_share_as(
        &mut self,
        id: LogonId,
        (host, share): (&str, &str),
        wanted: Wanted,
        account: OtherAccount,
        password: &Password,
    ) -> Result<OpenShare, FlowError> {
        self.session(id)?;
        let (host, share): (Arc<str>, Arc<str>) = (host.to_lowercase().into(), share.into());
        self.record(ClientEvent::CredentialsTyped {
            account: account.to_string().into(),
        });
        let credential = Credential::Password(password.clone());
        let now = self.now();
        let other = self.device.open_session(&account.upn(), credential, now);
        self.session_mut(other)?.other = Some(Arc::new(account));
        let result = self.try_open(other, &host, &share, wanted).await;
        self.device.sign_out(other);
        self.opened(id, host, share, result)
    }
}
