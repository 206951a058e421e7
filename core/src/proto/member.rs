//! One member, as this node knows it. A table holds many, so what few of them have lies apart.

use std::hash::{Hash, Hasher};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;
use std::time::Duration;

use super::hash;
use super::rtt::PeerTimes;
use super::suspicion::Suspicion;
use super::tags::Tags;
use super::time::Time;
use super::why::Doubt;
use super::wire::{Candidacy, Identity, MemberRecord, Status, StatusClass, WitnessSet};
use crate::api::node::{Node, NodeRank, NodeStatus, PING_NO_DATA, PING_TIMED_OUT};

/// The public constants at the size they are kept in.
#[allow(clippy::cast_possible_truncation)] // both are small whole numbers
const NO_DATA: f32 = PING_NO_DATA as f32;
#[allow(clippy::cast_possible_truncation)]
const TIMED_OUT: f32 = PING_TIMED_OUT as f32;

/// One member, as this node knows it.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) identity: Identity,
    pub(super) handle: u32,
    /// Its place on the probe ring, kept because every heartbeat compares all of them.
    pub(super) ring: u64,
    address: At,
    /// The name, where that is the text.
    address_text: Arc<str>,
    pub(super) status: Status,
    pub(super) incarnation: u32,
    pub(super) datacenter: u8,
    pub(super) is_lighthouse: bool,
    pub(super) candidacy: Candidacy,
    /// Whether it is heard to lead.
    pub(super) is_leader: bool,
    pub(super) tags: Tags,
    /// Who first stated the status; 0 is the member itself.
    pub(super) source: u32,
    pub(super) heard: Time,
    /// When it was heard last without a helper's help; [`Time::ZERO`] for never.
    pub(super) direct: Time,
    pub(super) since: Time,
    /// Since when it counts as healthy, without a break.
    pub(super) healthy_since: Time,
    /// Wall clock of the last ping or status change.
    pub(super) timestamp_millis: u64,
    /// The last ping; of the public constants where there is none.
    ping_millis: f32,
    pub(super) history: PeerTimes,
    /// Pings in a row that timed out: from two on, its timeout doubles each time.
    pub(super) timeouts: u16,
    /// How often it was tried again since it died.
    pub(super) retries: u16,
    /// Apart, because few members have any of it.
    rare: Option<Box<Rare>>,
    /// DEAD because nobody of its datacenter is heard: nothing is said against it alone.
    pub(super) lost: bool,
    /// Whether it is among those that changed.
    pub(super) dirty: bool,
}

/// What is kept of members that are suspected, dead, or called so by others.
#[derive(Clone, Debug)]
pub(super) struct Rare {
    /// Held while it is SUSPECTED.
    pub(super) suspicion: Option<Suspicion>,
    /// What is told of the suspicion, also after death.
    pub(super) doubt: Option<Box<Doubt>>,
    /// The name of who first stated the status; none for the member itself.
    pub(super) source_name: Option<Arc<str>>,
    /// When it is tried again; [`Time::NEVER`] for not by plan.
    pub(super) retry_at: Time,
}

impl Default for Rare {
    fn default() -> Self {
        Self { suspicion: None, doubt: None, source_name: None, retry_at: Time::NEVER }
    }
}

/// An address in half of the bytes of a [`SocketAddr`]: most are short.
#[derive(Clone, Debug)]
pub(super) enum At {
    V4(SocketAddrV4),
    V6(Box<SocketAddrV6>),
}

impl At {
    pub(super) fn get(&self) -> SocketAddr {
        match self {
            Self::V4(address) => SocketAddr::V4(*address),
            Self::V6(address) => SocketAddr::V6(**address),
        }
    }
}

impl From<SocketAddr> for At {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => Self::V4(address),
            SocketAddr::V6(address) => Self::V6(Box::new(address)),
        }
    }
}

/// As the address itself: who looks for one has that.
impl Hash for At {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.get().hash(state);
    }
}

impl Member {
    pub(super) fn of(record: &MemberRecord, now: Time, wall_millis: u64) -> Self {
        let name = Arc::clone(&record.identity.name);
        Self {
            handle: record.identity.handle(),
            ring: hash::ring_position(&record.identity),
            identity: record.identity.clone(),
            address: record.address.into(),
            address_text: text_of(record.address, &name),
            status: record.status,
            incarnation: record.incarnation,
            datacenter: record.datacenter,
            is_lighthouse: record.is_lighthouse,
            candidacy: record.candidacy,
            is_leader: false,
            tags: Tags::of(record.tags.as_ref()),
            source: 0,
            heard: now,
            direct: Time::ZERO,
            since: now,
            healthy_since: now,
            timestamp_millis: wall_millis,
            ping_millis: NO_DATA,
            history: PeerTimes::default(),
            timeouts: 0,
            retries: 0,
            rare: None,
            lost: false,
            dirty: false,
        }
    }

    /// The suspicion against it.
    pub(super) fn held(&self) -> Option<Suspicion> {
        self.rare.as_ref().and_then(|rare| rare.suspicion)
    }

    /// The suspicion against it, to be changed.
    pub(super) fn held_mut(&mut self) -> Option<&mut Suspicion> {
        self.rare.as_mut().and_then(|rare| rare.suspicion.as_mut())
    }

    /// What is told of the suspicion against it.
    pub(super) fn doubt(&self) -> Option<&Doubt> {
        self.rare.as_ref().and_then(|rare| rare.doubt.as_deref())
    }

    /// When it is tried again, where it is dead; [`Time::NEVER`] for not by plan.
    pub(super) fn retry_at(&self) -> Time {
        self.rare.as_ref().map_or(Time::NEVER, |rare| rare.retry_at)
    }

