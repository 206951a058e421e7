//! What the model does not explore, since it changes no safety: trials, stickiness, waits, guards,
//! spans, caps.

use std::time::Duration;

use super::{
    Answer, Ballot, Candidate, Claim, Flaws, Floor, Grant, Lighthouse, Next, Owner, Poll, Ruling,
    STANDING, Timing, Verdict, Vote, majority, place, turn,
};
use crate::proto::time::Time;

const LEASE: Duration = Duration::from_secs(3);
const START: Time = Time(1_000_000_000);

fn owner(name: u64) -> Owner {
    Owner { generation: 1, run: 1, name }
}

fn right() -> Flaws {
    Flaws::default()
}

/// Lighthouses that have been there for long.
fn lighthouses(count: usize) -> Vec<Lighthouse> {
    vec![Lighthouse::begin(Time::ZERO, &Timing::of(LEASE), None); count]
}

/// Sends a poll to all, and the votes back; the last thing that the candidate says to it.
fn poll_all(candidate: &mut Candidate, all: &mut [Lighthouse], now: Time, poll: &Poll) -> Next {
    let timing = Timing::of(LEASE);
    let mut last = Next::Wait;
    for (place, lighthouse) in (0_u8..).zip(all) {
        let Some(vote) = lighthouse.poll(now, poll, right()) else { continue };
        let next = candidate.vote(now, place, &vote, 0, &timing, right());
        last = if next == Next::Wait { last } else { next };
    }
    last
}

fn claim_all(candidate: &mut Candidate, all: &mut [Lighthouse], now: Time, claim: &Claim) -> Next {
    let timing = Timing::of(LEASE);
    let mut last = Next::Wait;
    for (place, lighthouse) in (0_u8..).zip(all) {
        let Some(Ruling::Answer(grant)) = lighthouse.claim(now, claim, &timing, right()) else {
            continue;
        };
        let next = candidate.grant(now, place, &grant, &timing, right());
        last = if next == Next::Wait { last } else { next };
    }
    last
}

fn lead(candidate: &mut Candidate, all: &mut [Lighthouse], now: Time) -> Next {
    let poll = candidate.poll(now, &Timing::of(LEASE));
    let next = poll_all(candidate, all, now, &poll);
    if let Next::Claim(claim) = next { claim_all(candidate, all, now, &claim) } else { next }
}

#[test]
fn how_long_others_hold_is_counted_from_their_answer() {
    let timing = Timing::of(LEASE);
    let mut all = lighthouses(3);
    let mut leader = Candidate::new(owner(1), 3);
    assert!(matches!(lead(&mut leader, &mut all, START), Next::Elected { .. }));
    // One tells, two say nothing: the round stays open until its end, and the record is over then.
    let mut other = Candidate::new(owner(2), 3);
    let asked = START + LEASE / 2;
    let poll = other.try_out(asked, &timing);
    assert_eq!(poll_all(&mut other, &mut all[..1], asked, &poll), Next::Wait);
    let end = asked + timing.lease;
    assert_eq!(other.expire(end), Next::Abandoned { held: Some(Duration::ZERO) });
}

#[test]
fn a_record_and_a_silence_outlast_the_lease_at_both_ends_of_the_bound() {
    for millis in [500, 3000, 600_000] {
        let lease = Duration::from_millis(millis);
        let timing = Timing::of(lease);
        // In real time: the leader's clock runs slow by the bound, the lighthouse's fast.
        let longest = lease.as_secs_f64() / (1.0 - 1e-3);
        for span in [timing.record, timing.silence] {
            assert!(span.as_secs_f64() / (1.0 + 1e-3) > longest, "{timing:?}");
        }
        assert!(timing.guard < lease, "{timing:?}");
    }
}

