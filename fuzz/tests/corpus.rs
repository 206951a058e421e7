//! A short run of every target: what was found before, the corpus, and inputs made of it by fixed
//! seeds. The long, guided one is `make fuzz`.

#![allow(clippy::expect_used, missing_docs)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use seafoam_fuzz::mutate::{Numbers, mutate};
use seafoam_fuzz::{TARGETS, Target};

/// The files of one target in order of their names.
fn files(folder: &str, target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target);
    let Ok(entries) = fs::read_dir(&folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("listed").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).expect("readable");
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

/// Runs one input; one that fails is kept in a file, and said where.
fn run(target: &str, play: Target, origin: &str, bytes: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| play(bytes))) {
        let file = std::env::temp_dir().join(format!("seafoam-fuzz-{target}-failed"));
        let kept = fs::write(&file, bytes).is_ok();
        eprintln!("{target}: {origin} fails; kept in {} ({kept})", file.display());
        resume_unwind(panic);
    }
}

/// SEAFOAM_FUZZ_RUNS takes the place of the number of inputs.
fn target(name: &str, runs: usize) {
    let (_, play) = TARGETS.iter().find(|(other, _)| *other == name).expect("a target");
    let runs =
        std::env::var("SEAFOAM_FUZZ_RUNS").map_or(runs, |text| text.parse().expect("a number"));
    let corpus = files("corpus", name);
    assert!(corpus.len() >= 5, "the corpus of {name} has {} files", corpus.len());
    for (path, bytes) in corpus.iter().chain(&files("regressions", name)) {
        run(name, *play, &path.display().to_string(), bytes);
    }
    let corpus: Vec<_> = corpus.into_iter().map(|(_, bytes)| bytes).collect();
    let mut numbers = Numbers(1);
    for number in 0..runs {
        let bytes = mutate(&mut numbers, &corpus);
        run(name, *play, &format!("mutation {number}"), &bytes);
    }
}

#[test]
fn datagrams() {
    target("datagram", 100_000);
}

#[test]
fn streams() {
    target("stream", 100_000);
}

#[test]
fn tags() {
    target("tags", 5_000);
}

#[test]
fn stories() {
    target("engine", 3_000);
}
