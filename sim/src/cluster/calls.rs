//! What a node's program could ask of it: the calls of the real cluster, under the same names.

use std::collections::BTreeMap;
use std::sync::Arc;

use seafoam::proto::Engine;
use seafoam::proto::Time;
use seafoam::{
    Error, ErrorCode, Label, Lease, Node, NodeStatus, Result, Settings, Stats, Validity, Why,
};

use super::Cluster;
use crate::host::Host;
use crate::world::World;

/// Outcomes that are kept for whoever asks for them; then the oldest go.
const OUTCOMES_KEPT: usize = 4096;

/// A call that takes time: [`Cluster::outcome`] tells what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

/// What was asked, and what became of it.
#[derive(Debug)]
struct Asked {
    by: usize,
    outcome: Option<Result<()>>,
}

#[derive(Debug, Default)]
pub(super) struct Tickets {
    last: u64,
    asked: BTreeMap<u64, Asked>,
}

impl Tickets {
    fn next(&mut self, by: usize) -> u64 {
        self.last += 1;
        if self.asked.len() >= OUTCOMES_KEPT {
            self.asked.pop_first();
        }
        self.asked.insert(self.last, Asked { by, outcome: None });
        self.last
    }

    fn done(&mut self, ticket: u64, outcome: Result<()>) {
        if let Some(asked) = self.asked.get_mut(&ticket) {
            asked.outcome = Some(outcome);
        }
    }

    pub(super) fn sent(&mut self, ticket: u64, acknowledged: bool) {
        let text = "the node did not acknowledge the message; whether it has it is not known";
        self.done(ticket, if acknowledged { Ok(()) } else { Err(timeout(text)) });
    }

    pub(super) fn resigned(&mut self, ticket: u64, done: bool) {
        let text = "the other node did not come to lead in time: this one gave up, and whoever \
                    stands first leads";
        self.done(ticket, if done { Ok(()) } else { Err(timeout(text)) });
    }

    /// What a process waited for that ended.
    pub(super) fn fail(&mut self, by: usize, how: &str) {
        for asked in self.asked.values_mut().filter(|asked| asked.by == by) {
            let closed = || Error::new(ErrorCode::Closed, format!("the node does not run: {how}"));
            asked.outcome.get_or_insert_with(|| Err(closed()));
        }
    }
}

fn timeout(text: &str) -> Error {
    Error::new(ErrorCode::Timeout, text)
}

/// Reads: a node that does not run answers `closed`, an unknown name `unknown_node`.
impl Cluster {
    /// All that a node lists, in the order of names.
    ///
    /// # Errors
    /// `unknown_node`, `closed`.
    pub fn all_nodes(&self, node: &str) -> Result<Vec<Arc<Node>>> {
        let number = self.runs(node)?;
        Ok(self.world.aged(number).collect())
    }

    /// Those that are ALIVE or SUSPECTED, the node itself included.
    ///
    /// # Errors
    /// `unknown_node`, `closed`.
    pub fn healthy_nodes(&self, node: &str) -> Result<Vec<Arc<Node>>> {
        let number = self.runs(node)?;
        Ok(self.world.aged(number).filter(|node| node.is_healthy()).collect())
    }

    /// What a node believes of another, by its name or address; none where it does not list it.
    ///
    /// # Errors
    /// `unknown_node`, `closed`: of the node that is asked.
    pub fn node(&self, node: &str, other: &str) -> Result<Option<Arc<Node>>> {
        let number = self.runs(node)?;
        let by_name = self.world.view(number, other);
        let by_address = || self.world.table(number).find(|node| &*node.address == other);
        Ok(by_name.or_else(by_address).map(|found| self.world.with_age(number, found)))
    }

    /// The leader as a node heard of it.
    ///
    /// # Errors
    /// `unknown_node`, `closed`.
    pub fn leader_of(&self, node: &str) -> Result<Option<Arc<Node>>> {
        let number = self.runs(node)?;
        let heard = self.world.engine(number).and_then(Engine::leader);
        let found = heard.and_then(|(name, _)| self.world.view(number, &name));
        Ok(found.map(|found| self.world.with_age(number, found)))
    }

