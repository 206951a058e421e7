//! One error type for every call in every language.

use std::fmt;

use super::words::words;

words! {
    /// What kind of failure an [`Error`] is. The same codes in every language.
    ErrorCode {
        InvalidConfig = 1, "invalid_config", "A configuration key is unknown, or its value is outside what it accepts.";
        AddressInUse = 2, "address_in_use", "Another socket holds the address and port to listen on.";
        InvalidAddress = 3, "invalid_address", "A text is not an address, or the address cannot be used here.";
        ResolveFailed = 4, "resolve_failed", "A host name has no address at the moment.";
        UnknownNode = 5, "unknown_node", "No node of that name or address is in the table.";
        PayloadTooLarge = 6, "payload_too_large", "The payload is longer than the limit; nothing was sent.";
        NotLeader = 7, "not_leader", "The call needs this node to be the leader, and it is not.";
        NotValid = 8, "not_valid", "The call needs a valid cluster, and it is not.";
        NotAvailable = 9, "not_available", "This build of the engine does not offer that yet; nothing was changed.";
        Timeout = 10, "timeout", "The deadline passed before the condition was met.";
        Busy = 11, "busy", "A bounded queue is full; try again later.";
        Conflict = 12, "conflict", "Another living node uses this node's name.";
        Closed = 13, "closed", "The cluster handle was closed before the call.";
        Forked = 14, "forked", "The handle belongs to the parent process; start a new cluster in the child.";
        KeyRequired = 15, "key_required", "Listening beyond loopback needs a key, or `insecure`.";
        BadKey = 16, "bad_key", "A key has the wrong length or encoding, or its id is taken.";
        Internal = 17, "internal", "A defect in seafoam; the cluster was closed and the host is unharmed.";
    }
}

/// A failed call: a code to branch on, and a sentence for people.
///
/// The sentence says what happened, to what, and what is accepted instead. Unless a call documents
/// otherwise, nothing has changed when it returns an error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    code: ErrorCode,
    message: String,
}

/// The result of every fallible call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind with its sentence.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The sentence, without the code.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn not_available(what: &str) -> Self {
        Self::new(
            ErrorCode::NotAvailable,
            format!("{what} is not available in version {}; nothing was changed", crate::VERSION),
        )
    }

    #[cfg(feature = "runtime")]
    pub(crate) fn closed() -> Self {
        Self::new(ErrorCode::Closed, "the cluster is closed: start a new one to go on")
    }

    #[cfg(feature = "runtime")]
    pub(crate) fn forked() -> Self {
        Self::new(
            ErrorCode::Forked,
            "this cluster belongs to the parent process: start a new one in the forked child",
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Error {}
