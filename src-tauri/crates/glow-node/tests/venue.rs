//! `afterglow box` as an amateur and a camera use it: real processes, and curl for the camera.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use support::{Device, PHOTO};

/// How long anything may take on a busy machine.
const BOUND: Duration = Duration::from_secs(60);

trait Play {
    fn photo(&self, name: &str, number: u32) -> Result<PathBuf>;
    fn start(&self, args: &[&str]) -> Result<Running>;
    fn start_with(&self, args: &[&str], path: &str) -> Result<Running>;
    fn moments(&self) -> Result<u64>;
    fn until_moments(&self, count: u64) -> Result<()>;
    fn camera(&self) -> Result<Value>;
}

impl Play for Device {
    /// A photo like no other: a comment behind its first segment holds the number, in letters.
    fn photo(&self, name: &str, number: u32) -> Result<PathBuf> {
        let path = self.path(name);
        let (head, rest) = PHOTO.split_at(20);
        let letters: Vec<u8> = format!("{number:08}").bytes().map(|digit| digit - b'0' + b'a').collect();
        std::fs::write(&path, [head, &[0xFF, 0xFE, 0, 10], &letters, rest].concat())?;
        Ok(path)
    }

    /// Starts a box and waits until it says that it is ready.
    fn start(&self, args: &[&str]) -> Result<Running> {
        self.start_with(args, &std::env::var("PATH")?)
    }

    fn start_with(&self, args: &[&str], path: &str) -> Result<Running> {
        let base = ["--json", "box", "--page-port", "0", "--ftp", "0", "--webdav", "0", "--camera-bind", "127.0.0.1"];
        let mut child = self.command(&[&base, args].concat()).env("PATH", path).stdout(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("its output is read")?);
        let mut first = String::new();
        lines.read_line(&mut first)?;
        let ready = serde_json::from_str(&first).with_context(|| format!("it did not start: {first:?}"))?;
        Ok(Running { child, _lines: lines, ready })
    }

    fn moments(&self) -> Result<u64> {
        Ok(self.json(&["timeline"])?["total"].as_u64().unwrap())
    }

    fn until_moments(&self, count: u64) -> Result<()> {
        until(&format!("{count} moments"), || Ok(self.moments()? == count))
    }

    fn camera(&self) -> Result<Value> {
        Ok(self.json(&["box", "status"])?["box"]["camera"].clone())
    }
}

struct Running {
    child: Child,
    _lines: BufReader<ChildStdout>,
    ready: Value,
}

impl Running {
    fn camera(&self, what: &str) -> &str {
        self.ready["box"]["camera"][what].as_str().unwrap()
    }

    fn login(&self) -> String {
        format!("{}:{}", self.camera("user"), self.camera("password"))
    }

    /// Uploads as a camera does.
    fn upload(&self, door: &str, file: &Path, more: &[&str]) -> Result<Output> {
        let url = self.camera(door);
        Ok(Command::new("curl")
            .args(["-sS", "--max-time", "50", "--user", &self.login(), "-T"])
            .arg(file)
            .args(more)
            .arg(url)
            .output()?)
    }

    fn end(mut self) -> Result<i32> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        ensure!(told.success(), "it can be told to end");
        self.child.wait()?.code().context("it ended by itself")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        ensure!(start.elapsed() < BOUND, "{what}: not within {BOUND:?}");
        std::thread::park_timeout(Duration::from_millis(100));
    }
    Ok(())
}

