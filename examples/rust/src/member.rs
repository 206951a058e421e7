//! One member of a mixed cluster, told what to do by lines on standard input.
//!
//! Each event becomes one line of JSON on standard output. ../README.md has the contract, which the
//! programs of this name in the other languages keep as well.

use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use seafoam::{Cluster, Config, Event, EventOptions, Events};
use serde_json::{Value, json};

const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The environment, and over it what the command line says.
fn configuration(mut words: impl Iterator<Item = String>) -> Outcome<Config> {
    let mut config = Config::from_env()?;
    let mut seeds = Vec::new();
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--name" => config.set("name", &value()?)?,
            "--port" => config.set("listen_port", &value()?)?,
            "--join" => seeds.push(value()?),
            _ => return Err(format!("{word} is none of --name, --port, --join").into()),
        }
    }
    if !seeds.is_empty() {
        config.set("initial_hosts", &seeds.join(","))?;
    }
    Ok(config)
}

fn print(line: &Value) -> std::io::Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn describe(event: &Event) -> Option<Value> {
    if let Event::Status { node, status, previous, .. } = event {
        return Some(json!({
            "event": "status",
            "node": *node.name,
            "status": status.word(),
            "previous": previous.word(),
            "generation": node.generation,
        }));
    }
    if let Event::Broadcast { origin, bytes, .. } = event {
        let text = String::from_utf8_lossy(bytes);
        return Some(json!({ "event": "broadcast", "origin": *origin.name, "text": text }));
    }
    None
}

/// Prints events until the cluster closes.
fn follow(events: &Events) -> Outcome<()> {
    let mut batch = Vec::new();
    while events.drain_timeout(&mut batch, 64, Duration::MAX).is_ok() {
        for event in batch.drain(..) {
            if let Some(line) = describe(&event) {
                print(&line)?;
            }
        }
    }
    Ok(())
}

/// Does what one line says; false where it says to end.
fn obey(cluster: &Cluster, line: &str) -> Outcome<bool> {
    match line.split_once(' ').unwrap_or((line, "")) {
        ("broadcast", text) => drop(cluster.broadcast(text.as_bytes())?),
        ("leave", "") => {
            cluster.leave(LEAVE_TIMEOUT).wait()?;
            print(&json!({ "event": "left" }))?;
        }
        ("quit", "") => return Ok(false),
        _ => return Err("it is none of broadcast TEXT, leave, quit".into()),
    }
    Ok(true)
}

/// Obeys the lines of standard input until one says to end, or there are no more.
fn listen(cluster: &Cluster) -> Outcome<()> {
    for line in stdin().lines() {
        let line = line?;
        match obey(cluster, &line) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => eprintln!("member: {line}: {error}"),
        }
    }
    Ok(())
}

fn run() -> Outcome<()> {
    let cluster = Cluster::start(configuration(std::env::args().skip(1))?).wait()?;
    let me = cluster.local_node()?;
    print(&json!({
        "event": "started",
        "node": *me.name,
        "address": *me.address,
        "generation": me.generation,
    }))?;
    // `initial`: whom the node met before this line is reported too.
    let events = cluster.events(EventOptions { initial: true, ..EventOptions::default() })?;
    let reader = thread::spawn(move || follow(&events).map_err(|error| error.to_string()));
    let listened = listen(&cluster);
    if let Err(error) = cluster.leave(LEAVE_TIMEOUT).wait() {
        eprintln!("member: leaving: {error}"); // nobody is there any more to acknowledge it
    }
    cluster.close().wait()?;
    let followed = reader.join().map_err(|_| "the reader of events panicked")?;
    listened.and(Ok(followed?))
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("member: {error}");
            ExitCode::FAILURE
        }
    }
}
