//! The keys of a running cluster: installed, used, retired, and rotated everywhere.

use std::time::Duration;

use crate::api::error::{Error, ErrorCode, Result};
use crate::api::keys::{KeyInfo, MemberKeys};
use crate::cluster::Cluster;
use crate::pending::{Pending, pending};
use crate::proto::seal::{Key, KeyId, KeyList};
use crate::proto::{Engine, Goal};

/// A new key, to be given to every node as `keys` or in a `keys_file`: 32 bytes of the system's
/// randomness in base64.
///
/// # Errors
/// `internal` where the system gives no random bytes.
pub fn generate_key() -> Result<String> {
    crate::runtime::generate_key()
}

/// The keys of one node, and what the others say of theirs. Made by
/// [`Cluster::keyring`]; usable from any thread.
///
/// Keys do not travel: each is installed on every node by whoever runs it. To change the key of a
/// cluster: [`install`](Self::install) the new one everywhere, [`rotate`](Self::rotate) on one node,
/// [`retire`](Self::retire) the old one everywhere.
#[derive(Clone, Debug)]
pub struct Keyring {
    cluster: Cluster,
}

impl Cluster {
    /// The keys that seal this cluster's traffic.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        Keyring { cluster: self.clone() }
    }
}

impl Keyring {
    /// The keys of this node, that which seals first; none where traffic is plain.
    ///
    /// # Errors
    /// `closed`, `forked`.
    pub fn list(&self) -> Result<Vec<KeyInfo>> {
        self.cluster.shared.with_engine(|engine, _| Ok(engine.keys()))
    }

    /// Adds a key (32 bytes in base64) that opens traffic but does not seal it yet; returns its id. A
    /// key that is there already is no error.
    ///
    /// # Errors
    /// `bad_key` for what is no key, an id that is taken, a full keyring, or a cluster that was started
    /// without keys; `closed`, `forked`. Nothing was changed.
    pub fn install(&self, key: &str) -> Result<String> {
        let key = Key::parse(key)?;
        let id = key.id();
        self.change(|engine| engine.install_key(key))?;
        Ok(id.to_string())
    }

    /// Seals with an installed key, named by its id, from now on: here alone.
    ///
    /// # Errors
    /// `bad_key` where it is not installed; `closed`, `forked`.
    pub fn use_key(&self, key_id: &str) -> Result<()> {
        let id = KeyId::parse(key_id)?;
        self.change(|engine| engine.use_key(id))
    }

    /// Takes an installed key, named by its id, away: here alone. What is sealed with it is dropped from
    /// now on.
    ///
    /// # Errors
    /// `bad_key` where it is not installed, or is the one that seals; `closed`, `forked`.
    pub fn retire(&self, key_id: &str) -> Result<()> {
        let id = KeyId::parse(key_id)?;
        self.change(|engine| engine.retire_key(id))
    }

    /// Reads `keys_file` again and takes its keys in place of the present ones; returns them.
    ///
    /// # Errors
    /// `invalid_config` where there is no `keys_file` or it cannot be read, `bad_key`, `key_required`
    /// where it has no key; `closed`, `forked`. Nothing was changed.
    pub fn reload(&self) -> Result<Vec<KeyInfo>> {
        let Some(path) = self.cluster.settings()?.keys_file else {
            return Err(Error::new(
                ErrorCode::InvalidConfig,
                "keys_file is not set: there is no file to read again",
            ));
        };
        let keys: KeyList = crate::runtime::read_keys(&path)?;
        self.change(|engine| engine.replace_keys(&keys))?;
        self.list()
    }

    /// Asks every member which keys it has. Members that do not answer in time are in the report as
    /// such.
    ///
    /// # Errors
    /// `busy` where too many such calls wait; `closed`, `forked`.
    pub fn report(&self, timeout: Duration) -> Pending<Vec<MemberKeys>> {
        self.survey(Ok(Goal::Report), timeout)
    }

    /// Seals with an installed key, named by its id, in the whole cluster: waits until every ALIVE
    /// member says that it has the key, then tells all to use it, and returns what they answer. Can be
    /// called again at any time.
    ///
    /// # Errors
    /// `timeout` naming who lacks the key or did not answer: as long as any ALIVE member lacks it,
    /// nothing is changed. `bad_key` where it is not installed here, `busy`, `closed`, `forked`.
    pub fn rotate(&self, key_id: &str, timeout: Duration) -> Pending<Vec<MemberKeys>> {
        self.survey(KeyId::parse(key_id).map(Goal::Rotate), timeout)
    }

    fn survey(&self, goal: Result<Goal>, timeout: Duration) -> Pending<Vec<MemberKeys>> {
        let shared = &self.cluster.shared;
        let goal = match shared.check().and(goal) {
            Ok(goal) => goal,
            Err(error) => return Pending::ready(Err(error)),
        };
        let (promise, pending) = pending();
        let ticket = shared.next_ticket();
        shared.waiters.add_report(ticket, promise).deliver();
        let asked =
            shared.with_engine(|engine, now| engine.survey_keys(now, ticket, goal, timeout));
        if let Err(error) = asked {
            shared.waiters.report(ticket, Err(error)).deliver();
        }
        pending
    }

    /// As with every change of a setting, the lock on the settings is held until the engine has it.
    fn change(&self, change: impl FnOnce(&mut Engine) -> Result<()>) -> Result<()> {
        let shared = &self.cluster.shared;
        shared.check()?;
        let mut settings = shared.settings.write();
        settings.keys = shared.with_engine(|engine, _| {
            change(engine)?;
            Ok(engine.ring().list())
        })?;
        Ok(())
    }
}
