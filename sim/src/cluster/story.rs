//! What was seen, for tests that look back and for the texts of errors.

use std::collections::VecDeque;
use std::time::Duration;

use seafoam::{Event, EventKinds};

use crate::happening::Seen;

/// Events that a cluster keeps at most, all nodes together; then the oldest go.
pub const EVENTS_KEPT: usize = 65_536;

/// The events of all nodes in the order in which they were seen.
#[derive(Debug, Default)]
pub(super) struct Story {
    kept: VecDeque<Seen>,
    /// By node: events that were kept no longer.
    missed: Vec<u64>,
}

impl Story {
    pub(super) fn add(&mut self, seen: Seen) {
        if self.kept.len() >= EVENTS_KEPT
            && let Some(oldest) = self.kept.pop_front()
        {
            if self.missed.len() <= oldest.by {
                self.missed.resize(oldest.by + 1, 0);
            }
            if let Some(missed) = self.missed.get_mut(oldest.by) {
                *missed += 1;
            }
        }
        self.kept.push_back(seen);
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Seen> {
        self.kept.iter()
    }

    /// Of one node, from a moment on; what was kept no longer is told of as a subscription does it.
    pub(super) fn of(&self, node: usize, kinds: EventKinds, since: Duration) -> Vec<Event> {
        let missed = self.missed.get(node).copied().filter(|missed| *missed > 0);
        let lagged = missed.filter(|_| since.is_zero()).map(|missed| Event::Lagged { missed });
        let wanted = |seen: &&Seen| {
            seen.by == node && seen.at.0 >= micros(since) && kinds.contains(seen.event.kind())
        };
        let events = self.kept.iter().filter(wanted).map(|seen| seen.event.clone());
        lagged.into_iter().chain(events).collect()
    }
}

pub(super) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// An event in one line.
#[must_use]
pub fn describe(event: &Event) -> String {
    match event {
        Event::Status { node, status, previous, source } => {
            format!("status: {} is {status} (was {previous}), says {source}", node.name)
        }
        Event::Broadcast { origin, bytes, .. } => {
            format!("broadcast: {} bytes of {}", bytes.len(), origin.name)
        }
        Event::Message { sender, bytes } => {
            format!("message: {} bytes of {}", bytes.len(), sender.name)
        }
        Event::Leader { leader, term, scope } => {
            let name = leader.as_ref().map_or("nobody", |leader| &leader.name);
            let scope = scope.map_or_else(String::new, |number| format!(" in datacenter {number}"));
            format!("leader: {name}{scope}, term {term}")
        }
        Event::Validity { validity } => format!("validity: {validity}"),
        Event::Node { node } => format!("node: {} changed", node.name),
        Event::Conflict { node, other_address } => {
            format!("conflict: {} is used at {other_address} too", node.name)
        }
        Event::Link { node, direction } => format!("link: {} {direction}", node.name),
        Event::Merged { members } => format!("merged: {members} came back"),
        Event::Datacenter { number, lost } => {
            format!("datacenter: {number} {}", if *lost { "lost" } else { "back" })
        }
        Event::Lagged { missed } => format!("lagged: {missed} missed"),
        Event::Closed { error } => match error {
            Some(error) => format!("closed: {error}"),
            None => "closed".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use seafoam::proto::Time;

    use super::*;

    #[test]
    fn the_oldest_go_and_whoever_saw_them_is_told() {
        let mut story = Story::default();
        let seen = |number: usize| Seen {
            at: Time(number as u64),
            by: number % 2,
            event: Event::Merged { members: u32::try_from(number).unwrap_or(0) },
        };
        for number in 0..EVENTS_KEPT {
            story.add(seen(number));
        }
        let of = |story: &Story, node| story.of(node, EventKinds::ALL, Duration::ZERO);
        assert_eq!(of(&story, 1)[0], Event::Merged { members: 1 });
        for number in EVENTS_KEPT..EVENTS_KEPT + 5 {
            story.add(seen(number));
        }
        assert_eq!(story.iter().count(), EVENTS_KEPT);
        assert_eq!(of(&story, 0)[..2], [Event::Lagged { missed: 3 }, Event::Merged { members: 6 }]);
        assert_eq!(of(&story, 1)[..2], [Event::Lagged { missed: 2 }, Event::Merged { members: 5 }]);
        let later = story.of(0, EventKinds::ALL, Duration::from_micros(EVENTS_KEPT as u64));
        assert_eq!(later.len(), 3, "no word of those before");
    }
}
