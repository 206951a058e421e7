//! A door for measurements: a table of members that were never there. Not public API.

use super::engine::Engine;
use super::members::Member;
use super::time::Time;
use super::wire::MemberRecord;

impl Engine {
    /// Puts members into the table as a table exchange leaves them there, past the bounds on their
    /// number and on their rate, and tells nobody. Their names are not to be in the table yet.
    #[doc(hidden)]
    pub fn bench_fill(&mut self, now: Time, records: impl Iterator<Item = MemberRecord>) {
        let wall_millis = self.wall_millis(now);
        for record in records {
            let id = self.members.insert(Member::of(&record, now, wall_millis));
            self.probing.order.push(id);
        }
        // Each node probes in an order of its own.
        let mut order = std::mem::take(&mut self.probing.order);
        self.shuffle(&mut order);
        self.probing.order = order;
    }

    /// What tables list of this node.
    #[doc(hidden)]
    #[must_use]
    pub fn bench_record(&self) -> MemberRecord {
        self.me()
    }
}
