//! What survives a restart: the folder of `state_dir`, held by one node at a time, and in it the
//! addresses of peers, so that a node finds its cluster again when every seed is gone.

use std::fmt::Display;
use std::fs::{File, OpenOptions, TryLockError};
use std::hash::Hasher;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use siphasher::sip::SipHasher24;

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::node::NodeStatus;
use crate::fork::{Inherited, inherited};
use crate::limits;
use crate::log::logged;
use crate::shared::Shared;

/// A file of the folder: a line of its own for each entry.
#[derive(Clone, Copy)]
pub(super) struct Stored {
    /// Its name.
    pub(super) name: &'static str,
    /// Its first line: what it is, and the version of its format.
    pub(super) title: &'static str,
}

const PEERS: Stored = Stored { name: "peers", title: "seafoam peers 1" };
/// How often peers are written down, where they changed.
const SAVE_PAUSE: Duration = Duration::from_secs(15);
/// The first pause between two tries to reach remembered peers, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Remembered peers that are tried at once.
const TRIES: usize = 4;

/// The folder, locked for as long as the node runs.
pub(super) struct StateDir {
    path: PathBuf,
    cluster: String,
    /// Held while a file is written that others wait for: one after the other, in the order in which
    /// they were asked for, and none after the end.
    writes: Arc<tokio::sync::Mutex<()>>,
    _inherited: Inherited,
    _lock: File,
}

impl StateDir {
    /// Makes the folder where it is missing (mode 0700) and locks it.
    ///
    /// # Errors
    /// `invalid_config` naming the path and what is wrong with it.
    pub(super) fn open(path: &str, cluster: &str) -> Result<Self> {
        let refused = |what: &str, error: &dyn std::fmt::Display| {
            let text = format!("state_dir = {path:?}: it {what}: {error}");
            Error::new(ErrorCode::InvalidConfig, text)
        };
        make_folder(Path::new(path)).map_err(|error| refused("cannot be made", &error))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(Path::new(path).join("lock"))
            .map_err(|error| refused("cannot be written to", &error))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => {
                refused("is in use", &"another node keeps its state there; give each its own")
            }
            TryLockError::Error(error) => refused("cannot be locked", &error),
        })?;
        let inherited = inherited(&lock);
        let path = PathBuf::from(path);
        let (cluster, writes) = (cluster.to_owned(), Arc::default());
        Ok(Self { path, cluster, writes, _inherited: inherited, _lock: lock })
    }

    /// The turn to write a file; it lasts as long as what this gives.
    pub(super) fn turn(
        &self,
    ) -> impl Future<Output = tokio::sync::OwnedMutexGuard<()>> + Send + 'static {
        Arc::clone(&self.writes).lock_owned()
    }

    pub(super) fn cluster(&self) -> &str {
        &self.cluster
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What an earlier run had written; none where there is no such file, or it is damaged or of
    /// another cluster, which is told.
    pub(super) fn load<T>(
        &self,
        stored: Stored,
        entry: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let file = self.path.join(stored.name);
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                logged!(Warn, "{}: {error}: nothing is remembered", file.display());
                return None;
            }
        };
        parse(&text, stored.title, &self.cluster, entry)
            .inspect_err(|why| {
                logged!(Warn, "{}: {why}: nothing is remembered", file.display());
            })
            .ok()
    }

    pub(super) fn load_peers(&self) -> Vec<SocketAddr> {
        self.load(PEERS, |line| line.parse().ok()).unwrap_or_default()
    }

    pub(super) fn save<T: Display>(&self, stored: Stored, entries: &[T]) -> io::Result<()> {
        self.replace(stored.name, &render(entries, stored.title, &self.cluster))
    }

    /// Replaces a file as a whole, so that a crash leaves the old one or the new one.
    pub(super) fn replace(&self, name: &str, text: &str) -> io::Result<()> {
        let fresh = self.path.join(format!("{name}.new"));
        let mut file = File::create(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, self.path.join(name))
    }
}

#[cfg(unix)]
fn make_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_folder(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

fn render<T: Display>(entries: &[T], title: &str, cluster: &str) -> String {
    let lines: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
    let body = format!("{title}\ncluster {cluster:?}\n{lines}");
    let sum = checksum(&body);
    format!("{body}end {sum:016x}\n")
}

fn parse<T>(
    text: &str,
    title: &str,
    cluster: &str,
    entry: impl Fn(&str) -> Option<T>,
) -> std::result::Result<Vec<T>, &'static str> {
    const DAMAGED: &str = "the file is damaged";
    let end = text.rfind("end ").ok_or(DAMAGED)?;
    let (body, sum) = text.split_at_checked(end).ok_or(DAMAGED)?;
    if sum != format!("end {:016x}\n", checksum(body)) {
        return Err(DAMAGED);
    }
    let mut lines = body.lines();
    if lines.next() != Some(title) {
        return Err("the file has a format that this version does not know");
    }
    if lines.next() != Some(&format!("cluster {cluster:?}")) {
        return Err("the file is of another cluster");
    }
    let entries: Option<Vec<_>> = lines.map(entry).collect();
    entries.ok_or(DAMAGED)
}

