//! Making up for time in which the device slept.

use futures::future::join_all;

use crate::{engine::Engine, group, pipeline::reconcile};

impl Engine {
    /// Looks again for members wherever they were met, and asks those who are connected what is missing. Returns when they
    /// have answered: as long as that, a phone should be kept awake.
    pub async fn catch_up(&self) {
        let groups = self.groups();
        join_all(groups.iter().map(|group| async move {
            group::look_again(group).await;
            for device in group.links() {
                if let Err(error) = reconcile::with(group, device).await {
                    tracing::debug!(?device, %error, "catching up");
                }
            }
        }))
        .await;
    }
}
