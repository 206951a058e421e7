//! Log levels: the ancestor's eight.

use super::words::words;

words! {
    /// How grave a log line is; as a threshold: this level and everything graver.
    LogLevel {
        All = 0, "all", "As a threshold: everything.";
        Trace = 1, "trace", "Each datagram.";
        Debug = 2, "debug", "Each decision.";
        Info = 3, "info", "What an operator wants to know.";
        Warn = 4, "warn", "Something is wrong and is worked around.";
        Error = 5, "error", "Something failed.";
        Fatal = 6, "fatal", "The cluster cannot go on.";
        Off = 7, "off", "As a threshold: nothing.";
    }
}
