//! Lighthouses that were learned, in `state_dir`: after a restart those that are away still count.

use std::sync::Arc;
use std::time::Duration;

use super::state::{StateDir, Stored};
use crate::limits;
use crate::log::logged;
use crate::proto::wire::is_valid_name;
use crate::shared::Shared;

/// The file's name, and its first line: what it is, and the version of its format.
const FILE: Stored = Stored { name: "lighthouses", title: "seafoam lighthouses 1" };
/// How often they are written down, where they changed.
const SAVE_PAUSE: Duration = Duration::from_secs(1);

/// Whether anything is learned with these settings.
pub(super) fn learns(shared: &Shared) -> bool {
    let settings = shared.settings.read();
    settings.lighthouses.is_empty() && !settings.fallback
}

/// What an earlier run had learned.
pub(super) fn load(dir: &StateDir) -> Vec<Arc<str>> {
    let name = |line: &str| is_valid_name(line).then(|| Arc::from(line));
    let mut names: Vec<_> = dir.load(FILE, name).unwrap_or_default();
    names.truncate(limits::LIGHTHOUSES);
    names
}

/// Writes them down whenever they changed, for as long as the node runs.
pub(super) async fn remember(shared: Arc<Shared>, dir: Arc<StateDir>, loaded: Vec<Arc<str>>) {
    let mut written = loaded;
    let mut failed = false;
    loop {
        tokio::time::sleep(SAVE_PAUSE).await;
        let names = shared.engine.lock().learned();
        if names == written {
            continue;
        }
        let (held, saved) = (Arc::clone(&dir), names.clone());
        let outcome = tokio::task::spawn_blocking(move || held.save(FILE, &saved)).await;
        match outcome {
            Ok(Ok(())) => written = names,
            Ok(Err(error)) if !failed => {
                failed = true;
                logged!(Warn, "{}: lighthouses are not remembered: {error}", dir.path().display());
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
}

/// The last word before the node ends.
pub(super) fn save_at_end(shared: &Shared, dir: &StateDir) {
    let names = shared.engine.lock().learned();
    let new = names.is_empty() && !dir.path().join(FILE.name).exists();
    if new || !learns(shared) {
        return;
    }
    if let Err(error) = dir.save(FILE, &names) {
        logged!(Warn, "{}: lighthouses are not remembered: {error}", dir.path().display());
    }
}
