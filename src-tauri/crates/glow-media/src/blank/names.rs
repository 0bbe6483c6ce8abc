//! Names of metadata fields that tell a place, a device or its owner. The same list serves XMP properties, QuickTime
//! keys, Matroska tags and PNG keywords.

const PLACE_PARTS: [&str; 8] =
    ["gps", "latitude", "longitude", "longtitude", "altitude", "location", "coordinate", "geotag"];
const PLACE_WORDS: [&str; 14] = [
    "city",
    "state",
    "country",
    "countrycode",
    "countryname",
    "provincestate",
    "province-state",
    "worldregion",
    "coverage",
    "lat",
    "lon",
    "lng",
    "\u{a9}xyz",
    "loci",
];
const DEVICE_PARTS: [&str; 6] = ["serial", "ownername", "imageuniqueid", "makernote", "macaddress", "imei"];
const DEVICE_WORDS: [&str; 1] = ["owner"];

/// Whether a field of this name is blanked.
pub(crate) fn is_private(name: &[u8]) -> bool {
    let folded = fold(name);
    // `CameraSN`, `LensSN`: only in capitals, or half of all plurals would be meant.
    let ends_in_sn = name.len() > 2 && name.ends_with(b"SN") && name[name.len() - 3].is_ascii_lowercase();
    is_place(name)
        || ends_in_sn
        || DEVICE_PARTS.iter().any(|part| folded.contains(part))
        || DEVICE_WORDS.contains(&last_word(&folded))
}

/// Whether a field of this name tells a place.
pub(crate) fn is_place(name: &[u8]) -> bool {
    let folded = fold(name);
    PLACE_PARTS.iter().any(|part| folded.contains(part)) || PLACE_WORDS.contains(&last_word(&folded))
}

/// Whether free text speaks of a position or a serial number in the way machines do.
pub(crate) fn text_is_private(text: &[u8]) -> bool {
    let folded = fold(text);
    ["gps", "latitude", "longitude", "serial", "geo:"].iter().any(|part| folded.contains(part))
}

fn fold(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase()
}

fn last_word(folded: &str) -> &str {
    folded.rsplit([':', '.', '/', '_', ' ']).next().unwrap_or_default()
}
