#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use image::{DynamicImage, GenericImageView, ImageFormat, Rgb, RgbImage, RgbaImage};
use turbojpeg::Subsamp;

use super::*;
use crate::SystemDecoder;
use crate::fixtures::{self, Exif, picture};
use crate::received::{PreviewKind, check_preview};

fn previews(bytes: &[u8]) -> Previews {
    let probe = crate::probe(&mut Cursor::new(bytes)).unwrap();
    match preview_bytes(bytes, &probe).unwrap() {
        PreviewOutcome::Previews(previews) => *previews,
        PreviewOutcome::Tile(reason) => panic!("no preview: {reason}"),
    }
}

fn decoded(preview: &PreviewJpeg) -> DynamicImage {
    image::load_from_memory(&preview.bytes).unwrap()
}

/// Whether two colours differ by no more than what JPEG does to plain areas.
fn is_near(a: Rgb<u8>, b: [u8; 3], tolerance: i16) -> bool {
    a.0.iter().zip(b).all(|(a, b)| (i16::from(*a) - i16::from(b)).abs() <= tolerance)
}

#[test]
fn sizes_and_limits_hold_for_every_kind_of_jpeg() {
    let large = picture(2400, 1800);
    for (subsampling, is_progressive) in
        [(Subsamp::Sub2x2, false), (Subsamp::Sub2x2, true), (Subsamp::None, false), (Subsamp::Gray, false)]
    {
        let made = previews(&fixtures::plain_jpeg(&large, subsampling, is_progressive));
        assert_eq!((made.screen.width, made.screen.height), (1600, 1200));
        assert_eq!((made.grid.width, made.grid.height), (320, 240));
        assert!(made.grid.bytes.len() <= limits::GRID_BYTES);
        assert!(made.placeholder.len() <= limits::PLACEHOLDER_BYTES);
        assert_eq!(check_preview(&made.grid.bytes, PreviewKind::Grid).unwrap(), (320, 240));
        assert_eq!(check_preview(&made.screen.bytes, PreviewKind::Screen).unwrap(), (1600, 1200));
    }
}

#[test]
fn noise_still_fits_the_limits() {
    let mut state = 1_u32;
    let noise = RgbImage::from_fn(1600, 1600, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        Rgb([a, b, c])
    });
    let made = previews(&fixtures::plain_jpeg(&noise, Subsamp::None, false));
    assert!(made.screen.bytes.len() <= limits::SCREEN_BYTES);
    assert!(made.grid.bytes.len() <= limits::GRID_BYTES);
}

#[test]
fn small_pictures_are_never_scaled_up() {
    let made = previews(&fixtures::plain_jpeg(&picture(100, 60), Subsamp::Sub2x2, false));
    assert_eq!((made.screen.width, made.screen.height), (100, 60));
}

#[test]
fn a_single_pixel_and_a_ribbon_have_previews() {
    for (width, height) in [(1, 1), (4000, 1), (1, 4000)] {
        let made = previews(&fixtures::encoded(picture(width, height).into(), ImageFormat::Png));
        assert!(made.grid.width >= 1 && made.grid.height >= 1);
    }
}

#[test]
fn every_orientation_shows_the_same_corner_upright() {
    // Red, green, blue, white: the quarters from the top left by rows, when upright.
    let quarter = |x: u32, y: u32| match (x < 32, y < 24) {
        (true, true) => Rgb([230, 20, 20]),
        (false, true) => Rgb([20, 200, 20]),
        (true, false) => Rgb([20, 20, 230]),
        (false, false) => Rgb([240, 240, 240]),
    };
    let upright = DynamicImage::from(RgbImage::from_fn(64, 48, quarter));
    for orientation in 1_u8..=8 {
        let mut coded = upright.clone();
        let undo = match orientation {
            6 => 8,
            8 => 6,
            same => same,
        };
        coded.apply_orientation(image::metadata::Orientation::from_exif(undo).unwrap());
        let exif = Exif { orientation: orientation.into(), ..Exif::default() }.block();
        let segment = fixtures::segment(0xE1, &[b"Exif\0\0", exif.as_slice()].concat());
        let made = previews(&fixtures::jpeg_with_segments(&coded.to_rgb8(), &[segment]));
        let shown = decoded(&made.screen).to_rgb8();
        assert_eq!(shown.dimensions(), (64, 48), "orientation {orientation}");
        for (x, y) in [(8, 6), (56, 6), (8, 42), (56, 42)] {
            let expected = quarter(x, y).0;
            assert!(is_near(*shown.get_pixel(x, y), expected, 12), "orientation {orientation} at {x},{y}");
        }
    }
}

