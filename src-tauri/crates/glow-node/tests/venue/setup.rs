//! Settings, and the unit that starts a box with the machine.

use std::process::Command;

use anyhow::Result;

use crate::play::said;
use crate::support::Device;

#[test]
fn bad_settings_are_named() -> Result<()> {
    let alice = Device::new()?;
    let config = alice.path("box.toml");
    std::fs::write(&config, "ftp = \"often\"\n")?;
    let bad = alice.run(&["box", "--config", config.to_str().unwrap()])?;
    assert_eq!(bad.status.code(), Some(2), "{}", said(&bad));
    assert!(said(&bad).contains("box.toml") && said(&bad).contains("ftp"), "{}", said(&bad));
    let missing = alice.run(&["box", "--config", "/nowhere.toml"])?;
    assert_eq!(missing.status.code(), Some(3), "{}", said(&missing));
    assert_eq!(alice.run(&["box", "--ftp", "70000"])?.status.code(), Some(2));
    assert_eq!(alice.run(&["box", "status"])?.status.code(), Some(3), "no box runs");
    Ok(())
}

#[test]
fn a_unit_is_written_with_its_settings_and_removed_again() -> Result<()> {
    let alice = Device::new()?;
    let root = alice.path("root");
    let at = |name: &str| root.join(name);
    let root = root.to_str().unwrap().to_owned();
    alice.json(&["box", "install", "--root", &root, "--group", "Anna & Ben", "--ftp", "21"])?;
    let unit = std::fs::read_to_string(at("etc/systemd/system/afterglow-box.service"))?;
    assert!(unit.contains("ExecStart=/usr/local/bin/afterglow ") && unit.contains("CAP_NET_BIND_SERVICE"), "{unit}");
    assert!(at("usr/local/bin/afterglow").exists(), "the program lies where a service may start it");
    let config = std::fs::read_to_string(at("etc/afterglow/box.toml"))?;
    assert!(config.contains("group = \"Anna & Ben\"") && config.contains("ftp = 21"), "{config}");
    // A second time changes what is said and keeps the rest.
    alice.json(&["box", "install", "--root", &root, "--webdav", "8021"])?;
    let config = std::fs::read_to_string(at("etc/afterglow/box.toml"))?;
    assert!(config.contains("ftp = 21") && config.contains("webdav = 8021"), "{config}");
    let bad = alice.run(&["box", "install", "--root", &root, "--camera-password", "short"])?;
    assert_eq!(bad.status.code(), Some(2), "{}", said(&bad));
    if Command::new("systemd-analyze").arg("--version").output().is_ok_and(|output| output.status.success()) {
        let file = at("etc/systemd/system/afterglow-box.service");
        // It knows no other root: that the program is not there is all that it may say.
        let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(file).output()?;
        let complaints = String::from_utf8_lossy(&verified.stderr).into_owned();
        let ours = complaints.lines().filter(|line| line.contains("afterglow-box") && !line.contains("not executable"));
        assert_eq!(ours.collect::<Vec<_>>(), Vec::<&str>::new(), "{complaints}");
    } else {
        eprintln!("SKIPPED: no systemd-analyze here that verifies the unit");
    }
    alice.json(&["box", "uninstall", "--root", &root])?;
    assert!(!at("etc/systemd/system/afterglow-box.service").exists());
    assert!(at("etc/afterglow/box.toml").exists(), "the settings stay");
    assert_eq!(alice.run(&["box", "uninstall", "--root", &root])?.status.code(), Some(3));
    Ok(())
}
