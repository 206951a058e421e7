//! From one list of lighthouses to the next.

use crate::api::lighthouses::LighthouseEntry;

/// How two lists that may follow each other differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// They do not.
    Same,
    /// One more.
    Added(&'a LighthouseEntry),
    /// One less.
    Removed(&'a LighthouseEntry),
}

/// What leads from `old` to `new`: one that is added, or one that is removed. Then every majority of
/// the one has a lighthouse in every majority of the other.
///
/// # Errors
/// What else would change.
pub(super) fn check<'a>(
    old: &'a [LighthouseEntry],
    new: &'a [LighthouseEntry],
) -> Result<Step<'a>, String> {
    let without = |all: &'a [LighthouseEntry], others: &[LighthouseEntry]| -> Vec<&'a _> {
        all.iter().filter(|entry| !others.contains(entry)).collect()
    };
    let names = |entries: &[&LighthouseEntry]| -> String {
        entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (added, removed) = (without(new, old), without(old, new));
    match (&added[..], &removed[..]) {
        ([], []) => Ok(Step::Same),
        ([one], []) => Ok(Step::Added(one)),
        ([], [_]) if new.is_empty() => Err("it would remove the last lighthouse".to_owned()),
        ([], [one]) => Ok(Step::Removed(one)),
        _ => Err(format!(
            "it would add {} ({}) and remove {} ({}), where one may be added or one removed at a \
             time: with more, two leaders could be voted by halves that share no lighthouse",
            added.len(),
            names(&added),
            removed.len(),
            names(&removed)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Vec<LighthouseEntry> {
        LighthouseEntry::parse_all(items).expect("a list")
    }

    #[test]
    fn one_is_added_or_one_is_removed() {
        let old = list(&["a=h:1", "b=h:2", "c=h:3"]);
        let more = list(&["a=h:1", "b=h:2", "c=h:3", "d=h:4"]);
        assert_eq!(check(&old, &more), Ok(Step::Added(&more[3])));
        assert_eq!(check(&more, &old), Ok(Step::Removed(&more[3])));
        assert_eq!(check(&old, &old), Ok(Step::Same));
    }

    #[test]
    fn nothing_else() {
        let old = list(&["a=h:1", "b=h:2", "c=h:3"]);
        for items in [
            &["a=h:1", "b=h:2", "d=h:4"][..],
            &["a=h:1"],
            &["a=h:1", "b=h:2", "c=h:9"],
            &["a=h:1", "b=h:2", "c=h:3", "d=h:4", "e=h:5"],
        ] {
            let why = check(&old, &list(items)).expect_err("more than one");
            assert!(why.contains("at a time"), "{why}");
        }
        let one = list(&["a=h:1"]);
        assert!(check(&one, &[]).expect_err("none").contains("the last"));
    }
}
