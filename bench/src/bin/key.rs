//! Prints a new key for `keys` or a `keys_file`.

#![allow(clippy::print_stdout)] // a command

use std::process::ExitCode;

fn main() -> ExitCode {
    match seafoam::generate_key() {
        Ok(key) => {
            println!("{key}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
