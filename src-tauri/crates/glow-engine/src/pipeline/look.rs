//! Looking at grid previews, those of others once they are here: what looks alike becomes a stack.

use std::sync::Arc;

use glow_model::OperationId;
use glow_store::Part;

use crate::{
    error::{ApiResult, IntoApi, blocking},
    group::Group,
};

/// Previews looked at in one transaction.
const AT_ONCE: usize = 64;

/// Runs until the group is closed. Whoever has a new preview notifies [`Group::looks`].
pub(crate) async fn run(group: Arc<Group>) {
    loop {
        match look(&group).await {
            Ok(true) => {}
            Ok(false) => group.looks.notified().await,
            Err(error) => {
                tracing::warn!(%error, "previews are not looked at for now");
                group.looks.notified().await;
            }
        }
    }
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
