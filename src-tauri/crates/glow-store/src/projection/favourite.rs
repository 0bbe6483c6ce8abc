//! Favourites: marked by the owner of this device, told to nobody. They belong to the capture, so that the same photo posted
//! twice is a favourite once.

use glow_model::{MediaId, OperationId};
use rusqlite::{Connection, params};

use crate::{Changes, GroupStore, StoreError, connection::Durability, projection::moment, sql};

impl GroupStore {
    /// Marks the captures of these moments as favourites or not, synced to the disk. Answers the moments that it changed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_favourite(&self, ids: &[OperationId], on: bool) -> Result<Changes, StoreError> {
        self.database.write(Durability::Full, |db| {
            let mut changes = Changes::default();
            for id in ids {
                let Some(media) = moment::media(db, *id)? else { continue };
                set(db, media, on)?;
                let mut statement = db.prepare_cached(
                    "UPDATE moment SET favourite = ?2 WHERE media = ?1 AND favourite <> ?2 RETURNING id, shown",
                )?;
                let updated = statement
                    .query_map(params![media.0, on], |row| Ok((sql::operation_id(row)?, row.get::<_, bool>(1)?)))?;
                for moment in updated {
                    let (id, is_shown) = moment?;
                    changes.changed.extend(is_shown.then_some(id));
                }
            }
            changes.changed.sort_unstable();
            Ok(changes)
        })
    }
}

fn set(db: &Connection, media: MediaId, on: bool) -> Result<(), StoreError> {
    let sql = match on {
        true => "INSERT INTO favourite (media) VALUES (?1) ON CONFLICT DO NOTHING",
        false => "DELETE FROM favourite WHERE media = ?1",
    };
    db.prepare_cached(sql)?.execute([media.0])?;
    Ok(())
}
