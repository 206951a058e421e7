//! What is said about members, and what of it this node takes (protocol, identity rules).
//!
//! Order of what may be said of one name: the run (generation, then run id), then the incarnation,
//! then LEFT over DEAD over SUSPECTED over ALIVE. Only a member itself raises its incarnation and
//! says LEFT; DEAD from others is a claim to verify.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::engine::Engine;
use super::members::{Member, MemberId, SELF, public_status};
use super::output::Notice;
use super::time::Time;
use super::wire::{Identity, MemberRecord, Status};
use crate::api::event::Event;
use crate::api::level::LogLevel;
use crate::api::node::NodeStatus;
use crate::limits;

/// How far ahead of this node's clock another's generation may be: 139 years. Clocks differ, but
/// not so.
const FARTHEST_MILLIS: u64 = 1 << 42;

/// How a claim came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hearsay {
    /// Who said it, where an answer can be sent.
    pub(super) reply_to: Option<SocketAddr>,
    /// The handle of who said it: what a member says of itself lifts a tombstone.
    pub(super) speaker: u32,
    /// Whether news are passed on: not what a joining node learns of those who were there.
    pub(super) spreads: bool,
}

/// Stands where the local node's own record should be, which is always there.
pub(super) fn nobody() -> MemberRecord {
    let identity = Identity { name: Arc::from("?"), generation: 0, run: 0 };
    MemberRecord::bare(identity, SocketAddr::from(([0, 0, 0, 0], 0)), Status::Unknown)
}

fn run_of(identity: &Identity) -> (u64, u64) {
    (identity.generation, identity.run)
}

/// Whether others say of a run that it is over.
fn is_past(record: &MemberRecord, hearsay: Hearsay) -> bool {
    let over = matches!(record.status, Status::Dead | Status::Left);
    over && hearsay.speaker != record.identity.handle()
}

impl Engine {
    /// Takes what one record says, as far as it is news.
    pub(super) fn apply_member(&mut self, now: Time, record: &MemberRecord, hearsay: Hearsay) {
        // A generation that no clock can give could never be topped: it would ban its name. The
        // bound moves with time, so that a moment later the real node tops even a lie just below.
        if record.identity.generation > self.wall_millis(now).saturating_add(FARTHEST_MILLIS) {
            self.stats.dropped_malformed += 1;
            return;
        }
        if record.identity.name == self.me().identity.name {
            self.apply_own(now, record, hearsay);
            return;
        }
        if record.status == Status::Unknown || !is_usable(record.address) {
            return;
        }
        let Some(id) = self.members.by_name(&record.identity.name) else {
            self.apply_stranger(now, record, hearsay);
            return;
        };
        let Some(member) = self.members.get(id) else {
            return;
        };
        match run_of(&record.identity).cmp(&run_of(&member.identity)) {
            std::cmp::Ordering::Less => {
                // A process whose clock was set back must hear of the run that it has to top: of one that
                // was lost with its datacenter nothing would be said.
                if member.lost && record.status == Status::Alive {
                    self.members.update(id, |member| member.lost = false);
                }
                self.correct(now, id, record, hearsay);
                if hearsay.reply_to.is_none() && record.status == Status::Alive {
                    self.tell_what_to_top(now, id, record.address);
                }
            }
            // A wall clock that was set back gives a new process an earlier generation than one that
            // is gone: whoever lives here is not buried by that one's end, and soon learns that it
            // must top it. If this was the earlier run, its own silence tells.
            std::cmp::Ordering::Greater if member.is_healthy() && is_past(record, hearsay) => {}
            std::cmp::Ordering::Greater => self.replace_run(now, id, record, hearsay),
            std::cmp::Ordering::Equal => {
                let (to, spreads) = (hearsay.reply_to, hearsay.spreads);
                self.apply_known(now, id, record, hearsay);
                self.take_tags(now, id, record.tags.as_ref(), to, spreads);
            }
        }
    }

