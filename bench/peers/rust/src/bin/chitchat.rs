//! chitchat with the settings of its authors' own product: gossip once a second, the failure detector's defaults.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chitchat::transport::UdpTransport;
use chitchat::{
    ChitchatConfig, ChitchatHandle, ChitchatId, FailureDetectorConfig, ProtocolVersion,
    spawn_chitchat,
};
use peers::{Board, Failure, Swarm, serve};

const FIRST_PORT: usize = 20_000;

#[derive(Default)]
struct Chitchat {
    interval: Duration,
    nodes: Vec<ChitchatHandle>,
    sent: usize,
}

impl Swarm for Chitchat {
    async fn start(&mut self, node: usize, _: usize, board: Arc<Board>) -> Result<u16, Failure> {
        let port = FIRST_PORT + node;
        let address: SocketAddr = format!("127.0.0.1:{port}").parse()?;
        let config = ChitchatConfig {
            chitchat_id: ChitchatId::new(node.to_string(), 0, address),
            cluster_id: "peers".into(),
            gossip_interval: self.interval,
            listen_addr: address,
            seed_nodes: if node == 0 {
                Vec::new()
            } else {
                vec![format!("127.0.0.1:{FIRST_PORT}")]
            },
            failure_detector_config: FailureDetectorConfig::default(),
            marked_for_deletion_grace_period: Duration::from_secs(2 * 60 * 60),
            catchup_callback: None,
            extra_liveness_predicate: None,
            protocol_version: ProtocolVersion::V1,
        };
        let handle = spawn_chitchat(config, Vec::new(), &UdpTransport)
            .await
            .map_err(|error| error.to_string())?;
        let chat = handle.chitchat();
        let mut live = {
            let chat = chat.lock().await;
            let heard = Arc::clone(&board);
            chat.subscribe_event("all", move |_| heard.heard(node)).forever();
            chat.live_nodes_watcher()
        };
        tokio::spawn(async move {
            let mut before: HashSet<usize> = HashSet::new();
            while live.changed().await.is_ok() {
                let ids = |id: &ChitchatId| id.node_id.parse().ok().filter(|other| *other != node);
                let now: HashSet<usize> = live.borrow_and_update().keys().filter_map(ids).collect();
                now.difference(&before).for_each(|_| board.up(node));
                before.difference(&now).for_each(|who| board.down(node, *who));
                before = now;
            }
        });
        self.nodes.push(handle);
        Ok(port as u16)
    }

    async fn broadcast(&mut self, bytes: Vec<u8>) -> Result<(), Failure> {
        self.sent += 1;
        let key = format!("all{}", self.sent);
        let text = String::from_utf8(bytes)?;
        self.nodes[0].with_chitchat(|chat| chat.self_node_state().set(&key, &text)).await;
        Ok(())
    }

    async fn kill(&mut self) -> Result<(), Failure> {
        if let Some(victim) = self.nodes.pop() {
            victim.abort();
        }
        Ok(())
    }
}

fn main() {
    let fast = std::env::args().nth(1).is_some_and(|word| word == "fast");
    serve(Chitchat {
        interval: Duration::from_millis(if fast { 200 } else { 1000 }),
        ..Chitchat::default()
    });
}
