//! `run --at HOST`: sits down in a world that stands still between what is typed, here or with `trustlab at` elsewhere.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use client_sim::{ActError, Performed};
use scenarios::engine::Run;
use scenarios::language::PersonAct;
use scenarios::world::World;
use tokio::sync::{mpsc, oneshot};

use crate::at;
use crate::desk::command::Local;
use crate::desk::control::{self, Asked, Queue};
use crate::desk::lab::{Answer, Lab, Request, Typed, answer};
use crate::desk::story::Story;
use crate::desk::{last, prompt};
use crate::{exit, folder};

/// A prompt at a machine of a run's world, which may have `waited` for a time that no step waits for. Returns the exit code of
/// the last command.
pub(crate) fn sit_down(run: &mut Run<'_>, host: &str, user: Option<&str>, waited: bool) -> u8 {
    let mut lab = Paused {
        story: story(run, waited),
        world: run.world_mut(),
        moments: BTreeMap::new(),
    };
    let request = Request::SitDown {
        host: host.to_owned(),
        user: user.map(str::to_owned),
    };
    let seated = match at_once(answer(&mut lab, &request)) {
        Answer::Seated(seated) => seated,
        refused => {
            at::shown(&refused);
            return exit::BAD_INPUT;
        }
    };
    let (queue, asked) = mpsc::unbounded_channel();
    let _socket = Socket::open(&queue);
    let (ended, end) = oneshot::channel();
    let user = user.map(str::to_owned);
    // the world stays on this thread; the prompt and the socket ask it from others
    std::thread::spawn(move || {
        let host = seated.host.clone();
        let type_words = |words| typed(&queue, &host, user.as_deref(), words);
        let _ = ended.send(prompt::converse(seated, type_words));
    });
    serve(&mut lab, asked, end)
}

/// What a run has done so far.
fn story(run: &Run<'_>, waited: bool) -> Story {
    let scenario = run.scenario();
    Story {
        name: scenario.name.clone(),
        base: scenario.base.clone(),
        seed: Some(run.world().seed()),
        steps: run.steps_done().cloned().collect(),
        until: waited.then(|| run.world().now()),
    }
}

/// Answers whoever asks until the prompt has ended, and gives its code.
fn serve(lab: &mut Paused<'_>, mut asked: mpsc::UnboundedReceiver<Asked>, end: oneshot::Receiver<u8>) -> u8 {
    let runtime = match tokio::runtime::Builder::new_current_thread().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            return exit::ENVIRONMENT;
        }
    };
    runtime.block_on(async {
        let mut end = end;
        loop {
            tokio::select! {
                Some(Asked { request, reply }) = asked.recv() => {
                    // who asked may have gone
                    let _ = reply.send(answer(lab, &request).await);
                }
                code = &mut end => return code.unwrap_or(exit::ENVIRONMENT),
            }
        }
    })
}

fn typed(queue: &Queue, host: &str, user: Option<&str>, command: Vec<String>) -> u8 {
    let typed = Typed {
        host: host.to_owned(),
        user: user.map(str::to_owned),
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

/// The control socket of a paused run, in a directory of its own that goes with it.
struct Socket {
    dir: PathBuf,
}

impl Socket {
    #[cfg(unix)]
    fn open(queue: &Queue) -> Option<Self> {
        let opened = Self::make_dir().and_then(|socket| {
            control::open(&socket.dir, queue.clone())?;
            Ok(socket)
        });
        match opened {
            Ok(socket) => {
                if let Err(error) = last::remember(&socket.dir) {
                    tracing::warn!(%error, "this run is not remembered; trustlab at needs --lab");
                }
                let _ = writeln!(
                    io::stderr(),
                    "The lab stands still; help lists what can be typed, exit lets the story go on. From another terminal:\n  \
                     trustlab at HOST COMMAND      (--lab {}, should another lab have been started since)",
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

    /// One that a run with this number left behind, which was killed, is as good as a new one.
    #[cfg(unix)]
    fn make_dir() -> io::Result<Self> {
        let dir = last::of_this_run().map_err(io::Error::other)?;
        folder::make(&dir).map_err(io::Error::other)?;
        Ok(Self { dir })
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
    story: Story,
}

impl Lab for Paused<'_> {
    fn with_world(&mut self, act: &mut dyn FnMut(&mut World)) {
        act(self.world);
    }

    fn act<'a>(&'a mut self, act: &'a PersonAct) -> Local<'a, Result<Performed, ActError>> {
        // whoever sits there was found in this world
        let done = self.world.act(act).unwrap_or(Err(ActError::NobodySignedIn));
        Box::pin(async { done })
    }

    fn wait(&mut self, time: Duration) -> Local<'_, ()> {
        self.world.wait(time);
        Box::pin(async {})
    }

    fn story(&self) -> Story {
        self.story.clone()
    }

    fn moments(&mut self) -> Option<&mut BTreeMap<String, World>> {
        Some(&mut self.moments)
    }
}

#[cfg(test)]
use crate::desk::Printed;

/// What a line prints that is typed at a machine of a world, by whoever sits there.
#[cfg(test)]
pub(super) fn typed_at(
    world: &mut World,
    moments: &mut BTreeMap<String, World>,
    host: &str,
    text: &str,
) -> Printed {
    let typed = Typed {
        host: host.to_owned(),
        user: None,
        command: crate::desk::line::split(text).expect("closed quotes"),
    };
    let mut lab = Paused {
        world,
        moments: std::mem::take(moments),
        story: Story::default(),
    };
    let answer = at_once(answer(&mut lab, &Request::Type(typed)));
    *moments = lab.moments;
    match answer {
        Answer::Printed(printed) => printed,
        Answer::Seated(_) => panic!("nobody sat down"),
    }
}

#[cfg(test)]
mod tests;
