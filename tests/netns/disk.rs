//! A disk that is full: a file system of a few megabytes, in a mount namespace of its own.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;
use tests::media::Studio;
use tests::target;

/// `afterglow`'s exit code for it.
const DISK_FULL: i32 = 6;

#[test]
fn a_full_disk_is_said_and_nothing_is_half_there() {
    if let Err(reason) = can_mount() {
        eprintln!("SKIPPED: a small file system {reason}");
        return;
    }
    let folder = TempDir::new().unwrap();
    let studio = Studio::open().unwrap();
    let (small, large) = (studio.photo(1).unwrap(), studio.photo(8).unwrap());
    let script = r#"
        mount -t tmpfs -o size=2500k tmpfs "$DISK" || exit 99
        "$NODE" group create Evening >/dev/null || exit 98
        "$NODE" post --wait 0 "$SMALL" >/dev/null || exit 97
        "$NODE" post --wait 0 "$LARGE"
        echo "code $?"
        "$NODE" timeline
        "$NODE" store check
        echo "code $?"
    "#;
    let node = folder.path().join("node");
    std::fs::create_dir(folder.path().join("disk")).unwrap();
    write_program(&node, &folder.path().join("disk/data"));
    let output = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-c", script])
        .envs([
            ("DISK", folder.path().join("disk")),
            ("NODE", node),
            ("SMALL", small.path.clone()),
            ("LARGE", large.path.clone()),
        ])
        .output()
        .unwrap();
    let (lines, said) = (lines(&output), String::from_utf8_lossy(&output.stderr).into_owned());
    assert_eq!(output.status.code(), Some(0), "{lines:#?}\n{said}");
    assert!(lines.contains(&format!("code {DISK_FULL}")), "{lines:#?}\n{said}");
    assert!(said.contains("disk is full"), "{said}");
    let timeline = lines.iter().find(|line| line.contains(r#""total""#)).unwrap();
    let timeline: glow_api::TimelinePage = serde_json::from_str(timeline).unwrap();
    let names = timeline.moments.iter().map(|moment| moment.file_name.clone()).collect::<Vec<_>>();
    assert_eq!(names, [small.name()], "what was there stays, of the other nothing is visible");
    assert_eq!(lines.last().map(String::as_str), Some("code 0"), "the store is whole: {lines:#?}\n{said}");
    assert!(!said.contains("panicked at"), "{said}");
}

fn can_mount() -> Result<(), String> {
    if !rustix::process::geteuid().is_root() {
        return Err("needs root".into());
    }
    let tried = Command::new("unshare").args(["--mount", "true"]).output();
    tried.map_err(|error| format!("needs unshare: {error}"))?;
    Ok(())
}

/// A program with the options that every command here has.
fn write_program(path: &Path, data: &Path) {
    let afterglow = target::program("afterglow").unwrap();
    let text = format!(
        "#!/bin/sh\nexec '{}' --data-dir '{}' --no-mdns --loopback --json \"$@\"\n",
        afterglow.display(),
        data.display()
    );
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}
