//! The structure of containers: where things stand, by absolute offset. One set of walkers serves probing and blanking,
//! so that what the one sees the other removes.

pub(crate) mod bmff;
pub(crate) mod ebml;
pub(crate) mod gif;
pub(crate) mod heif;
pub(crate) mod jpeg;
pub(crate) mod movie;
pub(crate) mod png;
pub(crate) mod riff;
pub(crate) mod tiff;
