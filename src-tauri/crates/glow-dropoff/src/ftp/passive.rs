//! The connection on which a file itself comes.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

/// A client connects within this once it was told where.
const CONNECTING: Duration = Duration::from_secs(15);
/// Connections that wait to be accepted: one is meant, and a stranger's must not keep it out.
const WAITING: u32 = 8;

/// A port that waits for one client's file.
pub(super) struct Passive {
    listener: TcpListener,
    client: IpAddr,
}

impl Passive {
    /// Listens on a free port of the range, at the address that the client reached.
    pub(super) fn listen(here: IpAddr, client: IpAddr, ports: &RangeInclusive<u16>) -> io::Result<Self> {
        // Not the same port each time: the last file's may be in use still.
        let mut random = [0; 2];
        getrandom::fill(&mut random)?;
        let begin = usize::from(u16::from_ne_bytes(random)) % ports.len().max(1);
        let mut failed = io::ErrorKind::AddrInUse.into();
        for port in ports.clone().cycle().skip(begin).take(ports.len()) {
            match bind(SocketAddr::new(here, port)) {
                Ok(listener) => return Ok(Self { listener, client }),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    pub(super) fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Waits for the client; whoever else connects is turned away.
    pub(super) async fn accept(self) -> io::Result<TcpStream> {
        let accepting = async {
            loop {
                let (stream, from) = self.listener.accept().await?;
                if from.ip().to_canonical() == self.client {
                    return Ok(stream);
                }
                tracing::warn!(from = %from.ip(), "another one connected for a camera's file");
            }
        };
        timeout(CONNECTING, accepting).await?
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}
