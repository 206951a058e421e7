//! What may happen next, and what comes of it: the project's own rules, driven step by step.

use seafoam::proto::election::{
    Ballot, Candidate, Claim, Lighthouse, Next, Poll, Record, Ruling, Verdict, majority,
};
use stateright::{Model, Property};

use crate::bounds::Bounds;
use crate::small::Few;
use crate::state::{Fault, NOW, Site, State, members, owner, place_in_list};

/// What became of the answer to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was written to disk where needed, answered, and the answer came.
    Answered,
    /// As before, but the answer was lost.
    Lost,
    /// The lighthouse has it in memory, and nothing of it on disk or under way.
    Unwritten,
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Time passes.
    Tick,
    /// A candidate opens a round.
    Stand(usize),
    /// A poll arrives at a lighthouse; its vote comes back, or is lost.
    Poll(Poll, u8, usize, bool),
    /// A claim arrives at a lighthouse.
    Claim(Claim, u8, usize, Fate),
    /// A leader gives its lease up.
    StepDown(usize),
    /// A release arrives at a lighthouse.
    Release(Ballot, usize),
    /// A candidate's process ends and begins again.
    RestartCandidate(usize),
    /// A lighthouse's process ends and begins again; with the list before, where it is so and the
    /// present one was not on its disk yet.
    RestartLighthouse(usize, bool),
    /// A candidate goes over to the next list.
    ChangeCandidate(usize),
    /// A lighthouse goes over to the next list.
    ChangeLighthouse(usize),
    /// The list that a lighthouse went over to is on its disk.
    WriteList(usize),
    /// A lighthouse has asked these others, as bits, for the highest term: it votes again.
    Settle(usize, u8),
}

/// The model of one set of bounds.
#[derive(Clone, Debug)]
pub struct Election(pub Bounds);

impl Model for Election {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::first(&self.0)]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        if state.fault.is_some() {
            return;
        }
        if self.0.wall_ticks.is_none_or(|most| state.wall < most) {
            steps.push(Step::Tick);
        }
        self.steps_of_nodes(state, steps);
        for (poll, version) in state.polls.iter() {
            for site in 0..state.sites.len() {
                steps.push(Step::Poll(*poll, *version, site, false));
                if self.0.late_polls {
                    steps.push(Step::Poll(*poll, *version, site, true));
                }
            }
        }
        for (claim, version) in state.claims.iter() {
            for site in 0..state.sites.len() {
                steps.push(Step::Claim(*claim, *version, site, Fate::Answered));
                if state.left[4] == 0 {
                    continue;
                }
                steps.push(Step::Claim(*claim, *version, site, Fate::Lost));
                if self.0.durable {
                    steps.push(Step::Claim(*claim, *version, site, Fate::Unwritten));
                }
            }
        }
        for ballot in state.releases.iter() {
            steps.extend((0..state.sites.len()).map(|site| Step::Release(*ballot, site)));
        }
        for site in 0..state.sites.len() {
            if state.left[3] > 0 {
                steps.push(Step::RestartLighthouse(site, false));
                if !state.sites[site].written {
                    steps.push(Step::RestartLighthouse(site, true));
                }
            }
            self.steps_of_change(state, site, steps);
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = *last;
        self.apply(&mut state, step);
        state.normalise(&self.0);
        if state == *last {
            return None;
        }
        self.look(&mut state);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("nothing goes wrong", |_, state: &State| state.fault.is_none())]
    }
}

impl Election {
    fn steps_of_nodes(&self, state: &State, steps: &mut Vec<Step>) {
        let timing = self.0.timing();
        let [ballots, releases, restarts, ..] = state.left;
        for (place, node) in state.nodes.iter().enumerate() {
            let free = node.candidate.round(NOW).is_none() || node.candidate.is_refused();
            if ballots > 0 && free {
                steps.push(Step::Stand(place));
            }
            if releases > 0 && node.candidate.leads(NOW, &timing).is_some() {
                steps.push(Step::StepDown(place));
            }
            if restarts > 0 {
                steps.push(Step::RestartCandidate(place));
            }
            let changes = self.0.change.is_some_and(|change| change.nodes & (1 << place) != 0);
            if changes && self.may_follow(state, node.version) {
                steps.push(Step::ChangeCandidate(place));
            }
        }
    }