#[test]
fn a_trial_changes_nothing_anywhere() {
    let mut all = lighthouses(3);
    let before = all.clone();
    let mut candidate = Candidate::new(owner(1), 3);
    let poll = candidate.try_out(START, &Timing::of(LEASE));
    assert!(poll.trial);
    assert_eq!(poll_all(&mut candidate, &mut all, START, &poll), Next::Stand);
    assert_eq!(all, before);
    assert_eq!(candidate.leads(START, &Timing::of(LEASE)), None);
    // A vote for a trial is none for a ballot, and the other way round.
    let poll = candidate.poll(START, &Timing::of(LEASE));
    let vote = all[0].poll(START, &poll, right()).expect("a vote");
    let trial = Vote { trial: true, ..vote };
    for place in 0..3 {
        let next = candidate.vote(START, place, &trial, 0, &Timing::of(LEASE), right());
        assert_eq!(next, Next::Wait);
    }
}

#[test]
fn a_lease_begins_at_the_poll_and_ends_with_its_guard() {
    let (timing, mut all) = (Timing::of(LEASE), lighthouses(3));
    let mut candidate = Candidate::new(owner(1), 3);
    let poll = candidate.poll(START, &timing);
    let later = START + Duration::from_secs(1);
    let Next::Claim(claim) = poll_all(&mut candidate, &mut all, later, &poll) else {
        panic!("no claim")
    };
    assert_eq!(claim_all(&mut candidate, &mut all, later, &claim), Next::Elected { term: 1 });
    let end = START + LEASE - timing.guard;
    assert_eq!(candidate.leads(later, &timing), Some((1, end)));
    assert_eq!(candidate.leads(end, &timing), None);
    assert_eq!(candidate.leads(end - Duration::from_micros(1), &timing), Some((1, end)));
    // What comes after the deadline counts for nothing, whatever order timers had.
    let mut late = Candidate::new(owner(2), 1);
    let poll = late.poll(START, &timing);
    let mut one = lighthouses(1);
    let after = START + LEASE;
    assert_eq!(poll_all(&mut late, &mut one, after, &poll), Next::Wait);
}

#[test]
fn nobody_can_move_anything_while_somebody_leads() {
    let mut all = lighthouses(3);
    let mut leader = Candidate::new(owner(1), 3);
    assert_eq!(lead(&mut leader, &mut all, START), Next::Elected { term: 1 });
    let before = all.clone();
    let mut other = Candidate::new(owner(2), 3);
    for round in 0..50 {
        let now = START + Duration::from_millis(round);
        let next = lead(&mut other, &mut all, now);
        let Next::Abandoned { held: Some(held) } = next else { panic!("{next:?}") };
        assert!(held > LEASE - Duration::from_millis(100), "{held:?}");
        let forced = Claim { ballot: Ballot { counter: 999, owner: owner(2) }, term: 999 };
        let next = claim_all(&mut other, &mut all, now, &forced);
        assert_eq!(next, Next::Wait, "no round is open for it");
    }
    assert_eq!(all, before);
    assert_eq!(lead(&mut leader, &mut all, START + LEASE / 3), Next::Renewed { term: 1 });
}

#[test]
fn what_is_released_can_be_had_at_once_in_a_higher_term() {
    let mut all = lighthouses(5);
    let mut first = Candidate::new(owner(1), 5);
    assert_eq!(lead(&mut first, &mut all, START), Next::Elected { term: 1 });
    let ballot = first.step_down().expect("a lease");
    assert_eq!(first.leads(START, &Timing::of(LEASE)), None);
    assert_eq!(first.step_down(), None);
    let older = Ballot { counter: 0, ..ballot };
    let foreign = Ballot { owner: owner(2), ..ballot };
    for lighthouse in &mut all {
        assert_eq!(lighthouse.release(START, older, right()), Some(false));
        assert_eq!(lighthouse.release(START, foreign, right()), Some(false));
        assert_eq!(lighthouse.release(START, ballot, right()), Some(true));
        assert_eq!(lighthouse.release(START, ballot, right()), Some(false));
    }
    let mut second = Candidate::new(owner(2), 5);
    assert_eq!(lead(&mut second, &mut all, START), Next::Abandoned { held: None }, "it learns");
    assert_eq!(lead(&mut second, &mut all, START), Next::Elected { term: 2 });
    for lighthouse in &mut all {
        assert_eq!(lighthouse.release(START, ballot, right()), Some(false), "a late copy");
    }
}

