//! Tries a swarm by hand, across two processes or two machines:
//!
//! ```text
//! cargo run -p glow-net --example netprobe -- alice
//! cargo run -p glow-net --example netprobe -- bob 127.0.0.1:40001
//! ```
//!
//! Everyone who runs it is a member of one open group. Prints what happens; lines typed are gossiped.

use std::sync::Arc;

use async_trait::async_trait;
use glow_model::{DeviceKeys, GroupId, TagKey};
use glow_net::{ConnectionLimits, FoundBy, Gatekeeper, Interfaces, Listen, NetConfig, NetEvent};
use glow_sync::{
    Frame,
    door::{Admission, Certificate, Knock, Opens, Refusal},
};
use tokio::sync::mpsc;

/// Lets everyone in who holds the key of the probe.
struct Open(DeviceKeys);

#[async_trait]
impl Gatekeeper for Open {
    fn doors(&self) -> Vec<(TagKey, Opens)> {
        vec![(self.dial_key(), Opens::Epoch)]
    }

    fn dial_key(&self) -> TagKey {
        TagKey([0; 32])
    }

    fn keys(&self) -> DeviceKeys {
        self.0.clone()
    }

    fn admission(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    async fn recognise(&self, _: &Certificate) -> Result<(), Refusal> {
        Ok(())
    }

    async fn admit(&self, _: &Knock) -> Result<Admission, Refusal> {
        Err(Refusal::Busy)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "nobody".into());
    let addresses = arguments.map(|text| text.parse()).collect::<Result<_, _>>()?;
    let config = NetConfig {
        group: GroupId([0; 32]),
        topic: "probe".into(),
        listen: Listen { interfaces: Interfaces::LanAndLoopback, ..Listen::default() },
        mdns: true,
        system_discovery: None,
        limits: ConnectionLimits::default(),
    };
    let keys = DeviceKeys::from_seeds(rand::random(), rand::random());
    let keeper = Arc::new(Open(keys));
    let key = keeper.dial_key();
    let (net, mut events) = glow_net::start(config, keeper)?;
    net.set_tags(vec![key.clone()], vec![key]);
    net.add_addresses(FoundBy::Manual, addresses);
    let mut lines = typed();
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => handle(event).await?,
                None => return Ok(()),
            },
            line = lines.recv() => match line {
                Some(line) if line == "?" => println!("{:#?}", net.status().await),
                Some(line) => net.publish(format!("{name}: {line}").into_bytes()),
                None => {
                    net.shutdown().await;
                    return Ok(());
                }
            },
        }
    }
}

/// The lines that are typed, until the end of the input.
fn typed() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    lines
}

async fn handle(event: NetEvent) -> anyhow::Result<()> {
    match event {
        NetEvent::Gossip { message, verdict, .. } => {
            println!("{}", String::from_utf8_lossy(&message));
            verdict.accept();
        }
        NetEvent::Request { mut answers, .. } => {
            answers.send(Frame::NotHere).await?;
            answers.finish().await?;
        }
        event => println!("{event:?}"),
    }
    Ok(())
}
