//! The core's one error type as Python's exception.

use pyo3::prelude::*;
use seafoam::{Error, ErrorCode};

use crate::words;

/// The exception for an error of the core.
#[allow(clippy::needless_pass_by_value)] // an end point of `map_err`
pub(crate) fn raise(py: Python<'_>, error: Error) -> PyErr {
    match words::exception(py, &error) {
        Ok(exception) => PyErr::from_value(exception),
        Err(failed) => failed,
    }
}

/// The exception for a value that a call refuses.
pub(crate) fn refused(py: Python<'_>, text: impl Into<String>) -> PyErr {
    raise(py, Error::new(ErrorCode::InvalidConfig, text))
}
