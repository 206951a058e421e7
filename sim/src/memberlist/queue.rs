//! News on their way: each is sent so often, what was sent least goes first.

use super::packets::{Claim, PART_BYTES};

#[derive(Clone, Copy, Debug)]
struct Waiting {
    claim: Claim,
    sent: u32,
    number: u64,
}

/// What a node passes on: at most one claim about each member, the latest.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Vec<Waiting>,
    number: u64,
}

impl Queue {
    /// Takes a claim in, and forgets what it says better.
    pub(crate) fn push(&mut self, claim: Claim) {
        self.waiting.retain(|waiting| waiting.claim.of != claim.of);
        self.number += 1;
        self.waiting.push(Waiting { claim, sent: 0, number: self.number });
    }

    /// As many as fit into so many bytes; each is sent `limit` times in all. What was sent less goes
    /// first, of those the longer, of those the newer.
    pub(crate) fn take(&mut self, bytes: usize, limit: u32) -> Vec<Claim> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        let key = |waiting: &Waiting| {
            (
                waiting.sent,
                std::cmp::Reverse(waiting.claim.len()),
                std::cmp::Reverse(waiting.number),
            )
        };
        self.waiting.sort_by_key(key);
        let mut left = bytes;
        let mut taken = Vec::new();
        for waiting in &mut self.waiting {
            let cost = waiting.claim.len() + PART_BYTES;
            if cost <= left {
                left -= cost;
                waiting.sent += 1;
                taken.push(waiting.claim);
            }
        }
        self.waiting.retain(|waiting| waiting.sent < limit);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::super::packets::Say;
    use super::*;

    const fn claim(say: Say, of: usize) -> Claim {
        Claim { say, of, incarnation: 1, from: 9 }
    }

    #[test]
    fn each_piece_of_news_is_sent_so_often_and_the_fresh_goes_first() {
        let mut queue = Queue::default();
        queue.push(claim(Say::Suspect, 1));
        assert_eq!(queue.take(1400, 2), [claim(Say::Suspect, 1)]);
        queue.push(claim(Say::Dead, 2));
        let room = claim(Say::Dead, 2).len() + PART_BYTES;
        assert_eq!(queue.take(room, 2), [claim(Say::Dead, 2)]);
        assert_eq!(queue.take(1400, 2).len(), 2);
        assert_eq!(queue.take(1400, 2), []);
    }

    #[test]
    fn what_is_said_of_a_member_replaces_what_was_said_before() {
        let mut queue = Queue::default();
        queue.push(claim(Say::Suspect, 1));
        queue.push(claim(Say::Alive, 1));
        assert_eq!(queue.take(1400, 8), [claim(Say::Alive, 1)]);
    }
}
