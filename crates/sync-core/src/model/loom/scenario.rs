//! Runs a program on a contract, or on the algorithm that is to keep it, and says what its threads saw.
//!
//! Each outcome is printed in a line that begins with `OUTCOME`; `cargo xtask model` runs both and compares them.

use std::fmt::Debug;

use super::checker::{Model, Outcomes, model};

/// A program about to be run on one of the two.
#[derive(Debug, Clone)]
pub struct Scenario {
    name: &'static str,
    bound: usize,
    worlds: Vec<Model>,
}

/// Names a scenario, like the test that runs it.
#[must_use]
pub fn scenario(name: &'static str) -> Scenario {
    Scenario { name, bound: 2, worlds: vec![model(name)] }
}

impl Scenario {
    /// Explores the algorithm with so many forced switches instead of two. A contract is explored without a bound.
    #[must_use]
    pub fn bound(mut self, preemptions: usize) -> Self {
        self.bound = preemptions;
        self
    }

    /// Explores the algorithm once more, with something in it that the hardware does at times.
    #[must_use]
    pub fn also(mut self, world: impl FnOnce(Model) -> Model) -> Self {
        self.worlds.push(world(model(self.name)));
        self
    }

    /// Explores the program and prints what it returned.
    ///
    /// # Panics
    ///
    /// With the checker's verdict, or the program's own assertion.
    pub fn shows<T: Debug>(mut self, program: impl Fn() -> T + Clone + Send + Sync + 'static) {
        let is_contract = std::env::var_os("THREADKIT_EXPLORES").is_some_and(|it| it == "contract");
        if is_contract {
            self.worlds.truncate(1);
        }
        let outcomes = Outcomes::new();
        for world in self.worlds {
            let world = if is_contract { world.unbounded() } else { world.bound(self.bound) };
            let (seen, program) = (outcomes.clone(), program.clone());
            world.no_deeper().passes(move || seen.saw(format!("{:?}", program())));
        }
        outcomes.print(self.name);
    }
}
