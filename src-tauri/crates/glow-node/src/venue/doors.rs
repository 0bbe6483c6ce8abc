//! Opening the doors of a box in order, and staying until it is told to end.

use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use glow_api::{BoxGet, Caller, Event, GroupView, InviteView};
use glow_dropoff::{Dropoff, DropoffConfig};
use glow_engine::{Engine, EngineConfig, Venue};
use glow_gateway::{Gateway, GatewayConfig, GuestDoors, UiFiles};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::settings::Settings;
use super::{group, status};
use crate::cli::Global;
use crate::command::{HONEST, control, told_to_end};
use crate::node::{self, data_dir};
use crate::output::Output;

/// Where the password of cameras is kept, in the data directory.
const PASSWORD_FILE: &str = "camera-password";
/// The line of figures in the terminal is not drawn more often than this.
const DRAW_EVERY: Duration = Duration::from_secs(1);

/// Runs a box until it is told to end.
pub(super) async fn open(global: &Global, out: Output, settings: Settings) -> Result<()> {
    let config = EngineConfig { watch_delay: settings.watch_delay, ..node::config(global).await? };
    let engine = Engine::start(config).await?;
    let events = engine.events();
    // Whoever opens the door for guests, here or from the owner's page, finds somebody who listens.
    let guests = GuestDoors::start(engine.clone(), UiFiles::Embedded);
    // Reachable before a member is: a box that looks for one can be asked what it does.
    let gateway = page(&engine, &settings).await?;
    let control = control(global, &engine, {
        let page = gateway.clone();
        Box::new(move || Some(page.page_url()))
    })?;
    let served = tokio::select! {
        served = serve(global, out, &engine, &settings, &gateway, events) => served,
        () = told_to_end() => Ok(()),
    };
    drop(control);
    guests.shutdown().await;
    if let Some(gateway) = Arc::into_inner(gateway) {
        gateway.shutdown().await;
    }
    engine.shutdown().await;
    served
}

async fn serve(
    global: &Global,
    out: Output,
    engine: &Engine,
    settings: &Settings,
    gateway: &Gateway,
    events: Receiver<Event>,
) -> Result<()> {
    let group = group::enter(engine, out, settings).await?;
    if settings.blind {
        return serve_blind(out, engine, &group, gateway, events).await;
    }
    let spool = engine.spool(Caller::Owner, &group.id).await?;
    let invite = group::invite(engine, &group).await?;
    let password = password(settings, &data_dir(global)?)?;
    let cameras = DropoffConfig {
        bind: settings.camera_bind,
        ftp_port: settings.ftp,
        webdav_port: settings.webdav,
        passive_ports: settings.passive_ports.clone(),
        user: settings.camera_user.clone(),
        password: password.clone(),
    };
    let dropoff = Dropoff::start(spool.clone(), cameras).await?;
    engine
        .watch_for_box(Caller::Owner, &group.id, settings.watch.clone(), spool.clone())
        .await
        .context("the folder cannot be watched")?;
    let here = here(invite.as_ref());
    let address = |scheme: &str, at: SocketAddr| format!("{scheme}://{}/", reachable(at, here));
    engine.serve_venue(Venue {
        group: group.id.clone(),
        page: address("http", gateway.address()),
        spool: Some(spool),
        ftp: dropoff.ftp().map(|at| address("ftp", at)),
        webdav: dropoff.webdav().map(|at| address("http", at)),
        folder: settings.watch.as_ref().map(|dir| dir.display().to_string()),
        login: (settings.camera_user.clone(), password),
        printing: settings.printing.clone(),
        since_ms: 0,
    });
    if let Some(rights) = settings.guests {
        out.hint(HONEST);
        group::let_guests_in(engine, &group, rights, settings.guests_port).await?;
    }
    status::show(out, engine, &group, invite.as_ref(), || gateway.page_url()).await?;
    stay(out, engine, &group, events).await
}

/// Holds and passes on, and does nothing else.
async fn serve_blind(
    out: Output,
    engine: &Engine,
    group: &GroupView,
    gateway: &Gateway,
    events: Receiver<Event>,
) -> Result<()> {
    engine.serve_venue(Venue {
        group: group.id.clone(),
        page: format!("http://{}/", gateway.address()),
        spool: None,
        ftp: None,
        webdav: None,
        folder: None,
        login: (String::new(), String::new()),
        printing: None,
        since_ms: 0,
    });
    status::show(out, engine, group, None, || gateway.page_url()).await?;
    stay(out, engine, group, events).await
}

async fn page(engine: &Engine, settings: &Settings) -> Result<Arc<Gateway>> {
    let (ip, port) = settings.page;
    let config = GatewayConfig { bind: SocketAddr::new(ip, port), ..GatewayConfig::default() };
    let gateway = Gateway::start(engine.clone(), config).await;
    let said = "the box's page cannot be served: choose another port with --page-port, 0 for any free one";
    Ok(Arc::new(gateway.context(said)?))
}

/// The password of cameras: the one that was wished for, or the one that was made the first time.
fn password(settings: &Settings, data_dir: &Path) -> Result<String> {
    if let Some(password) = &settings.camera_password {
        return Ok(password.clone());
    }
    let path = data_dir.join(PASSWORD_FILE);
    match fs::read_to_string(&path) {
        Ok(password) if !password.trim().is_empty() => return Ok(password.trim().to_owned()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
        Ok(_) | Err(_) => {}
    }
    let password = glow_dropoff::new_password();
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&path).and_then(|mut file| {
        file.write_all(password.as_bytes())?;
        file.sync_all()
    });
    written.with_context(|| format!("cannot write {}", path.display()))?;
    Ok(password)
}

/// The address of the page that opens on the big screen of a group.
pub(super) fn screen_url(page_url: &str, group: &str) -> String {
    format!("{page_url}&to=screen/{group}")
}

/// The address at which others on the network find this machine, as the invite says it.
fn here(invite: Option<&InviteView>) -> Option<IpAddr> {
    let addresses = invite.into_iter().flat_map(|invite| &invite.addresses);
    addresses.filter_map(|address| address.parse::<SocketAddr>().ok()).map(|address| address.ip()).next()
}

fn reachable(at: SocketAddr, here: Option<IpAddr>) -> SocketAddr {
    match here {
        Some(ip) if at.ip().is_unspecified() && (ip.is_ipv4() || at.is_ipv6()) => SocketAddr::new(ip, at.port()),
        _ => at,
    }
}

/// Tells programs each event and people the figures, until the process is told to end.
async fn stay(out: Output, engine: &Engine, group: &GroupView, mut events: Receiver<Event>) -> Result<()> {
    let bar = out.bar();
    let mut drawn: Option<Instant> = None;
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(_)) => Event::Lagged,
            Err(RecvError::Closed) => bail!("the engine has ended by itself"),
        };
        if out.is_json() {
            out.show(&event, |_| String::new())?;
            continue;
        }
        if drawn.is_none_or(|at| at.elapsed() >= DRAW_EVERY) {
            drawn = Some(Instant::now());
            let view = engine.ask(Caller::Owner, BoxGet {}).await?;
            bar.waiting(&status::figures(engine, &group.id, &view).await?);
        }
    }
}
