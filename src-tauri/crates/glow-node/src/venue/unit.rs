//! The systemd unit of a box: starts at boot, comes back by itself, and may do little else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::settings::{self, Wishes};
use super::status::INSTALLED;
use crate::cli::{Install, Uninstall};
use crate::output::Output;

const UNIT: &str = "afterglow-box.service";
const UNIT_DIR: &str = "etc/systemd/system";
const CONFIG: &str = "etc/afterglow/box.toml";
/// Where the program is copied to when it lies where a service should not start it from.
const PROGRAM: &str = "usr/local/bin/afterglow";
/// Places from which a service starts programs.
const SYSTEM_PLACES: [&str; 3] = ["/usr", "/opt", "/bin"];

/// What an installation came to.
#[derive(Debug, Serialize)]
struct Installed {
    unit: PathBuf,
    config: PathBuf,
    program: PathBuf,
    started: bool,
}

/// Writes the unit and the configuration, and starts the box unless it goes into another root.
pub(super) fn install(out: Output, args: &Install) -> Result<()> {
    let root = args.root.clone().unwrap_or_else(|| PathBuf::from("/"));
    // Checked before anything is written: a box that cannot start would be tried again for ever.
    let config = root.join(CONFIG);
    let before = if config.exists() { settings::from_file(&config)? } else { Wishes::default() };
    let wishes = args.wishes.clone().over(before);
    wishes.clone().settings()?;
    let program = program(&root)?;
    write(&config, &commented(&wishes)?, 0o640)?;
    let unit = root.join(UNIT_DIR).join(UNIT);
    write(&unit, &text(&Path::new("/").join(program.strip_prefix(&root)?), &wishes, args.user.as_deref()), 0o644)?;
    let started = args.root.is_none() && !args.no_start;
    if started {
        systemctl(&["daemon-reload"])?;
        systemctl(&["enable", "--now", UNIT])?;
        systemctl(&["restart", UNIT])?;
    }
    out.show(&Installed { unit, config, program, started }, |installed| {
        let next = if installed.started {
            "The box runs, and starts at boot. `sudo afterglow box status` shows it."
        } else {
            "Not started: `systemctl enable --now afterglow-box` does."
        };
        format!("Wrote {} and {}.\n{next}", installed.unit.display(), installed.config.display())
    })?;
    Ok(())
}

/// Ends the box and removes its unit; its album and its settings stay.
pub(super) fn uninstall(out: Output, args: &Uninstall) -> Result<()> {
    let root = args.root.clone().unwrap_or_else(|| PathBuf::from("/"));
    let unit = root.join(UNIT_DIR).join(UNIT);
    if !unit.exists() {
        bail!(glow_api::ApiError::new(glow_api::ErrorCode::NotHere, "No box is installed here."));
    }
    if args.root.is_none() {
        systemctl(&["disable", "--now", UNIT])?;
    }
    fs::remove_file(&unit).with_context(|| format!("cannot remove {}", unit.display()))?;
    if args.root.is_none() {
        systemctl(&["daemon-reload"])?;
    }
    out.show(&serde_json::json!({ "removed": unit }), |_| {
        format!(
            "Removed. The album stays in {INSTALLED}, the settings in /{CONFIG}: delete them yourself if you mean to."
        )
    })?;
    Ok(())
}

/// The program that the service starts: this one, copied if it lies where a service should not look.
fn program(root: &Path) -> Result<PathBuf> {
    let this = std::env::current_exe().context("this program does not know where it is")?;
    if root == Path::new("/") && SYSTEM_PLACES.iter().any(|place| this.starts_with(place)) {
        return Ok(this);
    }
    let program = root.join(PROGRAM);
    // Written beside and renamed: a box that runs keeps the file it was started from.
    let beside = program.with_extension("new");
    make_parent(&program)?;
    fs::copy(&this, &beside).with_context(|| format!("cannot write {}", beside.display()))?;
    fs::rename(&beside, &program).with_context(|| format!("cannot write {}", program.display()))?;
    Ok(program)
}

