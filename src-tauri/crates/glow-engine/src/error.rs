//! From what can fail below to what hosts are told. The cause goes to the log, the way out to the person.

use glow_api::{ApiError, ErrorCode};
use glow_blobs::BlobError;
use glow_media::MediaError;
use glow_model::ModelError;
use glow_store::StoreError;

/// Results of everything a host can ask.
pub(crate) type ApiResult<T> = Result<T, ApiError>;

/// Whether the same file may succeed later.
pub(crate) fn may_pass(code: ErrorCode) -> bool {
    let is_of_the_file = matches!(
        code,
        ErrorCode::UnknownFormat
            | ErrorCode::DamagedFile
            | ErrorCode::FileTooLarge
            | ErrorCode::Unreadable
            | ErrorCode::BadRequest
            | ErrorCode::GroupEnded
    );
    !is_of_the_file
}

/// Turns an error of a lower floor into the contract's.
pub(crate) trait IntoApi {
    fn into_api(self) -> ApiError;
}

impl IntoApi for StoreError {
    fn into_api(self) -> ApiError {
        let code = match &self {
            StoreError::Newer { .. } => ErrorCode::DataTooNew,
            StoreError::NotADatabase | StoreError::Damaged(_) | StoreError::DamagedRow { .. } => ErrorCode::DataDamaged,
            StoreError::DiskFull => return disk_full(),
            StoreError::Io(_) | StoreError::Disk(_) => ErrorCode::Unreadable,
            StoreError::Busy => ErrorCode::InUse,
            StoreError::Migration(_) | StoreError::Statement(_) => ErrorCode::Internal,
        };
        tracing::error!(error = ?self, "store");
        ApiError::new(code, format!("{self}"))
    }
}

impl IntoApi for BlobError {
    fn into_api(self) -> ApiError {
        match self {
            BlobError::Missing => ApiError::new(ErrorCode::NotHere, "it has not arrived on this device yet"),
            BlobError::Damaged | BlobError::DoesNotOpen => ApiError::new(
                ErrorCode::DataDamaged,
                "stored bytes were damaged; they are fetched again from any member that has them",
            ),
            BlobError::TooLarge { .. } => ApiError::new(ErrorCode::FileTooLarge, "the file is larger than allowed"),
            BlobError::DiskFull => disk_full(),
            other => internal(&other),
        }
    }
}

impl IntoApi for MediaError {
    fn into_api(self) -> ApiError {
        match self {
            MediaError::Io(source) => source.into_api(),
            MediaError::UnknownFormat => {
                ApiError::new(ErrorCode::UnknownFormat, "the file is not a photo or clip that Afterglow knows")
            }
            MediaError::TooLarge { what, .. } => {
                ApiError::new(ErrorCode::FileTooLarge, format!("the file is larger than allowed: {what}"))
                    .with("what", what)
            }
            other => ApiError::new(ErrorCode::DamagedFile, format!("the file is damaged or cut short: {other}")),
        }
    }
}

impl IntoApi for std::io::Error {
    fn into_api(self) -> ApiError {
        match self.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => disk_full(),
            _ => ApiError::new(ErrorCode::Unreadable, format!("the file or folder cannot be read or written: {self}")),
        }
    }
}

impl IntoApi for ModelError {
    fn into_api(self) -> ApiError {
        internal(&self)
    }
}

fn disk_full() -> ApiError {
    ApiError::new(ErrorCode::DiskFull, "the disk is full: free some room, nothing was lost")
}

/// For what should not happen: the log has the details.
pub(crate) fn internal(error: &dyn std::error::Error) -> ApiError {
    tracing::error!(?error, "internal");
    ApiError::new(ErrorCode::Internal, format!("something failed inside: {error}; the log says more"))
}

/// A request that is not understood.
pub(crate) fn bad_request(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}

/// Runs disk, pixel or hashing work on the blocking pool.
pub(crate) async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> ApiResult<T>
where
    T: Send + 'static,
    E: IntoApi + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(IntoApi::into_api),
        Err(error) => Err(internal(&error)),
    }
}

impl IntoApi for ApiError {
    fn into_api(self) -> ApiError {
        self
    }
}
