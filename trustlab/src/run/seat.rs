//! `run --at HOST`: sits down in a world that stands still between what is typed, here or with `trustlab at` elsewhere.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use scenarios::world::World;
use tokio::sync::{mpsc, oneshot};

use crate::at;
use crate::desk::command::{AtDevice, Local};
use crate::desk::control::{self, Asked, Queue};
use crate::desk::lab::{Answer, Lab, Request, Typed, answer};
use crate::desk::seat::{AnyNetwork, Seat};
use crate::desk::sitting::Sitting;
use crate::desk::{Printed, last, prompt};
use crate::exit;

/// A prompt at a machine of the world. Returns the exit code of the last command.
pub(crate) fn sit_down(world: &mut World, host: &str) -> u8 {
    let mut lab = Paused {
        world,
        moments: BTreeMap::new(),
    };
    let request = Request::SitDown {
        host: host.to_owned(),
        user: None,
    };
    let seated = match at_once(answer(&mut lab, &request)) {
        Answer::Seated(seated) => seated,
        refused => {
            at::shown(&refused);
            return exit::BAD_INPUT;
        }
    };
    let (queue, mut asked) = mpsc::unbounded_channel();
    let _socket = Socket::open(&queue);
    // the world stays on this thread; the prompt and the socket ask it from others
    let (host, typist) = (seated.host.clone(), queue);
    let (ended, mut code) = oneshot::channel();
    let prompt = std::thread::spawn(move || {
        let code = prompt::converse(seated, |words| typed(&typist, &host, words));
        let _ = ended.send(code);
        // wakes the thread that owns the world
        let (reply, _) = oneshot::channel();
        let request = Request::Time(crate::desk::lab::TimeRequest::Show);
        let _ = typist.send(Asked { request, reply });
    });
    while let Some(Asked { request, reply }) = asked.blocking_recv() {
        if let Ok(code) = code.try_recv() {
            let _ = prompt.join();
            return code;
        }
        // who asked may have gone
        let _ = reply.send(at_once(answer(&mut lab, &request)));
    }
    exit::ENVIRONMENT
}

fn typed(queue: &Queue, host: &str, command: Vec<String>) -> u8 {
    let typed = Typed {
        host: host.to_owned(),
        user: None,
        command,
    };
    control::ask(queue, Request::Type(typed)).map_or(exit::ENVIRONMENT, |answer| at::shown(&answer))
}

/// Drives what never waits for anything outside its world.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let context = &mut Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return output;
        }
    }
}

/// The control socket of the paused run, in a directory of its own that goes with it.
struct Socket {
    dir: PathBuf,
}

impl Socket {
    #[cfg(unix)]
    fn open(queue: &Queue) -> Option<Self> {
        use std::os::unix::fs::DirBuilderExt;

        let dir = last::runtime_dir().join(format!("trustlab-run-{}", std::process::id()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&dir);
        let socket = Self { dir };
        match made.and_then(|()| control::open(&socket.dir, queue.clone())) {
            Ok(()) => {
                if let Err(error) = last::remember(&socket.dir) {
                    tracing::warn!(%error, "this run is not remembered; trustlab at needs --lab");
                }
                let _ = writeln!(
                    io::stderr(),
                    "The lab stands still. From another terminal: trustlab at HOST COMMAND (--lab {})",
                    socket.dir.display()
                );
                Some(socket)
            }
            Err(error) => {
                tracing::warn!(%error, "no control socket: only this prompt reaches the run");
                None
            }
        }
    }

    #[cfg(not(unix))]
    fn open(_queue: &Queue) -> Option<Self> {
        None
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(control::socket_path(&self.dir));
        let _ = std::fs::remove_dir(&self.dir);
    }
}

/// A world whose clock stands still between commands.
struct Paused<'w> {
    world: &'w mut World,
    moments: BTreeMap<String, World>,
}

impl Lab for Paused<'_> {
    fn with_world(&mut self, act: &mut dyn FnMut(&mut World)) {
        act(self.world);
    }

    fn at_device<'a>(&'a mut self, sitting: &'a Sitting, act: AtDevice) -> Local<'a, Printed> {
        let person = match sitting.person() {
            Ok(person) => person,
            Err(printed) => return Box::pin(async { printed }),
        };
        let printed = self.world.run_flow(sitting.id, async |flow| {
            let mut seat = Seat {
                network: AnyNetwork::new(flow.network),
                device: flow.device,
                rng: flow.rng,
                events: flow.events,
                sitting,
                person,
            };
            act(&mut seat).await
        });
        Box::pin(async { printed })
    }

    fn wait(&mut self, time: Duration) -> Local<'_, ()> {
        self.world.wait(time);
        Box::pin(async {})
    }

    fn moments(&mut self) -> Option<&mut BTreeMap<String, World>> {
        Some(&mut self.moments)
    }
}
