//! Who leads, as an onlooker sees it who knows every clock.

use std::time::Duration;

use seafoam::TermQuality;
use seafoam::proto::hash::cluster_tag;
use seafoam::proto::leadership::{ElectionView, Kept};
use seafoam::proto::wire::{Carrier, Message, Packet};
use seafoam::proto::{Time, Transmit};

use crate::host::Disk;
use crate::onlooker::{Moment, Onlooker};
use crate::world::World;

/// How long a disk takes.
pub(crate) const DISK_TIME: Duration = Duration::from_millis(5);

/// What a process is told of its lease: the term, until when by its clock, and how far the term can be
/// trusted; none where it leads no more.
pub(crate) type Told = Option<(u64, Time, TermQuality)>;

/// One tenure: a process that leads in one term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// Which node.
    pub node: usize,
    /// Which process of it.
    pub run: u64,
    /// Whom it leads: a datacenter, or 255 for the whole cluster.
    pub scope: u8,
    /// Its term.
    pub term: u64,
    /// When it began.
    pub from: Time,
    /// When it ended, by what its process was told or by its own clock; none where it goes on.
    pub to: Option<Time>,
    /// How far the term can be trusted.
    pub quality: TermQuality,
}

/// The history of all tenures.
#[derive(Default)]
pub(crate) struct Leaders {
    /// What a host begins with.
    pub(crate) disk: Disk,
    pub(crate) tenures: Vec<Tenure>,
    /// What must never be, in words.
    pub(crate) violations: Vec<String>,
    /// Hears every word; none where nobody asked.
    pub(crate) onlooker: Option<Onlooker>,
}

impl World {
    /// Hosts from now on have a disk for a lighthouse's term, empty at first.
    pub fn give_disks(&mut self) {
        self.leaders.disk = Disk { kept: Kept::Missing, list: None };
    }

    /// Loses what a disk holds.
    pub fn wipe_disk(&mut self, node: usize) {
        if let Some(host) = self.hosts.get_mut(node)
            && host.disk.kept != Kept::NoDisk
        {
            host.disk = Disk { kept: Kept::Missing, list: None };
        }
    }

    /// Whether a host's disk holds a term.
    #[must_use]
    pub fn has_term(&self, node: usize) -> bool {
        self.hosts.get(node).is_some_and(|host| matches!(host.disk.kept, Kept::Found(_)))
    }

    /// The term in which a node's process would say that it leads, were it asked now: its clock is
    /// read, whether it is paused or not.
    #[must_use]
    pub fn leads(&self, node: usize) -> Option<u64> {
        let host = self.hosts.get(node)?;
        let (term, until) = host.lease?;
        (host.clock.at(self.now) < until).then_some(term)
    }

    /// The scope of the election in which a node takes part: a datacenter, or 255.
    fn scope(&self, node: usize) -> u8 {
        let view = self.engine(node).and_then(|engine| engine.election_view(self.now));
        view.map_or(u8::MAX, |view| view.scope)
    }

    /// The nodes that lead now.
    pub fn leading(&self) -> impl Iterator<Item = (usize, u64)> {
        (0..self.hosts.len()).filter_map(|node| Some((node, self.leads(node)?)))
    }

    /// Every tenure so far, in the order in which they began.
    #[must_use]
    pub fn tenures(&self) -> &[Tenure] {
        &self.leaders.tenures
    }

    /// What was seen of the election that must never be: two leaders at one moment (S1), a term used
    /// by two tenures or a lower one later (S2).
    #[must_use]
    pub fn leader_violations(&self) -> &[String] {
        &self.leaders.violations
    }

    /// What a process was told at once. Of several the last one counts: what it rests on is what
    /// there is now.
    pub(crate) fn note_leases(&mut self, node: usize, leases: &[Told]) {
        for lease in leases {
            self.note_lease(node, *lease);
        }
        if let Some(Some((_, until, _))) = leases.last() {
            self.check_holders(node, *until);
        }
    }

