//! Errors as handles: a code to branch on, and a sentence for people.

use std::ffi::{CString, c_char};

use seafoam_core::Error;

use crate::abi::{OK, c_string, code_of, give, maybe_handle, plain, take};

/// What a call came to: `SEAFOAM_OK` or one of the codes beside it.
pub type seafoam_code = i32;

/// Why a call failed. Never changes; readable from any thread.
pub struct seafoam_error {
    error: Error,
    message: CString,
}

impl seafoam_error {
    pub(crate) fn new(error: Error) -> Self {
        let message = c_string(error.message());
        Self { error, message }
    }
}

/// The code; `SEAFOAM_OK` for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_error_code(error: *const seafoam_error) -> seafoam_code {
    plain!({ maybe_handle!(error).map_or(OK, |error| code_of(error.error.code())) })
}

/// A sentence that says what happened, to what, and what is accepted instead; empty for NULL.
///
/// Ownership: borrowed, lives as long as `error`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_error_message(error: *const seafoam_error) -> *const c_char {
    plain!({ maybe_handle!(error).map_or(c"".as_ptr(), |error| error.message.as_ptr()) })
}

/// A copy that lives on its own, for an error that is borrowed from an event; NULL for NULL.
///
/// Ownership: free it with `seafoam_error_free`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_error_clone(error: *const seafoam_error) -> *mut seafoam_error {
    plain!({
        maybe_handle!(error)
            .map_or(std::ptr::null_mut(), |error| give(seafoam_error::new(error.error.clone())))
    })
}

/// Frees an error; NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_error_free(error: *mut seafoam_error) {
    plain!({ drop(take!(error)) });
}
