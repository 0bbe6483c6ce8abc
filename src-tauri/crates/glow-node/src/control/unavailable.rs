//! Where there are no Unix domain sockets a node cannot be reached by other commands: they say that it is in use.

use std::io;
use std::path::Path;

use glow_api::{ApiError, ErrorCode};
use glow_engine::Engine;
use serde_json::Value;

use super::{Ask, PageUrl, Step};

pub(crate) struct Control;

impl Control {
    pub(crate) fn start(_data_dir: &Path, _engine: Engine, _page_url: PageUrl) -> io::Result<Self> {
        Ok(Self)
    }
}

pub(crate) struct Remote;

impl Remote {
    pub(crate) async fn connect(_data_dir: &Path) -> Option<Self> {
        None
    }

    pub(crate) async fn ask(&mut self, _ask: &Ask, _on_step: &mut (dyn FnMut(Step) + Send)) -> Result<Value, ApiError> {
        Err(ApiError::new(ErrorCode::Internal, "A running node cannot be reached on this system."))
    }
}