fn said(output: &Output) -> String {
    format!("{:?} {}", output.status.code(), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_box_holds_a_group_and_takes_a_camera_by_ftp_and_webdav() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&["--group", "Anna & Ben", "--name", "Barn"])?;
    assert_eq!(node.ready["group"]["title"], "Anna & Ben");
    assert!(node.ready["link"].as_str().unwrap().starts_with("afterglow://join/"), "{}", node.ready);
    let ftp = node.upload("ftp", &alice.photo("IMG_0001.JPG", 1)?, &[])?;
    assert!(ftp.status.success(), "{}", said(&ftp));
    let webdav = node.upload("webdav", &alice.photo("IMG_0002.JPG", 2)?, &["--fail"])?;
    assert!(webdav.status.success(), "{}", said(&webdav));
    alice.until_moments(2)?;
    let names = alice.json(&["timeline"])?["moments"].clone();
    let names: Vec<_> = names.as_array().unwrap().iter().map(|moment| moment["file_name"].as_str().unwrap()).collect();
    assert!(names.contains(&"IMG_0001.JPG") && names.contains(&"IMG_0002.JPG"), "{names:?}");
    until("the same photo is one moment", || {
        node.upload("ftp", &alice.photo("AGAIN.JPG", 1)?, &[])?;
        Ok(alice.camera()?["already_there"].as_u64().unwrap() > 0)
    })?;
    assert_eq!(alice.moments()?, 2);
    assert_eq!(alice.json(&["members"])?["members"][0]["name"], "Barn");
    assert_eq!(alice.json(&["storage"])?["policy"]["photos"], "all");
    assert_eq!(node.end()?, 0, "it ends in order");
    let again = alice.start(&["--group", "Anna & Ben"])?;
    assert_eq!(again.ready["group"]["moment_count"], 2, "it goes on with the same group");
    Ok(())
}

#[test]
fn cameras_may_put_and_nothing_else() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    let photo = alice.photo("dusk.jpg", 1)?;
    let (ftp, webdav, login) = (node.camera("ftp"), node.camera("webdav"), node.login());
    // Folders and ways out of them are names, and of a name the last part counts.
    for (door, path) in [(ftp, "DCIM/100CANON/A.JPG"), (webdav, "DCIM/B.JPG"), (webdav, "..%2f..%2fC.JPG")] {
        let put = Command::new("curl")
            .args(["-sS", "--ftp-create-dirs", "--path-as-is", "--user", &login, "-T"])
            .arg(&photo)
            .arg(format!("{door}{path}"))
            .output()?;
        assert!(put.status.success(), "{path}: {}", said(&put));
    }
    alice.until_moments(1)?;
    let outside = ["A.JPG", "B.JPG", "C.JPG"].iter().any(|name| alice.path(name).exists());
    assert!(!outside, "nothing is written where the name says");
    let curl = |args: &[&str]| Command::new("curl").args(["-sS", "--max-time", "20"]).args(args).output();
    let status = |args: &[&str]| -> Result<String> {
        let output = curl(&[&["-o", "/dev/null", "-w", "%{http_code}"], args].concat())?;
        Ok(String::from_utf8(output.stdout)?)
    };
    let at = |door: &str, name: &str| format!("{door}{name}");
    assert!(!curl(&["--user", &login, &at(ftp, "A.JPG")])?.status.success(), "nothing is read back by FTP");
    assert_eq!(String::from_utf8(curl(&["--user", &login, ftp])?.stdout)?.trim(), "", "nothing is listed");
    assert!(!curl(&["--user", &login, "-Q", "DELE A.JPG", ftp])?.status.success(), "nothing is deleted");
    assert_eq!(status(&["--user", &login, &at(webdav, "B.JPG")])?, "405", "nothing is read back by WebDAV");
    assert_eq!(status(&["--user", &login, "-X", "DELETE", &at(webdav, "B.JPG")])?, "405");
    let never_sent = at(webdav, "Z.JPG");
    assert_eq!(status(&["--user", &login, "-X", "MOVE", "-H", "Destination: /x", &never_sent])?, "404");
    assert!(!curl(&["--user", &login, "-Q", "RNFR Z.JPG", "-Q", "RNTO x.jpg", ftp])?.status.success());
    assert_eq!(status(&["--user", &login, "-H", "Origin: http://evil.example", webdav])?, "403", "no page's hand");
    assert_eq!(status(&["-X", "OPTIONS", webdav])?, "401", "a password is asked for");
    assert_eq!(status(&["--user", "camera:wrong", "-X", "OPTIONS", webdav])?, "401");
    assert!(!curl(&["--user", "camera:wrong", ftp])?.status.success(), "and by FTP");
    Ok(())
}

