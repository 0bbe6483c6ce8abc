//! What the page can ask: a request of the contract, and where media and uploads go.

use std::sync::Arc;

use glow_api::{ApiError, Caller, ErrorCode, Reply, Request, SystemReply, SystemRequest};
use serde_json::Value;
use tauri::State;
use tauri_plugin_afterglow::Bridge;

use crate::phone;
use crate::shell::Shell;
use crate::system::System;

/// Answers one request of the contract.
#[tauri::command]
pub(crate) async fn call(
    shell: State<'_, Shell>,
    bridge: State<'_, Bridge>,
    request: Value,
) -> Result<Reply, ApiError> {
    let request = serde_json::from_value::<Request>(request)
        .map_err(|error| ApiError::new(ErrorCode::BadRequest, format!("The request is not understood: {error}.")))?;
    phone::before(bridge.0.as_ref(), &request).await;
    shell.engine.call(Caller::Owner, request).await
}

/// Answers one request about this machine.
#[tauri::command]
pub(crate) async fn system(system: State<'_, Arc<System>>, request: Value) -> Result<SystemReply, ApiError> {
    let request = serde_json::from_value::<SystemRequest>(request)
        .map_err(|error| ApiError::new(ErrorCode::BadRequest, format!("The request is not understood: {error}.")))?;
    system.answer(request).await
}

/// The base address of media and uploads, on loopback; good as long as the app runs.
#[tauri::command]
pub(crate) fn media_base(shell: State<'_, Shell>) -> String {
    shell.media_base.clone()
}
