//! Live WebM: everything before the first cluster prepares a player; then blocks play, cluster by cluster. The length of the
//! segment and of its clusters is often unknown while they are written, so only their headers are units.

use super::{NotStreamable, Unit};
use crate::container::ebml::{self, id};
use crate::limits;
use crate::source::Source;

pub(super) struct Walker {
    is_inside: bool,
    stands_in_segment: bool,
    scale_ns: u64,
    /// Where the walk stands, in bytes.
    at: u64,
    /// Where the cluster under way ends; `u64::MAX` while that is unknown.
    cluster_end: Option<u64>,
    cluster_ticks: u64,
    has_tracks: bool,
}

impl Default for Walker {
    fn default() -> Self {
        Self {
            is_inside: false,
            stands_in_segment: false,
            scale_ns: 1_000_000,
            at: 0,
            cluster_end: None,
            cluster_ticks: 0,
            has_tracks: false,
        }
    }
}

impl Walker {
    /// Whether the unit answered last stood inside the segment.
    pub(super) fn stood_inside(&self) -> bool {
        self.stands_in_segment
    }

    pub(super) fn next(&mut self, ahead: &[u8]) -> Result<Option<Unit>, NotStreamable> {
        let Some(head) = ebml::head(ahead) else {
            return if ahead.len() < 12 { Ok(None) } else { Err(NotStreamable::Container) };
        };
        self.stands_in_segment = self.is_inside;
        if self.cluster_end.is_some_and(|end| self.at >= end) || ebml::is_top_level(head.id) {
            self.cluster_end = None;
        }
        let unit = match head.id {
            id::SEGMENT if !self.is_inside => {
                self.is_inside = true;
                Some(self.passes(head.bytes))
            }
            id::EBML if !self.is_inside => self.looked_at(ahead, &head)?,
            id::CLUSTER if self.has_tracks => {
                let end = head.size.map_or(u64::MAX, |size| self.at + head.bytes + size);
                self.cluster_end = Some(end);
                // The clock of a cluster stands in its first element: it is needed to know where the part before ends.
                let Some(ticks) = first_timestamp(&ahead[head.bytes as usize..])? else { return Ok(None) };
                self.cluster_ticks = ticks;
                let at_ms = Some(self.milliseconds(ticks));
                Some(Unit { cuts: true, begins: Some(true), at_ms, ..self.passes(head.bytes) })
            }
            id::SEGMENT | id::EBML | id::CLUSTER => return Err(NotStreamable::Container),
            _ if self.cluster_end.is_some() => self.in_cluster(ahead, &head)?,
            _ if self.is_inside => self.looked_at(ahead, &head)?,
            _ => return Err(NotStreamable::Container),
        };
        if let Some(unit) = &unit {
            self.at += unit.bytes;
        }
        Ok(unit)
    }

    fn passes(&self, bytes: u64) -> Unit {
        Unit { bytes, is_looked_at: false, cuts: false, begins: None, ends_part: false, at_ms: None }
    }

    fn in_cluster(&mut self, ahead: &[u8], head: &ebml::Head) -> Result<Option<Unit>, NotStreamable> {
        let bytes = whole(head)?;
        let at = match head.id {
            id::SIMPLE_BLOCK => Some(head.bytes as usize),
            // A group begins with its block.
            id::BLOCK_GROUP => match ebml::head(&ahead[head.bytes as usize..]) {
                Some(block) if block.id == id::BLOCK => Some((head.bytes + block.bytes) as usize),
                Some(_) => None,
                None => return Ok(None),
            },
            _ => None,
        };
        let Some(at) = at else { return Ok(Some(self.passes(bytes))) };
        // A track number of mostly one byte, then the time relative to the cluster's.
        let Some([_, high, low]) = ahead.get(at..).and_then(|block| block.first_chunk::<3>()).copied() else {
            return Ok(None);
        };
        let ticks = self.cluster_ticks.saturating_add_signed(i16::from_be_bytes([high, low]).into());
        let at_ms = Some(self.milliseconds(ticks));
        Ok(Some(Unit { cuts: true, begins: Some(false), at_ms, ..self.passes(bytes) }))
    }

    fn looked_at(&mut self, ahead: &[u8], head: &ebml::Head) -> Result<Option<Unit>, NotStreamable> {
        let bytes = whole(head)?;
        if bytes > limits::PART_BYTES as u64 {
            return Err(NotStreamable::Container);
        }
        let Some(unit) = ahead.get(..bytes as usize) else { return Ok(None) };
        self.has_tracks |= head.id == id::TRACKS;
        if head.id == id::INFO {
            let mut reader = std::io::Cursor::new(unit);
            let mut source = Source::new(&mut reader)?;
            let window = source.whole().from(head.bytes);
            if let Some(scale) = ebml::elements(&mut source, window)?.find(id::TIMESTAMP_SCALE) {
                self.scale_ns = ebml::uint(&mut source, scale)?.clamp(1, 1_000_000_000);
            }
        }
        Ok(Some(Unit { is_looked_at: true, ..self.passes(bytes) }))
    }

    fn milliseconds(&self, ticks: u64) -> u64 {
        u64::try_from(u128::from(ticks) * u128::from(self.scale_ns) / 1_000_000).unwrap_or(u64::MAX)
    }
}

/// Header and body together. Only segments and clusters may be of unknown length.
fn whole(head: &ebml::Head) -> Result<u64, NotStreamable> {
    let size = head.size.filter(|size| *size <= limits::FILE_BYTES).ok_or(NotStreamable::Container)?;
    Ok(head.bytes + size)
}

/// The time a cluster begins with; nothing while it is not there.
fn first_timestamp(mut ahead: &[u8]) -> Result<Option<u64>, NotStreamable> {
    loop {
        let Some(head) = ebml::head(ahead) else { return Ok(None) };
        let bytes = whole(&head)?;
        let Some(unit) = usize::try_from(bytes).ok().and_then(|bytes| ahead.get(..bytes)) else {
            return if bytes > 64 { Err(NotStreamable::Container) } else { Ok(None) };
        };
        match head.id {
            id::TIMESTAMP => {
                let value = unit[head.bytes as usize..].iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
                return Ok(Some(value));
            }
            // A checksum or padding may stand in front.
            id::CRC | id::VOID => ahead = &ahead[unit.len()..],
            _ => return Err(NotStreamable::Container),
        }
    }
}
