//! How the contract's errors look in HTTP.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use glow_api::{ApiError, ErrorCode};
use serde::Serialize;

/// An answer that no cache keeps.
pub(crate) fn fresh(body: impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// An error of the contract as an answer.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    error: ApiError,
}

impl Refusal {
    /// A refusal by this host rather than by the engine, with a status of its own.
    pub(crate) fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        Self { status, error: ApiError::new(code, message) }
    }

    /// The same refusal with one more argument.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.error = self.error.with(name, value);
        self
    }

    /// The request is not understood.
    pub(crate) fn bad_request(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(status, ErrorCode::BadRequest, message)
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { status: status(error.code), error }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = fresh(self.error);
        *response.status_mut() = self.status;
        response
    }
}

fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::BadRequest | ErrorCode::BadText => StatusCode::BAD_REQUEST,
        ErrorCode::UnknownGroup
        | ErrorCode::UnknownMoment
        | ErrorCode::UnknownMember
        | ErrorCode::UnknownInvite
        | ErrorCode::UnknownCamera
        | ErrorCode::UnknownDoor
        | ErrorCode::UnknownUpload
        | ErrorCode::NotHere => StatusCode::NOT_FOUND,
        ErrorCode::NotAllowed | ErrorCode::Blocked | ErrorCode::JoinRefused | ErrorCode::RemovedFromGroup => {
            StatusCode::FORBIDDEN
        }
        ErrorCode::InviteMalformed
        | ErrorCode::InviteTooNew
        | ErrorCode::UnknownFormat
        | ErrorCode::DamagedFile
        | ErrorCode::NotABundle
        | ErrorCode::BundleTooNew
        | ErrorCode::BundleOfOthers
        | ErrorCode::Unreadable => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::InviteExpired | ErrorCode::InviteUsedUp | ErrorCode::InviteRevoked | ErrorCode::GroupEnded => {
            StatusCode::GONE
        }
        ErrorCode::TryLater => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::AlreadyMember
        | ErrorCode::OutOfOrder
        | ErrorCode::TooManyGroups
        | ErrorCode::UpdateNeeded
        | ErrorCode::InUse
        | ErrorCode::FileExists
        | ErrorCode::NoPrinter
        | ErrorCode::DataTooNew => StatusCode::CONFLICT,
        ErrorCode::PrintLimit => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::NobodyNear | ErrorCode::ServerUnreachable => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::ServerRefused => StatusCode::BAD_GATEWAY,
        ErrorCode::FileTooLarge | ErrorCode::QuotaUsedUp => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::MembersBusy | ErrorCode::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::DataDamaged | ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
