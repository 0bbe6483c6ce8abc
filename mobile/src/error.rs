//! Why something that was asked of the system did not happen.

/// Why something that was asked of the system did not happen.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// The system refused, or the person did.
    #[error("the system refused: {message}")]
    Refused {
        /// A code by which refusals are told apart, when there is one.
        code: Option<String>,
        /// What the system said.
        message: String,
    },
    /// What the system answered is not what was agreed on.
    #[error("the system's answer to {command} is not understood")]
    NotUnderstood {
        /// What had been asked.
        command: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// There is no such place on this device.
    #[error("this system has no folder of pictures")]
    NoPictures,
    /// A file could not be read or written.
    #[error("a file could not be kept")]
    Io(#[from] std::io::Error),
}
