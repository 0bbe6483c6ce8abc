//! A command's side of the control socket.

use std::io;
use std::path::Path;

use glow_api::{ApiError, ErrorCode};
use serde_json::Value;
use tokio::io::BufReader;
use tokio::net::UnixStream;

use super::{Ask, Step, Tell, socket};

/// A connection to the node that runs on a data directory.
pub(crate) struct Remote(BufReader<UnixStream>);

impl Remote {
    /// Connects, if a node runs.
    pub(crate) async fn connect(data_dir: &Path) -> Option<Self> {
        let place = socket::place(data_dir).ok()?;
        let stream = UnixStream::connect(&place.path).await.ok()?;
        Some(Self(BufReader::new(stream)))
    }

    /// Asks, and hears the steps until the end.
    pub(crate) async fn ask(&mut self, ask: &Ask, on_step: &mut (dyn FnMut(Step) + Send)) -> Result<Value, ApiError> {
        socket::write(&mut self.0, ask).await.map_err(|error| broken(&error))?;
        loop {
            match socket::read(&mut self.0).await.map_err(|error| broken(&error))? {
                Some(Tell::Step { step }) => on_step(step),
                Some(Tell::Done { value }) => return Ok(value),
                Some(Tell::Failed { error }) => return Err(error),
                None => return Err(ended()),
            }
        }
    }
}

fn broken(error: &io::Error) -> ApiError {
    ApiError::new(ErrorCode::Internal, format!("The running node could not be asked: {error}. Start it again."))
}

fn ended() -> ApiError {
    ApiError::new(ErrorCode::ShuttingDown, "The running node ended before it answered. Try again.")
}
