//! Clips.

use super::{Camera, Kind, Probe, time};
use crate::blank::names;
use crate::container::bmff::{self, Box4, Boxes};
use crate::container::ebml::{self, Elements, id};
use crate::container::movie::{self, Track};
use crate::error::MediaError;
use crate::format::Format;
use crate::source::{Source, Span};

pub(super) fn movie(source: &mut Source<'_>, format: Format) -> Result<Probe, MediaError> {
    let mut probe = Probe::new(format, Kind::Clip);
    read_movie(source, &mut probe)?;
    Ok(probe)
}

/// An image sequence without a still picture: its first track is what it shows.
pub(super) fn sequence(source: &mut Source<'_>, mut probe: Probe) -> Result<Probe, MediaError> {
    read_movie(source, &mut probe)?;
    probe.kind = Kind::Animation;
    Ok(probe)
}

fn read_movie(source: &mut Source<'_>, probe: &mut Probe) -> Result<(), MediaError> {
    let top = bmff::boxes(source, source.whole())?;
    let moov = top.find(b"moov").ok_or(MediaError::malformed("movie: it has no header"))?;
    let children = bmff::boxes(source, moov.body)?;
    let mut tracks = Vec::new();
    for trak in children.all(b"trak") {
        tracks.push(Track::read(source, trak.body)?);
        let children = bmff::boxes(source, trak.body)?;
        note_metadata(source, &children, probe)?;
    }
    let shown = tracks.iter().find(|track| track.is_video() || &track.handler == b"pict");
    let shown = shown.ok_or(MediaError::malformed("movie: it has no pictures"))?;
    probe.orientation = shown.orientation;
    probe.set_coded_size(shown.width, shown.height);
    note_metadata(source, &children, probe)?;
    note_metadata(source, &top, probe)?;
    for track in &tracks {
        probe.location_present |= holds_positions(source, track)?;
    }
    let mvhd = children.find(b"mvhd").ok_or(MediaError::malformed("movie: it has no header"))?;
    let header = movie::header(source, mvhd.body)?;
    probe.captured = probe.captured.or_else(|| time::movie_header(header.created));
    probe.duration_ms = milliseconds(header.duration, header.timescale);
    if probe.duration_ms.is_none() {
        probe.duration_ms = fragmented_duration(source, &top, &children, shown)?;
    }
    Ok(())
}

/// Whether this is a timed metadata track of positions: GoPro's, Google's, Sony's, or Apple's with such a key. Blanked
/// ones hold zeros.
fn holds_positions(source: &mut Source<'_>, track: &Track) -> Result<bool, MediaError> {
    let is_named = track.metadata_keys.iter().any(|key| names::is_private(key.as_bytes()));
    if !is_named && !matches!(&track.entry, b"gpmd" | b"camm" | b"rtmd") {
        return Ok(false);
    }
    let samples = track.samples(source, source.whole())?.unwrap_or_default();
    let Some(first) = samples.first() else {
        return Ok(true);
    };
    Ok(source.head(*first, 4096)?.iter().any(|b| *b != 0))
}

fn fragmented_duration(
    source: &mut Source<'_>,
    top: &Boxes,
    moov: &Boxes,
    track: &Track,
) -> Result<Option<u64>, MediaError> {
    let Some(mvex) = moov.find(b"mvex") else {
        return Ok(None);
    };
    let default = movie::default_duration(source, mvex.body, track.id)?;
    let fragments: Vec<Span> = top.all(b"moof").map(|moof| moof.body).collect();
    let end = movie::fragments_end(source, &fragments, default, track.id)?;
    Ok(end.and_then(|end| milliseconds(end, track.timescale)))
}

fn milliseconds(ticks: u64, timescale: u32) -> Option<u64> {
    let ms = u128::from(ticks) * 1000 / u128::from(timescale.max(1));
    (ticks > 0 && timescale > 0).then(|| u64::try_from(ms).ok()).flatten()
}

/// Adds what `udta` and `meta` among `children` say.
fn note_metadata(source: &mut Source<'_>, children: &Boxes, probe: &mut Probe) -> Result<(), MediaError> {
    for meta in children.all(b"meta") {
        note_values(source, meta.body, probe)?;
    }
    for udta in children.all(b"udta") {
        let atoms = bmff::boxes(source, udta.body)?;
        for atom in &atoms.list {
            note_atom(source, *atom, probe)?;
        }
    }
    Ok(())
}

fn note_values(source: &mut Source<'_>, meta: Span, probe: &mut Probe) -> Result<(), MediaError> {
    for found in bmff::meta_values(source, meta)? {
        let Some(text) = source.text(found.value)? else {
            continue;
        };
        match found.key.as_str() {
            "com.apple.quicktime.creationdate" => probe.captured = time::iso(&text).or(probe.captured),
            "com.apple.quicktime.content.identifier" => probe.content_identifier = Some(text),
            "com.apple.quicktime.make" | "com.android.manufacturer" | "©mak" => camera(probe).make = text,
            "com.apple.quicktime.model" | "com.android.model" | "©mod" => camera(probe).model = text,
            "©day" => probe.captured = probe.captured.or_else(|| time::iso(&text)),
            key => probe.location_present |= names::is_place(key.as_bytes()),
        }
    }
    Ok(())
}

/// QuickTime's user data: text atoms with a length and a language before the text.
fn note_atom(source: &mut Source<'_>, atom: Box4, probe: &mut Probe) -> Result<(), MediaError> {
    match &atom.kind {
        b"meta" => note_values(source, atom.body, probe)?,
        b"\xA9xyz" | b"loci" => probe.location_present = true,
        b"\xA9mak" => camera(probe).make = source.text(atom.body.from(4))?.unwrap_or_default(),
        b"\xA9mod" => camera(probe).model = source.text(atom.body.from(4))?.unwrap_or_default(),
        b"\xA9day" => {
            let text = source.text(atom.body.from(4))?;
            probe.captured = probe.captured.or_else(|| time::iso(&text?));
        }
        _ => {}
    }
    Ok(())
}

