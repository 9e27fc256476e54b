//! Commands at a device, carried out on whatever network it is in.

use client_sim::access::Wanted;
use client_sim::event::Reason;
use client_sim::views::Export;
use client_sim::{DeviceState, EventSink, Flow, FlowError, Network, Password};
use evidence::Artefact;
use evidence::klist::LogonId;
use kerberos::wire::PrincipalName;
use rand::CryptoRng;

use super::Printed;
use super::command::{Command, Credential, HELP, Share, Tickets};

/// A device and the person in front of it.
pub(crate) struct Seat<'a, N: Network> {
    /// The device's network.
    pub(crate) network: &'a N,
    /// The device.
    pub(crate) device: &'a mut DeviceState,
    /// Randomness for what it does.
    pub(crate) rng: &'a mut dyn CryptoRng,
    /// Who is told of every step.
    pub(crate) events: &'a mut dyn EventSink,
    /// Who sits there.
    pub(crate) upn: &'a str,
    /// Their password, which they know.
    pub(crate) password: &'a Password,
    /// The DNS name of their AD domain, by which short server names are completed.
    pub(crate) domain: Option<&'a str>,
}

/// Carries out one command and gives what it prints.
pub(crate) async fn perform<N: Network>(mut seat: Seat<'_, N>, command: &Command) -> Printed {
    match command {
        Command::Help => Printed::ok(HELP),
        Command::SignIn(credential) => seat.sign_in(*credential).await,
        Command::Lock => seat.lock(),
        Command::Unlock => seat.unlock().await,
        Command::Wait(time) => {
            let until = seat.network.now() + *time;
            seat.network.sleep_until(until).await;
            seat.flow().run_due().await;
            Printed::default()
        }
        Command::Open(share) => seat.open(share).await,
        Command::Get(spn) => seat.get(spn).await,
        Command::RefreshPrt => {
            seat.device.mark_prt_for_refresh(seat.upn);
            Printed::default()
        }
        Command::Status => Printed::ok(seat.device.sso_state(seat.upn, seat.network.now()).render()),
        Command::Klist | Command::CloudDebug | Command::Purge | Command::ExportCcache { .. } => {
            seat.in_session(|seat, session| seat.show(session, command))
        }
    }
}

impl<N: Network> Seat<'_, N> {
    fn flow(&mut self) -> Flow<'_, N> {
        Flow {
            network: self.network,
            device: self.device,
            rng: self.rng,
            events: self.events,
        }
    }

    fn session(&self) -> Option<LogonId> {
        self.device.session_of(self.upn).map(|session| session.id)
    }

    fn in_session(&mut self, act: impl FnOnce(&mut Self, LogonId) -> Printed) -> Printed {
        match self.session() {
            Some(session) => act(self, session),
            None => not_signed_in(self.upn),
        }
    }

    async fn sign_in(&mut self, credential: Credential) -> Printed {
        let (upn, password) = (self.upn, self.password);
        let result = match credential {
            Credential::Hello => self.flow().sign_in_with_hello(upn).await,
            Credential::Password => self.flow().sign_in_with_password(upn, password).await,
        };
        match result {
            Ok(_) => Printed {
                stderr: format!("{upn} is signed in\n"),
                ..Printed::default()
            },
            Err(error) => failed(&error),
        }
    }

    fn lock(&mut self) -> Printed {
        self.in_session(|seat, session| match seat.flow().lock(session) {
            Ok(()) => Printed::default(),
            Err(error) => failed(&error),
        })
    }

    async fn unlock(&mut self) -> Printed {
        let Some(session) = self.session() else {
            return not_signed_in(self.upn);
        };
        match self.flow().unlock(session).await {
            Ok(()) => Printed::default(),
            Err(error) => failed(&error),
        }
    }

    async fn open(&mut self, share: &Share) -> Printed {
        let Some(session) = self.session() else {
            return not_signed_in(self.upn);
        };
        let host = match self.domain {
            Some(domain) if !share.server.contains('.') => format!("{}.{domain}", share.server),
            _ => share.server.clone(),
        };
        match self
            .flow()
            .open_share(session, &host, &share.share, Wanted::Read)
            .await
        {
            Ok(_) => Printed {
                stderr: format!("\\\\{host}\\{} is open\n", share.share),
                ..Printed::default()
            },
            Err(error) => failed(&error),
        }
    }

    async fn get(&mut self, spn: &str) -> Printed {
        let Some(session) = self.session() else {
            return not_signed_in(self.upn);
        };
        let server = PrincipalName::parse(spn);
        match self
            .flow()
            .service_ticket(session, &server, Reason::Command)
            .await
        {
            Ok(_) => self.in_session(|seat, session| seat.show(session, &Command::Klist)),
            Err(error) => failed(&error),
        }
    }

    fn show(&mut self, session: LogonId, command: &Command) -> Printed {
        let now = self.network.now();
        let shown = match command {
            Command::CloudDebug => self.device.cloud_debug(session).map(|view| view.render()),
            Command::Purge => {
                self.device.purge_tickets(session);
                Some(format!(
                    "Current LogonId is {}:{:#x}\n\tDeleting all tickets:\n\tTicket(s) purged!\n",
                    session.high, session.low
                ))
            }
            Command::ExportCcache { file, tickets } => return self.export(session, file, *tickets),
            _ => self.device.klist(session, now).map(|view| view.render()),
        };
        shown.map_or_else(|| not_signed_in(self.upn), Printed::ok)
    }

    fn export(&self, session: LogonId, file: &str, tickets: Tickets) -> Printed {
        let what = match tickets {
            Tickets::Partial => Export::PartialTgt,
            Tickets::All => Export::All,
        };
        let cache = self
            .device
            .session(session)
            .and_then(|session| session.export_ccache(what, self.network.now()));
        let Some(cache) = cache else {
            return Printed::failed("there is no TGT of an AD realm in this session\n");
        };
        match cache.write() {
            Ok(octets) => Printed {
                stderr: format!("{} tickets in {file}\n", cache.credentials.len()),
                file: Some((file.to_owned(), octets)),
                ..Printed::default()
            },
            Err(error) => Printed::failed(format!("{error}\n")),
        }
    }
}

fn not_signed_in(upn: &str) -> Printed {
    Printed::failed(format!("{upn} is not signed in here; type: sign-in hello\n"))
}

fn failed(error: &FlowError) -> Printed {
    Printed::failed(format!("{error} ({})\n", error.nt_status()))
}
