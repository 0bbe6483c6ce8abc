//! Favourites: they stay on this device.

use glow_api::{FavouriteView, MomentFavourite};
use glow_model::OperationId;

use crate::{
    engine::Engine,
    error::{ApiResult, bad_request, blocking},
    view,
};

/// Moments in one request.
const MOST: usize = 1_000;

pub(super) async fn set(engine: &Engine, favourite: MomentFavourite) -> ApiResult<FavouriteView> {
    let group = engine.group(&favourite.group)?;
    if favourite.moments.len() > MOST {
        return Err(bad_request("at most 1,000 moments at once"));
    }
    let ids: Result<Vec<OperationId>, _> = favourite.moments.iter().map(|id| id.parse()).collect();
    let ids = ids.map_err(|_| bad_request("a moment id is malformed"))?;
    let this = group.clone();
    let changes = blocking(move || this.store.set_favourite(&ids, favourite.on)).await?;
    group.bus.changed(group.id, &changes);
    Ok(FavouriteView { changed: view::count(changes.changed.len()) })
}
