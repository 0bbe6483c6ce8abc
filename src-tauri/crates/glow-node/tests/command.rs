//! The `afterglow` command as scripts use it: real processes, their output and their exit codes.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use support::{Device, PHOTO, Running};

trait Play {
    fn photo(&self, name: &str) -> Result<String>;
    fn start(&self, args: &[&str]) -> Result<Running>;
}

impl Play for Device {
    fn photo(&self, name: &str) -> Result<String> {
        std::fs::write(self.path(name), PHOTO)?;
        Ok(self.path(name).to_string_lossy().into_owned())
    }

    /// Starts a node and waits until it says that it is ready.
    fn start(&self, args: &[&str]) -> Result<Running> {
        Running::of(&mut self.command(&[&["--json"], args].concat()))
    }
}

impl Running {
    /// Reads events until one is of this kind.
    fn hears(&mut self, event: &str) -> Result<Value> {
        let lines = self.lines.as_mut().context("its output is read")?;
        let mut line = String::new();
        while lines.read_line(&mut line)? > 0 {
            let value: Value = serde_json::from_str(&line)?;
            if value["event"] == event {
                return Ok(value);
            }
            line.clear();
        }
        anyhow::bail!("the node ended without {event}")
    }
}

#[test]
fn a_group_is_started_listed_and_left() -> Result<()> {
    let alice = Device::new()?;
    let group = alice.json(&["group", "create", "Anna & Ben", "--ends-in", "3d"])?;
    assert_eq!(group["title"], "Anna & Ben");
    let page = alice.json(&["group", "list"])?;
    assert_eq!(page["groups"][0]["id"], group["id"]);
    let text = String::from_utf8(alice.run(&["group", "list"])?.stdout)?;
    assert!(text.contains("Anna & Ben") && text.contains("active"), "{text}");
    alice.json(&["group", "leave", &group["id"].as_str().unwrap()[..6]])?;
    assert_eq!(alice.json(&["group", "list"])?["groups"].as_array().unwrap().len(), 0);
    Ok(())
}

#[test]
fn a_group_is_named_by_id_or_title_and_only_when_it_must_be() -> Result<()> {
    let alice = Device::new()?;
    alice.json(&["group", "create", "Harbour"])?;
    assert_eq!(alice.json(&["members"])?["members"].as_array().unwrap().len(), 1, "there is only one");
    alice.json(&["group", "create", "Garden"])?;
    let unclear = alice.run(&["members"])?;
    assert_eq!(unclear.status.code(), Some(2));
    let said = String::from_utf8(unclear.stderr)?;
    assert!(said.contains("Harbour") && said.contains("Garden"), "{said}");
    alice.json(&["members", "--group", "harbour"])?;
    let unknown = alice.run(&["members", "--group", "Attic", "--json"])?;
    assert_eq!(unknown.status.code(), Some(3));
    let error: Value = serde_json::from_slice(&unknown.stdout)?;
    assert_eq!(error["error"]["code"], "unknown_group");
    Ok(())
}

#[test]
fn an_invite_is_a_link_a_code_and_a_picture() -> Result<()> {
    let alice = Device::new()?;
    alice.json(&["group", "create", "Harbour"])?;
    let svg = alice.path("invite.svg");
    let output = alice.run(&["group", "invite", "--expires", "60m", "--qr", "--svg", svg.to_str().unwrap()])?;
    let text = String::from_utf8(output.stdout)?;
    assert!(text.contains("█▀▀▀▀▀█"), "the code is drawn: {text}");
    assert!(text.trim_end().lines().last().unwrap().starts_with("afterglow://join/"), "the link comes last: {text}");
    assert!(std::fs::read_to_string(svg)?.contains("<svg"), "the picture is written");
    assert!(String::from_utf8(output.stderr)?.contains("No node runs here"), "it says that nobody can join yet");
    Ok(())
}

#[test]
fn a_posted_photo_is_on_the_timeline_and_goes_home_bit_identical() -> Result<()> {
    let alice = Device::new()?;
    alice.json(&["group", "create", "Harbour"])?;
    let photo = alice.photo("dusk.jpg")?;
    let posted = alice.json(&["post", &photo, "--wait", "0"])?;
    assert_eq!(posted["moments"].as_array().unwrap().len(), 1, "{posted}");
    assert_eq!(posted["handed_over"], 0, "nobody is near");
    assert_eq!(alice.json(&["post", &photo, "--wait", "0"])?["already_there"], 1, "the same photo is one moment");
    assert_eq!(alice.json(&["timeline"])?["total"], 1);

    let album = alice.path("album");
    let exported = alice.json(&["export", album.to_str().unwrap()])?;
    assert_eq!((&exported["written"], &exported["missing"]), (&1.into(), &0.into()), "{exported}");
    assert!(
        files_below(&album)?.iter().any(|path| std::fs::read(path).is_ok_and(|bytes| bytes == PHOTO)),
        "the photo itself"
    );
    Ok(())
}

