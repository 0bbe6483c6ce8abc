//! Tracks of a movie: what they hold, how they are turned, and where their samples stand (ISO/IEC 14496-12, 8.3 to 8.8).

use crate::container::bmff::{self, FourCc};
use crate::error::MediaError;
use crate::limits;
use crate::source::{Source, Span};

/// A track of a `moov` box.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    pub(crate) id: u32,
    pub(crate) handler: FourCc,
    /// Name of the first sample entry, such as `avc1` or `mebx`.
    pub(crate) entry: FourCc,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The rotation to apply, as an EXIF orientation.
    pub(crate) orientation: u8,
    /// Ticks a second of the track's own clock.
    pub(crate) timescale: u32,
    /// What a timed metadata track says it holds, by key.
    pub(crate) metadata_keys: Vec<String>,
    sample_table: Option<Span>,
}

/// A date in seconds since 1904 and a duration with its ticks a second.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Header {
    pub(crate) created: u64,
    pub(crate) timescale: u32,
    pub(crate) duration: u64,
}

impl Track {
    pub(crate) fn is_video(&self) -> bool {
        &self.handler == b"vide"
    }

    /// Whether the track is pictures, sound or time code, which hold no location by themselves.
    pub(crate) fn is_audiovisual(&self) -> bool {
        matches!(&self.handler, b"vide" | b"soun" | b"tmcd" | b"auxv" | b"pict" | b"hint")
    }

    /// Reads a `trak` box.
    pub(crate) fn read(source: &mut Source<'_>, trak: Span) -> Result<Self, MediaError> {
        let children = bmff::boxes(source, trak)?;
        let mut track = Self {
            id: 0,
            handler: [0; 4],
            entry: [0; 4],
            width: 0,
            height: 0,
            orientation: 1,
            timescale: 0,
            metadata_keys: Vec::new(),
            sample_table: None,
        };
        if let Some(tkhd) = children.find(b"tkhd") {
            track.read_header(source, tkhd.body)?;
        }
        let Some(mdia) = children.find(b"mdia") else {
            return Ok(track);
        };
        let media = bmff::boxes(source, mdia.body)?;
        track.handler = bmff::handler(source, &media)?;
        if let Some(mdhd) = media.find(b"mdhd") {
            track.timescale = header(source, mdhd.body)?.timescale;
        }
        track.sample_table = bmff::find_path(source, mdia.body, &[b"minf", b"stbl"])?;
        track.read_entry(source)?;
        Ok(track)
    }

    /// Where the samples stand in `file`, neighbours joined; `None` when the table is larger than any real one. Offsets
    /// count from the start of the movie, which in a motion photo stands behind a picture.
    pub(crate) fn samples(&self, source: &mut Source<'_>, file: Span) -> Result<Option<Vec<Span>>, MediaError> {
        let Some(table) = self.sample_table else {
            return Ok(Some(Vec::new()));
        };
        let tables = bmff::boxes(source, table)?;
        let Some(sizes) = sample_sizes(source, &tables)? else {
            return Ok(None);
        };
        let Some(chunks) = chunk_offsets(source, &tables)? else {
            return Ok(None);
        };
        let Some(runs) = full_table(source, tables.find(b"stsc").map(|b| b.body), 12)? else {
            return Ok(None);
        };
        let mut runs = runs.as_chunks::<12>().0.iter().map(|run| (word(run, 0), word(run, 4))).peekable();
        let (mut per_chunk, mut sizes) = (0, sizes.into_iter());
        let mut spans: Vec<Span> = Vec::new();
        for (number, start) in (1_u32..).zip(chunks) {
            while let Some((_, count)) = runs.next_if(|(first, _)| *first <= number) {
                per_chunk = count;
            }
            let bytes = sizes.by_ref().take(per_chunk as usize).map(u64::from).sum::<u64>();
            let span = file.clamp(start, bytes);
            match spans.last_mut() {
                Some(last) if last.end == span.start => last.end = span.end,
                _ => spans.push(span),
            }
        }
        Ok(Some(spans))
    }

    fn read_header(&mut self, source: &mut Source<'_>, tkhd: Span) -> Result<(), MediaError> {
        let is_long = source.u8(tkhd.start)? == 1;
        self.id = source.u32(tkhd.start + if is_long { 20 } else { 12 })?;
        let matrix_at = tkhd.start + if is_long { 52 } else { 40 };
        let mut matrix = [0; 9];
        for (at, cell) in (matrix_at..).step_by(4).zip(&mut matrix) {
            *cell = source.u32(at)? as i32;
        }
        self.orientation = orientation([matrix[0], matrix[1], matrix[3], matrix[4]]);
        self.width = source.u32(matrix_at + 36)? >> 16;
        self.height = source.u32(matrix_at + 40)? >> 16;
        Ok(())
    }

