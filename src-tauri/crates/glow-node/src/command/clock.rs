//! `clock`.

use std::time::Duration;

use anyhow::Result;
use glow_api::{
    ApiError, CameraView, ClockFace, ClockList, ClockPage, ClockPhoto, ClockPhotos, ClockSet, ClockShiftView,
    ClockShow, ClockUndo, ErrorCode,
};

use super::group;
use crate::cli::{Choice, ClockCommand, ClockSetting};
use crate::node::Node;
use crate::output::{Output, table, time};
use crate::qr;

const SECOND_MS: u64 = 1_000;

pub(super) async fn clock(node: &mut Node, out: Output, command: ClockCommand) -> Result<()> {
    match command {
        ClockCommand::Show { of, once } => {
            let group = group(node, of.group.as_deref()).await?.id;
            show(node, out, group, once).await
        }
        ClockCommand::List(of) => {
            let group = group(node, of.group.as_deref()).await?.id;
            let page = node.ask(ClockList { group }).await?;
            Ok(out.show(&page, text)?)
        }
        ClockCommand::Set(setting) => set(node, out, setting).await,
        ClockCommand::Undo { camera, of } => {
            let group = group(node, of.group.as_deref()).await?.id;
            let camera = find(node, &group, &camera).await?;
            let page = node.ask(ClockUndo { group, camera }).await?;
            Ok(out.show(&page, text)?)
        }
        ClockCommand::Photos { post, of } => {
            let group = group(node, of.group.as_deref()).await?.id;
            let page = node.ask(ClockPhotos { group, post: post == Choice::On }).await?;
            Ok(out.show(&page, |page| {
                let posted = if page.posts_photos { "are posted, too" } else { "set the clock and are not posted" };
                format!("Photos of the group's clock {posted}.")
            })?)
        }
    }
}

async fn set(node: &mut Node, out: Output, setting: ClockSetting) -> Result<()> {
    let group = group(node, setting.of.group.as_deref()).await?.id;
    let camera = find(node, &group, &setting.camera).await?;
    let ClockSetting { shift_ms: offset_ms, from: from_ms, until: until_ms, .. } = setting;
    let page = node.ask(ClockSet { group, camera, offset_ms, from_ms, until_ms }).await?;
    Ok(out.show(&page, text)?)
}

/// Shows the clock at the beginning of each second, in place.
async fn show(node: &mut Node, out: Output, group: String, once: bool) -> Result<()> {
    if !once {
        out.hint("Photograph this with a camera and post the photo. Ctrl-C ends it.");
    }
    let mut drawn_lines = 0;
    loop {
        let face = node.ask(ClockShow { group: group.clone() }).await?;
        let picture = if out.is_json() { String::new() } else { qr::terminal(&face.text)? };
        let back = if drawn_lines > 0 { format!("\u{1b}[{drawn_lines}A") } else { String::new() };
        out.show(&face, |face: &ClockFace| format!("{back}{picture}{}", time(face.at_ms, None)))?;
        if once {
            return Ok(());
        }
        drawn_lines = picture.lines().count() + 1;
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let into_second_ms = u64::from(since_epoch.subsec_millis());
        tokio::time::sleep(Duration::from_millis(SECOND_MS - into_second_ms)).await;
    }
}

/// The camera that a person means: by its number in the list, its id, or a part of its name.
async fn find(node: &mut Node, group: &str, wanted: &str) -> Result<String, ApiError> {
    let cameras = node.ask(ClockList { group: group.to_owned() }).await?.cameras;
    if let Some(camera) = wanted.parse::<usize>().ok().and_then(|number| cameras.get(number.checked_sub(1)?)) {
        return Ok(camera.id.clone());
    }
    let lower = wanted.to_lowercase();
    let is_meant = |camera: &&CameraView| {
        camera.id == wanted || (!lower.is_empty() && camera.name.to_lowercase().contains(&lower))
    };
    let meant: Vec<_> = cameras.iter().filter(is_meant).collect();
    match meant.as_slice() {
        [camera] => Ok(camera.id.clone()),
        [] => {
            let message = format!("There is no camera `{wanted}` in this group. `afterglow clock list` shows them.");
            Err(ApiError::new(ErrorCode::UnknownCamera, message))
        }
        _ => {
            let message = format!("Which camera? `{wanted}` is several: say its number in `afterglow clock list`.");
            Err(ApiError::new(ErrorCode::BadRequest, message))
        }
    }
}

