//! `run`, `serve` and `open`: the node that stays.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use glow_api::Event;
use glow_engine::Engine;
use glow_gateway::{Gateway, GatewayConfig, GuestDoors, UiFiles};
use serde::Serialize;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::cli::{Global, Serve};
use crate::control::{Ask, Control, PageUrl, Remote};
use crate::node::{self, data_dir};
use crate::output::Output;

/// Runs a node without a page until it is told to end.
pub(super) async fn run(global: &Global, out: Output) -> Result<()> {
    let engine = Engine::start(node::config(global).await?).await?;
    let events = engine.events();
    let doors = GuestDoors::start(engine.clone(), UiFiles::Embedded);
    let control = control(global, &engine, Box::new(|| None))?;
    out.show(&json!({ "ready": true }), |_| "The node runs. Ctrl-C ends it.".to_owned())?;
    stay(out, events).await?;
    drop(control);
    doors.shutdown().await;
    engine.shutdown().await;
    Ok(())
}

/// Runs a node with the owner's page until it is told to end.
pub(super) async fn serve(global: &Global, out: Output, args: Serve) -> Result<()> {
    let engine = Engine::start(node::config(global).await?).await?;
    let events = engine.events();
    let ui = args.ui.map_or(UiFiles::Embedded, UiFiles::Directory);
    let doors = GuestDoors::start(engine.clone(), ui.clone());
    let config = GatewayConfig { bind: SocketAddr::new(args.bind, args.port), ui, ..GatewayConfig::default() };
    let gateway = Arc::new(Gateway::start(engine.clone(), config).await.context("the page cannot be served")?);
    let page = gateway.clone();
    let control = control(global, &engine, Box::new(move || Some(page.page_url())))?;
    if !args.bind.is_loopback() {
        out.hint(
            "The page is open to the whole network and not encrypted: whoever has its address and token is the owner.",
        );
    }
    out.show(&Ready { url: gateway.page_url() }, |ready| {
        format!("The page is at\n\n  {}\n\nThe address opens it once; `afterglow open` gives another. Ctrl-C ends the node.", ready.url)
    })?;
    stay(out, events).await?;
    drop(control);
    doors.shutdown().await;
    if let Some(gateway) = Arc::into_inner(gateway) {
        gateway.shutdown().await;
    }
    engine.shutdown().await;
    Ok(())
}

/// Asks the running node for a fresh address of its page.
pub(super) async fn open(global: &Global, out: Output) -> Result<()> {
    let Some(mut remote) = Remote::connect(&data_dir(global)?).await else {
        bail!(glow_api::ApiError::new(
            glow_api::ErrorCode::NotHere,
            "No node runs here. Start one with `afterglow serve`."
        ));
    };
    let url = serde_json::from_value(remote.ask(&Ask::PageUrl, &mut |_| ()).await?)?;
    out.show(&Ready { url }, |ready| ready.url.clone())?;
    Ok(())
}

#[derive(Serialize)]
struct Ready {
    url: String,
}

pub(crate) fn control(global: &Global, engine: &Engine, page_url: PageUrl) -> Result<Control> {
    Control::start(&data_dir(global)?, engine.clone(), page_url)
        .context("the control socket cannot be opened in the data directory")
}

/// Prints events for programs until the process is told to end.
async fn stay(out: Output, mut events: Receiver<Event>) -> Result<()> {
    let mut end = std::pin::pin!(told_to_end());
    loop {
        let event = tokio::select! {
            () = end.as_mut() => return Ok(()),
            event = events.recv() => match event {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => Event::Lagged,
                Err(RecvError::Closed) => bail!("the engine has ended by itself"),
            },
        };
        if out.is_json() {
            out.show(&event, |_| String::new())?;
        }
    }
}

/// Ends when the person or the system asks this process to.
#[cfg(unix)]
pub(crate) async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        tracing::warn!("signals cannot be heard: the process ends at once when it is told to");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
}

/// Ends when the person or the system asks this process to.
#[cfg(not(unix))]
pub(crate) async fn told_to_end() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
