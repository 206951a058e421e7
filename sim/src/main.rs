//! `seafoam-sim`: the simulator as a command (docs/simulation.md).

#![allow(clippy::print_stdout, clippy::print_stderr)] // a command

mod command;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command::parse(lexopt::Parser::from_env()).and_then(|asked| command::run(&asked)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("seafoam-sim: {error}");
            ExitCode::from(2)
        }
    }
}
