//! The task that joins one engine to its sockets and its clock.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::futures::Notified;
use tokio::time::Sleep;

use super::address::{plain, scoped};
use super::counters::Seldom;
use super::multicast::Multicast;
use super::state::StateDir;
use super::stream::Dialer;
use super::udp::Held;
use crate::limits;
use crate::log::logged;
use crate::proto::leadership::{ListFile, TermFile};
use crate::proto::{Time, Transmit};
use crate::shared::Shared;

/// Datagrams that are handled before what they caused is sent.
const BATCH: usize = 32;
/// Datagrams that are read before timers get their turn: more than the kernel's buffer holds, so
/// that after a stall everything that waited has been heard, and no flood stops the clock.
const MOST: usize = 4096;
/// A timer that is late by less was not held up: it is the grain of the runtime's own timers. What came
/// in that moment may be heard after the timer, which at worst repeats a ping.
const PUNCTUAL: Duration = Duration::from_millis(3);

/// Why the driver goes on.
#[derive(PartialEq, Eq)]
enum Woken {
    /// `Shared::wake` was rung, and must be waited for anew.
    ByHost,
    Otherwise,
}

pub(super) struct Driver {
    shared: Arc<Shared>,
    udp: Held<UdpSocket>,
    scope: u32,
    dialer: Arc<Dialer>,
    multicast: Option<Arc<Multicast>>,
    state: Option<Arc<StateDir>>,
    buffer: Vec<u8>,
    out: Vec<Transmit>,
    /// Memory of datagrams that were sent, for the engine's next ones.
    spent: Vec<Vec<u8>>,
    failing: Seldom,
}

impl Driver {
    pub(super) fn new(
        shared: Arc<Shared>,
        (udp, scope): (Held<UdpSocket>, u32),
        dialer: Dialer,
        multicast: Option<Arc<Multicast>>,
        state: Option<Arc<StateDir>>,
    ) -> Self {
        Self {
            shared,
            udp,
            scope,
            dialer: Arc::new(dialer),
            multicast,
            state,
            buffer: vec![0; limits::DATAGRAM_BYTES + 1],
            out: Vec::new(),
            spent: Vec::new(),
            failing: Seldom::default(),
        }
    }

    /// Runs until the cluster ends.
    pub(super) async fn run(mut self) {
        // Until the system has said so once, every try to send would answer "would block".
        let _ = self.udp.writable().await;
        // Both are kept from turn to turn: to enter them into the runtime's lists costs more than to
        // look at them.
        let shared = Arc::clone(&self.shared);
        let mut wake = pin!(shared.wake.notified());
        let mut sleep = pin!(tokio::time::sleep(Duration::ZERO));
        loop {
            self.read();
            let (due, now) = (self.shared.engine.lock().next_deadline(), self.shared.now());
            if due <= now {
                // The clock decides, not the sleep. This process may have been stopped for long:
                // what came meanwhile is asked for once more and heard before any timer fires.
                if due + PUNCTUAL <= now {
                    tokio::task::yield_now().await;
                    self.read();
                }
                self.turn(|engine, now| engine.handle_timeout(now));
            }
            if self.shared.engine.lock().has_transmits() {
                self.turn(|_, _| ()); // what commands of the host left to send
            }
            self.shared.check_waiters().deliver();
            if let Some(reason) = self.shared.waiters.doomed(self.shared.now()) {
                self.shared.shut(Some(reason));
                return;
            }
            if self.wait(wake.as_mut(), sleep.as_mut()).await == Woken::ByHost {
                wake.set(shared.wake.notified());
            }
        }
    }

    /// Sleeps until a datagram, a deadline or a command.
    async fn wait(&self, mut wake: Pin<&mut Notified<'_>>, mut sleep: Pin<&mut Sleep>) -> Woken {
        let engine = self.shared.engine.lock().next_deadline();
        let waiters = self.shared.waiters.next_deadline().min(self.shared.tenure.next_deadline());
        let deadline = engine.min(waiters);
        let instant = self.shared.instant(deadline).filter(|_| deadline != Time::NEVER);
        if let Some(instant) = instant.map(tokio::time::Instant::from)
            && sleep.deadline() != instant
        {
            sleep.as_mut().reset(instant);
        }
        poll_fn(|context| {
            if self.udp.poll_recv_ready(context).is_ready() {
                return Poll::Ready(Woken::Otherwise);
            }
            if wake.as_mut().poll(context).is_ready() {
                return Poll::Ready(Woken::ByHost);
            }
            if instant.is_some() && sleep.as_mut().poll(context).is_ready() {
                return Poll::Ready(Woken::Otherwise);
            }
            Poll::Pending
        })
        .await
    }

