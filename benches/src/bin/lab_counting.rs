//! The bench lab with an allocator that counts; the lab runs it for rows about allocations.

use threadkit_benches::lab::{self, counting::Counting};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() -> std::process::ExitCode {
    lab::main()
}