#[test]
fn a_camera_that_renames_what_it_sent_decides_the_name() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    let (ftp, webdav, login) = (node.camera("ftp"), node.camera("webdav"), node.login());
    let curl =
        |args: &[&str]| Command::new("curl").args(["-sS", "--max-time", "20", "--user", &login]).args(args).output();
    let (first, second) = (alice.photo("first", 1)?, alice.photo("second", 2)?);
    let sent = curl(&[
        "-T",
        first.to_str().unwrap(),
        "-Q",
        "-RNFR up.tmp",
        "-Q",
        "-RNTO DSC_0001.JPG",
        &format!("{ftp}up.tmp"),
    ])?;
    assert!(sent.status.success(), "{}", said(&sent));
    assert!(curl(&["-f", "-T", second.to_str().unwrap(), &format!("{webdav}DCIM/up.tmp")])?.status.success());
    let to = format!("Destination: {webdav}DCIM/DSC_0002.JPG");
    let moved = curl(&["-f", "-X", "MOVE", "-H", &to, &format!("{webdav}DCIM/up.tmp")])?;
    assert!(moved.status.success(), "{}", said(&moved));
    alice.until_moments(2)?;
    let moments = alice.json(&["timeline"])?["moments"].clone();
    let mut names: Vec<_> =
        moments.as_array().unwrap().iter().map(|moment| moment["file_name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["DSC_0001.JPG", "DSC_0002.JPG"]);
    Ok(())
}

#[test]
fn asking_a_box_how_it_is_uses_up_no_way_in() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    for _ in 0..20 {
        let status = alice.json(&["box", "status"])?;
        assert!(!status["url"].as_str().unwrap().contains("token"), "{status}");
    }
    assert_eq!(Owner::sign_in(&node)?.call("box.get", &serde_json::json!({}))?["group"], node.ready["group"]["id"]);
    Ok(())
}

#[test]
fn a_box_with_guests_shows_their_door_and_a_screen_for_the_network() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&["--guests=review", "--guests-port", "0"])?;
    let guests = node.ready["guests"].as_str().context("the door is open")?;
    let screen = node.ready["screen"].as_str().context("there is a screen")?;
    let (address, secret) = guests.split_once("/g#").context("a link of a door")?;
    assert_eq!(screen, format!("{address}/screen#{secret}"), "the same door, and nothing of the owner's page");
    let page = Command::new("curl").args(["-sS", "-f", screen]).output()?;
    assert!(page.status.success(), "{}", said(&page));
    let rights = alice.json(&["guests", "list"])?["door"]["rights"].clone();
    assert_eq!(rights, serde_json::json!({ "contribute": true, "review": true }));
    Ok(())
}

#[test]
fn a_blind_box_holds_what_it_cannot_read() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&["--group", "Anna & Ben"])?;
    let link = alice.json(&["group", "invite", "--carrier"])?["link"].as_str().unwrap().to_owned();
    let vault = Device::new()?;
    let refused = |args: &[&str]| -> Result<String> {
        let output = vault.command(&[&["--json", "box", "--page-port", "0"], args].concat()).output()?;
        ensure!(!output.status.success(), "it started");
        Ok(String::from_utf8(output.stderr)? + &String::from_utf8(output.stdout)?)
    };
    assert!(refused(&["--join", &link])?.contains("--blind"), "such an invite makes no box that reads");
    let readable = node.ready["link"].as_str().unwrap();
    assert!(refused(&["--blind", "--join", readable])?.contains("--carrier"), "and none that could");
    assert!(refused(&["--blind", "--join", &link, "--ftp", "0"])?.contains("blind"));
    let mut child = vault
        .command(&["--json", "box", "--page-port", "0", "--blind", "--name", "Vault", "--join", &link])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("its output is read")?);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    let ready = serde_json::from_str(&first).with_context(|| format!("it did not start: {first:?}"))?;
    let _box = Running { child, _lines: lines, ready };
    assert!(node.upload("ftp", &alice.photo("IMG_0001.JPG", 1)?, &[])?.status.success());
    until("it holds the sealed pieces", || {
        let carries = vault.json(&["box", "status"])?["group"]["carries"].clone();
        Ok(carries["blobs"].as_u64().unwrap() >= 2 && carries["missing"] == 0)
    })?;
    assert_eq!(vault.moments()?, 0);
    let members = alice.json(&["members"])?["members"].clone();
    assert!(members.as_array().unwrap().iter().any(|member| member["name"] == "Vault" && member["role"] == "carrier"));
    Ok(())
}

