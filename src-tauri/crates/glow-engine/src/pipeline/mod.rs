//! The way of a moment: ingest, author (in the group's actor), accept, announce, fetch; and what repairs it.

pub(crate) mod accept;
pub(crate) mod announce;
pub(crate) mod cargo;
pub(crate) mod clip;
pub(crate) mod clock;
pub(crate) mod describe;
pub(crate) mod fetch;
pub(crate) mod guest;
pub(crate) mod ingest;
pub(crate) mod look;
pub(crate) mod policy;
pub(crate) mod quota;
pub(crate) mod reconcile;
pub(crate) mod repairs;
pub(crate) mod seal;
pub(crate) mod serve;
pub(crate) mod states;
