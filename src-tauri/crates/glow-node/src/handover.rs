//! Staying until members have what was posted.

use std::time::Duration;

use glow_api::{ApiError, Caller, GroupGet, Held, MomentGet};
use glow_engine::Engine;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, timeout_at};

/// With a member connected, so long may nothing move before it is given up.
const STANDSTILL: Duration = Duration::from_secs(60);
/// How often is asked again although nothing was heard.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Waits until another device holds each moment's original. Returns how many nobody else has yet: at once when there is
/// nobody for longer than `wait`, or when nothing moves any more.
pub(crate) async fn until_handed_over(
    engine: &Engine,
    group: &str,
    moments: &[String],
    wait: Duration,
) -> Result<usize, ApiError> {
    let mut events = engine.events();
    let mut left = moments.to_vec();
    let mut give_up = Instant::now() + wait;
    loop {
        let before = left.len();
        left = only_here(engine, group, left).await?;
        let somebody = engine.ask(Caller::Owner, GroupGet { group: group.to_owned() }).await?.here_count > 0;
        if left.is_empty() {
            return Ok(0);
        }
        if somebody && (left.len() < before || give_up < Instant::now() + wait) {
            give_up = Instant::now() + STANDSTILL.max(wait);
        }
        if Instant::now() >= give_up {
            return Ok(left.len());
        }
        heard(&mut events, give_up.min(Instant::now() + ASK_AGAIN)).await;
    }
}

async fn only_here(engine: &Engine, group: &str, moments: Vec<String>) -> Result<Vec<String>, ApiError> {
    let mut left = Vec::new();
    for moment in moments {
        let view = engine.ask(Caller::Owner, MomentGet { group: group.to_owned(), moment: moment.clone() }).await?;
        // A moment whose original is held back for its owner's choice shares previews: there is nothing to wait for.
        if view.on_devices < 2 && view.original == Held::Complete && !view.needs_choice && !view.retracted {
            left.push(moment);
        }
    }
    Ok(left)
}

/// Waits until the timeline has come: a member is connected, nothing is missing, and it has been quiet for a while.
/// Returns whether it has.
pub(crate) async fn until_received(engine: &Engine, group: &str, wait: Duration) -> Result<bool, ApiError> {
    const QUIET: Duration = Duration::from_millis(1_500);
    let mut events = engine.events();
    let end = Instant::now() + wait;
    while Instant::now() < end {
        let quiet = !heard(&mut events, end.min(Instant::now() + QUIET)).await;
        let view = engine.ask(Caller::Owner, GroupGet { group: group.to_owned() }).await?;
        if quiet && view.here_count > 0 && view.missing_count == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Waits for any event, until a time. Returns whether one came.
pub(crate) async fn heard(events: &mut Receiver<glow_api::Event>, until: Instant) -> bool {
    match timeout_at(until, events.recv()).await {
        Ok(Ok(_) | Err(RecvError::Lagged(_))) => true,
        Ok(Err(RecvError::Closed)) => {
            tokio::time::sleep_until(until).await;
            false
        }
        Err(_) => false,
    }
}
