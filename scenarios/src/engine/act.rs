//! Doing a step: what a user does on a device, what an administrator does to the lab.

use std::sync::Arc;

use client_sim::access::Wanted;
use client_sim::event::Reason;
use client_sim::{FlowError, NetworkError, Password};
use evidence::klist::LogonId;
use kerberos::wire::PrincipalName;

use crate::language::{Credential, Doing, Naming, Typed};
use crate::world::{ActionError, Done, HostId, Role, World, declared_user};

impl World {
    /// Does a step. That a user is refused is no error: it is what the lab is there to show.
    ///
    /// # Errors
    /// The step names what the lab does not have, or the directory refuses a change.
    pub fn perform(&mut self, doing: &Doing) -> Result<(), ActionError> {
        match doing {
            Doing::SignIn {
                device,
                user,
                with,
                remote,
            } => self.sign_in(device, user, *with, *remote),
            Doing::Lock { device } => self.with_session(device, async |mut flow, id| {
                // There is a session: it was just found.
                let _ = flow.lock(id);
            }),
            Doing::Unlock { device, .. } => self.unlock(device),
            Doing::SetUpHello { device } => self.set_up_hello(device),
            Doing::Join { device, user } => self.join(device, user),
            Doing::DeleteHello { device } => self.with_session(device, async |flow, id| {
                let upn = flow.device.session(id).map(|session| Arc::clone(&session.upn));
                if let Some(upn) = upn {
                    flow.device.delete_hello(&upn);
                }
            }),
            Doing::SignOut { device } => self.with_session(device, async |flow, id| flow.device.sign_out(id)),
            Doing::RefreshPrt { device } => self.with_session(device, async |flow, id| {
                let upn = flow.device.session(id).map(|session| Arc::clone(&session.upn));
                if let Some(upn) = upn {
                    let now = client_sim::Network::now(flow.network);
                    flow.device.mark_prt_for_refresh(&upn, now);
                }
            }),
            Doing::PurgeTickets { device } => {
                self.with_session(device, async |flow, id| flow.device.purge_tickets(id))
            }
            Doing::GetTicket { device, spn } => {
                let service = PrincipalName::service_instance(spn.split('/'));
                self.with_session(device, async |mut flow, id| {
                    // The session keeps the failure, and the events tell it.
                    let _ = flow.service_ticket(id, &service, Reason::Command).await;
                })
            }
            Doing::Open {
                device,
                server,
                by,
                share,
                write,
                typed,
            } => self.open(device, (server, *by), (share, *write), typed.as_ref()),
            Doing::Browse { device, url } => self.browse(device, url),
            Doing::WaitUntil(until) => {
                self.wait_until(*until);
                Ok(())
            }
            Doing::Act(action) => self.apply(action),
        }
    }

    fn sign_in(
        &mut self,
        device: &Arc<str>,
        user: &Arc<str>,
        with: Credential,
        remote: bool,
    ) -> Result<(), ActionError> {
        let host = self.device_named(device)?;
        let lab = Arc::clone(self.lab());
        let user = declared_user(lab.lab(), user)?;
        let open = self.device(host).and_then(|device| {
            let session = device.session_of(&user.upn)?;
            // on a device that was joined under it, a local account is not whoever signs in
            let is_local = session.credential == client_sim::state::Credential::Local;
            (device.config.join.is_registered() || !is_local).then_some(session.id)
        });
        let result = self.run_flow(host, async |mut flow| match (open, with) {
            (_, with) if remote => {
                let password = Password::new(user.password.as_str());
                let password = (with == Credential::Password).then_some(&password);
                flow.sign_in_remotely(&user.upn, password).await.map(drop)
            }
            (Some(id), _) => flow.unlock(id).await,
            (None, Credential::Password) => {
                let password = Password::new(user.password.as_str());
                flow.sign_in_with_password(&user.upn, &password).await.map(drop)
            }
            (None, Credential::Hello) => flow.sign_in_with_hello(&user.upn).await.map(drop),
            (None, Credential::Fido) => flow.sign_in_with_security_key(&user.upn).await.map(drop),
        });
        self.ended(host, Done::SignIn, result);
        Ok(())
    }

    fn unlock(&mut self, device: &Arc<str>) -> Result<(), ActionError> {
        let host = self.device_named(device)?;
        let Some(id) = self.newest_session(host) else {
            self.note_end(host, Done::Unlock, Some(Arc::from(NOBODY)));
            return Ok(());
        };
        let result = self.run_flow(host, async |mut flow| flow.unlock(id).await);
        self.ended(host, Done::Unlock, result);
        Ok(())
    }

    fn set_up_hello(&mut self, device: &Arc<str>) -> Result<(), ActionError> {
        let host = self.device_named(device)?;
        let session = self.device(host).and_then(|device| device.sessions.last());
        let Some((id, upn)) = session.map(|session| (session.id, Arc::clone(&session.upn))) else {
            self.note_end(host, Done::SetUpHello, Some(Arc::from(NOBODY)));
            return Ok(());
        };
        let lab = Arc::clone(self.lab());
        let person = lab
            .lab()
            .users
            .values()
            .find(|user| user.upn.eq_ignore_ascii_case(&upn));
        let password = Password::new(person.map_or("", |user| user.password.as_str()));
        // making a key of this size takes longer than everything else in a run
        let key = prt::pool::key(prt::pool::LEN - 1 - host.0 as usize % LATE_KEYS);
        let result = self.run_flow(host, async |mut flow| {
            flow.provision_hello(id, key, &password).await
        });
        self.ended(host, Done::SetUpHello, result);
        Ok(())
    }

