//! How a world passes its time: what arrives, what is due, and what is sent.

use std::cmp::Reverse;
use std::hash::Hasher;
use std::time::Duration;

use seafoam::proto::leadership::Kept;
use seafoam::proto::{Change, KnockAnswer, Notice, StreamFailure, Time, Transmit};
use seafoam::{Event, limits};

use crate::happening::{Happened, Happening, Seen};
use crate::host::{Arrival, Host, SOCKET_DATAGRAMS};
use crate::leaders::DISK_TIME;
use crate::world::World;

/// The longest pause before seeds are contacted again, as the runtime does it.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl World {
    /// Lets time pass until `done` or for so long at most; whether it was done.
    pub fn run_until(&mut self, span: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + span;
        loop {
            if done(self) {
                return true;
            }
            let next = self.next_moment();
            if next > end {
                self.now = end;
                return false;
            }
            self.step(next);
        }
    }

    /// Lets so much time pass.
    pub fn run(&mut self, span: Duration) {
        self.run_until(span, |_| false);
    }

    /// One moment, if any comes before the end; whether one did.
    pub fn step_until(&mut self, end: Time) -> bool {
        let next = self.next_moment();
        if next > end {
            self.now = end;
            return false;
        }
        self.step(next);
        true
    }

    fn next_moment(&mut self) -> Time {
        let arrival = self.queue.first_key_value().map_or(Time::NEVER, |((at, _), _)| *at);
        while let Some(Reverse((at, node))) = self.deadlines.peek().copied() {
            if self.hosts.get(node).is_some_and(|host| host.entered == at) {
                return at.min(arrival).max(self.now);
            }
            self.deadlines.pop(); // it was entered for another moment since
        }
        arrival.max(self.now)
    }

    /// Enters the moment at which a host wants to be called into the list of deadlines.
    pub(crate) fn enter(&mut self, node: usize) {
        let Some(host) = self.hosts.get_mut(node) else { return };
        let next = host.next();
        if next != host.entered {
            host.entered = next;
            if next != Time::NEVER {
                self.deadlines.push(Reverse((next, node)));
            }
        }
    }

    /// Everything that happens at one moment: what arrives before what is due, as a node that was
    /// held up reads its socket before it looks at its clock.
    fn step(&mut self, at: Time) {
        self.now = at;
        let mut due = Vec::new();
        while let Some(Reverse((moment, node))) = self.deadlines.peek().copied() {
            if moment > at {
                break;
            }
            self.deadlines.pop();
            if let Some(host) = self.hosts.get_mut(node).filter(|host| host.entered == moment) {
                host.entered = Time::NEVER;
                due.push(node);
            }
        }
        for node in &due {
            self.wake(*node);
        }
        while let Some(entry) = self.queue.first_entry() {
            if entry.key().0 > at {
                break;
            }
            let (node, read, arrival) = entry.remove();
            self.arrive(node, read, arrival);
        }
        for node in due {
            let Some(host) = self.hosts.get_mut(node) else { continue };
            let stopped = host.paused_until.is_some() || host.busy_until > at;
            let local = host.clock.at(at);
            if let Some(engine) = host.engine.as_mut().filter(|_| !stopped)
                && engine.next_deadline() <= local
            {
                engine.handle_timeout(local);
                self.settle(node);
            }
            self.enter(node);
        }
    }

    /// A pause or blockage that is over: what was held goes out, what waits is read.
    fn wake(&mut self, node: usize) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node) else { return };
        let over = |until: &mut Option<Time>| until.take_if(|until| *until <= now).is_some();
        let (resumed, unblocked) = (over(&mut host.paused_until), over(&mut host.blocked_until));
        if !(resumed || unblocked) || host.deaf_until().is_some() {
            return;
        }
        let held = std::mem::take(&mut host.held);
        let waiting = std::mem::take(&mut host.waiting);
        host.datagrams_waiting = 0;
        for transmit in held {
            self.send(node, transmit);
        }
        for arrival in waiting {
            self.arrive(node, false, arrival);
        }
    }

    fn arrive(&mut self, node: usize, read: bool, arrival: Arrival) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(node) else { return };
        if let Arrival::Knock { from, run, token } = arrival {
            // The kernel's affair, whatever the process does.
            let listens = host.engine.is_some();
            let answer = if listens { KnockAnswer::Accepted } else { KnockAnswer::Refused };
            if self.network.reaches(node, from) {
                let delay = self.network.way(now, node, from);
                self.post(now + delay, from, Arrival::Knocked { run, token, answer });
            }
            return;
        }
        if let Arrival::Persisted { file, .. } = &arrival {
            host.disk.kept = Kept::Found(*file); // whatever became of the process
        }
        if let Arrival::ListPersisted { file, .. } = &arrival {
            host.disk.list = Some(file.clone());
        }
        if host.deaf_until().is_some() {
            if !host.keep(arrival) {
                self.network.lost += 1;
            }
            return;
        }
        if host.engine.is_none() {
            self.refuse(node, &arrival);
            return;
        }
        if !read && host.slowness > Duration::ZERO {
            // As many wait as a socket holds; the rest is lost.
            let most = host.slowness * u32::try_from(SOCKET_DATAGRAMS).unwrap_or(u32::MAX);
            if host.busy_until > now + most && matches!(arrival, Arrival::Datagram { .. }) {
                self.network.lost += 1;
                return;
            }
            host.busy_until = host.busy_until.max(now) + host.slowness;
            let at = host.busy_until;
            self.queue_up(at, node, true, arrival);
            return;
        }
        self.handle(node, arrival);
    }

    fn handle(&mut self, node: usize, arrival: Arrival) {
        let Some(host) = self.hosts.get_mut(node) else { return };
        let now = host.clock.at(self.now);
        let runs = host.runs;
        let Some(engine) = host.engine.as_mut() else { return };
        match arrival {
            Arrival::Datagram { from, bytes } => {
                self.trace.write_u64(self.now.0);
                self.trace.write(&bytes);
                engine.handle_datagram(now, Self::address(from), &bytes);
            }
            Arrival::Request { from, run, token, bytes } => {
                let answer = self.exchange(from, node, &bytes);
                self.answer(node, from, run, token, answer.ok_or(StreamFailure::Broken));
            }
            Arrival::Answer { run, token, answer } => {
                // An exchange ends once, by its answer or its timeout.
                if run == runs && host.exchanges.remove(&token) {
                    engine.handle_stream(now, token, answer);
                }
            }
            Arrival::Knocked { run, token, answer } => {
                if run == runs && host.exchanges.remove(&token) {
                    engine.handle_knock(now, token, answer);
                }
            }
            Arrival::Persisted { run, file } => {
                if run == runs {
                    engine.handle_persisted(now, &file, true);
                }
            }
            Arrival::ListPersisted { run, file } => {
                if run == runs {
                    engine.handle_list_persisted(now, &file, true);
                }
            }
            Arrival::Knock { .. } => {} // the kernel's affair
            Arrival::Unreachable { of } => engine.handle_unreachable(now, Self::address(of)),
            Arrival::Contact { run, pause } => self.contact(node, run, pause),
        }
        self.settle(node);
    }

    /// What a kernel says where no process listens.
    fn refuse(&mut self, node: usize, arrival: &Arrival) {
        match arrival {
            Arrival::Datagram { from, .. } if self.network.reaches(node, *from) => {
                let at = self.now + self.network.delay();
                self.post(at, *from, Arrival::Unreachable { of: node });
            }
            Arrival::Request { from, run, token, .. } => {
                self.answer(node, *from, *run, *token, Err(StreamFailure::Refused));
            }
            Arrival::Datagram { .. }
            | Arrival::Answer { .. }
            | Arrival::Knock { .. }
            | Arrival::Knocked { .. }
            | Arrival::Unreachable { .. }
            | Arrival::Persisted { .. }
            | Arrival::ListPersisted { .. }
            | Arrival::Contact { .. } => {}
        }
    }

    /// Contacts a node's seeds, and again and again, as the runtime does it.
    pub(crate) fn contact(&mut self, node: usize, run: u64, pause: Duration) {
        let Some(host) = self.hosts.get_mut(node).filter(|host| host.runs == run) else { return };
        let now = host.clock.at(self.now);
        let addresses: Vec<_> = host.seeds.iter().map(|seed| Self::address(*seed)).collect();
        let Some(engine) = host.engine.as_mut().filter(|_| !addresses.is_empty()) else { return };
        let known = engine.contact(now, &addresses);
        let at = self.now + if known { LONGEST_PAUSE } else { pause };
        let pause = if known { pause } else { (pause * 2).min(LONGEST_PAUSE) };
        self.post(at, node, Arrival::Contact { run, pause });
    }

    fn answer(
        &mut self,
        from: usize,
        to: usize,
        run: u64,
        token: u64,
        answer: Result<Vec<u8>, StreamFailure>,
    ) {
        let bytes = answer.as_ref().map_or(0, Vec::len);
        self.stream_bytes += bytes as u64;
        if self.network.is_far(from, to) {
            self.far_bytes += bytes as u64;
        }
        // Where it does not come through, the asker's patience ends it.
        if let Some(delay) = self.network.stream(self.now, from, to, bytes, false) {
            self.post(self.now + delay, to, Arrival::Answer { run, token, answer });
        }
    }

    pub(crate) fn post(&mut self, at: Time, to: usize, arrival: Arrival) {
        self.queue_up(at, to, false, arrival);
    }

    fn queue_up(&mut self, at: Time, to: usize, read: bool, arrival: Arrival) {
        self.serial += 1;
        self.queue.insert((at, self.serial), (to, read, arrival));
    }

    pub(crate) fn tell(&mut self, by: usize, what: Happening) {
        if let Some(happened) = &mut self.happened {
            happened.push(Happened { at: self.now, by, what });
        }
    }

    /// Takes what an engine has put out.
    pub(crate) fn settle(&mut self, node: usize) {
        let Some(host) = self.hosts.get_mut(node) else { return };
        let Host { engine: Some(engine), .. } = host else { return };
        let mut transmits = Vec::new();
        while let Some(transmit) = engine.poll_transmit() {
            transmits.push(transmit);
        }
        let (mut told, mut leases, mut told_terms) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(change) = host.engine.as_mut().and_then(|engine| engine.poll_change()) {
            match change {
                Change::Put { node, heard } => {
                    if self.happened.is_some() {
                        told.push(Happening::Put(Box::new(node.clone())));
                    }
                    if self.keeps_ages {
                        host.heard.insert(std::sync::Arc::clone(&node.name), heard);
                    }
                    host.put(node);
                }
                Change::Remove { name } => {
                    host.remove(&name);
                    told.push(Happening::Removed(name));
                }
            }
        }
        while let Some(notice) = host.engine.as_mut().and_then(|engine| engine.poll_notice()) {
            if self.happened.is_some() {
                told.push(Happening::Told(notice.clone()));
            }
            match notice {
                Notice::Event(event) => {
                    if let Event::Leader { term, scope, .. } = &event {
                        told_terms.push((*scope, *term));
                    }
                    self.seen.push(Seen { at: self.now, by: node, event });
                }
                Notice::Lease(lease) => leases.push(lease),
                Notice::Left => host.left = true,
                outcome @ (Notice::Pong { .. }
                | Notice::Sent { .. }
                | Notice::Keys { .. }
                | Notice::Resigned { .. }
                | Notice::Receipt { .. }) => {
                    self.notices.push((node, outcome));
                }
                Notice::NameTaken { .. } | Notice::Lighthouses { .. } | Notice::Log(..) => {}
            }
        }
        if let Some(configuration) =
            host.engine.as_ref().and_then(seafoam::proto::Engine::election_configuration)
        {
            host.note_configuration(configuration, self.now);
        }
        self.overhear(node, &transmits);
        self.note_leases(node, &leases);
        self.check_leader(node, &told_terms);
        for what in told {
            self.tell(node, what);
        }
        for transmit in transmits {
            self.send(node, transmit);
        }
        self.enter(node);
    }

    fn send(&mut self, from: usize, transmit: Transmit) {
        let Some(host) = self.hosts.get_mut(from) else { return };
        if host.blocked_until.is_some() {
            host.held.push(transmit);
            return;
        }
        match transmit {
            Transmit::Datagram { to, bytes } => {
                self.datagrams += 1;
                self.bytes += bytes.len() as u64;
                self.tell(from, Happening::Sent { bytes: bytes.len() });
                if let Some(to) = Self::node_at(to) {
                    self.send_datagram(from, to, bytes);
                }
            }
            Transmit::Stream { to, token, request } => {
                host.exchanges.insert(token);
                let run = host.runs;
                self.streams += 1;
                self.stream_bytes += request.len() as u64;
                let answer = Err(StreamFailure::TimedOut);
                let patience = self.now + limits::STREAM_TIME;
                self.post(patience, from, Arrival::Answer { run, token, answer });
                let to = Self::node_at(to).filter(|to| *to < self.hosts.len());
                let length = request.len();
                if to.is_some_and(|to| self.network.is_far(from, to)) {
                    self.far_bytes += length as u64;
                }
                let way = to.and_then(|to| {
                    Some((to, self.network.stream(self.now, from, to, length, true)?))
                });
                if let Some((to, delay)) = way {
                    let arrival = Arrival::Request { from, run, token, bytes: request };
                    self.post(self.now + delay, to, arrival);
                }
            }
            Transmit::Knock { to, token, timeout } => {
                host.exchanges.insert(token);
                let run = host.runs;
                let answer = KnockAnswer::Silence;
                self.post(self.now + timeout, from, Arrival::Knocked { run, token, answer });
                let to = Self::node_at(to).filter(|to| *to < self.hosts.len());
                let way = to.and_then(|to| Some((to, self.network.handshake(self.now, from, to)?)));
                if let Some((to, delay)) = way {
                    self.post(self.now + delay, to, Arrival::Knock { from, run, token });
                }
            }
            Transmit::Persist { file } => {
                let run = host.runs;
                self.post(self.now + DISK_TIME, from, Arrival::Persisted { run, file });
            }
            Transmit::PersistList { file } => {
                let run = host.runs;
                self.post(self.now + DISK_TIME, from, Arrival::ListPersisted { run, file });
            }
            Transmit::Announce { .. } => {}
        }
    }

    fn send_datagram(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push((from, to, bytes.clone()));
        }
        if self.network.is_far(from, to) {
            self.far_datagrams += 1;
            self.far_bytes += bytes.len() as u64 + 28;
        }
        let fate = self.network.fate(self.now, from, to, bytes.len());
        let [first, second] = fate.copies;
        if let Some(delay) = second {
            self.post(self.now + delay, to, Arrival::Datagram { from, bytes: bytes.clone() });
        }
        if let Some(delay) = first {
            let mut bytes = bytes;
            if let Some(turn) = fate.corrupt {
                corrupt(&mut bytes, turn);
            }
            self.post(self.now + delay, to, Arrival::Datagram { from, bytes });
        }
    }
}

/// Turns up to four bits, or cuts the end off.
fn corrupt(bytes: &mut Vec<u8>, turn: u64) {
    let [kind, .., a, b] = turn.to_le_bytes();
    let bits = bytes.len() * 8;
    if bits == 0 {
        return;
    }
    let place = |part: u64| usize::try_from(part % bits as u64).unwrap_or(0);
    if kind < 32 {
        bytes.truncate(place(turn >> 8) / 8);
        return;
    }
    for part in 0..u64::from(1 + (a ^ b) % 4) {
        let bit = place(turn.rotate_left(u32::try_from(part * 13 + 8).unwrap_or(8)));
        if let Some(byte) = bytes.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
    }
}
