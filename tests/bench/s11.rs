//! S11: bulk between two devices on one machine, beside the same bytes over bare transports and over HTTP.
//!
//! `bench-s11 [--photos N] [--runs N] [--json]`: one device holds an album, another joins it. A time begins when the second
//! one is told to join and ends when it holds the last original: the door, reconciliation, previews, proofs and the disk are
//! in it. The bare transports carry as many bytes on one stream between two libp2p swarms, from memory to memory; `curl`
//! takes the files from nginx.
#![forbid(unsafe_code)]

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::{AsyncReadExt, AsyncWriteExt, StreamExt};
use glow_api::TimelineQuery;
use libp2p::swarm::SwarmEvent;
use libp2p::{Multiaddr, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};
use tests::control::Control;
use tests::figures::{Figures, median, option};
use tests::gathering::held;
use tests::media::{Sample, Studio};
use tests::nginx;
use tests::node::{Node, Place};
use tests::poll;

const PHOTOS: u64 = 60;
const MEGAPIXELS: u32 = 12;
const RUNS: u64 = 5;
const WITHIN: Duration = Duration::from_secs(120);
/// What is promised against the faster bare transport.
const GOAL: f64 = 0.5;
const PROTOCOL: StreamProtocol = StreamProtocol::new("/bench/bulk");
/// As figures call them.
const TCP: &str = "bare TCP, Noise and Yamux";
const QUIC: &str = "bare QUIC";
const CHUNK_BYTES: usize = 64 * 1024;

fn main() -> Result<()> {
    let photos = u32::try_from(option("--photos").unwrap_or(PHOTOS))?;
    let studio = Studio::open()?;
    let samples = (0..photos).map(|n| studio.photo_sized(1_000 + n, MEGAPIXELS)).collect::<Result<Vec<_>>>()?;
    let bytes = samples.iter().map(|sample| Ok(sample.bytes()?.len())).sum::<Result<usize>>()?;
    let runs = option("--runs").unwrap_or(RUNS);
    let rates = |measure: &dyn Fn() -> Result<Duration>| -> Result<Vec<f64>> {
        (0..runs).map(|_| Ok(bytes as f64 / 1e6 / measure()?.as_secs_f64())).collect()
    };
    let own = rates(&|| album(&samples))?;
    let tcp = rates(&|| bare(bytes, "/ip4/127.0.0.1/tcp/0"))?;
    let quic = rates(&|| bare(bytes, "/ip4/127.0.0.1/udp/0/quic-v1"))?;
    let figures = Figures::from_arguments();
    let bare = [(TCP, median(&tcp)), (QUIC, median(&quic))];
    let fastest = bare.into_iter().max_by(|(_, one), (_, other)| one.total_cmp(other));
    let goal = fastest.map(|(_, rate)| rate * GOAL);
    figures.print_runs_more("an album to a second device", &own, "MB/s", goal, fastest);
    figures.print_peer_more(TCP, &tcp, "MB/s");
    figures.print_peer_more(QUIC, &quic, "MB/s");
    match rates(&|| http(&samples)) {
        Ok(http) => figures.print_peer_more("HTTP (nginx and curl)", &http, "MB/s"),
        Err(error) => eprintln!("HTTP: {error:#}"),
    }
    Ok(())
}

/// From joining to the last original.
fn album(samples: &[Sample]) -> Result<Duration> {
    let folder = tempfile::tempdir()?;
    let mut first = Node::new("first", Place::Here, folder.path())?;
    let mut second = Node::new("second", Place::Here, folder.path())?;
    first.start()?;
    second.start()?;
    let view = first.call(&["group", "create", "S11"])?;
    let group = view["id"].as_str().context("a group has an id")?.to_owned();
    let files = samples.iter().map(|sample| sample.path.clone()).collect::<Vec<_>>();
    Control::connect(&first.data_dir())?.post(&group, &files)?;
    let invite = first.call(&["group", "invite"])?;
    let link = invite["link"].as_str().context("an invite has a link")?;
    let start = Instant::now();
    second.call(&["join", link])?;
    let mut control = Control::connect(&second.data_dir())?;
    poll::until_true("the second device has every original", WITHIN, || {
        let limit = u32::try_from(samples.len())?;
        let page =
            control.call(TimelineQuery { group: group.clone(), cursor: None, limit, filter: Default::default() })?;
        Ok(held(&page, "original").count() == samples.len())
    })?;
    Ok(start.elapsed())
}

