//! Taking home: originals with their metadata in a folder a day, the same as one ZIP, or a web album that opens from the disk.
//!
//! Own captures are written as they were, bit for bit. A file that is there already is not written again, so an export that
//! was interrupted goes on where it ended; somebody's own file of the same name stays. Where an original is not here a
//! preview stands for it, and the manifest says so.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

use glow_api::{ApiError, Caller, ErrorCode, ExportFormat, ExportReceipt};

use super::{
    HomeProgress, Stop,
    layout::{self, FileKind, Item, ItemFile},
    manifest::{self, Entry, Listed, Manifest},
    sidecar,
    sink::{Folder, Sink, Zip},
    stoppable, web,
};
use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, internal},
    group::Group,
};

impl Engine {
    /// Writes the album into a folder, or a ZIP into a file that is not there yet.
    ///
    /// # Errors
    /// [`glow_api::ErrorCode::Unreadable`] when it cannot be written, [`glow_api::ErrorCode::FileExists`],
    /// [`glow_api::ErrorCode::DiskFull`].
    pub async fn export(
        &self,
        caller: Caller,
        group: &str,
        format: ExportFormat,
        path: PathBuf,
        progress: impl Fn(HomeProgress) + Send + Sync + 'static,
    ) -> Result<ExportReceipt, ApiError> {
        crate::guest::require_owner(caller)?;
        let group = self.group(group)?;
        stoppable(move |stop| match format {
            ExportFormat::Tree => run(&group, Shape::Tree, Box::new(Folder::open(&path)?), &stop, &progress),
            ExportFormat::Web => run(&group, Shape::Web, Box::new(Folder::open(&path)?), &stop, &progress),
            ExportFormat::Zip => to_zip_file(&group, &path, &stop, &progress),
        })
        .await
    }

    /// Writes the album as a ZIP, or the web album in one, and hands the bytes over as they are made.
    ///
    /// # Errors
    /// What `write` says.
    pub async fn export_to(
        &self,
        caller: Caller,
        group: &str,
        format: ExportFormat,
        write: impl Write + Send + 'static,
    ) -> Result<ExportReceipt, ApiError> {
        crate::guest::require_owner(caller)?;
        let group = self.group(group)?;
        let shape = match format {
            ExportFormat::Tree | ExportFormat::Zip => Shape::Tree,
            ExportFormat::Web => Shape::Web,
        };
        stoppable(move |stop| run(&group, shape, Box::new(Zip::new(write)), &stop, &|_| ())).await
    }
}

/// How files lie beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Tree,
    Web,
}

/// The ZIP appears under its name when it is whole.
fn to_zip_file(
    group: &Arc<Group>,
    path: &Path,
    stop: &Stop,
    progress: &dyn Fn(HomeProgress),
) -> ApiResult<ExportReceipt> {
    super::require_free(path)?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = tempfile::NamedTempFile::new_in(folder).map_err(IntoApi::into_api)?;
    let file: File = temporary.reopen().map_err(IntoApi::into_api)?;
    let receipt = run(group, Shape::Tree, Box::new(Zip::new(file)), stop, progress)?;
    temporary.as_file().sync_all().map_err(IntoApi::into_api)?;
    temporary.persist_noclobber(path).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => super::exists(),
        _ => error.error.into_api(),
    })?;
    Ok(receipt)
}

fn run(
    group: &Arc<Group>,
    shape: Shape,
    sink: Box<dyn Sink + '_>,
    stop: &Stop,
    progress: &dyn Fn(HomeProgress),
) -> ApiResult<ExportReceipt> {
    let mut export = Export {
        group,
        shape,
        sink,
        receipt: ExportReceipt::default(),
        moments: Vec::new(),
        album: web::Album::default(),
    };
    layout::each(group, stop, |item, done, total| {
        export.item(&item)?;
        progress(HomeProgress { done, total, bytes: export.receipt.bytes });
        Ok(())
    })?;
    export.finish()
}

