//! A web album that opens from the disk: one page, one style, one script, and the files beside them. It fetches nothing, so it
//! works without a server; without its script every picture still opens by its link.

use glow_api::FingerprintView;
use glow_store::Part;

use super::{
    layout::{FileKind, Item},
    manifest::Listed,
    text::escape,
};

/// What its texts are known by when they are written again.
pub(super) const MARK: &str = "afterglow-album";

const PAGE: &str = include_str!("album.html");
const STYLE: &str = include_str!("album.css");
const SCRIPT: &str = include_str!("album.js");

/// Pictures that every browser shows.
const SHOWN: [&str; 6] = ["jpg", "jpeg", "png", "webp", "gif", "avif"];

/// The page, as far as it is.
#[derive(Default)]
pub(super) struct Album {
    /// Days with their tiles, newest first.
    days: Vec<(String, String, usize)>,
    moments: usize,
}

/// What a preview is called.
pub(super) fn preview_name(part: Part) -> &'static str {
    if part == Part::Grid { "small" } else { "large" }
}

impl Album {
    /// Adds a moment with the files that were written of it.
    pub(super) fn add(&mut self, item: &Item, files: &[Listed]) {
        self.moments += 1;
        let tile = tile(item, files);
        match self.days.last_mut() {
            Some((day, tiles, count)) if *day == item.day => {
                tiles.push_str(&tile);
                *count += 1;
            }
            _ => self.days.push((item.day.clone(), tile, 1)),
        }
    }

    /// The texts of the album with their names.
    pub(super) fn pages(&self, title: &str, fingerprint: &FingerprintView) -> [(&'static str, String); 3] {
        let days = self.days.iter().map(|(day, tiles, count)| {
            format!("<section><h2><time datetime=\"{day}\">{day}</time> <span>{count}</span></h2>\n<ul>\n{tiles}</ul></section>\n")
        });
        let lacking = match fingerprint.lacking {
            0 => String::new(),
            _ => {
                format!(" · {} of {} files were not on the device that made it", fingerprint.lacking, fingerprint.blobs)
            }
        };
        let page = PAGE
            .replace("{{mark}}", MARK)
            .replace("{{count}}", &self.moments.to_string())
            .replace("{{words}}", &escape(&fingerprint.words))
            .replace("{{fingerprint}}", &escape(&fingerprint.fingerprint))
            .replace("{{lacking}}", &lacking)
            .replace("{{title}}", &escape(title))
            .replace("{{days}}", &days.collect::<String>());
        [("index.html", page), ("album.css", STYLE.to_owned()), ("album.js", SCRIPT.to_owned())]
    }
}

fn tile(item: &Item, files: &[Listed]) -> String {
    let of = |kind: FileKind| files.iter().find(|listed| listed.kind == kind).map(|listed| href(&listed.file));
    let preview = |name: &str| {
        let ending = format!(" {name}.jpg");
        let mut previews = files.iter().filter(|listed| listed.kind == FileKind::Preview);
        previews.find(|listed| listed.file.ends_with(&ending)).map(|listed| href(&listed.file))
    };
    let original = of(FileKind::Original);
    let shown = original.clone().filter(|_| {
        let file = files.iter().find(|listed| listed.kind == FileKind::Original);
        let ending = file.and_then(|listed| listed.file.rsplit_once('.')).map_or("", |(_, ending)| ending);
        SHOWN.contains(&ending)
    });
    let large = preview("large").or_else(|| shown.clone()).or_else(|| preview("small"));
    let small = preview("small").or_else(|| large.clone());
    let (width, height) = (item.row.width.max(1), item.row.height.max(1));
    let when = item.captured_at();
    let label = [item.author.as_str(), item.row.caption.as_str(), when.get(..16).unwrap_or_default()];
    let label = label.iter().filter(|part| !part.is_empty()).map(|part| escape(part)).collect::<Vec<_>>().join(" · ");
    let mut data = format!(" data-author=\"{}\" data-at=\"{}\"", escape(&item.author), escape(&when));
    if item.row.favourite {
        data += " data-favourite";
    }
    let mut add = |name: &str, value: Option<&String>| {
        if let Some(value) = value {
            data += &format!(" data-{name}=\"{value}\"");
        }
    };
    add("large", large.as_ref().filter(|_| !item.is_clip()));
    add("poster", large.as_ref().filter(|_| item.is_clip()));
    add("clip", original.as_ref().filter(|_| item.is_clip()));
    add("motion", of(FileKind::Motion).as_ref());
    add("original", original.as_ref());
    let picture = match &small {
        Some(small) => {
            format!("<img src=\"{small}\" alt=\"{label}\" loading=\"lazy\" width=\"{width}\" height=\"{height}\">")
        }
        None => format!("<span class=\"none\">{label}</span>"),
    };
    let badge = if item.is_clip() { "<span class=\"badge\" aria-hidden=\"true\">▶</span>" } else { "" };
    let caption = match item.row.caption.as_str() {
        "" => String::new(),
        caption => format!("<span class=\"caption\">{}</span>", escape(caption)),
    };
    let target = original.or(large).unwrap_or_else(|| "#".to_owned());
    let ratio = f64::from(width) / f64::from(height);
    format!("<li style=\"--ratio:{ratio:.4}\"><a href=\"{target}\"{data}>{picture}{badge}{caption}</a></li>\n")
}

/// A path as an address inside an attribute.
fn href(path: &str) -> String {
    let mut address = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b'(' | b')' => {
                address.push(byte.into())
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_nothing_that_a_browser_reads_otherwise() {
        assert_eq!(href("media/Ä \"1\" #2?.jpg"), "media/%C3%84%20%221%22%20%232%3F.jpg");
    }
}
