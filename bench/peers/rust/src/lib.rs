//! What the runners of all peers in Rust share: the board on which nodes note what they see, and the protocol with the
//! program that measures (bench/peers/README.md).

use std::future::Future;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long all may take to see all.
const PATIENCE: Duration = Duration::from_secs(60);
const NOBODY: usize = usize::MAX;

#[derive(Default)]
struct Seen {
    others: AtomicI64,
    heard: AtomicBool,
    victim_down: AtomicBool,
}

/// What the nodes have seen so far. Nodes are numbers from 0.
pub struct Board {
    seen: Vec<Seen>,
    false_deaths: AtomicU64,
    victim: std::sync::atomic::AtomicUsize,
}

impl Board {
    fn new(nodes: usize) -> Self {
        let seen = (0..nodes).map(|_| Seen::default()).collect();
        Self { seen, false_deaths: AtomicU64::new(0), victim: NOBODY.into() }
    }

    /// `node` sees one more member beside itself.
    pub fn up(&self, node: usize) {
        self.seen[node].others.fetch_add(1, Ordering::Relaxed);
    }

    /// `node` says that `who` is dead.
    pub fn down(&self, node: usize, who: usize) {
        self.seen[node].others.fetch_sub(1, Ordering::Relaxed);
        let victim = self.victim.load(Ordering::Relaxed);
        if who == victim {
            self.seen[node].victim_down.store(true, Ordering::Relaxed);
        } else if node != victim {
            self.false_deaths.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// `node` got the broadcast.
    pub fn heard(&self, node: usize) {
        self.seen[node].heard.store(true, Ordering::Relaxed);
    }

    fn complete(&self) -> usize {
        let others = self.seen.len() as i64 - 1;
        self.count(|seen| seen.others.load(Ordering::Relaxed) >= others)
    }

    fn count(&self, of: impl Fn(&Seen) -> bool) -> usize {
        self.seen.iter().filter(|seen| of(seen)).count()
    }
}

/// A cluster of one peer in this process.
pub trait Swarm: Send {
    /// Starts node `node` of `nodes` on 127.0.0.1, joined to node 0; the port that it listens on.
    fn start(
        &mut self,
        node: usize,
        nodes: usize,
        board: Arc<Board>,
    ) -> impl Future<Output = Result<u16, Failure>> + Send;
    /// Node 0 sends this to all others.
    fn broadcast(&mut self, bytes: Vec<u8>) -> impl Future<Output = Result<(), Failure>> + Send;
    /// The last node ends without leave; its sockets close.
    fn kill(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Reads commands from standard input until it ends, and answers each with a line of JSON.
pub fn serve(swarm: impl Swarm) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let answered = runtime.map_err(Failure::from).and_then(|runtime| runtime.block_on(obey(swarm)));
    if let Err(error) = answered {
        println!("{}", json!({ "error": error.to_string() }));
    }
    // What still runs is no part of the measurement.
    std::process::exit(0);
}

async fn obey(mut swarm: impl Swarm) -> Result<(), Failure> {
    let (lines, mut commands) = tokio::sync::mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                break;
            }
        }
    });
    let mut board = Arc::new(Board::new(0));
    while let Some(line) = commands.recv().await {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        let answer = match words.first().copied() {
            Some("start") => {
                board = Arc::new(Board::new(number));
                let spread = words.get(2).and_then(|word| word.parse().ok()).unwrap_or(0);
                start(&mut swarm, &board, (number, Duration::from_millis(spread))).await?
            }
            Some("broadcast") => broadcast(&mut swarm, &board, number).await?,
            Some("deaths") => json!({ "deaths": board.false_deaths.load(Ordering::Relaxed) }),
            Some("kill") => kill(&mut swarm, &board, number as u64).await?,
            _ => json!({}),
        };
        println!("{answer}");
    }
    Ok(())
}

/// Waits until `done`, or until the time is over; the seconds it took.
async fn wait(began: Instant, most: Duration, done: impl Fn() -> bool) -> Option<f64> {
    while !done() {
        if began.elapsed() > most {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Some(began.elapsed().as_secs_f64())
}

async fn start(
    swarm: &mut impl Swarm,
    board: &Arc<Board>,
    (nodes, spread): (usize, Duration),
) -> Result<Value, Failure> {
    let began = Instant::now();
    let mut port = 0;
    for node in 0..nodes {
        let due = began + spread.mul_f64(node as f64 / nodes as f64);
        if due > Instant::now() {
            tokio::time::sleep_until(due.into()).await;
        }
        port = swarm.start(node, nodes, Arc::clone(board)).await?;
    }
    let start_s = began.elapsed().as_secs_f64();
    let converge_s = wait(Instant::now(), PATIENCE, || board.complete() == nodes).await;
    Ok(
        json!({ "start_s": start_s, "converge_s": converge_s, "complete": board.complete(), "port": port }),
    )
}

async fn broadcast(swarm: &mut impl Swarm, board: &Board, bytes: usize) -> Result<Value, Failure> {
    let others = board.seen.len() - 1;
    board.seen.iter().for_each(|seen| seen.heard.store(false, Ordering::Relaxed));
    board.heard(0);
    let began = Instant::now();
    swarm.broadcast(vec![b'x'; bytes]).await?;
    let heard = || board.count(|seen| seen.heard.load(Ordering::Relaxed));
    let all_s = wait(began, Duration::from_secs(10), || heard() > others).await;
    Ok(json!({ "all_s": all_s, "missed": others + 1 - heard() }))
}

async fn kill(swarm: &mut impl Swarm, board: &Board, seconds: u64) -> Result<Value, Failure> {
    let others = board.seen.len() - 1;
    board.victim.store(others, Ordering::Relaxed);
    let most = Duration::from_secs(seconds);
    let down = || {
        board.seen[..others].iter().filter(|seen| seen.victim_down.load(Ordering::Relaxed)).count()
    };
    let began = Instant::now();
    swarm.kill().await?;
    let first_s = wait(began, most, || down() > 0).await;
    let all_s = wait(began, most, || down() == others).await;
    Ok(json!({ "first_s": first_s, "all_s": all_s, "missed": others - down() }))
}
