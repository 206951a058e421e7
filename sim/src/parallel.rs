//! Many seeds on all cores. What a seed gives does not depend on the others.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

/// Does `work` for each seed and hands what it gives to `take`, in the order of seeds as far as they
/// are done. `take` says whether to go on.
pub fn each_seed<T: Send>(
    seeds: std::ops::Range<u64>,
    jobs: usize,
    work: impl Fn(u64) -> T + Sync,
    mut take: impl FnMut(u64, T) -> bool,
) {
    let next = AtomicU64::new(seeds.start);
    let (sender, receiver) = mpsc::sync_channel(jobs.max(1) * 4);
    let sender = Mutex::new(sender);
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                let Some(sender) = sender.lock().ok().map(|held| held.clone()) else { return };
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || sender.send((seed, work(seed))).is_err() {
                        return;
                    }
                }
            });
        }
        let mut waiting = std::collections::BTreeMap::new();
        let mut wanted = seeds.start;
        while wanted < seeds.end {
            let Ok((seed, given)) = receiver.recv() else { break };
            waiting.insert(seed, given);
            while let Some(given) = waiting.remove(&wanted) {
                if !take(wanted, given) {
                    next.store(seeds.end, Ordering::Relaxed);
                    drop(receiver);
                    return;
                }
                wanted += 1;
            }
        }
    });
}

/// Cores of this machine.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
