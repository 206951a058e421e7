//! Bytes that an engine takes for each member that it knows, counted by the allocator.
//!
//! `cargo run --release -p seafoam-sim --example memory [NODES ...]`: clusters come to rest, then what the
//! first five nodes hold is let go, part by part.

#![allow(clippy::print_stdout, missing_docs)] // a program
#![allow(clippy::cast_precision_loss)] // figures for people

use std::time::Duration;

use peak_alloc::PeakAlloc;
use seafoam::Config;
use seafoam::proto::seal::{Key, KeyList};
use seafoam_sim::World;

#[global_allocator]
static IN_USE: PeakAlloc = PeakAlloc;

/// Nodes that are looked at.
const LOOKED_AT: usize = 5;

/// Bytes of one engine, and of the snapshots for its readers.
fn measured(nodes: usize, sealed: bool) -> (f64, f64) {
    let config = Config::new().listen_ip("10.0.0.0");
    let config = if sealed {
        config.keys(KeyList(Key::new([0x5e; 32]).into_iter().collect()))
    } else {
        config.insecure(true)
    };
    let mut world = World::new(1, config);
    world.start_many(nodes);
    world.run_until(Duration::from_secs(120), World::is_whole);
    // Until all pairs have met, and news is old.
    for _ in 0..60 + nodes * 11 / 10 {
        world.run(Duration::from_secs(1));
        world.seen.clear();
    }
    let freed = |drop: &mut dyn FnMut()| {
        let before = IN_USE.current_usage();
        drop();
        (before - IN_USE.current_usage()) as f64 / LOOKED_AT as f64
    };
    // The snapshots first: names are shared with them.
    let view = freed(&mut || (0..LOOKED_AT).for_each(|node| world.drop_view(node)));
    let engine = freed(&mut || (0..LOOKED_AT).for_each(|node| world.drop_engine(node)));
    (engine, view)
}

fn main() {
    let given: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let sizes = if given.is_empty() { vec![50, 100, 200, 400] } else { given };
    println!(
        "| nodes | traffic | engine, bytes | snapshots, bytes | each member more: engine | snapshots |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for sealed in [false, true] {
        let mut last: Option<(usize, f64, f64)> = None;
        for &nodes in &sizes {
            let (engine, view) = measured(nodes, sealed);
            let more = last.map_or_else(
                || " | ".to_owned(),
                |(before, of_engine, of_view)| {
                    let members = nodes as f64 - before as f64;
                    let (engine, view) = (engine - of_engine, view - of_view);
                    format!("{:.0} | {:.0}", engine / members, view / members)
                },
            );
            let traffic = if sealed { "sealed" } else { "plain" };
            println!("| {nodes} | {traffic} | {engine:.0} | {view:.0} | {more} |");
            last = Some((nodes, engine, view));
        }
    }
}