fn checksum(body: &str) -> u64 {
    let mut hasher = SipHasher24::new();
    hasher.write(body.as_bytes());
    hasher.finish()
}

/// Who is worth to be remembered: members in any state but LEFT, the living first.
fn peers_of(shared: &Shared) -> Vec<SocketAddr> {
    let own = shared.local_name();
    let mut nodes = shared.view.read().all(shared.now());
    nodes.retain(|node| {
        node.name != own && !matches!(node.status, NodeStatus::Left | NodeStatus::Unknown)
    });
    nodes.sort_by_key(|node| !node.is_healthy());
    let addresses = nodes.iter().filter_map(|node| Some(SocketAddr::new(node.ip?, node.port)));
    addresses.take(limits::PEERS_REMEMBERED).collect()
}

/// Writes down who the peers are, whenever that changed, for as long as the node runs. A node that
/// stands alone keeps what it remembered.
pub(super) async fn remember_peers(shared: Arc<Shared>, dir: Arc<StateDir>) {
    let mut written = Vec::new();
    let mut failed = false;
    loop {
        tokio::time::sleep(SAVE_PAUSE).await;
        let peers = peers_of(&shared);
        if peers.is_empty() || peers == written {
            continue;
        }
        let (held, saved) = (Arc::clone(&dir), peers.clone());
        let outcome = tokio::task::spawn_blocking(move || held.save(PEERS, &saved)).await;
        match outcome {
            Ok(Ok(())) => written = peers,
            Ok(Err(error)) if !failed => {
                failed = true;
                logged!(Warn, "{}: peers are not remembered: {error}", dir.path.display());
            }
            Ok(Err(_)) | Err(_) => {}
        }
    }
}

/// The last word before the node ends.
pub(super) fn save_at_end(shared: &Shared, dir: &StateDir) {
    let peers = peers_of(shared);
    if !peers.is_empty()
        && let Err(error) = dir.save(PEERS, &peers)
    {
        logged!(Warn, "{}: peers are not remembered: {error}", dir.path.display());
    }
}

/// Tries remembered peers, a few at a time and in turn, while this node stands alone: they are a way
/// back when no seed answers.
pub(super) async fn follow_peers(shared: Arc<Shared>, mut peers: Vec<SocketAddr>) {
    let own = shared.advertised();
    peers.retain(|peer| *peer != own && peer.is_ipv4() == own.is_ipv4());
    let mut pause = FIRST_PAUSE;
    while !peers.is_empty() && !shared.waiters.leaves() {
        if shared.view.read().healthy_count() > 1 {
            pause = LONGEST_PAUSE;
        } else {
            let some: Vec<_> = peers.iter().copied().take(TRIES).collect();
            peers.rotate_left(some.len());
            shared.feed(|engine, now| engine.contact(now, &some));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::PEERS;

    fn render(peers: &[SocketAddr], cluster: &str) -> String {
        super::render(peers, PEERS.title, cluster)
    }

    fn parse(text: &str, cluster: &str) -> Result<Vec<SocketAddr>, &'static str> {
        super::parse(text, PEERS.title, cluster, |line| line.parse().ok())
    }

    #[test]
    fn what_is_written_is_read() {
        let peers = vec![
            "10.0.0.1:9999".parse().expect("an address"),
            "[2001:db8::1]:7".parse().expect("an address"),
        ];
        for cluster in ["reef", "two\nlines", "end \u{e4}"] {
            assert_eq!(parse(&render(&peers, cluster), cluster), Ok(peers.clone()));
            assert_eq!(parse(&render(&[], cluster), cluster), Ok(Vec::new()));
        }
    }

    #[test]
    fn what_is_damaged_or_foreign_is_refused() {
        let good = render(&["10.0.0.1:9999".parse().expect("an address")], "reef");
        assert_eq!(parse(&good, "kelp"), Err("the file is of another cluster"));
        for at in 0..good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes[at] ^= 1;
            let damaged = String::from_utf8(bytes).expect("text");
            assert!(parse(&damaged, "reef").is_err(), "byte {at}");
            assert!(parse(&good[..at], "reef").is_err(), "cut at {at}");
        }
    }
}
