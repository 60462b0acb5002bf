//! The pair of fences on hardware, in both of its modes.

use std::env;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::sync::OnceLock;
use std::sync::atomic::{self, AtomicU32, AtomicUsize, Ordering, compiler_fence};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sync_core::fence;

const SWITCH: &str = "THREADKIT_SYMMETRIC_FENCES";

/// On a cache line of its own, so that a store to it stays in the processor's buffer for a while.
#[derive(Default)]
#[repr(align(128))]
struct Flag(AtomicU32);

/// As many stores go before the one that counts.
const BALLAST: usize = 16;

/// Two threads each set their flag, pass their fence and look at the other's flag, with new flags in
/// each round. Returns in how many rounds neither saw the other.
fn unseen(rounds: usize, fences: [fn(); 2]) -> usize {
    let flags: Vec<[Flag; 2]> = (0..rounds).map(|_| Default::default()).collect();
    let ballast: [Flag; BALLAST] = Default::default();
    let arrived = AtomicUsize::new(0);
    let seen_by = &|own: usize| -> Vec<u32> {
        to_a_core_of_its_own(own);
        let each = |(round, flags): (usize, &[Flag; 2])| {
            // The first thread is to have the other's flag at hand, but none of the lines that it writes to.
            if own == 0 {
                flags[1].0.load(Ordering::Relaxed);
            } else {
                ballast.iter().for_each(|line| line.0.store(2, Ordering::Relaxed));
                flags[0].0.load(Ordering::Relaxed);
            }
            meet(&arrived, 2 * (round + 1));
            // So that each comes first now and then, by whatever small distance.
            (0..if own == 0 { round % 8 } else { 4 }).for_each(|_| std::hint::spin_loop());
            if own == 0 {
                // Stores leave in their order: these keep back the one that counts. Without them a
                // fence that does nothing would hardly be noticed.
                ballast.iter().for_each(|line| line.0.store(1, Ordering::Relaxed));
            }
            flags[own].0.store(1, Ordering::Relaxed);
            fences[own]();
            flags[1 - own].0.load(Ordering::Relaxed)
        };
        flags.iter().enumerate().map(each).collect()
    };
    let (left, right) = thread::scope(|scope| {
        let [left, right] = [0, 1].map(|own| scope.spawn(move || seen_by(own)));
        (left.join().unwrap(), right.join().unwrap())
    });
    left.into_iter().zip(right).filter(|pair| *pair == (0, 0)).count()
}

/// Rounds in a row of one kind.
const BATCH: usize = 500;
/// So often must two threads have missed each other without a barrier before those that have one are believed.
const ENOUGH: usize = 1_000;
/// After so long they are believed anyway: on a busy machine there may be little to be seen.
const LONG: Duration = Duration::from_secs(10);

/// Fails if threads with these fences miss each other, in as many rounds as it takes to see it [`ENOUGH`] times with
/// what a broken pair would do in the place of these: a fence for the compiler on one side, a full one on the other.
///
/// So the test measures what it is worth as it goes, and goes on until that is enough. Measured on two cores that
/// had much other work: with a `heavy` that makes no barrier, and with either side without its full fence in the
/// other mode, it failed in eight runs of eight, after 18 to 83 of these misses, and so it sees that a dozen times over
/// before it ends. A core that is busy with something else shows nothing for some hundred rounds in a row; hence the
/// batches by turns. It takes optimised code: the workspace's manifest asks for it.
fn are_ordered(fences: [fn(); 2]) {
    let start = Instant::now();
    let mut without = 0;
    loop {
        without += unseen(BATCH, [for_the_compiler, full]);
        assert_eq!(unseen(BATCH, fences), 0, "without a barrier there were {without}");
        if without >= ENOUGH || start.elapsed() >= LONG || !has_two_cores() {
            break;
        }
    }
}

fn for_the_compiler() {
    compiler_fence(Ordering::SeqCst);
}

fn full() {
    atomic::fence(Ordering::SeqCst);
}

/// The cores that the process may use.
#[cfg(target_os = "linux")]
fn cores() -> &'static [usize] {
    static ALL: OnceLock<Vec<usize>> = OnceLock::new();
    ALL.get_or_init(|| {
        let size = size_of::<libc::cpu_set_t>();
        // SAFETY: the set is made of integers, for which zero is a value; the call writes it alone, and no bit
        // beyond its end is asked for.
        unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::sched_getaffinity(0, size, &raw mut set);
            (0..8 * size).filter(|&core| libc::CPU_ISSET(core, &set)).collect()
        }
    })
}

/// Tells whether anything is to be seen here: on a common core two threads always see each other's stores.
#[cfg(target_os = "linux")]
fn has_two_cores() -> bool {
    cores().len() > 1
}

#[cfg(not(target_os = "linux"))]
fn has_two_cores() -> bool {
    thread::available_parallelism().map_or(true, |cores| cores.get() > 1)
}

/// Puts the calling thread on the first or the second of the cores, if it can.
#[cfg(target_os = "linux")]
fn to_a_core_of_its_own(number: usize) {
    let Some(&core) = cores().get(number) else { return };
    // SAFETY: as in `cores`, and the core is one of those that were found in such a set.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
    }
}

#[cfg(not(target_os = "linux"))]
fn to_a_core_of_its_own(_number: usize) {}

/// Waits, awake if it is not for long, until so many have arrived in all.
fn meet(arrived: &AtomicUsize, all: usize) {
    arrived.fetch_add(1, Ordering::AcqRel);
    let mut looks = 0_u32;
    while arrived.load(Ordering::Acquire) < all {
        looks += 1;
        if looks.is_multiple_of(1_000) {
            thread::yield_now();
        } else {
            std::hint::spin_loop();
        }
    }
}

fn heavy() {
    assert!(fence::heavy(), "the barrier was refused");
}

/// Two tests that look at the cores' buffers at once disturb each other.
fn alone() -> MutexGuard<'static, ()> {
    static CORES: Mutex<()> = Mutex::new(());
    CORES.lock().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_light_and_a_heavy_fence_are_ordered() {
    assert!(
        fence::affordable(),
        "and decides the mode, so that no heavy fence is refused meanwhile"
    );
    let _alone = alone();
    are_ordered([fence::light, heavy]);
    are_ordered([heavy, heavy]);
    if !fence::is_asymmetric() {
        are_ordered([fence::light, fence::light]);
    }
}

#[test]
fn the_mode_is_decided_once() {
    let mode = fence::is_asymmetric();
    assert!(fence::heavy());
    assert_eq!(fence::is_asymmetric(), mode);
    if env::var_os(SWITCH).is_some() {
        assert!(!mode, "{SWITCH} makes both sides full fences");
    }
}

/// The other tests once more, in a process with the switch.
#[test]
fn all_this_holds_without_the_barrier_too() {
    if env::var_os(SWITCH).is_some() {
        return;
    }
    let _alone = alone();
    let tests = Command::new(env::current_exe().unwrap()).env(SWITCH, "1").output().unwrap();
    let text = String::from_utf8_lossy(&tests.stdout);
    assert!(tests.status.success(), "{text}");
    assert!(text.contains("3 passed"), "{text}");
}
