//! Addresses to which this node has said hello: packets that wait until the other side knows that it speaks
//! now. What waits is sent once more as soon as a challenge comes.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use crate::limits;
use crate::proto::time::Time;

/// A challenge that has not come by then does not come.
const PATIENCE: Duration = Duration::from_secs(2);
/// A hello that was lost is repeated with the first packet after this.
const PAUSE: Duration = Duration::from_millis(40);
/// Hellos that are over are looked for no more often than this.
const SWEEP: Duration = Duration::from_millis(500);

#[derive(Default)]
struct Hello {
    at: Time,
    /// The random bytes of the newest packets: a challenge quotes those that it is for.
    quotable: VecDeque<[u8; 8]>,
    held: VecDeque<Vec<u8>>,
}

#[derive(Default)]
pub(super) struct Hellos {
    hellos: BTreeMap<SocketAddr, Hello>,
    by_quote: BTreeMap<[u8; 8], SocketAddr>,
    bytes: usize,
    swept: Time,
}

impl Hellos {
    /// Keeps a body for the time when a challenge comes from there. Without room it is not kept: whoever
    /// wanted it sent will want it again.
    pub(super) fn hold(&mut self, now: Time, to: SocketAddr, body: &[u8]) {
        self.sweep(now);
        if !self.hellos.contains_key(&to) && self.hellos.len() >= limits::HELLOS {
            return;
        }
        let hello = self.hellos.entry(to).or_insert_with(|| Hello { at: now, ..Hello::default() });
        if hello.held.iter().any(|held| held == body) {
            return;
        }
        if hello.held.len() >= limits::HELD_PACKETS
            && let Some(oldest) = hello.held.pop_front()
        {
            self.bytes -= oldest.len();
        }
        if self.bytes + body.len() <= limits::HELD_BYTES {
            self.bytes += body.len();
            hello.held.push_back(body.to_vec());
        }
    }

    /// Whether to hello (again) at this address, where something is held.
    pub(super) fn is_due(&self, now: Time, to: SocketAddr) -> bool {
        let hello = self.hellos.get(&to);
        hello.is_some_and(|hello| hello.quotable.is_empty() || now.since(hello.at) >= PAUSE)
    }

    /// A packet went out that may be answered by a challenge.
    pub(super) fn sent(&mut self, now: Time, to: SocketAddr, fresh: [u8; 8]) {
        let Some(hello) = self.hellos.get_mut(&to) else { return };
        hello.at = now;
        hello.quotable.push_back(fresh);
        self.by_quote.insert(fresh, to);
        if hello.quotable.len() > limits::HELD_PACKETS
            && let Some(oldest) = hello.quotable.pop_front()
        {
            self.by_quote.remove(&oldest);
        }
    }

    /// A challenge quotes these bytes: where the packet had gone, and what waits for that address. None
    /// where it is no answer to anything that was sent lately.
    pub(super) fn take(
        &mut self,
        now: Time,
        fresh: [u8; 8],
    ) -> Option<(SocketAddr, VecDeque<Vec<u8>>)> {
        self.sweep(now);
        let to = *self.by_quote.get(&fresh)?;
        Some((to, self.end(to)))
    }

    /// Nothing waits for this address any more.
    pub(super) fn end(&mut self, to: SocketAddr) -> VecDeque<Vec<u8>> {
        let Some(hello) = self.hellos.remove(&to) else { return VecDeque::new() };
        for quote in hello.quotable {
            self.by_quote.remove(&quote);
        }
        self.bytes -= hello.held.iter().map(Vec::len).sum::<usize>();
        hello.held
    }

    fn sweep(&mut self, now: Time) {
        if now.since(self.swept) < SWEEP {
            return;
        }
        self.swept = now;
        let over = self.hellos.iter().filter(|(_, hello)| now.since(hello.at) >= PATIENCE);
        let over: Vec<_> = over.map(|(to, _)| *to).collect();
        for to in over {
            self.end(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> SocketAddr {
        SocketAddr::from((number.to_be_bytes(), 7))
    }

    #[test]
    fn what_waits_is_handed_out_once_and_only_to_who_quotes() {
        let mut hellos = Hellos::default();
        assert!(!hellos.is_due(Time::ZERO, address(1)));
        hellos.hold(Time::ZERO, address(1), b"one");
        hellos.hold(Time::ZERO, address(1), b"one");
        hellos.hold(Time::ZERO, address(1), b"two");
        assert!(hellos.is_due(Time::ZERO, address(1)));
        hellos.sent(Time::ZERO, address(1), [1; 8]);
        assert!(!hellos.is_due(Time::ZERO, address(1)));
        assert!(hellos.is_due(Time::ZERO + PAUSE, address(1)));
        assert_eq!(hellos.take(Time::ZERO, [2; 8]), None);
        let held = VecDeque::from([b"one".to_vec(), b"two".to_vec()]);
        assert_eq!(hellos.take(Time::ZERO, [1; 8]), Some((address(1), held)));
        assert_eq!(hellos.take(Time::ZERO, [1; 8]), None);
        assert_eq!((hellos.bytes, hellos.by_quote.len()), (0, 0));
    }

    #[test]
    fn nothing_waits_for_ever_or_without_bound() {
        let mut hellos = Hellos::default();
        for number in 0..limits::HELLOS as u32 + 10 {
            for body in 0..limits::HELD_PACKETS as u8 + 3 {
                hellos.hold(Time::ZERO, address(number), &[body; 1100]);
                hellos.sent(
                    Time::ZERO,
                    address(number),
                    (u64::from(number) << 8 | u64::from(body)).to_le_bytes(),
                );
            }
        }
        assert_eq!(hellos.hellos.len(), limits::HELLOS);
        assert_eq!(hellos.by_quote.len(), limits::HELLOS * limits::HELD_PACKETS);
        assert!(hellos.bytes <= limits::HELD_BYTES);
        hellos.hold(Time::ZERO + PATIENCE, address(0), b"new");
        assert_eq!((hellos.hellos.len(), hellos.bytes, hellos.by_quote.len()), (1, 3, 0));
    }
}
