//! A machine that has better things to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// Threads that keep cores busy until this is dropped.
#[derive(Debug)]
pub struct Load {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u64>>,
}

impl Load {
    /// Keeps so many cores busy.
    #[must_use]
    pub fn on(cores: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let spin = |_| {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                let mut turns = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    turns = std::hint::black_box(turns.wrapping_add(1));
                }
                turns
            })
        };
        let threads = (0..cores).map(spin).collect();
        Self { stop, threads }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join(); // the loop cannot panic
        }
    }
}