    /// A process was told that it leads, or leads no more.
    fn note_lease(&mut self, node: usize, lease: Told) {
        let now = self.now;
        let before = self.leads(node);
        let Some(host) = self.hosts.get_mut(node) else { return };
        host.lease = lease.map(|(term, until, _)| (term, until));
        let run = host.runs;
        let same = |tenure: &&mut Tenure| tenure.node == node && tenure.run == run;
        let open = self.leaders.tenures.iter_mut().rev().find(same).filter(|it| it.to.is_none());
        let Some((term, until, quality)) = lease else {
            if let Some(tenure) = open {
                tenure.to = Some(now);
            }
            return;
        };
        if let Some(tenure) = open {
            if tenure.term == term && before.is_some() {
                tenure.quality = quality;
                return;
            }
            tenure.to = Some(now);
        }
        self.check_quorum(node, until);
        let scope = self.scope(node);
        // Of two tenures that overlap one begins while the other is on: it is enough to look here.
        let rival = |(other, _): &(usize, u64)| *other != node && self.scope(*other) == scope;
        let rivals: Vec<_> = self.leading().filter(rival).collect();
        for (other, held) in rivals {
            let text = format!("{now:?}: node {node} leads in term {term}, node {other} in {held}");
            self.leaders.violations.push(text);
        }
        let tenures = self.leaders.tenures.iter().filter(|tenure| tenure.scope == scope);
        let highest = tenures.map(|tenure| tenure.term).max().unwrap_or(0);
        if term <= highest {
            let text = format!("{now:?}: node {node} leads in term {term} after one in {highest}");
            self.leaders.violations.push(text);
        }
        self.leaders.tenures.push(Tenure { node, run, scope, term, from: now, to: None, quality });
    }

    /// From now on every word of the election is heard, and every rule of it watched. Of words that
    /// are not sealed.
    pub fn watch_election(&mut self) {
        self.leaders.onlooker = Some(Onlooker::default());
    }

    fn moment(&self, node: usize) -> Option<(Moment, ElectionView)> {
        let host = self.hosts.get(node)?;
        let local = host.clock.at(self.now);
        let view = host.engine.as_ref()?.election_view(local)?;
        Some((Moment { now: self.now, local, node, run: host.runs }, view))
    }

    fn object(&mut self, node: usize, what: Option<String>) {
        let Some(what) = what else { return };
        self.leaders.violations.push(format!("{:?}: node {node}: {what}", self.now));
    }

    /// What a node is about to send, and what it keeps.
    pub(crate) fn overhear(&mut self, node: usize, transmits: &[Transmit]) {
        if self.leaders.onlooker.is_none() {
            return;
        }
        let Some((at, view)) = self.moment(node) else { return };
        let tag = cluster_tag(&self.settings.cluster_name);
        let lease = Duration::from_millis(u64::from(self.settings.leader_lease_millis));
        let mut objections = Vec::new();
        if let Some(onlooker) = &mut self.leaders.onlooker {
            for transmit in transmits {
                let Transmit::Datagram { bytes, .. } = transmit else { continue };
                let packet = Packet::decode(bytes, tag, Carrier::Datagram);
                if let Ok(Packet { message: Message::Elect { word, .. }, .. }) = packet {
                    objections.push(onlooker.hear(at, &view, lease, &word));
                }
            }
            objections.push(onlooker.look(at, &view));
        }
        for what in objections {
            self.object(node, what);
        }
    }

    /// S11: who leads may lead; S18: what it was told of terms.
    pub(crate) fn check_leader(&mut self, node: usize, told: &[(Option<u8>, u64)]) {
        if self.leaders.onlooker.is_none() {
            return;
        }
        let Some((at, view)) = self.moment(node) else { return };
        let leads = self.leads(node);
        if leads.is_some() && !view.may_lead {
            self.object(node, Some("S11: leads, and is not valid".to_owned()));
        }
        for (scope, term) in told {
            let onlooker = self.leaders.onlooker.as_mut();
            let what = onlooker.and_then(|onlooker| onlooker.tell(at, *scope, *term));
            self.object(node, what);
        }
    }

    /// Lighthouses of a leader's list that hold its record until then by its clock, or lost what they
    /// held and are silent, or are down.
    fn check_holders(&mut self, node: usize, until: Time) {
        if self.leaders.onlooker.is_none() {
            return;
        }
        let Some((_, view)) = self.moment(node) else { return };
        let Some(host) = self.hosts.get(node) else { return };
        let needed = host.clock.when(until);
        let holds = |other: &usize| {
            let Some(host) = self.hosts.get(*other) else { return false };
            let local = host.clock.at(self.now);
            let Some(engine) = &host.engine else { return true };
            let Some(other) = engine.election_view(local) else { return true };
            // Who went over to another list forgot what it granted, and is silent by that one.
            let moved = other.configuration != view.configuration;
            let seat = other.seat.filter(|_| !moved);
            seat.map_or(moved, |seat| {
                let record = seat.record.filter(|record| record.ballot.owner == view.owner);
                local < seat.silent_until
                    || record.is_some_and(|record| host.clock.when(record.until) >= needed)
            })
        };
        let holders = self.listed(node).unwrap_or_default().iter().filter(|it| holds(it)).count();
        let onlooker = self.leaders.onlooker.as_mut();
        let what = onlooker.and_then(|onlooker| onlooker.lead(&view, holders));
        self.object(node, what);
    }

