//! `--until`: a step or a time at which a run stops.

use std::time::Duration;

use kerberos::Timestamp;
use scenarios::engine::Run;
use scenarios::language::{Scenario, StepKind};
use scenarios::world::Action;

use crate::desk::clock::{duration, time_of_day};

/// Where a run stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// After so many steps.
    Steps(usize),
    /// At a time of day of the lab's first day.
    TimeOfDay(Duration),
    /// At a time.
    Time(Timestamp),
    /// So long after the beginning.
    After(Duration),
}

impl Until {
    /// A step's number or name, `10:30`, `2026-11-23T10:30:00Z` or `+2h`.
    pub(crate) fn parse(text: &str, scenarios: &[Scenario]) -> Result<Self, String> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Steps(number));
        }
        for scenario in scenarios {
            if let Some(index) = scenario
                .steps
                .iter()
                .position(|step| step.name.eq_ignore_ascii_case(text))
            {
                return Ok(Self::Steps(index + 1));
            }
        }
        if let Some(after) = text.strip_prefix('+').and_then(duration) {
            return Ok(Self::After(after));
        }
        if let Some(time) = time_of_day(text) {
            return Ok(Self::TimeOfDay(time));
        }
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Ok(Self::Time(Timestamp::from_unix_micros(time.as_microsecond())));
        }
        let steps: Vec<&str> = scenarios
            .iter()
            .flat_map(|scenario| &scenario.steps)
            .map(|step| &*step.name)
            .collect();
        Err(format!(
            "error: --until {text}: expected a step ({}), its number, or a time such as 10:30 or +2h\n",
            steps.join(", ")
        ))
    }

    /// Whether the run stops at a time, and not after a step.
    pub(crate) const fn is_time(&self) -> bool {
        !matches!(self, Self::Steps(_))
    }

    /// Goes on until then.
    pub(crate) fn advance(&self, run: &mut Run<'_>) {
        let begun = Timestamp::from_unix_micros(
            run.world().now().unix_micros() - i64::try_from(run.world().elapsed().as_micros()).unwrap_or(0),
        );
        let until = match self {
            Self::Steps(count) => {
                for _ in 0..*count {
                    run.advance();
                }
                return;
            }
            Self::Time(time) => *time,
            Self::After(after) => begun + *after,
            Self::TimeOfDay(time) => {
                let midnight = begun.unix_seconds() - begun.unix_seconds().rem_euclid(86_400);
                Timestamp::from_unix_seconds(midnight) + *time
            }
        };
        while run.world().now() < until {
            let waits_to = run.next_step().map(|step| match &step.kind {
                StepKind::Action(Action::Wait(time)) => run.world().now() + *time,
                StepKind::WaitUntil(time) => *time,
                _ => run.world().now(),
            });
            match waits_to {
                Some(time) if time <= until => {
                    run.advance();
                }
                _ => run.world_mut().wait_until(until),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_times_are_told_apart() {
        let parse = |text| Until::parse(text, &[]);
        assert_eq!(parse("2"), Ok(Until::Steps(2)));
        assert_eq!(parse("+2h"), Ok(Until::After(Duration::from_secs(7_200))));
        assert_eq!(parse("10:30"), Ok(Until::TimeOfDay(Duration::from_secs(37_800))));
        assert_eq!(
            parse("1970-01-01T00:00:01Z"),
            Ok(Until::Time(Timestamp::from_unix_seconds(1)))
        );
        assert!(parse("24:00").is_err());
        assert!(parse("soon").is_err());
    }
}