    /// A name that is not in the table. Who is DEAD or LEFT there is nobody to know.
    fn apply_stranger(&mut self, now: Time, record: &MemberRecord, hearsay: Hearsay) {
        let healthy = matches!(record.status, Status::Alive | Status::Suspected);
        let speaks_itself = record.identity.handle() == hearsay.speaker;
        let buried = self.members.is_buried(&record.identity, now) && !speaks_itself;
        if buried && healthy && record.datacenter != self.settings.datacenter {
            // Its own voice would lift the tombstone, but does not come here from another datacenter.
            self.ask_stranger(now, record.address);
        }
        if !healthy || buried || !self.admit(now, hearsay) {
            return;
        }
        let mut member = self.member_of(now, record);
        member.status = Status::Alive;
        let id = self.members.insert(member);
        self.settle_named(now, id);
        self.probe_soon(id);
        self.tell_status(id, NodeStatus::Unknown);
        if hearsay.spreads {
            self.pass_on(now, id);
        }
        if record.status == Status::Suspected {
            self.join_suspicion(now, id, record.witnesses, record.source);
        }
    }

    /// Room and rate for one more member. Of the table that a joining node asked for there is no rate: what
    /// it did not take of that would come as news, which it would pass on to all who know.
    fn admit(&mut self, now: Time, hearsay: Hearsay) -> bool {
        let full = self.members.len() >= self.settings.max_members as usize;
        let joins = !hearsay.spreads;
        if full && !self.evict(now) || !(joins || self.discovery.admissions.take(now)) {
            self.stats.members_refused += 1;
            return false;
        }
        true
    }

    /// Forgets the DEAD or LEFT member that was heard least recently.
    fn evict(&mut self, now: Time) -> bool {
        let gone = self.members.iter().filter(|(id, member)| *id != SELF && !member.is_healthy());
        let Some((id, _)) = gone.min_by_key(|(_, member)| member.heard) else {
            return false;
        };
        self.forget(now, id);
        true
    }

    /// Takes a member out of everything.
    pub(super) fn forget(&mut self, now: Time, id: MemberId) -> Option<Member> {
        self.recheck_validity(now);
        self.gossip.updates.end(&id);
        self.datacenters.across.end(&id);
        self.forget_probes(id);
        self.members.remove(id, now)
    }

    fn member_of(&self, now: Time, record: &MemberRecord) -> Member {
        let mut member = Member::of(record, now, self.wall_millis(now));
        if record.source != 0 {
            member.stated_by(record.source, Some(self.members.name_of(record.source)));
        }
        member
    }

    /// A newer run of a known name: the old one is gone, whatever was believed of it.
    fn replace_run(&mut self, now: Time, id: MemberId, record: &MemberRecord, hearsay: Hearsay) {
        let Some(old) = self.members.get(id) else {
            return;
        };
        let (was, old_address) = (public_status(old.status), old.address());
        if was.is_healthy() {
            self.set_status(now, id, Status::Dead, old.incarnation, 0);
            self.tell_status(id, was);
        }
        if let Some(door) = &mut self.door {
            door.forget(record.address);
        }
        self.forget_probes(id);
        let mut fresh = self.member_of(now, record);
        fresh.status = Status::Alive;
        fresh.stated_by(0, None);
        let before = self.members.get(id).map_or(NodeStatus::Dead, |old| public_status(old.status));
        self.members.update(id, |member| *member = fresh);
        self.settle_named(now, id);
        self.probe_soon(id);
        self.tell_status(id, before);
        if old_address != record.address {
            self.tell_changed(id);
        }
        if hearsay.spreads {
            self.pass_on(now, id);
        }
        if record.status != Status::Alive {
            self.apply_known(now, id, record, hearsay);
        }
    }

    /// A claim about the run that is known.
    fn apply_known(&mut self, now: Time, id: MemberId, record: &MemberRecord, hearsay: Hearsay) {
        let Some(member) = self.members.get(id) else {
            return;
        };
        let (status, incarnation) = (member.status, member.incarnation);
        if record.incarnation < incarnation {
            self.correct(now, id, record, hearsay);
            return;
        }
        let newer = record.incarnation > incarnation;
        match record.status {
            Status::Unknown => {}
            Status::Alive => {
                if newer && status != Status::Left {
                    self.take_alive(now, id, record, hearsay);
                } else if self.is_restored_by_word(id) {
                    self.restore(now, id);
                }
            }
            Status::Suspected => {
                if status == Status::Alive || status == Status::Suspected {
                    self.raise_known(id, record.incarnation);
                    self.join_suspicion(now, id, record.witnesses, record.source);
                } else if newer && status == Status::Dead {
                    // It refuted its death since, and is suspected again.
                    self.take_alive(now, id, record, hearsay);
                    self.join_suspicion(now, id, record.witnesses, record.source);
                }
            }
            Status::Dead => self.apply_death(now, id, record),
            Status::Left => {
                if status != Status::Left {
                    self.take_left(now, id, record);
                }
            }
        }
    }

