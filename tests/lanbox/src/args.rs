//! A network as options on the command line.

use anyhow::{Context, Result, bail};
use clap::Args;
use lanbox::config::ns_from_ms;
use lanbox::{Lan, LanBuilder, Link, Rate};

/// A network; rates are Mbit/s on the wire, 0 is unlimited.
#[derive(Args)]
pub(crate) struct Network {
    /// Namespaces are called NAME-h0, NAME-h1, ...; unique names by default.
    #[arg(long)]
    name: Option<String>,
    /// Number of hosts, 10.77.0.1 and on.
    #[arg(long, short = 'n', default_value_t = 2)]
    hosts: usize,
    /// Rate at which each host sends.
    #[arg(long, value_name = "MBIT", default_value_t = 0.0)]
    up: f64,
    /// Rate at which each host receives.
    #[arg(long, value_name = "MBIT", default_value_t = 0.0)]
    down: f64,
    /// Rate of one Wi-Fi channel shared by all; station to station crosses it twice.
    #[arg(long, value_name = "MBIT", default_value_t = 0.0)]
    shared: f64,
    /// Rate at which the channel repeats multicast; its own by default.
    #[arg(long, value_name = "MBIT", default_value_t = 0.0)]
    multicast: f64,
    /// The host that is the access point, as a phone's hotspot is; otherwise it is no member.
    #[arg(long, value_name = "HOST")]
    ap: Option<usize>,
    /// One-way delay.
    #[arg(long, value_name = "MS", default_value_t = 0.0)]
    delay: f64,
    /// Further one-way delay, uniform from 0 to this; frames may overtake each other.
    #[arg(long, value_name = "MS", default_value_t = 0.0)]
    jitter: f64,
    /// Loss, in percent of received frames.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    loss: f64,
    /// Duplicates, in percent of received frames.
    #[arg(long, value_name = "PERCENT", default_value_t = 0.0)]
    duplicates: f64,
    /// Longest time in a queue.
    #[arg(long, value_name = "MS", default_value_t = 100.0)]
    queue: f64,
    /// Seed of loss, duplicates and jitter.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A host that differs: HOST:key=value,... with up, down, delay, jitter, loss, duplicates.
    #[arg(long, value_name = "HOST:SETTINGS", value_parser = parse_exception)]
    host: Vec<Exception>,
}

impl Network {
    pub(crate) fn builder(self) -> LanBuilder {
        let mut builder = Lan::builder()
            .hosts(self.hosts)
            .rate_up_mbit(self.up)
            .rate_down_mbit(self.down)
            .shared_mbit(self.shared)
            .multicast_mbit(self.multicast)
            .delay_ms(self.delay)
            .jitter_ms(self.jitter)
            .loss(self.loss / 100.0)
            .duplicates(self.duplicates / 100.0)
            .queue_ms(self.queue)
            .seed(self.seed);
        if let Some(name) = self.name {
            builder = builder.name(name);
        }
        if let Some(host) = self.ap {
            builder = builder.access_point(host);
        }
        for exception in self.host {
            let link = exception.apply(builder.default_link());
            builder = builder.link(exception.host, link);
        }
        builder
    }
}

/// What is different about one host.
#[derive(Clone, Debug, PartialEq)]
struct Exception {
    host: usize,
    settings: Vec<(Setting, f64)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Setting {
    Up,
    Down,
    Delay,
    Jitter,
    Loss,
    Duplicates,
}

impl Exception {
    fn apply(&self, mut link: Link) -> Link {
        for &(setting, value) in &self.settings {
            match setting {
                Setting::Up => link.up = Rate::mbit(value),
                Setting::Down => link.down = Rate::mbit(value),
                Setting::Delay => link.delay_ns = ns_from_ms(value),
                Setting::Jitter => link.jitter_ns = ns_from_ms(value),
                Setting::Loss => link.loss = value / 100.0,
                Setting::Duplicates => link.duplicates = value / 100.0,
            }
        }
        link
    }
}

fn parse_exception(text: &str) -> Result<Exception> {
    let (host, settings) = text.split_once(':').context("expected HOST:key=value,...")?;
    let settings = settings.split(',').map(parse_setting).collect::<Result<_>>()?;
    Ok(Exception { host: host.parse()?, settings })
}

fn parse_setting(text: &str) -> Result<(Setting, f64)> {
    let (key, value) = text.split_once('=').context("expected key=value")?;
    let setting = match key {
        "up" => Setting::Up,
        "down" => Setting::Down,
        "delay" => Setting::Delay,
        "jitter" => Setting::Jitter,
        "loss" => Setting::Loss,
        "duplicates" => Setting::Duplicates,
        unknown => bail!("unknown setting `{unknown}`"),
    };
    Ok((setting, value.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_changes_what_it_names() {
        let exception = parse_exception("3:up=5,loss=10").expect("valid");
        assert_eq!(exception.host, 3);
        let link = exception.apply(Link { delay_ns: 7, ..Link::default() });
        assert_eq!((link.up, link.loss, link.delay_ns), (Rate::mbit(5.0), 0.1, 7));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["3", "x:up=1", "1:sideways=1", "1:up", "1:up=fast"] {
            assert!(parse_exception(text).is_err(), "{text}");
        }
    }
}
