//! Syncthing on the hosts of an emulated LAN, with one folder in common: what people would use instead, for what is measured.
//!
//! Each device knows the others' addresses, and nothing leaves the LAN: no announcements, relays, reports or upgrades. It looks
//! for new files each second instead of every ten; all else is as it comes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lanbox::Lan;
use serde_json::Value;

use crate::poll;
use crate::tool::Tool;

/// As figures call it.
pub const NAME: &str = "Syncthing";

const PROGRAM: &str = "syncthing";
const READY: Duration = Duration::from_secs(60);
/// Guards the question of a device's state within its own namespace.
const API_KEY: &str = "bench";
const API: &str = "127.0.0.1:8384";
const FOLDER: &str = "shared";

/// A device on each host. They end before their LAN does.
#[derive(Debug)]
pub struct Syncthing {
    devices: Vec<Device>,
    lan: Arc<Lan>,
}

#[derive(Debug)]
struct Device {
    home: PathBuf,
    shared: PathBuf,
    running: Option<Tool>,
}

impl Syncthing {
    /// Makes a device for every host, below a folder; none is started.
    ///
    /// # Errors
    /// Syncthing is not installed.
    pub fn new(lan: &Arc<Lan>, folder: &Path) -> Result<Self> {
        let mut devices = vec![];
        let mut peers = String::new();
        let mut members = String::new();
        for host in 0..lan.hosts() {
            let home = folder.join(format!("{PROGRAM}-{host}"));
            let id = make_identity(&home)?;
            let address = lan.address(host);
            peers += &format!(r#"<device id="{id}" name="device-{host}"><address>tcp://{address}</address></device>"#);
            members += &format!(r#"<device id="{id}"/>"#);
            let shared = home.join(FOLDER);
            // The marker without which Syncthing takes a folder for one that has gone.
            fs::create_dir_all(shared.join(".stfolder"))?;
            devices.push(Device { home, shared, running: None });
        }
        for device in &devices {
            let configuration = configuration(&device.shared, &members, &peers);
            fs::write(device.home.join("config.xml"), configuration)?;
        }
        Ok(Self { devices, lan: Arc::clone(lan) })
    }

    /// The same with all devices started, one after the other, and connected to each other.
    ///
    /// # Errors
    /// As [`Self::new`] and [`Self::start`], or they do not find each other.
    pub fn gather(lan: &Arc<Lan>, folder: &Path) -> Result<Self> {
        let mut all = Self::new(lan, folder)?;
        // One after the other: two that call each other at once may both hang up.
        for host in 0..lan.hosts() {
            all.start(host)?;
            poll::until_true(&format!("Syncthing {host} is connected to those before it"), READY, || {
                let answer = all.ask(host, "system/connections").unwrap_or_default();
                let connections = answer["connections"].as_object();
                let others = connections.into_iter().flat_map(serde_json::Map::values);
                Ok(others.filter(|connection| connection["connected"] == true).count() == host)
            })?;
        }
        Ok(all)
    }

    /// Starts a host's device.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(&mut self, host: usize) -> Result<()> {
        let device = &mut self.devices[host];
        let mut command = self.lan.command(host, PROGRAM);
        command.args(["serve", "--no-browser", "--no-upgrade"]).arg("--home").arg(&device.home);
        // As its own watchdog starts it: a watchdog that is killed would leave it running.
        command.env("STMONITORED", "yes").env("HOME", &device.home);
        device.running = Some(Tool::start(&mut command, NAME)?);
        Ok(())
    }

    /// Waits until a host's device has taken in so many files of its folder.
    ///
    /// # Errors
    /// It has not within a minute.
    pub fn until_indexed(&self, host: usize, files: u64) -> Result<()> {
        poll::until_true(&format!("Syncthing {host} knows {files} files"), READY, || {
            let status = self.ask(host, &format!("db/status?folder={FOLDER}")).unwrap_or_default();
            Ok(status["state"] == "idle" && status["localFiles"].as_u64() == Some(files))
        })?;
        Ok(())
    }

    /// A host's own copy of the folder.
    #[must_use]
    pub fn shared(&self, host: usize) -> &Path {
        &self.devices[host].shared
    }

    /// Waits until a host has so many files whose names begin so. What is still coming has another name.
    ///
    /// # Errors
    /// It has not within the bound.
    pub fn until_holds(&self, host: usize, prefix: &str, files: usize, bound: Duration) -> Result<()> {
        poll::until_true(&format!("Syncthing {host} has {files} files"), bound, || {
            Ok(self.held(host, prefix)?.len() == files)
        })?;
        Ok(())
    }

    /// The files of a host that have come whole and whose names begin so.
    ///
    /// # Errors
    /// Its folder cannot be read.
    pub fn held(&self, host: usize, prefix: &str) -> Result<Vec<String>> {
        let names = fs::read_dir(self.shared(host))?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let names = names.collect::<Result<Vec<_>>>()?;
        Ok(names.into_iter().filter(|name| name.starts_with(prefix)).collect())
    }

    fn ask(&self, host: usize, question: &str) -> Result<Value> {
        let mut curl = self.lan.command(host, "curl");
        curl.args(["-sf", "-H", &format!("X-API-Key: {API_KEY}"), &format!("http://{API}/rest/{question}")]);
        Ok(serde_json::from_slice(&curl.output()?.stdout)?)
    }
}

/// Makes a device's key; answers its id.
fn make_identity(home: &Path) -> Result<String> {
    fs::create_dir_all(home)?;
    let mut command = Command::new(PROGRAM);
    command.args(["generate", "--no-default-folder", "--skip-port-probing"]).arg("--home").arg(home).env("HOME", home);
    let made = command.output().context("Syncthing is not installed")?;
    ensure!(made.status.success(), "Syncthing makes no key: {}", String::from_utf8_lossy(&made.stderr));
    let mut command = Command::new(PROGRAM);
    let told = command.arg("--device-id").arg("--home").arg(home).env("HOME", home).output()?;
    let id = String::from_utf8(told.stdout)?.trim().to_owned();
    ensure!(!id.is_empty(), "Syncthing tells no id");
    Ok(id)
}

fn configuration(shared: &Path, members: &str, peers: &str) -> String {
    let shared = shared.display();
    format!(
        r#"<configuration version="36">
<folder id="{FOLDER}" path="{shared}" fsWatcherEnabled="true" fsWatcherDelayS="1">{members}</folder>
{peers}
<gui enabled="true" tls="false"><address>{API}</address><apikey>{API_KEY}</apikey></gui>
<options>
<listenAddress>tcp://0.0.0.0:22000</listenAddress>
<globalAnnounceEnabled>false</globalAnnounceEnabled>
<localAnnounceEnabled>false</localAnnounceEnabled>
<relaysEnabled>false</relaysEnabled>
<natEnabled>false</natEnabled>
<reconnectionIntervalS>5</reconnectionIntervalS>
<urAccepted>-1</urAccepted>
<autoUpgradeIntervalH>0</autoUpgradeIntervalH>
<crashReportingEnabled>false</crashReportingEnabled>
<setLowPriority>false</setLowPriority>
</options>
</configuration>
"#
    )
}