#[test]
fn half_an_upload_is_never_posted_and_is_reported() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    // A photo whose second half is its tail: 4 MiB of which the camera dies in the middle.
    let large = alice.path("large.jpg");
    std::fs::write(&large, [PHOTO, &vec![0; 4 << 20]].concat())?;
    for door in ["ftp", "webdav"] {
        let failures = alice.camera()?["failures"].as_array().unwrap().len();
        let mut curl = Command::new("curl")
            .args(["-sS", "--limit-rate", "400k", "--user", &node.login(), "-T"])
            .arg(&large)
            .arg(node.camera(door))
            .stderr(Stdio::null())
            .spawn()?;
        until("it is on its way", || Ok(alice.camera()?["waiting"] == 1))?;
        curl.kill()?;
        curl.wait()?;
        until("it is reported", || Ok(alice.camera()?["failures"].as_array().unwrap().len() > failures))?;
        until("its place is free", || Ok(alice.camera()?["waiting"] == 0))?;
    }
    // A file that the camera itself cut short.
    let cut = alice.path("cut.jpg");
    std::fs::write(&cut, &PHOTO[..PHOTO.len() / 2])?;
    assert!(!node.upload("ftp", &cut, &[])?.status.success(), "the camera is told");
    assert!(!node.upload("webdav", &cut, &["--fail"])?.status.success());
    let note = alice.path("notes.txt");
    std::fs::write(&note, "not a photo")?;
    assert!(node.upload("ftp", &note, &[])?.status.success(), "what is none of ours is found out later");
    until("it is reported, too", || Ok(alice.camera()?["failures"][0]["error"]["code"] == "unknown_format"))?;
    let bad: Vec<_> = glob(&alice.path("data"), "bad")?;
    assert_eq!(bad.len(), 1, "and kept for a person to look at: {bad:?}");
    assert_eq!(alice.moments()?, 0, "nothing was posted");
    Ok(())
}

#[test]
fn a_complete_upload_survives_any_kill() -> Result<()> {
    let alice = Device::new()?;
    let mut count = 0;
    for round in 0..4 {
        let mut node = alice.start(&["--group", "Harbour"])?;
        for number in 0..3 {
            let photo = alice.photo(&format!("{round}-{number}.jpg"), round * 10 + number)?;
            let door = if number % 2 == 0 { "ftp" } else { "webdav" };
            let put = node.upload(door, &photo, &["--fail"])?;
            assert!(put.status.success(), "{}", said(&put));
            count += 1;
        }
        // The power goes right after the camera was told that its file is safe.
        node.child.kill()?;
        node.child.wait()?;
    }
    let node = alice.start(&["--group", "Harbour"])?;
    alice.until_moments(count)?;
    until("the spool is empty", || Ok(glob(&alice.path("data"), "ready")?.is_empty()))?;
    drop(node);
    assert_eq!(alice.json(&["store", "check"])?[0]["ok"], true);
    Ok(())
}

#[test]
fn uploads_are_paused_and_taken_again_by_the_owner() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    let owner = Owner::sign_in(&node)?;
    let pause = |paused: bool| owner.call("box.set", &serde_json::json!({ "camera_paused": paused }));
    assert_eq!(pause(true)?["camera"]["paused"], true);
    assert!(!node.upload("ftp", &alice.photo("a.jpg", 1)?, &[])?.status.success());
    assert!(!node.upload("webdav", &alice.photo("a.jpg", 1)?, &["--fail"])?.status.success());
    pause(false)?;
    assert!(node.upload("ftp", &alice.photo("a.jpg", 1)?, &[])?.status.success());
    alice.until_moments(1)
}

