//! Clips, made by ffmpeg.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Two seconds of a moving test picture with a tone, and where and when they were captured.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    number: u32,
    is_quicktime: bool,
}

/// Whether clips can be made on this machine.
#[must_use]
pub fn has_ffmpeg() -> bool {
    let answer = Command::new("ffmpeg").arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    answer.is_ok_and(|status| status.success())
}

impl Recipe {
    pub(super) fn of(number: u32) -> Self {
        Self { number, is_quicktime: number % 2 == 1 }
    }

    pub(super) fn file_name(&self) -> String {
        format!("VID_{:04}.{}", self.number, if self.is_quicktime { "mov" } else { "mp4" })
    }

    /// The position, as the container spells it.
    pub(super) fn secrets(&self) -> Vec<Vec<u8>> {
        if self.is_quicktime {
            return vec![self.position().into_bytes()];
        }
        // `loci` has 16.16 fixed point numbers, longitude first.
        let fixed = |degrees: f64| ((degrees * 65_536.0) as u32).to_be_bytes().to_vec();
        vec![[fixed(self.longitude()), fixed(self.latitude())].concat()]
    }

    /// Makes the file; with a content identifier it is the movie of a Live Photo.
    pub(super) fn make(&self, path: &Path, content_identifier: Option<&str>) -> Result<()> {
        let picture = format!("testsrc2=size=640x360:rate=30:duration=2,hue=h={}", self.number * 23 % 360);
        let tone = format!("sine=frequency={}:duration=2", 220 + self.number);
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone]);
        ffmpeg.args(["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "1", "-c:a", "aac"]);
        ffmpeg.args(["-metadata", &format!("creation_time=2026-06-20T12:{:02}:00Z", self.number % 60)]);
        if self.is_quicktime {
            ffmpeg.args(["-metadata", &format!("com.apple.quicktime.location.ISO6709={}", self.position())]);
            if let Some(identifier) = content_identifier {
                ffmpeg.args(["-metadata", &format!("com.apple.quicktime.content.identifier={identifier}")]);
            }
            ffmpeg.args(["-movflags", "+faststart+use_metadata_tags", "-f", "mov"]);
        } else {
            ffmpeg.args(["-metadata", &format!("location={}", self.position())]);
            ffmpeg.args(["-movflags", "+faststart", "-f", "mp4"]);
        }
        let output = ffmpeg.arg(path).stdin(Stdio::null()).output().context("ffmpeg does not start")?;
        ensure!(output.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn position(&self) -> String {
        format!("{:+08.4}{:+09.4}/", self.latitude(), self.longitude())
    }

    fn latitude(&self) -> f64 {
        59.25 + f64::from(self.number) / 64.0
    }

    fn longitude(&self) -> f64 {
        18.5 + f64::from(self.number) / 64.0
    }
}
