//! Sessions of others: what was taken of each, and by which addresses it is reached. Only who has
//! proved to speak now is in here.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::packet::COOKIE_BYTES;
use super::replay::ReplayWindow;
use crate::limits;
use crate::proto::discovery::Bucket;
use crate::proto::time::Time;

/// Who was silent for so long may be forgotten when the table is full; far longer than a cookie lives.
const IDLE: Duration = Duration::from_secs(600);
/// Who proved itself within this time may be the new run of which hearsay comes only now.
const LATELY: Duration = Duration::from_secs(10);
/// A full table is searched for idle ones no more often than this.
const SEARCH_PAUSE: Duration = Duration::from_secs(1);

/// One session of a peer's.
pub(super) struct Peer {
    pub(super) window: ReplayWindow,
    /// Whether it has this node's session: then short packets reach it.
    pub(super) knows_me: bool,
    pub(super) heard: Time,
    /// Since when a PING to it has no answer; nothing else is asked of it.
    pub(super) asked: Option<Time>,
    /// What its last challenge gave, and when.
    pub(super) cookie: Option<(Time, [u8; COOKIE_BYTES])>,
    pub(super) bucket: Bucket,
    paths: Vec<SocketAddr>,
}

#[derive(Clone, Copy)]
struct Path {
    session: u64,
    /// The moment at which the cookie that led here was made, milliseconds, wrapping.
    since: u32,
}

#[derive(Default)]
pub(super) struct Peers {
    peers: BTreeMap<u64, Peer>,
    paths: BTreeMap<SocketAddr, Path>,
    searched: Time,
}

impl Peers {
    pub(super) fn len(&self) -> usize {
        self.peers.len()
    }

    pub(super) fn get_mut(&mut self, session: u64) -> Option<&mut Peer> {
        self.peers.get_mut(&session)
    }

    /// The session behind an address.
    pub(super) fn at(&self, address: SocketAddr) -> Option<u64> {
        self.paths.get(&address).map(|path| path.session)
    }

    pub(super) fn reached_by(&mut self, address: SocketAddr) -> Option<(u64, &mut Peer)> {
        let session = self.paths.get(&address)?.session;
        Some((session, self.peers.get_mut(&session)?))
    }

    /// Whether a session that proved itself at `since` may take this address: one that is proved later
    /// holds it otherwise, and an echo that is sent again must not undo that.
    pub(super) fn may_take(&self, address: SocketAddr, session: u64, since: u32) -> bool {
        self.paths.get(&address).is_none_or(|path| {
            // The sign of the difference tells the order of two moments less than 24 days apart.
            path.session == session || since.wrapping_sub(path.since).cast_signed() > 0
        })
    }

    /// Takes a session up, or one more address of it; false where the table is full.
    pub(super) fn install(
        &mut self,
        now: Time,
        session: u64,
        counter: u64,
        address: SocketAddr,
        since: u32,
    ) -> bool {
        if !self.peers.contains_key(&session) {
            if self.peers.len() >= limits::SESSIONS && !self.make_room(now) {
                return false;
            }
            let peer = Peer {
                window: ReplayWindow::starting_at(counter),
                knows_me: false,
                heard: now,
                asked: None,
                cookie: None,
                bucket: Bucket::new(
                    now,
                    limits::SESSION_PACKETS_PER_SECOND,
                    limits::SESSION_PACKETS_BURST,
                ),
                paths: Vec::new(),
            };
            self.peers.insert(session, peer);
        }
        self.lead(address, session, since);
        true
    }

    /// From now on this address is this session's. A session without an address is gone: the process
    /// behind it was restarted.
    pub(super) fn lead(&mut self, address: SocketAddr, session: u64, since: u32) {
        let before = self.paths.insert(address, Path { session, since });
        let before = before.map(|path| path.session);
        if before == Some(session) {
            return;
        }
        if let Some(before) = before {
            self.leave(before, address);
        }
        let Some(peer) = self.peers.get_mut(&session) else { return };
        peer.paths.push(address);
        if peer.paths.len() > limits::PATHS_PER_SESSION {
            let oldest = peer.paths.remove(0);
            self.paths.remove(&oldest);
        }
    }

    fn leave(&mut self, session: u64, address: SocketAddr) {
        if let Some(peer) = self.peers.get_mut(&session) {
            peer.paths.retain(|path| *path != address);
            if peer.paths.is_empty() {
                self.peers.remove(&session);
            }
        }
    }

    /// Whoever is at this address is another process now, unless that was proved lately: then it is
    /// the new process that is known here.
    pub(super) fn forget(&mut self, address: SocketAddr, now_millis: u32) {
        let lately =
            |path: &Path| u128::from(now_millis.wrapping_sub(path.since)) < LATELY.as_millis();
        if self.paths.get(&address).is_some_and(lately) {
            return;
        }
        if let Some(path) = self.paths.remove(&address) {
            self.leave(path.session, address);
        }
    }

    /// Forgets who was silent for long; whether anybody was.
    fn make_room(&mut self, now: Time) -> bool {
        if now.since(self.searched) < SEARCH_PAUSE && self.searched != Time::ZERO {
            return false;
        }
        self.searched = now;
        self.peers.retain(|_, peer| now.since(peer.heard) < IDLE);
        let peers = &self.peers;
        self.paths.retain(|_, path| peers.contains_key(&path.session));
        self.peers.len() < limits::SESSIONS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u32) -> SocketAddr {
        SocketAddr::from((number.to_be_bytes(), 7))
    }

    #[test]
    fn a_full_table_takes_nobody_until_some_were_silent_for_long() {
        let mut peers = Peers::default();
        let mut now = Time::ZERO + Duration::from_secs(1);
        for number in 0..limits::SESSIONS as u32 {
            assert!(peers.install(now, u64::from(number), 1, address(number), 0));
        }
        let one_more = limits::SESSIONS as u32;
        assert!(!peers.install(now, u64::from(one_more), 1, address(one_more), 0));
        now = now + IDLE;
        peers.get_mut(5).expect("it is there").heard = now;
        assert!(peers.install(now, u64::from(one_more), 1, address(one_more), 0));
        assert_eq!((peers.len(), peers.at(address(5)), peers.at(address(6))), (2, Some(5), None));
    }

    #[test]
    fn a_new_session_at_an_address_ends_the_old_one() {
        let mut peers = Peers::default();
        assert!(peers.install(Time::ZERO, 1, 1, address(1), 10));
        assert!(peers.may_take(address(1), 1, 5), "its own");
        assert!(!peers.may_take(address(1), 2, 10) && !peers.may_take(address(1), 2, 9));
        assert!(peers.may_take(address(1), 2, 11));
        assert!(peers.install(Time::ZERO, 2, 1, address(1), 11));
        assert_eq!((peers.len(), peers.at(address(1))), (1, Some(2)));
        peers.forget(address(1), 12);
        assert_eq!(peers.at(address(1)), Some(2), "proved a moment ago");
        peers.forget(address(1), 20_000);
        assert_eq!((peers.len(), peers.at(address(1))), (0, None));
    }

    #[test]
    fn one_session_has_a_bounded_number_of_addresses() {
        let mut peers = Peers::default();
        for number in 0..20 {
            assert!(peers.install(Time::ZERO, 1, 1, address(number), 0));
        }
        let known = (0..20).filter(|number| peers.at(address(*number)).is_some()).count();
        assert_eq!((peers.len(), known), (1, limits::PATHS_PER_SESSION));
    }
}