    fn apply(&self, state: &mut State, step: Step) {
        let timing = self.0.timing();
        match step {
            Step::Tick => state.tick(&self.0),
            Step::Stand(place) => {
                let node = &mut state.nodes[place];
                let poll = node.candidate.poll(NOW, &timing);
                state.polls.insert((poll, node.version));
                state.left[0] -= 1;
            }
            Step::Poll(poll, version, site, lost) => self.poll(state, poll, version, site, lost),
            Step::Claim(claim, version, site, fate) => {
                self.claim(state, claim, version, site, fate);
            }
            Step::StepDown(place) => {
                state.nodes[place].tenure = None;
                if let Some(ballot) = state.nodes[place].candidate.step_down() {
                    state.releases.insert(ballot);
                }
                state.left[1] -= 1;
            }
            Step::Release(ballot, site) => {
                let before = state.sites[site].lighthouse.live(NOW);
                state.sites[site].lighthouse.release(NOW, ballot, self.0.flaws);
                let after = state.sites[site].lighthouse.live(NOW);
                let newer =
                    |record: Record| record.ballot.owner != ballot.owner || record.ballot > ballot;
                let wrong = before.is_some_and(newer) && after.is_none();
                if wrong && !self.0.flaws.release_by_owner {
                    state.fault = Some(Fault::WrongRelease);
                }
            }
            Step::RestartCandidate(place) => {
                state.left[2] -= 1;
                let node = &mut state.nodes[place];
                node.run += 1;
                node.tenure = None;
                let count = members(&self.0, node.version).count_ones() as u8;
                node.candidate = Candidate::new(owner(place, node.run), count);
            }
            Step::ChangeCandidate(place) => {
                let node = &mut state.nodes[place];
                node.version += 1;
                node.tenure = None;
                node.candidate.relist(members(&self.0, node.version).count_ones() as u8);
            }
            Step::RestartLighthouse(site, back) => {
                state.left[3] -= 1;
                let site = &mut state.sites[site];
                site.lighthouse = Lighthouse::begin(NOW, &timing, site.lighthouse.kept());
                if back {
                    site.version -= 1;
                    (site.written, site.settled) = (true, true); // it was, before
                }
            }
            Step::ChangeLighthouse(site) => self.change_lighthouse(state, site),
            Step::WriteList(site) => state.sites[site].written = true,
            Step::Settle(site, asked) => self.settle(state, site, asked),
        }
    }

    /// The candidate that sent a ballot, where that very run still lives.
    fn sender(state: &State, ballot: Ballot, version: u8) -> Option<usize> {
        let alive = |(place, node): (usize, &crate::state::Node)| {
            (owner(place, node.run) == ballot.owner && node.version == version).then_some(place)
        };
        state.nodes.iter().enumerate().find_map(alive)
    }

    fn poll(&self, state: &mut State, poll: Poll, version: u8, site: usize, lost: bool) {
        let Some(place) = self.place(state, version, site) else { return };
        let vote = state.sites[site].lighthouse.poll(NOW, &poll, self.0.flaws);
        let Some(vote) = vote.filter(|_| !lost) else { return };
        let Some(sender) = Self::sender(state, poll.ballot, version) else { return };
        let (timing, flaws) = (self.0.timing(), self.0.flaws);
        let wall_term = u64::from(state.wall) * 16;
        let candidate = &mut state.nodes[sender].candidate;
        let count = members(&self.0, version).count_ones();
        let voted = |other: &u8| *other == place || candidate.bits_of(*other) & 1 != 0;
        let voters = (0..8).filter(voted).count();
        let next = candidate.vote(NOW, place, &vote, wall_term, &timing, flaws);
        if let Next::Claim(claim) = next {
            state.claims.insert((claim, version));
            if voters < majority(count as usize) {
                state.fault = Some(Fault::ClaimedWithoutMajority);
            }
        }
    }

    fn place(&self, state: &State, version: u8, site: usize) -> Option<u8> {
        // Messages of another list are ignored.
        let Site { version: own, settled, .. } = state.sites[site];
        place_in_list(&self.0, version, site).filter(|_| own == version && settled)
    }

