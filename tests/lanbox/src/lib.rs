//! `lanbox`: a LAN, or one Wi-Fi channel, in user space, for kernels without `tc netem` and for
//! runs that must repeat.
//!
//! It owns a switch between TAP devices, each in its own network namespace, and the rules by which
//! a frame is delayed, lost, repeated or refused between them. It needs Linux, root and
//! `iproute2`; partitions and blocked protocols are decided in the switch, so no packet filter is
//! involved. It never touches a network that it did not make.
//!
//! * [`medium`] is the model: frames and times in, deliveries out; no clock, no sockets.
//! * [`switch`] runs one medium on real devices, [`netns`] and [`tap`] make these.
//! * [`lan`] is what tests use:
//!
//! ```no_run
//! # fn main() -> Result<(), lanbox::Error> {
//! use lanbox::Lan;
//!
//! let lan = Lan::builder().hosts(3).rate_up_mbit(20.0).delay_ms(2.0).start()?;
//! let mut alice = lan.command(0, "my-node").arg("--listen").spawn()?;
//! lan.partition(&[&[0, 1], &[2]])?;
//! lan.heal()?;
//! alice.wait()?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

pub mod bubble;
pub mod config;
mod error;
pub mod frame;
pub mod lan;
pub mod medium;
pub mod netns;
pub mod policy;
pub mod rng;
pub mod stats;
pub mod switch;
pub mod tap;

pub use config::{Channel, Config, Link, Rate};
pub use error::Error;
pub use lan::{Lan, LanBuilder};
pub use policy::Change;
pub use stats::Stats;
