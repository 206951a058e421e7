//! The fields of the messages of the election, in both directions.

use std::time::Duration;

use super::DecodeError;
use super::fields::{Reader, Sink};
use super::kinds::message as kind;
use crate::proto::election::{Answer, Ballot, Claim, Grant, Owner, Poll, Verdict, Vote};

/// What a message of the election says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    /// A candidate asks for votes.
    Poll(Poll),
    /// A lighthouse answers a poll. The time that another holds on travels in milliseconds, rounded
    /// up, and at most 49 days.
    Vote {
        /// Its place in the list.
        place: u8,
        /// The answer.
        vote: Vote,
    },
    /// A candidate with a majority of votes asks for the lease.
    Claim(Claim),
    /// A lighthouse answers a claim.
    Grant {
        /// Its place in the list.
        place: u8,
        /// The answer.
        grant: Grant,
        /// Whether what it grants outlives its process. Means nothing in a refusal.
        durable: bool,
    },
    /// A leader gives its lease up.
    Release {
        /// The round that it was granted in.
        ballot: Ballot,
        /// The handle of the one who is to follow: others wait for a while. 0 = whoever comes.
        successor: u32,
    },
    /// A lighthouse has no record of that round any more.
    Released {
        /// Its place in the list.
        place: u8,
        /// The round.
        ballot: Ballot,
    },
    /// A lighthouse says that the leader of this round gave up: whoever wants may stand.
    Free(Ballot),
    /// The leader of this round gave up in favour of the receiver.
    Handoff(Ballot),
    /// A lighthouse that lost its file asks another for the highest term. The ballot's counter is
    /// any number, for the answer to bring back; its owner is the asker.
    TermAsk(Ballot),
    /// Answers that.
    TermTell {
        /// Its place in the list.
        place: u8,
        /// That of the question.
        ballot: Ballot,
        /// The highest term; none where it lost its own file too.
        term: Option<u64>,
    },
    /// A leader asks a lighthouse which list it accepted to follow the present one. The ballot's
    /// counter is any number, for the answer to bring back; its owner is the asker, as in what
    /// follows. A list of lighthouses travels in pieces behind the word.
    ListAsk(Ballot),
    /// Answers that, or a [`ListSet`](Self::ListSet). The list is that which it accepted.
    ListTell {
        /// Its place in the list.
        place: u8,
        /// That of the question.
        ballot: Ballot,
        /// Whether it has a disk.
        durable: bool,
        /// Whether what it accepted is on it.
        written: bool,
        /// The term in which that was proposed; 0 = nothing.
        term: u64,
    },
    /// A leader proposes the list that is to follow.
    ListSet {
        /// Whose it is.
        ballot: Ballot,
        /// The leader's term.
        term: u64,
    },
    /// A member says which list is in force, whatever the configuration is.
    ListNews {
        /// Whose word it is.
        ballot: Ballot,
        /// How often the list was changed.
        version: u32,
    },
}

// Flags of polls and votes.
const TRIAL: u8 = 1;
const YOURS: u8 = 2;

// Answers of a vote.
const FREE: u8 = 0;
const OWN: u8 = 1;
const HELD: u8 = 2;
const REJECTED: u8 = 3;

// Verdicts of a grant.
const GRANTED: u8 = 0;
const REFUSED: u8 = 1;
const GRANTED_DURABLY: u8 = 2;

// Flag of answers about terms.
const HAS_TERM: u8 = 1;

// Flags of answers about lists.
const DURABLE: u8 = 1;
const WRITTEN: u8 = 2;

impl Word {
    /// The ballot that it is about.
    #[must_use]
    pub const fn ballot(&self) -> Ballot {
        match self {
            Self::Poll(poll) => poll.ballot,
            Self::Vote { vote, .. } => vote.ballot,
            Self::Claim(claim) => claim.ballot,
            Self::Grant { grant, .. } => grant.ballot,
            Self::Release { ballot, .. }
            | Self::Released { ballot, .. }
            | Self::Free(ballot)
            | Self::Handoff(ballot)
            | Self::TermAsk(ballot)
            | Self::TermTell { ballot, .. }
            | Self::ListAsk(ballot)
            | Self::ListTell { ballot, .. }
            | Self::ListSet { ballot, .. }
            | Self::ListNews { ballot, .. } => *ballot,
        }
    }

