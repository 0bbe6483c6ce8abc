//! Runs a medium on TAP devices: a thread that reads what hosts send, waits for the medium's next
//! event, writes what arrives, and answers requests in between. It decides nothing itself.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use crate::Error;
use crate::medium::Medium;
use crate::policy::{Change, ChangeError};
use crate::stats::Stats;
use crate::tap::{MAX_FRAME_BYTES, Tap};

/// Frames read from one device before the others have their turn.
const BURST: usize = 32;

/// Requests that may wait for the thread.
const MAX_REQUESTS: usize = 16;

/// A running switch. Dropping it ends the thread and, with it, the devices.
#[derive(Debug)]
pub struct Switch {
    requests: SyncSender<Request>,
    wake: Arc<OwnedFd>,
    thread: Mutex<Option<JoinHandle<io::Result<()>>>>,
}

impl Switch {
    /// Starts switching between the devices, device `i` being host `i` of the medium.
    ///
    /// # Errors
    /// The operating system gives no thread or no event.
    pub fn start(taps: Vec<Tap>, medium: Medium) -> io::Result<Self> {
        let (requests, inbox) = sync_channel(MAX_REQUESTS);
        let wake = Arc::new(eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?);
        let shell = Shell { taps, medium, inbox, wake: Arc::clone(&wake), origin: Instant::now() };
        let thread = std::thread::Builder::new().name("lanbox".into()).spawn(|| shell.run())?;
        Ok(Self { requests, wake, thread: Mutex::new(Some(thread)) })
    }

    /// Changes the rules; they are in force when this returns.
    ///
    /// # Errors
    /// The change is not valid, or the switch has ended.
    pub fn apply(&self, change: Change) -> Result<(), Error> {
        self.request(Order::Apply(change)).map(drop)
    }

    /// What was counted so far.
    ///
    /// # Errors
    /// The switch has ended.
    pub fn stats(&self) -> Result<Stats, Error> {
        self.request(Order::Report)
    }

    fn request(&self, order: Order) -> Result<Stats, Error> {
        let (reply, answer) = sync_channel(1);
        self.requests.send(Request { order, reply }).map_err(|_| self.ended())?;
        rustix::io::write(&self.wake, &1u64.to_ne_bytes())?;
        Ok(answer.recv().map_err(|_| self.ended())??)
    }

    /// Why the thread has ended, to the first who asks.
    fn ended(&self) -> Error {
        let thread = self.thread.lock().ok().and_then(|mut thread| thread.take());
        let result = thread.map(JoinHandle::join);
        Error::SwitchEnded(result.and_then(Result::ok).and_then(Result::err))
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        // An error means that the thread has ended already, which is what is wanted.
        let _ = self.request(Order::Stop);
        let _ = self.ended();
    }
}

#[derive(Debug)]
enum Order {
    Apply(Change),
    Report,
    Stop,
}

struct Request {
    order: Order,
    reply: SyncSender<Result<Stats, ChangeError>>,
}

/// What the thread owns.
struct Shell {
    taps: Vec<Tap>,
    medium: Medium,
    inbox: Receiver<Request>,
    wake: Arc<OwnedFd>,
    origin: Instant,
}

impl Shell {
    fn run(mut self) -> io::Result<()> {
        let mut buffer = vec![0; MAX_FRAME_BYTES];
        loop {
            let ready = self.wait()?;
            if ready.is_woken && !self.answer()? {
                return Ok(());
            }
            for host in ready.hosts {
                self.receive(host, &mut buffer)?;
            }
            self.deliver()?;
        }
    }

    /// Sleeps until a host sends, the medium has something to deliver, or a request comes.
    fn wait(&self) -> io::Result<Ready> {
        let ours = PollFd::new(&self.wake, PollFlags::IN);
        let devices = self.taps.iter().map(|tap| PollFd::new(tap, PollFlags::IN));
        let mut files: Vec<PollFd<'_>> = std::iter::once(ours).chain(devices).collect();
        match poll(&mut files, self.until_next_event().as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let is_ready = |file: &PollFd<'_>| !file.revents().is_empty();
        let hosts = files[1..].iter().enumerate().filter(|(_, file)| is_ready(file));
        Ok(Ready { is_woken: is_ready(&files[0]), hosts: hosts.map(|(host, _)| host).collect() })
    }

    fn until_next_event(&self) -> Option<Timespec> {
        let wait_ns = self.medium.next_event_ns()?.saturating_sub(self.now_ns());
        Timespec::try_from(Duration::from_nanos(wait_ns)).ok()
    }

    /// Answers all requests; `false` when asked to stop.
    fn answer(&mut self) -> io::Result<bool> {
        match rustix::io::read(&self.wake, &mut [0; 8]) {
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        while let Ok(Request { order, reply }) = self.inbox.try_recv() {
            let now_ns = self.now_ns();
            let (result, goes_on) = match order {
                Order::Apply(change) => (self.medium.apply(now_ns, &change), true),
                Order::Report => (Ok(()), true),
                Order::Stop => (Ok(()), false),
            };
            // Nobody to answer is no error: the asker has given up.
            let _ = reply.send(result.map(|()| self.medium.stats().clone()));
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn receive(&mut self, host: usize, buffer: &mut [u8]) -> io::Result<()> {
        for _ in 0..BURST {
            let Some(bytes) = self.taps[host].receive(buffer)? else {
                break;
            };
            self.medium.offer(self.now_ns(), host, &buffer[..bytes]);
        }
        Ok(())
    }

    fn deliver(&mut self) -> io::Result<()> {
        let now_ns = self.now_ns();
        while let Some(delivery) = self.medium.poll(now_ns) {
            if !self.taps[delivery.to].send(&delivery.frame)? {
                self.medium.count_refused();
            }
        }
        Ok(())
    }

    fn now_ns(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

struct Ready {
    is_woken: bool,
    hosts: Vec<usize>,
}
