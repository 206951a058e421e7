//! Clusters whose members know each other from the first moment.

use seafoam::proto::wire::MemberRecord;

use crate::world::World;

impl World {
    /// Starts `count` nodes into whose tables all others are put, without a network: to come together
    /// costs n² and far more than to stay together. Names are shared among the tables.
    pub fn start_filled(&mut self, count: usize) {
        let nodes: Vec<usize> = (0..count).map(|_| self.start(&[])).collect();
        let own = |node: &usize| self.engine(*node).map(seafoam::proto::Engine::bench_record);
        let records: Vec<MemberRecord> = nodes.iter().filter_map(own).collect();
        for (place, node) in nodes.iter().enumerate() {
            let others = records.iter().enumerate().filter(|(other, _)| *other != place);
            let others = others.map(|(_, record)| record.clone());
            self.command(*node, |engine, now| engine.bench_fill(now, others));
        }
    }
}