    /// Writes all fields; returns the kind.
    pub(super) fn put(&self, out: &mut impl Sink, from: u32, configuration: u64) -> u8 {
        out.put(&from.to_le_bytes());
        out.put(&configuration.to_le_bytes());
        let Ballot { counter, owner } = self.ballot();
        out.put(&counter.to_le_bytes());
        put_owner(out, &owner);
        match self {
            Self::Poll(poll) => {
                out.put(&[if poll.trial { TRIAL } else { 0 }]);
                kind::POLL
            }
            Self::Vote { place, vote } => {
                let trial = if vote.trial { TRIAL } else { 0 };
                let yours = if vote.term_is_yours { YOURS } else { 0 };
                out.put(&[*place, trial | yours]);
                out.put(&vote.term.to_le_bytes());
                put_answer(out, &vote.answer);
                kind::VOTE
            }
            Self::Claim(claim) => {
                out.put(&claim.term.to_le_bytes());
                kind::CLAIM
            }
            Self::Grant { place, grant, durable } => {
                match grant.verdict {
                    Verdict::Granted if *durable => out.put(&[*place, GRANTED_DURABLY]),
                    Verdict::Granted => out.put(&[*place, GRANTED]),
                    Verdict::Refused { promised, term } => {
                        out.put(&[*place, REFUSED]);
                        out.put(&promised.to_le_bytes());
                        out.put(&term.to_le_bytes());
                    }
                }
                kind::GRANT
            }
            Self::Release { successor, .. } => {
                out.put(&successor.to_le_bytes());
                kind::RELEASE
            }
            Self::Released { place, .. } => {
                out.put(&[*place]);
                kind::RELEASED
            }
            Self::Free(_) => kind::FREE,
            Self::Handoff(_) => kind::HANDOFF,
            Self::TermAsk(_) => kind::TERM_ASK,
            Self::TermTell { place, term, .. } => {
                out.put(&[*place, if term.is_some() { HAS_TERM } else { 0 }]);
                out.put(&term.unwrap_or(0).to_le_bytes());
                kind::TERM_TELL
            }
            Self::ListAsk(_) => kind::LIST_ASK,
            Self::ListTell { place, durable, written, term, .. } => {
                let flags = if *durable { DURABLE } else { 0 } | if *written { WRITTEN } else { 0 };
                out.put(&[*place, flags]);
                out.put(&term.to_le_bytes());
                kind::LIST_TELL
            }
            Self::ListSet { term, .. } => {
                out.put(&term.to_le_bytes());
                kind::LIST_SET
            }
            Self::ListNews { version, .. } => {
                out.put(&version.to_le_bytes());
                kind::LIST_NEWS
            }
        }
    }

    /// None for a kind that is no word of the election.
    pub(super) fn take(kind: u8, fields: &mut Reader<'_>) -> Result<Option<Self>, DecodeError> {
        let ballot = Ballot { counter: fields.u32()?, owner: take_owner(fields)? };
        Ok(Some(match kind {
            kind::POLL => Self::Poll(Poll { ballot, trial: fields.u8()? & TRIAL != 0 }),
            kind::VOTE => {
                let (place, flags, term) = (fields.u8()?, fields.u8()?, fields.u64()?);
                let answer = take_answer(fields)?;
                let (trial, term_is_yours) = (flags & TRIAL != 0, flags & YOURS != 0);
                Self::Vote { place, vote: Vote { ballot, trial, answer, term, term_is_yours } }
            }
            kind::CLAIM => Self::Claim(Claim { ballot, term: fields.u64()? }),
            kind::GRANT => {
                let place = fields.u8()?;
                let number = fields.u8()?;
                let verdict = match number {
                    GRANTED | GRANTED_DURABLY => Verdict::Granted,
                    REFUSED => Verdict::Refused { promised: fields.u32()?, term: fields.u64()? },
                    _ => return Err(DecodeError::BadField("verdict")),
                };
                let durable = number == GRANTED_DURABLY;
                Self::Grant { place, grant: Grant { ballot, verdict }, durable }
            }
            kind::RELEASE => Self::Release { ballot, successor: fields.u32()? },
            kind::RELEASED => Self::Released { place: fields.u8()?, ballot },
            kind::FREE => Self::Free(ballot),
            kind::HANDOFF => Self::Handoff(ballot),
            kind::TERM_ASK => Self::TermAsk(ballot),
            kind::TERM_TELL => {
                let (place, flags, term) = (fields.u8()?, fields.u8()?, fields.u64()?);
                Self::TermTell { place, ballot, term: (flags & HAS_TERM != 0).then_some(term) }
            }
            kind::LIST_ASK => Self::ListAsk(ballot),
            kind::LIST_TELL => {
                let (place, flags, term) = (fields.u8()?, fields.u8()?, fields.u64()?);
                let (durable, written) = (flags & DURABLE != 0, flags & WRITTEN != 0);
                Self::ListTell { place, ballot, durable, written, term }
            }
            kind::LIST_SET => Self::ListSet { ballot, term: fields.u64()? },
            kind::LIST_NEWS => Self::ListNews { ballot, version: fields.u32()? },
            _ => return Ok(None),
        }))
    }
}

fn put_owner(out: &mut impl Sink, owner: &Owner) {
    for number in [owner.generation, owner.run, owner.name] {
        out.put(&number.to_le_bytes());
    }
}

fn take_owner(fields: &mut Reader<'_>) -> Result<Owner, DecodeError> {
    Ok(Owner { generation: fields.u64()?, run: fields.u64()?, name: fields.u64()? })
}

fn put_answer(out: &mut impl Sink, answer: &Answer) {
    match answer {
        Answer::Free { own: None } => out.put(&[FREE]),
        Answer::Free { own: Some(counter) } => {
            out.put(&[OWN]);
            out.put(&counter.to_le_bytes());
        }
        Answer::Held { owner, remaining } => {
            out.put(&[HELD]);
            put_owner(out, owner);
            let millis = remaining.as_micros().div_ceil(1000);
            out.put(&u32::try_from(millis).unwrap_or(u32::MAX).to_le_bytes());
        }
        Answer::Rejected { promised } => {
            out.put(&[REJECTED]);
            out.put(&promised.to_le_bytes());
        }
    }
}

fn take_answer(fields: &mut Reader<'_>) -> Result<Answer, DecodeError> {
    Ok(match fields.u8()? {
        FREE => Answer::Free { own: None },
        OWN => Answer::Free { own: Some(fields.u32()?) },
        HELD => Answer::Held {
            owner: take_owner(fields)?,
            remaining: Duration::from_millis(u64::from(fields.u32()?)),
        },
        REJECTED => Answer::Rejected { promised: fields.u32()? },
        // A guess here could make two leaders.
        _ => return Err(DecodeError::BadField("answer")),
    })
}
