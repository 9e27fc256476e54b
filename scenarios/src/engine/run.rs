//! One run of a scenario, step by step.

use std::sync::Arc;

use client_sim::Act;
use evidence::Fact;

use super::observe::Observer;
use crate::lab::{CompileError, CompiledLab};
use crate::language::{Miss, Moment, Scenario, Step, StepKind};
use crate::trace::TraceHash;
use crate::world::{Action, ActionError, Mark, World};

/// How a scenario is run.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// Where all randomness comes from.
    pub seed: u64,
    /// Whether the fix is applied at the end, and what it mended is tried again.
    pub with_fix: bool,
    /// Whether packets are kept. Expectations hold or fail either way.
    pub recording: bool,
    /// Whether the report lists everything that could be seen at the end.
    pub observations: bool,
}

impl Default for RunOptions {
    /// Seed 1, no fix, everything kept and listed.
    fn default() -> Self {
        Self {
            seed: 1,
            with_fix: false,
            recording: true,
            observations: true,
        }
    }
}

/// A run that is under way. Copying it is cheap, between steps as everywhere.
#[derive(Clone, Debug)]
pub struct Run<'s> {
    scenario: &'s Scenario,
    options: RunOptions,
    world: World,
    /// How many of the scenario's steps are done.
    done: usize,
    failures: Vec<Miss>,
    /// What no longer holds since somebody changed the world by hand.
    overtaken: Vec<Miss>,
    checked: usize,
    /// Whether the fix and what follows it are done.
    mended: bool,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RunReport {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Whether every expectation held.
    pub ok: bool,
    /// How many expectations were looked at; a step that could not be done is one that was not met.
    pub expectations: usize,
    /// Messages that were sent.
    pub messages: u64,
    /// Lab time that passed, in whole seconds.
    pub virtual_seconds: u64,
    /// What could be seen at the end.
    pub observations: Vec<Fact>,
    /// Expectations that did not hold.
    pub failures: Vec<Miss>,
    /// Expectations that did not hold after somebody had changed the world by hand: no failures of the story.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overtaken: Vec<Miss>,
    /// SHA-256 over all messages; `None` when none were kept.
    pub trace_hash: Option<TraceHash>,
}

/// Why a scenario could not be run, as opposed to one whose expectations fail.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The lab cannot be made.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Something that happens before the story begins cannot be done.
    #[error("{step}: {error}")]
    Action {
        /// The step.
        step: Arc<str>,
        /// Why.
        error: ActionError,
    },
}

impl<'s> Run<'s> {
    /// Compiles the scenario's lab and makes its world, with the scenario's faults in place.
    ///
    /// # Errors
    /// The lab cannot be made, or a fault cannot be put in place.
    pub fn new(scenario: &'s Scenario, options: RunOptions) -> Result<Self, RunError> {
        let lab = Arc::new(CompiledLab::compile(scenario.lab.clone())?);
        Self::in_lab(scenario, lab, options)
    }

    /// The same with a lab that was compiled before, from [`Scenario::lab`].
    ///
    /// # Errors
    /// A fault cannot be put in place.
    pub fn in_lab(
        scenario: &'s Scenario,
        lab: Arc<CompiledLab>,
        options: RunOptions,
    ) -> Result<Self, RunError> {
        let mut world = World::new(lab, options.seed);
        world.set_recording(options.recording);
        for fault in &scenario.faults {
            for rule in &fault.rules {
                let action = Action::AddRule(rule.clone());
                world.apply(&action).map_err(|error| RunError::Action {
                    step: Arc::clone(&rule.name),
                    error,
                })?;
            }
            for step in &fault.actions {
                world.perform(&step.kind).map_err(|error| RunError::Action {
                    step: Arc::clone(&step.name),
                    error,
                })?;
            }
        }
        Ok(Self {
            scenario,
            options,
            world,
            done: 0,
            failures: Vec::new(),
            overtaken: Vec::new(),
            checked: 0,
            mended: false,
        })
    }

    /// The world as it is now.
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The world, to sit down in it.
    pub const fn world_mut(&mut self) -> &mut World {
        &mut self.world
    }

