//! One request a stream. After the request only the other side writes: two big writes towards each other on one Yamux stream
//! would block both for ever.

use std::{sync::Arc, time::Duration};

use futures::AsyncWriteExt;
use glow_model::limits;
use glow_sync::{Frame, Request, wire::Lane};
use libp2p::Stream;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout, timeout_at},
};

use super::frames;
use crate::{Lanes, NetError, activity::Activity, lanes::Pace, meter::Meter};

/// How long all answers to one request may take.
const TOTAL: Duration = Duration::from_secs(300);
/// How long a request itself may take to arrive.
const REQUEST: Duration = Duration::from_secs(20);

/// What an answer is sent over: the connection, and what else this device sends.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) activity: Activity,
    pub(crate) meter: Option<Arc<Meter>>,
    pub(crate) lanes: Lanes,
}

/// The answers to a request, as they come. Dropping it ends the stream.
#[derive(Debug)]
pub struct Answers {
    /// Nothing once the last answer was read.
    stream: Option<Stream>,
    until: Instant,
    activity: Activity,
    _permit: OwnedSemaphorePermit,
}

impl Answers {
    /// Waits for the next answer; nothing after the last one or after an error.
    pub async fn next(&mut self) -> Option<Result<Frame, NetError>> {
        self.read(None).await
    }

    /// As [`Answers::next`]; `watch` looks at what has come of the frame after every 16 KiB at most, and ends the stream with
    /// [`NetError::Unwanted`] when it answers false.
    pub async fn next_watched(
        &mut self,
        watch: &mut (dyn FnMut(&[u8]) -> bool + Send),
    ) -> Option<Result<Frame, NetError>> {
        self.read(Some(watch)).await
    }

    async fn read(&mut self, watch: Option<frames::Watch<'_>>) -> Option<Result<Frame, NetError>> {
        let stream = self.stream.as_mut()?;
        let read = frames::read_watched(stream, limits::BULK_FRAME_BYTES, &self.activity, watch);
        let frame = match timeout_at(self.until, read).await {
            Ok(Ok(Some(bytes))) => Some(Frame::decode(&bytes).map_err(NetError::from)),
            Ok(Ok(None)) => None,
            Ok(Err(error)) => Some(Err(error)),
            Err(_) => Some(Err(NetError::TimedOut)),
        };
        if !matches!(frame, Some(Ok(_))) {
            self.stream = None;
        }
        frame
    }
}

/// Takes the answers to a request. Dropping it before [`AnswerSink::finish`] tells the asker that the answer was cut short.
#[derive(Debug)]
pub struct AnswerSink {
    stream: Stream,
    until: Instant,
    way: Way,
    lane: Lane,
    _permit: OwnedSemaphorePermit,
}

impl AnswerSink {
    /// Sends one answer; waits while the asker is slower.
    ///
    /// # Errors
    /// [`NetError::TooLarge`], [`NetError::TimedOut`], or [`NetError::Broken`] when the asker is gone.
    pub async fn send(&mut self, frame: Frame) -> Result<(), NetError> {
        let bytes = frame.encode();
        let Way { activity, meter, lanes } = &self.way;
        let lane = self.lane;
        let _pressing = (lane != Lane::Bulk).then(|| lanes.press());
        let pace = Pace { lanes, meter: meter.as_deref(), lane };
        let write = frames::write_paced(&mut self.stream, &bytes, limits::BULK_FRAME_BYTES, activity, Some(&pace));
        timeout_at(self.until, write).await.unwrap_or(Err(NetError::TimedOut))
    }

    /// Says that this was all.
    ///
    /// # Errors
    /// As [`AnswerSink::send`].
    pub async fn finish(mut self) -> Result<(), NetError> {
        frames::finish(&mut self.stream).await
    }
}

/// Writes a request and hands out its answers.
pub(crate) async fn ask(
    mut stream: Stream,
    request: &Request,
    (activity, meter): (Activity, Option<Arc<Meter>>),
    permit: OwnedSemaphorePermit,
) -> Result<Answers, NetError> {
    let bytes = request.encode();
    if let Some(meter) = meter {
        meter.hand(bytes.len());
    }
    frames::write(&mut stream, &bytes, limits::BULK_FRAME_BYTES, &activity).await?;
    timeout(frames::IDLE, stream.close()).await.map_err(|_| NetError::TimedOut)??;
    Ok(Answers { stream: Some(stream), until: Instant::now() + TOTAL, activity, _permit: permit })
}

/// Reads the request of an inbound stream.
pub(crate) async fn take_request(
    mut stream: Stream,
    way: Way,
    permit: OwnedSemaphorePermit,
) -> Result<(Request, AnswerSink), NetError> {
    let read = frames::read(&mut stream, limits::BULK_FRAME_BYTES, &way.activity);
    let bytes = timeout(REQUEST, read).await.map_err(|_| NetError::TimedOut)??.unwrap_or_default();
    let request = Request::decode(&bytes)?;
    let lane = match &request {
        Request::Pieces { lane, .. } | Request::Blobs { lane, .. } => *lane,
        _ => Lane::Now,
    };
    let sink = AnswerSink { stream, until: Instant::now() + TOTAL, way, lane, _permit: permit };
    Ok((request, sink))
}
