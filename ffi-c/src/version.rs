//! Version, clock and address of this machine.

use std::ffi::{c_char, c_int};

use crate::abi::{Out, fallible, free_text, out, plain};
use crate::error::{seafoam_code, seafoam_error};

/// Version of the library that is loaded, `major.minor.patch`; `SEAFOAM_VERSION` is that of the
/// header.
///
/// Ownership: static, never freed. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Version of the library that is loaded as a number that rises with it, built as
/// `SEAFOAM_VERSION_NUMBER` is.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_version_number() -> c_int {
    let mut parts = env!("CARGO_PKG_VERSION").split('.');
    let mut next = || parts.next().and_then(|part| part.parse::<c_int>().ok());
    let (major, minor, patch) = (next(), next(), next());
    major.unwrap_or(0) * 1_000_000 + minor.unwrap_or(0) * 1_000 + patch.unwrap_or(0)
}

/// The wall clock in milliseconds since the epoch.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_now_millis() -> u64 {
    plain!({ seafoam_core::now_millis() })
}

/// This machine's address: global before private before link-local, IPv6 before IPv4. `*ip` is
/// NULL where there is none but loopback.
///
/// Ownership: free `*ip` with `seafoam_string_free`. Threads: any.
/// Errors: `SEAFOAM_INTERNAL` where the system cannot be asked, `SEAFOAM_INVALID_CONFIG` where `ip`
/// is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_local_ip(
    ip: *mut *mut c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let ip: Out<*mut c_char> = out!(ip);
        if let Some(found) = seafoam_core::local_ip()? {
            ip.give_text(&found.to_string());
        }
        Ok(())
    })
}

/// Frees a text that a call of this library gave to its caller; NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_string_free(text: *mut c_char) {
    plain!({
        // SAFETY: the caller's contract: NULL, or a text that was given away and not freed yet.
        unsafe { free_text(text) };
    });
}