fn commented(wishes: &Wishes) -> Result<String> {
    let lines = toml::to_string(wishes).context("the settings cannot be written")?;
    Ok(format!(
        "# Settings of the venue box. Every option of `afterglow box` is a line here; `afterglow box --help` explains them.\n\
         # After a change: sudo systemctl restart afterglow-box\n{lines}"
    ))
}

fn text(program: &Path, wishes: &Wishes, user: Option<&str>) -> String {
    let who = match user {
        Some(user) => format!("User={user}"),
        None => "DynamicUser=yes".to_owned(),
    };
    let is_low = |port: Option<u16>| port.is_some_and(|port| (1..1_024).contains(&port));
    let capabilities = if is_low(wishes.ftp) || is_low(wishes.webdav) || is_low(wishes.page_port) {
        "CAP_NET_BIND_SERVICE"
    } else {
        ""
    };
    // With the dash a folder that is not there keeps nothing from starting.
    let bind = |dir: &PathBuf| format!("BindReadOnlyPaths={}\n", quoted(Path::new(&format!("-{}", dir.display()))));
    let folder = wishes.watch.as_ref().map(bind).unwrap_or_default();
    format!(
        "[Unit]
Description=Afterglow venue box
Documentation=man:afterglow-box(1)
After=network.target

[Service]
Type=exec
ExecStart={program} --data-dir {INSTALLED} box --config ${{CREDENTIALS_DIRECTORY}}/box.toml
Restart=always
RestartSec=2
TimeoutStopSec=20
{who}
StateDirectory=afterglow
StateDirectoryMode=0700
LoadCredential=box.toml:/{CONFIG}
UMask=0077
AmbientCapabilities={capabilities}
CapabilityBoundingSet={capabilities}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=tmpfs
{folder}PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
",
        program = quoted(program)
    )
}

/// A path as a unit file takes it.
fn quoted(path: &Path) -> String {
    let plain = path.display().to_string().replace('%', "%%");
    if plain.contains([' ', '"', '\\']) {
        format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        plain
    }
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    make_parent(path)?;
    fs::write(path, text).with_context(|| format!("cannot write {}: are you root?", path.display()))?;
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    #[cfg(not(unix))]
    let _ = mode;
    Ok(())
}

fn make_parent(path: &Path) -> Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}: are you root?", parent.display()))
}

fn systemctl(args: &[&str]) -> Result<()> {
    let status =
        Command::new("systemctl").args(args).status().context("systemctl cannot be started: is this systemd?")?;
    if !status.success() {
        bail!("systemctl {} failed", args.join(" "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_comes_back_starts_at_boot_and_may_do_little() {
        let text = text(Path::new("/usr/bin/afterglow"), &Wishes::default(), None);
        for line in [
            "ExecStart=/usr/bin/afterglow --data-dir /var/lib/afterglow box --config ${CREDENTIALS_DIRECTORY}/box.toml",
            "LoadCredential=box.toml:/etc/afterglow/box.toml",
            "Restart=always",
            "DynamicUser=yes",
            "ProtectSystem=strict",
            "NoNewPrivileges=yes",
            "CapabilityBoundingSet=",
            "WantedBy=multi-user.target",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}\n{text}");
        }
    }

    #[test]
    fn only_a_low_port_needs_a_capability_and_a_folder_a_way_in() {
        let wishes = Wishes { ftp: Some(21), watch: Some("/home/anna/card 1".into()), ..Wishes::default() };
        let text = text(Path::new("/usr/bin/afterglow"), &wishes, Some("anna"));
        assert!(text.contains("AmbientCapabilities=CAP_NET_BIND_SERVICE\n"), "{text}");
        assert!(text.contains("BindReadOnlyPaths=\"-/home/anna/card 1\"\n"), "{text}");
        assert!(text.contains("User=anna\n") && !text.contains("DynamicUser"), "{text}");
    }
}
