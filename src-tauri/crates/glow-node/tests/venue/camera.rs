//! A camera by FTP and WebDAV, with curl for the camera.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::play::{BOUND, Play, said, until};
use crate::support::{Device, PHOTO, Running};

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
fn a_kill_in_the_middle_of_an_upload_leaves_nothing_of_it() -> Result<()> {
    let alice = Device::new()?;
    let large = alice.path("large.jpg");
    std::fs::write(&large, [PHOTO, &vec![0; 4 << 20]].concat())?;
    for door in ["ftp", "webdav"] {
        let mut node = alice.start(&["--group", "Harbour"])?;
        let mut camera = node.begin_upload(door, &large, &["--limit-rate", "400k"])?;
        until("some of it is on the disk", || {
            let parts = glob(&alice.path("data"), "part")?;
            Ok(parts.iter().any(|part| part.metadata().is_ok_and(|part| part.len() > 0)))
        })?;
        node.child.kill()?;
        node.child.wait()?;
        assert!(!camera.wait()?.success(), "the camera was told nothing of it by {door}");
        let again = alice.start(&["--group", "Harbour"])?;
        assert_eq!(glob(&alice.path("data"), "part")?, Vec::<PathBuf>::new(), "half a file is nothing");
        assert_eq!((alice.camera()?["waiting"].clone(), alice.moments()?), (0.into(), 0));
        drop(again);
    }
    let node = alice.start(&["--group", "Harbour"])?;
    assert!(node.upload("ftp", &large, &[])?.status.success(), "sent again it is taken");
    alice.until_moments(1)?;
    drop(node);
    assert_eq!(alice.json(&["store", "check"])?[0]["ok"], true);
    Ok(())
}

#[test]
fn a_kill_while_uploads_become_moments_loses_and_doubles_none() -> Result<()> {
    let alice = Device::new()?;
    let mut acknowledged = 0;
    for round in 0..3 {
        let mut node = alice.start(&["--group", "Harbour"])?;
        let before = alice.moments()?;
        let cameras = (0..8).map(|number| {
            let photo = alice.photo(&format!("{round}-{number}.jpg"), round * 10 + number)?;
            node.begin_upload(["ftp", "webdav"][number as usize % 2], &photo, &["--fail"])
        });
        let mut cameras = cameras.collect::<Result<Vec<_>>>()?;
        until("the first becomes a moment", || Ok(alice.moments()? > before))?;
        node.child.kill()?;
        node.child.wait()?;
        for camera in &mut cameras {
            acknowledged += u64::from(camera.wait()?.success());
        }
        let again = alice.start(&["--group", "Harbour"])?;
        until("the spool is empty", || Ok(glob(&alice.path("data"), "ready")?.is_empty()))?;
        // One may be safe whose camera was not told so any more.
        let moments = alice.moments()?;
        assert!(moments >= acknowledged && moments <= 8 * (u64::from(round) + 1), "{moments} of {acknowledged}");
        for number in 0..8 {
            let photo = alice.photo("again.jpg", round * 10 + number)?;
            assert!(again.upload("ftp", &photo, &[])?.status.success());
        }
        acknowledged = 8 * (u64::from(round) + 1);
        alice.until_moments(acknowledged)?;
        until("the spool is empty", || Ok(glob(&alice.path("data"), "ready")?.is_empty()))?;
        assert_eq!(alice.moments()?, acknowledged, "each is there once");
    }
    assert_eq!(alice.json(&["store", "check"])?[0]["ok"], true);
    Ok(())
}

#[test]
fn a_picture_that_claims_to_be_huge_costs_no_memory() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    assert!(node.upload("ftp", &alice.photo("a.jpg", 1)?, &[])?.status.success());
    alice.until_moments(1)?;
    let before = node.peak_memory()?;
    // 20,000 by 10,000 pixels, by the head of its only frame.
    let frame = PHOTO.windows(2).position(|two| two == [0xFF, 0xC0] || two == [0xFF, 0xC2]).context("a frame")?;
    let mut bomb = PHOTO.to_vec();
    bomb[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x4E, 0x20]);
    for (count, door) in [(1, "ftp"), (2, "webdav")] {
        let file = alice.path(&format!("bomb-{door}.jpg"));
        std::fs::write(&file, [bomb.as_slice(), &[count]].concat())?;
        assert!(node.upload(door, &file, &["--fail"])?.status.success(), "what it is is found out later");
        until("it is reported", || Ok(alice.camera()?["failures"].as_array().unwrap().len() == usize::from(count)))?;
        let code = alice.camera()?["failures"][0]["error"]["code"].clone();
        assert!(code == "damaged_file" || code == "file_too_large", "{code}");
    }
    let grown = node.peak_memory()?.saturating_sub(before);
    assert!(grown < 200 << 20, "{grown} bytes for pictures that would have 600 MB");
    assert_eq!(alice.moments()?, 1);
    Ok(())
}

