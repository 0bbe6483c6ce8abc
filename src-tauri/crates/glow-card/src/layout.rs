//! Where everything stands on one card, in points from its upper left corner.

use crate::card::Card;
use crate::letters::Letters;

/// A6 in points.
pub(crate) const WIDTH: f32 = 297.64;
pub(crate) const HEIGHT: f32 = 420.94;
const MARGIN: f32 = 26.0;
const INNER: f32 = WIDTH - 2.0 * MARGIN;
/// A title is as large as it can be in at most two lines, or small in as many as it needs.
const TITLE_SIZES: [f32; 5] = [26.0, 23.0, 20.0, 17.0, 14.0];
const TITLE_LINES: usize = 2;
const STEP: f32 = 10.5;
const STEP_LEADING: f32 = 17.0;
/// A code with a line or two beside it; two of them share the room more closely.
const BAND: f32 = 78.0;
const SHARED_BAND: f32 = 71.0;
const FOOTER: f32 = 8.0;
/// What a band says of its value.
const LABEL: f32 = 7.5;

/// A text that stands with its baseline at a point.
pub(crate) struct Text {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) size: f32,
    pub(crate) bold: bool,
    pub(crate) muted: bool,
    pub(crate) text: String,
}

/// A square that a QR code fills, quiet zone included.
#[derive(Clone, Copy)]
pub(crate) struct Square {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) side: f32,
}

/// Everything on one card.
pub(crate) struct Layout {
    pub(crate) texts: Vec<Text>,
    pub(crate) code: Square,
    pub(crate) wifi: Option<Square>,
    pub(crate) guests: Option<Square>,
}

impl Layout {
    pub(crate) fn new(card: &Card, regular: &Letters, bold: &Letters) -> Self {
        let words = card.language.words();
        let mut texts = Vec::new();
        let (size, lines) = title(&card.title, bold);
        let mut y = MARGIN;
        for line in lines {
            y += size * 1.12;
            texts.push(Text { x: centred(bold.width(&line, size)), y, size, bold: true, muted: false, text: line });
        }
        let height = if card.wifi.is_some() && card.guests.is_some() { SHARED_BAND } else { BAND };
        let band = |is_there: bool| if is_there { height } else { 0.0 };
        let footer = HEIGHT - MARGIN;
        let bands = footer - 2.2 * FOOTER - band(card.wifi.is_some()) - band(card.guests.is_some());
        let steps = bands - STEP_LEADING * 3.0;
        // What the title, the lines and the bands leave belongs to the code.
        let room = steps - y - 12.0;
        let side = room.min(INNER);
        let code = Square { x: centred(side), y: y + 8.0 + (room - side) / 2.0, side };
        texts.extend(numbered(words.steps, steps, regular));
        let guests = card.guests.as_ref().map(|_| {
            let [label, line] = words.guests;
            banded(&mut texts, (bands, height), &[(label, line)], bold)
        });
        let wifi = card.wifi.as_ref().map(|wifi| {
            let password = Some((words.password, wifi.password.as_str())).filter(|(_, password)| !password.is_empty());
            let said: Vec<_> = std::iter::once((words.wifi, wifi.name.as_str())).chain(password).collect();
            banded(&mut texts, (bands + band(card.guests.is_some()), height), &said, bold)
        });
        let name = "Afterglow";
        let width = bold.width(name, FOOTER) + 6.0 + regular.width(words.promise, FOOTER);
        let x = centred(width);
        texts.push(Text { x, y: footer, size: FOOTER, bold: true, muted: false, text: name.to_owned() });
        let x = x + bold.width(name, FOOTER) + 6.0;
        texts.push(Text { x, y: footer, size: FOOTER, bold: false, muted: true, text: words.promise.to_owned() });
        Self { texts, code, wifi, guests }
    }
}

