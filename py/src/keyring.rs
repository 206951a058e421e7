//! The keys of a running cluster: arguments in, one call of the facade, result out.

use pyo3::prelude::*;
use seafoam::{KeyInfo, MemberKeys};

use crate::error::raise;
use crate::pending::{Pending, seconds};

/// Id, and whether it seals.
type Key = (String, bool);

/// What both keyring classes share. Python makes its own values of the tuples.
#[pyclass(frozen, module = "seafoam._native")]
pub(crate) struct NativeKeyring {
    keyring: seafoam::Keyring,
}

impl NativeKeyring {
    pub(crate) fn new(keyring: seafoam::Keyring) -> Self {
        Self { keyring }
    }
}

#[pymethods]
impl NativeKeyring {
    /// With `reload` after the file of keys was read again.
    fn list(&self, py: Python<'_>, reload: bool) -> PyResult<Vec<Key>> {
        let found = py.detach(|| match reload {
            true => self.keyring.reload(),
            false => self.keyring.list(),
        });
        found.map(keys).map_err(|error| raise(py, error))
    }

    fn install(&self, py: Python<'_>, key: &str) -> PyResult<String> {
        self.keyring.install(key).map_err(|error| raise(py, error))
    }

    fn use_key(&self, py: Python<'_>, key_id: &str) -> PyResult<()> {
        self.keyring.use_key(key_id).map_err(|error| raise(py, error))
    }

    fn retire(&self, py: Python<'_>, key_id: &str) -> PyResult<()> {
        self.keyring.retire(key_id).map_err(|error| raise(py, error))
    }

    /// Rotates to a key; without one, asks who has which.
    fn survey(
        &self,
        py: Python<'_>,
        key_id: Option<&str>,
        timeout: Option<f64>,
    ) -> PyResult<Pending> {
        let timeout = seconds(py, timeout)?;
        let pending = match key_id {
            Some(id) => self.keyring.rotate(id, timeout),
            None => self.keyring.report(timeout),
        };
        Ok(Pending::new(pending, members))
    }
}

fn keys(keys: Vec<KeyInfo>) -> Vec<Key> {
    keys.into_iter().map(|key| (key.id, key.seals)).collect()
}

fn members(py: Python<'_>, members: Vec<MemberKeys>) -> PyResult<Py<PyAny>> {
    let tuple = |member: MemberKeys| (member.name.to_string(), member.answered, member.keys);
    let members: Vec<_> = members.into_iter().map(tuple).collect();
    Ok(members.into_pyobject(py)?.into_any().unbind())
}