#[test]
fn what_cannot_be_posted_is_said_before_anything_is() -> Result<()> {
    let alice = Device::new()?;
    alice.json(&["group", "create", "Harbour"])?;
    let photo = alice.photo("dusk.jpg")?;
    let folder = alice.run(&["post", &photo, alice.home.path().to_str().unwrap()])?;
    assert_eq!(folder.status.code(), Some(2));
    assert!(String::from_utf8(folder.stderr)?.contains("afterglow watch"), "it hints at what to do");
    assert_eq!(alice.run(&["post", &photo, "/nowhere.jpg"])?.status.code(), Some(3));
    assert_eq!(alice.json(&["timeline"])?["total"], 0, "nothing was posted");
    std::fs::write(alice.path("notes.jpg"), "not a photo")?;
    assert_eq!(alice.run(&["post", alice.path("notes.jpg").to_str().unwrap()])?.status.code(), Some(1));
    Ok(())
}

#[test]
fn commands_reach_the_node_that_runs() -> Result<()> {
    let alice = Device::new()?;
    let mut node = alice.start(&["run"])?;
    assert_eq!(node.ready["ready"], true);
    let socket = std::fs::metadata(alice.path("data/control.sock"))?;
    assert_eq!(socket.permissions().mode() & 0o777, 0o600, "nobody else can open it");

    alice.json(&["group", "create", "Harbour"])?;
    node.hears("groups_changed")?;
    let photo = alice.photo("dusk.jpg")?;
    let posted = alice.json(&["post", &photo])?;
    assert_eq!(posted["moments"].as_array().unwrap().len(), 1, "{posted}");
    assert!(posted.get("handed_over").is_none(), "the node hands it over by itself");
    assert_eq!(node.hears("timeline_changed")?["added"][0], posted["moments"][0]);
    assert_eq!(alice.json(&["export", alice.path("album").to_str().unwrap()])?["written"], 1);
    assert_eq!(alice.run(&["open"])?.status.code(), Some(1), "it has no page");

    assert_eq!(node.end()?, 0, "it ends in order");
    assert!(!alice.path("data/control.sock").exists(), "and takes its socket with it");
    assert_eq!(alice.json(&["timeline"])?["total"], 1, "without it the same is said");
    Ok(())
}

#[test]
fn a_second_node_is_refused() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&["run"])?;
    let second = alice.run(&["run"])?;
    assert_eq!(second.status.code(), Some(4), "{}", String::from_utf8_lossy(&second.stderr));
    assert_eq!(alice.run(&["store", "check"])?.status.code(), Some(4), "the store is not touched");
    drop(node);
    Ok(())
}

#[test]
fn a_killed_node_leaves_nothing_in_the_way() -> Result<()> {
    let alice = Device::new()?;
    drop(alice.start(&["run"])?);
    assert!(alice.path("data/control.sock").exists(), "it had no time to clear up");
    alice.json(&["group", "create", "Harbour"])?;
    assert_eq!(alice.start(&["run"])?.end()?, 0);
    Ok(())
}

#[test]
fn the_page_has_a_fresh_address_each_time() -> Result<()> {
    let alice = Device::new()?;
    assert_eq!(alice.run(&["open"])?.status.code(), Some(3), "no node runs");
    let node = alice.start(&["serve"])?;
    let first = node.ready["url"].as_str().unwrap().to_owned();
    let second = alice.json(&["open"])?["url"].as_str().unwrap().to_owned();
    assert!(first.starts_with("http://127.0.0.1:") && first.contains("/#token="), "{first}");
    assert_ne!(first, second);
    assert_eq!(first.split('#').next(), second.split('#').next(), "it is the same page");
    Ok(())
}

#[test]
fn a_long_path_is_no_hindrance() -> Result<()> {
    let alice = Device::new()?;
    let data = alice.path(&"d".repeat(120));
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_afterglow"));
        command.args(["--no-mdns", "--loopback", "--json", "--data-dir"]).arg(&data);
        command
    };
    let mut child = command().arg("run").stdout(Stdio::piped()).spawn()?;
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first)?;
    let listed = command().args(["group", "list"]).output();
    child.kill()?;
    child.wait()?;
    assert!(first.contains("ready"), "{first}");
    assert_eq!(String::from_utf8(listed?.stdout)?.trim(), r#"{"groups":[]}"#);
    Ok(())
}