    /// A member's own newer claim: it is alive, whatever was believed.
    fn take_alive(&mut self, now: Time, id: MemberId, record: &MemberRecord, hearsay: Hearsay) {
        let Some(member) = self.members.get(id) else {
            return;
        };
        let before = public_status(member.status);
        let changed = member.address() != record.address
            || member.datacenter != record.datacenter
            || member.is_lighthouse != record.is_lighthouse;
        self.set_status(now, id, Status::Alive, record.incarnation, 0);
        self.members.update(id, |member| {
            member.move_to(record.address);
            member.datacenter = record.datacenter;
            member.is_lighthouse = record.is_lighthouse;
            member.candidacy = record.candidacy;
        });
        if before == NodeStatus::Suspected {
            self.probing.flaps.note(now, id);
        }
        if before == NodeStatus::Dead {
            self.settle_named(now, id);
            self.probe_soon(id);
            self.note_return(now);
            // It may know others that were thought dead with it: a partition that healed.
            self.sync_with(now, record.address);
        }
        self.tell_status(id, before);
        if changed {
            self.tell_changed(id);
        }
        if hearsay.spreads {
            self.pass_on(now, id);
        }
    }

    fn take_left(&mut self, now: Time, id: MemberId, record: &MemberRecord) {
        let before = self.members.get(id).map_or(NodeStatus::Unknown, |m| public_status(m.status));
        self.set_status(now, id, Status::Left, record.incarnation, 0);
        self.tell_status(id, before);
        self.pass_on(now, id);
        self.plan_forgetting(now + limits::LEFT_LISTED);
        self.leave_progress();
    }

    /// Somebody holds an old belief: an accuser is told what is newer, so that the accused need not.
    fn correct(&mut self, now: Time, id: MemberId, record: &MemberRecord, hearsay: Hearsay) {
        let accuses = matches!(record.status, Status::Suspected | Status::Dead);
        let known_alive = self.members.get(id).is_some_and(Member::is_healthy);
        if let (Some(to), true, true) = (hearsay.reply_to, accuses, known_alive) {
            self.send_news(now, to, id);
        }
    }

    /// A table lists an earlier run than one that is over here. If it lives it was started with its clock set
    /// back, and must hear what it has to top. Nobody else might tell it: those who list it hold that end for
    /// past, and across datacenters few try the dead again.
    fn tell_what_to_top(&mut self, now: Time, id: MemberId, earlier: SocketAddr) {
        if self.members.get(id).is_some_and(|member| !member.is_healthy()) {
            self.send_news(now, earlier, id);
        }
    }

    fn raise_known(&mut self, id: MemberId, incarnation: u32) {
        self.members.update(id, |member| member.incarnation = member.incarnation.max(incarnation));
    }

    /// The one place that sets a status; the caller tells and passes on.
    pub(super) fn set_status(
        &mut self,
        now: Time,
        id: MemberId,
        status: Status,
        incarnation: u32,
        source: u32,
    ) {
        let wall = self.wall_millis(now);
        let source_name = match source {
            0 => None,
            other => Some(self.members.name_of(other)),
        };
        self.members.update(id, |member| {
            if !member.is_healthy() {
                member.healthy_since = now;
            }
            member.status = status;
            member.incarnation = incarnation;
            member.since = now;
            member.timestamp_millis = wall;
            // A dead member keeps who bore witness: others that hear of it verify from there.
            if !matches!(status, Status::Suspected | Status::Dead) {
                member.clear();
            }
            member.stated_by(source, source_name);
            member.retries = 0;
            if member.retry_at() != Time::NEVER {
                member.rare().retry_at = Time::NEVER;
            }
            member.lost = false;
        });
        if status == Status::Dead {
            self.plan_retry(now, id);
        }
        self.recheck_validity(now);
    }

    /// Tells of a change of status that the table shows already.
    pub(super) fn tell_status(&mut self, id: MemberId, previous: NodeStatus) {
        let Some(node) = self.node(id) else { return };
        let (status, source) = (node.status, Arc::clone(&node.status_source));
        if status != previous {
            self.tell_datacenter(id);
            self.tell(Event::Status { node, status, previous, source });
        }
    }

