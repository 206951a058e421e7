//! What a lighthouse keeps on its disk: one small file, written once per tenure.

use std::fmt::Write as _;
use std::time::Duration;

use super::super::election::{Floor, Owner};
use super::super::hash;

/// The first line: what it is, and the version of its format.
const TITLE: &str = "seafoam term 1";

/// The highest term that was claimed, and the spans under which that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermFile {
    /// Digest of the configuration of the election.
    pub configuration: u64,
    /// How long a lighthouse with that configuration is silent after it lost its state.
    pub silence: Duration,
    /// The highest term and its owner.
    pub floor: Floor,
}

/// What the disk of a lighthouse has when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// There is no disk: terms rest on the wall clock.
    NoDisk,
    /// Nothing: this is the first start, or the file was lost.
    Missing,
    /// The file.
    Found(TermFile),
}

impl TermFile {
    /// The file's text.
    #[must_use]
    pub fn render(&self) -> String {
        let Floor { term, owner } = self.floor;
        let mut text = format!(
            "{TITLE}\nconfiguration {:016x}\nsilence {}\nterm {term}\n",
            self.configuration,
            self.silence.as_millis()
        );
        // Writing to a text cannot fail.
        let _ = match owner {
            Some(Owner { generation, run, name }) => {
                writeln!(text, "owner {generation} {run:016x} {name:016x}")
            }
            None => writeln!(text, "owner unknown"),
        };
        let sum = hash::checksum(text.as_bytes());
        let _ = writeln!(text, "end {sum:016x}");
        text
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
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
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let mut read = || {
            let configuration = u64::from_str_radix(field("configuration")?, 16).ok()?;
            let silence = Duration::from_millis(field("silence")?.parse().ok()?);
            let term = field("term")?.parse().ok()?;
            let owner = match field("owner")? {
                "unknown" => None,
                text => Some(parse_owner(text)?),
            };
            Some(Self { configuration, silence, floor: Floor { term, owner } })
        };
        read().ok_or(DAMAGED)
    }
}

fn parse_owner(text: &str) -> Option<Owner> {
    let mut words = text.split(' ');
    let generation = words.next()?.parse().ok()?;
    let run = u64::from_str_radix(words.next()?, 16).ok()?;
    let name = u64::from_str_radix(words.next()?, 16).ok()?;
    words.next().is_none().then_some(Owner { generation, run, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(owner: Option<Owner>) -> TermFile {
        let floor = Floor { term: 28_768_000_000_001, owner };
        TermFile { configuration: 7, silence: Duration::from_millis(3027), floor }
    }

    #[test]
    fn what_is_written_is_read() {
        let owner = Owner { generation: 1_798_000_000_000, run: u64::MAX, name: 3 };
        for owner in [None, Some(owner)] {
            assert_eq!(TermFile::parse(&file(owner).render()), Ok(file(owner)));
        }
    }

    #[test]
    fn damage_is_found_wherever_it_is() {
        let good = file(Some(Owner::default())).render();
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] ^= 1;
            let damaged = String::from_utf8(bytes).expect("text");
            assert!(TermFile::parse(&damaged).is_err(), "byte {at}");
            assert!(TermFile::parse(&good[..at]).is_err(), "cut at {at}");
        }
    }
}
