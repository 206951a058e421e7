//! A cluster for the tests of programs: time that the test advances, cuts that it makes, events that it
//! reads. Names instead of numbers, errors instead of panics; below it is a [`World`].

mod calls;
mod faults;
mod options;
mod story;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use seafoam::proto::{Notice, Time};
use seafoam::{Config, Error, ErrorCode, Event, EventKinds, NodeStatus, Result, Settings};

pub use calls::Ticket;
pub use options::{MOST_NODES, Options};
pub use story::{EVENTS_KEPT, describe};

use crate::happening::Seen;
use crate::network::Network;
use crate::world::World;
use calls::Tickets;
use options::{check_name, listed, refused, settings};
use story::Story;

/// A condition is looked at this often at least, beside every moment at which something happens:
/// what a node says by its clock alone has no moment of its own.
const LOOK: Duration = Duration::from_millis(10);
/// A node that leaves waits so long for others to know, as `leave` does where nothing else is said.
const LEAVE_TIME: Duration = Duration::from_secs(5);
/// Of the nodes that were made first, those whose addresses all know from the start.
const KNOWN: usize = 8;
/// Events in the text of an error.
const LAST_EVENTS: usize = 12;

/// One name, and what runs under it.
struct Process {
    name: Arc<str>,
    settings: Settings,
    /// When it ended, and how.
    ended: Option<(Time, &'static str)>,
    /// Until when it waits for others to know that it leaves.
    leaving: Option<Time>,
}

/// Nodes with names, a network between them, and a clock that a test advances.
///
/// Nothing passes by itself: between two calls of [`advance`](Self::advance) or
/// [`run_until`](Self::run_until) everything stands still. The same options and the same calls give
/// the same events at the same moments, on every machine.
///
/// ```
/// use std::time::Duration;
/// use seafoam::{EventKinds, NodeStatus};
/// use seafoam_sim::{Cluster, Options};
///
/// # fn main() -> seafoam::Result<()> {
/// let mut cluster = Cluster::start(Options::new(5).seed(1).lighthouses(3))?;
/// cluster.run_until(Duration::from_secs(20), |cluster| cluster.leader().is_some())?;
/// let first = cluster.leader().map(str::to_owned).unwrap_or_default();
/// cluster.crash(&first)?;
/// cluster.run_until(Duration::from_secs(5), |cluster| cluster.leader().is_some())?;
/// assert_ne!(cluster.leader(), Some(&*first));
/// # Ok(())
/// # }
/// ```
pub struct Cluster {
    world: World,
    processes: Vec<Process>,
    numbers: BTreeMap<Arc<str>, usize>,
    lighthouses: Vec<String>,
    /// How many were made first.
    first: usize,
    config: Config,
    story: Story,
    tickets: Tickets,
}

impl Cluster {
    /// Starts all nodes at one moment; they know each other a second later
    /// ([`settle`](Self::settle) waits for it).
    ///
    /// # Errors
    /// `invalid_config` and `not_available` as for a real cluster, and for keys that the simulated
    /// network decides: addresses, seeds, multicast, files.
    pub fn start(options: Options) -> Result<Self> {
        options.check()?;
        let lighthouses = options.lighthouse_list()?;
        let mut processes = Vec::with_capacity(options.names.len());
        for name in &options.names {
            processes.push(process(name, options.config_of(name), &lighthouses)?);
        }
        let plain = Config::new().listen_ip("10.0.0.0").insecure(true);
        let mut world = World::new(options.seed, plain);
        if options.disks {
            world.give_disks();
        }
        world.keep_ages();
        let names = processes.iter().enumerate();
        let mut cluster = Self {
            world,
            numbers: names.map(|(number, one)| (Arc::clone(&one.name), number)).collect(),
            first: processes.len(),
            processes,
            lighthouses,
            config: options.config,
            story: Story::default(),
            tickets: Tickets::default(),
        };
        for number in 0..cluster.first {
            cluster.world.add_host();
            cluster.begin(number);
        }
        cluster.hear();
        Ok(cluster)
    }

    /// Starts one more node, with a configuration of its own or that of all.
    ///
    /// # Errors
    /// `invalid_config`, also where the name is taken: a node that ended is started by
    /// [`restart`](Self::restart).
    pub fn add(&mut self, name: &str, config: Option<&Config>) -> Result<()> {
        check_name(name)?;
        if self.numbers.contains_key(name) {
            return Err(refused(format!("a node is called {name:?} already; restart it instead")));
        }
        if self.processes.len() >= MOST_NODES {
            return Err(refused(format!("{MOST_NODES} nodes are the most")));
        }
        let config = config.unwrap_or(&self.config);
        let process = process(name, config, &self.lighthouses)?;
        let number = self.world.add_host();
        self.numbers.insert(Arc::clone(&process.name), number);
        self.processes.push(process);
        self.begin(number);
        self.hear();
        Ok(())
    }