    /// A lease needs a majority of the leader's list that worked by the leader's configuration while
    /// it was voted (S10): between its POLL and now.
    fn check_quorum(&mut self, node: usize, until: Time) {
        let Some(host) = self.hosts.get(node) else { return };
        let Some(engine) = &host.engine else { return };
        let (Some(configuration), Some((version, list))) =
            (engine.election_configuration(), engine.lighthouse_list())
        else {
            return;
        };
        let lease = Duration::from_millis(u64::from(self.settings.leader_lease_millis));
        let left = until.since(host.clock.at(self.now));
        let began = self.now - (lease.saturating_sub(left) + Duration::from_secs(1));
        let entries: Vec<&str> = list.split(',').collect();
        let like_minded = entries.iter().filter(|entry| {
            let other = listed_at(entry);
            let host = other.and_then(|other| self.hosts.get(other));
            host.is_some_and(|host| host.had_configuration(configuration, began))
        });
        let count = like_minded.count();
        if count <= entries.len() / 2 {
            let text = format!(
                "{:?}: node {node} leads by list {version} of {} lighthouses, {count} of which have it",
                self.now,
                entries.len()
            );
            self.leaders.violations.push(text);
        }
    }

    /// Begins a change of the list of lighthouses, at a node; whether it was taken.
    pub fn relist(&mut self, node: usize, lighthouses: &[usize]) -> seafoam::Result<()> {
        let items: Vec<_> =
            lighthouses.iter().map(|node| Self::address(*node).to_string()).collect();
        self.command(node, |engine, now| engine.change_lighthouses(now, &items)).unwrap_or_else(
            || Err(seafoam::Error::new(seafoam::ErrorCode::Closed, "no process runs there")),
        )
    }

    /// The list by which a node works, as numbers of nodes; none where no process runs.
    #[must_use]
    pub fn listed(&self, node: usize) -> Option<Vec<usize>> {
        let (_, list) = self.engine(node)?.lighthouse_list()?;
        list.split(',').map(listed_at).collect()
    }

    /// How many lighthouses the shortest list has that a node works by, or that a disk holds, in
    /// force or accepted: of any of these a majority may be what a term rests on.
    #[must_use]
    pub fn shortest_list(&self) -> Option<usize> {
        let count = |list: &str| list.split(',').count();
        let kept = self.hosts.iter().filter_map(|host| host.disk.list.as_ref());
        let on_disk = kept.flat_map(|file| {
            let accepted = file.accepted.as_ref().map(|accepted| count(&accepted.list));
            accepted.into_iter().chain((file.version > 0).then(|| count(&file.list)))
        });
        let working = (0..self.hosts.len()).filter_map(|node| self.listed(node)).map(|it| it.len());
        on_disk.chain(working).min()
    }

    /// The version of the list by which a node works; none where no process runs.
    #[must_use]
    pub fn list_version(&self, node: usize) -> Option<u32> {
        Some(self.engine(node)?.lighthouse_list()?.0)
    }
}

/// The node of an entry of a list: an address, and perhaps a datacenter.
fn listed_at(entry: &str) -> Option<usize> {
    let (address, _) = entry.split_once('@').unwrap_or((entry, ""));
    address.parse().ok().and_then(World::node_at)
}

#[cfg(test)]
mod tests {
    use seafoam::Config;

    use super::*;

    fn world() -> World {
        let mut world = World::new(1, Config::new().insecure(true).listen_ip("10.0.0.0"));
        world.start_many(2);
        world
    }

    fn lease(world: &mut World, node: usize, term: u64, seconds: u64) {
        let until = world.now + Duration::from_secs(seconds);
        world.note_lease(node, Some((term, until, TermQuality::Durable)));
    }

    #[test]
    fn two_leaders_at_one_moment_are_found() {
        let mut world = world();
        lease(&mut world, 0, 5, 3);
        world.run(Duration::from_secs(2));
        lease(&mut world, 1, 6, 3);
        assert_eq!(world.leader_violations().len(), 1, "{:?}", world.leader_violations());
        assert!(world.leader_violations()[0].contains("node 1 leads in term 6, node 0 in 5"));
    }

    #[test]
    fn a_term_that_does_not_rise_is_found() {
        for again in [4, 5] {
            let mut world = world();
            lease(&mut world, 0, 5, 3);
            world.run(Duration::from_secs(4));
            lease(&mut world, 1, again, 3);
            assert_eq!(world.leader_violations().len(), 1, "{:?}", world.leader_violations());
        }
    }

    #[test]
    fn a_renewal_and_a_later_tenure_are_no_fault() {
        let mut world = world();
        lease(&mut world, 0, 5, 3);
        world.run(Duration::from_secs(1));
        lease(&mut world, 0, 5, 3);
        world.note_lease(0, None);
        lease(&mut world, 1, 6, 3);
        assert_eq!(world.leader_violations(), [] as [String; 0]);
        assert_eq!(world.tenures().len(), 2);
    }
}
