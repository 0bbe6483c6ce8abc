//! `timeline`.

use anyhow::Result;
use glow_api::{Held, MomentKind, MomentView, TimelineFilter, TimelinePage, TimelineQuery};

use super::group;
use crate::cli::Timeline;
use crate::node::Node;
use crate::output::{Output, short, size, table, time};

/// Moments asked for at a time.
const PAGE: u32 = 500;

pub(super) async fn timeline(node: &mut Node, out: Output, args: Timeline) -> Result<()> {
    let group = group(node, args.of.group.as_deref()).await?.id;
    let mut whole = TimelinePage { moments: Vec::new(), next: None, total: 0 };
    loop {
        let left = args.limit.saturating_sub(u32::try_from(whole.moments.len())?);
        if left == 0 {
            break;
        }
        let query = TimelineQuery {
            group: group.clone(),
            cursor: whole.next,
            limit: left.min(PAGE),
            filter: TimelineFilter::default(),
        };
        let page = node.ask(query).await?;
        whole.moments.extend(page.moments);
        (whole.next, whole.total) = (page.next, page.total);
        if whole.next.is_none() {
            break;
        }
    }
    out.show(&whole, text)?;
    let shown = whole.moments.len();
    if (shown as u64) < u64::from(whole.total) {
        out.hint(&format!("{shown} of {} shown: --limit shows more.", whole.total));
    }
    Ok(())
}

fn text(page: &TimelinePage) -> String {
    let rows: Vec<_> = page.moments.iter().map(row).collect();
    table(
        ["id", "captured", "by", "", "pixels", "size", "here", "caption"],
        &rows,
        "There is no moment on the timeline yet.",
    )
}

fn row(moment: &MomentView) -> [String; 8] {
    let kind = match moment.kind {
        MomentKind::Photo => "photo",
        MomentKind::Clip => "clip",
        MomentKind::Live => "live photo",
    };
    let here = match moment.original {
        _ if moment.retracted => "taken back".to_owned(),
        Held::Complete => "all".to_owned(),
        Held::Missing { progress } => format!("{:.0} %", progress * 100.0),
        Held::None => "preview".to_owned(),
    };
    let by = if moment.author_name.is_empty() { short(&moment.author).to_owned() } else { moment.author_name.clone() };
    [
        short(&moment.id).to_owned(),
        time(moment.captured_at_ms, moment.captured_offset_min),
        by,
        kind.to_owned(),
        format!("{}x{}", moment.width, moment.height),
        size(moment.size_bytes),
        here,
        moment.caption.replace(['\n', '\r'], " "),
    ]
}
