//! Every size that a file may choose, with the most this crate accepts. All are enforced before allocation.

/// Largest photo read into memory for decoding, in bytes.
pub const PHOTO_BYTES: u64 = 200 << 20;
/// Largest clip or other file, in bytes; never read into memory.
pub const FILE_BYTES: u64 = 16 << 30;
/// Largest part of a recording that goes out while it is made, in bytes.
pub const PART_BYTES: usize = 8 << 20;
/// Least length of such a part, in milliseconds, unless it is large.
pub const PART_MS: u64 = 400;
/// Largest grid preview, in bytes.
pub const GRID_BYTES: usize = 128 << 10;
/// Size that an encoded grid preview aims at, in bytes.
pub const GRID_AIM_BYTES: usize = 60 << 10;
/// Long side of a grid preview, in pixels.
pub const GRID_SIDE: u32 = 320;
/// Largest screen preview, in bytes.
pub const SCREEN_BYTES: usize = 1 << 20;
/// Size that an encoded screen preview aims at, in bytes: every device gets it before any original.
pub const SCREEN_AIM_BYTES: usize = 200 << 10;
/// Long side of a screen preview made here, in pixels.
pub const SCREEN_SIDE: u32 = 1600;
/// Longest side of a preview accepted from others, in pixels.
pub const PREVIEW_SIDE: u32 = 2048;
/// Long side of the picture that a QR code is looked for in, in pixels.
pub const CODE_SIDE: u32 = 960;
/// Most places of one picture that are tried as a QR code.
pub const CODES: usize = 8;
/// Most bytes of the text of a QR code.
pub const CODE_BYTES: usize = 512;
/// Most bytes of a placeholder.
pub const PLACEHOLDER_BYTES: usize = 64;
/// Most pixels decoded at full size.
pub const FULL_DECODE_PIXELS: u64 = 64_000_000;
/// Most pixels of a picture that is decoded at reduced size.
pub const SCALED_DECODE_PIXELS: u64 = 400_000_000;
/// Most bytes a picture decoder may allocate.
pub const DECODE_BYTES: u64 = 512 << 20;
/// Most scans of a progressive JPEG: real encoders stay below 20, a bomb repeats thousands.
pub const JPEG_SCANS: u32 = 64;
/// Largest colour profile, in bytes.
pub const COLOUR_PROFILE_BYTES: usize = 4 << 20;
/// Most bytes blanked in one file; they are kept as the owner's local patch.
pub const BLANKED_BYTES: u64 = 32 << 20;
/// Largest metadata block that is read into memory as a whole, in bytes.
pub const METADATA_BYTES: u64 = 16 << 20;
/// Longest text value kept from metadata, in bytes.
pub const TEXT_BYTES: u64 = 256;
/// Most structural reads for one file.
pub const READS: u32 = 2_000_000;
/// Most boxes, chunks, segments or elements on one level.
pub const SIBLINGS: usize = 200_000;
/// Most entries of one image file directory.
pub const IFD_ENTRIES: usize = 2_000;
/// Most directories followed in one TIFF structure.
pub const IFDS: usize = 64;
/// Most items of one HEIF file; a 64-megapixel grid has a few hundred.
pub const ITEMS: usize = 20_000;
/// Most samples of a metadata track that is blanked.
pub const SAMPLES: u32 = 2_000_000;
/// Deepest nesting of XML elements in an XMP packet.
pub const XML_DEPTH: usize = 128;
/// How deep pictures may hold pictures (thumbnail in EXIF in JPEG in a trailer).
pub const NESTING: u8 = 4;
/// Most bytes an external tool may write.
pub const TOOL_OUTPUT_BYTES: u64 = 128 << 20;
/// Most address space of an external tool, in bytes.
pub const TOOL_MEMORY_BYTES: u64 = 4 << 30;
/// Longest run of an external tool, in seconds.
pub const TOOL_SECONDS: u64 = 20;
