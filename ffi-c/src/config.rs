//! What a cluster is started with: keys and values as texts, so that a new key needs no new call.

use std::ffi::c_char;
use std::sync::Mutex;

use seafoam_core::Config;

use crate::abi::{fallible, give, handle, lock, plain, take, text};
use crate::error::{seafoam_code, seafoam_error};

/// Values for a cluster that is to be started. Usable from any thread, and for any number of
/// clusters.
pub struct seafoam_config {
    config: Mutex<Config>,
}

impl seafoam_config {
    pub(crate) fn copy(&self) -> Config {
        lock(&self.config).clone()
    }
}

/// A configuration in which nothing is set: at start, what is not set comes from the environment
/// (`SEAFOAM_ENV_...`), then from the defaults.
///
/// Ownership: free it with `seafoam_config_free`. Threads: any.
#[unsafe(no_mangle)]
pub extern "C" fn seafoam_config_new() -> *mut seafoam_config {
    plain!({ give(seafoam_config { config: Mutex::new(Config::new()) }) })
}

/// Sets a key (`SEAFOAM_KEY_...`) to a value, both as texts: numbers in decimal, `true` or `false`,
/// lists with commas between.
///
/// Ownership: both texts are copied. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where there is no such key or it does not accept the value; the
/// message names the key, the value and what is accepted, and nothing was set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_config_set(
    config: *mut seafoam_config,
    key: *const c_char,
    value: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let config = handle!(config);
        let (key, value) = (text!(key), text!(value));
        lock(&config.config).set(key, value)
    })
}

/// Takes nothing from the environment at start: values that were set, and defaults, alone.
///
/// Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where `config` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_config_ignore_environment(
    config: *mut seafoam_config,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let mut config = lock(&handle!(config).config);
        *config = std::mem::take(&mut *config).without_env();
        Ok(())
    })
}

/// Frees a configuration; NULL is fine. Clusters that were started with it go on.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_config_free(config: *mut seafoam_config) {
    plain!({ drop(take!(config)) });
}
