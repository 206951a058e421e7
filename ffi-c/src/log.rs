//! The log: process-wide, one threshold, one logger.

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_void};

use seafoam_core::{Error, ErrorCode, LogLevel};

use crate::abi::{UserData, c_string, fallible, plain, seafoam_drop, text, timeout, value_of};
use crate::error::{seafoam_code, seafoam_error};
use crate::words::seafoam_level;

/// Takes a line of the log. Called on a thread of the library, one line at a time; `line` is
/// borrowed for the call.
pub type seafoam_logger =
    Option<unsafe extern "C" fn(user_data: *mut c_void, level: seafoam_level, line: *const c_char)>;

thread_local! {
    /// Whether this thread runs the logger now.
    static IN_LOGGER: Cell<bool> = const { Cell::new(false) };
}

/// Sets the logger of the process; a NULL `logger` restores the default, standard error. Waits for
/// a running call of the old one; none begins afterwards, and its `drop` has run.
///
/// Ownership: `drop` (may be NULL) is called exactly once with `user_data`, when the logger will
/// not be called again, also where this call fails. Threads: any but the logger's own call.
/// Errors: `SEAFOAM_BUSY` from inside the logger, which cannot be waited for there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_set_logger(
    logger: seafoam_logger,
    user_data: *mut c_void,
    drop: seafoam_drop,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    let user_data = UserData::new(user_data, drop);
    fallible!(error, {
        if IN_LOGGER.get() {
            return Err(Error::new(
                ErrorCode::Busy,
                "a logger cannot replace itself while it is called; nothing was changed",
            ));
        }
        let call = logger.map(|function| -> seafoam_core::Logger {
            Box::new(move |level: LogLevel, line: &str| {
                let line = c_string(line);
                IN_LOGGER.set(true);
                // SAFETY: the caller handed both over for exactly this.
                unsafe { function(user_data.pointer(), level.number().into(), line.as_ptr()) };
                IN_LOGGER.set(false);
            })
        });
        seafoam_core::set_logger(call);
        Ok(())
    })
}

/// Sets the threshold of the log (`SEAFOAM_LOG_...`): lines below it are not made at all.
///
/// Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` for a number that is no level; nothing was changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_set_log_level(
    level: c_int,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let level = value_of("level", level, LogLevel::ALL, LogLevel::number)?;
        seafoam_core::set_log_level(level);
        Ok(())
    })
}

/// The threshold of the log (`SEAFOAM_LOG_...`).
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_log_level() -> seafoam_level {
    plain!({ seafoam_core::log_level().number().into() })
}

/// Logs a line, for programs that want theirs among those of the library.
///
/// Ownership: the text is copied. Threads: any, also from inside the logger; never waits for it.
/// Errors: `SEAFOAM_INVALID_CONFIG` for a number that is no level, or a text that cannot be taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_log(
    level: c_int,
    line: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let level = value_of("level", level, LogLevel::ALL, LogLevel::number)?;
        seafoam_core::log(level, text!(line));
        Ok(())
    })
}

/// Waits until every line so far was handed to the logger, for `timeout_millis` at most (negative
/// waits for ever). From inside the logger it returns at once.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_flush_log(timeout_millis: i64) {
    plain!({
        if !IN_LOGGER.get() {
            seafoam_core::flush_log(timeout(timeout_millis));
        }
    });
}
