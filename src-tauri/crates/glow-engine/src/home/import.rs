//! Taking in a folder: what is in it is counted first, then added like any capture. From an exported album captions, times and
//! names come along; a name that is not that of the one who imports becomes part of the caption, for nobody can post for others.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use glow_api::{ApiError, Caller, ImportReceipt, ImportSurvey};
use glow_model::{Body, Caption, OperationId, clean_text, limits};

use super::{
    HomeProgress,
    layout::FileKind,
    manifest::{Entry, Manifest},
    stoppable,
    text::unescape,
};
use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::Group,
    pipeline::ingest::{self, CaptureFile},
    view,
};

/// Files added at once: enough for every core, few enough to stop soon.
const BATCH: usize = 32;
/// Names of photos and clips end so.
const ENDINGS: [&str; 20] = [
    "jpg", "jpeg", "jpe", "png", "webp", "gif", "heic", "heif", "hif", "avif", "tif", "tiff", "mp4", "m4v", "mov",
    "qt", "webm", "mkv", "3gp", "3g2",
];

impl Engine {
    /// Counts what a folder holds, and the folders in it.
    ///
    /// # Errors
    /// [`glow_api::ErrorCode::Unreadable`], [`glow_api::ErrorCode::BadRequest`] for more than can be taken in.
    pub async fn survey(&self, caller: Caller, folder: PathBuf) -> Result<ImportSurvey, ApiError> {
        crate::guest::require_owner(caller)?;
        stoppable(move |_| Found::look(&folder)).await.map(|found| found.survey)
    }

    /// Adds what a folder holds. Duplicates are one moment; one bad file fails alone.
    ///
    /// # Errors
    /// As [`Engine::survey`] and [`Engine::post`].
    pub async fn import(
        &self,
        caller: Caller,
        group: &str,
        folder: PathBuf,
        progress: impl Fn(HomeProgress) + Send + Sync + 'static,
    ) -> Result<ImportReceipt, ApiError> {
        crate::guest::require_owner(caller)?;
        let group = self.group(group)?;
        let found = stoppable(move |_| Found::look(&folder)).await?;
        let total = view::count(found.files.len());
        let (mut receipt, mut done, mut bytes) = (ImportReceipt::default(), 0, 0);
        for batch in batches(&found.files) {
            let posted = self.import_batch(&group, batch, &mut receipt).await?;
            for (path, moment) in posted {
                if let Some(told) = found.told.get(&path) {
                    receipt.captions += u32::from(tell(&group, moment, told).await?);
                }
            }
            done += view::count(batch.len());
            bytes += batch.iter().map(|file| file.bytes).sum::<u64>();
            progress(HomeProgress { done, total, bytes });
        }
        Ok(receipt)
    }

    async fn import_batch(
        &self,
        group: &Arc<Group>,
        batch: &[FoundFile],
        receipt: &mut ImportReceipt,
    ) -> ApiResult<Vec<(PathBuf, OperationId)>> {
        let files = batch.iter().map(|file| file.capture.clone()).collect();
        let mut posted = Vec::new();
        let on_posted = |path: &Path, moment| posted.push((path.to_owned(), moment));
        let (tools, scratch) = (&self.inner.tools, self.inner.directory.incoming());
        let came = ingest::post_each(group, tools, &scratch, files, |_| (), on_posted).await?;
        receipt.added += view::count(came.moments.len()).saturating_sub(came.already_there);
        receipt.already_there += came.already_there;
        let room = limits::IMPORT_FAILURES.saturating_sub(receipt.failures.len());
        receipt.failed += view::count(came.failures.len());
        receipt.failures.extend(came.failures.into_iter().take(room));
        Ok(posted)
    }
}

/// What is in a folder.
struct Found {
    files: Vec<FoundFile>,
    /// What an album or a metadata file says of files.
    told: BTreeMap<PathBuf, Told>,
    survey: ImportSurvey,
}

struct FoundFile {
    capture: CaptureFile,
    bytes: u64,
}

/// What is known of a file beside its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Told {
    caption: String,
    author: String,
    captured_ms: Option<u64>,
    favourite: bool,
}

