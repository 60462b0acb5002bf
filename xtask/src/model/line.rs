//! The lines in which the model tests say what they explored:
//! `MODEL name=<test> bound=<N|none> executions=<N> floor=<N> millis=<N> result=<rest of the line>`.

use crate::table::{grouped, seconds};

/// The result of a search that was given up for its length.
const CUT_OFF: &str = "cut off";

/// One exploration of one model within one bound.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exploration {
    pub(crate) name: String,
    /// `None` is an exploration of all schedules.
    pub(crate) bound: Option<u32>,
    pub(crate) executions: u64,
    pub(crate) floor: u64,
    pub(crate) millis: u64,
    /// `complete`, [`CUT_OFF`], or `found:` and what was found.
    pub(crate) result: String,
}

impl Exploration {
    /// Tells what is wrong if fewer executions were explored than the test demands.
    pub(crate) fn shortfall(&self) -> Option<String> {
        let Self { executions, floor, .. } = self;
        let bound = self.bound();
        (executions < floor).then(|| {
            format!("{executions} executions at bound {bound}, at least {floor} were expected")
        })
    }

    pub(crate) fn is_cut_off(&self) -> bool {
        self.result == CUT_OFF
    }

    /// The exploration as a row: name, bound, executions, time, result.
    pub(crate) fn row(&self) -> [String; 5] {
        [
            self.name.clone(),
            self.bound(),
            grouped(self.executions),
            seconds(self.millis.into()),
            self.result.clone(),
        ]
    }

    pub(crate) fn bound(&self) -> String {
        self.bound.map_or_else(|| "none".to_owned(), |bound| bound.to_string())
    }
}

/// The entries of a list that is kept beside the tests; `#` begins a comment.
pub(crate) fn listed(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Reads the lines out of a test binary's output; the second part is the lines that make no sense.
pub(crate) fn explorations(stdout: &str) -> (Vec<Exploration>, Vec<String>) {
    let mut explorations = Vec::new();
    let mut garbled = Vec::new();
    for line in stdout.lines().filter(|line| line.starts_with("MODEL")) {
        match parse(line) {
            Some(exploration) => explorations.push(exploration),
            None => garbled.push(format!("cannot read the line: {line}")),
        }
    }
    (explorations, garbled)
}

fn parse(line: &str) -> Option<Exploration> {
    let (head, result) = line.split_once(" result=")?;
    let words: Vec<&str> = head.split(' ').collect();
    let ["MODEL", name, bound, executions, floor, millis] = words[..] else {
        return None;
    };
    let bound = bound.strip_prefix("bound=")?;
    let is_known = ["complete", CUT_OFF].contains(&result) || result.starts_with("found:");
    is_known.then_some(Exploration {
        name: name.strip_prefix("name=")?.to_owned(),
        bound: if bound == "none" { None } else { Some(bound.parse().ok()?) },
        executions: executions.strip_prefix("executions=")?.parse().ok()?,
        floor: floor.strip_prefix("floor=")?.parse().ok()?,
        millis: millis.strip_prefix("millis=")?.parse().ok()?,
        result: result.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_whole() {
        let line = "MODEL name=a::b bound=2 executions=1200 floor=7 millis=15 result=found:deadlock; threads = [";
        let exploration = parse(line).unwrap();
        assert_eq!(
            exploration,
            Exploration {
                name: "a::b".to_owned(),
                bound: Some(2),
                executions: 1200,
                floor: 7,
                millis: 15,
                result: "found:deadlock; threads = [".to_owned(),
            }
        );
        assert_eq!(
            exploration.row(),
            ["a::b", "2", "1 200", "0.01 s", "found:deadlock; threads = ["]
        );
        assert_eq!(exploration.shortfall(), None);
    }

    #[test]
    fn no_bound_is_none() {
        let line = "MODEL name=a bound=none executions=1 floor=1 millis=0 result=complete";
        assert_eq!(parse(line).unwrap().bound, None);
    }

    #[test]
    fn anything_else_is_garbled() {
        let good = "MODEL name=a bound=1 executions=1 floor=1 millis=0 result=complete";
        for (from, to) in [
            ("result=complete", "result=limit"),
            ("bound=1", "bound=few"),
            ("floor=1 ", ""),
            ("executions", "iterations"),
        ] {
            let (read, garbled) = explorations(&good.replace(from, to));
            assert_eq!((read.len(), garbled.len()), (0, 1), "{to}");
        }
        assert_eq!(explorations(good).0.len(), 1);
    }

    #[test]
    fn other_output_is_passed_over() {
        let (read, garbled) = explorations("running 1 test\ntest a ... ok\n");
        assert!(read.is_empty() && garbled.is_empty());
    }
}