    /// The scenario.
    pub const fn scenario(&self) -> &'s Scenario {
        self.scenario
    }

    /// The step that is next.
    pub fn next_step(&self) -> Option<&'s Step> {
        self.scenario.steps.get(self.done)
    }

    /// What failed so far.
    pub fn failures(&self) -> &[Miss] {
        &self.failures
    }

    /// A copy from here on, whose streams are those of `seed`.
    pub fn fork(&mut self, seed: u64) -> Self {
        let world = self.world.fork(seed);
        Self {
            scenario: self.scenario,
            options: RunOptions { seed, ..self.options },
            world,
            done: self.done,
            failures: self.failures.clone(),
            overtaken: self.overtaken.clone(),
            checked: self.checked,
            mended: self.mended,
        }
    }

    /// The steps that are done, in order.
    pub fn steps_done(&self) -> impl Iterator<Item = &'s Step> {
        let scenario = self.scenario;
        let mending = scenario.fix.iter().chain(&scenario.retry);
        scenario.steps[..self.done]
            .iter()
            .chain(mending.filter(|_| self.mended))
    }

    /// Does the next step and looks at what is expected after it. `None` when all are done.
    pub fn advance(&mut self) -> Option<&'s Step> {
        let step = self.scenario.steps.get(self.done)?;
        let mark = self.world.mark();
        self.step(step);
        let moment = Moment::After(self.done);
        self.done += 1;
        self.check(moment, mark);
        Some(step)
    }

    /// Goes on until the first sign-in is done, if there is one.
    pub fn advance_past_sign_in(&mut self) {
        let is_sign_in = |step: &Step| {
            let StepKind::Act(done) = &step.kind else {
                return false;
            };
            matches!(done.act, Act::SignIn { .. })
        };
        let Some(last) = self.scenario.steps.iter().position(is_sign_in) else {
            return;
        };
        while self.done <= last && self.advance().is_some() {}
    }

    /// Goes on until the step of this name is done; whether there is one.
    pub fn advance_to(&mut self, name: &str) -> bool {
        while let Some(step) = self.advance() {
            if step.name.eq_ignore_ascii_case(name) {
                return true;
            }
        }
        false
    }

    /// Does what is left, the fix if it is wanted, and reports.
    pub fn finish(mut self) -> RunReport {
        self.complete();
        self.report()
    }

    /// Does what is left, and the fix if it is wanted.
    pub fn complete(&mut self) {
        let mark = Mark::default();
        while self.advance().is_some() {}
        self.check(Moment::End, mark);
        if self.options.with_fix && self.scenario.has_fix() {
            let mark = self.world.mark();
            let scenario = self.scenario;
            for step in scenario.fix.iter().chain(&scenario.retry) {
                self.step(step);
            }
            self.mended = true;
            self.check(Moment::Fixed, mark);
        }
    }

    /// What came of it so far.
    pub fn report(&self) -> RunReport {
        let observations = if self.options.observations {
            Observer::new(self.scenario, &self.world, Mark::default()).everything()
        } else {
            Vec::new()
        };
        RunReport {
            scenario: self.scenario.name.clone(),
            seed: self.options.seed,
            ok: self.failures.is_empty(),
            expectations: self.checked,
            messages: self.world.message_count(),
            virtual_seconds: self.world.elapsed().as_secs(),
            observations,
            failures: self.failures.clone(),
            overtaken: self.overtaken.clone(),
            trace_hash: self.options.recording.then(|| TraceHash::of(self.world.trace())),
        }
    }

    fn step(&mut self, step: &Step) {
        self.world.begin_step(&step.name);
        if let Err(error) = self.world.perform(&step.kind) {
            self.checked += 1;
            self.missed(Miss {
                fact: step.name.to_string(),
                wanted: "the step can be done".to_owned(),
                found: error.to_string(),
            });
        }
    }

    fn check(&mut self, moment: Moment, since: Mark) {
        let mut observer = Observer::new(self.scenario, &self.world, since);
        let expectations = self.scenario.expectations.iter();
        let mut missed = Vec::new();
        for expectation in expectations.filter(|expectation| expectation.at == moment) {
            self.checked += 1;
            let facts = observer.facts(expectation.artefact, expectation.host.as_deref());
            missed.extend(expectation.check(facts).err());
        }
        missed.into_iter().for_each(|miss| self.missed(miss));
    }

    /// What a person did by hand is no failure of the story.
    fn missed(&mut self, miss: Miss) {
        match self.world.changed_by_hand() {
            true => self.overtaken.push(miss),
            false => self.failures.push(miss),
        }
    }
}
