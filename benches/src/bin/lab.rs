//! The bench lab; `cargo xtask bench` builds and runs it.

fn main() -> std::process::ExitCode {
    threadkit_benches::lab::main()
}
