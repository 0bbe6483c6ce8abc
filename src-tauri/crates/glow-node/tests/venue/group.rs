//! The group that a box holds: its members, its guests, and what it holds without reading it.

use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::play::{Play, said, until};
use crate::support::{Device, PHOTO, Running};

/// What is promised of `curl -T`, by FTP and by WebDAV, to the picture on three members, on a machine with nothing else to do.
const PROMISED: Duration = Duration::from_secs(3);
/// How often that a machine may take which compiles and runs other tests meanwhile.
const BUSY: u32 = 4;

#[test]
fn three_members_have_what_the_camera_sends() -> Result<()> {
    let alice = Device::new()?;
    let node = alice.start(&["--group", "Harbour"])?;
    let link = node.ready["link"].as_str().unwrap();
    let members = (0..3).map(|_| Member::joins(link)).collect::<Result<Vec<_>>>()?;
    for photo in 0..6 {
        let door = ["ftp", "webdav"][photo % 2];
        let file = alice.photo("camera.jpg", 7 + u32::try_from(photo)?)?;
        let original = std::fs::read(&file)?;
        std::fs::write(&file, [&original[..20], &large_comments(), &original[20..]].concat())?;
        let start = Instant::now();
        assert!(node.upload(door, &file, &["--fail"])?.status.success());
        let took = |what: fn(&Has) -> usize| -> Result<u128> {
            let there = members.iter().map(|member| member.until(start, |has| what(has) == photo + 1));
            Ok(there.collect::<Result<Vec<_>>>()?.into_iter().max().unwrap_or_default().as_millis())
        };
        let (picture, whole) = (took(|has| has.pictures)?, took(|has| has.originals)?);
        eprintln!("curl -T by {door} to three members: {picture} ms to the picture, {whole} ms to the original");
    }
    Ok(())
}

/// Somebody with the app, whose device tells what comes.
struct Member {
    _node: Running,
    told: Receiver<(Instant, Has)>,
    last: Cell<(Instant, Has)>,
}

/// Moments of which a device has the picture, and those of which it has the original.
#[derive(Clone, Copy, Default)]
struct Has {
    pictures: usize,
    originals: usize,
}

impl Member {
    fn joins(link: &str) -> Result<Self> {
        let device = Device::new()?;
        let mut node = Running::of(&mut device.command(&["--json", "run"]))?;
        device.json(&["join", link])?;
        let mut lines = node.lines.take().context("it speaks")?;
        let (tell, told) = channel();
        std::thread::spawn(move || -> Result<()> {
            let (mut line, mut is_news) = (String::new(), false);
            while lines.read_line(&mut line)? > 0 {
                is_news |= line.contains("timeline_changed");
                line.clear();
                // One question for all that was said at once.
                if is_news && lines.buffer().is_empty() {
                    let has = Has::of(&device)?;
                    tell.send((Instant::now(), has))?;
                    is_news = false;
                }
            }
            Ok(())
        });
        Ok(Self { _node: node, told, last: Cell::new((Instant::now(), Has::default())) })
    }

    /// How long after `start` its device had it.
    fn until(&self, start: Instant, holds: impl Fn(&Has) -> bool) -> Result<Duration> {
        while !holds(&self.last.get().1) {
            let rest = (PROMISED * BUSY).saturating_sub(start.elapsed());
            let Ok(news) = self.told.recv_timeout(rest) else {
                bail!("not within {BUSY} times the {PROMISED:?} that are promised");
            };
            self.last.set(news);
        }
        Ok(self.last.get().0 - start)
    }
}

impl Has {
    fn of(device: &Device) -> Result<Self> {
        let page = device.json(&["timeline"])?;
        let moments = page["moments"].as_array().context("a page has moments")?;
        let complete = |part: &str| moments.iter().filter(|moment| moment[part]["state"] == "complete").count();
        Ok(Self { pictures: complete("grid"), originals: complete("original") })
    }
}

/// Comments of a JPEG that make a photo as large as a camera's.
fn large_comments() -> Vec<u8> {
    [&[0xFF, 0xFE, 0xFF, 0xFF], vec![b' '; 65_533].as_slice()].concat().repeat(48)
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
fn what_comes_into_the_watched_folder_while_a_box_is_off_goes_out_when_it_is_on() -> Result<()> {
    let alice = Device::new()?;
    let card = alice.path("card");
    let watch = ["--group", "Harbour", "--watch-delay", "1s", "--watch"];
    let start = |folder: &str| alice.start(&[watch.as_slice(), &[alice.path(folder).to_str().unwrap()]].concat());
    let node = start("card")?;
    std::fs::create_dir(&card)?;
    alice.photo("card/IMG_1.JPG", 1)?;
    alice.until_moments(1).context("a folder that was not there at the start")?;
    alice.photo("card/IMG_2.JPG", 2)?;
    // The power goes before that one has rested.
    drop(node);
    alice.photo("card/IMG_3.JPG", 3)?;
    let node = start("card")?;
    alice.until_moments(3)?;
    std::fs::write(card.join("note.jpg"), "no photo")?;
    until(
        "what fails is told with the camera's failures",
        || Ok(alice.camera()?["failures"][0]["name"] == "note.jpg"),
    )?;
    drop(node);
    std::fs::create_dir(alice.path("old"))?;
    alice.photo("old/OLD.JPG", 4)?;
    let node = start("old")?;
    alice.photo("old/NEW.JPG", 5)?;
    alice.until_moments(4)?;
    let names: Vec<_> = alice.json(&["timeline"])?["moments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moment| moment["file_name"].as_str().unwrap().to_owned())
        .collect();
    assert!(!names.contains(&"OLD.JPG".to_owned()), "what was in another folder before stays there: {names:?}");
    drop(node);
    let _node = alice.start(&["--group", "Harbour"])?;
    assert_eq!(alice.json(&["watch"])?["state"], "off", "without the wish nothing is watched");
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
fn a_box_that_lets_guests_in_says_what_plain_http_cannot_do() -> Result<()> {
    let alice = Device::new()?;
    let mut told = alice
        .command(&["box", "--page-port", "0", "--guests", "--guests-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let ready = BufReader::new(told.stdout.take().context("it speaks")?).lines().find_map(|line| {
        let line = line.ok()?;
        line.contains("Ctrl-C ends the box").then_some(())
    });
    told.kill()?;
    let said = String::from_utf8(told.wait_with_output()?.stderr)?;
    ready.with_context(|| said.clone())?;
    ensure!(said.contains("can alter the page on its way"), "{said}");
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
    let blind = ["--json", "box", "--page-port", "0", "--blind", "--name", "Vault", "--join", &link];
    let _box = Running::of(&mut vault.command(&blind))?;
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
