//! Small files for the tests, built by hand so that every byte of them is known. What must not be shared holds one of
//! [`SECRETS`]; what must survive holds [`KEPT`].

#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use crate::format::Format;
use crate::source::Endian;

/// Bytes that blanking must remove. The first stands for a GPS rational.
pub(crate) const SECRETS: [&[u8]; 4] = [b"LATITUDE", b"SERIAL-4711", b"OWNER-ALICE", b"+48.8583+002.2944"];
/// Bytes that blanking must keep.
pub(crate) const KEPT: &[u8] = b"KEPT-CAMERA";
pub(crate) const CONTENT_IDENTIFIER: &str = "0A1B2C3D-0000-4000-8000-000000000001";

/// All fixtures that blanking changes and proves clean, with their names.
pub(crate) fn all() -> Vec<(&'static str, Format, Vec<u8>)> {
    let exif = Exif::default().block();
    vec![
        ("jpeg", Format::Jpeg, jpeg_with(&exif)),
        ("jpeg_little_endian", Format::Jpeg, jpeg_with(&Exif { endian: Endian::Little, ..Exif::default() }.block())),
        ("motion_photo", Format::Jpeg, [jpeg_with(&exif), mp4()].concat()),
        ("samsung_motion_photo", Format::Jpeg, samsung_motion_photo()),
        ("png", Format::Png, png_with(&exif)),
        ("webp", Format::WebP, webp_with(&exif)),
        ("gif", Format::Gif, gif()),
        ("tiff", Format::Tiff, Exif { note: Vec::new(), strip: vec![77; 12], ..Exif::default() }.block()),
        ("heic", Format::Heif, heic()),
        ("mp4", Format::Mp4, mp4()),
        ("mov", Format::Mov, mov()),
        ("webm", Format::WebM, webm()),
    ]
}

pub(crate) fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, (x ^ y) as u8])
    })
}

/// What an EXIF block is made of.
pub(crate) struct Exif {
    pub(crate) endian: Endian,
    pub(crate) orientation: u16,
    pub(crate) note: Vec<u8>,
    pub(crate) strip: Vec<u8>,
}

impl Default for Exif {
    fn default() -> Self {
        Self { endian: Endian::Big, orientation: 1, note: b"Maker SERIAL-4711 note".to_vec(), strip: Vec::new() }
    }
}

type Field = (u16, u16, Vec<u8>);

impl Exif {
    pub(crate) fn block(&self) -> Vec<u8> {
        let head: &[u8] = if self.endian == Endian::Big { b"MM\0*" } else { b"II*\0" };
        let mut out = [head, &self.u32(8)].concat();
        let strip_at = 8 + 6 + 12 * 11 + 80;
        let mut main: Vec<Field> = Vec::new();
        if !self.strip.is_empty() {
            main.push((0x0100, 4, self.u32(2)));
            main.push((0x0101, 4, self.u32(2)));
        }
        main.extend([(0x010F, 2, b"KEPT-CAMERA\0".to_vec()), (0x0110, 2, b"Model 1\0".to_vec())]);
        if !self.strip.is_empty() {
            main.push((0x0111, 4, self.u32(strip_at)));
        }
        main.push((0x0112, 3, [self.u16(self.orientation), vec![0, 0]].concat()));
        if !self.strip.is_empty() {
            main.push((0x0117, 4, self.u32(12)));
        }
        let exif_at = strip_at + 12;
        let gps_at = exif_at + 400 + self.note.len() as u32;
        main.extend([(0x8769, 4, self.u32(exif_at)), (0x8825, 4, self.u32(gps_at))]);
        out.extend(self.directory(8, &main));
        out.resize(strip_at as usize, 0);
        out.extend(if self.strip.is_empty() { vec![0; 12] } else { self.strip.clone() });
        let mut exif = vec![
            (0x9003, 2, b"2022:05:01 12:30:00\0".to_vec()),
            (0x9011, 2, b"+02:00\0".to_vec()),
            (0x9291, 2, b"250\0".to_vec()),
        ];
        if !self.note.is_empty() {
            exif.insert(2, (0x927C, 7, self.note.clone()));
        }
        exif.extend([
            (0xA430, 2, b"OWNER-ALICE\0".to_vec()),
            (0xA431, 2, b"SERIAL-4711\0".to_vec()),
            (0xA435, 2, b"L SERIAL-4711\0".to_vec()),
        ]);
        out.extend(self.directory(exif_at, &exif));
        out.resize(gps_at as usize, 0);
        let latitude = b"LATITUDELATITUDELATITUDE".to_vec();
        let gps = [(1, 2, b"N\0".to_vec()), (2, 5, latitude.clone()), (3, 2, b"E\0".to_vec()), (4, 5, latitude)];
        out.extend(self.directory(gps_at, &gps));
        out
    }

