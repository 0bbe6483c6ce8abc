//! The metadata file beside a photo or clip, as XMP (ISO 16684-1): what the group knows of it, for programs that catalogue
//! photos. Original bytes are never changed for it.

use glow_model::Place;

use super::{layout::Item, text::escape};

/// What such a file is known by when it is written again.
pub(super) const MARK: &str = "x:xmptk=\"Afterglow\"";

/// Capture time, author, caption, rating of favourites, and the place where it is shared.
pub(super) fn xmp(item: &Item) -> String {
    let at = item.captured_at();
    let mut attributes = format!(
        "\n    xmp:CreateDate=\"{at}\"\n    photoshop:DateCreated=\"{at}\"\n    exif:DateTimeOriginal=\"{at}\""
    );
    if item.row.favourite {
        attributes += "\n    xmp:Rating=\"5\"";
    }
    if let Some(place) = item.row.place {
        let (latitude, longitude) = gps(place);
        attributes += &format!("\n    exif:GPSLatitude=\"{latitude}\"\n    exif:GPSLongitude=\"{longitude}\"");
    }
    let mut inside = String::new();
    if !item.author.is_empty() {
        let author = escape(&item.author);
        inside += &format!("   <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>\n");
    }
    if !item.row.caption.is_empty() {
        let caption = escape(&item.row.caption);
        inside += &format!(
            "   <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{caption}</rdf:li></rdf:Alt></dc:description>\n"
        );
    }
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>
<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" {MARK}>
 <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">
  <rdf:Description rdf:about=\"\"
    xmlns:dc=\"http://purl.org/dc/elements/1.1/\"
    xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"
    xmlns:exif=\"http://ns.adobe.com/exif/1.0/\"
    xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\"{attributes}>
{inside}  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end=\"w\"?>
"
    )
}

/// Degrees and decimal minutes, as the EXIF schema of XMP spells them.
fn gps(place: Place) -> (String, String) {
    let spell = |e6: i32, positive: char, negative: char| {
        let (degrees, rest) = (e6.unsigned_abs() / 1_000_000, e6.unsigned_abs() % 1_000_000);
        let minutes_e6 = u64::from(rest) * 60;
        let side = if e6 < 0 { negative } else { positive };
        format!("{degrees},{}.{:06}{side}", minutes_e6 / 1_000_000, minutes_e6 % 1_000_000)
    };
    (spell(place.latitude_e6, 'N', 'S'), spell(place.longitude_e6, 'E', 'W'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_spelled_in_degrees_and_minutes() {
        let (latitude, longitude) = gps(Place { latitude_e6: 48_858_370, longitude_e6: -2_294_480 });
        assert_eq!((latitude.as_str(), longitude.as_str()), ("48,51.502200N", "2,17.668800W"));
    }
}