    /// The name of who first stated the status.
    pub(super) fn source_name(&self) -> &Arc<str> {
        let source = self.rare.as_ref().and_then(|rare| rare.source_name.as_ref());
        source.unwrap_or(&self.identity.name)
    }

    /// What few members have, made where it is not there.
    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Who states the status; none for the member itself.
    pub(super) fn stated_by(&mut self, source: u32, name: Option<Arc<str>>) {
        self.source = source;
        if name.is_some() || self.rare.is_some() {
            self.rare().source_name = name;
        }
    }

    /// It is dead with its datacenter: nothing is held against it alone, and it is not tried again by plan.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        let rare = self.rare();
        (rare.suspicion, rare.retry_at) = (None, Time::NEVER);
    }

    /// Nothing is held against it any more.
    pub(super) fn clear(&mut self) {
        self.rare = None;
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address.get()
    }

    /// Whether its address is this one.
    pub(super) fn is_at(&self, address: SocketAddr) -> bool {
        match (&self.address, address) {
            (At::V4(own), SocketAddr::V4(other)) => *own == other,
            (At::V6(own), SocketAddr::V6(other)) => **own == other,
            _ => false,
        }
    }

    /// What indexes are made by.
    pub(super) fn at(&self) -> &At {
        &self.address
    }

    /// A ping was answered after so long, or never.
    pub(super) fn note_ping(&mut self, round_trip: Option<Duration>) {
        if let Some(time) = round_trip {
            self.history.record(time);
        }
        self.ping_millis = round_trip.map_or(TIMED_OUT, |time| time.as_secs_f32() * 1000.0);
    }

    /// Another address, and its text.
    pub(super) fn move_to(&mut self, address: SocketAddr) {
        self.address = address.into();
        self.address_text = text_of(address, &self.identity.name);
    }

    pub(super) fn is_healthy(&self) -> bool {
        matches!(self.status, Status::Alive | Status::Suspected)
    }

    pub(super) fn record(&self) -> MemberRecord {
        MemberRecord {
            identity: self.identity.clone(),
            address: self.address(),
            status: self.status,
            incarnation: self.incarnation,
            datacenter: self.datacenter,
            is_lighthouse: self.is_lighthouse,
            candidacy: self.candidacy,
            tags: self.tags.bytes().cloned(),
            source: self.source,
            witnesses: self.held().map_or_else(WitnessSet::new, |held| held.witnesses),
        }
    }

    /// What its part of the digest is made of: healthy members alone, because a node that joins
    /// later need not know who died before.
    pub(super) fn digested(&self) -> Option<Digested> {
        let versions = (self.incarnation, self.tags.version());
        self.is_healthy().then(|| Digested { identity: self.identity.clone(), versions })
    }

    /// Whether its part of the digest is (still) this one.
    pub(super) fn is_digested_as(&self, digested: Option<&Digested>) -> bool {
        digested.map_or(!self.is_healthy(), |digested| {
            let versions = (self.incarnation, self.tags.version());
            self.is_healthy() && digested.versions == versions && digested.identity == self.identity
        })
    }
}

/// The text of an address; most nodes are called by theirs, and have it once.
fn text_of(address: SocketAddr, name: &Arc<str>) -> Arc<str> {
    let text = address.to_string();
    if text == **name { Arc::clone(name) } else { text.into() }
}

/// What a member's part of the digest is made of. Most changes of a member leave it as it is, and to
/// compare is cheaper than to hash.
pub(super) struct Digested {
    identity: Identity,
    /// Of its claims, and of its tags.
    versions: (u32, u32),
}

impl Digested {
    pub(super) fn digest(&self) -> [u8; 16] {
        hash::member_digest(&self.identity, self.versions, StatusClass::Healthy)
    }
}

/// Milliseconds to the microsecond: the digits beyond are those of a shorter number made longer.
fn whole_micros(millis: f32) -> f64 {
    (f64::from(millis) * 1000.0).round() / 1000.0
}

pub(super) const fn public_status(status: Status) -> NodeStatus {
    match status {
        Status::Unknown => NodeStatus::Unknown,
        Status::Alive => NodeStatus::Alive,
        Status::Suspected => NodeStatus::Suspected,
        Status::Dead => NodeStatus::Dead,
        Status::Left => NodeStatus::Left,
    }
}

/// The public snapshot of a member.
pub(super) fn snapshot_of(member: &Member, emit_counter: u16) -> Node {
    Node {
        name: Arc::clone(&member.identity.name),
        address: Arc::clone(&member.address_text),
        ip: Some(member.address().ip()),
        port: member.address().port(),
        status: public_status(member.status),
        rank: match (member.is_leader, member.is_lighthouse) {
            (true, _) => NodeRank::Leader,
            (false, true) => NodeRank::Lighthouse,
            (false, false) => NodeRank::Normal,
        },
        is_lighthouse: member.is_lighthouse,
        datacenter: member.datacenter,
        generation: member.identity.generation,
        incarnation: member.incarnation,
        ping_millis: whole_micros(member.ping_millis),
        age_millis: 0,
        timestamp_millis: member.timestamp_millis,
        emit_counter,
        status_source: Arc::clone(member.source_name()),
        tags: Arc::clone(member.tags.map()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_is_told_in_the_digits_that_it_has() {
        let kept = Duration::from_micros(321).as_secs_f32() * 1000.0;
        let told = whole_micros(kept).to_string();
        assert_eq!((told.as_str(), whole_micros(NO_DATA)), ("0.321", PING_NO_DATA));
    }

    #[test]
    fn a_member_is_small() {
        let bytes = size_of::<Member>();
        assert!(bytes <= 168, "{bytes} bytes: a table holds one for each member of the cluster");
    }
}
