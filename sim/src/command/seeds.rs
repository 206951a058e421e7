//! `--scenario swarm`: many seeds, and what the checkers found.

use std::time::Instant;

use seafoam_sim::parallel;
use seafoam_sim::swarm::{self, Outcome};
use seafoam_sim::swarm_options::Options;
use serde_json::json;

use super::{Asked, Failure};

/// Failing seeds that are told in full.
const TOLD: usize = 10;

#[derive(Default)]
struct Sum {
    seeds: u64,
    failed: Vec<u64>,
    node_hours: f64,
    virtual_seconds: f64,
    datagrams: u64,
    healed: Vec<f64>,
    /// The longest of these, and whose it was.
    slowest: (f64, u64),
    trace: u64,
}

pub(super) fn run(asked: &Asked) -> Result<bool, Failure> {
    let began = Instant::now();
    let mut sum = Sum::default();
    let mut told = Instant::now();
    let seeds = asked.seeds.clone().unwrap_or(0..100);
    let only = seeds.end - seeds.start == 1;
    let work = |seed| {
        let options = Options::draw(seed, asked.nodes());
        // A panic is caught and told with its seed: its usual message would come between.
        swarm::run(options)
    };
    parallel::each_seed(seeds.clone(), asked.jobs, work, |seed, outcome| {
        take(asked, &mut sum, seed, &outcome);
        if told.elapsed().as_secs() >= 5 {
            told = Instant::now();
            let (done, failed) = (sum.seeds, sum.failed.len());
            eprintln!("{done} seeds, {failed} failed, {:.0} s", began.elapsed().as_secs_f64());
        }
        true
    });
    if only {
        let again = work(seeds.start);
        if again.trace != sum.trace {
            say!(
                "NOT THE SAME: seed {} gave {:016x}, then {:016x}",
                again.seed,
                sum.trace,
                again.trace
            );
            sum.failed.push(again.seed);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    sum.healed.sort_by(f64::total_cmp);
    let at = |share: usize| {
        let place = sum.healed.len().saturating_sub(1) * share / 100;
        sum.healed.get(place).copied().unwrap_or(0.0)
    };
    say!(
        "{} seeds, {} failed; {:.2} node-hours, {:.0} virtual seconds, {} datagrams in {seconds:.1} s",
        sum.seeds,
        sum.failed.len(),
        sum.node_hours,
        sum.virtual_seconds,
        sum.datagrams
    );
    say!(
        "together again after the faults: median {:.1} s, p99 {:.1} s, max {:.1} s (seed {})",
        at(50),
        at(99),
        sum.slowest.0,
        sum.slowest.1
    );
    if let Some(file) = &asked.json {
        let whole = json!({
            "scenario": "swarm",
            "seeds": [seeds.start, seeds.end],
            "failed": sum.failed,
            "node_hours": sum.node_hours,
            "virtual_seconds": sum.virtual_seconds,
            "datagrams": sum.datagrams,
            "seconds": seconds,
            "healed_seconds": { "p50": at(50), "p99": at(99), "max": at(100) },
            "trace": format!("{:016x}", sum.trace),
        });
        std::fs::write(file, format!("{whole:#}\n"))?;
    }
    Ok(sum.failed.is_empty())
}

fn take(asked: &Asked, sum: &mut Sum, seed: u64, outcome: &Outcome) {
    sum.seeds += 1;
    sum.node_hours += outcome.node_seconds / 3600.0;
    sum.virtual_seconds += outcome.passed.as_secs_f64();
    sum.datagrams += outcome.datagrams;
    if let Some(took) = outcome.healed.map(|healed| healed.as_secs_f64()) {
        sum.healed.push(took);
        if took > sum.slowest.0 {
            sum.slowest = (took, outcome.seed);
        }
    }
    sum.trace = sum.trace.rotate_left(1) ^ outcome.trace;
    if asked.verbose {
        say!("seed {seed}: trace {:016x}, healed {:?}", outcome.trace, outcome.healed);
        say!("  {:?}", Options::draw(seed, asked.nodes()));
    }
    let Some(first) = outcome.violations.first() else { return };
    sum.failed.push(seed);
    if sum.failed.len() > TOLD {
        say!("FAILED seed {seed}: {}", first.checker);
        return;
    }
    say!("FAILED seed {seed}: {first}");
    let nodes = asked.nodes().map_or_else(String::new, |nodes| format!(" --nodes {nodes}"));
    say!("  again: cargo run --release -p seafoam-sim -- run --seed {seed}{nodes}");
    if asked.verbose {
        for line in &outcome.timeline {
            say!("  {line}");
        }
        for more in outcome.violations.iter().skip(1).take(10) {
            say!("  also {more}");
        }
    }
}