impl Found {
    fn look(folder: &Path) -> ApiResult<Self> {
        if !fs::metadata(folder).map_err(IntoApi::into_api)?.is_dir() {
            return Err(bad_request("this is no folder: add the file itself"));
        }
        let mut found = Self { files: Vec::new(), told: BTreeMap::new(), survey: ImportSurvey::default() };
        found.walk(folder, 0)?;
        found.files.sort_by(|a, b| a.capture.path.cmp(&b.capture.path));
        if let Some(manifest) = Manifest::read(folder)? {
            found.take_album(folder, manifest);
        } else {
            found.read_sidecars();
        }
        for file in &mut found.files {
            let told_ms = found.told.get(&file.capture.path).and_then(|told| told.captured_ms);
            file.capture.modified_at_ms = told_ms.and_then(|ms| i64::try_from(ms).ok()).or(file.capture.modified_at_ms);
        }
        found.survey.files = view::count(found.files.len());
        found.survey.bytes = found.files.iter().map(|file| file.bytes).sum();
        Ok(found)
    }

    /// Links are not followed: a folder cannot hold more than is in it.
    fn walk(&mut self, folder: &Path, depth: usize) -> ApiResult<()> {
        self.survey.folders += 1;
        for entry in fs::read_dir(folder).map_err(IntoApi::into_api)? {
            let entry = entry.map_err(IntoApi::into_api)?;
            let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
            let metadata = entry.metadata().map_err(IntoApi::into_api)?;
            if name.starts_with('.') || metadata.is_symlink() {
                continue;
            }
            if metadata.is_dir() && depth < limits::IMPORT_DEPTH {
                self.walk(&path, depth + 1)?;
            } else if metadata.is_file() && is_media(&path) {
                let modified = metadata.modified().ok();
                let since = modified.and_then(|time| time.duration_since(std::time::SystemTime::UNIX_EPOCH).ok());
                let modified_at_ms = since.and_then(|since| i64::try_from(since.as_millis()).ok());
                self.files
                    .push(FoundFile { capture: CaptureFile { path, name, modified_at_ms }, bytes: metadata.len() });
            } else if metadata.is_file() {
                self.survey.others += 1;
            }
            if self.files.len() > limits::IMPORT_FILES {
                return Err(bad_request(format!(
                    "more than {} files: take in one folder after another",
                    limits::IMPORT_FILES
                )));
            }
        }
        Ok(())
    }

    /// An exported album says of each file what it is. Previews stand for originals that were not there: they are no photos.
    fn take_album(&mut self, folder: &Path, manifest: Manifest) {
        let mut previews = std::collections::BTreeSet::new();
        for entry in manifest.moments {
            let told = Told::of(&entry);
            for listed in entry.files.into_iter().filter(|listed| super::manifest::is_inside(&listed.file)) {
                let path = folder.join(&listed.file);
                match listed.kind {
                    FileKind::Preview => drop(previews.insert(path)),
                    FileKind::Original | FileKind::Motion => drop(self.told.insert(path, told.clone())),
                }
            }
        }
        self.files.retain(|file| !previews.contains(&file.capture.path));
        self.survey.album = Some(manifest.title);
    }

    fn read_sidecars(&mut self) {
        for file in &self.files {
            if let Some(told) = read_sidecar(&file.capture.path) {
                self.told.insert(file.capture.path.clone(), told);
            }
        }
    }
}

impl Told {
    fn of(entry: &Entry) -> Self {
        Self {
            caption: entry.caption.clone(),
            author: entry.author_name.clone(),
            captured_ms: Some(entry.captured_at_ms),
            favourite: entry.favourite,
        }
    }
}

/// Batches in which the files of one name, which may be the two of a Live Photo, stay together.
fn batches(files: &[FoundFile]) -> impl Iterator<Item = &[FoundFile]> {
    let mut rest = files;
    std::iter::from_fn(move || {
        let mut end = BATCH.min(rest.len());
        let stem = |file: &FoundFile| file.capture.path.with_extension("");
        while end > 0 && end < rest.len() && stem(&rest[end - 1]) == stem(&rest[end]) {
            end += 1;
        }
        let (batch, later) = rest.split_at(end);
        rest = later;
        (!batch.is_empty()).then_some(batch)
    })
}

fn is_media(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    ENDINGS.contains(&ending.as_str())
}

