//! Exit codes, and the last words of a command that failed.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use glow_api::{ApiError, ErrorCode};

use crate::output;

/// How long what still runs in the background may take when the command has ended.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(5);

/// What `--help` says about them.
pub(crate) const HELP: &str = "\
Exit codes:
  0    done
  1    failed
  2    the command line or a value in it is not understood
  3    no such group, moment, invite, file or running node
  4    another program uses the data directory
  5    nobody near, nobody who has time, or no answer in time
  6    the disk is full
  7    the invite lets nobody in: damaged, expired, used up, revoked, refused
  8    the data is damaged, or was written by a newer version
  130  interrupted";

/// The command was ended by a signal.
#[derive(Debug, thiserror::Error)]
#[error("Interrupted.")]
pub(crate) struct Interrupted;

/// Says what went wrong and gives the code for it.
pub(crate) fn code(ended: anyhow::Result<()>, json: bool) -> ExitCode {
    let Err(error) = ended else {
        return ExitCode::SUCCESS;
    };
    if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        // Whoever reads has read enough, as with `| head`.
        return ExitCode::SUCCESS;
    }
    let api = error.downcast_ref::<ApiError>();
    if json {
        let words = api.cloned().unwrap_or_else(|| ApiError::new(ErrorCode::Internal, format!("{error:#}")));
        let _ = output::json_line(&serde_json::json!({ "error": words }));
    }
    eprintln!("afterglow: {error:#}");
    ExitCode::from(number(&error, api))
}

fn number(error: &anyhow::Error, api: Option<&ApiError>) -> u8 {
    if error.is::<Interrupted>() {
        return 130;
    }
    let Some(ApiError { code, .. }) = api else {
        return 1;
    };
    match code {
        ErrorCode::BadRequest | ErrorCode::BadText => 2,
        ErrorCode::UnknownGroup
        | ErrorCode::UnknownMoment
        | ErrorCode::UnknownMember
        | ErrorCode::UnknownInvite
        | ErrorCode::UnknownCamera
        | ErrorCode::UnknownDoor
        | ErrorCode::UnknownUpload
        | ErrorCode::Unreadable
        | ErrorCode::NotHere
        | ErrorCode::NotABundle => 3,
        ErrorCode::InUse => 4,
        ErrorCode::NobodyNear | ErrorCode::MembersBusy | ErrorCode::ServerUnreachable => 5,
        ErrorCode::DiskFull => 6,
        ErrorCode::InviteMalformed
        | ErrorCode::InviteTooNew
        | ErrorCode::InviteExpired
        | ErrorCode::InviteUsedUp
        | ErrorCode::InviteRevoked
        | ErrorCode::JoinRefused
        | ErrorCode::BundleOfOthers => 7,
        ErrorCode::DataTooNew | ErrorCode::DataDamaged => 8,
        ErrorCode::NotAllowed
        | ErrorCode::Blocked
        | ErrorCode::QuotaUsedUp
        | ErrorCode::TryLater
        | ErrorCode::OutOfOrder
        | ErrorCode::AlreadyMember
        | ErrorCode::GroupEnded
        | ErrorCode::RemovedFromGroup
        | ErrorCode::TooManyGroups
        | ErrorCode::UpdateNeeded
        | ErrorCode::FileExists
        | ErrorCode::BundleTooNew
        | ErrorCode::ServerRefused
        | ErrorCode::UnknownFormat
        | ErrorCode::DamagedFile
        | ErrorCode::FileTooLarge
        | ErrorCode::NoPrinter
        | ErrorCode::PrintLimit
        | ErrorCode::ShuttingDown
        | ErrorCode::Internal => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_its_cause() {
        let of = |code| {
            let error = anyhow::Error::new(ApiError::new(code, "x")).context("while posting");
            number(&error, error.downcast_ref())
        };
        assert_eq!([of(ErrorCode::UnknownGroup), of(ErrorCode::InUse), of(ErrorCode::DiskFull)], [3, 4, 6]);
        assert_eq!(number(&anyhow::anyhow!("x"), None), 1);
        assert_eq!(number(&anyhow::Error::new(Interrupted), None), 130);
    }
}
