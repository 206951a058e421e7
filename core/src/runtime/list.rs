//! A list of lighthouses that was changed while this node ran, in `state_dir` (docs/leadership.md).

use std::fs::File;
use std::io;

use super::state::StateDir;
use crate::api::config::Settings;
use crate::api::error::{Error, ErrorCode, Result};
use crate::api::rules::check_own_lighthouse;
use crate::log::logged;
use crate::proto::leadership::ListFile;

const NAME: &str = "list";

impl StateDir {
    /// Replaces the file of the list; it is on disk when this returns.
    pub(super) fn save_list(&self, file: &ListFile) -> io::Result<()> {
        self.replace(NAME, &file.render(self.cluster()))?;
        // The new name is on disk only when the folder is.
        File::open(self.path())?.sync_all()
    }
}

/// What the disk has of a changed list; it takes the place of the configured one.
///
/// # Errors
/// `invalid_config` where the file is damaged: with the configured list this node could vote in a
/// cluster that has another one.
pub(super) fn kept_list(
    settings: &mut Settings,
    dir: Option<&StateDir>,
) -> Result<Option<ListFile>> {
    let Some(dir) = dir else { return Ok(None) };
    let path = dir.path().join(NAME);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refused(&path, &error)),
    };
    let file = ListFile::parse(&text, dir.cluster()).map_err(|why| refused(&path, &why))?;
    let configured = settings.lighthouse_entries();
    // Without a list, or with one leader for each datacenter, none can have been changed.
    if configured.is_empty() || settings.fallback || file.version == 0 {
        return Ok(Some(file));
    }
    file.apply(settings);
    if settings.lighthouse_entries() != configured {
        logged!(
            Info,
            "{}: the list of lighthouses was changed {} times while the cluster ran: {} counts, and \
             not the configured one",
            path.display(),
            file.version,
            file.list
        );
    }
    Ok(Some(file))
}

/// Checks `is_lighthouse` against the configured list; where that was changed, the list alone counts.
///
/// # Errors
/// `invalid_config`.
pub(super) fn check_own(
    settings: &mut Settings,
    name: &str,
    flag_is_given: bool,
    list: Option<&ListFile>,
) -> Result<()> {
    if list.is_some_and(|list| list.version > 0) {
        settings.is_lighthouse = false;
        return Ok(());
    }
    check_own_lighthouse(settings, name, flag_is_given)
}

fn refused(path: &std::path::Path, why: &dyn std::fmt::Display) -> Error {
    let text = format!(
        "{}: {why}: the list of lighthouses was changed while this node ran, and which one counts \
         is not known; restore the file, or delete it and give lighthouses the present list",
        path.display()
    );
    Error::new(ErrorCode::InvalidConfig, text)
}
