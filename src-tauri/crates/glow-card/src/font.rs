//! Embedding a font in a PDF: a composite font whose character codes are the numbers of its glyphs (ISO 32000-1, 9.7), with a
//! map back to characters, so that what is printed can be searched and copied.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use ttf_parser::GlyphId;

use crate::letters::Letters;

const SYSTEM: SystemInfo<'_> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// A font on its way into a PDF: which glyphs of it are used, and for which character.
pub(crate) struct Embedded<'f> {
    pub(crate) letters: &'f Letters,
    /// Its name among the page's resources.
    pub(crate) name: Name<'static>,
    base: Name<'static>,
    used: BTreeMap<u16, char>,
}

impl<'f> Embedded<'f> {
    pub(crate) fn new(letters: &'f Letters, name: Name<'static>, base: Name<'static>) -> Self {
        Self { letters, name, base, used: BTreeMap::new() }
    }

    /// A text as the codes that show it.
    pub(crate) fn encode(&mut self, text: &str) -> Vec<u8> {
        let glyphs = self.letters.glyphs(text);
        self.used.extend(glyphs.iter().map(|(letter, GlyphId(glyph))| (*glyph, *letter)));
        glyphs.into_iter().flat_map(|(_, GlyphId(glyph))| glyph.to_be_bytes()).collect()
    }

    /// Writes the font under `id`, and its parts under the ids from `next` on.
    pub(crate) fn write(&self, pdf: &mut Pdf, id: Ref, next: &mut Ref) {
        let [cid, descriptor, file, characters] = std::array::from_fn(|_| next.bump());
        pdf.type0_font(id)
            .base_font(self.base)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(characters);
        let mut font = pdf.cid_font(cid);
        font.subtype(CidFontType::Type2).base_font(self.base).system_info(SYSTEM).font_descriptor(descriptor);
        font.cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = font.widths();
        for glyph in self.used.keys() {
            widths.consecutive(*glyph, [self.letters.advance(GlyphId(*glyph))]);
        }
        widths.finish();
        font.finish();
        self.describe(pdf, descriptor, file);
        let bytes = compressed(self.letters.bytes);
        let length = i32::try_from(self.letters.bytes.len()).expect("a font is smaller than 2 GiB");
        pdf.stream(file, &bytes).filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
        let mut map = UnicodeCmap::new(Name(b"Custom"), SYSTEM);
        for (glyph, letter) in &self.used {
            map.pair(*glyph, *letter);
        }
        pdf.cmap(characters, &map.finish());
    }

    fn describe(&self, pdf: &mut Pdf, id: Ref, file: Ref) {
        let (letters, face) = (self.letters, &self.letters.face);
        let bounds = face.global_bounding_box();
        let [left, bottom, right, top] =
            [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|units| letters.scaled(units));
        let mut descriptor = pdf.font_descriptor(id);
        descriptor
            .name(self.base)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(0.0)
            .ascent(letters.scaled(face.ascender()))
            .descent(letters.scaled(face.descender()))
            .cap_height(letters.scaled(face.capital_height().unwrap_or_default()))
            .stem_v(80.0)
            .font_file2(file);
    }
}

/// As PDF's FlateDecode reads it.
pub(crate) fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes every byte")
}
