//! Collects what is overwritten.

use super::{Blanking, Doubt, Patch, Verdict};
use crate::error::MediaError;
use crate::limits;
use crate::source::{Source, Span};

const PIECE_BYTES: u64 = 256 << 10;

/// A file and the patches found for it so far. A patch is kept only where it changes something.
pub(super) struct Eraser<'s, 'r> {
    pub(super) source: &'s mut Source<'r>,
    patches: Vec<Patch>,
    blanked_bytes: u64,
    doubt: Option<Doubt>,
    depth: u8,
}

impl<'s, 'r> Eraser<'s, 'r> {
    pub(super) fn new(source: &'s mut Source<'r>) -> Self {
        Self { source, patches: Vec::new(), blanked_bytes: 0, doubt: None, depth: 0 }
    }

    /// Overwrites `span` with zeros.
    pub(super) fn zero(&mut self, span: Span) -> Result<(), MediaError> {
        self.fill(span, 0)
    }

    /// Overwrites `span` with spaces.
    pub(super) fn space(&mut self, span: Span) -> Result<(), MediaError> {
        self.fill(span, b' ')
    }

    /// Overwrites what stands at `at`.
    pub(super) fn put(&mut self, at: u64, bytes: &[u8]) -> Result<(), MediaError> {
        let span = Span::new(at, at + bytes.len() as u64);
        if self.source.bytes(span, limits::METADATA_BYTES)? != bytes {
            self.push(at, bytes.to_vec());
        }
        Ok(())
    }

    /// Notes that the file cannot be proved clean; the first reason stays.
    pub(super) fn doubt(&mut self, reason: Doubt) {
        self.doubt.get_or_insert(reason);
    }

    /// How many patches there are, to ask later for those added since.
    pub(super) fn mark(&self) -> usize {
        self.patches.len()
    }

    /// The bytes of `span` with the patches since `mark` applied, or `None` if there are none.
    pub(super) fn changed_since(&mut self, mark: usize, span: Span) -> Result<Option<Vec<u8>>, MediaError> {
        if self.patches.len() <= mark {
            return Ok(None);
        }
        let mut bytes = self.source.bytes(span, limits::METADATA_BYTES)?;
        let patches = self.patches[mark..].to_vec();
        overlay(span.start, &mut bytes, &patches);
        Ok(Some(bytes))
    }

    /// Runs `inner` one level deeper, unless pictures hold pictures without end.
    pub(super) fn nested(&mut self, inner: impl FnOnce(&mut Self) -> Result<(), MediaError>) -> Result<(), MediaError> {
        if self.depth >= limits::NESTING {
            self.doubt(Doubt::UnknownPart);
            return Ok(());
        }
        self.depth += 1;
        let done = inner(self);
        self.depth -= 1;
        done
    }

    /// Whether `span` holds zeros only.
    pub(super) fn is_zero(&mut self, span: Span) -> Result<bool, MediaError> {
        let mut rest = span;
        while !rest.is_empty() {
            let piece = rest.clamp(0, PIECE_BYTES);
            if self.source.bytes(piece, PIECE_BYTES)?.iter().any(|b| *b != 0) {
                return Ok(false);
            }
            rest = rest.from(PIECE_BYTES);
        }
        Ok(true)
    }

    /// The patches in order, with overlaps resolved in favour of the later one.
    pub(super) fn finish(self) -> Blanking {
        let verdict = match (self.doubt, self.patches.is_empty()) {
            (Some(doubt), _) => Verdict::NotProvable(doubt),
            (None, true) => Verdict::Clean,
            (None, false) => Verdict::Blanked,
        };
        Blanking { patches: merge(self.patches), verdict }
    }

    fn fill(&mut self, span: Span, byte: u8) -> Result<(), MediaError> {
        let mut rest = Span::new(span.start, span.end.min(self.source.whole().end));
        while !rest.is_empty() {
            let piece = rest.clamp(0, PIECE_BYTES);
            let bytes = self.source.bytes(piece, PIECE_BYTES)?;
            if bytes.iter().any(|b| *b != byte) {
                self.push(piece.start, vec![byte; bytes.len()]);
            }
            rest = rest.from(PIECE_BYTES);
        }
        Ok(())
    }

    fn push(&mut self, offset: u64, bytes: Vec<u8>) {
        self.blanked_bytes += bytes.len() as u64;
        if self.blanked_bytes > limits::BLANKED_BYTES {
            return self.doubt(Doubt::TooMuch);
        }
        self.patches.push(Patch { offset, bytes });
    }
}

fn overlay(start: u64, bytes: &mut [u8], patches: &[Patch]) {
    for patch in patches {
        let Some(from) = patch.offset.checked_sub(start) else {
            continue;
        };
        let target = bytes.get_mut(from as usize..).unwrap_or_default();
        for (to, new) in target.iter_mut().zip(&patch.bytes) {
            *to = *new;
        }
    }
}

fn merge(patches: Vec<Patch>) -> Vec<Patch> {
    let mut spans: Vec<Span> = Vec::new();
    let mut sorted: Vec<_> = patches.iter().map(|p| Span::new(p.offset, p.offset + p.bytes.len() as u64)).collect();
    sorted.sort_by_key(|span| span.start);
    for span in sorted {
        match spans.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => spans.push(span),
        }
    }
    let mut merged: Vec<Patch> =
        spans.iter().map(|span| Patch { offset: span.start, bytes: vec![0; span.len() as usize] }).collect();
    for patch in &patches {
        let home = merged.partition_point(|run| run.offset <= patch.offset) - 1;
        overlay(merged[home].offset, &mut merged[home].bytes, std::slice::from_ref(patch));
    }
    merged
}