#[test]
fn transparency_is_shown_on_grey() {
    let clear = RgbaImage::from_pixel(40, 40, image::Rgba([255, 0, 0, 0]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let made = previews(&fixtures::encoded(clear.clone().into(), format));
        assert!(is_near(decoded(&made.screen).to_rgb8()[(20, 20)], [128; 3], 3), "{format:?}");
    }
}

#[test]
fn animations_show_their_first_frame() {
    let made = previews(&fixtures::encoded(picture(64, 48).into(), ImageFormat::Gif));
    assert_eq!(decoded(&made.screen).dimensions(), (64, 48));
}

#[test]
fn wide_gamuts_are_converted() {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let segment = fixtures::segment(0xE2, &[b"ICC_PROFILE\0\x01\x01".as_slice(), &profile].concat());
    let flat = RgbImage::from_pixel(64, 64, Rgb([200, 100, 100]));
    let shown = decoded(&previews(&fixtures::jpeg_with_segments(&flat, &[segment])).screen).to_rgb8();
    // The same colour in sRGB, by the primaries of both spaces.
    assert!(is_near(shown[(32, 32)], [213, 94, 97], 4), "{:?}", shown[(32, 32)]);
}

#[test]
fn cmyk_is_shown_as_light() {
    let ink = [255_u8, 255, 0, 255].repeat(32 * 32);
    let mut encoder = turbojpeg::Compressor::new().unwrap();
    encoder.set_subsamp(Subsamp::None).unwrap();
    encoder.set_colorspace(turbojpeg::Colorspace::CMYK).unwrap();
    let source = turbojpeg::Image {
        pixels: ink.as_slice(),
        width: 32,
        pitch: 128,
        height: 32,
        format: turbojpeg::PixelFormat::CMYK,
    };
    let shown = decoded(&previews(&encoder.compress_to_vec(source).unwrap()).screen).to_rgb8();
    assert!(is_near(shown[(16, 16)], [255, 255, 0], 8), "{:?}", shown[(16, 16)]);
}

#[test]
fn decompression_bombs_become_a_tile() {
    let mut jpeg = fixtures::plain_jpeg(&picture(64, 48), Subsamp::Sub2x2, true);
    let frame = jpeg.windows(2).position(|window| window == [0xFF, 0xC2]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    let probe = crate::probe(&mut Cursor::new(&jpeg)).unwrap();
    assert_eq!(preview_bytes(&jpeg, &probe).unwrap(), PreviewOutcome::Tile(TileReason::TooLarge));
    let mut png = fixtures::encoded(picture(64, 48).into(), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    let crc = crc32fast::hash(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&crc);
    let probe = crate::probe(&mut Cursor::new(&png)).unwrap();
    let outcome = preview_bytes(&png, &probe).unwrap();
    assert!(matches!(outcome, PreviewOutcome::Tile(_)), "{outcome:?}");
}

#[test]
fn more_than_64_megapixels_in_one_scan_are_decoded_at_reduced_size() {
    let ribbon = fixtures::plain_jpeg(&RgbImage::from_pixel(60_000, 1_100, Rgb([90; 3])), Subsamp::Sub2x2, false);
    let made = previews(&ribbon);
    assert_eq!((made.screen.width, made.screen.height), (1600, 29));
}

#[test]
fn a_cut_jpeg_is_called_damaged() {
    let mut jpeg = fixtures::plain_jpeg(&picture(640, 480), Subsamp::Sub2x2, false);
    let probe = crate::probe(&mut Cursor::new(&jpeg)).unwrap();
    jpeg.truncate(jpeg.len() * 3 / 4);
    assert_eq!(preview_bytes(&jpeg, &probe).unwrap(), PreviewOutcome::Tile(TileReason::Undecodable));
}

#[test]
fn without_tools_heif_and_clips_are_tiles() {
    let scratch = tempfile::tempdir().unwrap();
    for bytes in [fixtures::heic(), fixtures::mp4()] {
        let path = scratch.path().join("capture");
        std::fs::write(&path, &bytes).unwrap();
        let probe = crate::probe(&mut Cursor::new(&bytes)).unwrap();
        let outcome = preview(&path, &probe, &ExternalTools::default(), scratch.path()).unwrap();
        assert_eq!(outcome, PreviewOutcome::Tile(TileReason::NoTool));
    }
}

#[test]
fn a_decoder_of_the_system_shows_heif_and_what_it_does_not_know_is_a_tile() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("capture");
    std::fs::write(&path, fixtures::heic()).unwrap();
    let probe = crate::probe(&mut std::fs::File::open(&path).unwrap()).unwrap();
    let made = |decodes: bool| {
        let of = path.clone();
        let system = SystemDecoder::new(move |file, jpeg, pixels| {
            assert_eq!((file, pixels), (&*of, crate::limits::SCREEN_SIDE));
            let bytes = fixtures::plain_jpeg(&picture(640, 480), Subsamp::Sub2x2, false);
            decodes && std::fs::write(jpeg, bytes).is_ok()
        });
        let tools = ExternalTools { system: Some(system), ..ExternalTools::default() };
        preview(&path, &probe, &tools, scratch.path()).unwrap()
    };
    let PreviewOutcome::Previews(previews) = made(true) else { panic!("the system decoded it") };
    assert_eq!((previews.screen.width, previews.screen.height), (640, 480), "upright, whatever the file says");
    assert_eq!(made(false), PreviewOutcome::Tile(TileReason::NoTool));
    assert_eq!(scratch.path().read_dir().unwrap().count(), 1, "nothing stays beside the capture");
}

#[test]
fn tools_of_the_system_show_clips_upright() {
    let tools = ExternalTools::discover();
    let Some(ffmpeg) = &tools.ffmpeg else {
        eprintln!("skipped: there is no ffmpeg on this system");
        return;
    };
    let scratch = tempfile::tempdir().unwrap();
    for (file, arguments) in [
        ("clip.mp4", ["-c:v", "mpeg4", "-metadata", "title=clip"]),
        ("clip.mov", ["-c:v", "mjpeg", "-q:v", "3"]),
        ("clip.webm", ["-c:v", "libvpx", "-b:v", "500k"]),
        ("clip.mkv", ["-c:v", "mjpeg", "-q:v", "3"]),
    ] {
        let path = scratch.path().join(file);
        let mut command = std::process::Command::new(ffmpeg);
        command.args(["-v", "error", "-f", "lavfi", "-i", "color=red:s=320x180:d=2:r=10"]).args(arguments).arg(&path);
        if !command.status().unwrap().success() {
            eprintln!("skipped {file}: this ffmpeg cannot write it");
            continue;
        }
        let probe = crate::probe(&mut std::fs::File::open(&path).unwrap()).unwrap();
        assert_eq!((probe.width, probe.height), (320, 180), "{file}");
        assert!(probe.duration_ms.is_some_and(|ms| (1900..=2100).contains(&ms)), "{file}: {:?}", probe.duration_ms);
        let PreviewOutcome::Previews(made) = preview(&path, &probe, &tools, scratch.path()).unwrap() else {
            panic!("{file} has no preview");
        };
        let shown = decoded(&made.screen).to_rgb8();
        assert_eq!(shown.dimensions(), (320, 180), "{file}");
        assert!(shown[(160, 90)].0[0] > 180 && shown[(160, 90)].0[1] < 80, "{file} is red");
        let turned = crate::Probe { orientation: 6, ..probe };
        let PreviewOutcome::Previews(made) = preview(&path, &turned, &tools, scratch.path()).unwrap() else {
            panic!("{file} has no preview");
        };
        assert_eq!((made.screen.width, made.screen.height), (180, 320), "{file} turned");
        assert_eq!(scratch.path().read_dir().unwrap().filter(|e| e.as_ref().unwrap().path().is_dir()).count(), 0);
    }
}
