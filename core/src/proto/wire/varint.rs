//! Unsigned LEB128.
