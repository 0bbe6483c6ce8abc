//! Whole swarms on loopback: they meet, pass the door, gossip, ask each other, and keep strangers out.

#![allow(clippy::unwrap_used)]

mod cast;
mod growing;
mod joining;
mod liveness;
mod mdns;
mod meeting;
mod member;
mod requests;
mod strangers;