#[test]
fn two_devices_join_and_share() -> Result<()> {
    let (alice, bob) = (Device::new()?, Device::new()?);
    let mut node = alice.start(&["run"])?;
    alice.json(&["group", "create", "Harbour"])?;
    let link = alice.json(&["group", "invite"])?["link"].as_str().unwrap().to_owned();
    let joined = bob.json(&["join", &link, "--wait", "20"])?;
    assert_eq!(joined["title"], "Harbour");
    let posted = bob.json(&["post", &bob.photo("dusk.jpg")?, "--wait", "20"])?;
    assert_eq!(posted["handed_over"], 1, "it stays until alice has it: {posted}");
    while !node.hears("timeline_changed")?["added"].as_array().unwrap().contains(&posted["moments"][0]) {}
    assert_eq!(alice.json(&["timeline"])?["moments"][0]["id"], posted["moments"][0]);
    Ok(())
}

#[test]
fn a_damaged_link_lets_nobody_in() -> Result<()> {
    let bob = Device::new()?;
    assert_eq!(bob.run(&["join", "afterglow://join/nonsense"])?.status.code(), Some(7));
    assert_eq!(bob.run(&["join", "https://example.org"])?.status.code(), Some(7));
    Ok(())
}

#[test]
fn a_watched_folder_is_posted() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&["run"])?;
    alice.json(&["group", "create", "Harbour"])?;
    let folder = alice.path("camera");
    std::fs::create_dir(&folder)?;
    let mut watch = alice
        .command(&["--json", "watch", folder.to_str().unwrap(), "--delay", "1s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // What is there before it watches is not posted, so the file must come after.
    let mut lines = BufReader::new(watch.stdout.take().unwrap());
    let mut seen = Vec::new();
    for number in 0.. {
        ensure!(number < 40, "nothing was seen");
        std::fs::write(folder.join(format!("dusk{number}.jpg")), PHOTO)?;
        if alice.json(&["timeline"])?["total"] == 1 {
            break;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(250));
    }
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        let event: Value = serde_json::from_str(&line)?;
        line.clear();
        seen.push(event["watch"].as_str().unwrap_or_default().to_owned());
        if event["watch"] == "posted" {
            break;
        }
    }
    watch.kill()?;
    watch.wait()?;
    drop(node);
    assert!(seen.contains(&"seen".to_owned()), "{seen:?}");
    assert_eq!(seen.last().map(String::as_str), Some("posted"), "{seen:?}");
    Ok(())
}

#[test]
fn a_folder_is_watched_for_good_until_it_is_switched_off() -> Result<()> {
    let alice = Device::new()?;
    alice.json(&["group", "create", "Harbour"])?;
    let folder = alice.path("camera");
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("before.jpg"), PHOTO)?;
    let dir = folder.to_str().unwrap();

    let alone = alice.run(&["watch", "--keep", dir])?;
    assert!(alone.status.success());
    let said = String::from_utf8(alone.stdout)?;
    assert!(said.contains(dir) && said.contains("1 file from before"), "{said}");
    assert!(String::from_utf8(alone.stderr)?.contains("No node runs here"), "it says when it is watched");

    let mut node = alice.start(&["run"])?;
    let kept = alice.json(&["watch"])?;
    assert_eq!((&kept["state"], &kept["existing"], &kept["posted"]), (&"on".into(), &1.into(), &0.into()), "{kept}");
    assert_eq!(alice.json(&["watch", "--existing"])?["existing"], 0);
    node.hears("timeline_changed")?;
    assert_eq!(alice.json(&["timeline"])?["moments"][0]["file_name"], "before.jpg");
    while alice.json(&["watch"])?["posted"] != 1 {
        node.hears("watch_changed")?;
    }
    assert_eq!(alice.json(&["watch", "--off"])?["state"], "off");
    assert_eq!(node.end()?, 0);
    assert!(String::from_utf8(alice.run(&["watch"])?.stdout)?.contains("No folder is watched"));
    assert_eq!(alice.run(&["watch", "--keep"])?.status.code(), Some(2), "a folder is needed");
    assert_eq!(alice.run(&["watch", dir, "--off"])?.status.code(), Some(2), "one or the other");
    Ok(())
}

#[test]
fn the_store_is_checked_and_rebuilt() -> Result<()> {
    let alice = Device::new()?;
    alice.json(&["group", "create", "Harbour"])?;
    alice.json(&["post", &alice.photo("dusk.jpg")?, "--wait", "0"])?;
    let before = alice.json(&["timeline"])?;
    assert_eq!(alice.json(&["store", "check"])?[0]["ok"], true);
    alice.json(&["store", "rebuild"])?;
    assert_eq!(alice.json(&["timeline"])?, before, "the same content");
    Ok(())
}

