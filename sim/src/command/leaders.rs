//! `--scenario leaders`: many seeds of the election's swarm.

use std::time::{Duration, Instant};

use seafoam_sim::{parallel, swarm_leaders};

use super::{Asked, Failure};

/// Virtual time of the faults of one seed.
const SPAN: Duration = Duration::from_secs(300);

pub(super) fn run(asked: &Asked) -> Result<bool, Failure> {
    let seeds = asked.seeds.clone().unwrap_or(0..100);
    let only = seeds.end - seeds.start == 1;
    let (began, mut told) = (Instant::now(), Instant::now());
    let (mut done, mut failed, mut hours, mut trace) = (0_u64, 0_u64, 0.0, 0);
    let (mut tenures, mut changes) = (0, 0);
    let work = |seed| swarm_leaders::run(seed, SPAN);
    parallel::each_seed(seeds.clone(), asked.jobs, work, |seed, outcome| {
        (done, tenures, trace) = (done + 1, tenures + outcome.tenures, outcome.trace);
        changes += outcome.changes;
        hours += outcome.node_hours;
        if asked.verbose {
            say!("seed {seed}: {} tenures; {}", outcome.tenures, outcome.drawn);
        }
        if !outcome.violations.is_empty() {
            failed += 1;
            say!("FAILED: seafoam-sim run --scenario leaders --seed {seed}");
            say!("  {}", outcome.drawn);
            outcome.violations.iter().for_each(|text| say!("  {text}"));
        }
        if told.elapsed().as_secs() >= 5 {
            told = Instant::now();
            let seconds = began.elapsed().as_secs_f64();
            eprintln!("{done} seeds, {failed} failed, {hours:.1} node-hours, {seconds:.0} s");
        }
        true
    });
    if only && work(seeds.start).trace != trace {
        say!("NOT THE SAME: seed {} gave two traces", seeds.start);
        failed += 1;
    }
    let seconds = began.elapsed().as_secs_f64();
    say!(
        "{done} seeds, {failed} failed; {hours:.2} node-hours, {tenures} tenures, {changes} changes of \
         the list in {seconds:.1} s"
    );
    Ok(failed == 0)
}
