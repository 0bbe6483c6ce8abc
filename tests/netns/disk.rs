//! Disks without room: a file system of its own below one device's data.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use glow_api::{Blocked, Held, StorageView};
use tests::node::Node;
use tests::poll;

use crate::cast::{BOUND, Cast, home};

/// `afterglow`'s exit code for it.
const DISK_FULL: i32 = 6;
/// A node keeps a disk with less than 500 MB free to previews; this has more, and takes only the memory of what is on it.
const ROOMY: &str = "2g";
/// It looks again every ten seconds; then the originals come.
const LOOKS_AGAIN: Duration = Duration::from_secs(60);

/// A file system in memory, mounted where a device keeps its data.
struct Disk(PathBuf);

impl Disk {
    /// The device has ended, and begins anew on an empty disk of this size.
    fn below(node: &mut Node, size: &str) -> Self {
        node.stop().unwrap();
        let disk = Self(node.data_dir());
        mount(&disk.0, &format!("size={size}"));
        node.start().unwrap();
        disk
    }

    fn resize(&self, size: &str) {
        mount(&self.0, &format!("remount,size={size}"));
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A node that still runs after a test has failed keeps it busy: it goes once that node has gone.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount(at: &Path, options: &str) {
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).status().unwrap();
    assert!(mounted.success(), "mount -o {options} {}: {mounted}", at.display());
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_there() {
    let Some(mut cast) = Cast::start(home(2)) else { return };
    let disk = Disk::below(&mut cast.nodes[0], "2500k");
    cast.gather();
    let (small, large) = (cast.studio.photo(1).unwrap(), cast.studio.photo(8).unwrap());
    cast.post(0, std::slice::from_ref(&small));
    cast.nodes[0].stop().unwrap();
    let path = large.path.display().to_string();
    let ended = cast.nodes[0].attempt(&["post", "--wait", "0", &path]).unwrap();
    assert_eq!(ended.code, DISK_FULL, "{ended:?}");
    assert!(ended.stderr.contains("disk is full"), "{ended:?}");
    let names = cast.nodes[0].timeline().unwrap().into_iter().map(|moment| moment.file_name).collect::<Vec<_>>();
    assert_eq!(names, [small.name()], "what was there stays, of the other nothing is visible");
    let checked = cast.nodes[0].attempt(&["store", "check"]).unwrap();
    assert_eq!(checked.code, 0, "{checked:?}");

    disk.resize(ROOMY);
    cast.nodes[0].start().unwrap();
    cast.post(0, std::slice::from_ref(&large));
    cast.all_well(BOUND);
    cast.rest();
}

#[test]
fn a_disk_nearly_full_keeps_previews_and_has_everything_once_there_is_room() {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    let disk = Disk::below(&mut cast.nodes[2], "100m");
    cast.gather();
    let photos = cast.photos(0..6);
    cast.post(0, &photos[..3]);
    cast.post(1, &photos[3..]);
    poll::until_true("carol has all previews, and says why no original comes", BOUND, || {
        let timeline = cast.nodes[2].timeline()?;
        let has_previews = |moment: &glow_api::MomentView| {
            [&moment.grid, &moment.screen].iter().all(|held| matches!(held, Held::Complete))
        };
        let is_told = storage(&cast.nodes[2])?.blocked == Some(Blocked::DiskLow);
        Ok(timeline.len() == photos.len() && timeline.iter().all(has_previews) && is_told)
    })
    .unwrap();
    let timeline = cast.nodes[2].timeline().unwrap();
    assert!(timeline.iter().all(|moment| !matches!(moment.original, Held::Complete)), "originals wait");

    disk.resize(ROOMY);
    let took = cast.all_well(LOOKS_AGAIN);
    eprintln!("all originals {took:?} after there was room");
    cast.exports_hold();
    cast.all_well(BOUND);
    cast.rest();
}

fn storage(node: &Node) -> anyhow::Result<StorageView> {
    Ok(serde_json::from_value(node.call(&["storage"])?)?)
}
