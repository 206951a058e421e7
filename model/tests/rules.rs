//! The rules hold within bounds that take seconds, and each of them matters: broken, it is found out.
//! `make model` walks further.

use seafoam_model::{Case, broken, explore, rules};

#[expect(clippy::print_stdout, reason = "the ways to what goes wrong, for whoever reads the run")]
fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let found = explore(&case.bounds);
        println!("{}: {found}", case.bounds.name);
        if !case.is_met_by(&found) {
            wrong.push(case.bounds.name);
        }
    }
    assert!(wrong.is_empty(), "not as expected: {wrong:?}");
}

#[test]
fn nothing_goes_wrong_while_the_rules_hold() {
    check(&rules());
}

#[test]
fn each_broken_rule_is_found_out() {
    check(&broken());
}
