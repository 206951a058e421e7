//! The one place where the engine's thread enters a host's code: a wake.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::log::logged;

/// Calls a host's wake. One that panics is the host's defect: it is logged, and neither the engine
/// nor the others who are to be woken are any the worse for it.
pub(crate) fn call_hook(hook: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(hook)).is_err() {
        logged!(Error, "a wake of the host panicked");
    }
}
