//! Cards as a printer would print them: the PDF is rendered, and its codes are read back from the picture.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use glow_card::{Card, Language, Paper, Wifi};

const LINK: &str = "AFTERGLOW://JOIN/UYAFAAFCAAEBAGBAFAYDQQCIKBMGC5JAAFPVQ4DNYRXUQYLXAEBAGBAFAYDQQCIKAEBAGBAFAYDQQCIKZZZZ77777AAAABBBBCCCC\
                    DDDDEEEEFFFFGGGGHHHHIIIIJJJJKKKKLLLLMMMMNNNN";

fn card() -> Card {
    let wifi = Wifi { name: "Scheune; Gäste".to_owned(), password: "sonnen\"unter:gang".to_owned() };
    Card {
        title: "Anna & Ben".to_owned(),
        code: LINK.to_owned(),
        language: Language::De,
        wifi: Some(wifi),
        guests: None,
    }
}

#[test]
fn both_codes_of_a_card_can_be_read() {
    let codes = read(&card(), Paper::A6, (0, 0), "a6");
    assert_eq!(codes, [LINK, "WIFI:T:WPA;S:Scheune\\; Gäste;P:sonnen\\\"unter\\:gang;;"]);
}

#[test]
fn guests_without_the_app_have_a_code_of_their_own() {
    let door = "http://192.168.178.120:4811/g#00112233445566778899aabbccddeeff";
    let both = Card { guests: Some(door.to_owned()), ..card() };
    let codes = read(&both, Paper::A6, (0, 0), "guests");
    assert_eq!(codes, [LINK, door, "WIFI:T:WPA;S:Scheune\\; Gäste;P:sonnen\\\"unter\\:gang;;"]);
    let alone = Card { wifi: None, ..both };
    assert_eq!(read(&alone, Paper::A6, (0, 0), "guests-alone"), [LINK, door]);
}

#[test]
fn four_cards_on_a_sheet_are_the_same() {
    let plain = Card { wifi: None, language: Language::En, ..card() };
    let all: Vec<_> = [(0, 0), (WIDTH, 0), (0, HEIGHT), (WIDTH, HEIGHT)]
        .into_iter()
        .flat_map(|corner| read(&plain, Paper::A4, corner, "a4"))
        .collect();
    assert_eq!(all, [LINK; 4]);
}

#[test]
fn a_long_name_in_another_alphabet_leaves_the_code_readable() {
    let long = Card {
        title: "Свадьба Александры и Константина Преображенских на берегу озера".to_owned(), ..card()
    };
    assert_eq!(long.unprintable(), "");
    assert_eq!(read(&long, Paper::A6, (0, 0), "long")[0], LINK);
}

/// A card in dots.
const WIDTH: usize = 1240;
const HEIGHT: usize = 1752;

/// Prints with 300 dots an inch and reads the codes of the card at a corner, the upper one first.
fn read(card: &Card, paper: Paper, (x, y): (usize, usize), name: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let [pdf, picture] = [format!("{name}.pdf"), name.to_owned()].map(|name| folder.join(name));
    std::fs::write(&pdf, card.pdf(paper).unwrap()).unwrap();
    let printed = Command::new("pdftoppm")
        .args(["-r", "300", "-gray", "-singlefile"])
        .args(
            [("-x", x), ("-y", y), ("-W", WIDTH), ("-H", HEIGHT)]
                .into_iter()
                .flat_map(|(side, dots)| [side.to_owned(), dots.to_string()]),
        )
        .args([&pdf, &picture])
        .status()
        .expect("pdftoppm is there: scripts/setup.sh test installs it (poppler-utils)");
    assert!(printed.success(), "the PDF is one");
    let picture = std::fs::read(picture.with_extension("pgm")).unwrap();
    let (width, height, pixels) = pgm(&picture);
    let mut codes = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let mut found: Vec<_> =
        codes.detect_grids().iter().map(|grid| (grid.bounds[0].y, grid.decode().unwrap().1)).collect();
    found.sort();
    found.into_iter().map(|(_, text)| text).collect()
}

/// The pixels of a binary PGM with 8 bits each.
fn pgm(bytes: &[u8]) -> (usize, usize, &[u8]) {
    let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
    assert_eq!(lines.next(), Some(&b"P5"[..]));
    let size = std::str::from_utf8(lines.next().unwrap()).unwrap();
    let (width, height) = size.split_once(' ').unwrap();
    lines.next();
    (width.parse().unwrap(), height.parse().unwrap(), lines.next().unwrap())
}
