//! Taking an album home, and a folder in.

use std::fs;
use std::path::{Path, PathBuf};

use glow_api::{Caller, ExportFormat, ExportReceipt, GroupCreate, ImportReceipt, MomentCaption, MomentFavourite};
use serde_json::Value;

use crate::cast::{Person, Play, all_well, eventually};

const MANIFEST: &str = "afterglow-album.json";
/// A text that would be a script if anything took it for markup.
const HOSTILE: &str = "<script>alert(\"cake\" & 'wine')</script>";

impl Person {
    pub(crate) async fn export(&self, format: ExportFormat, path: &Path) -> ExportReceipt {
        self.engine().export(Caller::Owner, &self.group, format, path.to_owned(), |_| {}).await.unwrap()
    }

    pub(crate) async fn import(&self, folder: &Path) -> ImportReceipt {
        self.engine().import(Caller::Owner, &self.group, folder.to_owned(), |_| {}).await.unwrap()
    }

    async fn captions(&self, moment: &str, text: &str) {
        self.must(MomentCaption { group: self.group.clone(), moment: moment.into(), text: text.into() }).await;
    }
}

/// Alice with three photos: one has a caption and is a favourite.
async fn album(play: &Play) -> (Person, Vec<String>) {
    let mut alice = play.person("alice").await;
    alice.start_group("Anna & Ben").await;
    let samples = [0, 3, 5].map(|number| play.studio.photo(number).unwrap());
    let moments = alice.post(&samples.iter().collect::<Vec<_>>()).await.moments;
    alice.captions(&moments[0], HOSTILE).await;
    let (group, moment) = (alice.group.clone(), moments[0].clone());
    alice.must(MomentFavourite { group, moments: vec![moment], on: true }).await;
    (alice, moments)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join(MANIFEST)).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_has_a_folder_a_day_with_metadata_beside_each_photo() {
    let play = Play::new();
    let (alice, moments) = album(&play).await;
    let folder = play.folder.path().join("tree");
    let receipt = alice.export(ExportFormat::Tree, &folder).await;
    assert_eq!((receipt.written, receipt.skipped, receipt.missing), (3, 0, 0));

    let manifest = manifest(&folder);
    assert_eq!(manifest["fingerprint"]["fingerprint"], receipt.fingerprint);
    assert_eq!(manifest["moments"].as_array().unwrap().len(), 3);
    let first = manifest["moments"].as_array().unwrap().iter().find(|entry| entry["moment"] == moments[0]).unwrap();
    assert_eq!((&first["caption"], &first["author_name"]), (&HOSTILE.into(), &"alice".into()));
    let file = first["files"][0]["file"].as_str().unwrap();
    assert_eq!(fs::read(folder.join(file)).unwrap(), alice.posted[0].bytes().unwrap(), "bit for bit");
    assert!(file[..10].bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'), "{file} stands below its day");
    let xmp = fs::read_to_string(folder.join(format!("{file}.xmp"))).unwrap();
    for part in ["<rdf:li>alice</rdf:li>", "&lt;script&gt;", "xmp:Rating=\"5\"", "+02:00\""] {
        assert!(xmp.contains(part), "{part} in {xmp}");
    }
    assert!(!xmp.contains("GPS"), "she does not share places");

    let again = alice.export(ExportFormat::Tree, &folder).await;
    assert_eq!((again.written, again.skipped, again.bytes), (0, 3, 0), "what is there is not written again");
    assert_eq!(again.fingerprint, receipt.fingerprint);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_never_overwrites_a_file_of_somebody() {
    let play = Play::new();
    let (alice, _) = album(&play).await;
    let folder = play.folder.path().join("tree");
    alice.export(ExportFormat::Tree, &folder).await;
    let photo = files(&folder).into_iter().find(|path| path.extension().is_some_and(|is| is == "jpg")).unwrap();
    fs::write(&photo, "mine now").unwrap();
    let again = alice.export(ExportFormat::Tree, &folder).await;
    assert_eq!((again.written, again.skipped), (1, 2));
    assert_eq!(fs::read(&photo).unwrap(), b"mine now");
    assert!(glow_engine::verify_export(folder.clone()).await.unwrap().ok, "the manifest names the other one");

    let page = play.folder.path().join("page");
    fs::create_dir(&page).unwrap();
    fs::write(page.join("index.html"), "<h1>My own page</h1>").unwrap();
    let refused = alice.engine().export(Caller::Owner, &alice.group, ExportFormat::Web, page.clone(), |_| {}).await;
    assert_eq!(refused.unwrap_err().code, glow_api::ErrorCode::FileExists);
    assert_eq!(fs::read_to_string(page.join("index.html")).unwrap(), "<h1>My own page</h1>");
    let zip = play.file("album.zip", b"something");
    let refused = alice.engine().export(Caller::Owner, &alice.group, ExportFormat::Zip, zip, |_| {}).await;
    assert_eq!(refused.unwrap_err().code, glow_api::ErrorCode::FileExists);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_altered_byte_of_an_exported_album_is_found() {
    let play = Play::new();
    let (alice, _) = album(&play).await;
    let folder = play.folder.path().join("tree");
    let receipt = alice.export(ExportFormat::Tree, &folder).await;
    let verified = glow_engine::verify_export(folder.clone()).await.unwrap();
    assert!(verified.ok && verified.files == 3, "{verified:?}");
    assert_eq!(verified.fingerprint.fingerprint, receipt.fingerprint);

    let photos = files(&folder).into_iter().filter(|path| path.extension().is_some_and(|is| is == "jpg"));
    let photos = photos.collect::<Vec<_>>();
    let mut bytes = fs::read(&photos[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&photos[0], bytes).unwrap();
    fs::remove_file(&photos[1]).unwrap();
    let verified = glow_engine::verify_export(folder).await.unwrap();
    assert!(!verified.ok);
    assert_eq!((verified.different.len(), verified.missing.len()), (1, 1), "{verified:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zip_holds_the_same_as_a_tree() {
    let play = Play::new();
    let (alice, _) = album(&play).await;
    let (folder, path) = (play.folder.path().join("tree"), play.folder.path().join("album.zip"));
    alice.export(ExportFormat::Tree, &folder).await;
    alice.export(ExportFormat::Zip, &path).await;
    let mut zip = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let expected = files(&folder);
    assert_eq!(zip.len(), expected.len());
    for path in expected {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap();
        let mut bytes = vec![];
        std::io::copy(&mut zip.by_name(name).unwrap(), &mut bytes).unwrap();
        assert_eq!(bytes, fs::read(&path).unwrap(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_album_names_only_files_that_are_there_and_runs_nobodys_script() {
    let play = Play::new();
    let (alice, _) = album(&play).await;
    let folder = play.folder.path().join("web");
    let receipt = alice.export(ExportFormat::Web, &folder).await;
    let page = fs::read_to_string(folder.join("index.html")).unwrap();
    assert!(!page.contains("<script>alert") && page.contains("&lt;script&gt;alert"), "a caption is text");
    assert!(page.contains("<h1>Anna &amp; Ben</h1>") && page.contains(&receipt.words));
    let script = fs::read_to_string(folder.join("album.js")).unwrap();
    for word in ["fetch(", "XMLHttpRequest", "import(", "innerHTML", "://"] {
        assert!(!script.contains(word), "{word} needs a server, or is a hole");
    }
    let addresses = page.split(&['"'][..]).filter(|part| part.starts_with("media/") || part.starts_with("previews/"));
    let addresses = addresses.map(decoded).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(addresses.len(), 9, "an original and two previews each");
    for address in addresses {
        assert!(folder.join(&address).exists(), "{address}");
    }
    assert_eq!(alice.export(ExportFormat::Web, &folder).await.skipped, 3, "the second time replaces its own page");
}

fn decoded(address: &str) -> String {
    let (mut bytes, mut rest) = (vec![], address.as_bytes());
    while let Some((first, later)) = rest.split_first() {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&later[..2]).unwrap(), 16).unwrap());
            rest = &later[2..];
        } else {
            bytes.push(*first);
            rest = later;
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_stands_for_an_original_that_is_not_here_and_the_manifest_says_so() {
    let play = Play::new();
    let [mut alice, bob, carol] = play.three().await;
    bob.keeps_previews_only().await;
    let photo = play.studio.photo(1).unwrap();
    alice.post(&[&photo]).await;
    all_well(&[&alice, &carol]).await;
    bob.sees(&photo.name(), |moment| moment.screen == glow_api::Held::Complete).await;
    let folder = play.folder.path().join("tree");
    let receipt = bob.export(ExportFormat::Tree, &folder).await;
    assert_eq!((receipt.written, receipt.missing, receipt.previews_only), (0, 1, 1));
    let entry = &manifest(&folder)["moments"][0];
    assert_eq!((&entry["has_original"], &entry["files"][0]["kind"]), (&false.into(), &"preview".into()));
    assert_eq!(manifest(&folder)["fingerprint"]["lacking"], 1);
    let again = alice.import(&folder).await;
    assert_eq!((again.added, again.failed), (0, 0), "a preview is no photo to take in");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_album_comes_in_with_captions_times_and_names() {
    let play = Play::new();
    let (alice, _) = album(&play).await;
    let folder = play.folder.path().join("tree");
    alice.export(ExportFormat::Tree, &folder).await;
    let mut bob = play.person("bob").await;
    bob.start_group("At home").await;
    let survey = bob.engine().survey(Caller::Owner, folder.clone()).await.unwrap();
    assert_eq!((survey.files, survey.album.as_deref()), (3, Some("Anna & Ben")));
    assert_eq!(survey.others, 4, "metadata and manifest are no photos");

    let receipt = bob.import(&folder).await;
    assert_eq!((receipt.added, receipt.already_there, receipt.failed), (3, 0, 0), "{receipt:?}");
    let (hers, his) = (alice.timeline().await, bob.timeline().await);
    for (hers, his) in hers.iter().zip(&his) {
        assert_eq!((hers.captured_at_ms, hers.captured_offset_min), (his.captured_at_ms, his.captured_offset_min));
        assert_eq!(hers.favourite, his.favourite);
    }
    let captions = his.iter().map(|moment| moment.caption.as_str()).collect::<Vec<_>>();
    assert!(captions.contains(&format!("{HOSTILE}\n📷 alice").as_str()), "{captions:?}");
    assert!(captions.contains(&"📷 alice"), "a name is told as text");

    let again = bob.import(&folder).await;
    assert_eq!((again.added, again.already_there), (0, 3), "duplicates are one moment");
    assert_eq!(bob.timeline().await.len(), 3);
    let back = alice.import(&folder).await;
    assert_eq!((back.added, back.already_there), (0, 3), "what she captured she has");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_taken_in_with_the_folders_in_it_and_one_bad_file_fails_alone() {
    let play = Play::new();
    let mut alice = play.person("alice").await;
    alice.must(GroupCreate { title: "Before".into(), ends_at_ms: None }).await;
    alice.start_group("Old photos").await;
    let folder = play.folder.path().join("DCIM");
    fs::create_dir_all(folder.join("100/.trash")).unwrap();
    let [one, two] = [1, 4].map(|number| play.studio.photo(number).unwrap());
    fs::copy(&one.path, folder.join("a.jpg")).unwrap();
    fs::copy(&two.path, folder.join("100/B.JPG")).unwrap();
    fs::copy(&one.path, folder.join("100/copy of a.jpg")).unwrap();
    fs::copy(&two.path, folder.join("100/.trash/gone.jpg")).unwrap();
    fs::write(folder.join("100/broken.jpg"), "no photo").unwrap();
    fs::write(folder.join("notes.txt"), "no photo either").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(&folder, folder.join("100/round")).unwrap();
    fs::write(
        folder.join("a.jpg.xmp"),
        "<dc:description><rdf:Alt><rdf:li>the cake</rdf:li></rdf:Alt></dc:description>",
    )
    .unwrap();

    let survey = alice.engine().survey(Caller::Owner, folder.clone()).await.unwrap();
    assert_eq!((survey.files, survey.others, survey.folders), (4, 2, 2), "{survey:?}");
    let receipt = alice.import(&folder).await;
    assert_eq!((receipt.added, receipt.already_there, receipt.failed), (2, 1, 1), "{receipt:?}");
    assert_eq!(receipt.failures[0].name, "broken.jpg");
    let captions = alice.timeline().await.into_iter().map(|moment| moment.caption).collect::<Vec<_>>();
    assert!(captions.contains(&"the cake".to_owned()), "{captions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn long_work_is_told_and_can_be_stopped() {
    let play = Play::new();
    let (alice, _) = album(&play).await;
    let job = || async { alice.must(glow_api::JobGet { group: alice.group.clone() }).await.job };
    assert_eq!(job().await, None);
    let path = play.folder.path().join("tree");
    let started = glow_engine::Job::Export { format: ExportFormat::Tree, path: path.clone() };
    alice.engine().start_job(Caller::Owner, &alice.group, started).unwrap();
    let done =
        eventually("it is done", || async { job().await.filter(|job| job.state == glow_api::JobState::Done) }).await;
    assert_eq!((done.done, done.total), (3, 3));
    assert!(matches!(done.receipt, Some(glow_api::JobReceipt::Export(receipt)) if receipt.written == 3));
    alice.must(glow_api::JobStop { group: alice.group.clone() }).await;
    assert_eq!(job().await, None, "how it ended was read");
    assert!(path.join(MANIFEST).exists());
}
