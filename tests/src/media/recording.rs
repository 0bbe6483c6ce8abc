//! Recordings as a camera writes them while it records: live WebM, its pictures and sound random bytes.

use std::io::{self, Write};

use super::Random;

/// Pictures a second.
const RATE: u16 = 25;

/// A recording that is made second by second: first what prepares a player, then a cluster for each second.
#[derive(Debug, Clone)]
pub struct Recording {
    random: Random,
    second: u32,
    bytes_per_second: usize,
}

impl Recording {
    /// A recording of a seed with about so many bits a second.
    #[must_use]
    pub fn new(seed: u64, bits_per_second: usize) -> Self {
        Self { random: Random::new(seed), second: 0, bytes_per_second: bits_per_second / 8 }
    }

    /// What stands before the first picture.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        let video = element(
            &[0xE0],
            &[element(&[0xB0], &640_u16.to_be_bytes()), element(&[0xBA], &360_u16.to_be_bytes())].concat(),
        );
        let entry = [element(&[0xD7], &[1]), element(&[0x83], &[1]), element(&[0x86], b"V_VP8"), video].concat();
        let mut head = element(&[0x1A, 0x45, 0xDF, 0xA3], &element(&[0x42, 0x82], b"webm"));
        head.extend([0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
        head.extend(element(&[0x15, 0x49, 0xA9, 0x66], &element(&[0x2A, 0xD7, 0xB1], &[0x0F, 0x42, 0x40])));
        head.extend(element(&[0x16, 0x54, 0xAE, 0x6B], &element(&[0xAE], &entry)));
        head
    }

    /// The next second, picture by picture.
    pub fn next_pictures(&mut self) -> Vec<Vec<u8>> {
        let mut cluster = vec![0x1F, 0x43, 0xB6, 0x75, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        cluster.extend(element(&[0xE7], &(self.second * 1_000).to_be_bytes()));
        self.second += 1;
        let bytes = self.bytes_per_second / usize::from(RATE);
        let pictures = (0..RATE).map(|number| {
            let [high, low] = (number * (1_000 / RATE)).to_be_bytes();
            let mut block = vec![0x81, high, low, if number == 0 { 0x80 } else { 0 }];
            while block.len() < bytes.max(8) {
                block.extend(self.random.draw().to_be_bytes());
            }
            let mut picture = if number == 0 { std::mem::take(&mut cluster) } else { Vec::new() };
            picture.extend(element(&[0xA3], &block));
            picture
        });
        pictures.collect()
    }

    /// Writes a recording of at least so many bytes, from its head on.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&mut self, mut to: impl Write, bytes: u64) -> io::Result<()> {
        let head = self.head();
        to.write_all(&head)?;
        let mut written = head.len() as u64;
        while written < bytes {
            let second = self.next_second();
            to.write_all(&second)?;
            written += second.len() as u64;
        }
        to.flush()
    }

    /// The next second in one.
    pub fn next_second(&mut self) -> Vec<u8> {
        self.next_pictures().concat()
    }

    /// All of a recording of so many seconds.
    #[must_use]
    pub fn whole(mut self, seconds: u32) -> Vec<u8> {
        let head = self.head();
        (0..seconds).fold(head, |bytes, _| [bytes, self.next_second()].concat())
    }
}

fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len()).unwrap_or(0) | 0x1000_0000;
    [id, &size.to_be_bytes(), body].concat()
}