    fn directory(&self, at: u32, fields: &[Field]) -> Vec<u8> {
        let mut out = self.u16(fields.len() as u16);
        let mut values = Vec::new();
        let values_at = at + 2 + 12 * fields.len() as u32 + 4;
        for (tag, kind, value) in fields {
            let width = match kind {
                3 => 2,
                4 => 4,
                5 => 8,
                _ => 1,
            };
            let count = if *kind == 3 { 1 } else { value.len() as u32 / width };
            out.extend([self.u16(*tag), self.u16(*kind), self.u32(count)].concat());
            if value.len() <= 4 {
                out.extend_from_slice(value);
                out.resize(out.len() + 4 - value.len(), 0);
            } else {
                out.extend(self.u32(values_at + values.len() as u32));
                values.extend_from_slice(value);
                values.resize(values.len().next_multiple_of(2), 0);
            }
        }
        [out, vec![0; 4], values].concat()
    }

    fn u16(&self, n: u16) -> Vec<u8> {
        if self.endian == Endian::Big { n.to_be_bytes().into() } else { n.to_le_bytes().into() }
    }

    fn u32(&self, n: u32) -> Vec<u8> {
        if self.endian == Endian::Big { n.to_be_bytes().into() } else { n.to_le_bytes().into() }
    }
}

/// Apple's maker note with a content identifier.
pub(crate) fn apple_note() -> Vec<u8> {
    let field = Exif::default().directory(14, &[(0x11, 2, [CONTENT_IDENTIFIER.as_bytes(), b"\0"].concat())]);
    [b"Apple iOS\0\0\x01MM".as_slice(), &field].concat()
}

pub(crate) const XMP: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
 exif:GPSLatitude="LATITUDE" aux:SerialNumber='SERIAL-4711' tiff:Make="KEPT-CAMERA">
<aux:OwnerName>OWNER-ALICE</aux:OwnerName><Iptc4xmpExt:LocationCreated><rdf:Bag><rdf:li
 Iptc4xmpExt:City="+48.8583+002.2944"/></rdf:Bag></Iptc4xmpExt:LocationCreated>
<dc:title>Sunset</dc:title></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#;

pub(crate) fn plain_jpeg(picture: &RgbImage, subsampling: Subsamp, is_progressive: bool) -> Vec<u8> {
    let mut encoder = Compressor::new().unwrap();
    encoder.set_quality(90).unwrap();
    encoder.set_subsamp(subsampling).unwrap();
    encoder.set_progressive(is_progressive).unwrap();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let pixels = picture.as_raw().as_slice();
    encoder.compress_to_vec(Image { pixels, width, pitch: width * 3, height, format: PixelFormat::RGB }).unwrap()
}

pub(crate) fn segment(marker: u8, body: &[u8]) -> Vec<u8> {
    [&[0xFF, marker], (body.len() as u16 + 2).to_be_bytes().as_slice(), body].concat()
}

/// A JPEG with more segments behind its start.
pub(crate) fn jpeg_with_segments(picture: &RgbImage, segments: &[Vec<u8>]) -> Vec<u8> {
    let jpeg = plain_jpeg(picture, Subsamp::Sub2x2, false);
    [&jpeg[..2], &segments.concat(), &jpeg[2..]].concat()
}

pub(crate) fn jpeg_with(exif: &[u8]) -> Vec<u8> {
    let iptc = [b"\x1C\x02\x5A\0\x08LATITUDE".as_slice(), b"\x1C\x02\x78\0\x06Sunset"].concat();
    let resource = [b"8BIM\x04\x04\0\0".as_slice(), &(iptc.len() as u32).to_be_bytes(), &iptc, &[0]].concat();
    let extended = br#"<rdf:Description drone:CameraSN="SERIAL-4711" drone:Kept="KEPT-CAMERA"/>"#;
    let (first, second) = extended.split_at(30);
    let part = |offset: u32, body: &[u8]| {
        let head = [b"http://ns.adobe.com/xmp/extension/\0".as_slice(), &[b'A'; 32]].concat();
        segment(0xE1, &[&head, (extended.len() as u32).to_be_bytes().as_slice(), &offset.to_be_bytes(), body].concat())
    };
    jpeg_with_segments(
        &picture(64, 48),
        &[
            segment(0xE1, &[b"Exif\0\0", exif].concat()),
            segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", XMP.as_bytes()].concat()),
            part(30, second),
            part(0, first),
            segment(0xED, &[b"Photoshop 3.0\0".as_slice(), &resource].concat()),
            segment(0xE5, b"VENDOR SERIAL-4711"),
            segment(0xFE, b"serial: SERIAL-4711"),
        ],
    )
}

