//! Waiting for a condition, with a bound: asks again every so often, since a process cannot be awaited from outside.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

const PERIOD: Duration = Duration::from_millis(50);

/// Asks until there is an answer.
///
/// # Errors
/// The question fails, or there was no answer within the bound; `what` names it.
pub fn until<T>(what: &str, bound: Duration, mut question: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = question()? {
            return Ok(answer);
        }
        if start.elapsed() > bound {
            bail!("not within {:.1} s: {what}", bound.as_secs_f32());
        }
        std::thread::sleep(PERIOD);
    }
}

/// Asks until it is so, and tells how long that took.
///
/// # Errors
/// As [`until`].
pub fn until_true(what: &str, bound: Duration, mut question: impl FnMut() -> Result<bool>) -> Result<Duration> {
    let start = Instant::now();
    until(what, bound, || Ok(question()?.then(|| start.elapsed())))
}
