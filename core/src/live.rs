//! Configuration values that change while a cluster runs.

use crate::api::error::Result;
use crate::shared::Shared;

impl Shared {
    /// Changes one value. The engine takes what all say at that moment, so that of two changes none
    /// is lost, in whatever order they reach it.
    pub(crate) fn set(&self, key: &str, value: &str) -> Result<()> {
        self.check()?;
        if key == "lighthouses" {
            let mut wanted = self.settings.read().clone();
            wanted.set_live(key, value)?;
            // What is in force is told when it is.
            return self
                .with_engine(|engine, now| engine.change_lighthouses(now, &wanted.lighthouses));
        }
        self.settings.write().set_live(key, value)?;
        // The lock of the engine comes first wherever both are held: what it tells changes settings.
        let changed = self.with_engine(|engine, now| {
            let settings = self.settings.read().clone();
            engine.apply_settings(now, &settings);
            Ok(settings)
        })?;
        if key == "log_level" {
            crate::log::set_log_level(changed.log_level);
        }
        Ok(())
    }

    /// Another list of lighthouses is in force.
    pub(crate) fn take_list(&self, lighthouses: Vec<String>) {
        let mut settings = self.settings.write();
        settings.lighthouses = lighthouses;
        let entries = settings.lighthouse_entries();
        settings.is_lighthouse = entries.iter().any(|entry| *entry.name == *self.local_name());
    }
}