    /// Whether a node leads at this instant, by its own clock; false where it does not run.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn is_leader(&self, node: &str) -> Result<bool> {
        self.number(node).map(|number| self.world.leads(number).is_some())
    }

    /// The own lease of a node at this instant.
    ///
    /// # Errors
    /// `unknown_node`, `closed`.
    pub fn lease(&self, node: &str) -> Result<Option<Lease>> {
        let number = self.runs(node)?;
        Ok(self.world.lease(number))
    }

    /// Whether a node's side may act, and what is missing.
    ///
    /// # Errors
    /// `unknown_node`, `closed`.
    pub fn validity(&self, node: &str) -> Result<Arc<Validity>> {
        let number = self.runs(node)?;
        let engine = self.world.engine(number).ok_or_else(|| self.not_running(node))?;
        Ok(Arc::clone(engine.validity()))
    }

    /// True in VALID only, by the node's own clock; false where it does not run.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn is_valid(&self, node: &str) -> Result<bool> {
        self.number(node).map(|number| self.valid_now(number))
    }

    pub(super) fn valid_now(&self, number: usize) -> bool {
        let now = self.world.clock_of(number);
        self.world.engine(number).is_some_and(|engine| now < engine.valid_until())
    }

    /// Why a node suspects another one or holds it dead.
    ///
    /// # Errors
    /// `unknown_node` for either, `closed`.
    pub fn why(&mut self, node: &str, other: &str) -> Result<Why> {
        self.command(node, |engine, now| engine.why(now, other))
    }

    /// The counters of a node's engine; those of sockets are 0.
    ///
    /// # Errors
    /// `unknown_node`, `closed`.
    pub fn stats(&self, node: &str) -> Result<Stats> {
        let number = self.runs(node)?;
        self.world.stats(number).ok_or_else(|| self.not_running(node))
    }

    /// What a node runs with.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn settings(&self, node: &str) -> Result<&Settings> {
        let number = self.number(node)?;
        let process = self.processes.get(number);
        process.map(|process| &process.settings).ok_or_else(|| self.not_running(node))
    }

    fn not_running(&self, node: &str) -> Error {
        Error::new(ErrorCode::Closed, format!("{node} does not run"))
    }
}

/// Commands. What they cause happens as time passes.
impl Cluster {
    fn command<T>(
        &mut self,
        node: &str,
        command: impl FnOnce(&mut Engine, Time) -> Result<T>,
    ) -> Result<T> {
        let number = self.runs(node)?;
        let outcome = self.world.command(number, command);
        self.hear();
        outcome.ok_or_else(|| self.not_running(node))?
    }

    /// Sends a payload to every other healthy member, and returns its label.
    ///
    /// # Errors
    /// `payload_too_large`, `busy`; `unknown_node`, `closed`.
    pub fn broadcast(&mut self, node: &str, bytes: &[u8]) -> Result<String> {
        let number = self.number(node)?;
        let index = self.command(node, |engine, now| engine.broadcast(now, bytes))?;
        Ok(Label::new(World::address(number), index).to_string())
    }

    /// Sends a payload to one node. Its outcome is `timeout` where that one did not acknowledge it.
    ///
    /// # Errors
    /// `unknown_node`, also where the other is not in the node's table; `payload_too_large`, `busy`,
    /// `closed`.
    pub fn send(&mut self, node: &str, to: &str, bytes: &[u8]) -> Result<Ticket> {
        let found = self.node(node, to)?;
        let found = found.and_then(|found| found.address.parse().ok()).ok_or_else(|| {
            let text = format!("{to:?} is not in the table of {node}");
            Error::new(ErrorCode::UnknownNode, text)
        })?;
        self.ask(node, |engine, now, ticket| engine.send(now, found, bytes, ticket))
    }

    /// Gives a node's lease up.
    ///
    /// # Errors
    /// `not_leader`; `unknown_node`, `closed`.
    pub fn resign(&mut self, node: &str) -> Result<Ticket> {
        self.ask(node, |engine, now, ticket| engine.resign(now, ticket))
    }

