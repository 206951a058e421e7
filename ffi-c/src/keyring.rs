//! Keys that seal the traffic, changed while the cluster runs. Not available in this version.

use std::ffi::c_char;

use seafoam_core::{Cluster, Error, ErrorCode, Result};

use crate::abi::{fallible, handle, text};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};

/// A closed or forked cluster says so before anything else, as in every other call.
fn not_available(cluster: &Cluster, what: &str) -> Result<()> {
    cluster.settings()?;
    Err(Error::new(
        ErrorCode::NotAvailable,
        format!(
            "{what} is not available in version {}; nothing was changed",
            seafoam_core::VERSION
        ),
    ))
}

/// Adds a key (32 bytes in base64) that opens traffic but does not seal it yet.
///
/// Ownership: the text is copied. Threads: any.
/// Errors: `SEAFOAM_NOT_AVAILABLE` in this version; `SEAFOAM_BAD_KEY`, `SEAFOAM_CLOSED`,
/// `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_install(
    cluster: *const seafoam_cluster,
    key: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        let _key: &str = text!(key);
        not_available(cluster, "keyring install")
    })
}

/// Seals with an installed key, named by its key id, from now on.
///
/// Ownership: the text is copied. Threads: any.
/// Errors: `SEAFOAM_NOT_AVAILABLE` in this version; `SEAFOAM_BAD_KEY`, `SEAFOAM_CLOSED`,
/// `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_use(
    cluster: *const seafoam_cluster,
    key_id: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        let _key_id: &str = text!(key_id);
        not_available(cluster, "keyring use")
    })
}

/// Takes an installed key, named by its key id, away.
///
/// Ownership: the text is copied. Threads: any.
/// Errors: `SEAFOAM_NOT_AVAILABLE` in this version; `SEAFOAM_BAD_KEY`, `SEAFOAM_CLOSED`,
/// `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_retire(
    cluster: *const seafoam_cluster,
    key_id: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        let _key_id: &str = text!(key_id);
        not_available(cluster, "keyring retire")
    })
}
