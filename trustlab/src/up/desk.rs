//! The devices of a running lab: one thread owns them all, because a device's flow stays on its thread.

#![cfg(unix)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use client_sim::{ClientEvent, DeviceState, EventSink, Password};
use kerberos::Timestamp;

use super::control::{self, Typed};
use super::estate::Estate;
use crate::desk::act::{self, Seat};
use crate::desk::{Printed, command::Command};
use crate::sockets::network::SocketNetwork;

/// Answers the control socket, on a thread of its own.
///
/// # Errors
/// The socket cannot be made.
pub(super) fn serve(dir: &Path, estate: Arc<Estate>, tls: Arc<rustls::ClientConfig>) -> io::Result<()> {
    let path = control::socket_path(dir);
    // the directory is its owner's alone, so nobody can connect before the mode is set
    let listener = std::os::unix::net::UnixListener::bind(&path)?;
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    }
    listener.set_nonblocking(true)?;
    let network = SocketNetwork::new(Arc::clone(&estate.book), Arc::clone(&estate.compiled), tls);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("devices".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                match tokio::net::UnixListener::from_std(listener) {
                    Ok(listener) => {
                        let desk = Desk {
                            devices: RefCell::default(),
                            estate,
                            network,
                        };
                        control::serve(listener, async |typed| desk.answer(typed).await).await;
                    }
                    Err(error) => tracing::error!(%error, "no control socket"),
                }
            });
        })?;
    Ok(())
}

struct Desk {
    devices: RefCell<BTreeMap<String, DeviceState>>,
    estate: Arc<Estate>,
    network: SocketNetwork,
}

impl Desk {
    async fn answer(&self, typed: Typed) -> Printed {
        let lab = self.estate.compiled.lab();
        let found = lab.devices.iter().find(|(name, device)| {
            name.eq_ignore_ascii_case(&typed.host) || device.host.eq_ignore_ascii_case(&typed.host)
        });
        let Some((name, declared)) = found else {
            let known: Vec<&str> = lab.devices.values().map(|device| device.host.as_str()).collect();
            return Printed::failed(format!(
                "no device {} here; there are: {}\n",
                typed.host,
                known.join(", ")
            ));
        };
        let command = match Command::parse(&typed.command) {
            Ok(command) => command,
            Err(error) => return Printed::failed(format!("{error}\n")),
        };
        let user_name = typed
            .user
            .as_ref()
            .or(declared.owner.as_ref())
            .map(|user| user.to_lowercase());
        let Some(user) = user_name.as_ref().and_then(|user| lab.users.get(user)) else {
            return Printed::failed(format!(
                "{} has no user of its own; say who with --as USER\n",
                declared.host
            ));
        };
        // commands come one after another: nobody else has the device meanwhile
        let taken = self.devices.borrow_mut().remove(name);
        let Some(mut device) = taken.or_else(|| self.estate.compiled.devices().get(name).cloned()) else {
            return Printed::failed(format!("{} could not be registered\n", declared.host));
        };
        let mut events = Log;
        let mut rng = rand::rng();
        let printed = act::perform(
            Seat {
                network: &self.network,
                device: &mut device,
                rng: &mut rng,
                events: &mut events,
                upn: &user.upn,
                password: &Password::new(user.password.as_str()),
                domain: user
                    .domain
                    .as_ref()
                    .and_then(|domain| lab.domains.get(domain))
                    .map(|domain| domain.dns_name.as_str()),
            },
            &command,
        )
        .await;
        self.devices.borrow_mut().insert(name.clone(), device);
        printed
    }
}

/// Steps of a device go to the log.
struct Log;

impl EventSink for Log {
    fn record(&mut self, _: Timestamp, event: ClientEvent) {
        tracing::debug!(?event);
    }
}
