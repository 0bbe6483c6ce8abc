//! FTP, as many cameras speak it: passive mode, uploads only (RFC 959, 2428, 3659).
//!
//! The client says a line at a time on its control connection and is answered with a number; each file comes on a connection
//! of its own. A line is short, who does not log in soon is turned away, and only the client's own address may bring the file.
//!
//! In FTP the end of a file is the end of its connection, so a camera that dies looks like one that is done. Three things tell
//! them apart: a connection that breaks is an error, one whose control connection went at the same time was abandoned, and the
//! spool looks whether the file ends where its own structure says.

mod passive;

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures::{SinkExt, StreamExt};
use glow_api::{ApiError, ErrorCode};
use glow_engine::{Incoming, Spool};
use passive::Passive;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::codec::{AnyDelimiterCodec, AnyDelimiterCodecError, Framed};

use crate::gate::{Gate, MAX_FAILED_LOGINS};
use crate::pace::{Pace, STALLED};

/// Longest line of a client, in bytes: a path and a word before it.
const MAX_LINE_BYTES: usize = 4096;
/// Lines that a client may say ahead while its file comes.
const MAX_LINES_AHEAD: usize = 16;
/// Who has not logged in by then is turned away.
const LOGIN_TIME: Duration = Duration::from_secs(30);
/// A session in which nothing is said for this long is closed.
const IDLE: Duration = Duration::from_secs(60);
/// A client that is gone closes both connections at once; one that is done waits for the answer.
const HANGING_UP: Duration = Duration::from_millis(200);
/// Bytes read at a time.
const PIECE_BYTES: usize = 256 * 1024;

/// What every session needs.
#[derive(Clone)]
pub(crate) struct Server {
    spool: Spool,
    gate: Arc<Gate>,
    passive_ports: RangeInclusive<u16>,
}

impl Server {
    pub(crate) fn new(spool: Spool, gate: Arc<Gate>, passive_ports: RangeInclusive<u16>) -> Self {
        Self { spool, gate, passive_ports }
    }

    /// Serves one client until it goes.
    pub(crate) async fn converse(self, stream: TcpStream, from: IpAddr) {
        let Ok(here) = stream.local_addr() else { return };
        let _ = stream.set_nodelay(true);
        let session = Session {
            server: self,
            control: Control::new(stream),
            here: here.ip().to_canonical(),
            client: from.to_canonical(),
            user: None,
            failed_logins: 0,
            is_in: false,
            folder: "/".to_owned(),
            passive: None,
            renamed: None,
        };
        if let Err(error) = session.serve().await {
            tracing::debug!(%error, "a camera's session");
        }
    }
}

/// The connection on which client and server speak.
struct Control {
    lines: Framed<TcpStream, AnyDelimiterCodec>,
    /// What the client said while its file came.
    ahead: VecDeque<Bytes>,
}

impl Control {
    fn new(stream: TcpStream) -> Self {
        let codec = AnyDelimiterCodec::new_with_max_length(b"\n".to_vec(), b"\r\n".to_vec(), MAX_LINE_BYTES);
        Self { lines: Framed::new(stream, codec), ahead: VecDeque::new() }
    }

    /// The next line, none when the client has gone.
    async fn next(&mut self) -> Result<Option<Bytes>, AnyDelimiterCodecError> {
        match self.ahead.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next().await.transpose(),
        }
    }

    /// Keeps what the client says meanwhile for later; returns when it hangs up, or wants the file given up.
    async fn listen(&mut self) -> Interruption {
        while let Some(Ok(line)) = self.lines.next().await {
            if command(&line).0 == "ABOR" {
                return Interruption::Aborted;
            }
            self.ahead.push_back(line);
            if self.ahead.len() > MAX_LINES_AHEAD {
                break;
            }
        }
        Interruption::HungUp
    }

    async fn say(&mut self, reply: &str) -> io::Result<()> {
        match timeout(IDLE, self.lines.send(reply)).await? {
            Ok(()) => Ok(()),
            Err(AnyDelimiterCodecError::Io(error)) => Err(error),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}

/// What ends an upload before its file does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Interruption {
    Aborted,
    HungUp,
}

