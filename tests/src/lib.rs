//! What the tests that cross crates share: real media made at run time, the comparison of what was posted with what
//! arrived, and real nodes driven by the command that people use.
//!
//! * [`media`] makes photos and clips as cameras make them, once, into the target directory.
//! * [`compare`] tells by itself where a shared copy may differ from its owner's file; it trusts no code of the product.
//! * [`node`] runs `afterglow` on this machine or on a host of an emulated LAN, and reads its JSON.
//! * [`control`] asks a running node without starting a process: for what is measured.
//! * [`check`] is the checker that runs after every fault: same set, same order, no duplicates, bytes, no panic.
//! * [`gathering`] brings real nodes on an emulated LAN into one group.
//! * [`shots`] posts a photo a second and tells when each device shows it.
//! * [`long_album`] gives a group a long past.
//! * [`nginx`] and [`syncthing`] are what people would use instead; [`tool`] is a program of others that runs beside ours.
//! * [`figures`] prints what was measured, for people and for `npm run bench`.
//! * [`poll`] waits for a condition, with a bound.
//!
//! Never: a mock of the product, or traffic beyond loopback and namespaces made here.
#![forbid(unsafe_code)]

pub mod check;
pub mod compare;
pub mod control;
pub mod figures;
pub mod gathering;
pub mod long_album;
pub mod media;
pub mod nginx;
pub mod node;
pub mod poll;
pub mod shots;
pub mod syncthing;
pub mod target;
pub mod tool;
