//! What decodes what this crate does not: programs of the system for HEIF, AVIF, TIFF and clips, and a phone's own decoder.
//!
//! A tool is given the path of the user's own file and writes one JPEG into a private directory that is removed at once.
//! It runs without environment and input, with bounded time, memory and output, and is killed when it exceeds them.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::format::Format;
use crate::limits;
use crate::preview::TileReason;

/// A decoder that is part of the system and no program. It is given a picture, where to write an upright JPEG, and how long
/// that may be in pixels, and answers whether it wrote it. It is called where blocking is allowed.
#[derive(Clone)]
pub struct SystemDecoder(Arc<Decode>);

type Decode = dyn Fn(&Path, &Path, u32) -> bool + Send + Sync;

impl SystemDecoder {
    /// A decoder that does so.
    pub fn new(decode: impl Fn(&Path, &Path, u32) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(decode))
    }
}

impl fmt::Debug for SystemDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SystemDecoder")
    }
}

/// The decoders found on this system.
#[derive(Debug, Clone, Default)]
pub struct ExternalTools {
    /// The system's own.
    pub system: Option<SystemDecoder>,
    /// libheif's converter: `heif-dec`, or `heif-convert` as it was called before.
    pub heif_convert: Option<PathBuf>,
    /// libvips' thumbnailer.
    pub vipsthumbnail: Option<PathBuf>,
    /// FFmpeg.
    pub ffmpeg: Option<PathBuf>,
    /// GStreamer's pipeline runner.
    pub gst_launch: Option<PathBuf>,
}

/// A JPEG that a tool made, and the EXIF orientation that is left to apply.
pub(crate) struct Decoded {
    pub(crate) jpeg: Vec<u8>,
    pub(crate) orientation: u8,
}

impl ExternalTools {
    /// Looks through `PATH` once. Relative entries are skipped: they would trust the current directory.
    pub fn discover() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
        let find = |names: &[&str]| {
            let candidates = names.iter().flat_map(|name| {
                let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
                folders.iter().map(move |folder| folder.join(&file))
            });
            candidates.into_iter().find(|candidate| candidate.is_file())
        };
        Self {
            system: None,
            heif_convert: find(&["heif-dec", "heif-convert"]),
            vipsthumbnail: find(&["vipsthumbnail"]),
            ffmpeg: find(&["ffmpeg"]),
            gst_launch: find(&["gst-launch-1.0"]),
        }
    }

    /// Whether there is something that decodes HEIF.
    pub fn decodes_heif(&self) -> bool {
        self.system.is_some() || self.heif_convert.is_some() || self.vipsthumbnail.is_some()
    }

    /// Decodes the main picture of a HEIF, AVIF or TIFF file with the first tool that can.
    pub(crate) fn still(
        &self,
        path: &Path,
        format: Format,
        orientation: u8,
        scratch: &Path,
    ) -> Result<Decoded, TileReason> {
        if let Some(jpeg) = self.system.as_ref().and_then(|decoder| by_system(decoder, path, scratch)) {
            return Ok(Decoded { jpeg, orientation: 1 });
        }
        let heif = self.heif_convert.as_ref().filter(|_| format != Format::Tiff);
        let runs = [
            heif.map(|tool| (tool, heif_arguments as Arguments, 1)),
            self.vipsthumbnail.as_ref().map(|tool| (tool, vips_arguments as Arguments, 1)),
            self.ffmpeg.as_ref().map(|tool| (tool, ffmpeg_still_arguments as Arguments, orientation)),
        ];
        first_success(runs.into_iter().flatten(), &Job { path, format, at_ms: 0, scratch })
    }

    /// Decodes one frame of a clip, a little behind its start where the picture has settled.
    pub(crate) fn poster(
        &self,
        path: &Path,
        format: Format,
        duration_ms: Option<u64>,
        orientation: u8,
        scratch: &Path,
    ) -> Result<Decoded, TileReason> {
        let at_ms = (duration_ms.unwrap_or(0) / 10).min(3000);
        let runs = [
            self.ffmpeg.as_ref().map(|tool| (tool, ffmpeg_arguments as Arguments, orientation)),
            // Where the seek lands behind the last frame, the first one serves.
            self.ffmpeg.as_ref().map(|tool| (tool, ffmpeg_still_arguments as Arguments, orientation)),
            self.gst_launch.as_ref().map(|tool| (tool, gst_arguments as Arguments, orientation)),
        ];
        first_success(runs.into_iter().flatten(), &Job { path, format, at_ms, scratch })
    }
}