#[test]
fn a_client_that_says_nothing_does_not_keep_others_out() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    let address = |door: &str| {
        let url = node.camera(door);
        url.split_once("://").unwrap().1.trim_end_matches('/').to_owned()
    };
    let mut idle = Vec::new();
    for door in ["ftp", "webdav"] {
        for _ in 0..20 {
            let mut stream = TcpStream::connect(address(door))?;
            stream.write_all(b"P")?;
            idle.push(stream);
        }
    }
    assert!(node.upload("ftp", &alice.photo("a.jpg", 1)?, &[])?.status.success());
    assert!(node.upload("webdav", &alice.photo("b.jpg", 2)?, &["--fail"])?.status.success());
    alice.until_moments(2)?;
    drop(idle);
    Ok(())
}

#[test]
fn three_members_have_what_the_camera_sends() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&["--group", "Harbour"])?;
    let link = node.ready["link"].as_str().unwrap();
    let members: Vec<Device> = (0..3).map(|_| Device::new()).collect::<Result<_>>()?;
    let mut running = Vec::new();
    for member in &members {
        let mut child = member.command(&["--json", "run"]).stdout(Stdio::piped()).spawn()?;
        let mut first = String::new();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        said.read_line(&mut first)?;
        // It goes on speaking, and somebody has to hold the other end.
        running.push((Ending(child), said));
        member.json(&["join", link])?;
    }
    for (number, door) in ["ftp", "webdav"].into_iter().enumerate() {
        let photo = alice.photo("camera.jpg", 7 + u32::try_from(number)?)?;
        let start = Instant::now();
        assert!(node.upload(door, &photo, &["--fail"])?.status.success());
        for member in &members {
            until("the photo is there with its picture", || {
                let page = member.json(&["timeline"])?;
                let moments = page["moments"].as_array().unwrap();
                Ok(moments.len() == number + 1 && moments.iter().all(|moment| moment["grid"]["state"] == "complete"))
            })?;
        }
        eprintln!("curl -T by {door} to the preview on three members: {} ms", start.elapsed().as_millis());
    }
    Ok(())
}

struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_box_joins_by_link_and_watches_a_folder() -> Result<()> {
    let (alice, bob) = (Device::new()?, Device::new()?);
    let node = alice.start(&["--group", "Harbour"])?;
    let folder = bob.path("card");
    std::fs::create_dir(&folder)?;
    let config = bob.path("box.toml");
    let text = format!(
        "join = \"{}\"\nwatch = \"{}\"\nwatch-delay = \"1s\"\ncamera-password = \"longer than eight\"\n",
        node.ready["link"].as_str().unwrap(),
        folder.display()
    );
    std::fs::write(&config, text)?;
    let second = bob.start(&["--config", config.to_str().unwrap()])?;
    assert_eq!(second.ready["group"]["title"], "Harbour");
    assert_eq!(second.camera("password"), "longer than eight");
    std::fs::write(folder.join("IMG_1.JPG"), PHOTO)?;
    alice.until_moments(1)
}

#[test]
fn a_rehearsal_plays_the_evening_and_leaves_nothing() -> Result<()> {
    let alice = Device::new()?;
    let figures = alice.json(&["box", "rehearse", "--members", "2", "--guests", "3", "--photos", "2"])?;
    assert_eq!((&figures["members"], &figures["guests"]), (&2.into(), &3.into()), "{figures}");
    // Ten pictures, each on the four other devices and pages and on the box.
    assert_eq!((&figures["arrived"], &figures["expected"]), (&50.into(), &50.into()), "{figures}");
    assert!(figures["box_bytes"].as_u64() > Some(10_000), "the box holds real pictures: {figures}");
    assert_eq!(std::fs::read_dir(alice.path("data"))?.count(), 0, "nothing is left");
    eprintln!("rehearsal: {figures}");
    Ok(())
}

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
    }
    alice.json(&["box", "uninstall", "--root", &root])?;
    assert!(!at("etc/systemd/system/afterglow-box.service").exists());
    assert!(at("etc/afterglow/box.toml").exists(), "the settings stay");
    assert_eq!(alice.run(&["box", "uninstall", "--root", &root])?.status.code(), Some(3));
    Ok(())
}