fn samsung_motion_photo() -> Vec<u8> {
    let block = |kind: u16, name: &str, body: &[u8]| {
        let head = [&[0, 0], kind.to_le_bytes().as_slice(), &(name.len() as u32).to_le_bytes()].concat();
        [head, name.into(), body.into()].concat()
    };
    let blocks = [
        block(0x0A01, "Image_UTC_Data", b"1651401000250"),
        block(0x0A30, "MotionPhoto_Data", &mp4()),
        block(0x0C61, "Vendor_Data", b"SERIAL-4711"),
    ];
    let mut directory = [b"SEFH".as_slice(), &107_u32.to_le_bytes(), &3_u32.to_le_bytes()].concat();
    for n in 0..blocks.len() {
        let back: usize = blocks[n..].iter().map(Vec::len).sum();
        directory.extend([&[0, 0], &blocks[n][2..4], &(back as u32).to_le_bytes()].concat());
        directory.extend((blocks[n].len() as u32).to_le_bytes());
    }
    let foot = [(directory.len() as u32).to_le_bytes().as_slice(), b"SEFT"].concat();
    [jpeg_with(&Exif::default().block()), blocks.concat(), directory, foot].concat()
}

pub(crate) fn encoded(picture: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn png_with(exif: &[u8]) -> Vec<u8> {
    let png = encoded(picture(64, 48).into(), ImageFormat::Png);
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let covered = [kind, body].concat();
        let crc = crc32fast::hash(&covered).to_be_bytes();
        [(body.len() as u32).to_be_bytes().as_slice(), &covered, &crc].concat()
    };
    let xmp = [b"XML:com.adobe.xmp\0\0\0\0\0", XMP.as_bytes()].concat();
    let chunks = [
        chunk(b"eXIf", exif),
        chunk(b"iTXt", &xmp),
        chunk(b"tEXt", b"exif:GPSLatitude\0LATITUDE"),
        chunk(b"tEXt", b"Title\0KEPT-CAMERA"),
        chunk(b"zTXt", b"Raw profile type exif\0\0not really deflated: SERIAL-4711"),
    ];
    [&png[..33], &chunks.concat(), &png[33..]].concat()
}

fn webp_with(exif: &[u8]) -> Vec<u8> {
    let webp = encoded(picture(64, 48).into(), ImageFormat::WebP);
    let chunk = |kind: &[u8; 4], body: &[u8]| {
        let padding = vec![0; body.len() % 2];
        [kind, (body.len() as u32).to_le_bytes().as_slice(), body, &padding].concat()
    };
    let extended = chunk(b"VP8X", &[0x0C, 0, 0, 0, 63, 0, 0, 47, 0, 0]);
    let body = [b"WEBP", extended.as_slice(), &webp[12..], &chunk(b"EXIF", exif), &chunk(b"XMP ", XMP.as_bytes())];
    chunk(b"RIFF", &body.concat())
}

fn gif() -> Vec<u8> {
    let mut gif = encoded(picture(64, 48).into(), ImageFormat::Gif);
    gif.truncate(gif.len() - 1);
    gif.extend(b"\x21\xFF\x0BXMP DataXMP");
    gif.extend(XMP.as_bytes());
    gif.push(1);
    gif.extend((0..=255).rev());
    gif.push(0);
    gif.extend(b"\x21\xFF\x0BVENDOR  1.0\x0BSERIAL-4711\0");
    gif.extend(b"\x21\xFE\x0BKEPT-CAMERA\0");
    gif.push(0x3B);
    gif
}

pub(crate) fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [(body.len() as u32 + 8).to_be_bytes().as_slice(), kind, body].concat()
}

fn full(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    atom(kind, &[&[0; 4], body].concat())
}

fn handler(kind: &[u8; 4]) -> Vec<u8> {
    full(b"hdlr", &[&[0; 4], kind.as_slice(), &[0; 13]].concat())
}

