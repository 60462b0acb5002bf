//! The pair of fences on hardware, in both of its modes.

use std::env;
use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;

use sync_core::fence;

const SWITCH: &str = "THREADKIT_SYMMETRIC_FENCES";

/// On a cache line of its own, so that a store to it stays in the processor's buffer for a while.
#[derive(Default)]
#[repr(align(128))]
struct Flag(AtomicU32);

/// Two threads each set their flag, pass their fence and look at the other's flag, with new flags in
/// each round. Returns in how many rounds neither saw the other.
fn unseen(rounds: usize, fences: [fn(); 2]) -> usize {
    let flags: Vec<[Flag; 2]> = (0..rounds).map(|_| Default::default()).collect();
    let ballast: Vec<[Flag; 4]> = (0..rounds).map(|_| Default::default()).collect();
    let arrived = AtomicUsize::new(0);
    let seen_by = |own: usize| -> Vec<u32> {
        let each = |(round, flags): (usize, &[Flag; 2])| {
            meet(&arrived, 2 * (round + 1));
            // So that each comes first now and then, by whatever small distance.
            (0..if own == 0 { round % 32 } else { 16 }).for_each(|_| std::hint::spin_loop());
            if own == 0 {
                // Stores leave in their order: these keep back the one that counts. Without them a
                // fence that does nothing would hardly be noticed.
                ballast[round].iter().for_each(|line| line.0.store(1, Ordering::Relaxed));
            }
            flags[own].0.store(1, Ordering::Relaxed);
            fences[own]();
            flags[1 - own].0.load(Ordering::Relaxed)
        };
        flags.iter().enumerate().map(each).collect()
    };
    let (left, right) = thread::scope(|scope| {
        let right = scope.spawn(|| seen_by(1));
        (seen_by(0), right.join().unwrap())
    });
    left.into_iter().zip(right).filter(|pair| *pair == (0, 0)).count()
}

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

#[test]
fn a_light_and_a_heavy_fence_are_ordered() {
    assert!(
        fence::affordable(),
        "and decides the mode, so that no heavy fence is refused meanwhile"
    );
    assert_eq!(unseen(20_000, [fence::light, heavy]), 0);
    assert_eq!(unseen(20_000, [heavy, heavy]), 0);
    if !fence::is_asymmetric() {
        assert_eq!(unseen(20_000, [fence::light, fence::light]), 0);
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
    let tests = Command::new(env::current_exe().unwrap()).env(SWITCH, "1").output().unwrap();
    let text = String::from_utf8_lossy(&tests.stdout);
    assert!(tests.status.success(), "{text}");
    assert!(text.contains("3 passed"), "{text}");
}
