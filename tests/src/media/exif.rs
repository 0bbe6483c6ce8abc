//! EXIF blocks as cameras write them, in both byte orders (TIFF 6.0, EXIF 2.32).

/// When photo 0 was captured: 2026-06-20, 10:00:00 at UTC+2, in milliseconds since the Unix epoch.
pub const FIRST_CAPTURE_MS: i64 = 1_781_942_400_000;
/// Between the captures of two consecutive photos.
const INTERVAL_S: u32 = 37;

const SOI: usize = 2;
const APPLE_HEAD: &[u8] = b"Apple iOS\0\0\x01MM";

/// What one photo says of itself.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    number: u32,
    is_little_endian: bool,
    orientation: u16,
    content_identifier: Option<String>,
    camera: Option<Camera>,
}

/// A camera with a clock of its own, instead of the one that belongs to a number.
#[derive(Debug, Clone)]
pub(super) struct Camera {
    pub(super) model: String,
    pub(super) serial: Option<String>,
    pub(super) time: String,
    pub(super) offset: Option<String>,
}

enum Value {
    Text(String),
    Short(u16),
    Bytes(Vec<u8>),
    Opaque(Vec<u8>),
    Ratios(Vec<(u32, u32)>),
    Directory(Vec<(u16, Value)>),
}

impl Facts {
    pub(super) fn of(number: u32) -> Self {
        let orientation = u16::try_from(number % 8 + 1).expect("at most 8");
        Self { number, is_little_endian: number % 2 == 1, orientation, content_identifier: None, camera: None }
    }

    /// As a phone writes the still of a Live Photo.
    pub(super) fn with_content_identifier(mut self, identifier: &str) -> Self {
        self.content_identifier = Some(identifier.to_owned());
        self
    }

    /// As another camera writes it, upright.
    pub(super) fn with_camera(self, camera: Camera) -> Self {
        Self { orientation: 1, camera: Some(camera), ..self }
    }

    /// Serial numbers and the position, as the block spells them.
    pub(super) fn secrets(&self) -> Vec<Vec<u8>> {
        let seconds = [self.latitude()[2], self.longitude()[2]];
        let mut secrets = vec![self.body_serial().into_bytes(), self.lens_serial().into_bytes()];
        secrets.extend(seconds.map(|(above, below)| [self.u32(above), self.u32(below)].concat()));
        secrets
    }

    /// The whole TIFF structure.
    pub(super) fn block(&self) -> Vec<u8> {
        let mut block = if self.is_little_endian { b"II".to_vec() } else { b"MM".to_vec() };
        block.extend(self.u16(42));
        block.extend(self.u32(8));
        block.extend(self.directory(&self.main_directory(), 8));
        block
    }

    fn main_directory(&self) -> Vec<(u16, Value)> {
        let maker = if self.content_identifier.is_some() { "Apple" } else { "Lumen" };
        vec![
            (0x010F, Value::Text(maker.into())),
            (0x0110, Value::Text(self.model())),
            (0x0112, Value::Short(self.orientation)),
            (0x0132, Value::Text(self.time())),
            (0x8769, Value::Directory(self.exif_directory())),
            (0x8825, Value::Directory(self.gps_directory())),
        ]
    }

    fn exif_directory(&self) -> Vec<(u16, Value)> {
        let mut fields = vec![
            (0x829A, Value::Ratios(vec![(1, 250)])),
            (0x9003, Value::Text(self.time())),
            (0x9004, Value::Text(self.time())),
        ];
        fields.extend(self.offset().map(|offset| (0x9011, Value::Text(offset))));
        fields.extend([(0x927C, Value::Opaque(self.maker_note())), (0x9291, Value::Text("000".into()))]);
        if self.camera.as_ref().is_none_or(|camera| camera.serial.is_some()) {
            fields.push((0xA431, Value::Text(self.body_serial())));
        }
        fields.push((0xA435, Value::Text(self.lens_serial())));
        fields
    }

    fn gps_directory(&self) -> Vec<(u16, Value)> {
        vec![
            (0x0000, Value::Bytes(vec![2, 3, 0, 0])),
            (0x0001, Value::Text("N".into())),
            (0x0002, Value::Ratios(self.latitude().to_vec())),
            (0x0003, Value::Text("E".into())),
            (0x0004, Value::Ratios(self.longitude().to_vec())),
            (0x0006, Value::Ratios(vec![(1_800 + self.number, 100)])),
            (0x001D, Value::Text("2026:06:20".into())),
        ]
    }