    /// Starts a node again, with nothing of what it knew before, with the configuration that it had or
    /// another one. Where it runs it is killed first.
    ///
    /// # Errors
    /// `unknown_node`, `invalid_config`; nothing was changed.
    pub fn restart(&mut self, node: &str, config: Option<&Config>) -> Result<()> {
        let number = self.number(node)?;
        if let Some(config) = config {
            let settings = settings(config, &self.lighthouses)?;
            if let Some(process) = self.processes.get_mut(number) {
                process.settings = settings;
            }
        }
        self.end(number, "it was killed");
        self.begin(number);
        self.hear();
        Ok(())
    }

    fn begin(&mut self, number: usize) {
        let lights = self.lighthouses.iter().filter_map(|entry| entry.split('=').next());
        let lights = lights.filter_map(|name| self.numbers.get(name).copied());
        let seeds: Vec<_> = (0..self.first.min(KNOWN)).chain(lights).collect();
        let Some(process) = self.processes.get_mut(number) else { return };
        (process.ended, process.leaving) = (None, None);
        let name = Arc::clone(&process.name);
        self.world.use_settings(process.settings.clone());
        self.world.start_as(number, &name, &seeds);
    }

    /// A process ends, and all that it waited for.
    fn end(&mut self, number: usize, how: &'static str) {
        let now = self.world.now;
        if let Some(process) = self.processes.get_mut(number).filter(|one| one.ended.is_none()) {
            process.ended = Some((now, how));
            process.leaving = None;
        }
        self.tickets.fail(number, how);
        self.world.crash(number);
    }

    /// Takes what the world has told since, and ends who has left.
    fn hear(&mut self) {
        for seen in std::mem::take(&mut self.world.seen) {
            self.story.add(seen);
        }
        for (_, notice) in std::mem::take(&mut self.world.notices) {
            match notice {
                Notice::Sent { ticket, acknowledged } => self.tickets.sent(ticket, acknowledged),
                Notice::Resigned { ticket, done } => self.tickets.resigned(ticket, done),
                Notice::Event(_)
                | Notice::Pong { .. }
                | Notice::Keys { .. }
                | Notice::Receipt { .. }
                | Notice::Lease(_)
                | Notice::Left
                | Notice::Lighthouses { .. }
                | Notice::NameTaken { .. }
                | Notice::Log(..) => {}
            }
        }
        for number in 0..self.processes.len() {
            let leaving = self.processes.get(number).and_then(|process| process.leaving);
            if leaving.is_some_and(|until| until <= self.world.now || self.world.has_left(number)) {
                self.end(number, "it left");
            }
        }
    }

    // Time.

    /// How much time has passed since the cluster was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.world.now.since(Time::ZERO)
    }

    /// When something was seen, from the beginning on.
    #[must_use]
    pub fn moment(&self, seen: &Seen) -> Duration {
        seen.at.since(Time::ZERO)
    }

    /// Lets so much time pass.
    pub fn advance(&mut self, span: Duration) {
        let end = self.now() + span;
        while self.step(end) {}
    }

    /// Goes on to the next moment at which something happens, by at most 10 ms and never beyond `end`,
    /// which counts from the beginning; whether time is left.
    pub fn step(&mut self, end: Duration) -> bool {
        let look = (self.now() + LOOK).min(end).saturating_sub(self.now());
        self.world.step_until(self.world.now + look);
        self.hear();
        self.now() < end
    }

    /// Lets time pass until a condition holds, looked at whenever something happened, every 10 ms at
    /// least, and at once.
    ///
    /// # Errors
    /// `timeout` after so much time, with the last events and what does not run.
    pub fn run_until(
        &mut self,
        timeout: Duration,
        mut done: impl FnMut(&Self) -> bool,
    ) -> Result<()> {
        let end = self.now() + timeout;
        loop {
            if done(self) {
                return Ok(());
            }
            if self.now() >= end {
                return Err(self.timed_out("the condition did not hold", timeout));
            }
            self.step(end);
        }
    }

    /// Lets time pass until all nodes that run know each other ALIVE and, with lighthouses, are VALID.
    ///
    /// # Errors
    /// `timeout`.
    pub fn settle(&mut self, timeout: Duration) -> Result<()> {
        let end = self.now() + timeout;
        while !self.is_settled() {
            if self.now() >= end {
                return Err(self.timed_out("the nodes did not come to agree", timeout));
            }
            self.step(end);
        }
        Ok(())
    }

