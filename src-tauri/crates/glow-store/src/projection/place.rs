//! Places: where moments were captured whose owners shared that.

use glow_model::{OperationId, Place};

use crate::{GroupStore, StoreError, TimelineQuery, projection::timeline, sql};

/// The largest answer.
const MOST: usize = 5_000;

impl GroupStore {
    /// Where the moments that the query matches were captured, newest first, at most 5,000.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn places(&self, query: &TimelineQuery) -> Result<Vec<(OperationId, Place)>, StoreError> {
        let query = TimelineQuery { located: true, text: None, ..query.clone() };
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT id, latitude_e6, longitude_e6 FROM {} WHERE {} ORDER BY sort_ms DESC, id DESC LIMIT {MOST}",
                timeline::source(&query),
                timeline::conditions(&query)
            ))?;
            timeline::bind_conditions(&mut statement, &query)?;
            let mut rows = statement.raw_query();
            let mut places = Vec::new();
            while let Some(row) = rows.next()? {
                let place = Place { latitude_e6: row.get(1)?, longitude_e6: row.get(2)? };
                places.push((sql::operation_id(row)?, place));
            }
            Ok(places)
        })
    }
}
