//! seafoam with its defaults, unsealed as the others are by theirs; `sealed` as argument gives it a key,
//! `slow` the others' heartbeat of a second.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use peers::{Board, Failure, Swarm, serve};
use seafoam::{Cluster, Config, Event, EventKind, EventKinds, NodeStatus};

struct Seafoam {
    key: String,
    slow: bool,
    nodes: Vec<(Cluster, String)>,
}

fn number(name: &str) -> Option<usize> {
    name.strip_prefix('n')?.parse().ok()
}

/// Which nodes one node has reported alive.
struct View {
    node: usize,
    alive: Mutex<HashSet<usize>>,
    board: Arc<Board>,
}

impl View {
    fn note(&self, name: &str, status: NodeStatus) {
        let Some(who) = number(name).filter(|who| *who != self.node) else { return };
        let Ok(mut alive) = self.alive.lock() else { return };
        match status {
            NodeStatus::Alive if alive.insert(who) => self.board.up(self.node),
            NodeStatus::Dead if alive.remove(&who) => self.board.down(self.node, who),
            _ => {}
        }
    }
}

impl Swarm for Seafoam {
    async fn start(&mut self, node: usize, _: usize, board: Arc<Board>) -> Result<u16, Failure> {
        let mut config = Config::new()
            .without_env()
            .cluster_name("peers")
            .name(format!("n{node}"))
            .listen_ip("127.0.0.1")
            .listen_port(0_u16)
            .keys(self.key.as_str())
            .multicast_enabled(false);
        if self.slow {
            config = config.heartbeat_millis(1000_u32);
        }
        if let Some((_, first)) = self.nodes.first() {
            config = config.initial_hosts([first.as_str()]);
        }
        let cluster = tokio::task::spawn_blocking(|| Cluster::start(config).wait()).await??;
        let kinds = EventKinds::of(&[EventKind::Status, EventKind::Broadcast]);
        let view = Arc::new(View { node, alive: Mutex::default(), board });
        let told = Arc::clone(&view);
        let called = cluster.on_event(
            kinds,
            Box::new(move |event| match event {
                Event::Broadcast { .. } => told.board.heard(node),
                Event::Status { node, status, .. } => told.note(&node.name, *status),
                _ => {}
            }),
        )?;
        called.detach();
        // Who was known before the callback was there.
        for other in cluster.healthy_nodes()? {
            view.note(&other.name, NodeStatus::Alive);
        }
        let address = cluster.local_node()?.address.to_string();
        let port = address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
        self.nodes.push((cluster, address));
        Ok(port)
    }

    async fn broadcast(&mut self, bytes: Vec<u8>) -> Result<(), Failure> {
        self.nodes[0].0.broadcast(&bytes)?;
        Ok(())
    }

    async fn kill(&mut self) -> Result<(), Failure> {
        if let Some((victim, _)) = self.nodes.pop() {
            tokio::task::spawn_blocking(move || victim.close().wait()).await??;
        }
        Ok(())
    }
}

fn main() {
    seafoam::set_log_level(seafoam::LogLevel::Error);
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    let (sealed, slow) = (asked("sealed"), asked("slow"));
    let key = if sealed { seafoam::generate_key().unwrap_or_default() } else { String::new() };
    serve(Seafoam { key, slow, nodes: Vec::new() });
}
