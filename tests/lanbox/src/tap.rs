//! TAP devices: an Ethernet interface on one side, a file of frames on the other.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use tappers::Interface;

use crate::netns::Namespace;

/// The largest frame read from a device: the largest IP packet and an Ethernet header.
pub const MAX_FRAME_BYTES: usize = 65_535 + 14;

/// A TAP device. It disappears when this is dropped.
pub struct Tap(tappers::linux::Tap);

impl Tap {
    /// Makes a device of this name inside a namespace; it is down and without an address.
    ///
    /// # Errors
    /// The operating system refuses: no root, no `/dev/net/tun`, the name is taken.
    pub fn open(namespace: &Namespace, name: &str) -> io::Result<Self> {
        let name = Interface::new(name)?;
        let tap = namespace.within(|| tappers::linux::Tap::create_named(name))?;
        fcntl_setfl(&tap, fcntl_getfl(&tap)? | OFlags::NONBLOCK)?;
        Ok(Self(tap))
    }

    /// Reads the next frame into `buffer` and returns its length; `None` if there is none.
    pub(crate) fn receive(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        match rustix::io::read(&self.0, buffer) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Hands a frame to the interface; `false` if it did not take it because it is down.
    pub(crate) fn send(&self, frame: &[u8]) -> io::Result<bool> {
        match rustix::io::write(&self.0, frame) {
            Ok(_) => Ok(true),
            Err(Errno::IO | Errno::AGAIN | Errno::INVAL | Errno::NOBUFS) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }
}

impl AsFd for Tap {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Tap").field(&self.0.as_fd()).finish()
    }
}
