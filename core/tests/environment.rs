//! What the environment says: checked, told apart from code and defaults, and warned of where it is
//! mistyped. Each case runs in a process of its own, as a variable belongs to a whole process.
#![cfg(feature = "runtime")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share

use std::process::{Command, Output};

use seafoam::{CONFIG_KEYS, Cluster, Config, flush_log};

/// The role of a child: what it prints is compared.
const ROLE: &str = "ENVIRONMENT_TEST_ROLE";

fn child(role: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    for key in CONFIG_KEYS {
        command.env_remove(key.environment);
    }
    command
        .args(["--exact", "the_child", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .envs(variables.iter().copied())
        .output()
        .expect("the child runs")
}

/// Lines that the child printed, without those of the test harness.
fn said(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| line.split_once("> ").map(|(_, said)| said));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_child() {
    let Ok(role) = std::env::var(ROLE) else {
        return; // only as a child
    };
    let say = |text: String| println!("> {text}");
    let shown = |config: &Config| match config.resolve() {
        Ok(settings) => settings.get("heartbeat_millis").unwrap(),
        Err(error) => error.to_string(),
    };
    match role.as_str() {
        "settings" => {
            say(shown(&Config::new()));
            say(shown(&Config::new().heartbeat_millis(300_u32)));
            say(shown(&Config::new().without_env()));
            say(match Config::from_env() {
                Ok(config) => shown(&config),
                Err(error) => error.to_string(),
            });
        }
        "start" => {
            for _ in 0..2 {
                let config = Config::new().listen_port(0_u16).multicast_enabled(false);
                let cluster = Cluster::start(config).wait().unwrap();
                say(format!("level {}", seafoam::log_level()));
                cluster.close().wait().unwrap();
            }
            flush_log(std::time::Duration::from_secs(10));
        }
        other => panic!("no role {other}"),
    }
}

#[test]
fn code_comes_before_the_environment_and_that_before_defaults() {
    let said_with = said(&child("settings", &[("SEAFOAM_HEARTBEAT_MILLIS", "250")]));
    assert_eq!(said_with, ["250", "300", "500", "250"]);
    assert_eq!(said(&child("settings", &[])), ["500", "300", "500", "500"]);
}

#[test]
fn a_bad_variable_is_named_with_its_value() {
    let said = said(&child("settings", &[("SEAFOAM_HEARTBEAT_MILLIS", "fast")]));
    let text = "invalid_config: heartbeat_millis (environment variable SEAFOAM_HEARTBEAT_MILLIS) = \
                \"fast\" is refused: it takes a whole number from 10 to 60000";
    assert_eq!(said, [text, "300", "500", text]);
}

#[test]
fn a_mistyped_variable_is_warned_of_once() {
    let output = child("start", &[("SEAFOAM_HEARTBEAT", "250"), ("SEAFOAM_LOG_LEVEL", "warn")]);
    assert_eq!(said(&output), ["level warn", "level warn"]);
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let warnings = log.lines().filter(|line| line.contains("SEAFOAM_HEARTBEAT looks like"));
    assert_eq!(warnings.count(), 1, "{log}");
    assert!(!log.contains("listens on"), "info is below the threshold: {log}");
}

#[test]
fn starting_leaves_a_level_alone_that_nobody_set() {
    assert_eq!(said(&child("start", &[])), ["level info", "level info"]);
}