/// Writes the caption of an own moment that has none, and notes a favourite.
async fn tell(group: &Arc<Group>, moment: OperationId, told: &Told) -> ApiResult<bool> {
    let this = group.clone();
    let Some(row) = blocking(move || this.store.moment(moment)).await? else { return Ok(false) };
    if told.favourite && !row.favourite {
        let (this, id) = (group.clone(), row.id);
        let changes = blocking(move || this.store.set_favourite(&[id], true)).await?;
        group.bus.changed(group.id, &changes);
    }
    let membership = group.membership();
    let me = membership.members().get(&group.me).and_then(|member| member.profile.as_ref());
    let is_mine = me.is_some_and(|profile| profile.name == told.author);
    let text = match (told.caption.as_str(), told.author.as_str()) {
        (caption, "") => caption.to_owned(),
        (caption, _) if is_mine => caption.to_owned(),
        ("", author) => format!("📷 {author}"),
        (caption, author) => format!("{caption}\n📷 {author}"),
    };
    let Some(text) = clean_text(&text, limits::CAPTION_CHARS).filter(|text| !text.is_empty()) else { return Ok(false) };
    if row.author != group.me || !row.caption.is_empty() {
        return Ok(false);
    }
    group.author(Body::Caption(Caption { moment: row.id, replaces: row.caption_head, text }), None).await?;
    Ok(true)
}

/// What a metadata file beside a photo says: `photo.jpg.xmp`, or `photo.xmp`.
fn read_sidecar(photo: &Path) -> Option<Told> {
    let mut beside = photo.as_os_str().to_owned();
    beside.push(".xmp");
    let file = fs::File::open(&beside).or_else(|_| fs::File::open(photo.with_extension("xmp"))).ok()?;
    let mut text = String::new();
    file.take(limits::SIDECAR_BYTES).read_to_string(&mut text).ok()?;
    let told = read_xmp(&text);
    (told != Told::default()).then_some(told)
}

fn read_xmp(text: &str) -> Told {
    let item = |element: &str| {
        let inside = between(text, &format!("<{element}>"), &format!("</{element}>"))?;
        let (_, rest) = inside.split_once("<rdf:li")?;
        let (_, rest) = rest.split_once('>')?;
        Some(unescape(rest.split_once("</rdf:li>")?.0).trim().to_owned())
    };
    let date =
        between(text, "xmp:CreateDate=\"", "\"").or_else(|| between(text, "<xmp:CreateDate>", "</xmp:CreateDate>"));
    let captured = date.and_then(|date| date.parse::<jiff::Timestamp>().ok());
    Told {
        caption: item("dc:description").unwrap_or_default(),
        author: item("dc:creator").unwrap_or_default(),
        captured_ms: captured.and_then(|at| u64::try_from(at.as_millisecond()).ok()),
        favourite: text.contains("xmp:Rating=\"5\"") || text.contains("<xmp:Rating>5</xmp:Rating>"),
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    text.split_once(from)?.1.split_once(to).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metadata_file_of_others_is_read_as_ours_is() {
        let ours = "<rdf:Description xmp:CreateDate=\"2026-05-01T12:00:00+02:00\" xmp:Rating=\"5\">
            <dc:creator><rdf:Seq><rdf:li>Anna &amp; Ben</rdf:li></rdf:Seq></dc:creator>
            <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">a &lt; b</rdf:li></rdf:Alt></dc:description>";
        let theirs = "<rdf:Description><xmp:CreateDate>2026-05-01T10:00:00Z</xmp:CreateDate><xmp:Rating>5</xmp:Rating>
            <dc:creator>\n<rdf:Seq>\n<rdf:li>Anna &amp; Ben</rdf:li></rdf:Seq></dc:creator>
            <dc:description><rdf:Alt><rdf:li xml:lang='x-default'>a &lt; b</rdf:li></rdf:Alt></dc:description>";
        let told = Told {
            caption: "a < b".into(),
            author: "Anna & Ben".into(),
            captured_ms: Some(1_777_629_600_000),
            favourite: true,
        };
        assert_eq!(read_xmp(ours), told);
        assert_eq!(read_xmp(theirs), told);
        assert_eq!(read_xmp("<dc:creator><rdf:li"), Told::default(), "cut short");
    }

    #[test]
    fn files_of_one_name_come_together() {
        let file = |name: &str| FoundFile {
            capture: CaptureFile { path: name.into(), name: name.into(), modified_at_ms: None },
            bytes: 1,
        };
        let mut files: Vec<FoundFile> = (0..BATCH - 1).map(|n| file(&format!("{n:03}.jpg"))).collect();
        files.extend([file("IMG.heic"), file("IMG.mov"), file("z.jpg")]);
        let sizes: Vec<usize> = batches(&files).map(<[FoundFile]>::len).collect();
        assert_eq!(sizes, [BATCH + 1, 1]);
    }
}
