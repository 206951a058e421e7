//! What a node keeps on disk, over real sockets.

#![allow(clippy::unwrap_used)]

mod net_support;

use std::path::PathBuf;

use net_support::{address, cluster_name, config, crash, join, leave, ready, start};
use seafoam::{Cluster, ErrorCode};

/// A folder of this test's own, gone when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let unique = format!("seafoam-{name}-{}", std::process::id());
        Self(std::env::temp_dir().join(unique).join("state"))
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

#[test]
fn a_node_finds_its_cluster_again_without_any_seed() {
    let (name, folder) = (cluster_name(), Folder::new("peers"));
    let first = start(config(&name));
    let second = join(&name, &first);
    let kept = || config(&name).state_dir(folder.text());
    let third = start(kept().initial_hosts([address(&first).as_str()]));
    ready(&[&first, &second, &third], 3);
    leave(&third);
    // The seed is gone, and nobody tells the third where the second is.
    crash(first);
    let third = start(kept());
    ready(&[&third, &second], 2);
    crash(third);
    // A file of another cluster is no way anywhere.
    let alone = start(config(&cluster_name()).state_dir(folder.text()));
    assert_eq!(alone.all_nodes().unwrap().len(), 1);
    crash(alone);
    crash(second);
}

#[test]
fn one_folder_is_for_one_node() {
    let (name, folder) = (cluster_name(), Folder::new("lock"));
    let kept = || config(&name).state_dir(folder.text());
    let first = start(kept());
    let error = Cluster::start(kept()).wait().unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfig);
    assert!(error.message().contains("it is in use"), "{error}");
    crash(first);
    crash(start(kept()));
    let error = Cluster::start(config(&name).state_dir("/proc/nowhere")).wait().unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidConfig);
    assert!(error.message().contains("state_dir = \"/proc/nowhere\""), "{error}");
}

#[test]
fn a_damaged_file_is_told_and_left_out() {
    let (name, folder) = (cluster_name(), Folder::new("damaged"));
    std::fs::create_dir_all(&folder.0).unwrap();
    for bytes in [&b""[..], b"seafoam peers 1\n", &[0xff, 0xfe], b"end \nend 0000000000000000"] {
        std::fs::write(folder.0.join("peers"), bytes).unwrap();
        let node = start(config(&name).state_dir(folder.text()));
        assert_eq!(node.all_nodes().unwrap().len(), 1);
        crash(node);
    }
}
