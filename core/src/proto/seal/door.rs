//! The door of a sealed cluster: what goes out is sealed, and what comes in is opened, told from what was
//! heard before, and handed on only where its sender has proved that it speaks now.
//!
//! The proof costs one round trip at the first contact of two processes: a hello, a challenge that
//! quotes it, and the packet that was meant to go, with the cookie of the challenge. Nothing is
//! remembered of whoever has only said hello.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use super::entropy::{Entropy, draw};
use super::hellos::Hellos;
use super::key::{Key, KeyId};
use super::packet::{
    CHALLENGE_BODY_BYTES, COOKIE_BYTES, LONG_OVERHEAD_BYTES, Long, Nonce, SHORT_VERSION,
    cluster_tag, key_id, low_counter, open_long, open_short, seal_long, seal_short,
};
use super::peers::Peers;
use super::ring::KeyRing;
use super::stream::Greeting;
use crate::api::level::LogLevel;
use crate::api::stats::Stats;
use crate::limits;
use crate::proto::discovery::Bucket;
use crate::proto::spare::Spare;
use crate::proto::time::Time;
use crate::proto::wire::{HEADER_BYTES, VERSION, kind};

/// A cookie is sent along for so long after it came, half of its life.
const COOKIE_USE: Duration = Duration::from_secs(5);
/// A PING without an answer for so long may have met a process that was started anew: what follows is
/// sent in the form that any holder of the key can open. Below the first repetition of a PING.
const UNANSWERED: Duration = Duration::from_millis(60);
/// Like log lines are this far apart.
const LOG_PAUSE: Duration = Duration::from_secs(60);

/// Why a packet was dropped at the door.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Refused {
    /// Of an unknown wire version.
    Version,
    /// Too short for what it claims to be.
    Malformed,
    /// Of another cluster.
    ForeignCluster,
    /// Plain.
    Unsealed,
    /// Sealed with a key that is not here.
    WrongKey,
    /// Not sealed by the key that it names.
    Forged,
    /// Taken before, or an answer to nothing that was asked.
    Replayed,
    /// In short form, from where no session is known.
    UnknownSession,
    /// The table of sessions is full.
    SessionsFull,
    /// Too many from one session, or too many challenges.
    RateLimited,
}

pub(in crate::proto) struct Door {
    pub(super) ring: KeyRing,
    pub(super) cluster_tag: u32,
    pub(super) cluster_name: String,
    pub(super) entropy: Box<dyn Entropy>,
    /// 0 until it could be drawn.
    pub(super) session: u64,
    pub(super) counter: u64,
    /// Makes cookies. Known to nobody else.
    pub(super) secret: [u8; 16],
    pub(super) peers: Peers,
    pub(super) hellos: Hellos,
    pub(super) challenged: BTreeMap<SocketAddr, Time>,
    pub(super) challenges: Bucket,
    pub(super) out: VecDeque<(SocketAddr, Vec<u8>)>,
    pub(super) scratch: Vec<u8>,
    pub(super) now: Time,
    pub(super) told: BTreeMap<Refused, (Time, u64)>,
    pub(super) notes: VecDeque<(LogLevel, String)>,
    pub(super) stats: Stats,
}

impl Door {
    pub(in crate::proto) fn new(
        now: Time,
        ring: KeyRing,
        cluster: (u32, &str),
        mut entropy: Box<dyn Entropy>,
    ) -> Self {
        let session = draw(&mut *entropy).map_or(0, u64::from_le_bytes);
        let secret = draw(&mut *entropy).unwrap_or_default();
        Self {
            ring,
            cluster_tag: cluster.0,
            cluster_name: cluster.1.to_owned(),
            entropy,
            session,
            counter: 0,
            secret,
            peers: Peers::default(),
            hellos: Hellos::default(),
            challenged: BTreeMap::new(),
            challenges: Bucket::new(now, limits::CHALLENGES_PER_SECOND, limits::CHALLENGES_BURST),
            out: VecDeque::new(),
            scratch: Vec::new(),
            now,
            told: BTreeMap::new(),
            notes: VecDeque::new(),
            stats: Stats::default(),
        }
    }

    /// What a packet of the engine may have less than a datagram, so that it fits when it is sealed.
    pub(in crate::proto) const ROOM_BYTES: usize = LONG_OVERHEAD_BYTES - HEADER_BYTES;

