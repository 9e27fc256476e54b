//! The devices of a running lab: one thread owns them all, because a device's flow stays on its thread.

#![cfg(unix)]

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use client_sim::{Act, ActError, ClientEvent, EventSink, Flow, Performed};
use kerberos::Timestamp;
use kerberos::phrase::Span;
use scenarios::language::{Base, PersonAct};
use scenarios::world::{HostId, World};
use tokio::sync::mpsc;

use super::estate::Estate;
use super::keys::KeyFiles;
use super::live::Live;
use crate::desk::command::Local;
use crate::desk::control::{self, Asked};
use crate::desk::lab::{Lab, answer};
use crate::desk::story::Story;
use crate::sockets::network::SocketNetwork;

/// Answers the control socket, on a thread of its own.
///
/// # Errors
/// The socket cannot be made.
pub(super) fn serve(
    dir: &Path,
    estate: Arc<Estate>,
    keys: KeyFiles,
    tls: Option<Arc<rustls::ClientConfig>>,
    lab: String,
) -> io::Result<()> {
    let (queue, mut asked) = mpsc::unbounded_channel();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("devices".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let mut lab = Running {
                    estate,
                    keys,
                    tls,
                    lab,
                };
                let mut tick = tokio::time::interval(TICK);
                tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                loop {
                    tokio::select! {
                        asked = asked.recv() => {
                            let Some(Asked { request, reply }) = asked else { break };
                            // who asked may have gone
                            let _ = reply.send(answer(&mut lab, &request).await);
                        }
                        _ = tick.tick() => lab.run_due().await,
                    }
                }
            });
        })?;
    control::open(dir, queue)
}

/// How often devices look whether something is due.
const TICK: Duration = Duration::from_secs(1);

/// The lab on sockets.
struct Running {
    estate: Arc<Estate>,
    keys: KeyFiles,
    /// How devices reach Entra; `None` where the lab has no Entra.
    tls: Option<Arc<rustls::ClientConfig>>,
    /// The lab, by its name or file.
    lab: String,
}

impl Running {
    fn network(&self, device: HostId) -> SocketNetwork {
        let estate = &self.estate;
        SocketNetwork::new(
            Arc::clone(&estate.book),
            Arc::clone(&estate.live),
            self.tls.clone(),
            device,
        )
    }

    /// Lets devices do what is due by the lab's clock.
    async fn run_due(&mut self) {
        let live = Arc::clone(&self.estate.live);
        self.run_due_until(live.now()).await;
        // what was on its way to a DC may have arrived
        let world = live.world();
        live.publish(&world);
        self.keys.follow(&self.estate, &world, live.now());
    }

    fn record(&self, steps: Steps<'_>) {
        let device = steps.device;
        let mut world = self.estate.live.world();
        for (time, step) in steps.events {
            world.record_step(device, time, step);
        }
        for (act, failure) in steps.ends {
            world.note_end(device, &act, failure.as_ref());
        }
    }

    /// Lets devices do what is due until then, each at its time.
    async fn run_due_until(&mut self, until: Timestamp) {
        let live = Arc::clone(&self.estate.live);
        let mut last = None;
        loop {
            let due = live.world().next_due().filter(|(at, _)| *at <= until);
            // one that is due again at once has failed to do it and will be asked at the next tick
            let Some((at, host)) = due.filter(|due| last != Some(*due)) else {
                return;
            };
            last = Some((at, host));
            live.advance_to(at);
            let Some(mut device) = live.world().device(host).cloned() else {
                return;
            };
            let network = self.network(host);
            let mut steps = Steps::new(&live, host);
            let mut flow = Flow {
                network: &network,
                device: &mut device,
                rng: &mut rand::rng(),
                events: &mut steps,
            };
            flow.run_due().await;
            self.record(steps);
            live.world().set_device(host, device);
        }
    }
}

impl Lab for Running {
    fn with_world(&mut self, act: &mut dyn FnMut(&mut World)) {
        let mut world = self.estate.live.world_with_journals();
        act(&mut world);
        self.estate.live.publish(&world);
        self.keys.follow(&self.estate, &world, self.estate.live.now());
    }