struct Job<'a> {
    path: &'a Path,
    format: Format,
    at_ms: u64,
    scratch: &'a Path,
}

type Arguments = fn(&Job<'_>, &Path) -> Vec<OsString>;

fn first_success<'t>(
    runs: impl Iterator<Item = (&'t PathBuf, Arguments, u8)>,
    job: &Job<'_>,
) -> Result<Decoded, TileReason> {
    let path = job.path.canonicalize().map_err(|_| TileReason::ToolFailed)?;
    let job = &Job { path: &path, ..*job };
    let mut reason = TileReason::NoTool;
    for (tool, arguments, orientation) in runs {
        match run(tool, arguments, job) {
            Ok(jpeg) => return Ok(Decoded { jpeg, orientation }),
            Err(failed) => {
                tracing::debug!(tool = %tool.display(), %failed, "external decoder gave no picture");
                reason = failed;
            }
        }
    }
    Err(reason)
}

fn by_system(decoder: &SystemDecoder, path: &Path, scratch: &Path) -> Option<Vec<u8>> {
    let folder = private_folder(scratch).ok()?;
    let output = folder.path().join("out.jpg");
    if !(decoder.0)(path, &output, limits::SCREEN_SIDE) {
        return None;
    }
    read_limited(&output).ok()
}

fn run(tool: &Path, arguments: Arguments, job: &Job<'_>) -> Result<Vec<u8>, TileReason> {
    let folder = private_folder(job.scratch).map_err(|_| TileReason::NoScratchSpace)?;
    let output = folder.path().join("out.jpg");
    let mut command = Command::new(tool);
    command.args(arguments(job, &output)).current_dir(folder.path());
    command.env_clear().env("HOME", folder.path()).env("TMPDIR", folder.path());
    command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|_| TileReason::ToolFailed)?;
    confine(&child);
    if !wait(&mut child, Duration::from_secs(limits::TOOL_SECONDS))? {
        return Err(TileReason::ToolFailed);
    }
    // libheif numbers its files when there are several pictures; the first one is the main one.
    read_limited(&output)
        .or_else(|_| read_limited(&folder.path().join("out-1.jpg")))
        .map_err(|_| TileReason::ToolFailed)
}

/// A directory that only this user can enter; removed with its content when dropped.
fn private_folder(scratch: &Path) -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("glow-media-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(scratch)
}

