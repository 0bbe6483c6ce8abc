//! Length-prefixed frames: four bytes of length, big-endian, then as many bytes.
//!
//! A frame of length zero says that nothing more comes. (A stream that merely ends was cut: QUIC cannot tell a sender that
//! finished from one that vanished.) The length is checked before anything is allocated, and memory grows only as bytes come.

use std::{future::Future, io, time::Duration};

use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::{
    NetError,
    activity::{self, Activity},
    lanes::{self, Pace},
};

/// How long the other side may be silent in the middle of a stream.
pub(crate) const IDLE: Duration = Duration::from_secs(10);
/// How much is read at once.
const STEP_BYTES: usize = 64 * 1024;

/// How much at most when it is looked at as it comes: a group of 16 KiB.
const WATCHED_BYTES: usize = 16 * 1024;

/// Looks at what has come of a frame, and says whether more of it is wanted.
pub(crate) type Watch<'a> = &'a mut (dyn FnMut(&[u8]) -> bool + Send);

/// Reads the next frame; nothing when the sender says that none comes.
pub(crate) async fn read<S: AsyncRead + Unpin>(
    stream: &mut S,
    limit_bytes: usize,
    activity: &Activity,
) -> Result<Option<Vec<u8>>, NetError> {
    read_watched(stream, limit_bytes, activity, None).await
}

/// As [`read`]; a frame that is not wanted is read no further.
pub(crate) async fn read_watched<S: AsyncRead + Unpin>(
    stream: &mut S,
    limit_bytes: usize,
    activity: &Activity,
    mut watch: Option<Watch<'_>>,
) -> Result<Option<Vec<u8>>, NetError> {
    let step_bytes = if watch.is_some() { WATCHED_BYTES } else { STEP_BYTES };
    let mut prefix = [0; 4];
    idle(stream.read_exact(&mut prefix)).await?;
    let size_bytes = usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
    if size_bytes > limit_bytes {
        return Err(NetError::TooLarge { size_bytes, limit_bytes });
    }
    if size_bytes == 0 {
        return Ok(None);
    }
    let reading = (size_bytes >= activity::LARGE_FRAME_BYTES).then(|| activity.reading());
    let mut frame = Vec::new();
    while frame.len() < size_bytes {
        let filled = frame.len();
        frame.resize(size_bytes.min(filled + step_bytes), 0);
        let count = idle(stream.read(&mut frame[filled..])).await?;
        if count == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        frame.truncate(filled + count);
        activity.touch();
        if let Some(reading) = &reading {
            reading.came(count);
        }
        if let Some(watch) = &mut watch
            && !watch(&frame)
        {
            return Err(NetError::Unwanted);
        }
    }
    Ok(Some(frame))
}

/// Writes a frame, which is not empty, and flushes it.
pub(crate) async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    frame: &[u8],
    limit_bytes: usize,
    activity: &Activity,
) -> Result<(), NetError> {
    write_paced(stream, frame, limit_bytes, activity, None).await
}

/// As [`write`], in steps that keep a pace.
pub(crate) async fn write_paced<S: AsyncWrite + Unpin>(
    stream: &mut S,
    frame: &[u8],
    limit_bytes: usize,
    activity: &Activity,
    pace: Option<&Pace<'_>>,
) -> Result<(), NetError> {
    let size_bytes = frame.len();
    let prefix = u32::try_from(size_bytes).unwrap_or(u32::MAX);
    if size_bytes > limit_bytes {
        return Err(NetError::TooLarge { size_bytes, limit_bytes });
    }
    idle(stream.write_all(&prefix.to_be_bytes())).await?;
    for step in frame.chunks(lanes::STEP_BYTES) {
        if let Some(pace) = pace {
            pace.keep(step.len()).await;
        }
        idle(stream.write_all(step)).await?;
        activity.touch();
    }
    idle(stream.flush()).await
}

/// Says that nothing more comes, and closes this direction.
pub(crate) async fn finish<S: AsyncWrite + Unpin>(stream: &mut S) -> Result<(), NetError> {
    idle(stream.write_all(&[0; 4])).await?;
    idle(stream.close()).await
}

async fn idle<T>(step: impl Future<Output = io::Result<T>>) -> Result<T, NetError> {
    match timeout(IDLE, step).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(NetError::TimedOut),
    }
}

#[cfg(test)]
mod tests {
    use futures::{executor::block_on, io::Cursor};
    use proptest::prelude::*;

    use super::*;

    fn in_runtime<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    fn read_all(bytes: &[u8], limit_bytes: usize) -> Result<Vec<Vec<u8>>, NetError> {
        in_runtime(async {
            let mut stream = Cursor::new(bytes);
            let mut frames = Vec::new();
            while let Some(frame) = read(&mut stream, limit_bytes, &Activity::new()).await? {
                frames.push(frame);
            }
            Ok(frames)
        })
    }

    fn written(frames: &[Vec<u8>], limit_bytes: usize) -> Vec<u8> {
        in_runtime(async {
            let mut stream = Cursor::new(Vec::new());
            for frame in frames {
                write(&mut stream, frame, limit_bytes, &Activity::new()).await.unwrap();
            }
            finish(&mut stream).await.unwrap();
            stream.into_inner()
        })
    }

    proptest! {
        #[test]
        fn frames_come_back_as_they_were_written(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..100_000), 0..5)
        ) {
            prop_assert_eq!(read_all(&written(&frames, 100_000), 100_000).unwrap(), frames);
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(frames) = read_all(&bytes, 64) {
                prop_assert!(frames.iter().all(|frame| frame.len() <= 64));
            }
        }

        #[test]
        fn a_cut_stream_is_never_taken_for_a_finished_one(
            frame in prop::collection::vec(any::<u8>(), 1..1_000), cut in 0_usize..1_000
        ) {
            let whole = written(&[frame], 1_000);
            let cut = cut % whole.len();
            prop_assert!(read_all(&whole[..cut], 1_000).is_err());
        }
    }

    #[test]
    fn a_frame_above_the_limit_is_refused_before_it_is_read() {
        for (size, fits) in [(1_000_u32, true), (1_001, false), (100_000, false)] {
            let mut bytes = size.to_be_bytes().to_vec();
            bytes.extend(vec![7; size as usize]);
            bytes.extend([0; 4]);
            let result = read_all(&bytes, 1_000);
            assert_eq!(result.is_ok(), fits, "{size} bytes");
            if !fits {
                assert!(matches!(result, Err(NetError::TooLarge { .. })));
            }
        }
    }

    #[test]
    fn a_frame_that_is_not_wanted_is_read_no_further() {
        let bytes = written(&[vec![7; 200_000]], 1 << 20);
        let mut stream = Cursor::new(bytes);
        let mut seen = 0;
        let mut watch = |frame: &[u8]| {
            seen = frame.len();
            frame.len() < 50_000
        };
        let result = in_runtime(read_watched(&mut stream, 1 << 20, &Activity::new(), Some(&mut watch)));
        assert!(matches!(result, Err(NetError::Unwanted)), "{result:?}");
        assert!((50_000..=50_000 + WATCHED_BYTES).contains(&seen), "{seen} bytes were seen");
        assert_eq!(stream.position(), 4 + seen as u64, "and no more were taken");
    }

    #[test]
    fn a_frame_above_the_limit_is_not_written() {
        let mut stream = Cursor::new(Vec::new());
        let refused = block_on(write(&mut stream, &[7; 11], 10, &Activity::new()));
        assert!(matches!(refused, Err(NetError::TooLarge { .. })));
        assert!(stream.into_inner().is_empty());
    }
}
