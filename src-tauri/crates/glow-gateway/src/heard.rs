//! A connection whose other end must take what is written, or is gone.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Fails to write when nothing could be written for too long. What has nothing to write is not hurried.
pub(crate) struct Heard<S> {
    stream: S,
    patience: Option<Duration>,
    /// Ends the waiting, while something waits to be written.
    waits: Option<Pin<Box<Sleep>>>,
}

impl<S> Heard<S> {
    pub(crate) fn new(stream: S, patience: Option<Duration>) -> Self {
        Self { stream, patience, waits: None }
    }

    /// What an attempt to write comes to.
    fn after<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let (Poll::Pending, Some(patience)) = (&written, self.patience) else {
            self.waits = None;
            return written;
        };
        ready!(self.waits.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.after(written, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.after(written, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
    use tokio::time::Instant;

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn one_who_takes_nothing_is_given_up_and_one_who_takes_little_is_not() {
        let (near, mut far) = duplex(8);
        let mut near = Heard::new(near, Some(PATIENCE));
        let reading = tokio::spawn(async move {
            for _ in 0..8 {
                tokio::time::sleep(PATIENCE / 4).await;
                far.read_exact(&mut [0; 8]).await.unwrap();
            }
            far
        });
        let begun = Instant::now();
        near.write_all(&[7; 64]).await.unwrap();
        assert!(begun.elapsed() > PATIENCE, "it took longer than anybody waits for a byte");
        let far = reading.await.unwrap();
        let error = near.write_all(&[7; 64]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(far);
    }

    #[tokio::test]
    async fn one_without_a_bound_is_waited_for() {
        let (near, mut far) = duplex(8);
        let mut near = Heard::new(near, None);
        let writing = tokio::spawn(async move { near.write_all(&[7; 64]).await });
        tokio::time::sleep(2 * PATIENCE).await;
        far.read_exact(&mut [0; 64]).await.unwrap();
        assert!(writing.await.unwrap().is_ok());
    }
}