fn camera(probe: &mut Probe) -> &mut Camera {
    probe.camera.get_or_insert_with(|| Camera { make: String::new(), model: String::new() })
}

pub(super) fn matroska(source: &mut Source<'_>, format: Format) -> Result<Probe, MediaError> {
    let mut probe = Probe::new(format, Kind::Clip);
    let top = ebml::elements(source, source.whole())?;
    let segment = top.find(id::SEGMENT).ok_or(MediaError::malformed("Matroska: it has no segment"))?;
    let parts = ebml::elements(source, segment.body)?;
    let tracks = parts.find(id::TRACKS).ok_or(MediaError::malformed("Matroska: it has no tracks"))?;
    read_video_track(source, tracks.body, &mut probe)?;
    let mut scale_ns = 1_000_000;
    if let Some(info) = parts.find(id::INFO) {
        let info = ebml::elements(source, info.body)?;
        if let Some(scale) = info.find(id::TIMESTAMP_SCALE) {
            scale_ns = ebml::uint(source, scale)?.clamp(1, 1_000_000_000);
        }
        if let Some(date) = info.find(id::DATE_UTC).filter(|date| date.body.len() == 8) {
            probe.captured = time::matroska(source.u64(date.body.start)? as i64);
        }
        if let Some(duration) = info.find(id::DURATION) {
            let ticks = ebml::float(source, duration)?.filter(|ticks| ticks.is_finite() && *ticks > 0.0);
            probe.duration_ms = ticks.map(|ticks| (ticks * scale_ns as f64 / 1e6) as u64);
        }
    }
    if probe.duration_ms.is_none() {
        let last = parts.all(id::CLUSTER).last();
        let ticks = last.map(|cluster| cluster_end(source, cluster.body)).transpose()?;
        probe.duration_ms = ticks.map(|ticks| (u128::from(ticks) * u128::from(scale_ns) / 1_000_000) as u64);
    }
    probe.location_present = names_a_place(source, &parts)?;
    Ok(probe)
}

fn read_video_track(source: &mut Source<'_>, tracks: Span, probe: &mut Probe) -> Result<(), MediaError> {
    for entry in ebml::elements(source, tracks)?.all(id::TRACK_ENTRY) {
        let Some(video) = ebml::elements(source, entry.body)?.find(id::VIDEO) else {
            continue;
        };
        let video = ebml::elements(source, video.body)?;
        if let Some(projection) = video.find(id::PROJECTION)
            && let Some(roll) = ebml::elements(source, projection.body)?.find(id::POSE_ROLL)
        {
            probe.orientation = roll_orientation(ebml::float(source, roll)?.unwrap_or(0.0));
        }
        let mut number = |id| video.find(id).map_or(Ok(0), |element| ebml::uint(source, element));
        let coded = (number(id::PIXEL_WIDTH)?, number(id::PIXEL_HEIGHT)?);
        let shown = (number(id::DISPLAY_WIDTH)?, number(id::DISPLAY_HEIGHT)?);
        // Unit 0 is pixels; anything else, such as an aspect ratio, is no size.
        let in_pixels = number(id::DISPLAY_UNIT)? == 0 && shown.0 > 0 && shown.1 > 0;
        let (width, height) = if in_pixels { shown } else { coded };
        probe.set_coded_size(u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0));
        return Ok(());
    }
    Err(MediaError::malformed("Matroska: it has no pictures"))
}

/// Roll is in degrees anticlockwise (RFC 9559, 5.1.4.1.28.46).
fn roll_orientation(degrees: f64) -> u8 {
    match degrees.rem_euclid(360.0).round() as u16 {
        90 => 8,
        180 => 3,
        270 => 6,
        _ => 1,
    }
}

/// Time of the last block of a cluster.
fn cluster_end(source: &mut Source<'_>, cluster: Span) -> Result<u64, MediaError> {
    let parts = ebml::elements(source, cluster)?;
    let start = parts.find(id::TIMESTAMP).map_or(Ok(0), |element| ebml::uint(source, element))?;
    let mut end = start;
    for part in &parts.list {
        let block = match part.id {
            id::SIMPLE_BLOCK => Some(*part),
            id::BLOCK_GROUP => ebml::elements(source, part.body)?.find(id::BLOCK),
            _ => None,
        };
        let Some(block) = block.filter(|block| block.body.len() >= 4) else {
            continue;
        };
        // A track number of mostly one byte, then the time relative to the cluster's.
        let relative = source.u16(block.body.start + 1)? as i16;
        end = end.max(start.saturating_add_signed(relative.into()));
    }
    Ok(end)
}

fn names_a_place(source: &mut Source<'_>, parts: &Elements) -> Result<bool, MediaError> {
    for tags in parts.all(id::TAGS) {
        for tag in ebml::elements(source, tags.body)?.all(id::TAG) {
            for simple in ebml::elements(source, tag.body)?.all(id::SIMPLE_TAG) {
                if is_place_tag(source, simple.body)? {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// Whether a tag names a place and its value is not blank.
fn is_place_tag(source: &mut Source<'_>, tag: Span) -> Result<bool, MediaError> {
    let parts = ebml::elements(source, tag)?;
    let (Some(name), Some(value)) = (parts.find(id::TAG_NAME), parts.find(id::TAG_STRING)) else {
        return Ok(false);
    };
    let name = source.text(name.body)?.unwrap_or_default();
    Ok(names::is_place(name.as_bytes()) && source.text(value.body)?.is_some())
}
