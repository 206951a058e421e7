//! The long run: `make model`. Prints one line for each model and fails where one differs from what
//! is expected.

use std::process::ExitCode;

use seafoam_model::{broken, broken_at_length, explore, rules, rules_at_length};

#[expect(clippy::print_stdout, reason = "its output is its purpose")]
fn main() -> ExitCode {
    let only: Vec<String> = std::env::args().skip(1).collect();
    let mut failed = 0_u32;
    let cases = [rules(), broken(), rules_at_length(), broken_at_length()].concat();
    for case in cases {
        let name = case.bounds.name;
        if !only.is_empty() && !only.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        println!("model: {name} ...");
        let found = explore(&case.bounds);
        let right = case.is_met_by(&found);
        failed += u32::from(!right);
        println!("model: {name}: {}{found}", if right { "" } else { "NOT AS EXPECTED: " });
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
