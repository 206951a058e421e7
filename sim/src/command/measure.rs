//! The scenarios that measure: a table, JSON, and a chart.

use std::time::{Duration, Instant};

use plotters::prelude::{
    BLACK, ChartBuilder, Circle, IntoDrawingArea, LineSeries, Palette, Palette99, PathElement,
    SVGBackend, WHITE,
};
use seafoam_sim::scenario::{self, Plan, Report};
use serde_json::json;

use super::{Asked, Failure};

/// The scenario of a name with the sizes, seeds and trials that it takes where none are given.
type Scenario = (&'static str, fn(&Plan) -> Report, &'static [usize], u64, usize);

/// All of them.
pub(super) const SCENARIOS: &[Scenario] = &[
    ("crash", scenario::crash, &[10, 100], 20, 30),
    ("silent", scenario::silent, &[10, 100], 20, 30),
    ("pause", scenario::pause, &[100], 20, 50),
    ("partition", scenario::partition, &[100], 20, 1),
    ("loss", scenario::loss, &[100], 10, 1),
    ("join", scenario::join, &[100, 300], 10, 1),
    ("broadcast", scenario::broadcast, &[100], 10, 20),
    ("steady", scenario::steady, &[10, 30, 100, 300], 1, 1),
    ("evidence", scenario::evidence, &[10, 100], 3, 1),
    ("cut", scenario::cut, &[10, 100], 5, 4),
    ("beacons", scenario::beacons, &[10, 100], 1, 1),
    ("failover", scenario::failover, &[10, 100], 10, 10),
    ("tenures", scenario::tenures, &[9], 10, 1),
    ("lead", scenario::lead, &[10, 100], 1, 1),
    ("across", scenario::across, &[100, 1000], 3, 5),
    ("apart", scenario::apart, &[100], 10, 10),
    ("scale", scenario::scale, &[10, 30, 100, 300], 1, 5),
    ("large", scenario::large, &[1000, 3000], 1, 5),
    ("lifeguard", scenario::lifeguard, &[128], 10, 1),
    ("alone", scenario::alone, &[3, 5, 9, 16, 32, 128], 10, 1),
    ("components", scenario::components, &[128], 1, 1),
    ("rapid", scenario::rapid, &[1000], 1, 1),
];

pub(super) fn run(asked: &Asked, scenario: &Scenario) -> Result<bool, Failure> {
    let (name, work, nodes, seeds, trials) = scenario;
    let plan = Plan {
        seeds: asked.seeds.clone().unwrap_or(0..*seeds),
        nodes: asked.nodes.clone().unwrap_or_else(|| nodes.to_vec()),
        trials: asked.trials.unwrap_or(*trials),
        jobs: asked.jobs,
        sealed: asked.sealed,
        only: asked.only.clone(),
        patience: asked.minutes.map(|minutes| Duration::from_secs(minutes * 60)),
        progress: |line| eprintln!("{line}"),
    };
    let began = Instant::now();
    eprintln!(
        "{name}: {} nodes, seeds {:?}, {} trials",
        list(&plan.nodes),
        plan.seeds,
        plan.trials
    );
    let report = work(&plan);
    let seconds = began.elapsed().as_secs_f64();
    say!("{}\n", report.title);
    say!("| {} |", report.columns.join(" | "));
    say!("|{}", " --- |".repeat(report.columns.len()));
    for row in &report.rows {
        say!("| {} |", row.join(" | "));
    }
    eprintln!("{seconds:.1} s");
    if let Some(file) = &asked.json {
        let whole = json!({
            "scenario": name,
            "title": report.title,
            "seeds": [plan.seeds.start, plan.seeds.end],
            "trials": plan.trials,
            "sealed": plan.sealed,
            "columns": report.columns,
            "rows": report.rows,
            "lines": report.lines,
            "broken": report.broken,
            "seconds": seconds,
        });
        std::fs::write(file, format!("{whole:#}\n"))?;
    }
    if let Some(file) = &asked.svg {
        draw(file, &report)?;
    }
    for broken in &report.broken {
        say!("\nNOT HELD: {broken}");
    }
    Ok(report.broken.is_empty())
}

fn list(nodes: &[usize]) -> String {
    nodes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn draw(file: &std::path::Path, report: &Report) -> Result<(), Failure> {
    let points = report.lines.iter().flat_map(|(_, line)| line);
    let (x, y) = points.fold((0.0_f64, 0.0_f64), |(x, y), (a, b)| (x.max(*a), y.max(*b)));
    let area = SVGBackend::new(file, (900, 520)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(&report.title, ("sans-serif", 16))
        .margin(16)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..x.max(1e-6) * 1.05, 0.0..y.max(1e-6) * 1.05)?;
    chart.configure_mesh().x_desc(report.axes.0).y_desc(report.axes.1).draw()?;
    for (place, (name, line)) in report.lines.iter().enumerate() {
        let color = Palette99::pick(place);
        let series = chart.draw_series(LineSeries::new(line.iter().copied(), &color))?;
        series.label(name.as_str()).legend(move |(x, y)| {
            PathElement::new(vec![(x, y), (x + 18, y)], Palette99::pick(place))
        });
        if line.len() < 20 {
            chart.draw_series(line.iter().map(|point| Circle::new(*point, 3, &color)))?;
        }
    }
    chart.configure_series_labels().background_style(WHITE).border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}
