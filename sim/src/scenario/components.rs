//! Lifeguard's experiment with each of its parts alone (arXiv 1707.00788): what SWIM makes of
//! nodes that are held up, what each part mends, and what seafoam's rules make of the same.

use std::time::Instant;

use super::lifeguard::{Case, Count, How, engines, peers};
use super::{Plan, Report};
use crate::memberlist::rules::Parts;
use crate::parallel::each_seed;

/// The rows: of memberlist's rules those parts, or seafoam's.
const ROWS: [(&str, Option<Parts>); 6] = [
    ("SWIM", Some(Parts::NONE)),
    ("LHA-Probe", Some(Parts { probe: true, ..Parts::NONE })),
    ("LHA-Suspicion", Some(Parts { suspicion: true, ..Parts::NONE })),
    ("Buddy System", Some(Parts { buddy: true, ..Parts::NONE })),
    ("Lifeguard", Some(Parts::ALL)),
    ("seafoam", None),
];

/// The sums of one row over all cases.
#[derive(Clone, Copy, Default)]
struct Sums {
    runs: u64,
    /// False deaths that anybody spoke of, and those that healthy nodes did.
    any: u64,
    healthy: u64,
    datagrams: u64,
}

impl Sums {
    fn add(&mut self, count: Count) {
        self.runs += 1;
        self.any += u64::from(count.by_healthy + count.by_held);
        self.healthy += u64::from(count.by_healthy);
        self.datagrams += count.datagrams;
    }
}

/// Every row in every case in which sends and reads hang, as in the paper, with each seed.
#[must_use]
pub fn components(plan: &Plan) -> Report {
    let cases = plan.nodes.iter().flat_map(|nodes| Case::all(*nodes));
    let cases: Vec<_> = cases.filter(|case| case.how == How::Blocked).collect();
    let count = cases.len() as u64;
    let mut sums = [Sums::default(); ROWS.len()];
    let began = Instant::now();
    let work = |item: u64| {
        let case = *cases.get(usize::try_from(item % count).unwrap_or(0))?;
        let run = |parts: Option<Parts>| match parts {
            Some(parts) => peers(case, item / count, parts),
            None => engines(plan, case, item / count),
        };
        Some(ROWS.map(|(_, parts)| run(parts)))
    };
    let items = plan.seeds.start * count..plan.seeds.end * count;
    each_seed(items, plan.jobs, work, |item, counts| {
        for (sums, count) in sums.iter_mut().zip(counts.into_iter().flatten()) {
            sums.add(count);
        }
        (plan.progress)(&format!("case {} of {count}, seed {}", item % count + 1, item / count));
        plan.patience.is_none_or(|patience| began.elapsed() < patience)
    });
    Report {
        title: "DEAD said of nodes that nothing held up, sums over all cases".into(),
        columns: vec![
            "rules",
            "runs",
            "FP",
            "% of SWIM",
            "FP-",
            "% of SWIM",
            "datagrams, million",
            "% of SWIM",
        ],
        rows: ROWS.iter().zip(&sums).map(|((name, _), own)| row(name, own, &sums[0])).collect(),
        ..Report::default()
    }
}

#[allow(clippy::cast_precision_loss)] // figures for people
fn row(name: &str, own: &Sums, swim: &Sums) -> Vec<String> {
    let share = |part: u64, whole: u64| match whole {
        0 => String::new(),
        _ => format!("{:.2}", part as f64 * 100.0 / whole as f64),
    };
    vec![
        name.into(),
        own.runs.to_string(),
        own.any.to_string(),
        share(own.any, swim.any),
        own.healthy.to_string(),
        share(own.healthy, swim.healthy),
        format!("{:.2}", own.datagrams as f64 / 1e6),
        share(own.datagrams, swim.datagrams),
    ]
}
