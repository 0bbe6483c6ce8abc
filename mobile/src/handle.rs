//! The way into Kotlin and Swift.

use std::fmt;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tauri::ipc::{Channel, InvokeResponseBody};
use tauri::plugin::mobile::PluginInvokeError;
use tauri::plugin::{PluginApi, PluginHandle};
use tauri::{Runtime, plugin};

use crate::contract::{Command, EVENTS};
use crate::error::BridgeError;
use crate::phone::{Listener, Native};

/// The package of the Kotlin plugin.
#[cfg(target_os = "android")]
const PACKAGE: &str = "app.afterglow.mobile";
/// The class of the Kotlin plugin.
#[cfg(target_os = "android")]
const CLASS: &str = "AfterglowPlugin";

#[cfg(target_os = "ios")]
tauri::ios_plugin_binding!(init_plugin_afterglow);

/// Starts the phone's side of the plugin.
pub(crate) fn register<R: Runtime, C: DeserializeOwned>(
    api: PluginApi<R, C>,
) -> Result<Handle<R>, plugin::mobile::PluginInvokeError> {
    #[cfg(target_os = "android")]
    let handle = api.register_android_plugin(PACKAGE, CLASS)?;
    #[cfg(target_os = "ios")]
    let handle = api.register_ios_plugin(init_plugin_afterglow)?;
    Ok(Handle(handle))
}

pub(crate) struct Handle<R: Runtime>(PluginHandle<R>);

impl<R: Runtime> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle")
    }
}

#[async_trait]
impl<R: Runtime> Native for Handle<R> {
    async fn run(
        &self,
        command: Command,
        mut request: Value,
        listener: Option<Listener>,
    ) -> Result<Value, BridgeError> {
        if let Some(listener) = listener {
            let channel: Channel<Value> = Channel::new(move |body| {
                match body {
                    InvokeResponseBody::Json(text) => listener(serde_json::from_str(&text)?),
                    InvokeResponseBody::Raw(_) => tracing::warn!("the system told bytes, which nobody asked for"),
                }
                Ok(())
            });
            request[EVENTS] = json!(channel);
        }
        self.0.run_mobile_plugin_async(command.name(), request).await.map_err(|error| refused(command, error))
    }
}

fn refused(command: Command, error: PluginInvokeError) -> BridgeError {
    match error {
        PluginInvokeError::InvokeRejected(answer) => {
            BridgeError::Refused { code: answer.code, message: answer.message.unwrap_or_default() }
        }
        PluginInvokeError::CannotDeserializeResponse(source) | PluginInvokeError::CannotSerializePayload(source) => {
            BridgeError::NotUnderstood { command: command.name(), source }
        }
        other => BridgeError::Refused { code: None, message: other.to_string() },
    }
}
