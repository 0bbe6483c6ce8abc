//! What was measured: a sentence for people, or one JSON line a figure, as `npm run bench` reads them.

use std::time::Duration;

use serde_json::json;

/// Prints figures in one of the two forms.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    as_json: bool,
}

impl Figures {
    /// JSON when the arguments hold `--json`.
    #[must_use]
    pub fn from_arguments() -> Self {
        Self { as_json: std::env::args().any(|argument| argument == "--json") }
    }

    /// One figure; smaller is better. `goal` is what was promised, `reference` what was measured beside it.
    pub fn print(self, name: &str, value: f64, unit: &str, goal: Option<f64>, reference: Option<(&str, f64)>) {
        self.write(&Figure { value, goal, reference, ..Figure::new(name, unit) });
    }

    /// One figure of several runs: their median, and the worst beside it.
    pub fn print_runs(self, name: &str, values: &[f64], unit: &str, goal: Option<f64>, reference: Option<(&str, f64)>) {
        self.write(&Figure { goal, reference, ..Figure::of(name, values, unit) });
    }

    /// As [`Self::print_runs`] where more is better.
    pub fn print_runs_more(
        self,
        name: &str,
        values: &[f64],
        unit: &str,
        goal: Option<f64>,
        reference: Option<(&str, f64)>,
    ) {
        self.write(&Figure { goal, reference, ..Figure::of(name, values, unit).where_more_is_better(values) });
    }

    /// What another program took in the same job, in several runs.
    pub fn print_peer(self, name: &str, values: &[f64], unit: &str, reference: Option<(&str, f64)>) {
        self.write(&Figure { is_peer: true, reference, ..Figure::of(name, values, unit) });
    }

    /// As [`Self::print_peer`] where more is better.
    pub fn print_peer_more(self, name: &str, values: &[f64], unit: &str) {
        self.write(&Figure { is_peer: true, ..Figure::of(name, values, unit).where_more_is_better(values) });
    }

    fn write(self, figure: &Figure<'_>) {
        let Figure { name, value, worst, unit, goal, reference, is_more_better, is_peer } = *figure;
        let round = |value: f64| (value * 10.0).round() / 10.0;
        if !self.as_json {
            let worst = worst.map(|worst| format!(", worst {} {unit}", round(worst))).unwrap_or_default();
            let goal = goal.map(|goal| format!(", goal {} {unit}", round(goal))).unwrap_or_default();
            let reference =
                reference.map(|(name, value)| format!(", {name} {} {unit}", round(value))).unwrap_or_default();
            println!("{name}: {} {unit}{worst}{goal}{reference}", round(value));
            return;
        }
        let mut line = json!({ "bench": name, "value": round(value), "unit": unit });
        if let Some(worst) = worst {
            line["worst"] = json!(round(worst));
        }
        if let Some(goal) = goal {
            line["goal"] = json!(round(goal));
        }
        if let Some((name, value)) = reference {
            line["reference"] = json!({ "name": name, "value": round(value) });
        }
        if is_more_better {
            line["better"] = json!("more");
        }
        if is_peer {
            line["peer"] = json!(true);
        }
        println!("{line}");
    }
}

#[derive(Default)]
struct Figure<'a> {
    name: &'a str,
    value: f64,
    worst: Option<f64>,
    unit: &'a str,
    goal: Option<f64>,
    reference: Option<(&'a str, f64)>,
    is_more_better: bool,
    is_peer: bool,
}

impl<'a> Figure<'a> {
    fn new(name: &'a str, unit: &'a str) -> Self {
        Self { name, unit, ..Self::default() }
    }

    fn of(name: &'a str, values: &[f64], unit: &'a str) -> Self {
        Self { value: median(values), worst: values.iter().copied().reduce(f64::max), ..Self::new(name, unit) }
    }

    fn where_more_is_better(self, values: &[f64]) -> Self {
        Self { worst: values.iter().copied().reduce(f64::min), is_more_better: true, ..self }
    }
}

/// The middle one of some values, the upper of two; 0 of none.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// The value below which a part of all values lie; `values` are sorted.
#[must_use]
pub fn quantile(values: &[Duration], part: f64) -> Duration {
    let last = values.len().saturating_sub(1);
    values.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
}

/// A duration in milliseconds.
#[must_use]
pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The number after an option such as `--seconds`.
#[must_use]
pub fn option(name: &str) -> Option<u64> {
    let arguments = std::env::args().collect::<Vec<_>>();
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1)?.parse().ok()
}
