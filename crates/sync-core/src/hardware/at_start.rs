//! What is done when the program is loaded, while there is one thread. It all works without that, only less well.

use super::{clock, fence, process};

#[used]
// SAFETY: the section holds pointers to functions without a result that the loader calls one by one,
// usually before `main`. Ours needs nothing that comes later; of `std` it uses a `Once`, the
// environment and the clock.
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = prepare;

extern "C" fn prepare() {
    process::observe_forks();
    fence::register_early();
    let _start = clock::start();
}