/// One stream between two swarms in this process.
fn bare(bytes: usize, listen: &str) -> Result<Duration> {
    let listen: Multiaddr = listen.parse()?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let (mut server, mut client) = (swarm()?, swarm()?);
        let server_id = *server.local_peer_id();
        let mut incoming = server.behaviour().new_control().accept(PROTOCOL)?;
        server.listen_on(listen)?;
        let address = loop {
            if let SwarmEvent::NewListenAddr { address, .. } = server.select_next_some().await {
                break address;
            }
        };
        let mut control = client.behaviour().new_control();
        client.dial(address)?;
        while !client.is_connected(&server_id) {
            tokio::select! { _ = client.select_next_some() => {}, _ = server.select_next_some() => {} }
        }
        let driving = [tokio::spawn(drive(server)), tokio::spawn(drive(client))];
        let sending = tokio::spawn(async move {
            let (_, mut stream) = incoming.next().await.context("a stream comes")?;
            let chunk = vec![7; CHUNK_BYTES];
            for left in (1..=bytes.div_ceil(CHUNK_BYTES)).rev() {
                let size =
                    if left == 1 { bytes - bytes.saturating_sub(1) / CHUNK_BYTES * CHUNK_BYTES } else { CHUNK_BYTES };
                stream.write_all(&chunk[..size]).await?;
            }
            stream.close().await?;
            anyhow::Ok(())
        });
        let start = Instant::now();
        let mut stream = control.open_stream(server_id, PROTOCOL).await?;
        stream.flush().await?;
        let mut buffer = vec![0; CHUNK_BYTES];
        let mut got = 0;
        while got < bytes {
            let count = stream.read(&mut buffer).await?;
            ensure!(count > 0, "the stream was cut");
            got += count;
        }
        let took = start.elapsed();
        sending.await??;
        driving.iter().for_each(tokio::task::JoinHandle::abort);
        Ok(took)
    })
}

fn swarm() -> Result<Swarm<libp2p_stream::Behaviour>> {
    let swarm = SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise::Config::new, yamux::Config::default)?
        .with_quic()
        .with_behaviour(|_| libp2p_stream::Behaviour::new())?
        .with_swarm_config(|config| config.with_idle_connection_timeout(WITHIN))
        .build();
    Ok(swarm)
}

async fn drive(mut swarm: Swarm<libp2p_stream::Behaviour>) {
    loop {
        swarm.select_next_some().await;
    }
}

fn http(samples: &[Sample]) -> Result<Duration> {
    let folder = tempfile::tempdir()?;
    let files = samples.first().and_then(|sample| sample.path.parent()).context("there are files")?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let _server = nginx::start(Command::new("nginx"), folder.path(), files, &format!("127.0.0.1:{port}"))?;
    download(samples, folder.path(), port)
}

fn download(samples: &[Sample], target: &std::path::Path, port: u16) -> Result<Duration> {
    poll::until_true("nginx answers", WITHIN, || Ok(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()))?;
    let urls = samples.iter().map(|sample| format!("http://127.0.0.1:{port}/{}", sample.name()));
    let start = Instant::now();
    let status = Command::new("curl").args(["-sf", "--remote-name-all"]).current_dir(target).args(urls).status()?;
    ensure!(status.success(), "curl ended with {status}");
    Ok(start.elapsed())
}