    fn act<'a>(&'a mut self, act: &'a PersonAct) -> Local<'a, Result<Performed, ActError>> {
        Box::pin(async move {
            let live = Arc::clone(&self.estate.live);
            let compiled = Arc::clone(&self.estate.compiled);
            // whoever sits there was found in this lab
            let found = live.world().topology().find(&act.device);
            let host = found.ok_or(ActError::NobodySignedIn)?;
            let device = live.world().device(host).cloned();
            let mut device = device.ok_or(ActError::NobodySignedIn)?;
            let user = act
                .user
                .as_deref()
                .and_then(|user| compiled.lab().users.get(user));
            let network = self.network(host);
            let mut steps = Steps::new(&live, host);
            let mut flow = Flow {
                network: &network,
                device: &mut device,
                rng: &mut rand::rng(),
                events: &mut steps,
            };
            let person = user.and_then(|user| compiled.person(&user.upn));
            let done = flow.perform(person, &act.act).await;
            self.record(steps);
            // commands come one after another: nobody else had the device meanwhile
            live.world().set_device(host, device);
            done
        })
    }

    fn wait(&mut self, time: Duration) -> Local<'_, ()> {
        Box::pin(async move {
            let until = self.estate.live.now() + time;
            self.run_due_until(until).await;
            self.estate.live.advance_to(until);
            self.run_due().await;
        })
    }

    fn story(&self) -> Story {
        Story {
            base: Base::of_lab(&self.lab),
            name: self.lab.clone(),
            ..Story::default()
        }
    }

    fn clock_warning(&self) -> String {
        let ahead = self.estate.live.ahead();
        let domains = self.estate.compiled.lab().domains.values();
        let allowed = domains.map(|domain| domain.clock_skew).min().unwrap_or_default();
        clock_warning(ahead, allowed)
    }
}

/// What somebody with programs outside the lab has to know about its clock.
fn clock_warning(ahead: Duration, allowed: Duration) -> String {
    if ahead < Duration::from_secs(1) {
        return String::new();
    }
    // to the nearest second: what was asked for is shown, and not what was left of it
    let nearest = Span(Duration::from_secs(
        (ahead + Duration::from_millis(500)).as_secs(),
    ));
    let mut text = format!(
        "The lab's clock is {nearest} ahead of this machine's. Programs outside the lab keep this machine's clock"
    );
    if ahead > allowed {
        text.push_str(&format!(
            ":\nDCs allow {} and answer more with error 37 (KRB_AP_ERR_SKEW); MIT's kinit takes the DC's clock when it signs in anew.\n",
            Span(allowed)
        ));
    } else {
        text.push_str(".\n");
    }
    text
}

/// Steps of a device go to the log and to who watches as they are taken, and into its journal in the end.
struct Steps<'l> {
    live: &'l Live,
    device: HostId,
    events: Vec<(Timestamp, ClientEvent)>,
    ends: Vec<(Act, Option<ActError>)>,
}

impl<'l> Steps<'l> {
    const fn new(live: &'l Live, device: HostId) -> Self {
        Self {
            live,
            device,
            events: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl EventSink for Steps<'_> {
    fn record(&mut self, time: Timestamp, event: ClientEvent) {
        tracing::debug!(?event);
        self.live.filing().step(time, self.device, &event);
        self.events.push((time, event));
    }

    fn ended(&mut self, act: &Act, failure: Option<&ActError>) {
        self.ends.push((act.clone(), failure.cloned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_warned_of_when_it_is_ahead_and_error_37_beyond_the_limit() {
        let warning = |seconds| clock_warning(Duration::from_secs(seconds), Duration::from_secs(300));
        assert_eq!(warning(0), "");
        assert!(
            warning(300).contains("5 min ahead") && !warning(300).contains("37"),
            "{}",
            warning(300)
        );
        assert!(warning(301).contains("error 37"));
    }
}
