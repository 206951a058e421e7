//! memberlist in Rust with `Options::lan()`; broadcasts go through its queue and each node hands them on once.

use std::borrow::Cow;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use memberlist::delegate::{CompositeDelegate, EventDelegate, NodeDelegate, VoidDelegate};
use memberlist::net::NetTransportOptions;
use memberlist::proto::{MaybeResolvedAddress, NodeState};
use memberlist::queue::TransmitLimitedQueue;
use memberlist::tokio::{TokioSocketAddrResolver, TokioTcp, TokioTcpMemberlist};
use memberlist::{Broadcast, Options};

use peers::{Board, Failure, Swarm, serve};
use smol_str::SmolStr;

const FIRST_PORT: usize = 20_000;

#[derive(Debug)]
struct Message(Bytes);

impl Broadcast for Message {
    type Id = String;
    type Message = Bytes;

    fn id(&self) -> Option<&String> {
        None
    }

    fn invalidates(&self, _: &Self) -> bool {
        false
    }

    fn message(&self) -> &Bytes {
        &self.0
    }

    fn encoded_len(message: &Bytes) -> usize {
        // The envelope of a user message: a tag and a length.
        message.len() + 4
    }

    async fn finished(&self) {}

    fn is_unique(&self) -> bool {
        true
    }
}

struct Ears {
    node: usize,
    board: Arc<Board>,
    known: Mutex<HashSet<u8>>,
    queue: TransmitLimitedQueue<Message, Arc<AtomicUsize>>,
    size: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Delegate(Arc<Ears>);

impl NodeDelegate for Delegate {
    async fn notify_message(&self, message: Cow<'_, [u8]>) {
        let number = message.first().copied().unwrap_or(0);
        let new = self.0.known.lock().is_ok_and(|mut known| known.insert(number));
        if new {
            self.0.board.heard(self.0.node);
            self.0.queue.queue_broadcast(Message(Bytes::copy_from_slice(&message))).await;
        }
    }

    async fn broadcast_messages<F>(&self, limit: usize, _: F) -> impl Iterator<Item = Bytes> + Send
    where
        F: Fn(Bytes) -> (usize, Bytes) + Send + Sync + 'static,
    {
        self.0.queue.get_broadcasts(limit).await.into_iter()
    }
}

impl EventDelegate for Delegate {
    type Id = SmolStr;
    type Address = SocketAddr;

    async fn notify_join(&self, node: Arc<NodeState<SmolStr, SocketAddr>>) {
        self.0.size.fetch_add(1, Ordering::Relaxed);
        if usize::from(node.address().port()) - FIRST_PORT != self.0.node {
            self.0.board.up(self.0.node);
        }
    }

    async fn notify_leave(&self, node: Arc<NodeState<SmolStr, SocketAddr>>) {
        self.0.size.fetch_sub(1, Ordering::Relaxed);
        self.0.board.down(self.0.node, usize::from(node.address().port()) - FIRST_PORT);
    }

    async fn notify_update(&self, _: Arc<NodeState<SmolStr, SocketAddr>>) {}
}

type Void = VoidDelegate<SmolStr, SocketAddr>;
type All = CompositeDelegate<SmolStr, SocketAddr, Void, Void, Delegate, Void, Delegate, Void>;
type Node = TokioTcpMemberlist<SmolStr, TokioSocketAddrResolver, All>;

struct Nodes {
    fast: bool,
    nodes: Vec<(Node, Delegate)>,
    sent: u8,
}

impl Swarm for Nodes {
    async fn start(&mut self, node: usize, _: usize, board: Arc<Board>) -> Result<u16, Failure> {
        let port = FIRST_PORT + node;
        let mut net = NetTransportOptions::<SmolStr, TokioSocketAddrResolver, TokioTcp>::new(
            format!("n{node}").into(),
        );
        net.add_bind_address(format!("127.0.0.1:{port}").parse()?);
        let size = Arc::new(AtomicUsize::new(0));
        let queue = TransmitLimitedQueue::new(4, Arc::clone(&size));
        let ears = Delegate(Arc::new(Ears { node, board, known: Mutex::default(), queue, size }));
        let delegate = CompositeDelegate::<SmolStr, SocketAddr>::new()
            .with_event_delegate(ears.clone())
            .with_node_delegate(ears.clone());
        let mut options = Options::lan();
        if self.fast {
            options = options
                .with_probe_interval(Duration::from_millis(300))
                .with_probe_timeout(Duration::from_millis(150));
        }
        let list =
            Node::with_delegate(delegate, net, options).await.map_err(|error| error.to_string())?;
        if node > 0 {
            let first = MaybeResolvedAddress::resolved(format!("127.0.0.1:{FIRST_PORT}").parse()?);
            list.join(first).await.map_err(|error| error.to_string())?;
        }
        self.nodes.push((list, ears));
        Ok(port as u16)
    }

    async fn broadcast(&mut self, mut bytes: Vec<u8>) -> Result<(), Failure> {
        self.sent += 1;
        bytes[0] = self.sent;
        let ears = &self.nodes[0].1.0;
        if let Ok(mut known) = ears.known.lock() {
            known.insert(self.sent);
        }
        ears.queue.queue_broadcast(Message(bytes.into())).await;
        Ok(())
    }

    async fn kill(&mut self) -> Result<(), Failure> {
        if let Some((victim, _)) = self.nodes.pop() {
            // Its sockets close before it has waited for all of its tasks: the others count from the call.
            tokio::spawn(async move { victim.shutdown().await.map_err(|error| error.to_string()) });
        }
        Ok(())
    }
}

fn main() {
    let fast = std::env::args().nth(1).is_some_and(|word| word == "fast");
    serve(Nodes { fast, nodes: Vec::new(), sent: 0 });
}
