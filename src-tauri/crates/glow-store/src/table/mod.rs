//! Fact tables: what cannot be derived from anything else.

pub(crate) mod blob;
pub(crate) mod capture;
mod cargo;
pub(crate) mod fragment;
pub(crate) mod operation;
pub(crate) mod outbox;
mod peer;
mod quota;
pub(crate) mod setting;
pub(crate) mod state;
