//! What Linux tells about this process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// What threads have done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Activity {
    /// How often they went to sleep and were woken.
    pub(crate) wake_ups: u64,
    /// Nanoseconds on a processor.
    pub(crate) nanos: u64,
}

/// Tells whether the calls below work.
pub(crate) fn is_supported() -> bool {
    let read = |name: &str| fs::read_to_string(format!("/proc/thread-self/{name}")).ok();
    let fields = ["voluntary_ctxt_switches", "VmRSS", "VmHWM"];
    let status = read("status")
        .is_some_and(|status| fields.iter().all(|name| field(&status, name).is_some()));
    status && read("schedstat").is_some_and(|schedule| first_number(&schedule).is_some())
}

/// What each thread but the main one has done so far.
#[derive(Debug)]
pub(crate) struct Threads(BTreeMap<OsString, Activity>);

impl Threads {
    /// Asks the system.
    ///
    /// # Panics
    ///
    /// If it is not Linux, as the other calls.
    pub(crate) fn now() -> Self {
        let main = OsString::from(std::process::id().to_string());
        let tasks = fs::read_dir("/proc/self/task").expect("Linux lists the threads");
        let tasks = tasks.map(|task| task.expect("Linux lists the threads"));
        let others = tasks.filter(|task| task.file_name() != main);
        // A thread may end between the listing and here.
        Self(others.filter_map(|task| Some((task.file_name(), activity(&task.path())?))).collect())
    }

    /// What those that are there have done since; who ended in between is left out.
    pub(crate) fn since(&self, before: &Self) -> Activity {
        let mut sum = Activity::default();
        for (name, now) in &self.0 {
            let then = before.0.get(name).copied().unwrap_or_default();
            sum.wake_ups += now.wake_ups.saturating_sub(then.wake_ups);
            sum.nanos += now.nanos.saturating_sub(then.nanos);
        }
        sum
    }
}

/// What a thread has done so far, if it is still there.
fn activity(task: &Path) -> Option<Activity> {
    let status = fs::read_to_string(task.join("status")).ok()?;
    let schedule = fs::read_to_string(task.join("schedstat")).ok()?;
    Some(Activity {
        wake_ups: field(&status, "voluntary_ctxt_switches")?,
        nanos: first_number(&schedule)?,
    })
}

/// The memory that this process has now, in KiB.
pub(crate) fn resident_kib() -> u64 {
    status("VmRSS")
}

/// The most that it ever had, in KiB.
pub(crate) fn peak_kib() -> u64 {
    status("VmHWM")
}

fn status(name: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux tells a process's status");
    field(&status, name).expect("the status has the field")
}

/// The number behind `name:` at the start of a line.
fn field(status: &str, name: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    first_number(rest)
}

fn first_number(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_ended_takes_nothing_away() {
        let threads = |all: &[(&str, u64)]| {
            let each = all.iter().map(|&(name, wake_ups)| {
                (OsString::from(name), Activity { wake_ups, nanos: 10 * wake_ups })
            });
            Threads(each.collect())
        };
        let (before, now) = (threads(&[("1", 500), ("2", 3)]), threads(&[("2", 5), ("3", 4)]));
        assert_eq!(now.since(&before), Activity { wake_ups: 6, nanos: 60 });
    }

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let status =
            "nonvoluntary_ctxt_switches:\t9\nvoluntary_ctxt_switches:\t7\nVmHWM:\t 12 kB\n";
        assert_eq!(field(status, "voluntary_ctxt_switches"), Some(7));
        assert_eq!(field(status, "VmHWM"), Some(12));
        assert_eq!(field(status, "VmRSS"), None);
    }
}
