//! Doing what a person does. The only way to it from outside of this crate.

use std::sync::Arc;

use evidence::klist::LogonId;
use http::Uri;
use kerberos::wire::PrincipalName;

use super::Flow;
use crate::access::Wanted;
use crate::act::{Act, ActError, CredentialKind, Performed, Person, Share, TypedAccount};
use crate::error::FlowError;
use crate::event::{ClientEvent, Reason};
use crate::network::{Network, NetworkError};
use crate::prt_cache::HelloKind;
use crate::state::Credential;

impl<N: Network> Flow<'_, N> {
    /// Does what a person does; `None` where nobody is there to do it. How it ended is told to
    /// [`EventSink::ended`](crate::EventSink::ended).
    ///
    /// # Errors
    /// Nobody is signed in for an act that takes a session, or what the device tried failed.
    pub async fn perform(&mut self, person: Option<&Person>, act: &Act) -> Result<Performed, ActError> {
        let result = self.try_to(person, act).await;
        self.events.ended(act, result.as_ref().err());
        result
    }

    async fn try_to(&mut self, person: Option<&Person>, act: &Act) -> Result<Performed, ActError> {
        match act {
            Act::SignIn { credential, remote } => {
                let person = person.ok_or(ActError::NobodySignedIn)?;
                return self.sign_in(person, *credential, *remote).await;
            }
            Act::Lock => {
                let id = self.own_session(person)?;
                self.lock(id)?;
            }
            Act::Unlock => {
                let id = self.own_session(person)?;
                self.unlock(id).await?;
            }
            Act::SignOut => {
                let id = self.own_session(person)?;
                self.device.sign_out(id);
            }
            Act::SetUpHello => self.set_up_hello(person).await?,
            Act::DeleteHello => self.delete_hello(person)?,
            Act::Join => self.join(person).await?,
            Act::RefreshPrt => {
                let id = self.own_session(person)?;
                let upn = Arc::clone(&self.session(id)?.upn);
                let now = self.now();
                self.device.mark_prt_for_refresh(&upn, now);
            }
            Act::PurgeTickets { session } => {
                let own = self.own_session(person)?;
                self.device.purge_tickets(session.unwrap_or(own));
            }
            // the locator is the device's, whoever is there
            Act::PurgeBindings => {
                self.device.purge_bindings();
                self.record(ClientEvent::BindingsPurged);
            }
            Act::AddBinding { domain, kdc } => self.add_binding(domain, kdc).await?,
            Act::LocateDc {
                domain,
                required,
                rediscover,
            } => {
                let located = self.locate_dc(domain, *required, *rediscover).await;
                return Ok(Performed::Located(located?));
            }
            Act::GetTicket { service, session } => {
                let own = self.own_session(person)?;
                let (id, service) = (session.unwrap_or(own), PrincipalName::parse(service));
                self.service_ticket(id, &service, Reason::Command).await?;
            }
            Act::OpenShare {
                share,
                write,
                account,
            } => {
                let wanted = if *write { Wanted::Write } else { Wanted::Read };
                return self.open(person, share, wanted, account.as_ref()).await;
            }
            Act::Print { queue } => return self.open(person, queue, Wanted::Write, None).await,
            Act::OpenPage { url } => {
                let id = self.own_session(person)?;
                let url = self.full_url(url)?;
                return Ok(Performed::Page(self.open_page(id, &url).await?));
            }
        }
        Ok(Performed::Done)
    }

    /// The session in which somebody acts.
    fn own_session(&self, person: Option<&Person>) -> Result<LogonId, ActError> {
        let upn = &person.ok_or(ActError::NobodySignedIn)?.upn;
        let session = self.device.session_of(upn);
        session.map(|session| session.id).ok_or_else(|| {
            let upn = Arc::clone(upn);
            ActError::NotSignedIn { upn }
        })
    }

    async fn add_binding(&mut self, domain: &Arc<str>, kdc: &Arc<str>) -> Result<(), ActError> {
        let host = self.full_name(kdc)?;
        let bound = self.bind_dc(domain, &host, kdc).await;
        bound.map_err(|refusal| ActError::NotBound {
            domain: Arc::clone(domain),
            kdc: Arc::clone(kdc),
            refusal,
        })
    }

    async fn sign_in(
        &mut self,
        person: &Person,
        named: Option<CredentialKind>,
        remote: bool,
    ) -> Result<Performed, ActError> {
        let registered = self.device.config.join.is_registered();
        // a device that is registered has local accounts alone, and those have passwords
        let credential = named.unwrap_or(match registered {
            true => CredentialKind::Password,
            false => CredentialKind::Hello,
        });
        let (upn, password) = (&*person.upn, &person.password);
        if remote {
            let password = (credential == CredentialKind::Password).then_some(password);
            return Ok(Performed::SignedIn(self.sign_in_remotely(upn, password).await?));
        }
        let session = self.device.session_of(upn);
        // on a device that was joined under it, a local account is not whoever signs in
        let session = session.filter(|session| registered || session.credential != Credential::Local);
        if let Some(id) = session.map(|session| session.id) {
            // who comes with a key has to have it here
            match named {
                Some(CredentialKind::Hello) => drop(self.key_of(upn, HelloKind::Device)?),
                Some(CredentialKind::SecurityKey) => drop(self.key_of(upn, HelloKind::SecurityKey)?),
                Some(CredentialKind::Password) | None => {}
            }
            self.unlock(id).await?;
            return Ok(Performed::SignedIn(id));
        }
        let signed_in = match credential {
            CredentialKind::Hello => self.sign_in_with_hello(upn).await,
            CredentialKind::Password => self.sign_in_with_password(upn, password).await,
            CredentialKind::SecurityKey => self.sign_in_with_security_key(upn).await,
        };
        Ok(Performed::SignedIn(signed_in?))
    }

    async fn set_up_hello(&mut self, person: Option<&Person>) -> Result<(), ActError> {
        let id = self.own_session(person)?;
        let person = person.ok_or(ActError::NobodySignedIn)?;
        // the key is made in the device's TPM: each user of each device has another one
        let key = prt::pool::late_key(self.device.config.hello.first_key + person.number);
        Ok(self.provision_hello(id, key, &person.password).await?)
    }

    fn delete_hello(&mut self, person: Option<&Person>) -> Result<(), ActError> {
        let id = self.own_session(person)?;
        let upn = Arc::clone(&self.session(id)?.upn);
        match self.device.delete_hello(&upn) {
            true => Ok(()),
            false => Err(ActError::NoHelloContainer { upn }),
        }
    }

    async fn join(&mut self, person: Option<&Person>) -> Result<(), ActError> {
        let person = person.ok_or(ActError::NobodySignedIn)?;
        let config = &self.device.config;
        if !config.join.is_registered() {
            let device = Arc::clone(&config.name);
            return Err(ActError::JoinedAlready { device });
        }
        Ok(self.join_entra(&person.upn, &person.password).await?)
    }

    async fn open(
        &mut self,
        person: Option<&Person>,
        share: &Share,
        wanted: Wanted,
        account: Option<&TypedAccount>,
    ) -> Result<Performed, ActError> {
        let id = self.own_session(person)?;
        let host = self.full_name(&share.server)?;
        let opened = match account {
            None => self.open_share(id, &host, &share.name, wanted).await,
            Some(TypedAccount { account, password }) => {
                let share = (&*host, &*share.name);
                self.open_share_as(id, share, wanted, account.clone(), password)
                    .await
            }
        };
        Ok(Performed::Opened(opened?))
    }

    /// The name of a server as DNS completes it: a name of one label gets the device's own suffix, if it has one, or that of
    /// its place.
    fn full_name(&self, name: &Arc<str>) -> Result<Arc<str>, FlowError> {
        if name.contains(['.', ':']) {
            return Ok(Arc::clone(name));
        }
        let has_suffix = self.device.config.join.is_hybrid();
        let completed = self.network.complete_name(name, has_suffix);
        completed.ok_or_else(|| {
            let name = Arc::clone(name);
            NetworkError::NameNotFound { name }.into()
        })
    }

    fn full_url(&self, url: &Uri) -> Result<Uri, FlowError> {
        let typed: Arc<str> = url.host().unwrap_or_default().into();
        let host = self.full_name(&typed)?;
        if host == typed {
            return Ok(url.clone());
        }
        let port = url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
        let path = url.path_and_query().map_or("/", |path| path.as_str());
        let scheme = url.scheme_str().unwrap_or("http");
        let full = format!("{scheme}://{host}{port}{path}").parse();
        full.map_err(|_| NetworkError::NameNotFound { name: typed }.into())
    }
}
