//! Measures what ingest spends on pixels: probe, placeholder and both previews of a 12-megapixel JPEG, against one preview
//! made by `vipsthumbnail` in the same run. `--json` prints figures for machines; a path measures that JPEG instead.
//!
//! A photo that says when it was captured may show a clock, so a QR code is looked for in it. What that look costs is measured
//! by the same picture twice, as it is and with such a time in front of it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

const RUNS: usize = 5;
const WIDTH: usize = 4032;
const HEIGHT: usize = 3024;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let as_json = arguments.iter().any(|argument| argument == "--json");
    let folder = tempfile::tempdir()?;
    let path = match arguments.iter().find(|argument| !argument.starts_with("--")) {
        Some(path) => PathBuf::from(path),
        None => sample(folder.path())?,
    };
    let tools = glow_media::ExternalTools::discover();
    let dated = folder.path().join("dated.jpg");
    std::fs::write(&dated, with_time(&std::fs::read(&path)?))?;
    let probe = glow_media::probe(&mut std::fs::File::open(&dated)?)?;
    assert!(probe.captured.is_some_and(|time| time.source == glow_media::TimeSource::Exif), "its Exif is read");
    let (mut ours, mut looking, mut blanking, mut reference) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(timed(|| ingest(&path, &tools, folder.path()))?);
        looking.push(timed(|| ingest(&dated, &tools, folder.path()))?);
        blanking.push(timed(|| blank(&path))?);
        if let Some(tool) = &tools.vipsthumbnail {
            let target = folder.path().join("reference.jpg[Q=82]");
            let mut command = Command::new(tool);
            command.arg(&path).args(["--size", "1600x1600>", "--output"]).arg(&target).env("VIPS_CONCURRENCY", "1");
            reference.push(timed(|| Ok(command.status().map(|status| assert!(status.success()))?))?);
        }
    }
    let times = Times {
        ours: median(ours),
        looking: median(looking),
        blanking: median(blanking),
        reference: (!reference.is_empty()).then(|| median(reference)),
    };
    report(as_json, &times);
    Ok(())
}

/// Medians, in ms.
struct Times {
    ours: f64,
    /// With a look for a QR code.
    looking: f64,
    blanking: f64,
    reference: Option<f64>,
}

fn ingest(path: &Path, tools: &glow_media::ExternalTools, scratch: &Path) -> Result<(), Box<dyn Error>> {
    let probe = glow_media::probe(&mut std::fs::File::open(path)?)?;
    match glow_media::preview(path, &probe, tools, scratch)? {
        glow_media::PreviewOutcome::Previews(_) => Ok(()),
        glow_media::PreviewOutcome::Tile(reason) => Err(reason.to_string().into()),
    }
}

fn blank(path: &Path) -> Result<(), Box<dyn Error>> {
    glow_media::blank(&mut std::fs::File::open(path)?, glow_media::Format::Jpeg)?;
    Ok(())
}

fn timed(work: impl FnOnce() -> Result<(), Box<dyn Error>>) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64() * 1000.0)
}

fn median(mut runs: Vec<f64>) -> f64 {
    runs.sort_by(f64::total_cmp);
    runs[runs.len() / 2]
}

fn report(as_json: bool, &Times { ours, looking, blanking, reference }: &Times) {
    let ratio = reference.map(|reference| ours / reference);
    if as_json {
        let reference = reference.map_or(String::new(), |reference| {
            format!(r#","reference":{{"name":"vipsthumbnail, one preview","value":{reference:.1}}}"#)
        });
        println!(
            r#"{{"bench":"probe, placeholder, both previews","value":{ours:.1},"unit":"ms","goal":150{reference}}}"#
        );
        println!(
            r#"{{"bench":"the same of a photo that may show a clock","value":{looking:.1},"unit":"ms","goal":150,"reference":{{"name":"without the look for a QR code","value":{ours:.1}}}}}"#
        );
        println!(r#"{{"bench":"finding what to blank","value":{blanking:.1},"unit":"ms"}}"#);
        return;
    }
    println!("probe, placeholder, both previews   {ours:8.1} ms   (median of {RUNS})");
    println!("the same with a look for a clock    {looking:8.1} ms   (+{:.1})", looking - ours);
    println!("finding what to blank               {blanking:8.1} ms");
    match (reference, ratio) {
        (Some(reference), Some(ratio)) => {
            println!("vipsthumbnail, one preview          {reference:8.1} ms");
            println!("ratio                               {ratio:8.2}      (goal: at most 1.00)");
        }
        _ => println!("vipsthumbnail                        not on this system: no ratio"),
    }
}

/// The JPEG with Exif that says when it was captured, and nothing else.
fn with_time(jpeg: &[u8]) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    // IFD0 holds a pointer to the Exif IFD at 26, which holds DateTimeOriginal, whose text stands at 44.
    tiff.extend(b"\x01\0\x69\x87\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0");
    tiff.extend(b"\x01\0\x03\x90\x02\0\x14\0\0\0\x2c\0\0\0\0\0\0\0");
    tiff.extend(b"2026:11:21 17:40:00\0");
    let length = (2 + 6 + tiff.len()) as u16;
    let (start, rest) = jpeg.split_at(2);
    [start, b"\xff\xe1", &length.to_be_bytes(), b"Exif\0\0", &tiff, rest].concat()
}

/// A picture with the detail of a photograph: smooth light, edges, and grain.
fn sample(folder: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let mut grain = 1_u32;
    let mut pixels = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (grain >> 28) as i32 - 8;
            let wave = (60.0 * ((x as f32 / 37.0).sin() * (y as f32 / 53.0).cos())) as i32;
            let edge = if (x / 190 + y / 170) % 2 == 0 { 25 } else { -25 };
            let light = (x * 120 / WIDTH + y * 60 / HEIGHT) as i32;
            pixels.extend([40, 20, 0].map(|tint| (light + wave + edge + noise + tint + 40).clamp(0, 255) as u8));
        }
    }
    let mut encoder = Compressor::new()?;
    encoder.set_quality(90)?;
    encoder.set_subsamp(Subsamp::Sub2x2)?;
    let source =
        Image { pixels: pixels.as_slice(), width: WIDTH, pitch: WIDTH * 3, height: HEIGHT, format: PixelFormat::RGB };
    let jpeg = encoder.compress_to_vec(source)?;
    eprintln!("sample: {WIDTH} x {HEIGHT}, {:.1} MB", jpeg.len() as f64 / 1e6);
    let path = folder.join("sample.jpg");
    std::fs::write(&path, jpeg)?;
    Ok(path)
}
