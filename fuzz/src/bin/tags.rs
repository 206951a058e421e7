//! The target `tags` under libFuzzer; `make fuzz` builds and runs it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| seafoam_fuzz::tags(bytes));
