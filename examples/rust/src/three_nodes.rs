//! Three nodes in one process: they meet, each broadcasts, and one leaves.
//!
//! Exits with 0 only if every node saw all of it in time.

use std::error::Error;
use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use seafoam::{Cluster, Config, Event, EventOptions, Events};

const DEADLINE: Duration = Duration::from_secs(10);
const NAMES: [&str; 3] = ["node-1", "node-2", "node-3"];

type Outcome<T> = Result<T, Box<dyn Error>>;

/// One node, its subscription, and what it has seen so far, as lines of text.
struct Member {
    name: &'static str,
    cluster: Cluster,
    events: Events,
    seen: Vec<String>,
}

impl Member {
    /// Starts a node on a free port of loopback; `seed` is the address of one that it joins.
    fn start(name: &'static str, cluster_name: &str, seed: &str) -> Outcome<Self> {
        let config = Config::from_env()?
            .name(name)
            .cluster_name(cluster_name)
            .listen_ip("127.0.0.1")
            .listen_port(0_u16)
            .multicast_enabled(false)
            .initial_hosts(seed);
        let cluster = Cluster::start(config).wait()?;
        // `initial`: whom the node met before this line is reported too.
        let options = EventOptions { initial: true, ..EventOptions::default() };
        let events = cluster.events(options)?;
        Ok(Self { name, cluster, events, seen: Vec::new() })
    }

    fn address(&self) -> Outcome<String> {
        Ok(self.cluster.local_node()?.address.to_string())
    }

    /// Reads events, and prints them, until each of these lines was seen.
    fn expect(&mut self, lines: &[String]) -> Outcome<()> {
        let deadline = Instant::now() + DEADLINE;
        while let Some(missing) = lines.iter().find(|line| !self.seen.contains(line)) {
            let rest = deadline.saturating_duration_since(Instant::now());
            let event = self.events.next_timeout(rest)?;
            let event = event.ok_or_else(|| format!("not within {DEADLINE:?}: {missing}"))?;
            if let Some(line) = describe(self.name, &event) {
                writeln!(stdout(), "{line}")?;
                self.seen.push(line);
            }
        }
        Ok(())
    }
}

/// An event as a line; nothing for what a node says of itself, and for other kinds of events.
fn describe(observer: &str, event: &Event) -> Option<String> {
    if let Event::Status { node, status, .. } = event {
        return (&*node.name != observer)
            .then(|| format!("{observer} sees {} {status}", node.name));
    }
    if let Event::Broadcast { origin, bytes, .. } = event {
        let text = String::from_utf8_lossy(bytes);
        return Some(format!("{observer} hears {} say {text}", origin.name));
    }
    None
}

/// For each of `names` but the observer itself, the line that it shall see.
fn lines(observer: &str, names: &[&str], line: impl Fn(&str) -> String) -> Vec<String> {
    let others = names.iter().filter(|name| **name != observer);
    others.map(|name| line(name)).collect()
}

fn run() -> Outcome<()> {
    let cluster_name = format!("three-nodes-{}", std::process::id());
    let mut members: Vec<Member> = Vec::new();
    for name in NAMES {
        let seed = members.first().map(Member::address).transpose()?;
        members.push(Member::start(name, &cluster_name, &seed.unwrap_or_default())?);
    }
    for member in &mut members {
        let me = member.name;
        member.expect(&lines(me, &NAMES, |name| format!("{me} sees {name} alive")))?;
    }

    for member in &members {
        member.cluster.broadcast(format!("hello from {}", member.name).as_bytes())?;
    }
    for member in &mut members {
        let me = member.name;
        let hello = |name: &str| format!("{me} hears {name} say hello from {name}");
        member.expect(&lines(me, &NAMES, hello))?;
    }

    let [staying @ .., leaving] = &mut members[..] else { return Err("no members".into()) };
    leaving.cluster.leave(DEADLINE).wait()?;
    for member in &mut *staying {
        let line = format!("{} sees {} left", member.name, leaving.name);
        member.expect(&[line])?;
    }

    for member in staying {
        member.cluster.leave(DEADLINE).wait()?;
    }
    for member in &members {
        member.cluster.close().wait()?;
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("three_nodes: {error}");
            ExitCode::FAILURE
        }
    }
}