#[test]
fn a_moment_is_printed_within_the_limits_and_only_where_there_is_a_printer() -> Result<()> {
    let alice = Device::new()?;
    // A stand-in for CUPS' `lp`, first on PATH: it keeps what it was told and what came through the pipe.
    let tools = alice.path("tools");
    std::fs::create_dir(&tools)?;
    let lp = tools.join("lp");
    let printed = alice.path("printed");
    std::fs::write(&lp, format!("#!/bin/sh\necho \"$@\" >> {0}.args\ncat > {0}\n", printed.display()))?;
    std::fs::set_permissions(&lp, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let path = format!("{}:{}", tools.display(), std::env::var("PATH")?);
    let node = alice.start_with(&["--print", "Selphy", "--print-copies", "2", "--print-pages", "3"], &path)?;
    let owner = Owner::sign_in(&node)?;
    assert!(node.upload("ftp", &alice.photo("a.jpg", 1)?, &[])?.status.success());
    alice.until_moments(1)?;
    let moment = alice.json(&["timeline"])?["moments"][0].clone();
    let args = |copies: u32| serde_json::json!({ "group": moment["group"], "moment": moment["id"], "copies": copies });
    let print = |copies: u32| owner.call("moment.print", &args(copies));
    assert_eq!(print(2)?["pages"], 2);
    assert_eq!(
        std::fs::read(&printed)?,
        std::fs::read(alice.photo("a.jpg", 1)?)?,
        "the original went through the pipe"
    );
    assert!(std::fs::read_to_string(printed.with_extension("args"))?.contains("-d Selphy -n 2"));
    assert_eq!(print(3)?["code"], "print_limit", "too many copies");
    assert_eq!(print(2)?["code"], "print_limit", "too many pages today");
    assert_eq!(print(1)?["pages"], 3);
    assert_eq!(print(0)?["code"], "bad_request");
    std::fs::write(&lp, "#!/bin/sh\necho 'lp: Error - no default destination available.' >&2\nexit 1\n")?;
    drop(node);
    let node = alice.start_with(&["--print", "default", "--print-pages", "9"], &path)?;
    let refused = Owner::sign_in(&node)?.call("moment.print", &args(1))?;
    assert_eq!(refused["code"], "no_printer");
    assert!(refused["message"].as_str().unwrap().contains("no default destination"), "{refused}");
    assert_eq!(node.ready["box"]["printing"]["pages"], 3, "what was printed today is remembered");
    drop(node);
    let node = alice.start(&[])?;
    assert_eq!(
        Owner::sign_in(&node)?.call("moment.print", &args(1))?["code"],
        "no_printer",
        "it is off unless wished for"
    );
    Ok(())
}

/// The owner's page, as curl asks it.
struct Owner {
    calls: String,
}

impl Owner {
    fn sign_in(node: &Running) -> Result<Self> {
        let (base, token) = node.ready["url"].as_str().unwrap().split_once("#token=").unwrap();
        let session = post(&format!("{base}session"), &serde_json::json!({ "token": token }))?;
        Ok(Self { calls: format!("{base}{}/call", session["session"].as_str().unwrap()) })
    }

    fn call(&self, name: &str, args: &Value) -> Result<Value> {
        post(&self.calls, &serde_json::json!({ "call": name, "args": args }))
    }
}

fn post(url: &str, body: &Value) -> Result<Value> {
    let output = Command::new("curl")
        .args(["-sS", "-H", "content-type: application/json", "-d", &body.to_string(), url])
        .output()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Files in folders of this name, wherever they are.
fn glob(below: &Path, folder: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(below)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(glob(&path, folder)?);
        } else if path.parent().and_then(Path::file_name).is_some_and(|name| name == folder) {
            found.push(path);
        }
    }
    Ok(found)
}
