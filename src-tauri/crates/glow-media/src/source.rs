//! Bounded, positioned reading. Every parser reads through [`Source`], so that no hostile length reaches an allocation
//! and no hostile loop runs for ever.

use std::io::{Read, Seek, SeekFrom};

use crate::error::MediaError;
use crate::limits;

const PAGE_BYTES: u64 = 16 << 10;

/// What media is read from.
pub(crate) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// A range of bytes by absolute offsets, `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Span {
    pub(crate) fn new(start: u64, end: u64) -> Self {
        Self { start, end: end.max(start) }
    }

    pub(crate) fn len(self) -> u64 {
        self.end - self.start
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The part from `offset`, empty when that lies outside.
    pub(crate) fn from(self, offset: u64) -> Self {
        Self { start: self.start.saturating_add(offset).min(self.end), end: self.end }
    }

    /// The `len` bytes at `offset`, if they lie inside.
    pub(crate) fn sub(self, offset: u64, len: u64) -> Option<Self> {
        let start = self.start.checked_add(offset)?;
        let end = start.checked_add(len)?;
        (end <= self.end).then_some(Self { start, end })
    }

    /// As much of the `len` bytes at `offset` as lies inside.
    pub(crate) fn clamp(self, offset: u64, len: u64) -> Self {
        let tail = self.from(offset);
        Self { start: tail.start, end: tail.start.saturating_add(len).min(tail.end) }
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Order of the bytes in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

impl Endian {
    pub(crate) fn u16(self, b: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(b),
            Self::Big => u16::from_be_bytes(b),
        }
    }

    pub(crate) fn u32(self, b: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(b),
            Self::Big => u32::from_be_bytes(b),
        }
    }
}

/// A file of known length with one cached page and a budget of reads.
pub(crate) struct Source<'a> {
    inner: &'a mut dyn ReadSeek,
    len: u64,
    page: Vec<u8>,
    page_start: u64,
    reads_left: u32,
}

impl<'a> Source<'a> {
    pub(crate) fn new(inner: &'a mut dyn ReadSeek) -> Result<Self, MediaError> {
        let len = inner.seek(SeekFrom::End(0))?;
        if len > limits::FILE_BYTES {
            return Err(MediaError::TooLarge { what: "file", limit: limits::FILE_BYTES });
        }
        Ok(Self { inner, len, page: Vec::new(), page_start: 0, reads_left: limits::READS })
    }

    /// The whole file.
    pub(crate) fn whole(&self) -> Span {
        Span::new(0, self.len)
    }

    /// Fills `buf` from `at`; refuses to pass the end.
    pub(crate) fn read(&mut self, at: u64, buf: &mut [u8]) -> Result<(), MediaError> {
        self.reads_left = self.reads_left.checked_sub(1).ok_or(MediaError::TooComplex)?;
        let end = at.checked_add(buf.len() as u64).filter(|end| *end <= self.len);
        let end = end.ok_or(MediaError::malformed("length: the file ends early"))?;
        if buf.len() as u64 > PAGE_BYTES {
            self.inner.seek(SeekFrom::Start(at))?;
            return Ok(self.inner.read_exact(buf)?);
        }
        if at < self.page_start || end > self.page_start + self.page.len() as u64 {
            self.load(at)?;
        }
        let from = (at - self.page_start) as usize;
        buf.copy_from_slice(&self.page[from..from + buf.len()]);
        Ok(())
    }

    pub(crate) fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], MediaError> {
        let mut buf = [0; N];
        self.read(at, &mut buf)?;
        Ok(buf)
    }

    pub(crate) fn u8(&mut self, at: u64) -> Result<u8, MediaError> {
        Ok(self.array::<1>(at)?[0])
    }

    pub(crate) fn u16(&mut self, at: u64) -> Result<u16, MediaError> {
        Ok(u16::from_be_bytes(self.array(at)?))
    }

    pub(crate) fn u32(&mut self, at: u64) -> Result<u32, MediaError> {
        Ok(u32::from_be_bytes(self.array(at)?))
    }

    pub(crate) fn u64(&mut self, at: u64) -> Result<u64, MediaError> {
        Ok(u64::from_be_bytes(self.array(at)?))
    }

    /// A big-endian number of 0 to 8 bytes.
    pub(crate) fn uint(&mut self, at: u64, width: usize) -> Result<u64, MediaError> {
        let mut buf = [0; 8];
        let field = buf.len().checked_sub(width).and_then(|from| buf.get_mut(from..));
        self.read(at, field.ok_or(MediaError::malformed("number"))?)?;
        Ok(u64::from_be_bytes(buf))
    }

    /// The bytes of `span`, refused above `limit` before anything is allocated.
    pub(crate) fn bytes(&mut self, span: Span, limit: u64) -> Result<Vec<u8>, MediaError> {
        if span.len() > limit {
            return Err(MediaError::TooLarge { what: "metadata block", limit });
        }
        if span.end > self.len {
            return Err(MediaError::malformed("length: the file ends early"));
        }
        let mut buf = vec![0; span.len() as usize];
        self.read(span.start, &mut buf)?;
        Ok(buf)
    }

    /// Up to `max` first bytes of `span`.
    pub(crate) fn head(&mut self, span: Span, max: u64) -> Result<Vec<u8>, MediaError> {
        let end = span.end.min(self.len);
        self.bytes(Span::new(span.start.min(end), end).clamp(0, max), max)
    }

    /// Text of at most [`limits::TEXT_BYTES`]: up to the first NUL, trimmed, without control characters.
    pub(crate) fn text(&mut self, span: Span) -> Result<Option<String>, MediaError> {
        let raw = self.head(span, limits::TEXT_BYTES)?;
        let raw = raw.split(|b| *b == 0).next().unwrap_or_default();
        let text: String = String::from_utf8_lossy(raw).chars().filter(|c| !c.is_control()).collect();
        let text = text.trim();
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    fn load(&mut self, at: u64) -> Result<(), MediaError> {
        let start = at - at % 512;
        let len = (PAGE_BYTES + 512).min(self.len - start) as usize;
        self.page.clear();
        self.page.resize(len, 0);
        self.page_start = start;
        self.inner.seek(SeekFrom::Start(start))?;
        let read = self.inner.read_exact(&mut self.page);
        if read.is_err() {
            self.page.clear();
        }
        Ok(read?)
    }
}
