//! The command line: what is asked, and who does it.

/// Prints a line. A reader that is gone (`| head`) ends the output, and not the work.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}

mod leaders;
mod measure;
mod seeds;

use std::ops::Range;
use std::path::PathBuf;

use lexopt::{Arg, ValueExt};

/// How to use the command.
const HELP: &str = "\
seafoam-sim run [--scenario NAME] [--seed N | --seeds A..B] [--nodes N[,N]] [--trials N] [--jobs N]
                [--only TEXT] [--minutes N] [--insecure] [--json FILE] [--svg FILE]
                [--verbose]
seafoam-sim lifeguard [...]   the same as run --scenario lifeguard; writes docs/charts/lifeguard.*

Scenarios
  swarm       drawn faults, then healed, then left alone; every checker watches (the default)
  leaders     the same for the election: never two leaders, no term twice, one after the heal
  crash       a process is killed, its host answers: seconds until all others report DEAD
  silent      a host goes silent: the same
  pause       hosts silent and processes stopped for a while: how many are called DEAD
  partition   two halves are cut off from each other: seconds until all see all again
  scale       clusters of growing size: all of this; fails where rest costs a node over 10 % more
  large       clusters whose tables are filled before they begin: for thousands of nodes
  loss        60 s on a lossy network: living nodes called DEAD
  join        all start at once: seconds until all see all
  broadcast   5 % lost: whom broadcasts miss, and how long they take
  steady      a cluster at rest: datagrams, bytes, and what simulating it costs
  evidence    how old the last beacon of a lighthouse gets where all is well
  cut         half is cut off with a minority of lighthouses: seconds until INVALID, and VALID again
  beacons     what lighthouses cost a cluster at rest
  failover    a leader is killed, resigns or hands over: seconds until another one leads
  tenures     ten minutes of loss and of bad links: how often the lead changes
  lead        what the leader sends at rest, beside lighthouses and others
  across      two datacenters: what goes across, at rest and for a broadcast
  apart       two datacenters: deaths, cuts and a bad link between them
  lifeguard   nodes that are held up again and again: DEAD said of others, beside memberlist's rules
  components  the same with each part of Lifeguard alone, and with none
  alone       one host's network is gone for a while: whom it calls DEAD, beside memberlist's rules
  rapid       one node in a hundred is killed, deaf by turns, or loses 80 % of what it sends: the same

Measurements run sealed, as nodes do by default, unless --insecure says otherwise.
--seeds A..B is from A to B - 1, each seed a world. --seed N of the swarm runs twice and compares.
--trials N is how often it is done in each world. --only TEXT leaves cases out that are not called so
(pause, partition, failover, tenures, lifeguard, rapid); --minutes N begins no run after so long (lifeguard). --json and --svg write
figures and a chart.
Status: 0 where all held, 1 where a checker found something, 2 where the command is wrong.";

/// What is asked for.
pub struct Asked {
    scenario: String,
    seeds: Option<Range<u64>>,
    nodes: Option<Vec<usize>>,
    trials: Option<usize>,
    jobs: usize,
    json: Option<PathBuf>,
    svg: Option<PathBuf>,
    verbose: bool,
    sealed: bool,
    only: String,
    minutes: Option<u64>,
}

impl Asked {
    /// The size of a cluster where only one can be.
    fn nodes(&self) -> Option<usize> {
        self.nodes.as_ref().and_then(|nodes| nodes.first()).copied()
    }
}

type Failure = Box<dyn std::error::Error>;