/// A HEIC of structure only: a turned primary picture, EXIF and XMP.
pub(crate) fn heic() -> Vec<u8> {
    let exif = [[0; 4].as_slice(), &Exif { note: apple_note(), ..Exif::default() }.block()].concat();
    let entry = |id: u16, kind: &[u8; 4], rest: &[u8]| {
        atom(b"infe", &[&[2, 0, 0, 0], id.to_be_bytes().as_slice(), &[0, 0], kind, rest].concat())
    };
    let entries = [entry(1, b"hvc1", b"\0"), entry(2, b"Exif", b"\0"), entry(3, b"mime", b"\0application/rdf+xml\0")];
    let ispe = full(b"ispe", &[4032_u32.to_be_bytes(), 3024_u32.to_be_bytes()].concat());
    let ipma = full(b"ipma", &[0, 0, 0, 1, 0, 1, 2, 1, 0x82]);
    let properties = [atom(b"ipco", &[ispe, atom(b"irot", &[3])].concat()), ipma].concat();
    let ftyp = atom(b"ftyp", b"heic\0\0\0\0mif1heic");
    let parts = [b"coded picture".as_slice(), &exif, XMP.as_bytes()];
    let build = |mdat_at: usize| {
        let mut iloc = vec![0x44, 0, 0, 3];
        let mut at = mdat_at + 8;
        for (id, part) in (1_u16..).zip(parts) {
            iloc.extend([&id.to_be_bytes(), [0, 0, 0, 1].as_slice(), &(at as u32).to_be_bytes()].concat());
            iloc.extend((part.len() as u32).to_be_bytes());
            at += part.len();
        }
        let children = [
            handler(b"pict"),
            full(b"pitm", &[0, 1]),
            full(b"iinf", &[[0, 3].as_slice(), &entries.concat()].concat()),
            full(b"iloc", &iloc),
            atom(b"iprp", &properties),
        ];
        full(b"meta", &children.concat())
    };
    let mdat_at = ftyp.len() + build(0).len();
    [ftyp, build(mdat_at), atom(b"mdat", &parts.concat())].concat()
}

struct TrackSpec {
    handler: &'static [u8; 4],
    entry: Vec<u8>,
    matrix: [i32; 4],
    chunk_at: u32,
    sample_bytes: u32,
}

fn track(spec: &TrackSpec) -> Vec<u8> {
    let one = 0x1_0000;
    let [a, b, c, d] = spec.matrix.map(|cell| cell * one);
    let matrix: Vec<u8> =
        [a, b, 0, c, d, 0, 0, 0, 0x4000_0000].iter().flat_map(|cell: &i32| cell.to_be_bytes()).collect();
    let size = [(1920_u32 << 16).to_be_bytes(), (1080_u32 << 16).to_be_bytes()].concat();
    let tkhd = full(b"tkhd", &[[0; 8].as_slice(), &1_u32.to_be_bytes(), &[0; 24], &matrix, &size].concat());
    let mdhd = full(b"mdhd", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x75, 0x30, 0, 0, 0, 0, 0, 0, 0, 0]);
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    let table = [
        full(b"stsd", &[words(&[1]), spec.entry.clone()].concat()),
        full(b"stsz", &words(&[0, 1, spec.sample_bytes])),
        full(b"stsc", &words(&[1, 1, 1, 1])),
        full(b"stco", &words(&[1, spec.chunk_at])),
    ];
    let minf = atom(b"minf", &atom(b"stbl", &table.concat()));
    atom(b"trak", &[tkhd, atom(b"mdia", &[mdhd, handler(spec.handler), minf].concat())].concat())
}

fn movie_header(duration_ms: u32) -> Vec<u8> {
    let created: u32 = 3_734_245_800;
    let words = [created, created, 1000, duration_ms].map(u32::to_be_bytes).concat();
    full(b"mvhd", &[words, vec![0; 80]].concat())
}

/// As an iPhone writes it beside a Live Photo: a track of values under one key.
pub(crate) fn boxed_metadata_movie(key: &str) -> Vec<u8> {
    let name = atom(b"keyd", &[b"mdta", key.as_bytes()].concat());
    let entry = atom(b"mebx", &[[0; 8].as_slice(), &atom(b"keys", &atom(&[0, 0, 0, 1], &name))].concat());
    movie_with(b"qt  ", &[], [1, 0, 0, 1], entry)
}

/// A movie with GoPro's telemetry and private boxes behind it.
fn movie(brand: &[u8; 4], extra: &[u8], matrix: [i32; 4]) -> Vec<u8> {
    let private = [atom(b"free", b"SERIAL-4711"), atom(b"gps ", b"LATITUDE")].concat();
    [movie_with(brand, extra, matrix, atom(b"gpmd", &[0; 8])), private].concat()
}

