//! Letting go of parts of a host one by one, so that a counting allocator can tell what each takes.

use crate::world::World;

impl World {
    /// Drops what a host keeps for readers: its snapshots of the table.
    pub fn drop_view(&mut self, node: usize) {
        if let Some(host) = self.hosts.get_mut(node) {
            host.view = std::collections::BTreeMap::new();
            host.heard = std::collections::BTreeMap::new();
            (host.healthy, host.alive) = (0, 0);
        }
    }

    /// Drops a host's engine and nothing else. The node is not to be used any more.
    pub fn drop_engine(&mut self, node: usize) {
        if let Some(host) = self.hosts.get_mut(node) {
            host.engine = None;
        }
    }
}
