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
        self.write(name, value, unit, goal, reference, None);
    }

    /// The same where more is better.
    pub fn print_more(self, name: &str, value: f64, unit: &str, goal: Option<f64>, reference: Option<(&str, f64)>) {
        self.write(name, value, unit, goal, reference, Some("more"));
    }

    fn write(
        self,
        name: &str,
        value: f64,
        unit: &str,
        goal: Option<f64>,
        reference: Option<(&str, f64)>,
        better: Option<&str>,
    ) {
        let round = |value: f64| (value * 10.0).round() / 10.0;
        if !self.as_json {
            let goal = goal.map(|goal| format!(", goal {goal} {unit}")).unwrap_or_default();
            let reference =
                reference.map(|(name, value)| format!(", {name} {} {unit}", round(value))).unwrap_or_default();
            println!("{name}: {} {unit}{goal}{reference}", round(value));
            return;
        }
        let mut line = json!({ "bench": name, "value": round(value), "unit": unit });
        if let Some(goal) = goal {
            line["goal"] = json!(round(goal));
        }
        if let Some((name, value)) = reference {
            line["reference"] = json!({ "name": name, "value": round(value) });
        }
        if let Some(better) = better {
            line["better"] = json!(better);
        }
        println!("{line}");
    }
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
