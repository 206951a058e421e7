//! The log: process-wide, so the last environment that takes it has it.

use std::sync::Arc;

use napi_derive::napi;
use parking_lot::Mutex;
use seafoam::{LogLevel, LogLines};

use crate::error::{Failure, guard};
use crate::parse;
use crate::wake::{NativeLoop, Source};

/// Who has the log now; its lines go to the default logger where nobody has.
static HOLDER: Mutex<Option<(Arc<LogLines>, Arc<Source>)>> = Mutex::new(None);

/// The log's lines, pulled by `lib/log.js` after the bell rang.
#[napi(js_name = "LogLines")]
pub struct NativeLogLines {
    source: Arc<Source>,
}

/// A line as JavaScript reads it.
#[napi(object)]
pub struct NativeLogLine {
    pub level: String,
    pub text: String,
}

#[napi]
impl NativeLogLines {
    /// Takes the log over from whoever has it.
    #[napi(constructor)]
    pub fn new(host: &NativeLoop) -> Self {
        let bell = host.bell();
        let source = bell.source();
        let marked = Arc::clone(&source);
        let mut holder = HOLDER.lock();
        *holder = None; // closes the old one first: closing takes the wake away
        let lines = LogLines::open();
        lines.set_wake(Some(Box::new(move || bell.mark(&marked))));
        *holder = Some((lines, Arc::clone(&source)));
        Self { source }
    }

    /// By what the bell names it.
    #[napi(getter)]
    pub fn token(&self) -> u32 {
        self.source.token()
    }

    /// Up to `most` lines that wait now; none where another environment has the log.
    #[napi]
    pub fn drain(&self, most: u32) -> Vec<NativeLogLine> {
        let holder = HOLDER.lock();
        let Some((lines, _)) = holder.as_ref().filter(|(_, source)| self.is(source)) else {
            return Vec::new();
        };
        let lines = lines.drain(most as usize, std::time::Duration::ZERO);
        lines
            .into_iter()
            .map(|line| NativeLogLine { level: line.level.to_string(), text: line.text })
            .collect()
    }

    /// Gives the log back to the default logger.
    #[napi]
    pub fn close(&self) {
        let mut holder = HOLDER.lock();
        if holder.as_ref().is_some_and(|(_, source)| self.is(source)) {
            *holder = None;
        }
    }
}

impl NativeLogLines {
    fn is(&self, source: &Arc<Source>) -> bool {
        Arc::ptr_eq(source, &self.source)
    }
}

/// The environment ends: its lines must not wait for a reader that is gone.
impl Drop for NativeLogLines {
    fn drop(&mut self) {
        self.close();
    }
}

fn level_of(word: &str) -> seafoam::Result<LogLevel> {
    parse::word("level", word, LogLevel::ALL, LogLevel::number)
}

#[napi]
pub fn log(level: String, text: String) -> Result<(), Failure> {
    guard(|| {
        seafoam::log(level_of(&level)?, &text);
        Ok(())
    })
}

#[napi]
pub fn set_log_level(level: String) -> Result<(), Failure> {
    guard(|| {
        seafoam::set_log_level(level_of(&level)?);
        Ok(())
    })
}

#[napi]
pub fn log_level() -> String {
    seafoam::log_level().to_string()
}
