//! The log: lines are pulled by a thread of Python's; the engine's threads never call a logger.

use std::sync::Arc;

use pyo3::prelude::*;
use seafoam::{LogLevel, LogLines, limits};

use crate::process::Home;
use crate::words::{member, value};

/// Takes the log over from the default logger for as long as it is open.
#[pyclass(frozen, module = "seafoam._native")]
pub(crate) struct LogReader {
    home: Home,
    lines: Arc<LogLines>,
}

/// A level and its text.
type Line = (Py<PyAny>, String);

#[pymethods]
impl LogReader {
    #[new]
    fn new() -> Self {
        Self { home: Home::here(), lines: LogLines::open() }
    }

    /// The lines that wait. Waits for a first one for `timeout` seconds at most, and no longer than
    /// until `close`; not interrupted by Ctrl-C.
    #[pyo3(signature = (timeout = None))]
    fn drain(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Vec<Line>> {
        self.home.check(py)?;
        let timeout = crate::pending::seconds(py, timeout)?;
        let lines = py.detach(|| self.lines.drain(limits::LOG_LINES, timeout));
        let convert = |line: seafoam::LogLine| Ok((member(py, line.level)?, line.text));
        lines.into_iter().map(convert).collect()
    }

    /// Gives the log back and ends a wait in `drain`.
    fn close(&self) {
        if self.home.is_here() {
            self.lines.close();
        }
    }
}

/// Logs a line among those of seafoam.
#[pyfunction]
pub(crate) fn log(level: &Bound<'_, PyAny>, text: &str) -> PyResult<()> {
    seafoam::log(value("level", level)?, text);
    Ok(())
}

/// The threshold of the log: lines below it are not made at all. Process-wide.
#[pyfunction]
pub(crate) fn log_level(py: Python<'_>) -> PyResult<Py<PyAny>> {
    member(py, seafoam::log_level())
}

/// Sets the threshold of the log, process-wide.
#[pyfunction]
pub(crate) fn set_log_level(level: &Bound<'_, PyAny>) -> PyResult<()> {
    seafoam::set_log_level(value::<LogLevel>("level", level)?);
    Ok(())
}
