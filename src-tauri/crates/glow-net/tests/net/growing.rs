//! More members than a device has links.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use glow_model::DeviceId;
use glow_net::{FoundBy, Net, NetEvent};
use glow_sync::topology::FEW_LINKS;
use tokio::{sync::Notify, time::timeout};

use crate::cast::{Device, Group};

const MEMBERS: u8 = 20;
const LINKS: usize = 12;
const BOUND: Duration = Duration::from_secs(60);

/// Who is connected to whom, as events tell.
#[derive(Default)]
struct Links {
    of: Mutex<BTreeMap<DeviceId, BTreeSet<DeviceId>>>,
    changed: Notify,
}

#[tokio::test(flavor = "multi_thread")]
async fn all_come_by_one_member_and_keep_few_links_that_make_one_group() {
    let group = Group::new();
    let mut devices = vec![];
    for name in 1..=MEMBERS {
        devices.push(Device::start(&group.member(name)).await);
    }
    let nets: Arc<BTreeMap<DeviceId, Net>> =
        Arc::new(devices.iter().map(|device| (device.id, device.net.clone())).collect());
    let links = Arc::<Links>::default();
    let first = devices[0].address;
    for device in devices {
        if device.address != first {
            device.net.add_addresses(FoundBy::Remembered, vec![first]);
        }
        tokio::spawn(take_part(device, Arc::clone(&nets), Arc::clone(&links)));
    }
    let settled = async {
        loop {
            let changed = links.changed.notified();
            if is_settled(&links.of.lock().unwrap()) {
                return;
            }
            changed.await;
        }
    };
    if timeout(BOUND, settled).await.is_err() {
        let counts = links.of.lock().unwrap().values().map(BTreeSet::len).collect::<Vec<_>>();
        panic!("not settled: {counts:?} links");
    }
}

/// Members tell each other of those they have met: on meeting, and here again whenever one more was met, which the engine does
/// every now and then.
async fn take_part(mut device: Device, nets: Arc<BTreeMap<DeviceId, Net>>, links: Arc<Links>) {
    while let Some(event) = device.events.recv().await {
        match event {
            NetEvent::Connected { device: other, .. } => {
                links.of.lock().unwrap().entry(device.id).or_default().insert(other);
                device.net.acquaint(nets[&other].acquaintances(device.id).await);
            }
            NetEvent::Disconnected { device: other } => {
                links.of.lock().unwrap().entry(device.id).or_default().remove(&other);
            }
            NetEvent::Reached(_) => {
                let linked = links.of.lock().unwrap().get(&device.id).cloned().unwrap_or_default();
                for other in linked {
                    nets[&other].acquaint(device.net.acquaintances(other).await);
                }
            }
            _ => continue,
        }
        links.changed.notify_one();
    }
}

fn is_settled(links: &BTreeMap<DeviceId, BTreeSet<DeviceId>>) -> bool {
    let is_bounded = links.values().all(|links| (FEW_LINKS..=LINKS).contains(&links.len()));
    let Some(first) = links.keys().next() else { return false };
    let (mut reached, mut edge) = (BTreeSet::from([*first]), vec![*first]);
    while let Some(device) = edge.pop() {
        for other in links.get(&device).into_iter().flatten() {
            if reached.insert(*other) {
                edge.push(*other);
            }
        }
    }
    is_bounded && reached.len() == usize::from(MEMBERS)
}
