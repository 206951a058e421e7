//! Who leads, as an onlooker sees it who knows every clock.

use std::time::Duration;

use seafoam::TermQuality;
use seafoam::proto::Time;
use seafoam::proto::leadership::Kept;

use crate::host::Disk;
use crate::world::World;

/// How long a disk takes.
pub(crate) const DISK_TIME: Duration = Duration::from_millis(5);

/// One tenure: a process that leads in one term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// Which node.
    pub node: usize,
    /// Which process of it.
    pub run: u64,
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

    /// A process was told that it leads, or leads no more.
    pub(crate) fn note_lease(&mut self, node: usize, lease: Option<(u64, Time, TermQuality)>) {
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
        // Of two tenures that overlap one begins while the other is on: it is enough to look here.
        for (other, held) in self.leading().filter(|(other, _)| *other != node).collect::<Vec<_>>()
        {
            let text = format!("{now:?}: node {node} leads in term {term}, node {other} in {held}");
            self.leaders.violations.push(text);
        }
        let highest = self.leaders.tenures.iter().map(|tenure| tenure.term).max().unwrap_or(0);
        if term <= highest {
            let text = format!("{now:?}: node {node} leads in term {term} after one in {highest}");
            self.leaders.violations.push(text);
        }
        self.leaders.tenures.push(Tenure { node, run, term, from: now, to: None, quality });
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
            let other = entry.parse().ok().and_then(Self::node_at);
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
        list.split(',').map(|entry| entry.parse().ok().and_then(Self::node_at)).collect()
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