    fn read_entry(&mut self, source: &mut Source<'_>) -> Result<(), MediaError> {
        let Some(table) = self.sample_table else {
            return Ok(());
        };
        let Some(stsd) = bmff::boxes(source, table)?.find(b"stsd") else {
            return Ok(());
        };
        let entries = bmff::boxes(source, stsd.body.from(8))?;
        let Some(entry) = entries.list.first() else {
            return Ok(());
        };
        self.entry = entry.kind;
        if self.is_video() && (self.width == 0 || self.height == 0) && entry.body.len() >= 28 {
            self.width = source.u16(entry.body.start + 24)?.into();
            self.height = source.u16(entry.body.start + 26)?.into();
        }
        if &entry.kind == b"mebx" {
            let Some(keys) = bmff::boxes(source, entry.body.from(8))?.find(b"keys") else {
                return Ok(());
            };
            for key in bmff::boxes(source, keys.body)?.list {
                if let Some(name) = bmff::boxes(source, key.body)?.find(b"keyd") {
                    self.metadata_keys.extend(source.text(name.body.from(4))?);
                }
            }
        }
        Ok(())
    }
}

/// Reads an `mvhd` or `mdhd` box.
pub(crate) fn header(source: &mut Source<'_>, body: Span) -> Result<Header, MediaError> {
    let at = body.start + 4;
    Ok(if source.u8(body.start)? == 1 {
        Header { created: source.u64(at)?, timescale: source.u32(at + 16)?, duration: source.u64(at + 20)? }
    } else {
        let duration = source.u32(at + 12)?;
        let duration = if duration == u32::MAX { 0 } else { duration.into() };
        Header { created: source.u32(at)?.into(), timescale: source.u32(at + 8)?, duration }
    })
}

/// End of the last fragment of `track`, in ticks of its own clock.
pub(crate) fn fragments_end(
    source: &mut Source<'_>,
    fragments: &[Span],
    default_duration: u64,
    track: u32,
) -> Result<Option<u64>, MediaError> {
    for moof in fragments.iter().rev() {
        for traf in bmff::boxes(source, *moof)?.all(b"traf") {
            if let Some(end) = fragment_end(source, traf.body, default_duration, track)? {
                return Ok(Some(end));
            }
        }
    }
    Ok(None)
}

/// The default sample duration that `mvex` declares for a track.
pub(crate) fn default_duration(source: &mut Source<'_>, mvex: Span, track: u32) -> Result<u64, MediaError> {
    for trex in bmff::boxes(source, mvex)?.all(b"trex").filter(|trex| trex.body.len() >= 16) {
        if source.u32(trex.body.start + 4)? == track {
            return Ok(source.u32(trex.body.start + 12)?.into());
        }
    }
    Ok(0)
}

/// Whether the first picture of a fragment stands by itself, so that a player can begin with it.
pub(crate) fn begins_with_sync(source: &mut Source<'_>, moof: Span, track: u32) -> Result<bool, MediaError> {
    const IS_DIFFERENCE: u32 = 0x1_0000;
    for traf in bmff::boxes(source, moof)?.all(b"traf") {
        let parts = bmff::boxes(source, traf.body)?;
        let (Some(tfhd), Some(trun)) = (parts.find(b"tfhd"), parts.find(b"trun")) else { continue };
        if source.u32(tfhd.body.start + 4)? != track {
            continue;
        }
        let (flags, run) = (source.u32(tfhd.body.start)?, source.u32(trun.body.start)?);
        let after_offset = trun.body.start + 8 + 4 * u64::from(run & 1);
        let sample = if run & 4 != 0 {
            source.u32(after_offset)?
        } else if run & 0x400 != 0 {
            source.u32(after_offset + 4 * u64::from((run >> 8 & 3).count_ones()))?
        } else if flags & 0x20 != 0 {
            let skipped = u64::from(flags & 1) * 8 + u64::from((flags & 0x1A).count_ones()) * 4;
            source.u32(tfhd.body.start + 8 + skipped)?
        } else {
            0
        };
        return Ok(sample & IS_DIFFERENCE == 0);
    }
    Ok(false)
}