    fn maker_note(&self) -> Vec<u8> {
        let Some(identifier) = &self.content_identifier else {
            return format!("LUMEN NOTE\0{}\0{:0>80}", self.body_serial(), self.number).into_bytes();
        };
        let mut note = APPLE_HEAD.to_vec();
        let text_at = u32::try_from(APPLE_HEAD.len() + 2 + 12 + 4).expect("small");
        note.extend(1_u16.to_be_bytes());
        note.extend([0x0011_u16.to_be_bytes(), 2_u16.to_be_bytes()].concat());
        note.extend(u32::try_from(identifier.len() + 1).expect("small").to_be_bytes());
        note.extend(text_at.to_be_bytes());
        note.extend([0; 4]);
        note.extend(identifier.as_bytes());
        note.push(0);
        note
    }

    fn model(&self) -> String {
        self.camera.as_ref().map_or_else(|| format!("Model {}", self.number % 3), |camera| camera.model.clone())
    }

    fn offset(&self) -> Option<String> {
        self.camera.as_ref().map_or_else(|| Some("+02:00".into()), |camera| camera.offset.clone())
    }

    fn time(&self) -> String {
        if let Some(camera) = &self.camera {
            return camera.time.clone();
        }
        let seconds = 10 * 3_600 + self.number * INTERVAL_S;
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        format!("2026:06:20 {hour:02}:{minute:02}:{second:02}")
    }

    fn body_serial(&self) -> String {
        if let Some(serial) = self.camera.as_ref().and_then(|camera| camera.serial.clone()) {
            return serial;
        }
        format!("BODY-SN-{:08}", 40_961 + self.number)
    }

    fn lens_serial(&self) -> String {
        format!("LENS-SN-{:08}", 77_773 + self.number)
    }

    fn latitude(&self) -> [(u32, u32); 3] {
        [(59, 1), (19, 1), (455_000 + self.number * 131, 10_007)]
    }

    fn longitude(&self) -> [(u32, u32); 3] {
        [(18, 1), (4, 1), (70_000 + self.number * 137, 10_009)]
    }

    /// A directory that stands at `at`, followed by its values and the directories below it.
    fn directory(&self, entries: &[(u16, Value)], at: u32) -> Vec<u8> {
        let count = u16::try_from(entries.len()).expect("few entries");
        let area_at = at + 2 + 12 * u32::from(count) + 4;
        let mut bytes = self.u16(count);
        let mut area = Vec::new();
        for (tag, value) in entries {
            let next = area_at + u32::try_from(area.len()).expect("a small block");
            let (kind, count, mut content) = self.spell(value, next);
            bytes.extend([self.u16(*tag), self.u16(kind), self.u32(count)].concat());
            let is_directory = matches!(value, Value::Directory(_));
            if is_directory || content.len() > 4 {
                bytes.extend(self.u32(next));
                area.extend(&content);
                area.extend(vec![0; content.len() % 2]);
            } else {
                content.resize(4, 0);
                bytes.extend(content);
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(area);
        bytes
    }

    /// Type, count and bytes of a value; a directory's bytes are for the place `at`.
    fn spell(&self, value: &Value, at: u32) -> (u16, u32, Vec<u8>) {
        let len = |len: usize| u32::try_from(len).expect("a small block");
        match value {
            Value::Bytes(bytes) => (1, len(bytes.len()), bytes.clone()),
            Value::Text(text) => (2, len(text.len() + 1), [text.as_bytes(), &[0]].concat()),
            Value::Short(number) => (3, 1, self.u16(*number)),
            Value::Directory(entries) => (4, 1, self.directory(entries, at)),
            Value::Ratios(ratios) => {
                let bytes = ratios.iter().flat_map(|(above, below)| [self.u32(*above), self.u32(*below)].concat());
                (5, len(ratios.len()), bytes.collect())
            }
            Value::Opaque(bytes) => (7, len(bytes.len()), bytes.clone()),
        }
    }

    fn u16(&self, number: u16) -> Vec<u8> {
        if self.is_little_endian { number.to_le_bytes().to_vec() } else { number.to_be_bytes().to_vec() }
    }

    fn u32(&self, number: u32) -> Vec<u8> {
        if self.is_little_endian { number.to_le_bytes().to_vec() } else { number.to_be_bytes().to_vec() }
    }
}

/// The same JPEG with the block as its first segment, as cameras place it.
pub(super) fn insert(jpeg: &[u8], block: &[u8]) -> Vec<u8> {
    let size = u16::try_from(2 + 6 + block.len()).expect("an EXIF block is below 64 KiB");
    let (start, rest) = jpeg.split_at(SOI);
    [start, &[0xFF, 0xE1], &size.to_be_bytes(), b"Exif\0\0", block, rest].concat()
}
