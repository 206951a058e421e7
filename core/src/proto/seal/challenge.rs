//! Who speaks now: challenges, what they quote, and cookies. Nothing is remembered of whoever has only
//! said hello.

use std::hash::Hasher;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use siphasher::sip::SipHasher24;

use super::door::{Door, Refused};
use super::packet::{CHALLENGE_BODY_BYTES, CHALLENGE_BYTES, COOKIE_BYTES, Nonce};
use crate::limits;
use crate::proto::wire::kind;

/// A cookie is taken for so long after it was made.
const COOKIE_LIFE: Duration = Duration::from_secs(10);
/// No source gets two challenges in less than this.
const CHALLENGE_PAUSE: Duration = Duration::from_millis(10);

impl Door {
    /// Asks a session that is not known to prove that it speaks now, by a packet that is no longer than
    /// its own. Nothing is remembered but that this source was asked.
    pub(super) fn challenge(
        &mut self,
        from: SocketAddr,
        of: &Nonce,
        length: usize,
    ) -> Result<(), Refused> {
        let now = self.now;
        if length < CHALLENGE_BYTES {
            return Err(Refused::Malformed);
        }
        if self.challenged.len() >= limits::CHALLENGED {
            self.challenged.retain(|_, at| now.since(*at) < CHALLENGE_PAUSE);
        }
        let soon = self.challenged.get(&from).is_some_and(|at| now.since(*at) < CHALLENGE_PAUSE);
        let full = self.challenged.len() >= limits::CHALLENGED;
        if soon || full || !self.challenges.take(now) {
            return Err(Refused::RateLimited);
        }
        let Some(nonce) = self.nonce() else { return Ok(()) };
        let cookie = self.cookie(from, of.session, self.now_millis());
        let fields = (CHALLENGE_BODY_BYTES - 2) as u8; // 20
        let body = [&[kind::CHALLENGE, fields][..], &of.fresh, &cookie].concat();
        if let Some(bytes) = self.long(&nonce, of.session, None, &body) {
            self.challenged.insert(from, now);
            self.stats.challenges_sent += 1;
            self.out.push_back((from, bytes));
        }
        Ok(())
    }

    /// A challenge came. It quotes what this node sent a moment ago, so whoever made it speaks now: its
    /// session is known from here on, and what waited goes out with its cookie.
    pub(super) fn challenged<'a>(
        &mut self,
        from: SocketAddr,
        nonce: &Nonce,
        body: &[u8],
    ) -> Result<Option<&'a [u8]>, Refused> {
        let rest = body.get(2..).and_then(|fields| fields.split_first_chunk::<8>());
        let (fresh, rest) = rest.ok_or(Refused::Malformed)?;
        let (cookie, _) = rest.split_first_chunk::<COOKIE_BYTES>().ok_or(Refused::Malformed)?;
        let now = self.now;
        let (to, held) = self.hellos.take(now, *fresh).ok_or(Refused::Replayed)?;
        let since = self.now_millis();
        let (session, counter) = (nonce.session, nonce.counter);
        if let Some(peer) = self.peers.get_mut(session) {
            if !peer.window.take(counter) {
                return Err(Refused::Replayed);
            }
            self.peers.lead(to, session, since);
        } else if !self.peers.install(now, session, counter, to, since) {
            return Err(Refused::SessionsFull);
        }
        if from != to {
            self.peers.lead(from, session, since);
        }
        if let Some(peer) = self.peers.get_mut(session) {
            peer.cookie = Some((now, *cookie));
            peer.heard = now;
            peer.knows_me = false; // or it would not have asked
        }
        self.stats.challenges_answered += 1;
        for body in held {
            let nonce = self.nonce();
            let bytes = nonce.and_then(|nonce| self.long(&nonce, session, Some(cookie), &body));
            self.out.extend(bytes.map(|bytes| (to, bytes)));
        }
        Ok(None)
    }

    /// The echo of a challenge: from here on the session is known. What waited for this address goes
    /// out: its session knows this one.
    pub(super) fn admit(
        &mut self,
        from: SocketAddr,
        nonce: &Nonce,
        since: u32,
    ) -> Result<(), Refused> {
        if !self.peers.may_take(from, nonce.session, since) {
            return Err(Refused::Replayed);
        }
        if !self.peers.install(self.now, nonce.session, nonce.counter, from, since) {
            return Err(Refused::SessionsFull);
        }
        if let Some(peer) = self.peers.get_mut(nonce.session) {
            peer.knows_me = true;
        }
        for body in self.hellos.end(from) {
            let own = self.nonce();
            let bytes = own.and_then(|own| self.short(&own, nonce.session, &body, Vec::new()));
            self.out.extend(bytes.map(|bytes| (from, bytes)));
        }
        Ok(())
    }

    pub(super) fn now_millis(&self) -> u32 {
        // Wraps after 49 days; only differences count.
        (self.now.millis() & u64::from(u32::MAX)) as u32
    }

    pub(super) fn cookie(&self, from: SocketAddr, session: u64, since: u32) -> [u8; COOKIE_BYTES] {
        let mut hasher = SipHasher24::new_with_key(&self.secret);
        match from.ip() {
            IpAddr::V4(ip) => hasher.write(&ip.octets()),
            IpAddr::V6(ip) => hasher.write(&ip.octets()),
        }
        hasher.write(&from.port().to_le_bytes());
        hasher.write(&session.to_le_bytes());
        hasher.write(&since.to_le_bytes());
        let mut cookie = [0; COOKIE_BYTES];
        let parts = since.to_le_bytes().into_iter().chain(hasher.finish().to_le_bytes());
        for (place, byte) in cookie.iter_mut().zip(parts) {
            *place = byte;
        }
        cookie
    }

    /// When this cookie was made; none where this node did not make it for this session, or long ago.
    pub(super) fn since(
        &self,
        cookie: &[u8; COOKIE_BYTES],
        from: SocketAddr,
        session: u64,
    ) -> Option<u32> {
        let (since, _) = cookie.split_first_chunk::<4>()?;
        let since = u32::from_le_bytes(*since);
        let age = Duration::from_millis(u64::from(self.now_millis().wrapping_sub(since)));
        (age < COOKIE_LIFE && self.cookie(from, session, since) == *cookie).then_some(since)
    }
}
