//! Pasted text at a prompt: taken as if it were typed, so that each line runs when it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::history::History;
use rustyline::{
    Cmd, ConditionalEventHandler, Editor, Event, EventContext, EventHandler, Helper, KeyCode, KeyEvent,
    Modifiers, RepeatCount,
};

/// Lets what a terminal marks as pasted come in key by key, its ends of lines as Enter. Only tabs mean something else
/// there: they are blanks.
pub(super) fn bind<H: Helper, I: History>(editor: &mut Editor<H, I>) {
    let pasting = Pasting::default();
    for (key, handler) in [
        (KeyCode::BracketedPasteStart, Key::Begins),
        (KeyCode::BracketedPasteEnd, Key::Ends),
        (KeyCode::Tab, Key::Tab),
    ] {
        let handler = OnKey {
            pasting: pasting.clone(),
            key: handler,
        };
        editor.bind_sequence(
            KeyEvent(key, Modifiers::NONE),
            EventHandler::Conditional(Box::new(handler)),
        );
    }
}

/// Whether the text that comes in was pasted. A paste may go on behind the line that it ends.
type Pasting = Arc<AtomicBool>;

#[derive(Clone, Copy)]
enum Key {
    Begins,
    Ends,
    Tab,
}

struct OnKey {
    pasting: Pasting,
    key: Key,
}

impl ConditionalEventHandler for OnKey {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        match self.key {
            Key::Begins => self.pasting.store(true, Ordering::Relaxed),
            Key::Ends => self.pasting.store(false, Ordering::Relaxed),
            Key::Tab if self.pasting.load(Ordering::Relaxed) => return Some(Cmd::Insert(1, " ".to_owned())),
            Key::Tab => return None,
        }
        Some(Cmd::Noop)
    }
}
