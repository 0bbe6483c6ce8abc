//! Care for stored data while no engine runs: rebuild what is derived, check everything.

use std::{fmt, path::Path};

use glow_api::{ApiError, ErrorCode, FingerprintView};
use glow_blobs::BlobStore;
use glow_model::{BlobId, Body, GroupId, Verified};
use glow_store::{DeviceStore, GroupState, GroupStore};
use serde::Serialize;

use crate::{
    directory::{Directory, GroupDirectory},
    error::{ApiResult, IntoApi, blocking},
    home::fingerprint,
    pipeline::accept::{self, Intake},
    secrets::Secrets,
};

/// What rebuilding one group came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RebuildReport {
    /// The group.
    pub group: String,
    /// Operations folded.
    pub operations: u64,
    /// What the album is, as far as it was noted what is here.
    pub fingerprint: FingerprintView,
}

/// What checking one group came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The group.
    pub group: String,
    /// Whether nothing is wrong.
    pub ok: bool,
    /// What is wrong, in words.
    pub problems: Vec<String>,
    /// Blobs whose bytes do not match their id: set aside, fetched again from any member that has them.
    pub damaged_blobs: Vec<String>,
    /// Blobs that were noted as complete and are not there: fetched again likewise.
    pub lost_blobs: Vec<String>,
    /// What the album is, after every byte of it was read.
    pub fingerprint: FingerprintView,
}

impl fmt::Display for RebuildReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} operations folded\n  fingerprint {} ({})",
            &self.group[..8],
            self.operations,
            self.fingerprint.words,
            self.fingerprint.fingerprint
        )
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.ok { "everything is right" } else { "problems found" };
        let print = &self.fingerprint;
        write!(f, "{}: {verdict}\n  fingerprint {} ({})", &self.group[..8], print.words, print.fingerprint)?;
        if print.lacking > 0 {
            write!(
                f,
                "\n  {} of {} files are not here, {} bytes; with them it would be {} ({})",
                print.lacking, print.blobs, print.lacking_bytes, print.album_words, print.album
            )?;
        }
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        for blob in &self.damaged_blobs {
            write!(f, "\n  damaged bytes, to be fetched again: {blob}")?;
        }
        for blob in &self.lost_blobs {
            write!(f, "\n  lost bytes, to be fetched again: {blob}")?;
        }
        Ok(())
    }
}

/// Drops everything that is derived and folds it anew from the operations.
///
/// # Errors
/// [`ErrorCode::InUse`] while an engine runs, [`ErrorCode::UnknownGroup`], and what opening can fail with.
pub async fn rebuild(data_dir: &Path, group: Option<&str>) -> Result<Vec<RebuildReport>, ApiError> {
    each_group(data_dir, group, |id, place| {
        let (secrets, store, members) = open(&place)?;
        let report = store.rebuild(members, |operation| body(&secrets, operation)).map_err(IntoApi::into_api)?;
        Ok(RebuildReport { group: id.to_string(), operations: report.operations, fingerprint: fingerprint(&store)? })
    })
    .await
}

/// Verifies every operation, compares everything derived with a fresh fold, and reads every blob.
///
/// # Errors
/// As [`rebuild`].
pub async fn check(data_dir: &Path, group: Option<&str>) -> Result<Vec<CheckReport>, ApiError> {
    each_group(data_dir, group, |id, place| {
        let (secrets, store, members) = open(&place)?;
        let report = store.check(|operation| body(&secrets, operation), members).map_err(IntoApi::into_api)?;
        let blobs = BlobStore::open(&place.blobs()).map_err(IntoApi::into_api)?;
        let mut damaged_blobs = Vec::new();
        for scrubbed in blobs.scrub(None) {
            let scrubbed = scrubbed.map_err(IntoApi::into_api)?;
            if scrubbed.damaged {
                store.blob_held(scrubbed.id, false).map_err(IntoApi::into_api)?;
                damaged_blobs.push(scrubbed.id.to_string());
            }
        }
        let held = store.held_blobs().map_err(IntoApi::into_api)?;
        let lost: Vec<BlobId> = held.into_iter().filter(|blob| !blobs.is_complete(*blob)).collect();
        store.blobs_held(&lost, false).map_err(IntoApi::into_api)?;
        let lost_blobs: Vec<String> = lost.iter().map(ToString::to_string).collect();
        let problems = problems(&report);
        let ok = problems.is_empty() && damaged_blobs.is_empty() && lost_blobs.is_empty();
        let fingerprint = fingerprint(&store)?;
        Ok(CheckReport { group: id.to_string(), ok, problems, damaged_blobs, lost_blobs, fingerprint })
    })
    .await
}

async fn each_group<T: Send + 'static>(
    data_dir: &Path,
    wanted: Option<&str>,
    work: impl Fn(GroupId, GroupDirectory) -> ApiResult<T> + Send + 'static,
) -> ApiResult<Vec<T>> {
    let (root, wanted) = (data_dir.to_owned(), wanted.map(str::to_owned));
    blocking(move || {
        let directory = Directory::open(&root)?;
        let device = DeviceStore::open(&directory.device_db()).map_err(IntoApi::into_api)?;
        let groups = device.groups().map_err(IntoApi::into_api)?;
        let chosen = groups.iter().filter(|group| group.state == GroupState::Active).map(|group| group.id);
        let chosen: Vec<GroupId> =
            chosen.filter(|id| wanted.as_ref().is_none_or(|wanted| id.to_string().starts_with(wanted))).collect();
        if chosen.is_empty() && wanted.is_some() {
            return Err(ApiError::new(ErrorCode::UnknownGroup, "there is no such group in this data directory"));
        }
        chosen.into_iter().map(|id| work(id, directory.group(id))).collect()
    })
    .await
}

fn open(place: &GroupDirectory) -> ApiResult<(Secrets, GroupStore, glow_store::MemberTable)> {
    let secrets = Secrets::load(&place.secrets())?;
    let store = GroupStore::open(&place.database()).map_err(IntoApi::into_api)?;
    let members = accept::table(&Intake::load(&store, &secrets)?.membership(secrets.group));
    Ok((secrets, store, members))
}

fn body(secrets: &Secrets, operation: &Verified) -> Option<Body> {
    accept::open(secrets, operation).ok().flatten()
}

fn problems(report: &glow_store::CheckReport) -> Vec<String> {
    let integrity = report.integrity.iter().map(|line| format!("the database says: {line}"));
    let damaged = report.damaged.iter().map(|id| format!("operation {id} does not verify"));
    let different = report.different.iter().map(|table| format!("table {table} differs from what the operations say"));
    integrity.chain(damaged).chain(different).collect()
}
