//! Keys that seal the traffic, changed while the cluster runs.

use std::ffi::{CString, c_char};
use std::ptr;

use seafoam_core::{KeyInfo, MemberKeys};

use crate::abi::{
    Out, c_string, fallible, handle, maybe_handle, maybe_out, out, plain, take, text, timeout,
};
use crate::cluster::seafoam_cluster;
use crate::error::{seafoam_code, seafoam_error};

/// Keys by their ids; no key is ever shown. Never changes; readable from any thread.
pub struct seafoam_keys {
    keys: Vec<(CString, bool)>,
}

impl seafoam_keys {
    fn new(keys: &[KeyInfo]) -> Self {
        Self { keys: keys.iter().map(|key| (c_string(&key.id), key.seals)).collect() }
    }

    fn of_member(ids: &[String]) -> Self {
        let keys = ids.iter().enumerate();
        Self { keys: keys.map(|(place, id)| (c_string(id), place == 0)).collect() }
    }
}

/// The keys of all members, each as it told them itself. Never changes; readable from any thread.
pub struct seafoam_key_report {
    members: Vec<(CString, bool, seafoam_keys)>,
}

impl seafoam_key_report {
    fn new(members: &[MemberKeys]) -> Self {
        let member = |member: &MemberKeys| {
            (c_string(&member.name), member.answered, seafoam_keys::of_member(&member.keys))
        };
        Self { members: members.iter().map(member).collect() }
    }
}

/// Makes a new key, to be given to every node as `keys` or in a `keys_file`: 32 bytes of the
/// system's randomness in base64.
///
/// Ownership: free `*key` with `seafoam_string_free`. Threads: any.
/// Errors: `SEAFOAM_INTERNAL` where the system gives no random bytes, `SEAFOAM_INVALID_CONFIG` where
/// `key` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_generate_key(
    key: *mut *mut c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let key: Out<*mut c_char> = out!(key);
        key.give_text(&seafoam_core::generate_key()?);
        Ok(())
    })
}

/// The keys of this node, that which seals first; none where traffic is plain.
///
/// Ownership: free `*keys` with `seafoam_keys_free`. Threads: any.
/// Errors: `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_list(
    cluster: *const seafoam_cluster,
    keys: *mut *mut seafoam_keys,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let keys: Out<*mut seafoam_keys> = out!(keys);
        let cluster = &handle!(cluster).cluster;
        keys.give(seafoam_keys::new(&cluster.keyring().list()?));
        Ok(())
    })
}

/// Adds a key (32 bytes in base64) that opens traffic but does not seal it yet. A key that is there
/// already is no error.
///
/// Ownership: the text is copied. `key_id` may be NULL; else free `*key_id` with
/// `seafoam_string_free`. Threads: any.
/// Errors: `SEAFOAM_BAD_KEY` for what is no key, an id that is taken, a full keyring, or a cluster
/// that was started without keys; `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`. Nothing was changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_install(
    cluster: *const seafoam_cluster,
    key: *const c_char,
    key_id: *mut *mut c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let key_id: Option<Out<*mut c_char>> = maybe_out!(key_id);
        let cluster = &handle!(cluster).cluster;
        let id = cluster.keyring().install(text!(key))?;
        if let Some(out) = key_id {
            out.give_text(&id);
        }
        Ok(())
    })
}

/// Seals with an installed key, named by its key id, from now on: on this node alone.
///
/// Ownership: the text is copied. Threads: any.
/// Errors: `SEAFOAM_BAD_KEY` where it is not installed, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_use(
    cluster: *const seafoam_cluster,
    key_id: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.keyring().use_key(text!(key_id))
    })
}

/// Takes an installed key, named by its key id, away: on this node alone. What is sealed with it is
/// dropped from now on.
///
/// Ownership: the text is copied. Threads: any.
/// Errors: `SEAFOAM_BAD_KEY` where it is not installed, or is the one that seals;
/// `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_retire(
    cluster: *const seafoam_cluster,
    key_id: *const c_char,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let cluster = &handle!(cluster).cluster;
        cluster.keyring().retire(text!(key_id))
    })
}

/// Reads `keys_file` again and takes its keys in place of the present ones. `keys` may be NULL.
///
/// Ownership: free `*keys` with `seafoam_keys_free`. Threads: any.
/// Errors: `SEAFOAM_INVALID_CONFIG` where there is no `keys_file` or it cannot be read,
/// `SEAFOAM_BAD_KEY`, `SEAFOAM_KEY_REQUIRED` where it has no key; `SEAFOAM_CLOSED`,
/// `SEAFOAM_FORKED`. Nothing was changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_reload(
    cluster: *const seafoam_cluster,
    keys: *mut *mut seafoam_keys,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let keys: Option<Out<*mut seafoam_keys>> = maybe_out!(keys);
        let cluster = &handle!(cluster).cluster;
        let found = cluster.keyring().reload()?;
        if let Some(out) = keys {
            out.give(seafoam_keys::new(&found));
        }
        Ok(())
    })
}

