//! What happened: every message as it was on the wire, and every event with its cause, in one sequence.

mod event;
mod hash;

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use kerberos::Timestamp;

pub use event::{Event, EventKind};
pub use hash::TraceHash;

use crate::world::{HostId, Protocol};

/// The record of a world's past. Copying it costs a reference and what was recorded since the last [`Trace::seal`].
#[derive(Clone, Debug)]
pub struct Trace {
    recording: bool,
    next_seq: u64,
    sealed: Option<Arc<Segment>>,
    open: Vec<Entry>,
}

/// A piece of the past that nobody changes any more, and what was before it.
#[derive(Debug)]
struct Segment {
    before: Option<Arc<Self>>,
    entries: Vec<Entry>,
}

/// One line of the record.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Octets between two hosts.
    Message(Message),
    /// Something an actor did, decided or noticed.
    Event(Event),
}

impl Entry {
    /// The place in the sequence.
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Message(message) => message.seq,
            Self::Event(event) => event.seq,
        }
    }

    /// When, by true time.
    pub const fn time(&self) -> Timestamp {
        match self {
            Self::Message(message) => message.time,
            Self::Event(event) => event.time,
        }
    }
}

/// A place in the sequence of a trace. Messages and events share one sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

/// One message, as raw octets; views decode it on demand.
///
/// A message on a stream is without the four octets of length that precede it there. HTTPS is HTTP/1.1 in clear: the
/// simulated network has no TLS.
#[derive(Clone, Debug)]
pub struct Message {
    /// The place in the sequence.
    pub seq: Seq,
    /// When it was sent, by true time.
    pub time: Timestamp,
    /// When it arrived, or would have.
    pub arrival: Timestamp,
    /// The request this message answers, or the message or event that made the sender send it.
    pub cause: Option<Seq>,
    /// Who sent it.
    pub from: HostId,
    /// Whom it was for.
    pub to: HostId,
    /// The sender's address and port.
    pub source: SocketAddr,
    /// The receiver's address and port.
    pub destination: SocketAddr,
    /// What carried it.
    pub protocol: Protocol,
    /// Whether it asks or answers.
    pub is_reply: bool,
    /// What became of it.
    pub fate: Fate,
    /// The octets.
    pub octets: Bytes,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrived as it was sent.
    Delivered,
    /// It arrived after the rule of this name changed it; the octets are those that arrived.
    Rewritten(Arc<str>),
    /// The rule of this name dropped it.
    Dropped(Arc<str>),
    /// The rule of this name, or the receiver itself when there is none, refused it.
    Refused(Option<Arc<str>>),
    /// There is no way to the receiver, or the receiver is off.
    Unreachable,
}

impl Trace {
    /// An empty record, which keeps everything or, for a load run, nothing.
    pub const fn new(recording: bool) -> Self {
        Self {
            recording,
            next_seq: 0,
            sealed: None,
            open: Vec::new(),
        }
    }

    /// Whether messages and events are kept.
    pub const fn is_recording(&self) -> bool {
        self.recording
    }

    /// Keeps, or no longer keeps, what happens from now on.
    pub const fn set_recording(&mut self, recording: bool) {
        self.recording = recording;
    }

    /// How many messages and events there were, kept or not.
    pub const fn len(&self) -> u64 {
        self.next_seq
    }

    /// Whether nothing has happened.
    pub const fn is_empty(&self) -> bool {
        self.next_seq == 0
    }

    /// Closes what was recorded so far, so that a copy shares it.
    pub fn seal(&mut self) {
        if !self.open.is_empty() {
            self.sealed = Some(Arc::new(Segment {
                before: self.sealed.take(),
                entries: std::mem::take(&mut self.open),
            }));
        }
    }

    /// Everything kept, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let mut segments: Vec<&[Entry]> = vec![&self.open];
        let mut at = self.sealed.as_deref();
        while let Some(segment) = at {
            segments.push(&segment.entries);
            at = segment.before.as_deref();
        }
        segments.into_iter().rev().flatten()
    }

    /// The entries from `first` on.
    pub fn since(&self, first: Seq) -> impl Iterator<Item = &Entry> {
        self.entries().filter(move |entry| entry.seq() >= first)
    }

    /// The messages kept, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.entries().filter_map(|entry| match entry {
            Entry::Message(message) => Some(message),
            Entry::Event(_) => None,
        })
    }

    /// The events kept, oldest first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.entries().filter_map(|entry| match entry {
            Entry::Event(event) => Some(event),
            Entry::Message(_) => None,
        })
    }

    /// The place of the next entry.
    pub const fn next_seq(&self) -> Seq {
        Seq(self.next_seq)
    }

    /// Takes the next place in the sequence. Places are counted whether or not anything is kept, so that a run is the
    /// same either way.
    const fn take_seq(&mut self) -> Seq {
        let seq = Seq(self.next_seq);
        self.next_seq += 1;
        seq
    }

    /// Records an event; `kind` is not even made when nothing is kept.
    pub(crate) fn event(
        &mut self,
        time: Timestamp,
        actor: Option<HostId>,
        cause: Option<Seq>,
        kind: impl FnOnce() -> EventKind,
    ) -> Seq {
        let seq = self.take_seq();
        if self.recording {
            self.open.push(Entry::Event(Event {
                seq,
                time,
                actor,
                cause,
                kind: kind(),
            }));
        }
        seq
    }

    /// Takes back an event that was recorded last: what it told of did not happen. Its place stays counted.
    pub(crate) fn take_back(&mut self, seq: Seq) {
        self.open
            .pop_if(|last| matches!(last, Entry::Event(event) if event.seq == seq));
    }

    /// Records a message; `make` is not called when nothing is kept.
    pub(crate) fn message(&mut self, make: impl FnOnce(Seq) -> Message) -> Seq {
        let seq = self.take_seq();
        if self.recording {
            self.open.push(Entry::Message(make(seq)));
        }
        seq
    }
}
