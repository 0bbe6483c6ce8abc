//! A card, or four of them, on a page. PDF counts from the lower left corner, the layout from the upper left one.

use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use qrcode::{Color, EcLevel, QrCode};

use crate::card::{Card, CardError, Paper};
use crate::font::{Embedded, compressed};
use crate::layout::{HEIGHT, Layout, Square, WIDTH};
use crate::letters::Letters;

/// Modules that stay empty around a code.
const QUIET: usize = 4;

/// Everything that is drawn.
pub(crate) struct Sheet<'c> {
    card: &'c Card,
    paper: Paper,
    layout: Layout,
    regular: Letters,
    bold: Letters,
    /// Dark bars of the codes.
    bars: Vec<Bar>,
}

/// Dark modules beside each other.
struct Bar {
    x: f32,
    y: f32,
    width: f32,
    height: f32,
}

impl<'c> Sheet<'c> {
    pub(crate) fn new(card: &'c Card, paper: Paper) -> Result<Self, CardError> {
        let (regular, bold) = (Letters::regular(), Letters::bold());
        let layout = Layout::new(card, &regular, &bold);
        let mut bars = bars(&card.code, layout.code)?;
        if let (Some(wifi), Some(square)) = (&card.wifi, layout.wifi) {
            bars.extend(self::bars(&wifi.code(), square)?);
        }
        if let (Some(guests), Some(square)) = (&card.guests, layout.guests) {
            bars.extend(self::bars(guests, square)?);
        }
        Ok(Self { card, paper, layout, regular, bold, bars })
    }

    pub(crate) fn print(self) -> Vec<u8> {
        let mut next = Ref::new(1);
        let [catalog, about, pages, page, content, regular, bold] = std::array::from_fn(|_| next.bump());
        let mut fonts = [
            Embedded::new(&self.regular, Name(b"R"), Name(b"AAAAAA+Inter-Regular")),
            Embedded::new(&self.bold, Name(b"B"), Name(b"AAAAAB+Inter-Bold")),
        ];
        let (columns, rows) = match self.paper {
            Paper::A6 => (1, 1),
            Paper::A4 => (2, 2),
        };
        let (across, down) = (times(WIDTH, columns), times(HEIGHT, rows));
        let mut drawing = Content::new();
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            drawing.save_state();
            drawing.transform([1.0, 0.0, 0.0, 1.0, times(WIDTH, column), times(HEIGHT, row)]);
            self.draw(&mut drawing, &mut fonts);
            drawing.restore_state();
        }
        if self.paper == Paper::A4 {
            cuts(&mut drawing, across, down);
        }
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(pages).lang(TextStr(self.card.language.words().tag));
        pdf.document_info(about).title(TextStr(&self.card.title)).creator(TextStr("Afterglow"));
        pdf.pages(pages).kids([page]).count(1);
        let mut sheet = pdf.page(page);
        sheet.parent(pages).media_box(Rect::new(0.0, 0.0, across, down)).contents(content);
        sheet.resources().fonts().pair(fonts[0].name, regular).pair(fonts[1].name, bold);
        sheet.finish();
        pdf.stream(content, &compressed(&drawing.finish())).filter(Filter::FlateDecode);
        for (font, id) in fonts.iter().zip([regular, bold]) {
            font.write(&mut pdf, id, &mut next);
        }
        pdf.finish()
    }

    fn draw(&self, drawing: &mut Content, [regular, bold]: &mut [Embedded<'_>; 2]) {
        for text in &self.layout.texts {
            let font = if text.bold { &mut *bold } else { &mut *regular };
            let codes = font.encode(&text.text);
            drawing.set_fill_gray(if text.muted { 0.38 } else { 0.06 });
            drawing.begin_text().set_font(font.name, text.size);
            drawing.next_line(text.x, HEIGHT - text.y).show(Str(&codes)).end_text();
        }
        drawing.set_fill_gray(0.0);
        for bar in &self.bars {
            drawing.rect(bar.x, HEIGHT - bar.y - bar.height, bar.width, bar.height);
        }
        drawing.fill_nonzero();
    }
}

/// The dark modules of a QR code, those of a row that touch in one piece.
fn bars(text: &str, square: Square) -> Result<Vec<Bar>, CardError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let (width, colours) = (code.width(), code.to_colors());
    let side = square.side / times(1.0, width + 2 * QUIET);
    let mut bars = Vec::new();
    for (row, modules) in colours.chunks(width).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                let (left, top) = (times(side, column + QUIET), times(side, row + QUIET));
                let (x, y) = (square.x + left, square.y + top);
                bars.push(Bar { x, y, width: times(side, run.len()), height: side });
            }
            column += run.len();
        }
    }
    Ok(bars)
}

fn cuts(drawing: &mut Content, across: f32, down: f32) {
    drawing.set_stroke_gray(0.63).set_line_width(0.5).set_dash_pattern([3.0, 4.0], 0.0);
    drawing.move_to(across / 2.0, 0.0).line_to(across / 2.0, down);
    drawing.move_to(0.0, down / 2.0).line_to(across, down / 2.0).stroke();
}

#[expect(clippy::cast_precision_loss, reason = "a code has fewer than 200 modules in a row, a page two cards")]
fn times(length: f32, count: usize) -> f32 {
    length * count as f32
}
