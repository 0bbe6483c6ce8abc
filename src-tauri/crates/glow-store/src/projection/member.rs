//! Members and invites, as the membership fold says.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{DeviceId, InviteId, Role, TagKey};
use rusqlite::{Connection, Row, params};

use crate::{
    GroupStore, InviteEntry, InviteRow, MemberEntry, MemberRow, MemberTable, StoreError,
    projection::search,
    sql::{self, Code},
};

const MEMBER: &str = "member.device, member.role, sealing, admitted_by, member.invite, name, colour";
const INVITE: &str = "invite, author, tag_key, role, expires_ms, max_uses, uses, closed";

impl GroupStore {
    /// The members, by device id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn members(&self) -> Result<Vec<MemberRow>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(&format!(
                "SELECT {MEMBER}, seen.at_ms, coalesce(tally.moments, 0) FROM member
                 LEFT JOIN seen ON seen.device = member.device
                 LEFT JOIN tally ON tally.author = member.device
                 ORDER BY member.device"
            ))?;
            let members = statement.query_map([], |row| {
                Ok(MemberRow {
                    entry: member(row)?,
                    last_seen_ms: sql::uint_or_null(row, 7)?,
                    moment_count: sql::uint(row, 8)?,
                })
            })?;
            Ok(members.collect::<Result<_, _>>()?)
        })
    }

    /// The invites, by id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn invites(&self) -> Result<Vec<InviteRow>, StoreError> {
        self.read(|db| Ok(invites(db)?.into_values().collect()))
    }
}

/// What became different when the tables were written.
#[derive(Debug, Default)]
pub(crate) struct MemberChanges {
    pub(crate) members: bool,
    pub(crate) invites: bool,
    pub(crate) hosts: bool,
    /// Devices that became or ceased to be members.
    pub(crate) came_or_went: BTreeSet<DeviceId>,
}

/// Writes both tables wholesale.
pub(crate) fn replace(db: &Connection, table: &MemberTable) -> Result<MemberChanges, StoreError> {
    let members: BTreeMap<_, _> = table.members.iter().map(|m| (m.device, m.clone())).collect();
    let invites_after: BTreeMap<_, _> = table.invites.iter().map(|i| (i.invite, i.clone())).collect();
    let members_before = all(db)?;
    let mut changes = MemberChanges::default();
    if members != members_before {
        changes.members = true;
        changes.hosts = host_set(&members) != host_set(&members_before);
        let before: BTreeSet<_> = members_before.into_keys().collect();
        let after: BTreeSet<_> = members.keys().copied().collect();
        changes.came_or_went = before.symmetric_difference(&after).copied().collect();
        write_members(db, &members)?;
        search::set_names(db, members.values().map(|member| (member.device, member.name.as_str())))?;
    }
    if invites_after != invites(db)? {
        changes.invites = true;
        write_invites(db, &invites_after)?;
    }
    Ok(changes)
}

/// Devices that may moderate.
pub(crate) fn hosts(db: &Connection) -> Result<BTreeSet<DeviceId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT device FROM member WHERE role = 0")?;
    let hosts = statement.query_map([], |row| Ok(DeviceId(row.get(0)?)))?;
    Ok(hosts.collect::<Result<_, _>>()?)
}

fn host_set(members: &BTreeMap<DeviceId, MemberEntry>) -> BTreeSet<DeviceId> {
    let hosts = members.values().filter(|member| member.role == Role::Host);
    hosts.map(|member| member.device).collect()
}

fn all(db: &Connection) -> Result<BTreeMap<DeviceId, MemberEntry>, StoreError> {
    let mut statement = db.prepare_cached(&format!("SELECT {MEMBER} FROM member"))?;
    let members = statement.query_map([], |row| Ok((DeviceId(row.get(0)?), member(row)?)))?;
    Ok(members.collect::<Result<_, _>>()?)
}

fn invites(db: &Connection) -> Result<BTreeMap<InviteId, InviteEntry>, StoreError> {
    let mut statement = db.prepare_cached(&format!("SELECT {INVITE} FROM invite"))?;
    let invites = statement.query_map([], |row| Ok((InviteId(row.get(0)?), invite(row)?)))?;
    Ok(invites.collect::<Result<_, _>>()?)
}

fn write_members(db: &Connection, members: &BTreeMap<DeviceId, MemberEntry>) -> Result<(), StoreError> {
    db.execute("DELETE FROM member", [])?;
    let mut statement = db.prepare_cached(
        "INSERT INTO member (device, role, sealing, admitted_by, invite, name, colour)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for member in members.values() {
        statement.execute(params![
            member.device.0,
            member.role.code(),
            member.sealing,
            member.admitted_by.map(|device| device.0),
            member.invite.map(|invite| invite.0),
            member.name,
            member.colour
        ])?;
    }
    Ok(())
}

fn write_invites(db: &Connection, invites: &BTreeMap<InviteId, InviteEntry>) -> Result<(), StoreError> {
    db.execute("DELETE FROM invite", [])?;
    let mut statement = db.prepare_cached(
        "INSERT INTO invite (invite, author, tag_key, role, expires_ms, max_uses, uses, closed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for invite in invites.values() {
        statement.execute(params![
            invite.invite.0,
            invite.author.0,
            invite.tag_key.0,
            invite.role.code(),
            invite.expires_ms.map(sql::int),
            invite.max_uses,
            invite.uses,
            invite.closed
        ])?;
    }
    Ok(())
}

fn member(row: &Row<'_>) -> rusqlite::Result<MemberEntry> {
    Ok(MemberEntry {
        device: DeviceId(row.get(0)?),
        role: Role::read(row, 1)?,
        sealing: row.get(2)?,
        admitted_by: row.get::<_, Option<_>>(3)?.map(DeviceId),
        invite: row.get::<_, Option<_>>(4)?.map(InviteId),
        name: row.get(5)?,
        colour: row.get(6)?,
    })
}

fn invite(row: &Row<'_>) -> rusqlite::Result<InviteEntry> {
    Ok(InviteEntry {
        invite: InviteId(row.get(0)?),
        author: DeviceId(row.get(1)?),
        tag_key: TagKey(row.get(2)?),
        role: Role::read(row, 3)?,
        expires_ms: sql::uint_or_null(row, 4)?,
        max_uses: row.get(5)?,
        uses: row.get(6)?,
        closed: row.get(7)?,
    })
}
