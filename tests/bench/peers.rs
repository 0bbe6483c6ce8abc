//! The tools that people would use instead, on the same network with the same files.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use lanbox::Lan;
use tests::media::Sample;
use tests::nginx;
use tests::poll;
use tests::syncthing::{self, Syncthing};
use tests::tool::Tool;

use crate::Case;

/// How long a tool may take to be ready.
const READY: Duration = Duration::from_secs(10);
/// What curl ends with when nobody listens.
const NOBODY_LISTENS: i32 = 7;
/// How long it may take in all.
const LIMIT: Duration = Duration::from_secs(240);

/// A tool.
#[derive(Clone, Copy)]
pub(crate) enum Peer {
    /// nginx at the source, curl at the receivers.
    Http,
    /// libtorrent everywhere.
    Torrent,
    /// Syncthing everywhere, each connected to all.
    Syncthing,
    /// uftp by multicast.
    Multicast,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::Http, Self::Torrent, Self::Syncthing, Self::Multicast];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP (nginx and curl)",
            Self::Torrent => "libtorrent",
            Self::Syncthing => syncthing::NAME,
            Self::Multicast => "multicast (uftp)",
        }
    }

    /// Sends the files from host 0 to all others; answers how long it took.
    pub(crate) fn run(self, case: Case, samples: &[Sample]) -> Result<Duration> {
        let lan = Arc::new(case.start()?);
        let folder = tempfile::tempdir()?;
        let files = folder.path().join("files");
        std::fs::create_dir(&files)?;
        for sample in samples {
            std::fs::copy(&sample.path, files.join(sample.name()))?;
        }
        match self {
            Self::Http => http(&lan, folder.path()),
            Self::Torrent => torrent(&lan, folder.path()),
            Self::Syncthing => through_syncthing(&lan, folder.path(), samples.len()),
            Self::Multicast => multicast(&lan, folder.path()),
        }
    }
}

fn http(lan: &Lan, folder: &Path) -> Result<Duration> {
    let listen = format!("{}:8080", lan.address(0));
    let _server = nginx::start(lan.command(0, "nginx"), folder, &folder.join("files"), &listen)?;
    let names = std::fs::read_dir(folder.join("files"))?;
    let names =
        names.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default())).collect::<Result<Vec<_>>>()?;
    poll::until_true("nginx answers", READY, || {
        let mut curl = lan.command(1, "curl");
        let status = curl.args(["-sf", "-o", "/dev/null"]).arg(url(lan, "")).status()?;
        Ok(status.code().is_some_and(|code| code != NOBODY_LISTENS))
    })?;
    let start = Instant::now();
    let fetching = (1..lan.hosts())
        .map(|host| {
            let mut curl = lan.command(host, "curl");
            curl.args(["-sf", "--parallel", "--remote-name-all", "--max-time", &LIMIT.as_secs().to_string()]);
            let target = folder.join(format!("to-{host}"));
            std::fs::create_dir(&target)?;
            curl.current_dir(target).args(names.iter().map(|name| url(lan, name)));
            Tool::start(&mut curl, "curl")
        })
        .collect::<Result<Vec<_>>>()?;
    fetching.into_iter().try_for_each(Tool::finish)?;
    Ok(start.elapsed())
}

fn url(lan: &Lan, name: &str) -> String {
    format!("http://{}:8080/{name}", lan.address(0))
}

fn torrent(lan: &Lan, folder: &Path) -> Result<Duration> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/bench/torrent.py");
    let python = |host: usize| {
        let mut command = lan.command(host, "/usr/bin/python3");
        command.arg(&script).env("LIMIT_S", LIMIT.as_secs().to_string());
        command
    };
    let file = folder.join("a.torrent");
    let made =
        Command::new("/usr/bin/python3").arg(&script).arg("make").arg(folder.join("files")).arg(&file).status()?;
    ensure!(made.success(), "libtorrent is not installed");
    let seed = lan.address(0).to_string();
    let _seed = Tool::start(python(0).arg("seed").arg(&file).arg(folder).arg(&seed), "libtorrent")?;
    // A seed that listens is ready: a connection to it is the sign.
    let probe = "import socket,sys; socket.create_connection((sys.argv[1], 6881), 1)";
    poll::until_true("the seed listens", READY, || {
        let mut python = lan.command(1, "/usr/bin/python3");
        Ok(python.args(["-c", probe, &seed]).stderr(Stdio::null()).status()?.success())
    })?;
    let start = Instant::now();
    let fetching = (1..lan.hosts())
        .map(|host| {
            let target = folder.join(format!("to-{host}"));
            std::fs::create_dir(&target)?;
            let own = lan.address(host).to_string();
            let mut command = python(host);
            command.arg("leech").arg(&file).arg(target).arg(own);
            command.args((0..lan.hosts()).filter(|other| *other != host).map(|other| lan.address(other).to_string()));
            Tool::start_telling(&mut command, "libtorrent")
        })
        .collect::<Result<Vec<_>>>()?;
    // Each goes on serving until the last is told, by the end of its input, that it may go.
    fetching.into_iter().map(Tool::done).collect::<Result<Vec<_>>>()?;
    Ok(start.elapsed())
}

/// From when the files are in the source's folder until they are in all others'.
fn through_syncthing(lan: &Arc<Lan>, folder: &Path, count: usize) -> Result<Duration> {
    let devices = Syncthing::gather(lan, folder)?;
    let start = Instant::now();
    for entry in std::fs::read_dir(folder.join("files"))? {
        let entry = entry?;
        std::fs::copy(entry.path(), devices.shared(0).join(entry.file_name()))?;
    }
    for host in 1..lan.hosts() {
        devices.until_holds(host, "IMG_", count, LIMIT)?;
    }
    Ok(start.elapsed())
}

fn multicast(lan: &Lan, folder: &Path) -> Result<Duration> {
    let receivers = (1..lan.hosts())
        .map(|host| {
            let target = folder.join(format!("to-{host}"));
            std::fs::create_dir(&target)?;
            let mut command = lan.command(host, "uftpd");
            command.args(["-d", "-I", "lan0", "-D"]).arg(target);
            Tool::start(&mut command, "uftpd")
        })
        .collect::<Result<Vec<_>>>()?;
    let start = Instant::now();
    // About what the slowest link of the case takes; uftp is told its rate.
    let mut uftp = lan.command(0, "uftp");
    uftp.args(["-I", "lan0", "-R", "17000", "-r", "0.5"]).arg(folder.join("files"));
    Tool::start(&mut uftp, "uftp")?.finish()?;
    drop(receivers);
    Ok(start.elapsed())
}
