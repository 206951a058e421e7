//! The list of lighthouses changes while all run.

use seafoam::proto::election::{Floor, majority};

use crate::election::{Election, Step};
use crate::state::{NOW, State, members};

impl Election {
    /// What a lighthouse may do about the list next.
    pub(crate) fn steps_of_change(&self, state: &State, site: usize, steps: &mut Vec<Step>) {
        let Some(change) = self.0.change else { return };
        let here = state.sites[site];
        if change.sites & (1 << site) != 0 && self.may_follow(state, here.version) {
            steps.push(Step::ChangeLighthouse(site));
        }
        if !here.written {
            steps.push(Step::WriteList(site));
            return;
        }
        if here.settled || here.lighthouse.is_silent(NOW) {
            return;
        }
        let needed = self.answers_needed(here.version, site);
        let tell = (0..state.sites.len()).filter(|other| {
            let there = state.sites[*other];
            // Who never was in a list before knows nothing that it could tell.
            let knows = there.settled || !self.is_new(there.version, *other);
            *other != site
                && there.version == here.version
                && members(&self.0, here.version) & (1 << *other) != 0
                && knows
                && (there.written || change.answers_early)
        });
        let tell = tell.fold(0_u8, |bits, other| bits | 1 << other);
        // Fewer answers know less: sets that are larger than needed find nothing more.
        let sets = (0..=tell).filter(|set| set & !tell == 0 && set.count_ones() == needed);
        steps.extend(sets.map(|set| Step::Settle(site, set)));
    }

    /// Whether the list after this one is there to be taken.
    pub(crate) fn may_follow(&self, state: &State, version: u8) -> bool {
        let Some(change) = self.0.change else { return false };
        let listed = members(&self.0, version);
        let works = |site: usize| {
            let there = state.sites[site];
            there.version > version || (there.version == version && there.settled)
        };
        let mut all = (0..state.sites.len()).filter(|site| listed & (1 << site) != 0);
        let there = usize::from(version) + 1 < change.lists.len();
        there && (version == 0 || !change.one_by_one || all.all(works))
    }

    /// Whether a lighthouse was not in the list before this one.
    fn is_new(&self, version: u8, site: usize) -> bool {
        version > 0 && members(&self.0, version - 1) & (1 << site) == 0
    }

    /// How many others must tell the highest term: with the own one they are a majority; where there
    /// is no own one, so many that every majority has another one among them.
    fn answers_needed(&self, version: u8, site: usize) -> u32 {
        let count = members(&self.0, version).count_ones();
        let all = majority(count as usize) as u32;
        if self.is_new(version, site) { count.div_ceil(2).min(count - 1) } else { all - 1 }
    }

    pub(crate) fn change_lighthouse(&self, state: &mut State, site: usize) {
        let Some(change) = self.0.change else { return };
        let there = &mut state.sites[site];
        there.version += 1;
        there.lighthouse.distrust(NOW, &self.0.timing());
        let version = there.version;
        let listed = members(&self.0, version) & (1 << site) != 0;
        let asks =
            if self.is_new(version, site) { change.newcomer_asks } else { change.asks_again };
        let there = &mut state.sites[site];
        // When it is written matters to what is left of it after a restart alone.
        there.written = self.0.lighthouse_restarts == 0;
        there.settled = !(listed && asks);
    }

    pub(crate) fn settle(&self, state: &mut State, site: usize, asked: u8) {
        let own = state.sites[site].lighthouse.floor();
        let others = (0..state.sites.len()).filter(|other| asked & (1 << *other) != 0);
        let told = others.map(|other| state.sites[other].lighthouse.floor().term).max();
        let floor = match told {
            // Whose it is does not travel: an equal term is refused to everybody.
            Some(term) if term > own.term => Floor { term, owner: None },
            Some(_) | None => own,
        };
        let there = &mut state.sites[site];
        there.lighthouse.recover(floor);
        there.lighthouse.persisted(NOW, floor);
        there.settled = true;
    }
}
