//! The log: eight levels, one process-wide threshold, a pluggable logger.
//!
//! The engine never runs a logger: it puts a line into a bounded queue, and a thread (or the host,
//! by [`LogLines`]) takes it from there. A slow logger loses lines, counted, and slows nobody.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::api::level::LogLevel;
use crate::fork::ForkLocal;
use crate::limits;
use crate::sync::{Condvar, Mutex};

/// Takes log lines. Called on one thread of its own, never on an engine's.
pub type Logger = Box<dyn Fn(LogLevel, &str) + Send>;

/// One line of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogLine {
    /// How grave it is.
    pub level: LogLevel,
    /// The text, without a line end.
    pub text: String,
}

#[derive(Default)]
struct Log {
    queue: Mutex<Queue>,
    arrived: Condvar,
    /// Held by the thread that calls the logger, so that a change of logger waits for a running call.
    logger: Mutex<Option<Logger>>,
    writer_runs: AtomicBool,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<LogLine>,
    /// A host that takes the lines itself: then no thread of ours does.
    pulled: bool,
    wake: Option<Box<dyn Fn() + Send>>,
}

/// The threshold goes over to a forked child; lines, logger and thread do not.
static LOG: ForkLocal<Log> = ForkLocal::new(Log::default);
static THRESHOLD: AtomicU8 = AtomicU8::new(LogLevel::Info as u8);
static LOST: AtomicU64 = AtomicU64::new(0);

/// Sets the threshold: lines below it are not made at all. Process-wide.
pub fn set_log_level(level: LogLevel) {
    THRESHOLD.store(level.number(), Ordering::Relaxed);
}

/// The threshold.
#[must_use]
pub fn log_level() -> LogLevel {
    LogLevel::from_number(THRESHOLD.load(Ordering::Relaxed)).unwrap_or(LogLevel::Info)
}

/// Sets the logger; none restores the default, standard error. Process-wide.
///
/// Waits for a running call of the old logger; none begins after this returned. Must not be called
/// from inside a logger.
pub fn set_logger(logger: Option<Logger>) {
    let before = std::mem::replace(&mut *LOG.get().logger.lock(), logger);
    drop(before); // outside the lock: what it captured may log
}

/// Whether a line of this level would be logged.
#[must_use]
pub fn is_logged(level: LogLevel) -> bool {
    level.number() >= THRESHOLD.load(Ordering::Relaxed) && level != LogLevel::Off
}

/// Logs a line, for programs that want their lines among those of seafoam.
pub fn log(level: LogLevel, text: &str) {
    if !is_logged(level) {
        return;
    }
    let log = LOG.get();
    let mut queue = log.queue.lock();
    if queue.lines.len() >= limits::LOG_LINES {
        queue.lines.pop_front();
        LOST.fetch_add(1, Ordering::Relaxed);
    }
    queue.lines.push_back(LogLine { level, text: text.to_owned() });
    if queue.pulled {
        if let Some(wake) = &queue.wake {
            wake();
        }
    } else {
        start_writer(log);
    }
    drop(queue);
    log.arrived.notify_all();
}

/// Log lines that a slow logger lost so far.
pub(crate) fn lost() -> u64 {
    LOST.load(Ordering::Relaxed)
}

fn start_writer(log: &'static Log) {
    if log.writer_runs.swap(true, Ordering::AcqRel) {
        return;
    }
    let thread = std::thread::Builder::new().name("seafoam-log".to_owned());
    if thread.spawn(move || write_lines(log)).is_err() {
        log.writer_runs.store(false, Ordering::Release); // no thread now: the next line tries again
    }
}

/// Ends after a second without lines, so that a process without a cluster has no thread of ours.
fn write_lines(log: &Log) {
    let idle = Duration::from_secs(1);
    loop {
        let line = {
            let mut queue = log.queue.lock();
            if queue.lines.is_empty() {
                (queue, _) = log.arrived.wait_until(queue, Instant::now() + idle);
            }
            if queue.lines.is_empty() || queue.pulled {
                log.writer_runs.store(false, Ordering::Release);
                return;
            }
            queue.lines.pop_front()
        };
        if let Some(line) = line {
            write_line(log, &line);
        }
    }
}

fn write_line(log: &Log, line: &LogLine) {
    let logger = log.logger.lock();
    match &*logger {
        Some(logger) => {
            // A logger that panics loses its line; the next one is tried all the same.
            let call = std::panic::AssertUnwindSafe(|| logger(line.level, &line.text));
            drop(std::panic::catch_unwind(call));
        }
        None => {
            // Standard error may be closed: a log has nowhere to report that to.
            let _ = writeln!(std::io::stderr(), "seafoam {:<5} {}", line.level, line.text);
        }
    }
}

/// Waits until every line so far was handed to the logger, for so long at most.
pub fn flush_log(timeout: Duration) {
    let deadline = Instant::now() + timeout.min(limits::WAIT);
    while Instant::now() < deadline {
        if LOG.get().queue.lock().lines.is_empty() {
            drop(LOG.get().logger.lock()); // a running call holds it
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The log's lines for a host that takes them itself instead of a logger: while it lives, no thread
/// of ours reads them.
pub struct LogLines(());

impl LogLines {
    /// Takes over the log. One at a time: a second one shares the lines with the first.
    #[must_use]
    pub fn open() -> Arc<Self> {
        LOG.get().queue.lock().pulled = true;
        LOG.get().arrived.notify_all();
        Arc::new(Self(()))
    }

    /// Up to `most` lines; waits for the first one for so long at most.
    #[must_use]
    pub fn drain(&self, most: usize, timeout: Duration) -> Vec<LogLine> {
        let deadline = Instant::now() + timeout.min(limits::WAIT);
        let mut queue = LOG.get().queue.lock();
        while queue.lines.is_empty() && queue.pulled {
            let timed_out;
            (queue, timed_out) = LOG.get().arrived.wait_until(queue, deadline);
            if timed_out {
                break;
            }
        }
        let count = most.min(queue.lines.len());
        queue.lines.drain(..count).collect()
    }

    /// Called when lines wait. It may set a flag or write to an eventfd, and nothing else.
    pub fn set_wake(&self, wake: Option<Box<dyn Fn() + Send>>) {
        LOG.get().queue.lock().wake = wake;
    }

    /// Gives the log back to the logger, and wakes whoever waits in [`drain`](Self::drain).
    pub fn close(&self) {
        let mut queue = LOG.get().queue.lock();
        queue.pulled = false;
        queue.wake = None;
        drop(queue);
        LOG.get().arrived.notify_all();
    }
}

impl Drop for LogLines {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for LogLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogLines")
    }
}

/// Logs a formatted line if its level passes the threshold; the text is made only then.
macro_rules! logged {
    ($level:ident, $($part:tt)+) => {
        if $crate::log::is_logged($crate::api::level::LogLevel::$level) {
            $crate::log::log($crate::api::level::LogLevel::$level, &format!($($part)+));
        }
    };
}
pub(crate) use logged;