/// Asks every member which keys it has. Blocks until all have answered, `timeout_millis` at most;
/// those that did not answer are in the report as such.
///
/// Ownership: free `*report` with `seafoam_key_report_free`. Threads: any.
/// Errors: `SEAFOAM_BUSY` where too many such calls wait; `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_report(
    cluster: *const seafoam_cluster,
    timeout_millis: i64,
    report: *mut *mut seafoam_key_report,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let report: Out<*mut seafoam_key_report> = out!(report);
        let cluster = &handle!(cluster).cluster;
        let found = cluster.keyring().report(timeout(timeout_millis)).wait()?;
        report.give(seafoam_key_report::new(&found));
        Ok(())
    })
}

/// Seals with an installed key, named by its key id, in the whole cluster: waits until every ALIVE
/// member says that it has the key, then tells all to use it. `report` (what they answered) may be
/// NULL. Can be called again at any time.
///
/// Ownership: the text is copied; free `*report` with `seafoam_key_report_free`. Threads: any.
/// Errors: `SEAFOAM_TIMEOUT` naming who lacks the key or did not answer within `timeout_millis`: as
/// long as any ALIVE member lacks it, nothing is changed. `SEAFOAM_BAD_KEY` where it is not installed
/// here, `SEAFOAM_BUSY`, `SEAFOAM_CLOSED`, `SEAFOAM_FORKED`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_cluster_keyring_rotate(
    cluster: *const seafoam_cluster,
    key_id: *const c_char,
    timeout_millis: i64,
    report: *mut *mut seafoam_key_report,
    error: *mut *mut seafoam_error,
) -> seafoam_code {
    fallible!(error, {
        let report: Option<Out<*mut seafoam_key_report>> = maybe_out!(report);
        let cluster = &handle!(cluster).cluster;
        let rotation = cluster.keyring().rotate(text!(key_id), timeout(timeout_millis));
        let found = rotation.wait()?;
        if let Some(out) = report {
            out.give(seafoam_key_report::new(&found));
        }
        Ok(())
    })
}

/// How many keys there are; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_keys_length(keys: *const seafoam_keys) -> usize {
    plain!({ maybe_handle!(keys).map_or(0, |keys| keys.keys.len()) })
}

/// The id of a key, by index from 0: four hexadecimal digits; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `keys`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_keys_id(keys: *const seafoam_keys, index: usize) -> *const c_char {
    plain!({
        let found = maybe_handle!(keys).and_then(|keys| keys.keys.get(index));
        found.map_or(ptr::null(), |(id, _)| id.as_ptr())
    })
}

/// Whether a key seals what its node sends, by index from 0; false beyond the last one.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_keys_seals(keys: *const seafoam_keys, index: usize) -> bool {
    plain!({
        let found = maybe_handle!(keys).and_then(|keys| keys.keys.get(index));
        found.is_some_and(|(_, seals)| *seals)
    })
}

/// Frees a list of keys; NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_keys_free(keys: *mut seafoam_keys) {
    plain!({ drop(take!(keys)) });
}

/// How many members are in a report; 0 for NULL.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_key_report_length(report: *const seafoam_key_report) -> usize {
    plain!({ maybe_handle!(report).map_or(0, |report| report.members.len()) })
}

/// The name of a member, by index from 0; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `report`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_key_report_name(
    report: *const seafoam_key_report,
    index: usize,
) -> *const c_char {
    plain!({
        let found = maybe_handle!(report).and_then(|report| report.members.get(index));
        found.map_or(ptr::null(), |(name, ..)| name.as_ptr())
    })
}

/// Whether a member answered in time, by index from 0; if not, its keys are not known. False beyond
/// the last one.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_key_report_answered(
    report: *const seafoam_key_report,
    index: usize,
) -> bool {
    plain!({
        let found = maybe_handle!(report).and_then(|report| report.members.get(index));
        found.is_some_and(|(_, answered, _)| *answered)
    })
}

/// The keys of a member, by index from 0, that which seals first; NULL beyond the last one.
///
/// Ownership: borrowed, lives as long as `report`. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_key_report_keys(
    report: *const seafoam_key_report,
    index: usize,
) -> *const seafoam_keys {
    plain!({
        let found = maybe_handle!(report).and_then(|report| report.members.get(index));
        found.map_or(ptr::null(), |(.., keys)| ptr::from_ref(keys))
    })
}

/// Frees a report and its keys; NULL is fine.
///
/// Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn seafoam_key_report_free(report: *mut seafoam_key_report) {
    plain!({ drop(take!(report)) });
}
