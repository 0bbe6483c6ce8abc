//! Cutting a recording while it is made: what prepares a player, then fragments of about half a second, each as soon as its
//! last byte is there.
//!
//! Only containers that are written from front to back can go out this way: fragmented MP4 and live WebM. Every part is
//! blanked as the whole file would be; what cannot be proved clean is not streamed. Memory holds one part, at most
//! [`limits::PART_BYTES`] and what was pushed last.

mod matroska;
mod movie;
#[cfg(test)]
mod tests;

use crate::blank::{self, Blanking, Doubt, Patch, Verdict};
use crate::error::MediaError;
use crate::format::{Format, SNIFF_BYTES};
use crate::limits;

/// Why a recording cannot go out while it is made. It can still be added when it is complete.
#[derive(Debug, thiserror::Error)]
pub enum NotStreamable {
    /// A container that is finished at its end, or is none.
    #[error("not a container that is written from front to back")]
    Container,
    /// Something in it cannot be proved free of locations.
    #[error("cannot be proved clean: {0:?}")]
    Doubt(Doubt),
    /// Its structure is broken.
    #[error("its structure is broken")]
    Media(#[from] MediaError),
}

/// A stretch of a recording, in order and without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its bytes as they were recorded.
    pub bytes: Vec<u8>,
    /// What is overwritten before it is shared; offsets count from the start of the part.
    pub blanking: Blanking,
    /// What it is good for.
    pub kind: PartKind,
}

/// What a part is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// Prepares a player; always the first part.
    Init(Format),
    /// Plays.
    Fragment {
        /// How long.
        duration_ms: u32,
        /// Whether a player that was prepared can begin here.
        begins: bool,
    },
}

/// The next stretch of a container, as a walker sees it.
struct Unit {
    /// Its bytes.
    bytes: u64,
    /// Whether it has to be looked at as a whole. Pictures and sound are not, and may be cut anywhere.
    is_looked_at: bool,
    /// A part may begin with it.
    cuts: bool,
    /// It plays, and whether a player can begin with it.
    begins: Option<bool>,
    /// A part may end behind it.
    ends_part: bool,
    /// Where the clip's clock stands at its beginning, or for what ends a part at its end.
    at_ms: Option<u64>,
}

/// Knows the units of one kind of container.
enum Walker {
    Movie(movie::Walker),
    Matroska(matroska::Walker),
}

impl Walker {
    /// The unit at the start of `ahead`; nothing while too little of it is there.
    fn next(&mut self, ahead: &[u8]) -> Result<Option<Unit>, NotStreamable> {
        match self {
            Self::Movie(walker) => walker.next(ahead),
            Self::Matroska(walker) => walker.next(ahead),
        }
    }

    /// What has to be overwritten of a unit that is looked at.
    fn blank(&self, unit: &[u8], format: Format) -> Result<Blanking, MediaError> {
        let mut reader = std::io::Cursor::new(unit);
        match self {
            Self::Movie(_) => blank::blank(&mut reader, format),
            Self::Matroska(walker) if walker.stood_inside() => blank::blank_inside_segment(&mut reader),
            Self::Matroska(_) => blank::blank(&mut reader, format),
        }
    }
}

/// Cuts one recording.
pub struct Splitter {
    format: Option<Format>,
    walker: Option<Walker>,
    ahead: Vec<u8>,
    /// Bytes of the unit under way that pass without being looked at.
    passing: u64,
    ends_part: bool,
    part: Vec<u8>,
    patches: Vec<Patch>,
    is_init: bool,
    /// Whether a player can begin with what plays first in the part; nothing while nothing plays.
    begins: Option<bool>,
    began_ms: u64,
    now_ms: u64,
    done: Vec<Part>,
}

impl Default for Splitter {
    fn default() -> Self {
        Self {
            format: None,
            walker: None,
            ahead: Vec::new(),
            passing: 0,
            ends_part: false,
            part: Vec::new(),
            patches: Vec::new(),
            is_init: true,
            begins: None,
            began_ms: 0,
            now_ms: 0,
            done: Vec::new(),
        }
    }
}

