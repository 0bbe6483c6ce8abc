//! Transfers and storage: what goes where, what is kept here, and on how many devices everything is.

use std::sync::Arc;

use glow_api::{
    CopiesView, Keep, Outstanding, StorageGet, StoragePolicy, StorageSet, StorageView, TakebackView, TransferView,
};
use glow_model::state::{Keeps, Wakefulness};
use glow_store::{CopiesReport, TakebackRow};

use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, blocking},
    group::Group,
    pipeline::{
        fetch::FetchInput,
        policy::{self, Policy},
        states,
    },
    view,
};

/// Takebacks that are told.
const TAKEBACKS: usize = 20;
/// What is promised of copies, whatever others give up meanwhile.
const PROMISED: u64 = 3;

pub(super) async fn get(engine: &Engine, get: StorageGet) -> ApiResult<StorageView> {
    let group = engine.group(&get.group)?;
    blocking(move || storage(&group)).await
}

pub(super) async fn set(engine: &Engine, set: StorageSet) -> ApiResult<StorageView> {
    let group = engine.group(&set.group)?;
    let wished = Policy {
        photos: keeps(set.policy.photos),
        clips: keeps(set.policy.clips),
        paused: set.policy.paused,
        quota_bytes: set.policy.quota_bytes,
        carry_bytes: set.policy.carry_bytes,
    };
    let this = group.clone();
    blocking(move || policy::set(&this, wished)).await?;
    group.tell_fetch(FetchInput::Rethink).await;
    states::say_presence(&group, Wakefulness::Awake).await?;
    group.states.wake();
    blocking(move || storage(&group)).await
}

fn storage(group: &Arc<Group>) -> ApiResult<StorageView> {
    let policy = group.policy.get();
    let usage = group.blobs.usage();
    let free_disk_bytes = group.blobs.free_bytes();
    let filter = policy::filter(group);
    let [previews, originals] = group.store.wanted_bytes(&filter).map_err(IntoApi::into_api)?;
    Ok(StorageView {
        policy: StoragePolicy {
            photos: keep(policy.photos),
            clips: keep(policy.clips),
            paused: policy.paused,
            quota_bytes: policy.quota_bytes,
            carry_bytes: policy.carry_bytes,
        },
        blocked: policy::blocked(group),
        used_bytes: usage.bytes + usage.partial_bytes,
        carried_bytes: group.store.carried_bytes().map_err(IntoApi::into_api)?,
        free_disk_bytes,
        previews: outstanding(previews),
        originals: outstanding(originals),
        transfers: transfers(group),
        copies: copies(&group.store.copies_report().map_err(IntoApi::into_api)?),
        takebacks: takebacks(group)?,
    })
}

fn outstanding((count, bytes): (u64, u64)) -> Outstanding {
    Outstanding { count: view::count64(count), bytes }
}

fn transfers(group: &Group) -> Vec<TransferView> {
    let (links, membership) = (group.links(), group.membership());
    let mut transfers: Vec<TransferView> = group
        .meter
        .flows()
        .into_iter()
        .filter_map(|(device, flow)| {
            let profile = membership.members().get(&device)?.profile.clone();
            Some(TransferView {
                device: device.to_string(),
                name: profile.as_ref().map(|profile| profile.name.clone()).unwrap_or_default(),
                colour: profile.map_or(0, |profile| profile.colour),
                here: links.contains(&device),
                down_bps: flow.down_bps,
                up_bps: flow.up_bps,
                down_bytes: flow.down_bytes,
                up_bytes: flow.up_bytes,
            })
        })
        .collect();
    let busy = |one: &TransferView| (one.down_bps + one.up_bps, one.down_bytes + one.up_bytes);
    transfers.sort_by(|a, b| busy(b).cmp(&busy(a)).then_with(|| a.device.cmp(&b.device)));
    transfers
}

fn copies(report: &CopiesReport) -> CopiesView {
    CopiesView {
        moments: view::count64(report.moments),
        at_least: view::count64(report.at_least.min(PROMISED)),
        below_three: view::count64(report.below_three),
        own_only_here: view::count64(report.own_only_here),
        others_only_here: view::count64(report.others_only_here),
        heard_at_ms: report.heard_ms.map(view::time),
    }
}

fn takebacks(group: &Group) -> ApiResult<Vec<TakebackView>> {
    let is_erased_here = group.store.own_takebacks().map_err(IntoApi::into_api)?.is_some();
    let rows = group.store.takebacks(group.me, TAKEBACKS).map_err(IntoApi::into_api)?;
    let of = view::count(group.membership().members().len());
    let view = |row: TakebackRow| TakebackView {
        moment: row.moment.to_string(),
        at_ms: view::time(row.at_ms),
        gone: view::count64(row.gone) + u32::from(is_erased_here),
        of,
    };
    Ok(rows.into_iter().map(view).collect())
}

fn keep(keeps: Keeps) -> Keep {
    match keeps {
        Keeps::Previews => Keep::Previews,
        Keeps::WhenPlugged => Keep::WhenPlugged,
        Keeps::All => Keep::All,
    }
}

fn keeps(keep: Keep) -> Keeps {
    match keep {
        Keep::Previews => Keeps::Previews,
        Keep::WhenPlugged => Keeps::WhenPlugged,
        Keep::All => Keeps::All,
    }
}
