//! How a failure reaches JavaScript: an `Error` whose `code` is the word of the [`ErrorCode`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use seafoam::{Error, ErrorCode};

/// An error with one of seafoam's words as its `code`; `lib/errors.js` makes a `SeafoamError` of it.
pub type Failure = napi::Error<&'static str>;

/// Runs one call of the facade. A panic becomes an `internal` error: it never crosses into Node.
pub fn guard<T>(call: impl FnOnce() -> seafoam::Result<T>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| failure(&error)),
        Err(_) => Err(failure(&Error::new(
            ErrorCode::Internal,
            "the addon panicked: this is a defect in seafoam",
        ))),
    }
}

/// Translates an error of the facade.
pub fn failure(error: &Error) -> Failure {
    Failure::new(error.code().word(), error.message())
}

/// Translates an error of Node's own interface; none is expected outside of its shutdown.
pub fn of_napi(error: &napi::Error) -> Failure {
    Failure::new(ErrorCode::Internal.word(), error.reason.clone())
}

/// A refused argument, in the form of the configuration's own refusals.
pub fn refused(name: &str, value: &str, accepts: &str) -> Error {
    let short: String = value.chars().take(80).collect();
    let dots = if short.len() < value.len() { "..." } else { "" };
    Error::new(
        ErrorCode::InvalidConfig,
        format!("{name} = {short:?}{dots} is refused: it takes {accepts}"),
    )
}