/// One client's session.
struct Session {
    server: Server,
    control: Control,
    /// The address that the client reached.
    here: IpAddr,
    client: IpAddr,
    /// The name that was given and waits for its password.
    user: Option<String>,
    failed_logins: usize,
    is_in: bool,
    /// Where the client believes to be: every folder is there.
    folder: String,
    /// Where the next file comes.
    passive: Option<Passive>,
    /// The file whose new name comes next.
    renamed: Option<String>,
}

/// Whether a session goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Next {
    Line,
    End,
}

impl Session {
    async fn serve(mut self) -> io::Result<()> {
        self.control.say("220 Afterglow takes photos and clips here.").await?;
        let deadline = Instant::now() + LOGIN_TIME;
        loop {
            let patience = if self.is_in { IDLE } else { deadline.saturating_duration_since(Instant::now()).min(IDLE) };
            let line = match timeout(patience, self.control.next()).await {
                Ok(Ok(Some(line))) => line,
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(AnyDelimiterCodecError::MaxChunkLengthExceeded)) => {
                    return self.control.say("500 That line is too long").await;
                }
                Ok(Err(AnyDelimiterCodecError::Io(error))) => return Err(error),
                Err(_) => return self.control.say("421 Nothing was said for too long").await,
            };
            let (word, argument) = command(&line);
            if self.answer(&word, &argument).await? == Next::End {
                return Ok(());
            }
        }
    }

    async fn answer(&mut self, word: &str, argument: &str) -> io::Result<Next> {
        let renamed = self.renamed.take();
        let reply = match word {
            "QUIT" | "BYE" => {
                self.control.say("221 Goodbye").await?;
                return Ok(Next::End);
            }
            "USER" => {
                (self.user, self.is_in) = (Some(argument.to_owned()), false);
                "331 And the password?".to_owned()
            }
            "PASS" => return self.log_in(argument).await,
            "NOOP" => "200 Here".to_owned(),
            "SYST" => "215 UNIX Type: L8".to_owned(),
            "FEAT" => "211-Besides what all know:\r\n EPSV\r\n SIZE\r\n UTF8\r\n211 That is all".to_owned(),
            "HELP" => "214 Log in and send photos and clips".to_owned(),
            "OPTS" if argument.to_ascii_uppercase().starts_with("UTF8") => "200 Always".to_owned(),
            "OPTS" => "501 No such option".to_owned(),
            _ if !self.is_in => "530 Log in first".to_owned(),
            "STOR" => return self.store(argument).await.map(|()| Next::Line),
            "LIST" | "NLST" | "MLSD" => return self.list().await.map(|()| Next::Line),
            "PASV" | "EPSV" => self.listen(word, argument),
            "RNFR" if self.server.spool.sent_lately(argument).is_some() => {
                self.renamed = Some(argument.to_owned());
                "350 And its new name?".to_owned()
            }
            "RNTO" => match renamed {
                Some(from) => match self.server.spool.rename(&from, argument).await {
                    Ok(()) => "250 Renamed".to_owned(),
                    Err(error) => refused(&error),
                },
                None => "503 Which one?".to_owned(),
            },
            "SIZE" => match self.server.spool.sent_lately(argument) {
                Some(size_bytes) => format!("213 {size_bytes}"),
                None => "550 Not here".to_owned(),
            },
            "PWD" | "XPWD" => format!("257 {} is where you are", quoted(&self.folder)),
            "CWD" | "XCWD" => self.enter(argument),
            "CDUP" | "XCUP" => self.enter(".."),
            "MKD" | "XMKD" => format!("257 {} is there", quoted(argument)),
            "TYPE" => "200 Bytes are taken as they are".to_owned(),
            "MODE" if argument.eq_ignore_ascii_case("S") => "200 As ever".to_owned(),
            "STRU" if argument.eq_ignore_ascii_case("F") => "200 As ever".to_owned(),
            "MODE" | "STRU" => "504 Not in that way".to_owned(),
            "REST" if argument == "0" => "350 From its beginning".to_owned(),
            "ALLO" | "ACCT" => "202 Not needed".to_owned(),
            "STAT" => "211 Ready".to_owned(),
            "ABOR" => "226 Nothing was on its way".to_owned(),
            "RNFR" | "RETR" | "DELE" | "RMD" | "XRMD" | "MDTM" => {
                "550 Files are taken here, and nothing else".to_owned()
            }
            _ => "502 That is not done here".to_owned(),
        };
        self.control.say(&reply).await?;
        Ok(Next::Line)
    }

    async fn log_in(&mut self, password: &str) -> io::Result<Next> {
        let Some(user) = self.user.take() else {
            self.control.say("503 Who are you?").await?;
            return Ok(Next::Line);
        };
        self.is_in = self.server.gate.admits(&user, password, self.client, Instant::now());
        if self.is_in {
            self.control.say("230 Welcome").await?;
            return Ok(Next::Line);
        }
        self.failed_logins += 1;
        self.control.say("530 That is not the name and the password").await?;
        Ok(if self.failed_logins < MAX_FAILED_LOGINS { Next::Line } else { Next::End })
    }

    /// Opens a port for the next file and says which.
    fn listen(&mut self, word: &str, argument: &str) -> String {
        self.passive = None;
        if argument.eq_ignore_ascii_case("ALL") {
            return "200 No other way is known here".to_owned();
        }
        let opened = Passive::listen(self.here, self.client, &self.server.passive_ports)
            .and_then(|passive| Ok((passive.port()?, passive)));
        let (port, passive) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                tracing::warn!(%error, "no port for a camera's file");
                return "425 No port is free".to_owned();
            }
        };
        let reply = match (word, self.here) {
            ("PASV", IpAddr::V4(ip)) => {
                let [a, b, c, d] = ip.octets();
                format!("227 Entering Passive Mode ({a},{b},{c},{d},{},{})", port >> 8, port & 0xff)
            }
            ("PASV", IpAddr::V6(_)) => return "425 Ask with EPSV".to_owned(),
            _ => format!("229 Entering Extended Passive Mode (|||{port}|)"),
        };
        self.passive = Some(passive);
        reply
    }

    fn enter(&mut self, folder: &str) -> String {
        let mut parts: Vec<&str> = if folder.starts_with('/') { Vec::new() } else { parts(&self.folder).collect() };
        for part in self::parts(folder) {
            match part {
                "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        let folder = format!("/{}", parts.join("/"));
        if folder.len() > MAX_LINE_BYTES {
            return "550 That is too deep".to_owned();
        }
        self.folder = folder;
        "250 There you are".to_owned()
    }

    /// A list of nothing.
    async fn list(&mut self) -> io::Result<()> {
        let Some(passive) = self.passive.take() else { return self.control.say(NO_PORT).await };
        self.control.say("150 Here it comes").await?;
        let reply = match passive.accept().await {
            Ok(_) => "226 That is all",
            Err(_) => NO_CONNECTION,
        };
        self.control.say(reply).await
    }

    /// Takes a file.
    async fn store(&mut self, name: &str) -> io::Result<()> {
        let Some(passive) = self.passive.take() else { return self.control.say(NO_PORT).await };
        let incoming = match self.server.spool.begin(name, None).await {
            Ok(incoming) => incoming,
            Err(error) => return self.control.say(&refused(&error)).await,
        };
        self.control.say("150 Ready for the file").await?;
        let taken = {
            let mut coming = pin!(receive(passive, incoming));
            tokio::select! {
                taken = &mut coming => taken,
                interruption = self.control.listen() => Err(interruption.into()),
            }
        };
        let whole = match taken {
            Ok(incoming) => match timeout(HANGING_UP, self.control.listen()).await {
                Ok(interruption) => Err(interruption.into()),
                Err(_) => Ok(incoming),
            },
            Err(error) => Err(error),
        };
        let reply = match whole {
            Ok(incoming) => match incoming.finish().await {
                Ok(()) => "226 The file is safe".to_owned(),
                Err(error) => refused(&error),
            },
            Err(Broken::Refused(error)) => {
                self.server.spool.report_failure(name, error.clone());
                refused(&error)
            }
            Err(Broken::Connecting) => NO_CONNECTION.to_owned(),
            Err(Broken::Off(error)) => {
                tracing::debug!(%error, name, "an upload broke off");
                self.server.spool.report_failure(name, hung_up());
                "426 The upload broke off".to_owned()
            }
        };
        self.control.say(&reply).await
    }
}

const NO_PORT: &str = "425 Ask for a port first";
const NO_CONNECTION: &str = "425 Nobody connected";

/// Why a file did not come.
enum Broken {
    /// Its connection was never made.
    Connecting,
    /// It was broken off.
    Off(io::Error),
    /// The spool does not take it.
    Refused(ApiError),
}

impl From<Interruption> for Broken {
    fn from(interruption: Interruption) -> Self {
        Self::Off(match interruption {
            Interruption::Aborted => io::Error::other("the camera gave it up"),
            Interruption::HungUp => io::ErrorKind::ConnectionAborted.into(),
        })
    }
}

/// Writes what comes into the spool until its connection ends.
async fn receive(passive: Passive, mut incoming: Incoming) -> Result<Incoming, Broken> {
    let mut input = passive.accept().await.map_err(|_| Broken::Connecting)?;
    let pace = Pace::start(Instant::now());
    let mut piece = BytesMut::with_capacity(PIECE_BYTES);
    while read(&mut input, &mut piece).await.map_err(Broken::Off)? > 0 {
        incoming.write(piece.split().freeze()).await.map_err(Broken::Refused)?;
        if pace.is_crawling(incoming.size_bytes(), Instant::now()) {
            return Err(Broken::Off(io::ErrorKind::TimedOut.into()));
        }
    }
    Ok(incoming)
}

async fn read(input: &mut (impl AsyncRead + Unpin), piece: &mut BytesMut) -> io::Result<usize> {
    piece.reserve(PIECE_BYTES);
    timeout(STALLED, input.read_buf(piece)).await?
}

/// A line's word, in capitals, and what stands behind it.
fn command(line: &[u8]) -> (String, String) {
    let line = String::from_utf8_lossy(line);
    // An `ABOR` may follow bytes with which telnet gets attention.
    let line = line.trim_end_matches('\r').trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let (word, argument) = line.split_once(' ').unwrap_or((line, ""));
    (word.to_ascii_uppercase(), argument.to_owned())
}

fn parts(folder: &str) -> impl Iterator<Item = &str> {
    folder.split('/').filter(|part| !part.is_empty())
}

/// A path as RFC 959 writes it in a reply.
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('"', "\"\""))
}

fn hung_up() -> ApiError {
    ApiError::new(ErrorCode::DamagedFile, "the camera broke the upload off: send the file again")
}

/// What a client is told; a temporary failure makes most of them send the file again.
fn refused(error: &ApiError) -> String {
    let number = match error.code {
        ErrorCode::DiskFull => 452,
        ErrorCode::FileTooLarge => 552,
        ErrorCode::NotHere | ErrorCode::NotAllowed | ErrorCode::GroupEnded | ErrorCode::RemovedFromGroup => 550,
        _ => 451,
    };
    format!("{number} {}", error.message.replace(['\r', '\n'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_word_and_the_rest() {
        let told = |line: &[u8]| command(line);
        assert_eq!(told(b"stor my photo.jpg\r"), ("STOR".into(), "my photo.jpg".into()));
        assert_eq!(told(b"NOOP"), ("NOOP".into(), String::new()));
        assert_eq!(told(b"\xff\xf4\xff\xf2ABOR\r"), ("ABOR".into(), String::new()), "telnet's attention");
        assert_eq!(told(b"STOR F\xfc\xdfe.jpg\r").1, "F\u{fffd}\u{fffd}e.jpg");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