    fn claim(&self, state: &mut State, claim: Claim, version: u8, site: usize, fate: Fate) {
        let Some(place) = self.place(state, version, site) else { return };
        let (timing, flaws) = (self.0.timing(), self.0.flaws);
        let lighthouse = &mut state.sites[site].lighthouse;
        let before = lighthouse.live(NOW);
        let ruling = lighthouse.claim(NOW, &claim, &timing, flaws);
        let after = lighthouse.live(NOW);
        let owner_of = |record: Option<Record>| record.map(|record| record.ballot.owner);
        if before.is_some() && owner_of(before) != owner_of(after) && !flaws.claim_replaces_foreign
        {
            state.fault = Some(Fault::RecordReplaced);
        }
        state.left[4] -= u8::from(ruling.is_some() && fate != Fate::Answered);
        let grant = match ruling {
            Some(Ruling::Answer(grant)) => Some(grant),
            Some(Ruling::Write(floor)) if fate != Fate::Unwritten => {
                lighthouse.persisted(NOW, floor)
            }
            Some(Ruling::Write(_)) | None => None,
        };
        let Some(grant) = grant.filter(|_| fate == Fate::Answered) else { return };
        let Some(sender) = Self::sender(state, grant.ballot, version) else { return };
        let candidate = &mut state.nodes[sender].candidate;
        let led_until = candidate.led_until(&timing);
        match candidate.grant(NOW, place, &grant, &timing, flaws) {
            Next::Elected { term } | Next::Renewed { term } => {
                state.note_lease(&self.0, sender, term);
            }
            Next::Wait | Next::Stand | Next::Claim(_) | Next::Abandoned { .. } => {
                if state.nodes[sender].candidate.led_until(&timing) != led_until {
                    state.fault = Some(Fault::Stretched);
                }
            }
        }
    }

    /// What an onlooker sees of the whole.
    fn look(&self, state: &mut State) {
        if state.fault.is_some() || self.0.broken_clocks {
            return;
        }
        let timing = self.0.timing();
        if state.leaders(&self.0) > 1 {
            state.fault = Some(Fault::TwoLeaders);
            return;
        }
        for place in 0..state.nodes.len() {
            let node = &state.nodes[place];
            if node.candidate.leads(NOW, &timing).is_none() {
                continue;
            }
            if self.0.renewal && !self.can_renew(state, place) {
                state.fault = Some(Fault::LockedOut);
            }
        }
    }

    /// Whether the leader at `place` can renew its lease with any majority, where from now on nothing
    /// is lost. Lighthouses that are silent, or hold another's record, excuse it.
    fn can_renew(&self, state: &State, place: usize) -> bool {
        let me = owner(place, state.nodes[place].run);
        let helps = |site: &usize| {
            let lighthouse = &state.sites[*site].lighthouse;
            let foreign = lighthouse.live(NOW).is_some_and(|record| record.ballot.owner != me);
            !lighthouse.is_silent(NOW) && !foreign
        };
        let needed = majority(state.sites.len());
        let helpers: Few<usize, 4> = (0..state.sites.len()).filter(helps).collect();
        let renews = |down: Option<usize>| {
            let some = helpers.iter().copied().filter(|site| Some(*site) != down);
            let some: Few<usize, 4> = some.collect();
            some.len() < needed || self.renews_with(state, place, &some)
        };
        renews(None) && helpers.iter().all(|down| renews(Some(*down)))
    }

    /// Two rounds, for the first may meet a higher promise.
    fn renews_with(&self, state: &State, place: usize, some: &Few<usize, 4>) -> bool {
        let (timing, flaws) = (self.0.timing(), self.0.flaws);
        let mut state = *state;
        for _ in 0..2 {
            let poll = state.nodes[place].candidate.poll(NOW, &timing);
            for site in some.iter() {
                self.poll(&mut state, poll, 0, *site, false);
            }
            let Some((_, Some(claim))) = state.nodes[place].candidate.round(NOW) else { continue };
            let granted = some.iter().filter(|site| {
                let lighthouse = &mut state.sites[**site].lighthouse;
                match lighthouse.claim(NOW, &claim, &timing, flaws) {
                    Some(Ruling::Answer(grant)) => grant.verdict == Verdict::Granted,
                    Some(Ruling::Write(_)) => true,
                    None => false,
                }
            });
            if granted.count() >= majority(state.sites.len()) {
                return true;
            }
        }
        false
    }
}
