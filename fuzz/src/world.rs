//! One engine, whoever talks to it, and what it answers. Each input goes through here, and is
//! followed by every check that [`crate::watch`] has.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::time::Duration;

use seafoam::proto::leadership::{Kept, ListFile, TermFile};
use seafoam::proto::wire::{Carrier, Message, Packet};
use seafoam::proto::{
    Change, Engine, KnockAnswer, LocalNode, Notice, StreamFailure, Time, Transmit,
};
use seafoam::{Config, Node, Settings};

use crate::packets::{self, ME, Overheard, SPEAKERS};
use crate::tag;
use crate::watch::{Input, Outputs, Watch};

/// Packets that are remembered, to be heard again.
const REMEMBERED: usize = 64;
/// Pings that may still be answered.
const UNANSWERED: usize = 256;

/// Where the engine under test is.
pub fn own_address() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 1000))
}

fn resolved(config: &Config) -> Settings {
    match config.resolve() {
        Ok(settings) => settings,
        Err(error) => panic!("{error}"),
    }
}

/// A ping that the engine sent.
#[derive(Clone, Copy)]
pub struct Ping {
    pub to: SocketAddr,
    pub sequence: u32,
    pub handle: u32,
}

pub struct World {
    engine: Engine,
    config: Config,
    pub now: Time,
    watch: Watch,
    pub packets: VecDeque<Vec<u8>>,
    pub pings: VecDeque<Ping>,
    pub streams: Vec<u64>,
    pub knocks: Vec<u64>,
    /// Terms that are to be on disk.
    pub writes: Vec<TermFile>,
    /// As `writes`, of lists of lighthouses.
    pub lists: Vec<ListFile>,
    numbers: VecDeque<u32>,
    trace: DefaultHasher,
}

impl World {
    /// An engine with the defaults, without multicast.
    pub fn plain() -> Self {
        Self::with(&Config::new().multicast_enabled(false))
    }

    pub fn with(config: &Config) -> Self {
        let config = config.clone().without_env().cluster_name(crate::CLUSTER);
        let settings = resolved(&config);
        let me = LocalNode {
            name: ME.into(),
            address: own_address(),
            generation: 1000,
            run: 1,
            seed: 7,
        };
        let mut engine = Engine::new(Time::ZERO, 5_000_000, &settings, me);
        if settings.state_dir.is_some() {
            engine.restore_list(true, None);
            engine.restore_terms(Time::ZERO, Kept::Missing);
        }
        let mut world = Self {
            engine,
            config,
            now: Time::ZERO,
            watch: Watch::new(&settings),
            packets: VecDeque::new(),
            pings: VecDeque::new(),
            streams: Vec::new(),
            knocks: Vec::new(),
            writes: Vec::new(),
            lists: Vec::new(),
            numbers: VecDeque::new(),
            trace: DefaultHasher::new(),
        };
        world.settle(&Input::command());
        world
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Settings change while it runs.
    pub fn apply(&mut self, config: Config) {
        let settings = resolved(&config);
        self.config = config;
        self.watch.apply(&settings);
        self.command(|engine, now| engine.apply_settings(now, &settings));
    }

    /// What was put out so far, in one number.
    pub fn trace(&self) -> u64 {
        self.trace.finish()
    }

    /// The engine's belief about a node, as its host sees it.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.watch.node(name)
    }

    /// What a listener knows.
    pub fn overheard(&self) -> Overheard {
        let mut me = packets::speaker(0);
        me.name = ME.into();
        me.run = 1;
        me.generation = self.node(ME).map_or(0, |node| node.generation);
        let configuration = self.engine.election_configuration().unwrap_or(0);
        Overheard { me, sequences: self.numbers.iter().copied().collect(), configuration }
    }

    pub fn datagram(&mut self, from: SocketAddr, bytes: &[u8]) {
        self.remember(bytes);
        self.engine.handle_datagram(self.now, from, bytes);
        self.settle(&Input::datagram(from, bytes));
    }

    pub fn announcement(&mut self, from: SocketAddr, bytes: &[u8]) {
        self.engine.handle_announcement(self.now, from, bytes);
        self.settle(&Input::announcement());
    }

    /// A peer's stream to the engine.
    pub fn serve(&mut self, from: SocketAddr, bytes: &[u8]) {
        let answer = self.engine.serve_stream(self.now, from, bytes);
        if let Some(answer) = answer {
            answer.hash(&mut self.trace);
            self.watch.stream(&answer);
        }
        self.settle(&Input::stream(bytes));
    }

    /// The end of a stream that the engine opened, or claims about one that it did not.
    pub fn stream_ended(&mut self, token: u64, answer: Result<Vec<u8>, StreamFailure>) {
        self.streams.retain(|other| *other != token);
        let input = Input::stream(answer.as_deref().unwrap_or_default());
        self.engine.handle_stream(self.now, token, answer);
        self.settle(&input);
    }

    /// A disk has done what it was asked for, or failed.
    pub fn written(&mut self, written: bool) {
        if let Some(file) = self.writes.pop() {
            self.engine.handle_persisted(self.now, &file, written);
            self.settle(&Input::command());
        }
        if let Some(file) = self.lists.pop() {
            self.engine.handle_list_persisted(self.now, &file, written);
            self.settle(&Input::command());
        }
    }

    pub fn knocked(&mut self, token: u64, answer: KnockAnswer) {
        self.knocks.retain(|other| *other != token);
        self.engine.handle_knock(self.now, token, answer);
        self.settle(&Input::command());
    }

