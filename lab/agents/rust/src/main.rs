//! A node that says when it leads; ../../README.md has the contract of all agents.
#![allow(clippy::print_stdout, clippy::print_stderr)] // what the lab reads

mod work;

use std::io::{BufRead, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use seafoam::{Cluster, Config};

use crate::work::Work;

const SAMPLE: Duration = Duration::from_millis(5);
const GAP_NANOS: i64 = 1_000_000_000; // a sample later than this: the process was held up
const REPORT_NANOS: i64 = 20_000_000;
const LEAVE: Duration = Duration::from_secs(3);

/// The clock that the agents of all languages read; `Instant` does not tell its reading.
fn now() -> i64 {
    let at = clock_gettime(ClockId::Monotonic);
    at.tv_sec * 1_000_000_000 + at.tv_nsec
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => quoted.push(' '),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

struct Asked {
    before: i64,
    term: u64,
    after: i64,
}

struct Watch<'a> {
    cluster: &'a Cluster,
    name: String,
    register: Option<UnixStream>,
    term: u64, // of the interval that is open, 0: none
    from: i64,
    to: i64,
    told: i64,
    looked: i64,
    last: i64,
    valid: Option<bool>,
    leader: Option<Option<String>>,
}

impl Watch<'_> {
    fn ask(&self) -> Asked {
        let before = now();
        let lease = self.cluster.is_leader().then(|| self.cluster.lease().ok().flatten()).flatten();
        Asked { before, term: lease.map_or(0, |lease| lease.term), after: now() }
    }

    fn write(&mut self, how: &str, term: u64) {
        if let Some(register) = &mut self.register
            && let Err(error) = writeln!(register, "{how} {} {term}", self.name)
        {
            eprintln!("register: {error}");
        }
    }

    fn tell(&self, ended: bool) {
        let Self { term, from, to, .. } = self;
        println!(r#"{{"event":"lead","term":{term},"from":{from},"to":{to},"ended":{ended}}}"#);
    }

    /// Looks once. A tenure begins after the first call that said yes, and ends before the last.
    fn sample(&mut self) {
        let mut asked = self.ask();
        if asked.after - self.last > GAP_NANOS {
            if asked.after - asked.before > GAP_NANOS {
                asked = self.ask(); // stopped between two of the calls
            }
            let (at, gap, leads) = (asked.after, asked.after - self.last, asked.term != 0);
            println!(r#"{{"event":"woke","at":{at},"gap":{gap},"leads":{leads}}}"#);
            if self.term != 0 {
                // What a thread does that was held up between question and effect.
                self.write("late", self.term);
            }
        }
        self.last = asked.after;
        if self.term != 0 && self.term != asked.term {
            self.tell(true);
            self.term = 0;
        }
        if asked.term != 0 {
            if self.term == 0 {
                (self.term, self.from, self.to) = (asked.term, asked.after, asked.after);
            }
            self.to = self.to.max(asked.before);
            if asked.after - self.told > REPORT_NANOS {
                self.tell(false);
                self.told = asked.after;
                self.write("write", asked.term);
            }
        }
        self.look(asked.after);
    }

    fn look(&mut self, at: i64) {
        let valid = self.cluster.is_valid();
        if self.valid != Some(valid) {
            self.valid = Some(valid);
            println!(r#"{{"event":"valid","at":{at},"valid":{valid}}}"#);
        }
        if at - self.looked <= REPORT_NANOS {
            return;
        }
        self.looked = at;
        let Ok(node) = self.cluster.leader() else { return };
        let leader = node.map(|node| node.name.to_string());
        if self.leader.as_ref() != Some(&leader) {
            let word = leader.as_deref().map_or_else(|| "null".to_owned(), quoted);
            println!(r#"{{"event":"leader","at":{at},"leader":{word}}}"#);
            self.leader = Some(leader);
        }
    }
}

/// Carries commands out until `quit` or the end of the input.
fn obey(cluster: &Cluster, work: &Work) {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        if line == "quit" {
            return;
        }
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        if work.obey(cluster, command, argument) {
            continue;
        }
        let at = now();
        let done = match command {
            "transfer" => cluster.transfer_leadership(argument).wait(),
            _ => cluster.resign().wait(),
        };
        match done {
            Ok(()) => println!(r#"{{"event":"resigned","at":{at}}}"#),
            Err(error) => eprintln!("{line}: {error}"),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let cluster = Cluster::start(Config::from_env()?).wait()?;
    let local = cluster.local_node()?;
    let (name, generation) = (local.name.to_string(), local.generation);
    let word = quoted(&name);
    println!(r#"{{"event":"started","at":{},"node":{word},"generation":{generation}}}"#, now());
    let register = std::env::var_os("LAB_REGISTER").map(UnixStream::connect).transpose()?;
    let work = Work::open(&cluster)?;
    let ended = Arc::new(AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            obey(&cluster, &work);
            ended.store(true, Ordering::Relaxed);
        });
        let mut watch = Watch {
            cluster: &cluster,
            name,
            register,
            term: 0,
            from: 0,
            to: 0,
            told: 0,
            looked: 0,
            last: now(),
            valid: None,
            leader: None,
        };
        while !ended.load(Ordering::Relaxed) {
            watch.sample();
            work.look(now());
            thread::sleep(SAMPLE);
        }
    });
    cluster.leave(LEAVE).wait()?;
    Ok(cluster.close().wait()?)
}