fn text(page: &ClockPage) -> String {
    let rows: Vec<_> = page.cameras.iter().enumerate().map(|(at, camera)| row(at + 1, camera)).collect();
    table(
        ["", "camera", "of", "moments", "its first", "its last", "corrected by"],
        &rows,
        "There is no moment of a camera yet whose clock you could set.",
    )
}

fn row(number: usize, camera: &CameraView) -> [String; 7] {
    let name = if camera.name.is_empty() { "(files that name none)" } else { &camera.name };
    let number_of_name = camera.number.map_or_else(String::new, |number| format!(" ({number})"));
    let shifts: Vec<_> = camera.shifts.iter().map(shift).collect();
    [
        number.to_string(),
        format!("{name}{number_of_name}"),
        if camera.mine { "you".to_owned() } else { camera.author_name.clone() },
        camera.count.to_string(),
        time(camera.first_at_ms, None),
        time(camera.last_at_ms, None),
        if shifts.is_empty() { "-".to_owned() } else { shifts.join("; ") },
    ]
}

fn shift(shift: &ClockShiftView) -> String {
    let from = shift.from_ms.map_or_else(String::new, |ms| format!(" from {}", time(ms, None)));
    let until = shift.until_ms.map_or_else(String::new, |ms| format!(" until {}", time(ms, None)));
    let photo = if shift.by_photo { " (clock photo)" } else { "" };
    format!("{}{from}{until}{photo}", signed(shift.offset_ms))
}

/// What a photo of the group's clock came to.
pub(super) fn found(photo: &ClockPhoto) -> String {
    let camera = if photo.camera_name.is_empty() { "The camera" } else { &photo.camera_name };
    let how = match (photo.set, photo.offset_ms) {
        (_, 0) => "is right".to_owned(),
        (false, offset_ms) => format!("was corrected by {} already", signed(offset_ms)),
        (true, offset_ms) => format!("is corrected by {}: `afterglow clock undo` puts it back", signed(offset_ms)),
    };
    format!("a photo of the group's clock. {camera} {how}.")
}

/// A shift as people say it: `+1 h 3 min`.
fn signed(offset_ms: i64) -> String {
    let seconds = offset_ms.unsigned_abs() / 1_000;
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut left = seconds;
    let mut parts = Vec::new();
    for (unit, name) in units {
        if left / unit > 0 {
            parts.push(format!("{} {name}", left / unit));
        }
        left %= unit;
    }
    if parts.is_empty() {
        return "0 s".to_owned();
    }
    format!("{}{}", if offset_ms < 0 { "-" } else { "+" }, parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_are_said_in_whole_units() {
        assert_eq!(signed(3_780_000), "+1 h 3 min");
        assert_eq!(signed(-864_001_000), "-10 d 1 s");
        assert_eq!(signed(400), "0 s");
    }

    #[test]
    fn a_clock_photo_says_what_it_changed() {
        let photo = |offset_ms, set| ClockPhoto {
            name: "DSC_1.JPG".into(),
            camera: "ab".into(),
            camera_name: "NIKON D750".into(),
            offset_ms,
            set,
        };
        assert!(found(&photo(3_780_000, true)).contains("NIKON D750 is corrected by +1 h 3 min"));
        assert!(found(&photo(0, false)).ends_with("NIKON D750 is right."));
        assert!(found(&photo(5_000, false)).contains("already"));
    }
}