    /// Gives a node's lease up in favour of another one. Its outcome is `timeout` where that one did
    /// not come to lead.
    ///
    /// # Errors
    /// `not_leader`, `invalid_config` for a node that is not alive or not eligible; `unknown_node`,
    /// `closed`.
    pub fn transfer_leadership(&mut self, node: &str, to: &str) -> Result<Ticket> {
        self.ask(node, |engine, now, ticket| engine.transfer_leadership(now, to, ticket))
    }

    fn ask(
        &mut self,
        node: &str,
        call: impl FnOnce(&mut Engine, Time, u64) -> Result<()>,
    ) -> Result<Ticket> {
        let number = self.runs(node)?;
        let ticket = self.tickets.next(number);
        let asked = self.command(node, |engine, now| call(engine, now, ticket));
        if asked.is_err() {
            self.tickets.asked.remove(&ticket);
        }
        asked.map(|()| Ticket(ticket))
    }

    /// What became of a call that takes time; none while it goes on. The last few thousand are kept.
    #[must_use]
    pub fn outcome(&self, ticket: Ticket) -> Option<Result<()>> {
        self.tickets.asked.get(&ticket.0)?.outcome.clone()
    }

    /// A node tells its peers that it leaves. When enough of them know, after 5 s at most, its
    /// process ends.
    ///
    /// # Errors
    /// `unknown_node`, `closed`.
    pub fn leave(&mut self, node: &str) -> Result<()> {
        let number = self.runs(node)?;
        let until = self.world.now + super::LEAVE_TIME;
        if let Some(process) = self.processes.get_mut(number) {
            process.leaving.get_or_insert(until);
        }
        self.command(node, |engine, now| {
            engine.leave(now);
            Ok(())
        })
    }

    /// States a status of another node: DEAD and SUSPECTED are accusations that it may refute.
    ///
    /// # Errors
    /// `unknown_node`, `invalid_config`, `closed`.
    pub fn update_node_status(
        &mut self,
        node: &str,
        other: &str,
        status: NodeStatus,
    ) -> Result<()> {
        self.command(node, |engine, now| engine.update_node_status(now, other, status))
    }

    /// Changes a configuration value of a node that can be changed at run time.
    ///
    /// # Errors
    /// `invalid_config`, `unknown_node`, `closed`; nothing was changed.
    pub fn set(&mut self, node: &str, key: &str, text: &str) -> Result<()> {
        let number = self.runs(node)?;
        let mut settings = self.settings(node)?.clone();
        settings.set_live(key, text)?;
        self.command(node, |engine, now| {
            engine.apply_settings(now, &settings);
            Ok(())
        })?;
        if let Some(process) = self.processes.get_mut(number) {
            process.settings = settings;
        }
        Ok(())
    }
}

/// What programs read by the clock.
impl World {
    /// From now on it is known when each node was heard from.
    pub(super) fn keep_ages(&mut self) {
        self.keeps_ages = true;
    }

    /// What a node's own clock shows.
    fn clock_of(&self, node: usize) -> Time {
        self.hosts.get(node).map_or(Time::ZERO, |host| host.clock.at(self.now))
    }

    fn aged(&self, by: usize) -> impl Iterator<Item = Arc<Node>> {
        self.table(by).map(move |node| self.with_age(by, node))
    }

    fn with_age(&self, by: usize, node: &Node) -> Arc<Node> {
        let mut node = node.clone();
        let heard = self.hosts.get(by).and_then(|host: &Host| host.heard.get(&node.name));
        if let Some(heard) = heard.filter(|heard| **heard != Time::NEVER) {
            let age = self.clock_of(by).since(*heard).as_millis();
            node.age_millis = u64::try_from(age).unwrap_or(u64::MAX);
        }
        Arc::new(node)
    }

    fn lease(&self, node: usize) -> Option<Lease> {
        let term = self.leads(node)?;
        let (_, until) = self.hosts.get(node)?.lease?;
        let left = until.since(self.clock_of(node)).as_millis();
        let quality = self.tenures().iter().rev().find(|tenure| tenure.node == node)?.quality;
        Some(Lease {
            term,
            remaining_millis: u64::try_from(left).unwrap_or(u64::MAX),
            term_quality: quality,
        })
    }
}