/// Limits the memory, processor time and output of a tool that has just been started.
#[cfg(target_os = "linux")]
fn confine(child: &Child) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return;
    };
    for (resource, limit) in [
        (Resource::As, limits::TOOL_MEMORY_BYTES),
        (Resource::Fsize, limits::TOOL_OUTPUT_BYTES),
        (Resource::Cpu, limits::TOOL_SECONDS * 2),
        (Resource::Core, 0),
    ] {
        if let Err(error) = prlimit(Some(pid), resource, Rlimit { current: Some(limit), maximum: Some(limit) }) {
            tracing::debug!(%error, ?resource, "external decoder runs without this limit");
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn confine(_child: &Child) {}

/// Waits for the end of `child`; kills it when the time is over. Returns whether it succeeded.
fn wait(child: &mut Child, time: Duration) -> Result<bool, TileReason> {
    let deadline = Instant::now() + time;
    let mut pause = Duration::from_millis(2);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(pause),
            Ok(None) | Err(_) => {
                // The child may have ended in between: then there is nothing to kill, only to collect.
                let _ = child.kill();
                let _ = child.wait();
                return Err(TileReason::ToolTimedOut);
            }
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn read_limited(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limits::TOOL_OUTPUT_BYTES + 1).read_to_end(&mut bytes)?;
    let fits = !bytes.is_empty() && bytes.len() as u64 <= limits::TOOL_OUTPUT_BYTES;
    fits.then_some(bytes).ok_or_else(|| std::io::ErrorKind::FileTooLarge.into())
}

fn heif_arguments(job: &Job<'_>, output: &Path) -> Vec<OsString> {
    vec!["-q".into(), "92".into(), job.path.into(), output.into()]
}

fn vips_arguments(job: &Job<'_>, output: &Path) -> Vec<OsString> {
    let mut target = output.as_os_str().to_owned();
    target.push("[Q=92]");
    let side = limits::SCREEN_SIDE;
    vec![job.path.into(), "--size".into(), format!("{side}x{side}>").into(), "--output".into(), target]
}

fn ffmpeg_arguments(job: &Job<'_>, output: &Path) -> Vec<OsString> {
    let seek = format!("{}.{:03}", job.at_ms / 1000, job.at_ms % 1000);
    ffmpeg(job, &["-ss", &seek], output)
}

fn ffmpeg_still_arguments(job: &Job<'_>, output: &Path) -> Vec<OsString> {
    ffmpeg(job, &[], output)
}

/// The demuxer is named, so that the content cannot choose another one (a playlist, say) and reach other files. Rotation
/// is left to this crate, which knows it from its own probe.
fn ffmpeg(job: &Job<'_>, seek: &[&str], output: &Path) -> Vec<OsString> {
    let demuxer = match job.format {
        Format::WebM | Format::Matroska => "matroska",
        Format::Tiff => "tiff_pipe",
        _ => "mov",
    };
    let mut input = OsString::from("file:");
    input.push(job.path);
    let square = "scale=trunc(iw*sar/2)*2:trunc(ih/2)*2,setsar=1";
    let mut arguments: Vec<OsString> =
        ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-protocol_whitelist", "file", "-noautorotate"]
            .map(OsString::from)
            .to_vec();
    arguments.extend(seek.iter().map(OsString::from));
    arguments.extend(["-f", demuxer, "-i"].map(OsString::from));
    arguments.push(input);
    arguments.extend(["-map", "0:v:0", "-frames:v", "1", "-vf", square].map(OsString::from));
    arguments.extend(["-map_metadata", "-1", "-q:v", "2", "-f", "image2", "-update", "1"].map(OsString::from));
    arguments.push(output.into());
    arguments
}

fn gst_arguments(job: &Job<'_>, output: &Path) -> Vec<OsString> {
    let location = |path: &Path| {
        let mut argument = OsString::from("location=");
        argument.push(path);
        argument
    };
    let mut arguments: Vec<OsString> = vec!["-q".into(), "filesrc".into(), location(job.path)];
    arguments.extend(["!", "decodebin", "!", "videoconvert", "!", "jpegenc", "snapshot=true", "!"].map(OsString::from));
    arguments.extend(["filesink".into(), location(output)]);
    arguments
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_tool_that_hangs_is_killed_when_its_time_is_over() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        assert_eq!(wait(&mut child, Duration::from_millis(30)), Err(TileReason::ToolTimedOut));
        assert!(child.try_wait().unwrap().is_some(), "the tool is collected");
    }

    #[cfg(unix)]
    #[test]
    fn scratch_folders_are_private_and_leave_nothing() {
        use std::os::unix::fs::PermissionsExt;

        let scratch = tempfile::tempdir().unwrap();
        let folder = private_folder(scratch.path()).unwrap();
        assert_eq!(folder.path().metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(folder);
        assert_eq!(scratch.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn without_tools_there_is_an_honest_reason() {
        let scratch = tempfile::tempdir().unwrap();
        let outcome = ExternalTools::default().still(scratch.path(), Format::Heif, 1, scratch.path());
        assert_eq!(outcome.err(), Some(TileReason::NoTool));
    }
}
