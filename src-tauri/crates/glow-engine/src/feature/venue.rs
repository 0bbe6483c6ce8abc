//! The venue box: its state, pausing the uploads of cameras, and printing on request.

use std::{process::Stdio, time::Duration};

use glow_api::{ApiError, BoxSet, BoxView, Caller, CameraDoor, ErrorCode, MediaPart, MomentPrint, Printing};
use glow_model::limits;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use crate::{
    clock::now_ms,
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    media::Media,
    venue::{PrintRules, Venue},
};

/// The program of CUPS that takes what is to be printed.
const PRINT: &str = "lp";
/// It only queues: it answers soon, or something is wrong.
const QUEUEING: Duration = Duration::from_secs(30);
/// The setting that holds the day and how many pages were printed on it.
const PAGES: &str = "print.pages";
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Bytes handed to the printer at a time.
const PIECE_BYTES: u64 = 1024 * 1024;
/// What a printer's filters read; of anything else the preview is printed.
const PRINTED: [&str; 2] = ["image/jpeg", "image/png"];

pub(super) async fn get(engine: &Engine) -> ApiResult<BoxView> {
    let venue = venue(engine)?;
    let printing = match &venue.printing {
        Some(rules) => Some(printing(rules, pages_today(engine).await?)),
        None => None,
    };
    Ok(view_of(&venue, printing))
}

/// Prints a moment, if the box prints and its limits allow it.
pub(super) async fn print(engine: &Engine, print: MomentPrint) -> ApiResult<Printing> {
    let off = || ApiError::new(ErrorCode::NoPrinter, "nothing is printed here: start the box with --print");
    let rules = engine.venue().and_then(|venue| venue.printing).ok_or_else(off)?;
    // One after the other, so that two cannot both take the last page.
    let _turn = engine.inner.printing.lock().await;
    let before = pages_today(engine).await?;
    if print.copies == 0 {
        return Err(bad_request("at least one copy is printed"));
    }
    if print.copies > rules.copies.min(limits::PRINT_COPIES) {
        return Err(ApiError::new(ErrorCode::PrintLimit, format!("at most {} copies at once", rules.copies)));
    }
    if before + print.copies > rules.pages_a_day.min(limits::PRINT_PAGES) {
        return Err(ApiError::new(ErrorCode::PrintLimit, format!("at most {} pages a day", rules.pages_a_day)));
    }
    let media = printable(engine, &print).await?;
    queue(&rules, &media, print.copies).await?;
    let pages = before + print.copies;
    let (device, said) = (engine.inner.device.clone(), format!("{} {pages}", now_ms() / DAY_MS));
    blocking(move || device.set_setting(PAGES, &said)).await?;
    Ok(printing(&rules, pages))
}

/// The original where a printer reads it, else the preview.
async fn printable(engine: &Engine, print: &MomentPrint) -> ApiResult<Media> {
    let part = |part| engine.media(Caller::Owner, &print.group, &print.moment, part);
    match part(MediaPart::Original).await {
        Ok(media) if PRINTED.contains(&media.media_type.as_str()) => Ok(media),
        Ok(_) | Err(ApiError { code: ErrorCode::NotHere, .. }) => part(MediaPart::Screen).await,
        Err(error) => Err(error),
    }
}

/// Hands a picture to CUPS, through a pipe: it never lies in the clear on the disk by our doing.
async fn queue(rules: &PrintRules, media: &Media, copies: u32) -> ApiResult<()> {
    let mut command = Command::new(PRINT);
    if let Some(printer) = &rules.printer {
        command.arg("-d").arg(printer);
    }
    command.arg("-n").arg(copies.to_string()).args(["-t", "Afterglow", "-o", "fit-to-page", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| no_printer(&format!("`{PRINT}` cannot be started: {error}")))?;
    let mut pipe = child.stdin.take().ok_or_else(|| no_printer("it takes nothing"))?;
    let queueing = async {
        let mut at = 0;
        while at < media.size_bytes {
            let piece = media.read(at..media.size_bytes.min(at + PIECE_BYTES)).await?;
            at += piece.len() as u64;
            // A printer that is none closes the pipe; why, it says itself.
            if pipe.write_all(&piece).await.is_err() {
                break;
            }
        }
        drop(pipe);
        child.wait_with_output().await.map_err(IntoApi::into_api)
    };
    let output = timeout(QUEUEING, queueing).await.map_err(|_| no_printer("it did not answer"))??;
    if output.status.success() {
        return Ok(());
    }
    Err(no_printer(String::from_utf8_lossy(&output.stderr).trim()))
}

fn no_printer(why: &str) -> ApiError {
    ApiError::new(ErrorCode::NoPrinter, format!("there is no printer, or it takes nothing: {why}"))
}

async fn pages_today(engine: &Engine) -> ApiResult<u32> {
    let device = engine.inner.device.clone();
    let said = blocking(move || device.setting(PAGES)).await?.unwrap_or_default();
    let today = said.split_once(' ').filter(|(day, _)| day.parse() == Ok(now_ms() / DAY_MS));
    Ok(today.and_then(|(_, pages)| pages.parse().ok()).unwrap_or(0))
}

fn printing(rules: &PrintRules, pages: u32) -> Printing {
    Printing {
        printer: rules.printer.clone().unwrap_or_default(),
        pages,
        pages_a_day: rules.pages_a_day.min(limits::PRINT_PAGES),
        copies: rules.copies.min(limits::PRINT_COPIES),
    }
}

pub(super) async fn set(engine: &Engine, set: BoxSet) -> ApiResult<BoxView> {
    if let Some(paused) = set.camera_paused {
        let spool = venue(engine)?.spool.ok_or_else(crate::group::cannot_read)?;
        spool.pause(paused);
    }
    get(engine).await
}

fn venue(engine: &Engine) -> ApiResult<Venue> {
    engine.venue().ok_or_else(|| ApiError::new(ErrorCode::NotHere, "this device is no venue box: `afterglow box` is"))
}

fn view_of(venue: &Venue, printing: Option<Printing>) -> BoxView {
    let report = venue.spool.as_ref().map(crate::spool::Spool::report).unwrap_or_default();
    let (user, password) = venue.login.clone();
    let has_server = venue.ftp.is_some() || venue.webdav.is_some();
    BoxView {
        group: venue.group.clone(),
        since_ms: venue.since_ms,
        page: venue.page.clone(),
        camera: CameraDoor {
            ftp: venue.ftp.clone(),
            webdav: venue.webdav.clone(),
            folder: venue.folder.clone(),
            user,
            password: if has_server { password } else { String::new() },
            paused: report.paused,
            waiting: report.waiting,
            posted: report.posted,
            already_there: report.already_there,
            last_at_ms: report.last_at_ms,
            failures: report.failures,
        },
        printing,
    }
}