#[test]
fn help_tells_the_exit_codes_and_completions_are_made() -> Result<()> {
    let alice = Device::new()?;
    let help = String::from_utf8(alice.run(&["--help"])?.stdout)?;
    assert!(help.contains("Exit codes:") && help.contains("AFTERGLOW_DATA_DIR"), "{help}");
    for shell in ["bash", "zsh", "fish"] {
        let output = alice.run(&["completions", shell])?;
        assert!(output.status.success() && output.stdout.len() > 1_000, "{shell}");
    }
    let manual = String::from_utf8(alice.run(&["man"])?.stdout)?;
    assert!(manual.starts_with(".ie") && manual.contains("afterglow\\-group(1)"), "{manual}");
    assert_eq!(alice.run(&["explode"])?.status.code(), Some(2));
    assert_eq!(alice.run(&["group", "list", "--no-quic", "--no-tcp"])?.status.code(), Some(2));
    Ok(())
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { files.extend(files_below(&path)?) } else { files.push(path) }
    }
    Ok(files)
}

#[test]
fn a_bundle_an_album_and_a_folder_go_out_and_come_in() -> Result<()> {
    let alice = Device::new()?;
    alice.json(&["group", "create", "Harbour"])?;
    alice.json(&["post", &alice.photo("dusk.jpg")?, "--wait", "0"])?;
    let stick = alice.path("stick.afterglow");
    let bundled = alice.json(&["bundle", stick.to_str().unwrap(), "--all"])?;
    assert!(bundled["blobs"].as_u64() > Some(1), "{bundled}");
    assert_eq!(std::fs::metadata(&stick)?.len(), bundled["bytes"].as_u64().unwrap());
    let opened = alice.json(&["open", stick.to_str().unwrap()])?;
    assert_eq!((&opened["title"], &opened["complete"]), (&"Harbour".into(), &true.into()), "{opened}");
    assert_eq!(alice.run(&["bundle", stick.to_str().unwrap()])?.status.code(), Some(1), "it is there already");
    let stranger = Device::new()?;
    assert_eq!(stranger.run(&["open", stick.to_str().unwrap()])?.status.code(), Some(7), "it is of no group there");

    let album = alice.path("album");
    let exported = alice.json(&["export", album.to_str().unwrap()])?;
    let verified = alice.json(&["export", album.to_str().unwrap(), "--verify"])?;
    assert_eq!((&verified["ok"], &verified["fingerprint"]["words"]), (&true.into(), &exported["words"]));
    let checked = alice.run(&["store", "check", "--json"])?;
    let checked: Value = serde_json::from_slice(&checked.stdout)?;
    assert_eq!(checked[0]["fingerprint"]["fingerprint"], exported["fingerprint"], "the same album, the same words");

    let carol = Device::new()?;
    carol.json(&["group", "create", "At home"])?;
    let refused = carol.run(&["import", album.to_str().unwrap()])?;
    assert_eq!(refused.status.code(), Some(2), "nobody agreed");
    assert!(String::from_utf8(refused.stderr)?.contains("1 photo or clip of the album"), "the count is shown first");
    assert_eq!(carol.json(&["import", album.to_str().unwrap(), "--yes"])?["added"], 1);
    let unanswered = carol.run(&["export", "--immich", "http://127.0.0.1:1"])?;
    assert_eq!(unanswered.status.code(), Some(2), "no key was said");
    Ok(())
}

#[test]
fn a_door_for_guests_says_first_what_plain_http_cannot_do() -> Result<()> {
    let alice = Device::new()?;
    alice.json(&["group", "create", "Anna & Ben"])?;
    let node = alice.start(&["run"])?;
    let opened = alice.run(&["guests", "open", "--review", "--expires", "2h"])?;
    let (out, hints) = (String::from_utf8_lossy(&opened.stdout), String::from_utf8_lossy(&opened.stderr));
    assert!(opened.status.success(), "{hints}");
    assert!(hints.contains("alter the page on its way"), "{hints}");
    assert!(out.contains("/g#") && out.contains("waits for"), "{out}");
    let page = alice.json(&["guests", "list"])?;
    let url = page["door"]["url"].as_str().context("it listens")?.to_owned();
    assert_eq!(page["door"]["rights"]["review"], true);
    assert_eq!(url.split_once("/g#").map(|(_, secret)| secret.len()), Some(32), "128 bits, in the fragment");
    alice.json(&["guests", "close"])?;
    assert!(alice.json(&["guests", "list"])?["door"].is_null());
    drop(node);
    Ok(())
}
