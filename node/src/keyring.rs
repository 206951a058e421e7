//! The keys of a running cluster, call by call.

use std::sync::Arc;

use napi_derive::napi;
use seafoam::{KeyInfo, Keyring, MemberKeys};

use crate::error::{Failure, guard};
use crate::parse;
use crate::pending::NativePending;
use crate::wake::Bell;

#[napi(object)]
pub struct NativeKeyInfo {
    pub id: String,
    pub seals: bool,
}

impl From<KeyInfo> for NativeKeyInfo {
    fn from(key: KeyInfo) -> Self {
        Self { id: key.id, seals: key.seals }
    }
}

#[napi(object)]
pub struct NativeMemberKeys {
    pub name: String,
    pub answered: bool,
    pub keys: Vec<String>,
}

impl From<MemberKeys> for NativeMemberKeys {
    fn from(member: MemberKeys) -> Self {
        Self { name: member.name.to_string(), answered: member.answered, keys: member.keys }
    }
}

#[napi]
pub fn generate_key() -> Result<String, Failure> {
    guard(seafoam::generate_key)
}

/// The keys of one cluster.
#[napi(js_name = "Keyring")]
pub struct NativeKeyring {
    keyring: Keyring,
    bell: Arc<Bell>,
}

impl NativeKeyring {
    pub fn new(keyring: Keyring, bell: Arc<Bell>) -> Self {
        Self { keyring, bell }
    }
}

#[napi]
impl NativeKeyring {
    #[napi]
    pub fn list(&self) -> Result<Vec<NativeKeyInfo>, Failure> {
        guard(|| Ok(self.keyring.list()?.into_iter().map(From::from).collect()))
    }

    #[napi]
    pub fn install(&self, key: String) -> Result<String, Failure> {
        guard(|| self.keyring.install(&key))
    }

    #[napi]
    pub fn use_key(&self, key_id: String) -> Result<(), Failure> {
        guard(|| self.keyring.use_key(&key_id))
    }

    #[napi]
    pub fn retire(&self, key_id: String) -> Result<(), Failure> {
        guard(|| self.keyring.retire(&key_id))
    }

    #[napi]
    pub fn reload(&self) -> Result<Vec<NativeKeyInfo>, Failure> {
        guard(|| Ok(self.keyring.reload()?.into_iter().map(From::from).collect()))
    }

    #[napi]
    pub fn report(&self, timeout_millis: f64) -> Result<NativePending, Failure> {
        guard(|| {
            let pending = self.keyring.report(parse::millis("timeoutMillis", timeout_millis)?);
            Ok(NativePending::report(pending, &self.bell))
        })
    }

    #[napi]
    pub fn rotate(&self, key_id: String, timeout_millis: f64) -> Result<NativePending, Failure> {
        guard(|| {
            let timeout = parse::millis("timeoutMillis", timeout_millis)?;
            Ok(NativePending::report(self.keyring.rotate(&key_id, timeout), &self.bell))
        })
    }
}