    pub(in crate::proto) fn ring(&self) -> &KeyRing {
        &self.ring
    }

    pub(in crate::proto) fn ring_mut(&mut self) -> &mut KeyRing {
        &mut self.ring
    }

    pub(in crate::proto) fn stats(&self) -> Stats {
        Stats {
            sessions: self.peers.len() as u64,
            keys: self.ring.ids().len() as u64,
            ..self.stats
        }
    }

    pub(in crate::proto) fn poll_note(&mut self) -> Option<(LogLevel, String)> {
        self.notes.pop_front()
    }

    /// The greeting of a stream, under the key of this id or the one that seals.
    pub(in crate::proto) fn greet(&mut self, key: Option<KeyId>, tag: u32) -> Option<Greeting> {
        let id = key.or_else(|| self.ring.first().map(Key::id))?;
        Greeting::new(id, tag, &mut *self.entropy)
    }

    pub(in crate::proto) fn has_out(&self) -> bool {
        !self.out.is_empty()
    }

    /// What the door itself has to send: challenges, and what waited for one.
    pub(in crate::proto) fn poll_out(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        self.out.pop_front()
    }

    pub(in crate::proto) fn tick(&mut self, now: Time) {
        self.now = now;
    }

    /// A new run is heard of at this address: what is known of the old one means nothing to it.
    pub(in crate::proto) fn forget(&mut self, address: SocketAddr) {
        self.peers.forget(address, self.now_millis());
    }

    // Out.

    /// Seals a packet of the engine; none where it waits, or cannot be sealed.
    pub(in crate::proto) fn seal(
        &mut self,
        to: SocketAddr,
        plain: &[u8],
        spare: &mut Spare,
    ) -> Option<Vec<u8>> {
        let body = plain.get(HEADER_BYTES..)?;
        let now = self.now;
        let Some((session, peer)) = self.peers.reached_by(to) else {
            self.hellos.hold(now, to, body);
            return if self.hellos.is_due(now, to) { self.hello(to) } else { None };
        };
        let silent = peer.asked.is_some_and(|asked| now.since(asked) >= UNANSWERED);
        if body.first() == Some(&kind::PING) && peer.asked.is_none() {
            peer.asked = Some(now);
        }
        if peer.knows_me && !silent {
            let nonce = self.nonce()?;
            return self.short(&nonce, session, body, spare.take());
        }
        let cookie = peer.cookie.filter(|(got, _)| now.since(*got) < COOKIE_USE);
        let nonce = self.nonce()?;
        if let Some((_, cookie)) = cookie.filter(|_| !silent) {
            return self.long(&nonce, session, Some(&cookie), body);
        }
        self.hellos.hold(now, to, body);
        self.hellos.sent(now, to, nonce.fresh);
        self.long(&nonce, session, None, body)
    }

    /// Seals an announcement, which is for everybody.
    pub(in crate::proto) fn seal_announcement(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        let nonce = self.nonce()?;
        self.long(&nonce, 0, None, plain.get(HEADER_BYTES..)?)
    }

    /// The first word to an address: as long as the challenge that it asks for, and without content.
    fn hello(&mut self, to: SocketAddr) -> Option<Vec<u8>> {
        let nonce = self.nonce()?;
        self.hellos.sent(self.now, to, nonce.fresh);
        let mut body = [0; CHALLENGE_BODY_BYTES];
        let fields = (CHALLENGE_BODY_BYTES - 2) as u8; // 20
        for (place, byte) in body.iter_mut().zip([kind::HELLO, fields]) {
            *place = byte;
        }
        self.long(&nonce, 0, None, &body)
    }

    pub(super) fn nonce(&mut self) -> Option<Nonce> {
        let fresh = draw(&mut *self.entropy)?;
        if self.session == 0 {
            self.session = u64::from_le_bytes(draw(&mut *self.entropy)?);
            self.secret = draw(&mut *self.entropy)?;
        }
        self.counter += 1;
        Some(Nonce { session: self.session, counter: self.counter, fresh })
    }

    /// Seals into `bytes`, which is empty.
    pub(super) fn short(
        &self,
        nonce: &Nonce,
        to: u64,
        body: &[u8],
        mut bytes: Vec<u8>,
    ) -> Option<Vec<u8>> {
        let key = self.ring.first()?;
        seal_short(key, self.cluster(), nonce, to, body, &mut bytes).then_some(bytes)
    }