    /// A call of the host's; its outcome is part of the trace.
    pub fn command<T: std::fmt::Debug>(&mut self, call: impl FnOnce(&mut Engine, Time) -> T) {
        let outcome = call(&mut self.engine, self.now);
        format!("{outcome:?}").hash(&mut self.trace);
        self.settle(&Input::command());
    }

    /// The host removes a node: it may come back as if it were new.
    pub fn remove(&mut self, node: &str) {
        if let Ok(removed) = self.engine.remove_node(self.now, node) {
            assert_ne!(&*removed.name, ME, "the local node is never removed");
            self.watch.removed(&removed.name);
        }
        self.settle(&Input::command());
    }

    /// Time passes and every deadline is kept. Speakers whose bit is set in `answering` answer each
    /// ping at once.
    pub fn advance(&mut self, span: Time, answering: u8) {
        let end = self.now + Duration::from_micros(span.0);
        let mut left = self.watch.calls_within(span);
        self.answer_pings(answering);
        while self.engine.next_deadline() <= end {
            assert!(left > 0, "too many deadlines in {} us", span.0);
            left -= 1;
            self.now = self.engine.next_deadline().max(self.now);
            self.wake();
            self.answer_pings(answering);
        }
        self.now = end;
    }

    /// Time passes unseen, as where the process is held up.
    pub fn jump(&mut self, span: Time) {
        self.now = self.now + Duration::from_micros(span.0);
        if self.engine.next_deadline() <= self.now {
            self.wake();
        }
    }

    fn wake(&mut self) {
        self.engine.handle_timeout(self.now);
        self.settle(&Input::timeout());
        let next = self.engine.next_deadline();
        assert!(next > self.now, "the deadline {next:?} came at {:?} and is still there", self.now);
    }

    fn answer_pings(&mut self, answering: u8) {
        if answering == 0 {
            return;
        }
        for ping in std::mem::take(&mut self.pings) {
            let speaker = (0..SPEAKERS.len()).find(|number| packets::home(*number) == ping.to);
            let Some(number) = speaker.filter(|number| answering & 1 << number != 0) else {
                continue;
            };
            let from = match ping.handle {
                0 => packets::speaker(number).handle(),
                handle => handle,
            };
            self.answer(ping, from, 0);
        }
    }

    /// An ACK from where the ping went.
    pub fn answer(&mut self, ping: Ping, from: u32, incarnation: u32) {
        let ack = Message::Ack { sequence: ping.sequence, from, incarnation };
        let bytes = packets::encode(&ack, &[]);
        self.datagram(ping.to, &bytes);
    }

    fn remember(&mut self, bytes: &[u8]) {
        self.packets.push_back(bytes.to_vec());
        if self.packets.len() > REMEMBERED {
            self.packets.pop_front();
        }
    }

    /// Drains all outputs, looks at each, and then at the whole.
    fn settle(&mut self, input: &Input) {
        let mut outputs = Outputs::default();
        while let Some(transmit) = self.engine.poll_transmit() {
            self.take(&transmit);
            outputs.transmits.push(transmit);
        }
        while let Some(change) = self.engine.poll_change() {
            if let Change::Put { node, .. } = &change {
                (&node.name, node.status as u8, node.generation, node.incarnation)
                    .hash(&mut self.trace);
            }
            outputs.changes.push(change);
        }
        while let Some(notice) = self.engine.poll_notice() {
            self.trace_notice(&notice);
            outputs.notices.push(notice);
        }
        self.watch.look(input, &outputs, &self.engine);
    }

    fn trace_notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Event(event) => {
                (event.kind() as u8).hash(&mut self.trace);
                if let seafoam::Event::Status { node, status, previous, .. } = event {
                    (&node.name, *status as u8, *previous as u8).hash(&mut self.trace);
                }
            }
            other => format!("{other:?}").hash(&mut self.trace),
        }
    }

    /// What a driver and a listener keep of something that is sent.
    fn take(&mut self, transmit: &Transmit) {
        match transmit {
            Transmit::Datagram { to, bytes } => {
                (to, bytes).hash(&mut self.trace);
                self.remember(bytes);
                self.overhear(*to, bytes);
            }
            Transmit::Stream { to, token, request } => {
                (to, token, request).hash(&mut self.trace);
                self.streams.push(*token);
            }
            Transmit::Knock { to, token, timeout } => {
                (to, token, timeout).hash(&mut self.trace);
                self.knocks.push(*token);
            }
            Transmit::Persist { file } => {
                file.render().hash(&mut self.trace);
                self.writes.push(*file);
            }
            Transmit::PersistList { file } => {
                file.render("fuzz").hash(&mut self.trace);
                self.lists.push(file.clone());
            }
            Transmit::Announce { bytes } => bytes.hash(&mut self.trace),
        }
    }

    fn overhear(&mut self, to: SocketAddr, bytes: &[u8]) {
        let Ok(packet) = Packet::decode(bytes, tag(), Carrier::Datagram) else { return };
        let number = match packet.message {
            Message::Ping { sequence, to: handle, .. } => {
                self.pings.push_back(Ping { to, sequence, handle });
                if self.pings.len() > UNANSWERED {
                    self.pings.pop_front();
                }
                sequence
            }
            Message::PingReq { sequence, .. } | Message::Direct { sequence, .. } => sequence,
            _ => return,
        };
        self.numbers.push_back(number);
        if self.numbers.len() > 16 {
            self.numbers.pop_front();
        }
    }
}
