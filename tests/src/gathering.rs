//! A group of real nodes on an emulated LAN, for what is measured: one process each, asked through their control sockets.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use glow_api::{GroupGet, TimelineQuery};
use lanbox::Lan;
use serde_json::Value;

use crate::control::Control;
use crate::node::{Node, Place};
use crate::poll;

const CONNECTED_WITHIN: Duration = Duration::from_secs(60);

/// The nodes, one on each host, and the group that they are in. They end before their LAN does.
#[derive(Debug)]
pub struct Gathering {
    /// The nodes; the first made the group.
    pub nodes: Vec<Node>,
    /// The group's id.
    pub group: String,
}

impl Gathering {
    /// Starts a node on every host and brings them into one group, each connected to some.
    ///
    /// # Errors
    /// A node does not start, or they do not find each other.
    pub fn start(lan: &Arc<Lan>, folder: &Path) -> Result<Self> {
        let mut nodes = vec![];
        for host in 0..lan.hosts() {
            let mut node = Node::new(&format!("device-{host}"), Place::Host(Arc::clone(lan), host), folder)?;
            node.start()?;
            nodes.push(node);
        }
        let group = gather(&nodes)?;
        Ok(Self { nodes, group })
    }

    /// The newest moments of a device.
    ///
    /// # Errors
    /// The node refuses or has gone.
    pub fn page(&self, control: &mut Control, limit: u32) -> Result<Value> {
        page(&self.group, control, limit)
    }
}

/// The newest moments of a group on a device.
///
/// # Errors
/// The node refuses or has gone.
pub fn page(group: &str, control: &mut Control, limit: u32) -> Result<Value> {
    control.call(TimelineQuery { group: group.to_owned(), cursor: None, limit, filter: Default::default() })
}

fn gather(nodes: &[Node]) -> Result<String> {
    let view = nodes[0].call(&["group", "create", "Bench"])?;
    let group = view["id"].as_str().context("a group has an id")?.to_owned();
    let invite = nodes[0].call(&["group", "invite"])?;
    let link = invite["link"].as_str().context("an invite has a link")?;
    for node in &nodes[1..] {
        node.call(&["join", link])?;
    }
    for node in nodes {
        let mut control = Control::connect(&node.data_dir())?;
        poll::until_true(&format!("{} knows all members", node.name), CONNECTED_WITHIN, || {
            let view = control.call(GroupGet { group: group.clone() })?;
            Ok(view["member_count"] == nodes.len() && view["here_count"].as_u64() >= Some(1))
        })?;
    }
    Ok(group)
}

/// The moments of a page of which the device holds a part.
pub fn held<'a>(page: &'a Value, part: &'static str) -> impl Iterator<Item = String> + 'a {
    let moments = page["moments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let complete = moments.iter().filter(move |moment| moment[part]["state"] == "complete");
    complete.filter_map(|moment| Some(moment["id"].as_str()?.to_owned()))
}