/// A band at a height: labels and what they label, beside the place of a code, which is answered.
fn banded(texts: &mut Vec<Text>, (top, height): (f32, f32), said: &[(&str, &str)], bold: &Letters) -> Square {
    let square = Square { x: MARGIN, y: top + 4.0, side: height - 10.0 };
    let x = MARGIN + square.side + 12.0;
    let width = WIDTH - MARGIN - x;
    let (first, mut below) = (texts.len(), square.y + LABEL * 1.6);
    for (label, value) in said {
        texts.push(Text { x, y: below, size: LABEL, bold: false, muted: true, text: (*label).to_owned() });
        below += 12.0;
        let size = [11.0, 9.0, 7.0].into_iter().find(|size| bold.width(value, *size) <= width).unwrap_or(7.0);
        for line in bold.lines(value, size, width).into_iter().take(2) {
            texts.push(Text { x, y: below, size, bold: true, muted: false, text: line });
            below += size * 1.25;
        }
        below += if height < BAND { 1.0 } else { 5.0 };
    }
    // What is short stands in the middle beside the code: as far from its lower edge as its capitals are from the upper one.
    let beside = &mut texts[first..];
    let end = beside.last().map_or(square.y, |text| text.y);
    let spare = (square.y + square.side - end) - LABEL * 0.9;
    beside.iter_mut().for_each(|text| text.y += (spare / 2.0).max(0.0));
    square
}

fn title(title: &str, bold: &Letters) -> (f32, Vec<String>) {
    let fits = |size: &f32| bold.lines(title, *size, INNER).len() <= TITLE_LINES;
    let size = TITLE_SIZES.into_iter().find(fits).unwrap_or(12.0);
    (size, bold.lines(title, size, INNER))
}

/// The steps under each other, their numbers in a column, the whole in the middle.
fn numbered(steps: [&str; 3], top: f32, regular: &Letters) -> Vec<Text> {
    const COLUMN: f32 = 16.0;
    let widest = steps.iter().map(|step| regular.width(step, STEP)).fold(0.0, f32::max);
    let size = STEP * ((INNER - COLUMN) / widest).min(1.0);
    let x = centred(COLUMN + widest * size / STEP);
    let mut texts = Vec::new();
    for (line, (number, step)) in [0.0, 1.0, 2.0].into_iter().zip(["1", "2", "3"].into_iter().zip(steps)) {
        let y = top + STEP + line * STEP_LEADING;
        texts.push(Text { x, y, size, bold: true, muted: false, text: number.to_owned() });
        texts.push(Text { x: x + COLUMN, y, size, bold: false, muted: false, text: step.to_owned() });
    }
    texts
}

fn centred(width: f32) -> f32 {
    (WIDTH - width) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Wifi;
    use crate::words::Language;

    #[test]
    fn nothing_leaves_the_card_or_covers_the_code() {
        let wifi = Wifi { name: "W".repeat(32), password: "M".repeat(63) };
        for title in ["Ab", "Anna & Ben", &"W".repeat(100), &"Anna and Ben ".repeat(7)] {
            for language in [Language::En, Language::De] {
                for (wifi, guests) in
                    [(None, None), (Some(wifi.clone()), None), (Some(wifi.clone()), Some(String::new()))]
                {
                    // Beside codes for the Wi-Fi and for guests, and under the longest of names, it has two centimetres.
                    let least = if guests.is_some() { 60.0 } else { 120.0 };
                    let card = Card { title: title.to_owned(), code: String::new(), language, wifi, guests };
                    let (regular, bold) = (Letters::regular(), Letters::bold());
                    let layout = Layout::new(&card, &regular, &bold);
                    assert!(layout.code.side > least, "{title}: the code stays large, {}", layout.code.side);
                    for text in &layout.texts {
                        let letters = if text.bold { &bold } else { &regular };
                        let right = text.x + letters.width(&text.text, text.size);
                        assert!(text.x >= 0.0 && right <= WIDTH, "{title}: {} is cut", text.text);
                        assert!(text.y <= HEIGHT - 8.0, "{title}: {} is cut", text.text);
                        let beside = text.y < layout.code.y || text.y - text.size > layout.code.y + layout.code.side;
                        assert!(beside, "{title}: {} lies over the code", text.text);
                    }
                }
            }
        }
    }
}
