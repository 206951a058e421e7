//! Many nodes in one process: `loopback --nodes 100 --rest 60 --busy 2 --sealed --json`.

#![allow(clippy::print_stdout)] // a command

use std::process::ExitCode;
use std::time::Duration;

use lexopt::{Arg, ValueExt};
use seafoam_bench::{Cluster, Figures, Load, Options};

struct Command {
    options: Options,
    busy: usize,
    json: bool,
}

fn parse() -> Result<Command, lexopt::Error> {
    let options =
        Options { nodes: 100, payload_bytes: 100, rest: Duration::from_secs(60), sealed: false };
    let mut command = Command { options, busy: 0, json: false };
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("nodes") => command.options.nodes = arguments.value()?.parse()?,
            Arg::Long("rest") => {
                command.options.rest = Duration::from_secs(arguments.value()?.parse()?);
            }
            Arg::Long("busy") => command.busy = arguments.value()?.parse()?,
            Arg::Long("sealed") => command.options.sealed = true,
            Arg::Long("json") => command.json = true,
            other @ (Arg::Short(_) | Arg::Long(_) | Arg::Value(_)) => {
                return Err(other.unexpected());
            }
        }
    }
    Ok(command)
}

fn main() -> ExitCode {
    let command = match parse() {
        Ok(command) => command,
        Err(error) => {
            eprintln!(
                "{error}\nusage: loopback [--nodes N] [--rest SECONDS] [--busy CORES] [--sealed] [--json]"
            );
            return ExitCode::from(2);
        }
    };
    seafoam::set_log_level(seafoam::LogLevel::Warn);
    let load = Load::on(command.busy);
    let figures = Cluster::measure(command.options);
    drop(load);
    match figures {
        Ok(figures) => {
            print(&command, &figures);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn print(command: &Command, figures: &Figures) {
    let rows = [
        ("start_seconds", figures.start_seconds),
        ("join_seconds", figures.join_seconds),
        ("broadcast_seconds", figures.broadcast_seconds),
        ("broadcast_missed", figures.broadcast_missed as f64),
        ("false_deaths", figures.false_deaths as f64),
        ("stalls", figures.stalls as f64),
        ("datagrams_per_second", figures.datagrams_per_second),
        ("bytes_per_second", figures.bytes_per_second),
        ("cpu_seconds_per_minute", figures.cpu_seconds_per_minute),
        ("dead_first_seconds", figures.dead_first_seconds),
        ("dead_all_seconds", figures.dead_all_seconds),
        ("close_seconds", figures.close_seconds),
    ];
    if command.json {
        let map: serde_json::Map<_, _> =
            rows.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        println!("{}", serde_json::Value::Object(map));
        return;
    }
    let seal = if command.options.sealed { "sealed" } else { "plain" };
    println!("{} nodes, {seal}, {} cores kept busy", command.options.nodes, command.busy);
    for (name, value) in rows {
        println!("{name:<24} {value:>12.4}");
    }
}
