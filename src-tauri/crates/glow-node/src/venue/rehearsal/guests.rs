//! Simulated guests: a session at the door for browsers each, which does what the page does.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use glow_api::{ApiError, Event, GuestFinish, GuestMedia, GuestShow, GuestUpload, MediaPart, TimelineQuery};
use glow_engine::{GuestPen, GuestUploadFile, rehearsal_preview};
use glow_gateway::GuestVisitor;
use tokio::sync::broadcast::error::RecvError;

use super::{Arrivals, Pictures, name, picture_path};

/// Somebody at the door.
#[derive(Clone)]
pub(super) struct Guest {
    visitor: Arc<GuestVisitor>,
    group: String,
}

/// Lets so many come in.
pub(super) async fn enter(door: Option<&str>, count: u32) -> Result<Vec<Guest>> {
    let mut guests = Vec::new();
    for number in 0..count as usize {
        let door = door.context("no door for guests is open")?;
        let pen = GuestPen::fresh(&format!("{} (guest)", name(number)));
        let (visitor, welcome) = GuestVisitor::enter(door, pen).await?;
        guests.push(Guest { visitor: Arc::new(visitor), group: welcome.group });
    }
    Ok(guests)
}

/// Posts the pictures of one guest: of each the preview, then the original in pieces.
pub(super) async fn post(
    guest: Guest,
    folder: PathBuf,
    (place, pictures): (usize, Pictures),
    arrivals: Arc<Arrivals>,
) -> Result<()> {
    for serial in pictures.serials() {
        let path = picture_path(&folder, serial);
        let bytes = tokio::fs::read(&path).await?;
        let preview = rehearsal_preview(serial).await?;
        let began = Instant::now();
        let moment = guest.show(&path.file_name().unwrap_or_default().to_string_lossy(), &bytes, &preview).await;
        let (moment, post, chunk_bytes) = moment.context("a guest's picture was not taken")?;
        arrivals.posted(moment, place, began);
        guest.carry(&post, &bytes, chunk_bytes).await.context("a guest's original was not taken")?;
    }
    Ok(())
}

/// Notes each moment when a guest's page could draw it: its sealed preview has come and was opened.
pub(super) async fn watch(guest: Guest, place: usize, arrivals: Arc<Arrivals>) {
    let mut events = guest.visitor.events();
    loop {
        let ids = match events.recv().await {
            Ok(Event::TimelineChanged { added, changed, .. }) => [added, changed].concat(),
            Ok(Event::Lagged) | Err(RecvError::Lagged(_)) => guest.everything().await,
            Ok(_) => continue,
            Err(RecvError::Closed) => return,
        };
        for moment in ids {
            if !arrivals.is_seen(&moment, place) && guest.draws(&moment).await {
                arrivals.seen(moment, place);
            }
        }
    }
}

impl Guest {
    /// Announces a file and sends its preview. Answers its moment, its post, and how large a piece is.
    async fn show(&self, name: &str, bytes: &[u8], preview: &[u8]) -> Result<(String, String, usize)> {
        let captured_ms = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        let file = GuestUploadFile {
            bytes,
            name,
            media_type: "image/jpeg",
            captured_ms: u64::try_from(captured_ms.as_millis())?,
            caption: "",
            as_it_is: false,
        };
        let post = self.visitor.pen().file(&self.group, None, file)?;
        let (group, id) = (self.group.clone(), post.id.clone());
        let upload = GuestUpload { group, id, said: post.said, signature: post.signature };
        let chunk_bytes = self.visitor.ask(upload).await?.chunk_bytes;
        self.visitor.put(&post.id, "screen", preview).await?;
        let shown = self.visitor.ask(GuestShow { group: self.group.clone(), id: post.id.clone() }).await?;
        Ok((shown.moment.context("it waits for review")?, post.id, usize::try_from(chunk_bytes)?))
    }

    async fn carry(&self, post: &str, bytes: &[u8], chunk_bytes: usize) -> Result<(), ApiError> {
        for (number, chunk) in bytes.chunks(chunk_bytes.max(1)).enumerate() {
            self.visitor.put(post, &number.to_string(), chunk).await?;
        }
        let (group, id) = (self.group.clone(), post.to_owned());
        self.visitor.ask(GuestFinish { group, id, said: None, signature: None }).await.map(drop)
    }

    /// Whether the preview of a moment can be fetched and opened.
    async fn draws(&self, moment: &str) -> bool {
        let (group, moments) = (self.group.clone(), vec![moment.to_owned()]);
        let asked = self.visitor.ask(GuestMedia { group, moments, part: MediaPart::Grid, from: 0 }).await;
        let Some(part) = asked.ok().and_then(|mut page| page.parts.pop()) else { return false };
        for blob in &part.blobs {
            if self.visitor.blob(blob).await.is_err() {
                return false;
            }
        }
        !part.blobs.is_empty()
    }

    async fn everything(&self) -> Vec<String> {
        let query = TimelineQuery { group: self.group.clone(), limit: 200, ..TimelineQuery::default() };
        let page = self.visitor.ask(query).await;
        page.map(|page| page.moments.into_iter().map(|moment| moment.id).collect()).unwrap_or_default()
    }
}
