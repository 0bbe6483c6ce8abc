//! What a command prints: sentences and tables for people, one JSON document a line for programs, progress on the side.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::Serialize;

use crate::cli::Global;
use crate::control::{Progress, Step};

/// How the results of one command are shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        Self { json: global.json, quiet: global.quiet }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// Prints a result: the value for programs, or the text made of it for people.
    pub(crate) fn show<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> io::Result<()> {
        if self.json {
            return json_line(value);
        }
        line(&text(value))
    }

    /// Says something to a person that is not the result.
    pub(crate) fn hint(self, text: &str) {
        if !self.json && !self.quiet {
            eprintln!("{text}");
        }
    }

    /// A progress bar, drawn only for a person at a terminal.
    pub(crate) fn bar(self) -> Bar {
        let hidden = self.json || self.quiet;
        let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.enable_steady_tick(Duration::from_millis(120));
        Bar(bar)
    }
}

/// A progress bar; it goes away when it is dropped.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Says what is waited for.
    pub(crate) fn waiting(&self, text: &str) {
        self.0.set_style(ProgressStyle::default_spinner());
        self.0.set_message(text.to_owned());
    }

    /// Shows how far it is.
    pub(crate) fn at(&self, progress: &Progress) {
        if self.0.length() != Some(progress.total.into())
            && let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}")
        {
            self.0.set_style(style);
            self.0.set_length(progress.total.into());
        }
        self.0.set_position(progress.done.into());
        self.0.set_message(progress.note.clone());
    }
}

impl Bar {
    /// Shows the progress among the steps of some work.
    pub(crate) fn steps(self: &Arc<Self>) -> impl Fn(Step) + Send + Sync + 'static {
        let bar = self.clone();
        move |step| {
            if let Step::Progress(progress) = step {
                bar.at(&progress);
            }
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Prints one line of JSON.
pub(crate) fn json_line(value: &impl Serialize) -> io::Result<()> {
    line(&serde_json::to_string(value)?)
}

fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if !text.is_empty() {
        out.write_all(text.trim_end().as_bytes())?;
        out.write_all(b"\n")?;
    }
    out.flush()
}

/// Columns of text under their heads; nothing but the sentence when there are no rows.
pub(crate) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]], empty: &str) -> String {
    if rows.is_empty() {
        return empty.to_owned();
    }
    let heads = heads.map(str::to_owned);
    let all = || std::iter::once(&heads).chain(rows);
    let widths: [usize; N] =
        std::array::from_fn(|column| all().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in all() {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

/// The beginning of an id: enough to name it in a small list.
pub(crate) fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

/// A time as its camera or, where that is unknown, this machine shows it.
pub(crate) fn time(ms: i64, offset_min: Option<i16>) -> String {
    let Ok(at) = Timestamp::from_millisecond(ms) else {
        return "?".to_owned();
    };
    let offset = offset_min.and_then(|minutes| Offset::from_seconds(i32::from(minutes) * 60).ok());
    let zone = offset.map_or_else(TimeZone::system, TimeZone::fixed);
    at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `1 photo`, `2 photos`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A size for people.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::DecimalBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_whatever_the_script() {
        let rows = [["Füße".to_owned(), "1".to_owned()], ["x".to_owned(), "22".to_owned()]];
        assert_eq!(table(["title", "n"], &rows, ""), "title  n\nFüße   1\nx      22\n");
        assert_eq!(table(["title"], &[], "No groups."), "No groups.");
    }

    #[test]
    fn a_time_is_shown_in_the_zone_of_its_camera() {
        assert_eq!(time(1_700_000_000_000, Some(120)), "2023-11-15 00:13:20");
        assert_eq!(time(i64::MAX, Some(0)), "?");
    }
}