#[test]
fn a_renewal_on_its_way_is_released_too() {
    let timing = Timing::of(LEASE);
    let mut all = lighthouses(3);
    let mut leader = Candidate::new(owner(1), 3);
    assert_eq!(lead(&mut leader, &mut all, START), Next::Elected { term: 1 });
    let poll = leader.poll(START, &timing);
    let mut next = Next::Wait;
    for (place, lighthouse) in (0..).zip(&mut all) {
        let vote = lighthouse.poll(START, &poll, right()).expect("it is not silent");
        if next == Next::Wait {
            next = leader.vote(START, place, &vote, 0, &timing, right());
        }
    }
    let Next::Claim(claim) = next else { panic!("{next:?}") };
    // One has granted it already, to one it comes after the release, to one not at all.
    assert!(all[0].claim(START, &claim, &timing, right()).is_some());
    let ballot = leader.step_down().expect("a lease");
    for lighthouse in &mut all {
        assert_eq!(lighthouse.release(START, ballot, right()), Some(true));
    }
    let Some(Ruling::Answer(late)) = all[1].claim(START, &claim, &timing, right()) else {
        panic!("it answers")
    };
    assert!(matches!(late.verdict, Verdict::Refused { .. }), "{late:?}");
    let mut second = Candidate::new(owner(2), 3);
    assert_eq!(lead(&mut second, &mut all, START), Next::Abandoned { held: None });
    assert_eq!(lead(&mut second, &mut all, START), Next::Elected { term: 2 });
}

#[test]
fn a_round_that_was_refused_is_given_up_early_and_a_new_one_wins() {
    let timing = Timing::of(LEASE);
    let mut all = lighthouses(5);
    let (mut one, mut other) = (Candidate::new(owner(1), 5), Candidate::new(owner(2), 5));
    let (low, high) = (one.poll(START, &timing), other.poll(START, &timing));
    // Two vote for the higher ballot first, two for the lower one; the fifth is dead.
    for (place, lighthouse) in (0..4).zip(&mut all) {
        let (first, then) = if place < 2 { (&high, &low) } else { (&low, &high) };
        for poll in [first, then] {
            let vote = lighthouse.poll(START, poll, right()).expect("it is not silent");
            let candidate = if poll == &low { &mut one } else { &mut other };
            candidate.vote(START, place, &vote, 0, &timing, right());
        }
    }
    assert!(one.is_refused(), "two votes, two refusals, and one that never answers");
    assert_eq!(one.abandon(START), Next::Abandoned { held: None });
    assert!(!one.is_refused() && one.round_ends().is_none());
    all.truncate(4);
    assert_eq!(lead(&mut one, &mut all, START), Next::Elected { term: 1 });
}

#[test]
fn a_lighthouse_is_silent_after_its_start_and_after_it_was_held_up() {
    let timing = Timing::of(LEASE);
    let poll = Poll { ballot: Ballot { counter: 1, owner: owner(1) }, trial: false };
    let claim = Claim { ballot: poll.ballot, term: 7 };
    let mut lighthouse = Lighthouse::begin(START, &timing, None);
    let end = START + timing.silence;
    let last = end - Duration::from_micros(1);
    assert_eq!(lighthouse.poll(last, &poll, right()), None);
    assert_eq!(lighthouse.claim(last, &claim, &timing, right()), None);
    assert_eq!(lighthouse.release(last, poll.ballot, right()), None);
    assert!(lighthouse.claim(end, &claim, &timing, right()).is_some());
    lighthouse.distrust(end, &timing);
    assert_eq!(lighthouse.poll(end, &poll, right()), None);
    assert_eq!(lighthouse.silent_until(), end + timing.silence);
    assert_eq!(lighthouse.floor().term, 7, "terms do not depend on time");
}