    /// Whether all nodes that run know each other ALIVE and, with lighthouses, are VALID.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        if !self.world.is_counted() {
            return false; // cheap, and nearly always enough
        }
        let running: Vec<_> = self.running().collect();
        let alive = |by: usize, name: &str| {
            self.world.view(by, name).is_some_and(|node| node.status == NodeStatus::Alive)
        };
        self.world.running().all(|by| {
            let valid = self.lighthouses.is_empty() || self.valid_now(by);
            valid && running.iter().all(|name| alive(by, name))
        })
    }

    /// The error of a wait that was in vain.
    #[must_use]
    pub fn timed_out(&self, what: &str, timeout: Duration) -> Error {
        let mut text = format!(
            "{what} within {:.3} s (until {:.3} s)",
            timeout.as_secs_f64(),
            self.now().as_secs_f64()
        );
        for process in &self.processes {
            if let Some((at, how)) = process.ended {
                let seconds = at.since(Time::ZERO).as_secs_f64();
                text.push_str(&format!("; {} does not run: {how} at {seconds:.3} s", process.name));
            }
        }
        let mut last: Vec<_> = self.story.iter().rev().take(LAST_EVENTS).collect();
        last.reverse();
        text.push_str(if last.is_empty() { "; no events" } else { "; last events:" });
        for seen in last {
            let seconds = seen.at.since(Time::ZERO).as_secs_f64();
            let (name, event) = (self.name(seen.by), describe(&seen.event));
            text.push_str(&format!("\n  {seconds:9.3} s  {name}  {event}"));
        }
        Error::new(ErrorCode::Timeout, text)
    }

    // What there is, and what was seen.

    /// The names of all nodes, in the order in which they were made.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.processes.iter().map(|process| &*process.name)
    }

    /// The names of those that run.
    pub fn running(&self) -> impl Iterator<Item = &str> {
        self.world.running().map(|number| self.name(number))
    }

    /// Whether a node runs.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn is_running(&self, node: &str) -> Result<bool> {
        self.number(node).map(|number| self.world.runs(number))
    }

    /// The name of the node that [`Seen::by`] is the number of; empty where there is none.
    #[must_use]
    pub fn name(&self, number: usize) -> &str {
        self.processes.get(number).map_or("", |process| &process.name)
    }

    /// The first node that leads now, by its own clock.
    #[must_use]
    pub fn leader(&self) -> Option<&str> {
        self.world.leading().next().map(|(number, _)| self.name(number))
    }

    /// The events that a node saw, its earlier processes too, oldest first, from a moment on. They stay:
    /// reading them twice gives them twice. Of all nodes together the last [`EVENTS_KEPT`] are there;
    /// where some of a node's are not, LAGGED comes first.
    ///
    /// # Errors
    /// `unknown_node`.
    pub fn events(&self, node: &str, kinds: EventKinds, since: Duration) -> Result<Vec<Event>> {
        self.number(node).map(|number| self.story.of(number, kinds, since))
    }

    /// The events of all nodes with their moments, oldest first.
    pub fn timeline(&self) -> impl DoubleEndedIterator<Item = &Seen> {
        self.story.iter()
    }

    /// A number that differs as soon as two runs differ in any packet or moment: equal for equal
    /// options and calls.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.world.trace()
    }

    /// The network: delays, losses and the like, which may be changed at any moment.
    pub fn network(&mut self) -> &mut Network {
        &mut self.world.network
    }

    /// What is below, for faults that have no call here. A node's number is its place in
    /// [`names`](Self::names).
    pub fn world(&mut self) -> &mut World {
        &mut self.world
    }

    /// # Errors
    /// `unknown_node`.
    fn number(&self, node: &str) -> Result<usize> {
        self.numbers.get(node).copied().ok_or_else(|| {
            let names = listed(self.names());
            let text = format!("{node:?} is none of the nodes: they are {names}");
            Error::new(ErrorCode::UnknownNode, text)
        })
    }

    /// The number of a node that runs.
    ///
    /// # Errors
    /// `unknown_node`, `closed`.
    fn runs(&self, node: &str) -> Result<usize> {
        let number = self.number(node)?;
        let ended = self.processes.get(number).and_then(|process| process.ended);
        let Some((at, how)) = ended else { return Ok(number) };
        let seconds = at.since(Time::ZERO).as_secs_f64();
        let text = format!("{node} does not run: {how} at {seconds:.3} s; restart it");
        Err(Error::new(ErrorCode::Closed, text))
    }
}

/// # Errors
/// `invalid_config`, `not_available`.
fn process(name: &str, config: &Config, lighthouses: &[String]) -> Result<Process> {
    let settings = settings(config, lighthouses)?;
    Ok(Process { name: name.into(), settings, ended: None, leaving: None })
}
