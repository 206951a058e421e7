//! seafoam