    /// Where it has no cookie it may earn a challenge, so it is made no shorter than one.
    pub(super) fn long(
        &self,
        nonce: &Nonce,
        to: u64,
        cookie: Option<&[u8; COOKIE_BYTES]>,
        body: &[u8],
    ) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(body.len() + LONG_OVERHEAD_BYTES);
        let key = self.ring.first()?;
        let lacking = CHALLENGE_BODY_BYTES.saturating_sub(body.len());
        if cookie.is_some() || lacking == 0 {
            let sealed = seal_long(key, self.cluster(), nonce, to, cookie, body, &mut bytes);
            return sealed.then_some(bytes);
        }
        let mut padded = body.to_vec();
        let padding = lacking.saturating_sub(2);
        padded.extend_from_slice(&[0, padding as u8]); // a record of kind 0; below 22
        padded.resize(padded.len() + padding, 0);
        seal_long(key, self.cluster(), nonce, to, None, &padded, &mut bytes).then_some(bytes)
    }

    fn cluster(&self) -> (u32, &str) {
        (self.cluster_tag, &self.cluster_name)
    }

    // In.

    /// Opens a datagram into a plain packet; false where it is dropped, or was for the door alone.
    pub(in crate::proto) fn open(
        &mut self,
        now: Time,
        from: SocketAddr,
        bytes: &[u8],
        into: &mut Vec<u8>,
    ) -> bool {
        self.now = now;
        let mut scratch = std::mem::take(&mut self.scratch);
        let outcome = match bytes.first() {
            Some(&VERSION) => self.open_long(from, bytes, &mut scratch),
            Some(&SHORT_VERSION) => self.open_short(from, bytes, &mut scratch),
            Some(_) => Err(Refused::Version),
            None => Err(Refused::Malformed),
        };
        let taken = match outcome {
            Ok(body) => {
                if let Some(body) = body {
                    self.plain(body, into);
                }
                body.is_some()
            }
            Err(why) => {
                self.refuse(why, from);
                false
            }
        };
        self.scratch = scratch;
        taken
    }

    /// Opens an announcement. It changes nothing but whom this node asks for its table, so it needs
    /// no proof.
    pub(in crate::proto) fn open_announcement(
        &mut self,
        now: Time,
        bytes: &[u8],
        into: &mut Vec<u8>,
    ) -> bool {
        self.now = now;
        let mut scratch = std::mem::take(&mut self.scratch);
        let opened = self.unseal_long(bytes, &mut scratch);
        let taken = opened.is_ok_and(|long| {
            let is_own = long.nonce.session == self.session;
            if !is_own {
                self.plain(long.body, into);
            }
            !is_own
        });
        self.scratch = scratch;
        taken
    }

    fn plain(&self, body: &[u8], into: &mut Vec<u8>) {
        into.clear();
        into.push(VERSION);
        into.extend_from_slice(&[0, 0]);
        into.extend_from_slice(&self.cluster_tag.to_le_bytes());
        into.extend_from_slice(body);
    }

    fn key_of(&self, bytes: &[u8]) -> Result<&Key, Refused> {
        match key_id(bytes).ok_or(Refused::Malformed)? {
            KeyId(0) => Err(Refused::Unsealed),
            id => self.ring.get(id).ok_or(Refused::WrongKey),
        }
    }

    fn unseal_long<'a>(&self, bytes: &[u8], scratch: &'a mut Vec<u8>) -> Result<Long<'a>, Refused> {
        if cluster_tag(bytes).ok_or(Refused::Malformed)? != self.cluster_tag {
            return Err(Refused::ForeignCluster);
        }
        let key = self.key_of(bytes)?;
        open_long(key, self.cluster(), bytes, scratch).ok_or(Refused::Forged)
    }

    fn open_long<'a>(
        &mut self,
        from: SocketAddr,
        bytes: &[u8],
        scratch: &'a mut Vec<u8>,
    ) -> Result<Option<&'a [u8]>, Refused> {
        let long = self.unseal_long(bytes, scratch)?;
        let Long { nonce, to, cookie, body } = long;
        if nonce.session == self.session {
            return Err(Refused::Replayed); // this node's own words, sent back to it
        }
        let for_me = to == self.session;
        let is = |wanted: u8| body.first() == Some(&wanted);
        if is(kind::CHALLENGE) {
            return if for_me {
                self.challenged(from, &nonce, body)
            } else {
                Err(Refused::Replayed)
            };
        }
        if for_me && self.peers.get_mut(nonce.session).is_some() {
            self.take(from, nonce.session, nonce.counter)?;
            let since = self.now_millis();
            if self.peers.at(from).is_none() {
                self.peers.lead(from, nonce.session, since);
            }
            return Ok((!is(kind::HELLO)).then_some(body));
        }
        if let (true, Some(cookie)) = (for_me, cookie)
            && let Some(since) = self.since(&cookie, from, nonce.session)
        {
            self.admit(from, &nonce, since)?;
            return Ok((!is(kind::HELLO)).then_some(body));
        }
        self.challenge(from, &nonce, bytes.len())?;
        Ok(None)
    }

    fn open_short<'a>(
        &mut self,
        from: SocketAddr,
        bytes: &[u8],
        scratch: &'a mut Vec<u8>,
    ) -> Result<Option<&'a [u8]>, Refused> {
        let low = low_counter(bytes).ok_or(Refused::Malformed)?;
        let known = self.peers.reached_by(from);
        let (session, peer) = known.ok_or(Refused::UnknownSession)?;
        let counter = peer.window.expand(low);
        if !peer.window.is_new(counter) {
            return Err(Refused::Replayed);
        }
        let key = self.key_of(bytes)?;
        let sender = (session, counter);
        let opened = open_short(key, self.cluster(), sender, self.session, bytes, scratch);
        let body = opened.ok_or(Refused::Forged)?;
        self.take(from, session, counter)?;
        Ok(Some(body))
    }

    /// An authentic packet of a session that is known.
    fn take(&mut self, from: SocketAddr, session: u64, counter: u64) -> Result<(), Refused> {
        let now = self.now;
        let peer = self.peers.get_mut(session).ok_or(Refused::UnknownSession)?;
        if !peer.window.take(counter) {
            return Err(Refused::Replayed);
        }
        if !peer.bucket.take(now) {
            return Err(Refused::RateLimited);
        }
        // Whoever seals for this node's session has it.
        peer.knows_me = true;
        peer.heard = now;
        peer.asked = None;
        self.hellos.end(from);
        Ok(())
    }

    // What is told of it.

    /// Counts, and once a minute says so.
    pub(in crate::proto) fn refuse(&mut self, why: Refused, from: SocketAddr) {
        let stats = &mut self.stats;
        let (counter, level, text) = match why {
            Refused::Version => (&mut stats.dropped_version, LogLevel::Debug, "of another version"),
            Refused::Malformed => (&mut stats.dropped_malformed, LogLevel::Debug, "too short"),
            Refused::ForeignCluster => {
                (&mut stats.dropped_foreign_cluster, LogLevel::Warn, "of another cluster")
            }
            Refused::Unsealed => (
                &mut stats.dropped_unsealed,
                LogLevel::Warn,
                "not sealed, and this cluster is: its sender lacks the keys",
            ),
            Refused::WrongKey => {
                (&mut stats.dropped_sealed, LogLevel::Warn, "sealed with a key that is not here")
            }
            Refused::Forged => (
                &mut stats.dropped_forged,
                LogLevel::Warn,
                "not sealed by the key that it names, or damaged",
            ),
            Refused::Replayed => (&mut stats.dropped_replayed, LogLevel::Debug, "heard before"),
            Refused::UnknownSession => {
                (&mut stats.dropped_unknown_session, LogLevel::Debug, "of an unknown session")
            }
            Refused::SessionsFull => (
                &mut stats.dropped_sessions_full,
                LogLevel::Warn,
                "of a new session, and the table of sessions is full",
            ),
            Refused::RateLimited => {
                (&mut stats.dropped_rate_limited, LogLevel::Warn, "one of too many")
            }
        };
        *counter += 1;
        let now = self.now;
        let (last, others) = self.told.entry(why).or_insert((Time::NEVER, 0));
        if *last != Time::NEVER && now.since(*last) < LOG_PAUSE {
            *others += 1;
            return;
        }
        let text = format!(
            "a packet from {from} was dropped: it is {text} ({others} more since the last such line)"
        );
        (*last, *others) = (now, 0);
        self.notes.push_back((level, text));
    }
}
