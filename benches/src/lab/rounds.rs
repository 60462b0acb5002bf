//! Interleaved rounds: in each, every contender of every row in turn, in another order.

use std::ops::Range;
use std::time::Duration;

use crate::row::{Effort, LEAST_ROUNDS, OURS, Row, Sample};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    pub(super) name: &'static str,
    /// How many rounds each pass through all areas has.
    ///
    /// A machine may be another one for minutes, when its processors are moved to others. Rounds that
    /// lie in two or three places of the run see that; rounds of one place would not.
    pub(super) passes: &'static [usize],
    /// One measurement.
    pub(super) time: Duration,
}

pub(super) const QUICK: Mode =
    Mode { name: "quick", passes: &[LEAST_ROUNDS, 4], time: Duration::from_millis(30) };
pub(super) const FULL: Mode =
    Mode { name: "full", passes: &[LEAST_ROUNDS, 8, 8], time: Duration::from_millis(120) };
/// Says nothing about speed; for tests of the instrument itself.
pub(super) const TINY: Mode =
    Mode { name: "tiny", passes: &[LEAST_ROUNDS], time: Duration::from_micros(500) };

impl Mode {
    pub(super) fn rounds_of(self, row: &Row) -> usize {
        self.passes.iter().sum::<usize>().min(row.most_rounds)
    }

    /// The numbers of the rounds of each pass.
    pub(super) fn rounds(self) -> impl Iterator<Item = Range<usize>> {
        self.passes.iter().scan(0, |done, count| {
            let first = *done;
            *done += count;
            Some(first..*done)
        })
    }

    pub(super) fn effort(self, row: &Row) -> Effort {
        Effort { time: self.time.mul_f64(row.weight) }
    }
}

/// What a contender gave, round by round.
#[derive(Debug, Clone, Default)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) samples: Vec<Sample>,
    /// Why this machine cannot measure it.
    pub(super) skipped: Option<String>,
}

impl Series {
    pub(super) fn values(&self) -> Vec<f64> {
        self.samples.iter().map(|sample| sample.value).collect()
    }
}

/// What a row gave: a series for each contender, or why there is none.
pub(super) type Found = Result<Vec<Series>, String>;

/// Who is measured in a row: the contenders, or one of them against itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) row: &'a Row,
    pub(super) against_itself: bool,
}

impl<'a> Task<'a> {
    pub(super) fn of(row: &'a Row) -> Self {
        Self { row, against_itself: false }
    }

    pub(super) fn names(self) -> Vec<&'static str> {
        if self.against_itself {
            vec![OURS; 2]
        } else {
            self.row.contenders.iter().map(|contender| contender.name).collect()
        }
    }
}

/// Whoever is told about each measurement and may end the run.
pub(super) trait Measurer {
    /// Measures, or says why the row fails; `None` ends the run.
    fn measure(
        &mut self,
        row: &Row,
        contender: &str,
        effort: Effort,
    ) -> Option<anyhow::Result<crate::row::Measured>>;
}

/// What there is before the first round.
pub(super) fn nothing_yet(tasks: &[Task<'_>]) -> Vec<Found> {
    let series = |name: &str| Series { name: name.to_owned(), ..Series::default() };
    tasks.iter().map(|task| Ok(task.names().into_iter().map(series).collect())).collect()
}

/// Measures all tasks in these rounds and adds to what was found before; `None` if the run was ended.
pub(super) fn interleave(
    tasks: &[Task<'_>],
    mode: Mode,
    rounds: Range<usize>,
    found: &mut [Found],
    measurer: &mut impl Measurer,
) -> Option<()> {
    for round in rounds {
        for (task, found) in tasks.iter().zip(found.iter_mut()) {
            if round < mode.rounds_of(task.row) {
                one_round(*task, round, mode.effort(task.row), found, measurer)?;
            }
        }
    }
    Some(())
}

/// Has each contender measured once, beginning with another one in each round.
fn one_round(
    task: Task<'_>,
    round: usize,
    effort: Effort,
    found: &mut Found,
    measurer: &mut impl Measurer,
) -> Option<()> {
    let count = task.names().len();
    for turn in 0..count {
        let Ok(series) = found else { return Some(()) };
        let series = &mut series[(round + turn) % count];
        if series.skipped.is_some() {
            continue;
        }
        match measurer.measure(task.row, &series.name, effort)? {
            Ok(Ok(sample)) => series.samples.push(sample),
            Ok(Err(reason)) => series.skipped = Some(reason),
            Err(error) => *found = Err(format!("{error:#}")),
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::{Contender, Kind, Measured, Unit};

    /// Answers by name, and writes down who was asked.
    struct Answers {
        asked: Vec<String>,
        left: usize,
    }

    impl Measurer for Answers {
        fn measure(&mut self, _: &Row, name: &str, _: Effort) -> Option<anyhow::Result<Measured>> {
            self.left = self.left.checked_sub(1)?;
            self.asked.push(name.to_owned());
            Some(match name {
                "broken" => Err(anyhow::anyhow!("worn out")),
                "absent" => Ok(Err("not here".to_owned())),
                _ => Ok(Ok(Sample::new(1.0))),
            })
        }
    }

    fn row(names: &[&'static str]) -> Row {
        let contender = |&name: &&'static str| Contender::new(name, |_| Sample::new(0.0));
        let contenders = names.iter().map(contender).collect();
        Row::new("area", "work", Unit::NANOS, Kind::Solo, contenders)
    }

    fn run(names: &[&'static str], left: usize) -> (Option<Vec<Found>>, Vec<String>) {
        let row = row(names);
        let mut answers = Answers { asked: Vec::new(), left };
        let tasks = [Task::of(&row)];
        let mut found = nothing_yet(&tasks);
        let mode = Mode { passes: &[1, 2], ..TINY };
        let ended = mode
            .rounds()
            .try_for_each(|rounds| interleave(&tasks, mode, rounds, &mut found, &mut answers));
        (ended.map(|()| found), answers.asked)
    }

    #[test]
    fn each_round_begins_with_another_contender() {
        let (found, asked) = run(&["a", "b", "c"], 99);
        assert_eq!(asked.concat(), "abcbcacab");
        let series = found.unwrap().remove(0).unwrap();
        assert!(series.iter().all(|series| series.samples.len() == 3));
    }

    #[test]
    fn who_is_not_here_is_asked_once() {
        let (found, asked) = run(&["a", "absent"], 99);
        assert_eq!(asked, ["a", "absent", "a", "a"]);
        let series = found.unwrap().remove(0).unwrap();
        assert_eq!(series[1].skipped.as_deref(), Some("not here"));
    }

    #[test]
    fn a_wrong_answer_fails_the_row() {
        let (found, asked) = run(&["a", "broken"], 99);
        assert_eq!(asked, ["a", "broken"]);
        assert_eq!(found.unwrap().remove(0).unwrap_err(), "worn out");
    }

    #[test]
    fn a_run_can_be_ended() {
        let (found, asked) = run(&["a", "b"], 3);
        assert!(found.is_none());
        assert_eq!(asked.len(), 3);
    }
}
