//! What an execution is to do where hardware may do the one or the other, and nobody needs both in all models:
//! each of these would lengthen every execution, or have it go on for ever.

use std::cell::Cell;

/// The default is what hardware does in the end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Choices {
    /// A busy wait looks once before it gives up, instead of never.
    pub(super) spins: bool,
    /// The first sleep of a patient waiter may end by itself. No other does: it would hide that nobody ends it.
    pub(super) first_sleep_may_end: bool,
    /// Patience is never over, instead of after the first sleep.
    pub(super) patience_lasts: bool,
    /// The first time-out may come before anybody else has done anything. The others come when all who can go
    /// on have been let go on for a while.
    pub(super) first_timeout_is_early: bool,
}

thread_local! {
    /// All threads of a model are coroutines on one OS thread.
    static CHOICES: Cell<Choices> = const { Cell::new(Choices {
        spins: false,
        first_sleep_may_end: false,
        patience_lasts: false,
        first_timeout_is_early: false,
    }) };
}

/// Begins an execution with these.
pub(super) fn prepare(choices: Choices) {
    CHOICES.set(choices);
}

/// What this execution is to do.
pub(super) fn chosen() -> Choices {
    CHOICES.get()
}

/// Tells whether this is the first sleep of a patient waiter and may end by itself.
pub(super) fn sleep_may_end() -> bool {
    let choices = CHOICES.get();
    CHOICES.set(Choices { first_sleep_may_end: false, ..choices });
    choices.first_sleep_may_end
}

/// Tells whether this is the first time-out and may come at once.
pub(super) fn timeout_is_early() -> bool {
    let choices = CHOICES.get();
    CHOICES.set(Choices { first_timeout_is_early: false, ..choices });
    choices.first_timeout_is_early
}
