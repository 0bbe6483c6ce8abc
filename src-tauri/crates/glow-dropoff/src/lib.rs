//! Where a camera drops off its files: an FTP and a WebDAV server that take uploads and give nothing back.
//!
//! Owns the two protocols, who may use them, and how long a client may take. Never decides what becomes of a file: each goes
//! into the engine's [`Spool`](glow_engine::Spool), which names it, limits it, and answers when it is safe.
//!
//! | asked | answered |
//! |---|---|
//! | `STOR` over FTP, `PUT` over WebDAV | taken; the reply comes when the file is synced on disk |
//! | folders: `CWD`, `MKD`, `MKCOL`, `PROPFIND` | every folder is there and empty: cameras make some, nothing is kept of them |
//! | `RETR`, `GET`, lists | nothing is read back, not even by the one who sent it |
//! | `RNFR` and `RNTO`, `MOVE` | taken for a file that was just sent: some cameras upload under a temporary name |
//! | `DELE`, `DELETE`, `COPY`, `REST`, `APPE` | refused |
//!
//! Both protocols carry the password and the files in the clear, as cameras speak nothing else: the door stays shut unless the
//! owner of the box opens it, and whoever listens on that network sees what the camera sends. A password opens uploads alone.
#![forbid(unsafe_code)]

mod dropoff;
mod ftp;
mod gate;
mod pace;
mod webdav;

pub use dropoff::{Dropoff, DropoffConfig, DropoffError};
pub use gate::new_password;