/// Reads the command line.
///
/// # Errors
/// An argument that is not known, or a value that does not fit.
pub fn parse(mut words: lexopt::Parser) -> Result<Asked, Failure> {
    let mut asked = Asked {
        scenario: "swarm".into(),
        seeds: None,
        nodes: None,
        trials: None,
        jobs: seafoam_sim::parallel::cores(),
        json: None,
        svg: None,
        verbose: false,
        sealed: true,
        only: String::new(),
        minutes: None,
    };
    let mut command = None;
    while let Some(word) = words.next()? {
        match word {
            Arg::Value(value) if command.is_none() => command = Some(value.string()?),
            Arg::Long("scenario") => asked.scenario = words.value()?.string()?,
            Arg::Long("seed") => {
                let seed: u64 = words.value()?.parse()?;
                asked.seeds = Some(seed..seed + 1);
            }
            Arg::Long("seeds") => asked.seeds = Some(range(&words.value()?.string()?)?),
            Arg::Long("nodes") => asked.nodes = Some(sizes(&words.value()?.string()?)?),
            Arg::Long("trials") => asked.trials = Some(words.value()?.parse()?),
            Arg::Long("jobs") => asked.jobs = words.value()?.parse()?,
            Arg::Long("minutes") => asked.minutes = Some(words.value()?.parse()?),
            Arg::Long("insecure") => asked.sealed = false,
            Arg::Long("only") => asked.only = words.value()?.string()?,
            Arg::Long("json") => asked.json = Some(words.value()?.into()),
            Arg::Long("svg") => asked.svg = Some(words.value()?.into()),
            Arg::Long("verbose") | Arg::Short('v') => asked.verbose = true,
            Arg::Long("help") | Arg::Short('h') => command = Some("help".into()),
            Arg::Value(_) | Arg::Long(_) | Arg::Short(_) => return Err(word.unexpected().into()),
        }
    }
    let several = asked.nodes.as_ref().is_some_and(|nodes| nodes.len() > 1);
    if several && matches!(asked.scenario.as_str(), "swarm" | "leaders") {
        return Err(format!("--nodes: {} takes one size", asked.scenario).into());
    }
    match command.as_deref() {
        Some("run") => Ok(asked),
        Some("lifeguard") => {
            let file = |given: Option<PathBuf>, name: &str| given.or_else(|| Some(name.into()));
            Ok(Asked {
                scenario: "lifeguard".into(),
                json: file(asked.json, "docs/charts/lifeguard.json"),
                svg: file(asked.svg, "docs/charts/lifeguard.svg"),
                ..asked
            })
        }
        Some("help") => Ok(Asked { scenario: "help".into(), ..asked }),
        Some(other) => Err(format!("{other} is no command; see --help").into()),
        None => Err(format!("a command is missing\n{HELP}").into()),
    }
}

/// `A..B`, or one number for the seeds below it.
fn range(text: &str) -> Result<Range<u64>, Failure> {
    let wrong = || format!("--seeds {text}: it takes A..B, A below B");
    let (from, to) = text.split_once("..").unwrap_or(("0", text));
    let (from, to): (u64, u64) =
        (from.parse().map_err(|_| wrong())?, to.parse().map_err(|_| wrong())?);
    if from < to { Ok(from..to) } else { Err(wrong().into()) }
}

/// `N`, or `N,N,N` for clusters of several sizes.
fn sizes(text: &str) -> Result<Vec<usize>, Failure> {
    let sizes: Option<Vec<usize>> = text.split(',').map(|word| word.parse().ok()).collect();
    let sizes = sizes.filter(|sizes| sizes.iter().all(|nodes| *nodes >= 2));
    sizes.ok_or_else(|| {
        format!("--nodes {text}: it takes 2 or more, or several such as 10,100").into()
    })
}

/// Does it; whether all held.
///
/// # Errors
/// An unknown scenario, or a file that cannot be written.
pub fn run(asked: &Asked) -> Result<bool, Failure> {
    match asked.scenario.as_str() {
        "help" => {
            say!("{HELP}");
            Ok(true)
        }
        "swarm" => seeds::run(asked),
        "leaders" => leaders::run(asked),
        name => match measure::SCENARIOS.iter().find(|scenario| scenario.0 == name) {
            Some(scenario) => measure::run(asked, scenario),
            None => Err(format!("{name} is no scenario; see --help").into()),
        },
    }
}
