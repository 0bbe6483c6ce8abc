//! What this device remembers of connections: who was there when, and where.

use std::net::SocketAddr;

use glow_model::DeviceId;
use rusqlite::params;

use crate::{GroupStore, StoreError, sql};

/// Addresses that are kept; the oldest go first.
const ADDRESSES: i64 = 256;

impl GroupStore {
    /// Notes that a member was connected.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn seen(&self, device: DeviceId, at_ms: u64) -> Result<(), StoreError> {
        self.write(|db| {
            db.prepare_cached(
                "INSERT INTO seen (device, at_ms) VALUES (?1, ?2)
                 ON CONFLICT (device) DO UPDATE SET at_ms = max(at_ms, excluded.at_ms)",
            )?
            .execute(params![device.0, sql::int(at_ms)])?;
            Ok(())
        })
    }

    /// When a device was last connected.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_seen(&self, device: DeviceId) -> Result<Option<u64>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached("SELECT max(at_ms) FROM seen WHERE device = ?1")?;
            Ok(statement.query_row([device.0], |row| sql::uint_or_null(row, 0))?)
        })
    }

    /// Notes that a member was reached under an address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remember_address(&self, address: SocketAddr, ok_ms: u64) -> Result<(), StoreError> {
        self.write(|db| {
            db.prepare_cached(
                "INSERT INTO address (address, ok_ms) VALUES (?1, ?2)
                 ON CONFLICT (address) DO UPDATE SET ok_ms = max(ok_ms, excluded.ok_ms)",
            )?
            .execute(params![address.to_string(), sql::int(ok_ms)])?;
            db.prepare_cached(
                "DELETE FROM address WHERE address IN
                   (SELECT address FROM address ORDER BY ok_ms DESC, address LIMIT -1 OFFSET ?1)",
            )?
            .execute([ADDRESSES])?;
            Ok(())
        })
    }

    /// Addresses under which members were reached, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remembered_addresses(&self, limit: usize) -> Result<Vec<SocketAddr>, StoreError> {
        let texts = self.read(|db| {
            let mut statement =
                db.prepare_cached("SELECT address FROM address ORDER BY ok_ms DESC, address LIMIT ?1")?;
            let texts = statement.query_map([sql::int(limit as u64)], |row| row.get(0))?;
            Ok(texts.collect::<Result<Vec<String>, _>>()?)
        })?;
        Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
    }
}