    pub(super) fn tell_changed(&mut self, id: MemberId) {
        if let Some(node) = self.node(id) {
            self.tell(Event::Node { node });
        }
    }

    /// Passes a member's state on, from now, as often as the size of the cluster asks for.
    pub(super) fn pass_on(&mut self, now: Time, id: MemberId) {
        let times = self.near_times();
        self.gossip.updates.begin(id, times);
        self.pass_across(id);
        self.members.mark(id);
        self.news(now);
    }

    // What is said of this node itself.

    fn apply_own(&mut self, now: Time, record: &MemberRecord, hearsay: Hearsay) {
        let me = self.me();
        match run_of(&record.identity).cmp(&run_of(&me.identity)) {
            std::cmp::Ordering::Equal => self.apply_own_run(now, &me, record, hearsay),
            std::cmp::Ordering::Less => {
                // Somebody believes in an older run: it learns of this one.
                if let Some(to) = hearsay.reply_to {
                    self.send_news(now, to, SELF);
                }
            }
            std::cmp::Ordering::Greater => self.apply_own_rival(now, &me, record),
        }
    }

    fn apply_own_run(
        &mut self,
        now: Time,
        me: &MemberRecord,
        record: &MemberRecord,
        hearsay: Hearsay,
    ) {
        let accuses = matches!(record.status, Status::Suspected | Status::Dead | Status::Left);
        if !accuses || self.leaving.is_some() {
            return;
        }
        if record.status == Status::Left {
            self.refute(now, u32::MAX); // nothing goes before LEFT but a new run
            if let Some(to) = hearsay.reply_to {
                self.send_news(now, to, SELF);
            }
            return;
        }
        if record.incarnation < me.incarnation {
            // Accused under an old incarnation: the current one is repeated, or an accuser that
            // missed it would never hear it again.
            self.pass_on(now, SELF);
        } else {
            self.refute(now, record.incarnation);
        }
        if let Some(to) = hearsay.reply_to {
            self.send_news(now, to, SELF);
        }
    }

    /// Contradicts an accusation under `incarnation` (SWIM, section 4.2).
    fn refute(&mut self, now: Time, incarnation: u32) {
        self.stats.refutations += 1;
        self.awareness.worse();
        self.members.update(SELF, |me| match incarnation.checked_add(1) {
            Some(next) => me.incarnation = next,
            // An accusation at the last incarnation could not be topped: a new run can.
            None => {
                me.identity.generation = me.identity.generation.saturating_add(1);
                me.incarnation = 0;
                me.handle = me.identity.handle();
            }
        });
        self.gossip.refuting = true;
        self.pass_on(now, SELF);
    }

    /// A higher run of this node's own name.
    fn apply_own_rival(&mut self, now: Time, me: &MemberRecord, record: &MemberRecord) {
        if self.leaving.is_some() {
            return; // its successor, most likely
        }
        // At this node's own address nobody else can live: that is an earlier run of it.
        let rival_lives = matches!(record.status, Status::Alive | Status::Suspected)
            && record.address != me.address;
        if rival_lives && self.established {
            self.yield_name(record.address);
            return;
        }
        // An older run whose clock was ahead, or a rival that began before this node had spoken.
        self.note(
            LogLevel::Info,
            format!(
                "an earlier run of {} has generation {}: this one takes a higher one than its own {}",
                me.identity.name, record.identity.generation, me.identity.generation
            ),
        );
        let above = record.identity.generation.saturating_add(1);
        self.members.update(SELF, |me| {
            me.identity.generation = above;
            me.handle = me.identity.handle();
        });
        self.pass_on(now, SELF);
    }

    /// Another living process has this name and the higher generation: it wins.
    fn yield_name(&mut self, other: SocketAddr) {
        if self.name_taken {
            return;
        }
        self.name_taken = true;
        self.stats.conflicts += 1;
        if let Some(node) = self.node(SELF) {
            self.tell(Event::Conflict { node, other_address: other.to_string().into() });
        }
        self.notices.push_back(Notice::NameTaken { other });
    }
}

/// Whether an address can be a member's.
fn is_usable(address: SocketAddr) -> bool {
    let ip = address.ip();
    let broadcast = ip == IpAddr::V4(std::net::Ipv4Addr::BROADCAST);
    address.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !broadcast
}
