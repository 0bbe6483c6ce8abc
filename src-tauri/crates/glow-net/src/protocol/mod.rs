//! What goes over a stream: frames, and requests with their answers.

pub(crate) mod frames;
mod requests;

pub use requests::{AnswerSink, Answers};
pub(crate) use requests::{Way, ask, take_request};
