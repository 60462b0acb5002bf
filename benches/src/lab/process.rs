//! What Linux tells about this process.

use std::fs;

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

/// What all threads but the main one have done.
///
/// # Panics
///
/// If the system is not Linux, as the other calls.
pub(crate) fn other_threads() -> Activity {
    let main = std::process::id().to_string();
    let mut sum = Activity::default();
    for thread in fs::read_dir("/proc/self/task").expect("Linux lists the threads") {
        let thread = thread.expect("Linux lists the threads").path();
        if thread.ends_with(&main) {
            continue;
        }
        // A thread may end between the listing and here.
        let Ok(status) = fs::read_to_string(thread.join("status")) else { continue };
        let Ok(schedule) = fs::read_to_string(thread.join("schedstat")) else { continue };
        sum.wake_ups += field(&status, "voluntary_ctxt_switches").expect("switches are counted");
        sum.nanos += first_number(&schedule).expect("time on a processor is counted");
    }
    sum
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
    fn a_field_is_found_by_its_whole_name() {
        let status =
            "nonvoluntary_ctxt_switches:\t9\nvoluntary_ctxt_switches:\t7\nVmHWM:\t 12 kB\n";
        assert_eq!(field(status, "voluntary_ctxt_switches"), Some(7));
        assert_eq!(field(status, "VmHWM"), Some(12));
        assert_eq!(field(status, "VmRSS"), None);
    }
}
