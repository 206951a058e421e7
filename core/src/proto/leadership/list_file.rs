//! What a node keeps on its disk of a list of lighthouses that was changed while it ran.

use std::sync::Arc;

use super::super::hash;
use crate::api::config::Settings;
use crate::api::lighthouses::LighthouseEntry;

/// The first line: what it is, and the version of its format.
const TITLE: &str = "seafoam list 1";

/// A list that is to follow the present one, where a majority takes it: accepted, not in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The term of the leader that proposed it.
    pub term: u64,
    /// The entries, as `render` writes them.
    pub list: Arc<str>,
}

/// The list in force, and what may come after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListFile {
    /// How often the list was changed; 0 = the configured one.
    pub version: u32,
    /// The entries, as `render` writes them.
    pub list: Arc<str>,
    /// Digest of the election's configuration with the list before.
    pub before: u64,
    /// What was accepted to follow.
    pub accepted: Option<Accepted>,
}

impl ListFile {
    /// The file's text. The cluster's name keeps a folder of another cluster from being taken.
    #[must_use]
    pub fn render(&self, cluster: &str) -> String {
        let Self { version, list, before, accepted } = self;
        let (term, next) = accepted.as_ref().map_or((0, ""), |it| (it.term, &*it.list));
        let mut text = format!(
            "{TITLE}\ncluster {cluster:?}\nversion {version}\nlist {list}\nbefore {before:016x}\nterm \
             {term}\nnext {next}\n"
        );
        let sum = hash::checksum(text.as_bytes());
        text.push_str(&format!("end {sum:016x}\n"));
        text
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, cluster: &str) -> Result<Self, &'static str> {
        const DAMAGED: &str = "the file is damaged";
        let (body, end) =
            text.rfind("end ").and_then(|at| text.split_at_checked(at)).ok_or(DAMAGED)?;
        if end != format!("end {:016x}\n", hash::checksum(body.as_bytes())) {
            return Err(DAMAGED);
        }
        let mut lines = body.lines();
        if lines.next() != Some(TITLE) {
            return Err("the file has a format that this version does not know");
        }
        if lines.next() != Some(&*format!("cluster {cluster:?}")) {
            return Err("the file is of another cluster");
        }
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let mut read = || {
            let version = field("version")?.parse().ok()?;
            let list: Arc<str> = field("list")?.into();
            let before = u64::from_str_radix(field("before")?, 16).ok()?;
            let term = field("term")?.parse().ok()?;
            let next: Arc<str> = field("next")?.into();
            parse(&list)?;
            let accepted = (term > 0).then_some(Accepted { term, list: next });
            if let Some(accepted) = &accepted {
                parse(&accepted.list)?;
            }
            Some(Self { version, list, before, accepted })
        };
        read().ok_or(DAMAGED)
    }

    /// Puts the list in force in the place of the configured one.
    pub fn apply(&self, settings: &mut Settings) {
        if self.version > 0 {
            settings.lighthouses = self.list.split(',').map(str::to_owned).collect();
        }
    }
}

/// The text of a list.
pub(super) fn render(entries: &[LighthouseEntry]) -> Arc<str> {
    let entries: Vec<_> = entries.iter().map(LighthouseEntry::render).collect();
    entries.join(",").into()
}

/// The list of a text; none where it is none.
pub(super) fn parse(text: &str) -> Option<Vec<LighthouseEntry>> {
    let items: Vec<_> = text.split(',').collect();
    let fits = items.len() <= crate::limits::LIGHTHOUSES;
    LighthouseEntry::parse_all(&items).filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(accepted: bool) -> ListFile {
        let next = Accepted { term: 7, list: "a=h:1,b=h:2".into() };
        ListFile {
            version: 3,
            list: "a=h:1,b=h:2,c=h:3".into(),
            before: u64::MAX,
            accepted: accepted.then_some(next),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for accepted in [true, false] {
            assert_eq!(ListFile::parse(&file(accepted).render("it"), "it"), Ok(file(accepted)));
            assert!(ListFile::parse(&file(accepted).render("it"), "other").is_err());
        }
    }

    #[test]
    fn damage_is_found_wherever_it_is() {
        let good = file(true).render("it");
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] ^= 1;
            let damaged = String::from_utf8(bytes).expect("text");
            assert!(ListFile::parse(&damaged, "it").is_err(), "byte {at}");
            assert!(ListFile::parse(&good[..at], "it").is_err(), "cut at {at}");
        }
    }
}
