//! What was done in a lab, as a scenario: `save-as FILE`.

use kerberos::Timestamp;
use scenarios::language::{Base, SavedStory, Step, StepKind};
use scenarios::library;
use scenarios::world::World;

use super::Printed;

/// What a lab began with, and what was done before anybody typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    /// Its name: `healthy-first-sign-in`.
    pub(crate) name: String,
    /// What it began with.
    pub(crate) base: Base,
    /// The seed of a run; a lab on sockets has none that a run can have.
    pub(crate) seed: Option<u64>,
    /// The steps that were done.
    pub(crate) steps: Vec<Step>,
    /// Until when was waited after them.
    pub(crate) until: Option<Timestamp>,
}

impl Story {
    /// The file of this story and of what was done by hand since, for whoever typed to store.
    pub(crate) fn saved(&self, world: &World, file: String) -> Printed {
        let (by_hand, beyond) = world.by_hand();
        let waited = self.until.map(StepKind::WaitUntil);
        let typed: Vec<StepKind> = waited.into_iter().chain(by_hand.iter().cloned()).collect();
        let title = format!("What was typed in {}", self.name);
        let run = match self.seed {
            Some(seed) => format!("trustlab run {file} --seed {seed}"),
            None => format!("trustlab run {file}: the same acts, on virtual time and with other keys"),
        };
        let story = SavedStory {
            name: &format!("{}-by-hand", self.name),
            title: &title,
            remarks: &[format!("{title}. To do it again: {run}")],
            base: &self.base,
            lab: world.lab().lab(),
            steps: &self.steps,
            typed: &typed,
        };
        let saved = story.file(library::catalogue());
        let count = self.steps.len() + typed.len() - saved.unsaid.len();
        let mut said = format!("{count} steps in {file}\n");
        if !library::catalogue()
            .labs
            .iter()
            .any(|(name, _)| *name == self.base.lab)
        {
            let lab = &self.base.lab;
            said.push_str(&format!(
                "its lab is {lab}: a scenario is run in a built-in lab alone, so patch one to be like it\n"
            ));
        }
        for unsaid in &saved.unsaid {
            said.push_str(&format!("not in it, since no step says it: {unsaid}\n"));
        }
        if beyond > 0 {
            said.push_str(&format!(
                "not in it, since no more are kept: {beyond} later ones\n"
            ));
        }
        Printed {
            file: Some((file, saved.text.into_bytes())),
            ..Printed::noted(said)
        }
    }
}