struct Export<'a> {
    group: &'a Arc<Group>,
    shape: Shape,
    sink: Box<dyn Sink + 'a>,
    receipt: ExportReceipt,
    moments: Vec<Entry>,
    album: web::Album,
}

impl Export<'_> {
    fn item(&mut self, item: &Item) -> ApiResult<()> {
        let mut listed = Vec::new();
        for file in &item.files {
            listed.extend(self.file(item, file, &self.path(item, file))?);
        }
        let has_original = listed.iter().any(|listed| listed.kind == FileKind::Original);
        let shown = if self.shape == Shape::Web { item.previews.len() } else { usize::from(!has_original) };
        for preview in item.previews.iter().take(shown) {
            listed.extend(self.file(item, preview, &self.path(item, preview))?);
        }
        if !has_original {
            self.receipt.missing += 1;
            self.receipt.previews_only += u32::from(!listed.is_empty());
        }
        if self.shape == Shape::Tree
            && let Some(first) = listed.first()
        {
            // One that another program wrote since stays: it knows more than we do.
            self.sink.put_text(&format!("{}.xmp", first.file), &sidecar::xmp(item), sidecar::MARK)?;
        }
        if self.shape == Shape::Web {
            self.album.add(item, &listed);
        }
        self.moments.push(Entry::of(item, listed));
        Ok(())
    }

    fn path(&self, item: &Item, file: &ItemFile) -> String {
        let (day, stem, ending) = (&item.day, &item.stem, &file.ending);
        match (self.shape, file.kind) {
            (Shape::Tree, FileKind::Original | FileKind::Motion) => format!("{day}/{stem}.{ending}"),
            (Shape::Tree, FileKind::Preview) => format!("{day}/{stem} preview.{ending}"),
            (Shape::Web, FileKind::Original | FileKind::Motion) => format!("media/{stem}.{ending}"),
            (Shape::Web, FileKind::Preview) => format!("previews/{stem} {}.{ending}", web::preview_name(file.part)),
        }
    }

    /// Writes one file; nothing where it turned out to be damaged.
    fn file(&mut self, item: &Item, file: &ItemFile, path: &str) -> ApiResult<Option<Listed>> {
        let Some(sound) = file.prove(self.group)? else {
            return Ok(None);
        };
        let put = self.sink.put(path, &sound, item.row.corrected_ms())?;
        if put.is_new {
            self.receipt.bytes += sound.size;
        }
        if file.kind != FileKind::Preview {
            self.receipt.written += u32::from(put.is_new);
            self.receipt.skipped += u32::from(!put.is_new);
        }
        Ok(Some(Listed {
            file: put.path,
            kind: file.kind,
            size_bytes: sound.size,
            blake3: sound.hash.to_hex().to_string(),
        }))
    }

    /// Writes a text without which the album is none.
    fn text(&mut self, name: &str, text: &str, mark: &str) -> ApiResult<()> {
        if self.sink.put_text(name, text, mark)? {
            return Ok(());
        }
        let message = format!("There is a file {name} that is not of Afterglow, and it stays: choose another folder.");
        Err(ApiError::new(ErrorCode::FileExists, message).with("file", name))
    }

    /// Every byte was read: what is told of the album counts what was found damaged on the way.
    fn finish(mut self) -> ApiResult<ExportReceipt> {
        let fingerprint = super::fingerprint(&self.group.store)?;
        let title = self.group.membership().genesis().map(|genesis| genesis.title.clone()).unwrap_or_default();
        if self.shape == Shape::Web {
            for (name, text) in self.album.pages(&title, &fingerprint) {
                self.text(name, &text, web::MARK)?;
            }
        }
        let mut manifest = Manifest::new(self.group.id.to_string(), title, fingerprint.clone());
        manifest.moments = std::mem::take(&mut self.moments);
        let json = serde_json::to_string_pretty(&manifest).map_err(|error| internal(&error))?;
        self.text(manifest::NAME, &json, "\"afterglow_album\"")?;
        self.sink.finish()?;
        Ok(ExportReceipt { fingerprint: fingerprint.fingerprint, words: fingerprint.words, ..self.receipt })
    }
}
