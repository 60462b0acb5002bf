//! Seeded faults, which show that the models can fail. See [`mutant!`](crate::mutant!).

/// Tells whether `THREADKIT_MUTANT` names this fault.
#[cfg(threadkit_mutants)]
pub fn chosen(name: &str) -> bool {
    use std::sync::OnceLock;
    static CHOICE: OnceLock<Option<String>> = OnceLock::new();
    CHOICE.get_or_init(|| std::env::var("THREADKIT_MUTANT").ok()).as_deref() == Some(name)
}