    /// Hands every waiting datagram to the engine.
    fn read(&mut self) {
        for count in 1..=MOST {
            match self.udp.try_recv_from(&mut self.buffer) {
                Ok((length, from)) => self.handle(length, plain(from)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // What the kernel reports here is about something sent earlier, to an address that
                // it does not tell.
                Err(error) => self.note(&error, "received"),
            }
            if count % BATCH == 0 {
                self.send();
            }
        }
        self.send();
    }

    fn handle(&mut self, length: usize, from: SocketAddr) {
        let counters = &self.shared.counters;
        counters.datagrams_received.one();
        counters.bytes_received.add(length);
        if length > limits::DATAGRAM_BYTES {
            counters.dropped_oversized.one();
            return;
        }
        let Self { shared, buffer, out, spent, .. } = self;
        let bytes = buffer.get(..length).unwrap_or_default();
        shared.turn(|engine, now| {
            spent.drain(..).for_each(|bytes| engine.recycle(bytes));
            engine.handle_datagram(now, from, bytes);
            out.extend(std::iter::from_fn(|| engine.poll_transmit()));
        });
    }

    /// One input without bytes, and everything that it causes to be sent.
    fn turn(&mut self, input: impl FnOnce(&mut crate::proto::Engine, Time)) {
        let Self { shared, out, spent, .. } = self;
        shared.turn(|engine, now| {
            spent.drain(..).for_each(|bytes| engine.recycle(bytes));
            input(engine, now);
            out.extend(std::iter::from_fn(|| engine.poll_transmit()));
        });
        self.send();
    }

    fn send(&mut self) {
        let mut out = std::mem::take(&mut self.out);
        for transmit in out.drain(..) {
            match transmit {
                Transmit::Datagram { to, bytes } => {
                    self.send_datagram(to, &bytes);
                    self.spent.push(bytes);
                }
                Transmit::Stream { to, token, request } => self.exchange(to, token, request),
                Transmit::Knock { to, token, timeout } => self.knock(to, token, timeout),
                Transmit::Announce { bytes } => self.announce(bytes),
                Transmit::Persist { file } => self.persist(file),
                Transmit::PersistList { file } => self.persist_list(file),
            }
        }
        self.out = out; // its memory serves the next turn
    }

    fn send_datagram(&self, to: SocketAddr, bytes: &[u8]) {
        let to = scoped(to, self.scope);
        let counters = &self.shared.counters;
        let mut sent = self.udp.try_send_to(bytes, to);
        if sent.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            sent = self.udp.try_send_to(bytes, to); // the error of an earlier one, told once
        }
        match sent {
            Ok(_) => {
                counters.datagrams_sent.one();
                counters.bytes_sent.add(bytes.len());
            }
            Err(error) => {
                counters.datagrams_failed.one();
                self.note(&error, "sent");
            }
        }
    }

    fn note(&self, error: &io::Error, what: &str) {
        if let Some(others) = self.failing.passes() {
            let name = self.shared.local_name();
            logged!(
                Warn,
                "{name}: a datagram was not {what}: {error} ({others} more since the last such line)"
            );
        }
    }

    fn exchange(&self, to: SocketAddr, token: u64, request: Vec<u8>) {
        let shared = Arc::clone(&self.shared);
        let dialer = Arc::clone(&self.dialer);
        shared.counters.streams_opened.one();
        let task = async move {
            let answer = dialer.exchange(&shared, to, &request).await;
            if answer.is_err() {
                shared.counters.streams_failed.one();
            }
            shared.feed(|engine, now| engine.handle_stream(now, token, answer));
        };
        self.shared.tasks.spawn(super::guarded(&self.shared, task));
    }

    fn knock(&self, to: SocketAddr, token: u64, timeout: Duration) {
        let shared = Arc::clone(&self.shared);
        let dialer = Arc::clone(&self.dialer);
        let task = async move {
            let answer = dialer.knock(to, timeout).await;
            shared.feed(|engine, now| engine.handle_knock(now, token, answer));
        };
        self.shared.tasks.spawn(super::guarded(&self.shared, task));
    }

    /// Writes a lighthouse's term down; a slow disk delays that grant and nothing else.
    fn persist(&self, file: TermFile) {
        let Some(dir) = self.state.clone() else { return };
        let shared = Arc::clone(&self.shared);
        let task = async move {
            let saved = write(dir, move |dir| dir.save_term(&file)).await;
            let written = saved.is_ok();
            if let Err(error) = saved {
                let name = shared.local_name();
                logged!(Error, "{name}: the term is not on disk, so it is not granted: {error}");
            }
            shared.feed(|engine, now| engine.handle_persisted(now, &file, written));
        };
        self.shared.tasks.spawn(super::guarded(&self.shared, task));
    }

    /// Writes a list of lighthouses down.
    fn persist_list(&self, file: ListFile) {
        let Some(dir) = self.state.clone() else { return };
        let shared = Arc::clone(&self.shared);
        let task = async move {
            let kept = file.clone();
            let saved = write(dir, move |dir| dir.save_list(&kept)).await;
            let written = saved.is_ok();
            if let Err(error) = saved {
                let name = shared.local_name();
                logged!(Error, "{name}: the list of lighthouses is not on disk: {error}");
            }
            shared.feed(|engine, now| engine.handle_list_persisted(now, &file, written));
        };
        self.shared.tasks.spawn(super::guarded(&self.shared, task));
    }

    fn announce(&self, bytes: Vec<u8>) {
        let Some(multicast) = self.multicast.clone() else {
            return;
        };
        let shared = Arc::clone(&self.shared);
        let task = async move { multicast.announce(&shared, &bytes).await };
        self.shared.tasks.spawn(super::guarded(&self.shared, task));
    }
}

/// Writes a file, in its turn. Where the task ends meanwhile, the turn lasts until it is written, and
/// the folder is let go of before it ends: whoever waits for the turn last has the folder alone.
async fn write(
    dir: Arc<StateDir>,
    save: impl FnOnce(&StateDir) -> io::Result<()> + Send + 'static,
) -> io::Result<()> {
    let turn = dir.turn().await;
    let saved = tokio::task::spawn_blocking(move || {
        let saved = save(&dir);
        drop(dir);
        drop(turn);
        saved
    });
    saved.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}
