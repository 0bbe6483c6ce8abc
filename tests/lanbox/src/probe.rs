//! Traffic for checking the emulator by itself. Each probe prints lines: servers `"ready"` first,
//! everybody one JSON object with the result last.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes written to or read from TCP at a time.
const CHUNK_BYTES: usize = 64 * 1024;

#[derive(Subcommand)]
pub(crate) enum Probe {
    /// Send every datagram back, until killed.
    Echo {
        /// Own address and port.
        at: SocketAddrV4,
    },
    /// Round trips to an echo: prints how many came back, the least and the median in microseconds.
    Ping {
        /// The echo's address and port.
        to: SocketAddrV4,
        /// How many, one after the other.
        #[arg(long, default_value_t = 10)]
        count: usize,
        /// How long an answer may take, in milliseconds.
        #[arg(long, default_value_t = 1000)]
        wait_ms: u64,
    },
    /// Accept one TCP connection and read it: prints bytes, seconds and Mbit/s.
    Sink {
        /// Own address and port.
        at: SocketAddrV4,
    },
    /// Connect by TCP and send: prints bytes.
    Source {
        /// The sink's address and port.
        to: SocketAddrV4,
        /// How much, in bytes; otherwise by time.
        #[arg(long)]
        bytes: Option<u64>,
        /// How long, if not by bytes.
        #[arg(long, default_value_t = 3.0)]
        seconds: f64,
    },
    /// Count datagrams until none came for a while: prints how many.
    Count {
        /// Own address and port.
        at: SocketAddrV4,
        /// A multicast group to listen to as well.
        #[arg(long)]
        group: Option<Ipv4Addr>,
        /// How long a pause ends it once something came, in milliseconds.
        #[arg(long, default_value_t = 500)]
        idle_ms: u64,
    },
    /// Send datagrams: prints how many.
    Flood {
        /// Own address.
        from: Ipv4Addr,
        /// Address, or group, and port of the counter.
        to: SocketAddrV4,
        /// How many.
        #[arg(long, default_value_t = 1000)]
        count: usize,
        /// Payload, in bytes.
        #[arg(long, default_value_t = 100)]
        size: usize,
        /// Pause between two, in microseconds.
        #[arg(long, default_value_t = 100)]
        gap_us: u64,
    },
}

impl Probe {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Echo { at } => echo(at),
            Self::Ping { to, count, wait_ms } => ping(to, count, Duration::from_millis(wait_ms)),
            Self::Sink { at } => sink(at),
            Self::Source { to, bytes, seconds } => source(to, bytes, seconds),
            Self::Count { at, group, idle_ms } => count(at, group, Duration::from_millis(idle_ms)),
            Self::Flood { from, to, count, size, gap_us } => flood(from, to, count, size, gap_us),
        }
    }
}

fn echo(at: SocketAddrV4) -> Result<()> {
    let socket = UdpSocket::bind(at)?;
    println!("\"ready\"");
    let mut datagram = [0; 2048];
    loop {
        let (bytes, from) = socket.recv_from(&mut datagram)?;
        socket.send_to(&datagram[..bytes], from)?;
    }
}

fn ping(to: SocketAddrV4, count: usize, wait: Duration) -> Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect(to)?;
    socket.set_read_timeout(Some(wait))?;
    let mut round_trips_us = vec![];
    for number in 0..count as u64 {
        round_trips_us.extend(round_trip_us(&socket, number)?);
    }
    round_trips_us.sort_unstable();
    println!(
        "{}",
        json!({
            "sent": count,
            "received": round_trips_us.len(),
            "min_us": round_trips_us.first(),
            "median_us": round_trips_us.get(round_trips_us.len() / 2),
        })
    );
    Ok(())
}

/// One round trip; `None` if nothing came back in time. Answers to earlier numbers are passed over.
fn round_trip_us(socket: &UdpSocket, number: u64) -> Result<Option<u64>> {
    let started = Instant::now();
    // A host that is cut off may be told so at once, which counts as no answer.
    if socket.send(&number.to_be_bytes()).is_err() {
        return Ok(None);
    }
    let mut answer = [0; 8];
    loop {
        match socket.recv(&mut answer) {
            Ok(_) if u64::from_be_bytes(answer) == number => break,
            Ok(_) => {}
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(u64::try_from(started.elapsed().as_micros())?))
}

fn sink(at: SocketAddrV4) -> Result<()> {
    let listener = TcpListener::bind(at)?;
    println!("\"ready\"");
    let (mut stream, _) = listener.accept()?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut total = stream.read(&mut chunk)?;
    let (started, first) = (Instant::now(), total);
    loop {
        match stream.read(&mut chunk)? {
            0 => break,
            bytes => total += bytes,
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    // The clock starts with the first bytes in hand: they took none of the time.
    let mbit = f64::from(u32::try_from((total - first) / 1000)?) * 8.0 / 1000.0 / seconds;
    println!("{}", json!({ "bytes": total, "seconds": seconds, "mbit": mbit }));
    Ok(())
}

fn source(to: SocketAddrV4, bytes: Option<u64>, seconds: f64) -> Result<()> {
    let mut stream = TcpStream::connect_timeout(&to.into(), PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (chunk, started, mut sent) = (vec![0x5A; CHUNK_BYTES], Instant::now(), 0u64);
    let limit = Duration::from_secs_f64(seconds);
    loop {
        let left = match bytes {
            Some(bytes) => usize::try_from(bytes - sent)?.min(CHUNK_BYTES),
            None if started.elapsed() < limit => CHUNK_BYTES,
            None => 0,
        };
        if left == 0 {
            break;
        }
        stream.write_all(&chunk[..left])?;
        sent += left as u64;
    }
    println!("{}", json!({ "bytes": sent }));
    Ok(())
}

fn count(at: SocketAddrV4, group: Option<Ipv4Addr>, idle: Duration) -> Result<()> {
    let port = at.port();
    let own = if group.is_some() { Ipv4Addr::UNSPECIFIED } else { *at.ip() };
    let socket = UdpSocket::bind((own, port))?;
    if let Some(group) = group {
        socket.join_multicast_v4(&group, at.ip()).context("cannot join the group")?;
    }
    println!("\"ready\"");
    let (mut datagram, mut received) = ([0; 2048], 0u64);
    socket.set_read_timeout(Some(PATIENCE))?;
    loop {
        match socket.recv(&mut datagram) {
            Ok(_) => received += 1,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                break;
            }
            Err(error) => return Err(error.into()),
        }
        if received == 1 {
            socket.set_read_timeout(Some(idle))?;
        }
    }
    println!("{}", json!({ "received": received }));
    Ok(())
}

fn flood(from: Ipv4Addr, to: SocketAddrV4, count: usize, size: usize, gap_us: u64) -> Result<()> {
    // Bound to its address, the socket sends to a group through that address's interface.
    let socket = UdpSocket::bind((IpAddr::from(from), 0))?;
    let datagram = vec![0; size];
    for _ in 0..count {
        socket.send_to(&datagram, to)?;
        std::thread::sleep(Duration::from_micros(gap_us));
    }
    println!("{}", json!({ "sent": count }));
    Ok(())
}
