//! Keys of the runtime: the system's random bytes, and files of keys.

use std::fs::File;
use std::io::Read;

use zeroize::Zeroizing;

use crate::api::config::Settings;
use crate::api::error::{Error, ErrorCode, Result};
use crate::proto::seal::{Entropy, Key, KeyList};

/// No file of keys is longer: eight keys with long comments fit in.
const FILE_BYTES: u64 = 64 << 10;

/// The system's random bytes.
pub(crate) struct System;

impl Entropy for System {
    fn fill(&mut self, bytes: &mut [u8]) -> bool {
        getrandom::fill(bytes).is_ok()
    }
}

/// A new key, as the text that `keys` takes.
///
/// # Errors
/// `internal` where the system gives no random bytes.
pub(crate) fn generate_key() -> Result<String> {
    let key = Key::generate(&mut System).ok_or_else(|| {
        Error::new(ErrorCode::Internal, "the system gives no random bytes: no key was made")
    })?;
    Ok(key.secret_text().to_string())
}

/// The keys with which a cluster starts: those of the configuration, or of its file.
pub(super) fn at_start(settings: &Settings) -> Result<KeyList> {
    let Some(path) = &settings.keys_file else {
        return Ok(settings.keys.clone());
    };
    read(path)
}

/// The keys of a file, one a line.
///
/// # Errors
/// `invalid_config` where it cannot be read or others may read it, `bad_key` naming the place of a key
/// that is refused, `key_required` where there is none.
pub(crate) fn read(path: &str) -> Result<KeyList> {
    let refused =
        |why: String| Error::new(ErrorCode::InvalidConfig, format!("keys_file = {path:?}: {why}"));
    let file = File::open(path).map_err(|error| refused(error.to_string()))?;
    check_mode(&file).map_err(refused)?;
    let mut text = Zeroizing::new(String::new());
    // One byte more than allowed tells a file that is too long.
    let read = file.take(FILE_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| refused(error.to_string()))?;
    if text.len() as u64 > FILE_BYTES {
        return Err(refused(format!("it is longer than {FILE_BYTES} bytes")));
    }
    let keys = KeyList::parse(&text).map_err(|error| {
        Error::new(error.code(), format!("keys_file = {path:?}: {}", error.message()))
    })?;
    if keys.0.is_empty() {
        return Err(Error::new(
            ErrorCode::KeyRequired,
            format!(
                "keys_file = {path:?} has no key: write one a line, as generate_key makes them"
            ),
        ));
    }
    Ok(keys)
}

/// Whoever can read the keys can speak in the cluster.
#[cfg(unix)]
fn check_mode(file: &File) -> std::result::Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let data = file.metadata().map_err(|error| error.to_string())?;
    if !data.is_file() {
        return Err("it is no file".to_owned());
    }
    match data.mode() & 0o777 {
        mode if mode & 0o077 == 0 => Ok(()),
        mode => Err(format!("its mode is {mode:04o}, and others may read it: chmod 600")),
    }
}

#[cfg(not(unix))]
fn check_mode(_file: &File) -> std::result::Result<(), String> {
    Ok(())
}
