//! The emulator on real namespaces, against its own formulas. Needs root; says so when it has none.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use lanbox::{Error, Lan, LanBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const LANBOX: &str = env!("CARGO_BIN_EXE_lanbox");
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 77, 0, 1);
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

/// The TCP payload of a full segment and what it occupies on the wire, with time stamps.
const SEGMENT_BYTES: f64 = 1448.0;
const SEGMENT_WIRE_BYTES: f64 = 1538.0;

/// Whether a LAN can be made; says why the test is skipped otherwise.
fn is_available() -> bool {
    let available = Lan::available();
    if let Err(reason) = &available {
        eprintln!("SKIPPED: the emulated LAN {reason}");
    }
    available.is_ok()
}

fn start(builder: LanBuilder) -> Option<Lan> {
    is_available().then(|| builder.start().unwrap())
}

/// A probe running on a host, and what it prints.
struct Running {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(lan: &Lan, host: usize, arguments: &[&str]) -> Self {
        let mut command = lan.command(host, LANBOX);
        let mut child = command.arg("probe").args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Starts a server and waits until it listens.
    fn serve(lan: &Lan, host: usize, arguments: &[&str]) -> Self {
        let mut running = Self::start(lan, host, arguments);
        assert_eq!(running.line(), "ready");
        running
    }

    fn line(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }

    /// The result, once it has ended.
    fn result(mut self) -> Value {
        let result = self.line();
        assert!(self.child.wait().unwrap().success());
        result
    }
}

fn at(lan: &Lan, host: usize) -> String {
    format!("{}:7000", lan.address(host))
}

fn echo(lan: &Lan, host: usize) -> Running {
    Running::serve(lan, host, &["echo", &at(lan, host)])
}

/// How many of five pings come back.
fn reaches(lan: &Lan, from: usize, to: usize) -> u64 {
    let ping = ["ping", &at(lan, to), "--count", "5", "--wait-ms", "200"];
    Running::start(lan, from, &ping).result()["received"].as_u64().unwrap()
}

/// Whether an outage is over: address resolution may need a second or more to notice.
fn recovers(lan: &Lan, from: usize, to: usize) -> bool {
    let ping = ["ping", &at(lan, to), "--count", "1", "--wait-ms", "500"];
    (0..20).any(|_| Running::start(lan, from, &ping).result()["received"] == 1)
}

fn goodput_mbit(lan: &Lan, from: usize, to: usize, bytes: u64) -> f64 {
    let sink = Running::serve(lan, to, &["sink", &at(lan, to)]);
    Running::start(lan, from, &["source", &at(lan, to), "--bytes", &bytes.to_string()]).result();
    sink.result()["mbit"].as_f64().unwrap()
}

/// How many datagrams of a flood each of `to` receives.
fn flood(lan: &Lan, from: usize, group: Option<Ipv4Addr>, to: &[usize], count: u64) -> Vec<u64> {
    let group_text = group.map(|group| group.to_string());
    let counters: Vec<Running> = to
        .iter()
        .map(|&host| {
            let own = at(lan, host);
            let mut arguments = vec!["count", &own];
            arguments.extend(group_text.iter().flat_map(|group| ["--group", group.as_str()]));
            Running::serve(lan, host, &arguments)
        })
        .collect();
    let target = group.map_or_else(|| at(lan, to[0]), |group| format!("{group}:7000"));
    let own = lan.address(from).to_string();
    let sent = Running::start(lan, from, &["flood", &own, &target, "--count", &count.to_string()]);
    assert_eq!(sent.result()["sent"], count);
    counters.into_iter().map(|counter| counter.result()["received"].as_u64().unwrap()).collect()
}

fn assert_near(measured: f64, expected: f64, tolerance: f64, what: &str) {
    let ratio = measured / expected;
    println!("{what}: {measured:.2}, formula {expected:.2}, ratio {ratio:.3}");
    assert!((ratio - 1.0).abs() <= tolerance, "{what}: {measured} is not within {tolerance} of {expected}");
}

#[test]
fn round_trip_is_twice_the_delay() {
    let Some(lan) = start(Lan::builder().delay_ms(20.0)) else {
        return;
    };
    let _echo = echo(&lan, BOB);
    let result = Running::start(&lan, ALICE, &["ping", &at(&lan, BOB), "--count", "20"]).result();
    assert_eq!(result["received"], 20);
    let least_us = result["min_us"].as_f64().unwrap();
    assert!(least_us >= 40_000.0, "never before the delay: {least_us}");
    assert_near(least_us, 40_000.0, 0.05, "least round trip in us");
}

#[test]
fn tcp_carries_the_rate() {
    let Some(lan) = start(Lan::builder().rate_up_mbit(20.0).delay_ms(2.0)) else {
        return;
    };
    let expected = 20.0 * SEGMENT_BYTES / SEGMENT_WIRE_BYTES;
    assert_near(goodput_mbit(&lan, ALICE, BOB, 6_000_000), expected, 0.1, "goodput in Mbit/s");
    println!("with {}", lan.congestion_control().unwrap());
}

#[test]
fn loss_is_as_asked() {
    let Some(lan) = start(Lan::builder().loss(0.1).seed(7)) else {
        return;
    };
    let received = flood(&lan, ALICE, None, &[BOB], 3_000)[0];
    let deviation = (3_000.0 * 0.1 * 0.9_f64).sqrt();
    let lost = 3_000.0 - received as f64;
    println!("{lost} of 3000 lost at 10 %");
    assert!((lost - 300.0).abs() <= 5.0 * deviation, "{lost} of 3000 lost at 10 %");
}

#[test]
fn loss_can_change_and_can_be_one_way() {
    let Some(lan) = start(Lan::builder()) else {
        return;
    };
    let _echo = echo(&lan, BOB);
    assert_eq!(reaches(&lan, ALICE, BOB), 5);
    lan.set_loss(Some(BOB), 1.0).unwrap();
    assert_eq!(reaches(&lan, ALICE, BOB), 0);
    let before = lan.stats().unwrap();
    assert_eq!(before.hosts[ALICE].loss_drops, 0, "the other way is whole");
    lan.set_loss(None, 0.0).unwrap();
    assert!(recovers(&lan, ALICE, BOB));
}

#[test]
fn shared_channel_halves_what_goes_between_stations() {
    let channel = Lan::builder().hosts(3).shared_mbit(40.0).access_point(ALICE).delay_ms(1.0);
    let Some(lan) = start(channel) else { return };
    let to_station = goodput_mbit(&lan, ALICE, BOB, 6_000_000);
    let between_stations = goodput_mbit(&lan, BOB, CAROL, 4_000_000);
    assert_near(between_stations, to_station / 2.0, 0.1, "goodput between stations in Mbit/s");
    let share = SEGMENT_BYTES / SEGMENT_WIRE_BYTES;
    assert_near(to_station, 40.0 * share, 0.15, "goodput from the access point in Mbit/s");
}

#[test]
fn multicast_reaches_all_unless_blocked() {
    let Some(lan) = start(Lan::builder().hosts(4)) else {
        return;
    };
    assert_eq!(flood(&lan, ALICE, Some(GROUP), &[1, 2, 3], 50), [50, 50, 50]);
    assert!(lan.stats().unwrap().multicast_copies >= 150);
    lan.block_multicast(true).unwrap();
    let _echo = echo(&lan, BOB);
    assert_eq!(reaches(&lan, ALICE, BOB), 5, "ARP and unicast pass");
    let before = lan.stats().unwrap().blocked;
    let own = lan.address(ALICE).to_string();
    let group = format!("{GROUP}:7000");
    Running::start(&lan, ALICE, &["flood", &own, &group, "--count", "50"]).result();
    // Answered after everything that was sent before it.
    assert_eq!(reaches(&lan, ALICE, BOB), 5);
    assert!(lan.stats().unwrap().blocked >= before + 150, "50 frames to three hosts");
}

#[test]
fn partition_separates_and_heal_joins() {
    let Some(lan) = start(Lan::builder().hosts(3)) else {
        return;
    };
    let _echoes = [echo(&lan, BOB), echo(&lan, CAROL)];
    assert_eq!([reaches(&lan, ALICE, BOB), reaches(&lan, ALICE, CAROL)], [5, 5]);
    lan.partition(&[&[ALICE, BOB], &[CAROL]]).unwrap();
    assert_eq!([reaches(&lan, ALICE, BOB), reaches(&lan, ALICE, CAROL)], [5, 0]);
    lan.heal().unwrap();
    assert!(recovers(&lan, ALICE, CAROL));
    assert!(matches!(lan.partition(&[&[ALICE], &[ALICE]]), Err(Error::Change(_))));
    lan.isolate(true).unwrap();
    assert_eq!(reaches(&lan, ALICE, BOB), 0, "client isolation");
}

#[test]
fn blocked_udp_lets_tcp_pass() {
    let Some(lan) = start(Lan::builder()) else {
        return;
    };
    let _echo = echo(&lan, BOB);
    lan.block_udp(true).unwrap();
    assert_eq!(reaches(&lan, ALICE, BOB), 0);
    assert!(goodput_mbit(&lan, ALICE, BOB, 1_000_000) > 0.0);
    lan.block_udp(false).unwrap();
    assert_eq!(reaches(&lan, ALICE, BOB), 5, "ARP was never blocked");
}

#[test]
fn a_host_goes_down_and_comes_back() {
    let Some(lan) = start(Lan::builder()) else {
        return;
    };
    let _echo = echo(&lan, BOB);
    for go in [Lan::host_down, |lan: &Lan, host| lan.set_link(host, false)] {
        go(&lan, BOB).unwrap();
        assert_eq!(reaches(&lan, ALICE, BOB), 0);
        lan.host_up(BOB).unwrap();
        lan.set_link(BOB, true).unwrap();
        assert!(recovers(&lan, ALICE, BOB));
    }
}

#[test]
fn all_of_a_crowd_reach_each_other() {
    let Some(lan) = start(Lan::builder().hosts(64)) else { return };
    for from in 0..lan.hosts() {
        let speak = || {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
            (0..lan.hosts()).try_for_each(|to| socket.send_to(b"hello", (lan.address(to), 7001)).map(|_| ()))
        };
        lan.namespace(from).unwrap().within(speak).unwrap();
    }
    let _echo = echo(&lan, 63);
    assert_eq!(reaches(&lan, 0, 63), 5);
}

#[test]
fn dropping_leaves_nothing() {
    let Some(lan) = start(Lan::builder().hosts(3)) else {
        return;
    };
    let mut echo = echo(&lan, BOB);
    let names: Vec<String> = (0..3).map(|host| lan.namespace(host).unwrap().name().to_owned()).collect();
    assert_eq!(lan.namespace(BOB).unwrap().pids().unwrap().len(), 1);
    drop(lan);
    assert_eq!(echo.child.wait().unwrap().signal(), Some(9), "killed, not left");
    for name in names {
        assert!(!std::path::Path::new("/run/netns").join(&name).exists(), "{name}");
    }
}

#[test]
fn the_next_run_removes_what_a_killed_one_left() {
    if !is_available() {
        return;
    }
    let mut command = Command::new(LANBOX);
    let mut up = command.arg("up").stdout(Stdio::piped()).stdin(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(up.stdout.take().unwrap()).lines();
    let ready: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let name = ready["hosts"][0]["namespace"].as_str().unwrap();
    let mut left = Command::new("ip");
    left.args(["netns", "exec", name, LANBOX, "probe", "echo", "127.0.0.1:7000"]);
    let mut left = left.stdout(Stdio::null()).spawn().unwrap();
    up.kill().unwrap();
    up.wait().unwrap();
    assert!(std::path::Path::new("/run/netns").join(name).exists());
    drop(Lan::builder().start().unwrap());
    assert_eq!(left.wait().unwrap().signal(), Some(9), "what it ran is ended");
    assert!(!std::path::Path::new("/run/netns").join(name).exists());
}

#[test]
fn an_ended_bubble_leaves_nothing() {
    if !is_available() {
        return;
    }
    for signal in [Signal::TERM, Signal::KILL] {
        let name = format!("ended{}", std::process::id());
        let mut command = Command::new(LANBOX);
        command.args(["run", "--", LANBOX, "up", "--name", &name]);
        let mut bubble = command.stdout(Stdio::piped()).stdin(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(bubble.stdout.take().unwrap()).lines();
        let ready: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(ready["hosts"][1]["address"], "10.77.0.2");
        let outside = std::path::Path::new("/run/netns").join(format!("{name}-h0"));
        assert!(!outside.exists(), "names stay inside");
        kill_process(Pid::from_child(&bubble), signal).unwrap();
        bubble.wait().unwrap();
        assert!(lines.next().is_none(), "the pipe closes when its last process is gone");
        assert!(!outside.exists());
    }
}

#[test]
fn a_bubble_passes_on_the_exit_code() {
    if !is_available() {
        return;
    }
    let run = |script: &str| Command::new(LANBOX).args(["run", "--", "sh", "-c", script]).status().unwrap();
    assert_eq!(run("exit 7").code(), Some(7));
    assert_eq!(run("kill -9 $$").code(), Some(128 + 9));
}

#[test]
fn orders_on_standard_input_are_answered() {
    if !is_available() {
        return;
    }
    use std::io::Write;
    let mut command = Command::new(LANBOX);
    command.args(["up", "--hosts", "2", "--host", "1:delay=5,loss=1"]);
    let mut up = command.stdout(Stdio::piped()).stdin(Stdio::piped()).spawn().unwrap();
    let mut orders = up.stdin.take().unwrap();
    let mut lines = BufReader::new(up.stdout.take().unwrap()).lines();
    let mut line = || -> Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    assert_eq!(line()["hosts"].as_array().unwrap().len(), 2);
    let mut ask = |order: &str| {
        writeln!(orders, "{order}").unwrap();
        line()
    };
    assert_eq!(ask(r#"{"do":"partition","sets":[[0],[1]]}"#)["ok"], true);
    assert!(ask(r#"{"do":"link","host":9,"up":true}"#)["error"].is_string());
    assert!(ask("nonsense")["error"].is_string());
    assert!(ask(r#"{"do":"stats"}"#)["forwarded"].is_u64());
    kill_process(Pid::from_child(&up), Signal::TERM).unwrap();
    assert!(line()["hosts"].is_array(), "the statistics at exit");
    assert!(up.wait().unwrap().success());
}