#[test]
fn a_grant_waits_for_the_disk_and_an_equal_term_for_its_owner() {
    let timing = Timing::of(LEASE);
    let mut lighthouse = Lighthouse::begin(Time::ZERO, &timing, Some(Floor::default()));
    let claim =
        |counter, name, term| Claim { ballot: Ballot { counter, owner: owner(name) }, term };
    let first = claim(1, 1, 5);
    let Some(Ruling::Write(floor)) = lighthouse.claim(START, &first, &timing, right()) else {
        panic!("granted before it was written")
    };
    assert_eq!(lighthouse.kept(), Some(Floor::default()));
    // Said again while the disk is slow: still not granted.
    let again = lighthouse.claim(START, &first, &timing, right());
    assert_eq!(again, Some(Ruling::Write(floor)));
    let granted = Grant { ballot: first.ballot, verdict: Verdict::Granted };
    assert_eq!(lighthouse.persisted(START, floor), Some(granted));
    assert_eq!(lighthouse.kept(), Some(floor));
    // A restart keeps the floor: an equal term is refused to others, and given to its owner.
    let mut lighthouse = Lighthouse::begin(START, &timing, lighthouse.kept());
    let later = START + timing.silence;
    let refused = Verdict::Refused { promised: 0, term: 5 };
    let foreign = claim(2, 2, 5);
    assert_eq!(
        lighthouse.claim(later, &foreign, &timing, right()),
        Some(Ruling::Answer(Grant { ballot: foreign.ballot, verdict: refused }))
    );
    let own = claim(2, 1, 5);
    assert_eq!(
        lighthouse.claim(later, &own, &timing, right()),
        Some(Ruling::Answer(Grant { ballot: own.ballot, verdict: Verdict::Granted }))
    );
}

#[test]
fn answers_of_strangers_raise_counters_and_terms_by_little() {
    let timing = Timing::of(LEASE);
    let mut candidate = Candidate::new(owner(1), 3);
    let poll = candidate.poll(START, &timing);
    let lie = |answer, term| Vote {
        ballot: poll.ballot,
        trial: false,
        answer,
        term,
        term_is_yours: false,
    };
    let rejected = lie(Answer::Rejected { promised: u32::MAX }, u64::MAX);
    assert_eq!(candidate.vote(START, 0, &rejected, 0, &timing, right()), Next::Wait);
    // A place that is not in the list says nothing.
    assert_eq!(candidate.vote(START, 3, &rejected, 0, &timing, right()), Next::Wait);
    assert_eq!(candidate.vote(START, 200, &rejected, 0, &timing, right()), Next::Wait);
    let free = lie(Answer::Free { own: None }, 0);
    candidate.vote(START, 1, &free, 0, &timing, right());
    let Next::Claim(claim) = candidate.vote(START, 2, &free, 0, &timing, right()) else {
        panic!("no claim")
    };
    assert!(claim.term < 1 << 40, "{claim:?}");
    assert!(candidate.poll(START, &timing).ballot.counter < 1 << 17);
}

#[test]
fn candidates_stand_one_after_the_other() {
    let all = [(1, 'c'), (0, 'b'), (2, 'a')];
    let places: Vec<_> = all.iter().map(|mine| place(mine, all)).collect();
    assert_eq!(places, [1, 0, 2]);
    let turns: Vec<_> = (0..3 * STANDING).map(|place| turn(place, LEASE)).collect();
    assert!(turns.is_sorted());
    assert_eq!(turns[0], Duration::ZERO);
    assert!(turns[STANDING - 1] < LEASE && turns[STANDING] == LEASE);
    assert_eq!([1, 2, 3, 4, 5, 15].map(majority), [1, 2, 2, 3, 3, 8]);
}