#[test]
fn one_address_that_takes_all_it_can_does_not_keep_others_out() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    let mut idle = Vec::new();
    for door in ["ftp", "webdav"] {
        for _ in 0..40 {
            let mut stream = TcpStream::connect(node.address(door))?;
            // Some are closed at once.
            let _ = stream.write_all(b"P");
            idle.push(stream);
        }
    }
    for (door, photo) in [("ftp", alice.photo("a.jpg", 1)?), ("webdav", alice.photo("b.jpg", 2)?)] {
        let other = node.upload(door, &photo, &["--fail", "--interface", "127.0.0.2"])?;
        assert!(other.status.success(), "another address gets in by {door}: {}", said(&other));
    }
    alice.until_moments(2)?;
    assert!(!node.upload("ftp", &alice.photo("c.jpg", 3)?, &[])?.status.success(), "and the first has its share");
    drop(idle);
    until("its places are free again", || Ok(node.upload("ftp", &alice.photo("c.jpg", 3)?, &[])?.status.success()))
}

#[test]
fn an_endless_line_is_refused_before_it_is_kept() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    let before = node.peak_memory()?;
    let mut stream = TcpStream::connect(node.address("ftp"))?;
    let piece = vec![b'A'; 1 << 20];
    let taken = (0..100).take_while(|_| stream.write_all(&piece).is_ok()).count();
    assert!(taken < 50, "{taken} of 100 MiB were taken");
    let grown = node.peak_memory()?.saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes were kept of it");
    let mut client = Ftp::connect(&node)?;
    assert_eq!(client.ask(&format!("NOOP {}", "A".repeat(4_000)))?, 200, "a long path has room");
    assert_eq!(client.ask(&format!("NOOP {}", "A".repeat(4_096)))?, 500);
    assert!(client.has_ended()?, "and then it is over");
    Ok(())
}

#[test]
fn a_client_that_does_not_log_in_is_turned_away() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    let mut client = Ftp::connect(&node)?;
    for _ in 0..3 {
        assert_eq!(client.ask("USER camera")?, 331);
        assert_eq!(client.ask("PASS wrong")?, 530);
    }
    assert!(client.has_ended()?, "after three wrong passwords by FTP");
    let request = b"OPTIONS / HTTP/1.1\r\nhost: box\r\nauthorization: Basic Y2FtZXJhOndyb25n\r\n\r\n";
    let mut webdav = TcpStream::connect(node.address("webdav"))?;
    webdav.set_read_timeout(Some(BOUND))?;
    for _ in 0..3 {
        webdav.write_all(request)?;
    }
    let mut answers = String::new();
    webdav.read_to_string(&mut answers)?;
    assert_eq!(answers.matches("401 Unauthorized").count(), 3, "and by WebDAV: {answers}");
    let mut silent = Ftp::connect(&node)?;
    assert_eq!(silent.ask("USER camera")?, 331);
    // Whoever is in may be silent for a minute.
    silent.wait_at_most(Duration::from_secs(50))?;
    assert_eq!(silent.reply()?, 421, "who only begins to log in is not waited for");
    Ok(())
}

#[test]
fn only_the_camera_itself_brings_its_file_by_ftp() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&[])?;
    let mut camera = Ftp::connect(&node)?;
    let (user, password) = (node.camera("user"), node.camera("password"));
    assert_eq!(camera.ask("STOR early.jpg")?, 530, "who it is comes first");
    assert_eq!(camera.ask(&format!("USER {user}"))?, 331);
    assert_eq!(camera.ask(&format!("PASS {password}"))?, 230);
    assert_eq!(camera.ask("STOR nowhere.jpg")?, 425, "and where the file comes");
    assert_eq!(camera.ask("EPSV")?, 229);
    let port: u16 = camera.last.split('|').nth(3).unwrap().parse()?;
    let stranger = Command::new("curl")
        .args(["-sS", "--max-time", "20", "--interface", "127.0.0.2", &format!("http://127.0.0.1:{port}/")])
        .output()?;
    let photo = std::fs::read(alice.photo("own.jpg", 1)?)?;
    assert_eq!(camera.ask("STOR own.jpg")?, 150);
    let mut own = TcpStream::connect(("127.0.0.1", port))?;
    own.write_all(&photo)?;
    drop(own);
    assert_eq!(camera.reply()?, 226);
    assert!(!stranger.status.success(), "a stranger's connection is closed");
    alice.until_moments(1)
}

/// A camera that says each word itself.
struct Ftp {
    control: BufReader<TcpStream>,
    last: String,
}

impl Ftp {
    fn connect(node: &Running) -> Result<Self> {
        let mut client =
            Self { control: BufReader::new(TcpStream::connect(node.address("ftp"))?), last: String::new() };
        client.wait_at_most(BOUND)?;
        assert_eq!(client.reply()?, 220);
        Ok(client)
    }

    fn wait_at_most(&self, time: Duration) -> Result<()> {
        Ok(self.control.get_ref().set_read_timeout(Some(time))?)
    }

    fn ask(&mut self, line: &str) -> Result<u16> {
        self.control.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        self.reply()
    }

    fn reply(&mut self) -> Result<u16> {
        self.last.clear();
        self.control.read_line(&mut self.last)?;
        let number = self.last.get(..3).context("the server hung up")?;
        Ok(number.parse()?)
    }

    fn has_ended(&mut self) -> Result<bool> {
        Ok(self.control.fill_buf()?.is_empty())
    }
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
