//! foca with `Config::new_lan(nodes)`, driven by one task a node: socket, timers, commands.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use foca::{
    AccumulatingRuntime, BroadcastHandler, Config, Foca, Identity, Invalidates, OwnedNotification,
};
use foca::{PostcardCodec, Timer};
use peers::{Board, Failure, Swarm, serve};
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::Instant;

const FIRST_PORT: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Id {
    addr: SocketAddr,
    bump: u64,
}

impl Identity for Id {
    type Addr = SocketAddr;

    fn renew(&self) -> Option<Self> {
        Some(Self { bump: self.bump.wrapping_add(1), ..*self })
    }

    fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn win_addr_conflict(&self, adversary: &Self) -> bool {
        self.bump > adversary.bump
    }
}

struct Key(u8);

impl Invalidates for Key {
    fn invalidates(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// Hands each broadcast on once: its first byte numbers it.
struct Hear {
    node: usize,
    board: Arc<Board>,
    known: HashSet<u8>,
}

impl BroadcastHandler<Id> for Hear {
    type Key = Key;
    type Error = std::io::Error;

    fn receive_item(&mut self, data: &[u8], _: Option<&Id>) -> Result<Option<Key>, std::io::Error> {
        let number = data.first().copied().unwrap_or(0);
        if !self.known.insert(number) {
            return Ok(None);
        }
        self.board.heard(self.node);
        Ok(Some(Key(number)))
    }
}

enum Command {
    Announce(Id),
    Send(Vec<u8>),
}

struct Driver {
    node: usize,
    board: Arc<Board>,
    socket: UdpSocket,
    foca: Foca<Id, PostcardCodec, StdRng, Hear>,
    runtime: AccumulatingRuntime<Id>,
    timers: BinaryHeap<Reverse<(Instant, Timer<Id>)>>,
}

impl Driver {
    async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut buffer = vec![0; 65_536];
        loop {
            let next = self
                .timers
                .peek()
                .map_or_else(|| Instant::now() + Duration::from_secs(60), |next| next.0.0);
            // foca reports what peers did wrong as errors; there is nothing to do about them.
            tokio::select! {
                got = self.socket.recv_from(&mut buffer) => if let Ok((length, _)) = got {
                    let _ = self.foca.handle_data(&buffer[..length], &mut self.runtime);
                },
                () = tokio::time::sleep_until(next) => {
                    while self.timers.peek().is_some_and(|next| next.0.0 <= Instant::now()) {
                        if let Some(Reverse((_, timer))) = self.timers.pop() {
                            let _ = self.foca.handle_timer(timer, &mut self.runtime);
                        }
                    }
                }
                command = commands.recv() => match command {
                    Some(Command::Announce(to)) => { let _ = self.foca.announce(to, &mut self.runtime); }
                    Some(Command::Send(bytes)) => { let _ = self.foca.add_broadcast(&bytes); }
                    None => return,
                },
            }
            self.settle().await;
        }
    }

    async fn settle(&mut self) {
        while let Some((to, data)) = self.runtime.to_send() {
            let _ = self.socket.send_to(&data, to.addr).await;
        }
        let now = Instant::now();
        while let Some((delay, timer)) = self.runtime.to_schedule() {
            self.timers.push(Reverse((now + delay, timer)));
        }
        while let Some(notification) = self.runtime.to_notify() {
            match notification {
                OwnedNotification::MemberUp(_) => self.board.up(self.node),
                OwnedNotification::MemberDown(id) => {
                    self.board.down(self.node, usize::from(id.addr.port()) - FIRST_PORT);
                }
                _ => {}
            }
        }
    }
}

struct Nodes {
    fast: bool,
    nodes: Vec<(mpsc::Sender<Command>, Id)>,
    sent: u8,
    last: Option<tokio::task::JoinHandle<()>>,
}

impl Swarm for Nodes {
    async fn start(
        &mut self,
        node: usize,
        nodes: usize,
        board: Arc<Board>,
    ) -> Result<u16, Failure> {
        let port = FIRST_PORT + node;
        let id = Id { addr: format!("127.0.0.1:{port}").parse()?, bump: 0 };
        let size = NonZeroU32::new(nodes as u32).unwrap_or(NonZeroU32::MIN);
        let mut config = Config::new_lan(size);
        if self.fast {
            config.probe_period = Duration::from_millis(300);
            config.probe_rtt = Duration::from_millis(150);
            config.suspect_to_down_after = Duration::from_millis(1200);
        }
        let hear = Hear { node, board: Arc::clone(&board), known: HashSet::new() };
        let driver = Driver {
            node,
            board,
            socket: UdpSocket::bind(id.addr).await?,
            foca: Foca::with_custom_broadcast(id, config, rand::make_rng(), PostcardCodec, hear),
            runtime: AccumulatingRuntime::new(),
            timers: BinaryHeap::new(),
        };
        let (sender, commands) = mpsc::channel(8);
        self.last = Some(tokio::spawn(driver.run(commands)));
        if let Some((_, first)) = self.nodes.first() {
            sender.send(Command::Announce(*first)).await?;
        }
        self.nodes.push((sender, id));
        Ok(port as u16)
    }

    async fn broadcast(&mut self, mut bytes: Vec<u8>) -> Result<(), Failure> {
        self.sent += 1;
        bytes[0] = self.sent;
        self.nodes[0].0.send(Command::Send(bytes)).await?;
        Ok(())
    }

    async fn kill(&mut self) -> Result<(), Failure> {
        self.nodes.pop();
        if let Some(victim) = self.last.take() {
            victim.abort();
            let _ = victim.await;
        }
        Ok(())
    }
}

fn main() {
    let fast = std::env::args().nth(1).is_some_and(|word| word == "fast");
    serve(Nodes { fast, nodes: Vec::new(), sent: 0, last: None });
}