    fn join(&mut self, device: &Arc<str>, user: &Arc<str>) -> Result<(), ActionError> {
        let host = self.device_named(device)?;
        let lab = Arc::clone(self.lab());
        let user = declared_user(lab.lab(), user)?;
        let password = Password::new(user.password.as_str());
        let result = self.run_flow(host, async |mut flow| flow.join_entra(&user.upn, &password).await);
        self.ended(host, Done::Join, result);
        Ok(())
    }

    /// A user's password, by the lab's name for the user.
    fn password_of(&self, user: &str) -> Password {
        let user = self.lab().lab().users.get(user);
        Password::new(user.map_or("", |user| user.password.as_str()))
    }

    fn open(
        &mut self,
        device: &Arc<str>,
        (server, by): (&Arc<str>, Naming),
        (share, write): (&Arc<str>, bool),
        typed: Option<&Typed>,
    ) -> Result<(), ActionError> {
        let host = self.device_named(device)?;
        let target = self.topology().find(server).ok_or_else(|| ActionError::Unknown {
            kind: "server",
            name: Arc::clone(server),
        })?;
        let Some(id) = self.newest_session(host) else {
            self.note_end(host, Done::Open, Some(Arc::from(NOBODY)));
            return Ok(());
        };
        let Some(target) = self.as_resolved(host, target, by) else {
            let name = Arc::clone(server);
            self.ended(host, Done::Open, Err(NetworkError::NameNotFound { name }.into()));
            return Ok(());
        };
        let wanted = if write { Wanted::Write } else { Wanted::Read };
        let typed = typed.map(|typed| (typed.account.clone(), self.password_of(&typed.user)));
        let result = self.run_flow(host, async |mut flow| match typed {
            None => flow.open_share(id, &target, share, wanted).await.map(drop),
            Some((account, password)) => {
                let share = (&*target, &**share);
                let opened = flow.open_share_as(id, share, wanted, account, &password);
                opened.await.map(drop)
            }
        });
        self.ended(host, Done::Open, result);
        Ok(())
    }

    fn browse(&mut self, device: &Arc<str>, url: &http::Uri) -> Result<(), ActionError> {
        let host = self.device_named(device)?;
        let Some(id) = self.newest_session(host) else {
            self.note_end(host, Done::Open, Some(Arc::from(NOBODY)));
            return Ok(());
        };
        let result = self.run_flow(host, async |mut flow| flow.open_page(id, url).await.map(drop));
        self.ended(host, Done::Open, result);
        Ok(())
    }

    /// What a device makes of a server's name; `None` where no suffix completes a short one.
    fn as_resolved(&self, device: HostId, server: HostId, by: Naming) -> Option<Arc<str>> {
        match by {
            Naming::Full => Some(Arc::clone(&self.topology().host(server).dns_name)),
            Naming::Address => Some(self.address(server).to_string().into()),
            Naming::Short => {
                let completed = self.completes_short_names(device);
                completed.then(|| Arc::clone(&self.topology().host(server).dns_name))
            }
        }
    }

    /// Whether a device completes short names: a member of a domain by itself, others where their place hands out a suffix.
    pub fn completes_short_names(&self, device: HostId) -> bool {
        let hybrid = self
            .device(device)
            .is_some_and(|device| device.config.join.is_hybrid());
        let place = self.lab().lab().locations.get(&**self.place_name(device));
        hybrid || place.is_some_and(|place| place.short_names)
    }

    fn ended(&mut self, host: HostId, done: Done, result: Result<(), FlowError>) {
        let failure = result.err().map(|error| error.to_string().into());
        self.note_end(host, done, failure);
    }

    /// Does something in the newest session of a device; nothing where nobody is signed in.
    fn with_session(
        &mut self,
        device: &Arc<str>,
        act: impl AsyncFnOnce(client_sim::Flow<'_, crate::world::FlowNetwork<'_>>, LogonId),
    ) -> Result<(), ActionError> {
        let host = self.device_named(device)?;
        if let Some(id) = self.newest_session(host) {
            self.run_flow(host, async |flow| act(flow, id).await);
        }
        Ok(())
    }

    fn newest_session(&self, host: HostId) -> Option<LogonId> {
        Some(self.device(host)?.sessions.last()?.id)
    }

    fn device_named(&self, name: &Arc<str>) -> Result<HostId, ActionError> {
        let found = self.topology().find(name);
        let device = found.filter(|id| matches!(self.topology().host(*id).role, Role::Device(_)));
        device.ok_or_else(|| ActionError::Unknown {
            kind: "device",
            name: Arc::clone(name),
        })
    }
}

/// Keys of the pool, from its end, for Hello that is set up while the story goes on.
const LATE_KEYS: usize = 16;
/// Why nothing can be opened or unlocked before a sign-in.
const NOBODY: &str = "nobody is signed in";