fn fragment_end(source: &mut Source<'_>, traf: Span, default: u64, track: u32) -> Result<Option<u64>, MediaError> {
    let parts = bmff::boxes(source, traf)?;
    let (Some(tfhd), Some(tfdt)) = (parts.find(b"tfhd"), parts.find(b"tfdt")) else {
        return Ok(None);
    };
    if source.u32(tfhd.body.start + 4)? != track {
        return Ok(None);
    }
    let flags = source.u32(tfhd.body.start)?;
    let skipped = u64::from(flags & 1) * 8 + u64::from(flags >> 1 & 1) * 4;
    let default = if flags & 8 == 0 { default } else { source.u32(tfhd.body.start + 8 + skipped)?.into() };
    let is_long = source.u8(tfdt.body.start)? == 1;
    let mut end = source.uint(tfdt.body.start + 4, if is_long { 8 } else { 4 })?;
    for trun in parts.all(b"trun") {
        end = end.saturating_add(run_duration(source, trun.body, default)?);
    }
    Ok(Some(end))
}

fn run_duration(source: &mut Source<'_>, trun: Span, default: u64) -> Result<u64, MediaError> {
    let flags = source.u32(trun.start)?;
    let count = source.u32(trun.start + 4)?;
    if flags & 0x100 == 0 {
        return Ok(default.saturating_mul(count.into()));
    }
    let row_bytes = 4 * u64::from((flags >> 8 & 15).count_ones());
    let rows = trun.from(8 + 4 * u64::from(flags & 1) + 4 * u64::from(flags >> 2 & 1));
    let rows = source.bytes(rows.clamp(0, row_bytes * u64::from(count)), limits::METADATA_BYTES)?;
    Ok(rows.chunks_exact(row_bytes as usize).map(|row| u64::from(word(row, 0))).sum())
}

/// The EXIF orientation that does what a matrix's `a b c d` do (the picture's x goes to `a b`, its y to `c d`).
fn orientation(cells: [i32; 4]) -> u8 {
    match cells.map(i32::signum) {
        [-1, 0, 0, 1] => 2,
        [-1, 0, 0, -1] => 3,
        [1, 0, 0, -1] => 4,
        [0, 1, 1, 0] => 5,
        [0, 1, -1, 0] => 6,
        [0, -1, -1, 0] => 7,
        [0, -1, 1, 0] => 8,
        _ => 1,
    }
}

fn sample_sizes(source: &mut Source<'_>, tables: &bmff::Boxes) -> Result<Option<Vec<u32>>, MediaError> {
    let Some(stsz) = tables.find(b"stsz") else {
        // `stz2` packs sizes into 4, 8 or 16 bits; no camera writes it for metadata.
        return Ok(tables.find(b"stz2").is_none().then(Vec::new));
    };
    let uniform = source.u32(stsz.body.start + 4)?;
    let count = source.u32(stsz.body.start + 8)?;
    if count > limits::SAMPLES {
        return Ok(None);
    }
    if uniform != 0 {
        return Ok(Some(vec![uniform; count as usize]));
    }
    let raw = source.bytes(stsz.body.from(12).clamp(0, u64::from(count) * 4), u64::from(limits::SAMPLES) * 4)?;
    Ok(Some(raw.as_chunks().0.iter().map(|b| u32::from_be_bytes(*b)).collect()))
}

fn chunk_offsets(source: &mut Source<'_>, tables: &bmff::Boxes) -> Result<Option<Vec<u64>>, MediaError> {
    if let Some(stco) = tables.find(b"stco") {
        let raw = full_table(source, Some(stco.body), 4)?;
        return Ok(raw.map(|raw| raw.as_chunks().0.iter().map(|b| u32::from_be_bytes(*b).into()).collect()));
    }
    let raw = full_table(source, tables.find(b"co64").map(|b| b.body), 8)?;
    Ok(raw.map(|raw| raw.as_chunks().0.iter().map(|b| u64::from_be_bytes(*b)).collect()))
}

/// The rows of a table with a version, a count, and rows of equal size; `None` when there are too many.
fn full_table(source: &mut Source<'_>, body: Option<Span>, row_bytes: u64) -> Result<Option<Vec<u8>>, MediaError> {
    let Some(body) = body.filter(|body| body.len() >= 8) else {
        return Ok(Some(Vec::new()));
    };
    let count = source.u32(body.start + 4)?;
    if count > limits::SAMPLES {
        return Ok(None);
    }
    let rows = body.from(8).clamp(0, u64::from(count) * row_bytes);
    Ok(Some(source.bytes(rows, rows.len())?))
}

fn word(row: &[u8], at: usize) -> u32 {
    row.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |b| u32::from_be_bytes(*b))
}