impl Splitter {
    /// Takes the next bytes; answers the parts that are whole with them.
    ///
    /// # Errors
    /// [`NotStreamable`]; nothing more can be pushed then, and what was answered before stands.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Part>, NotStreamable> {
        self.ahead.extend_from_slice(bytes);
        if self.walker.is_none() && !self.recognise()? {
            return Ok(Vec::new());
        }
        while self.step()? {}
        Ok(std::mem::take(&mut self.done))
    }

    /// Ends the recording; answers what is left. A recording that was cut off in the middle of something keeps that too.
    ///
    /// # Errors
    /// [`NotStreamable`].
    pub fn finish(mut self) -> Result<Vec<Part>, NotStreamable> {
        if self.walker.is_none() || self.is_init {
            return Err(NotStreamable::Container);
        }
        let rest = std::mem::take(&mut self.ahead);
        if self.part.len() + rest.len() > limits::PART_BYTES {
            self.cut();
        }
        // A unit that has to be looked at and is not whole says nothing: it goes, blanked.
        if rest.iter().any(|byte| *byte != 0) {
            self.patches.push(Patch { offset: self.part.len() as u64, bytes: vec![0; rest.len()] });
        }
        self.part.extend_from_slice(&rest);
        self.cut();
        Ok(self.done)
    }

    fn recognise(&mut self) -> Result<bool, NotStreamable> {
        // A box that names the format and one that follows it.
        if (self.ahead.len() as u64) < 64 {
            return Ok(false);
        }
        let head = &self.ahead[..self.ahead.len().min(SNIFF_BYTES as usize)];
        let format = Format::sniff(head);
        self.walker = Some(match format {
            Some(Format::Mp4 | Format::Mov | Format::ThreeGp) => Walker::Movie(movie::Walker::default()),
            Some(Format::WebM | Format::Matroska) => Walker::Matroska(matroska::Walker::default()),
            None if head.len() < SNIFF_BYTES as usize => return Ok(false),
            _ => return Err(NotStreamable::Container),
        });
        self.format = format;
        Ok(true)
    }

    /// One unit, or what is there of one. Answers whether there may be more.
    fn step(&mut self) -> Result<bool, NotStreamable> {
        if self.passing > 0 {
            return self.pass();
        }
        let (Some(walker), Some(format)) = (&mut self.walker, self.format) else {
            return Ok(false);
        };
        let Some(unit) = walker.next(&self.ahead)? else {
            return if self.ahead.len() > limits::PART_BYTES { Err(NotStreamable::Container) } else { Ok(false) };
        };
        let patches = if unit.is_looked_at {
            let blanking = walker.blank(&self.ahead[..unit.bytes as usize], format)?;
            if let Verdict::NotProvable(doubt) = blanking.verdict {
                return Err(NotStreamable::Doubt(doubt));
            }
            blanking.patches
        } else {
            Vec::new()
        };
        if !unit.ends_part {
            self.now_ms = unit.at_ms.unwrap_or(self.now_ms).max(self.now_ms);
        }
        let is_long = self.now_ms.saturating_sub(self.began_ms) >= limits::PART_MS;
        let fits = !unit.is_looked_at || self.part.len() as u64 + unit.bytes <= limits::PART_BYTES as u64;
        if !fits && self.is_init {
            return Err(NotStreamable::Container);
        }
        if !fits || (unit.cuts && (self.is_init || is_long)) {
            self.cut();
        }
        if unit.ends_part {
            self.now_ms = unit.at_ms.unwrap_or(self.now_ms).max(self.now_ms);
        }
        let offset = self.part.len() as u64;
        self.patches.extend(patches.into_iter().map(|patch| Patch { offset: offset + patch.offset, ..patch }));
        self.begins = self.begins.or(unit.begins);
        self.passing = unit.bytes;
        self.ends_part = unit.ends_part;
        Ok(true)
    }

    fn pass(&mut self) -> Result<bool, NotStreamable> {
        let room = limits::PART_BYTES - self.part.len();
        let bytes = self.ahead.len().min(room).min(usize::try_from(self.passing).unwrap_or(usize::MAX));
        if bytes == 0 {
            if room > 0 {
                return Ok(false);
            }
            self.cut();
            return Ok(true);
        }
        self.part.extend(self.ahead.drain(..bytes));
        self.passing -= bytes as u64;
        let is_long = self.now_ms.saturating_sub(self.began_ms) >= limits::PART_MS;
        if self.passing == 0 && self.ends_part && is_long {
            self.cut();
        }
        Ok(true)
    }

    /// Ends the part under way.
    fn cut(&mut self) {
        let begins = self.begins.take().unwrap_or(false);
        if self.part.is_empty() {
            return;
        }
        let duration_ms = u32::try_from(self.now_ms.saturating_sub(self.began_ms)).unwrap_or(u32::MAX);
        let kind = match (self.is_init, self.format) {
            (true, Some(format)) => PartKind::Init(format),
            _ => PartKind::Fragment { duration_ms, begins },
        };
        self.is_init = false;
        self.began_ms = self.now_ms;
        let patches = std::mem::take(&mut self.patches);
        let verdict = if patches.is_empty() { Verdict::Clean } else { Verdict::Blanked };
        // The next one will be about as long: a buffer that grows by doubling takes twice as much.
        let next = Vec::with_capacity(self.part.len().min(limits::PART_BYTES));
        let bytes = std::mem::replace(&mut self.part, next);
        self.done.push(Part { bytes, blanking: Blanking { patches, verdict }, kind });
    }
}

impl std::fmt::Debug for Splitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Splitter").field("format", &self.format).field("now_ms", &self.now_ms).finish_non_exhaustive()
    }
}