/// A movie whose first sample is picture data and whose second is metadata.
fn movie_with(brand: &[u8; 4], extra: &[u8], matrix: [i32; 4], metadata_entry: Vec<u8>) -> Vec<u8> {
    let ftyp = atom(b"ftyp", &[brand.as_slice(), &[0; 4], brand].concat());
    let (frame, telemetry) = (b"KEPT-CAMERA frame".as_slice(), b"GPS5 +48.8583+002.2944".as_slice());
    let frame_at = ftyp.len() as u32 + 8;
    let video = TrackSpec {
        handler: b"vide",
        entry: atom(b"avc1", &[0; 78]),
        matrix,
        chunk_at: frame_at,
        sample_bytes: frame.len() as u32,
    };
    let telemetry_track = TrackSpec {
        handler: b"meta",
        entry: metadata_entry,
        matrix: [1, 0, 0, 1],
        chunk_at: frame_at + frame.len() as u32,
        sample_bytes: telemetry.len() as u32,
    };
    let moov = [movie_header(12_345), track(&video), track(&telemetry_track), extra.to_vec()].concat();
    let mdat = atom(b"mdat", &[frame, telemetry].concat());
    [ftyp, mdat, atom(b"moov", &moov)].concat()
}

/// As Android writes it: a location atom, and unknown vendor data.
pub(crate) fn mp4() -> Vec<u8> {
    let text = |kind: &[u8; 4], text: &[u8]| {
        atom(kind, &[(text.len() as u16).to_be_bytes().as_slice(), &[0x15, 0xC7], text].concat())
    };
    let atoms =
        [text(b"\xA9xyz", b"+48.8583+002.2944/"), text(b"\xA9mak", b"KEPT-CAMERA"), atom(b"CAME", b"SERIAL-4711")];
    movie(b"isom", &atom(b"udta", &atoms.concat()), [0, 1, -1, 0])
}

/// As an iPhone writes it: keys and values.
pub(crate) fn mov() -> Vec<u8> {
    let values = [
        ("com.apple.quicktime.location.ISO6709", "+48.8583+002.2944+035.000/"),
        ("com.apple.quicktime.make", "KEPT-CAMERA"),
        ("com.apple.quicktime.creationdate", "2022-05-01T12:30:00+0200"),
        ("com.apple.quicktime.content.identifier", CONTENT_IDENTIFIER),
    ];
    let mut keys = (values.len() as u32).to_be_bytes().to_vec();
    let mut items = Vec::new();
    for (n, (key, value)) in (1_u32..).zip(values) {
        keys.extend(atom(b"mdta", key.as_bytes()));
        let data = atom(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0], value.as_bytes()].concat());
        items.extend(atom(&n.to_be_bytes(), &data));
    }
    let meta = atom(b"meta", &[handler(b"mdta"), full(b"keys", &keys), atom(b"ilst", &items)].concat());
    movie(b"qt  ", &meta, [1, 0, 0, 1])
}

fn element(id: u32, body: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let id = &id[id.iter().position(|b| *b != 0).unwrap()..];
    [id, (1 << 56 | body.len() as u64).to_be_bytes().as_slice(), body].concat()
}

pub(crate) fn webm() -> Vec<u8> {
    let tag = |name: &str, value: &str| {
        let parts = [element(0x45A3, name.as_bytes()), element(0x4487, value.as_bytes())];
        element(0x7373, &element(0x67C8, &parts.concat()))
    };
    let video = element(0xE0, &[element(0xB0, &[5, 0]), element(0xBA, &[2, 0xD0])].concat());
    let tracks = element(0x1654_AE6B, &element(0xAE, &[element(0x83, &[1]), video].concat()));
    let nanoseconds: u64 = 673_093_800_000_000_000;
    let info = [element(0x4489, &8250_f64.to_bits().to_be_bytes()), element(0x4461, &nanoseconds.to_be_bytes())];
    let tags = [
        element(0xBF, &[1, 2, 3, 4]),
        tag("LOCATION", "+48.8583+002.2944/"),
        tag("SERIAL_NUMBER", "SERIAL-4711"),
        tag("ENCODER", "KEPT-CAMERA"),
    ];
    let attachment = element(0x1941_A469, b"SERIAL-4711");
    let cluster = element(0x1F43_B675, &[element(0xE7, &[0]), element(0xA3, &[0x81, 0, 0, 0x80, 1])].concat());
    let segment =
        [element(0x1549_A966, &info.concat()), tracks, element(0x1254_C367, &tags.concat()), attachment, cluster];
    [element(0x1A45_DFA3, &element(0x4282, b"webm")), element(0x1853_8067, &segment.concat())].concat()
}
