//! The command line.

use std::path::PathBuf;

xflags::xflags! {
    /// Developer commands of the workspace.
    cmd xtask {
        /// Explores every crate's tests/model.rs under the model checker and prints what was
        /// explored, or shows with --mutants that each seeded fault is caught.
        cmd model {
            /// The crates to look at; all that have models if none is named.
            repeated crates: String
            /// Switches the seeded faults on, one after the other, instead of exploring the models.
            optional --mutants
            /// Explores the larger bounds, too.
            optional --deep
        }

        /// Measures beside every peer, in interleaved rounds, prints a table, and writes summary.json,
        /// run.json and report.html into target/bench.
        cmd bench {
            /// Rows whose name has one of these in it; the name of an area (lock, rlock, semaphore,
            /// threadpool, queue, scaling) means that area alone.
            repeated filters: String
            /// Fewer and shorter rounds: four minutes at most instead of thirty.
            optional --quick
            /// Says what changed, beyond the noise, since the run that wrote this file.
            optional --compare old: PathBuf
            /// Measures nothing, but puts the newest record of benches/results into the README.
            optional --readme
        }

        /// Runs the programs of the folder stress, each round after round, on real threads and then in
        /// schedules that shuttle draws.
        cmd stress {
            /// Programs whose name has this in it.
            optional filter: String
            /// The seed of the first round; a new one if none is given.
            optional --seed seed: u64
            /// How long each program runs, in milliseconds: 1000 unless told.
            optional --millis millis: u64
        }

        /// Runs the same programs, but for the pool, under ThreadSanitizer; without a nightly toolchain it
        /// says so and does nothing.
        cmd tsan {
            /// Programs whose name has this in it.
            optional filter: String
            /// The seed of the first round; a new one if none is given.
            optional --seed seed: u64
            /// How long each program runs, in milliseconds: 1000 unless told.
            optional --millis millis: u64
        }

        /// Checks what the compiler does not: file headers, memory-ordering comments, which crate
        /// may name what and depend on what.
        cmd tidy {}

        /// Runs the examples of the lessons and checks what they print.
        cmd lessons {}

        /// Runs all checks of the project in this order and stops at the first failure; the tests
        /// are left to `cargo test --workspace`, which .ci/run calls first.
        ///
        ///   fmt           the code is formatted
        ///   clippy        no warnings
        ///   clippy-model  no warnings in the code as the model checker sees it
        ///   doc           the documentation builds without warnings
        ///   build         everything builds in release mode, examples included
        ///   features      every crate builds with no feature and with each feature alone
        ///   platforms     everything builds for other platforms; tests are run where this machine can
        ///   full-fences   the tests pass in release mode with full fences on both sides
        ///   checksum      the checksum example agrees with sha256sum
        ///   pipeline      the pipeline example agrees with wc -w
        ///   bench         the bench lab builds and measures a row
        ///   stress        cargo xtask stress
        ///   tsan          cargo xtask tsan
        ///   model         cargo xtask model
        ///   mutants       cargo xtask model --mutants
        ///   tidy          cargo xtask tidy
        ///   lessons       cargo xtask lessons
        ///   scratch       fresh projects outside work: one crate used alone, and the user guide's
        ///   packages      the packages, unpacked, have licences, no warnings and tests that pass
        cmd ci {
            /// Runs this step alone.
            optional --only step: String
        }
    }
}
