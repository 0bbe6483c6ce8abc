//! The list of what was taken home: what each file is and what it hashes to, with the album's fingerprint. It is also what an
//! import reads captions, times and names from, and what an export is verified by.

use std::{
    fs::File,
    io::Read,
    path::{Component, Path},
};

use glow_api::{ApiError, ErrorCode, FingerprintView, Place};
use glow_model::limits;
use serde::{Deserialize, Serialize};

use super::layout::{FileKind, Item};
use crate::error::{ApiResult, IntoApi};

/// Its name.
pub(super) const NAME: &str = "afterglow-album.json";
const VERSION: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// What it is, for programs that find it.
    pub(super) afterglow_album: u32,
    pub(super) group: String,
    pub(super) title: String,
    pub(super) fingerprint: FingerprintView,
    pub(super) moments: Vec<Entry>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) moment: String,
    pub(super) author: String,
    #[serde(default)]
    pub(super) author_name: String,
    pub(super) captured_at_ms: u64,
    /// What the camera said, where its clock was corrected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) camera_said_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) captured_offset_min: Option<i16>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) caption: String,
    #[serde(default)]
    pub(super) favourite: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<Place>,
    /// Whether the original is among the files; where it is not, a preview stands for it, or nothing.
    pub(super) has_original: bool,
    pub(super) files: Vec<Listed>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Listed {
    /// Its path below the manifest, with forward slashes.
    pub(super) file: String,
    pub(super) kind: FileKind,
    pub(super) size_bytes: u64,
    pub(super) blake3: String,
}

/// What verifying an export found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Whether every file is there, byte for byte.
    pub ok: bool,
    /// Files that the manifest lists.
    pub files: u32,
    /// Those that are not there.
    pub missing: Vec<String>,
    /// Those that differ.
    pub different: Vec<String>,
    /// What was exported.
    pub fingerprint: FingerprintView,
}

impl Manifest {
    pub(super) fn new(group: String, title: String, fingerprint: FingerprintView) -> Self {
        Self { afterglow_album: VERSION, group, title, fingerprint, moments: Vec::new() }
    }

    /// Reads the manifest of a folder; nothing where there is none.
    pub(super) fn read(folder: &Path) -> ApiResult<Option<Self>> {
        let file = match File::open(folder.join(NAME)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(IntoApi::into_api)?,
        };
        let mut bytes = Vec::new();
        file.take(limits::ALBUM_MANIFEST_BYTES + 1).read_to_end(&mut bytes).map_err(IntoApi::into_api)?;
        let damaged = || ApiError::new(ErrorCode::DamagedFile, format!("{NAME} is damaged or of a newer version"));
        if bytes.len() as u64 > limits::ALBUM_MANIFEST_BYTES {
            return Err(damaged());
        }
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        if manifest.afterglow_album != VERSION { Err(damaged()) } else { Ok(Some(manifest)) }
    }
}

impl Entry {
    pub(super) fn of(item: &Item, files: Vec<Listed>) -> Self {
        Self {
            moment: item.row.id.to_string(),
            author: item.row.author.to_string(),
            author_name: item.author.clone(),
            captured_at_ms: item.row.corrected_ms(),
            camera_said_ms: (item.row.shift_ms != 0).then_some(item.row.captured_ms),
            captured_offset_min: item.row.offset_min,
            caption: item.row.caption.clone(),
            favourite: item.row.favourite,
            place: item.row.place.map(crate::view::place),
            has_original: files.iter().any(|listed| listed.kind == FileKind::Original),
            files,
        }
    }
}

/// Reads every file that the manifest in a folder lists.
///
/// # Errors
/// [`ErrorCode::NotHere`] without a manifest, [`ErrorCode::DamagedFile`], [`ErrorCode::Unreadable`].
pub async fn verify_export(folder: std::path::PathBuf) -> Result<Verified, ApiError> {
    super::stoppable(move |stop| {
        let none = || ApiError::new(ErrorCode::NotHere, format!("there is no {NAME} in {}", folder.display()));
        let manifest = Manifest::read(&folder)?.ok_or_else(none)?;
        let (mut missing, mut different, mut files) = (Vec::new(), Vec::new(), 0);
        for listed in manifest.moments.into_iter().flat_map(|entry| entry.files) {
            stop.check()?;
            files += 1;
            if !is_inside(&listed.file) {
                different.push(listed.file);
                continue;
            }
            match hash(&folder.join(&listed.file)) {
                Ok(found) if found == (listed.size_bytes, listed.blake3.clone()) => {}
                Ok(_) => different.push(listed.file),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => missing.push(listed.file),
                Err(error) => return Err(error.into_api()),
            }
        }
        let ok = missing.is_empty() && different.is_empty();
        ApiResult::Ok(Verified { ok, files, missing, different, fingerprint: manifest.fingerprint })
    })
    .await
}

/// Whether a path that somebody wrote stays below the folder it stands in.
pub(super) fn is_inside(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fn hash(path: &Path) -> std::io::Result<(u64, String)> {
    let mut hasher = blake3::Hasher::new();
    let size = std::io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok((size, hasher.finalize().to_hex().to_string()))
}
