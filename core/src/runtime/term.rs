//! A lighthouse's term on disk (docs/leadership.md).

use std::fs::File;
use std::io;

use super::state::StateDir;
use crate::api::config::Settings;
use crate::api::error::{Error, ErrorCode, Result};
use crate::log::logged;
use crate::proto::leadership::{Kept, ListFile, TermFile};

const NAME: &str = "term";

/// What `state_dir` has of the election.
pub(crate) struct Disk {
    /// Whether there is one.
    pub(crate) exists: bool,
    /// A list of lighthouses that was changed.
    pub(crate) list: Option<ListFile>,
    /// A lighthouse's term.
    pub(crate) kept: Kept,
}

impl StateDir {
    /// Replaces the file of the term; it is on disk when this returns.
    pub(super) fn save_term(&self, file: &TermFile) -> io::Result<()> {
        self.replace(NAME, &file.render())?;
        // The new name is on disk only when the folder is.
        File::open(self.path())?.sync_all()
    }

    fn load_term(&self) -> std::result::Result<Kept, String> {
        let path = self.path().join(NAME);
        match std::fs::read_to_string(&path) {
            Ok(text) => TermFile::parse(&text)
                .map(Kept::Found)
                .map_err(|why| format!("{}: {why}", path.display())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::Missing),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }
}

/// What the disk of a lighthouse holds of its term.
///
/// # Errors
/// `invalid_config` where the file is damaged and too few other lighthouses could tell the term.
pub(super) fn kept_term(settings: &Settings, name: &str, dir: Option<&StateDir>) -> Result<Kept> {
    let lighthouses = settings.lighthouse_entries();
    let listed = lighthouses.iter().any(|entry| entry.name == name);
    let Some(dir) = dir.filter(|_| listed) else { return Ok(Kept::NoDisk) };
    match dir.load_term() {
        Ok(kept) => Ok(kept),
        Err(why) if lighthouses.len() <= 2 => Err(Error::new(
            ErrorCode::InvalidConfig,
            format!(
                "{why}: with {} lighthouses nobody else can tell the highest term; restore the file, \
                 or delete it where no store keeps terms of this cluster",
                lighthouses.len()
            ),
        )),
        Err(why) => {
            logged!(Error, "{why}: the other lighthouses are asked for the highest term");
            Ok(Kept::Missing)
        }
    }
}
