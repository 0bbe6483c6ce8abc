//! Looking at grid previews, those of others once they are here: what looks alike becomes a stack.

use std::{sync::Arc, time::Duration};

use glow_model::OperationId;
use glow_store::Part;

use crate::{
    error::{ApiResult, IntoApi, blocking},
    group::Group,
};

/// Previews looked at in one transaction.
const AT_ONCE: usize = 64;
/// While more is coming, previews are shown first and looked at later: after a pause so long, or at the latest after this.
const PAUSE: Duration = Duration::from_millis(250);
const LATEST: Duration = Duration::from_secs(20);

/// Runs until the group is closed. Whoever has a new preview notifies [`Group::looks`].
pub(crate) async fn run(group: Arc<Group>) {
    loop {
        match look(&group).await {
            Ok(true) => continue,
            Ok(false) => group.looks.notified().await,
            Err(error) => {
                tracing::warn!(%error, "previews are not looked at for now");
                group.looks.notified().await;
            }
        }
        // Whether the rush has ended or not.
        let _ = tokio::time::timeout(LATEST, pause(&group)).await;
    }
}

/// Waits until nothing has come for a while.
async fn pause(group: &Group) {
    let mut arrivals = group.arrivals();
    while tokio::time::timeout(PAUSE, arrivals.changed()).await.is_ok_and(|changed| changed.is_ok()) {}
}

/// Looks at some previews; answers whether there may be more.
async fn look(group: &Arc<Group>) -> ApiResult<bool> {
    let this = group.clone();
    let (more, changes) = blocking(move || {
        let ids = this.store.unlooked(AT_ONCE).map_err(IntoApi::into_api)?;
        let looks: Vec<_> = ids.iter().map(|id| (*id, look_at(&this, *id))).collect();
        let changes = this.store.set_looks(&looks).map_err(IntoApi::into_api)?;
        ApiResult::Ok((!ids.is_empty(), changes))
    })
    .await?;
    group.bus.changed(group.id, &changes);
    Ok(more)
}

/// What cannot be read or decoded says nothing.
fn look_at(group: &Group, id: OperationId) -> Option<u64> {
    let secrets = group.secrets();
    let mut bytes = Vec::new();
    for segment in group.store.segments(id, Part::Grid).ok()? {
        bytes.extend(group.blobs.read_with(&secrets.secret, &segment).ok()?);
    }
    glow_media::look(&bytes).ok().flatten()
}
