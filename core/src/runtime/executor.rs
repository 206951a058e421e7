//! The process's one engine thread: started with the first cluster, ended with the last.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::api::error::{Error, ErrorCode, Result};
use crate::fork::{ForkLocal, Home};
use crate::sync::Mutex;

/// Threads at most that wait for the system's resolver.
const LOOKUP_THREADS: usize = 16;
/// How long such a thread waits for the next name.
const LOOKUP_IDLE: Duration = Duration::from_secs(1);

/// A forked child starts an engine thread of its own and never touches its parent's.
static EXECUTOR: ForkLocal<Mutex<Option<Running>>> = ForkLocal::new(|| Mutex::new(None));

struct Running {
    handle: Handle,
    leases: usize,
    end: Arc<Notify>,
}

/// Keeps the engine thread running. When the last lease is dropped the thread ends by itself;
/// nobody waits for it, so that it may be dropped on that very thread.
pub(crate) struct Lease {
    home: Home,
    handle: Handle,
}

impl Lease {
    /// The running engine thread, or a new one.
    pub(crate) fn take() -> Result<Self> {
        let mut running = EXECUTOR.get().lock();
        let handle = match &mut *running {
            Some(running) => {
                running.leases += 1;
                running.handle.clone()
            }
            none => {
                let started = start().map_err(|error| {
                    let text = format!("no thread for the engine: {error}");
                    Error::new(ErrorCode::Busy, text)
                })?;
                none.insert(started).handle.clone()
            }
        };
        Ok(Self { home: Home::here(), handle })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.home.is_here() {
            return;
        }
        let mut running = EXECUTOR.get().lock();
        let Some(counted) = &mut *running else {
            return;
        };
        counted.leases -= 1;
        if counted.leases == 0 {
            counted.end.notify_one();
            *running = None;
        }
    }
}

fn start() -> std::io::Result<Running> {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .thread_name("seafoam-names")
        .max_blocking_threads(LOOKUP_THREADS)
        .thread_keep_alive(LOOKUP_IDLE)
        .build()?;
    let running =
        Running { handle: runtime.handle().clone(), leases: 1, end: Arc::new(Notify::new()) };
    let end = Arc::clone(&running.end);
    std::thread::Builder::new().name("seafoam".to_owned()).spawn(move || {
        runtime.block_on(end.notified());
        // A name that is still being looked up must not hold anybody up.
        runtime.shutdown_background();
    })?;
    Ok(running)
}

/// The tasks of one cluster: all of them end, sockets and all, before its close is done.
///
/// Afterwards nothing of the runtime is held: a host may keep a closed cluster for as long as its
/// garbage waits, and a runtime's handle keeps two files open.
pub(crate) struct Tasks {
    running: Mutex<Option<(Handle, JoinSet<()>)>>,
}

impl Tasks {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { running: Mutex::new(Some((handle, JoinSet::new()))) }
    }

    /// Starts a task from any thread; nothing happens where the cluster ends already.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some((handle, set)) = &mut *self.running.lock() {
            while set.try_join_next().is_some() {} // forget those that have ended
            set.spawn_on(task, handle);
        }
    }

    /// Ends all tasks and waits until what they held is released.
    pub(crate) async fn end(&self) {
        let running = self.running.lock().take();
        if let Some((_, mut set)) = running {
            set.shutdown().await;
        }
    }
}
