//! The one door in: own captures and others' operations pass the same `accept`.
//!
//! Each operation stores what it says and marks the capture it is about; at the end every marked capture is derived from all
//! that was said of it. What is marked remembers which moment was shown before, so that the answer names what changed.

use std::collections::{BTreeMap, BTreeSet};

use glow_model::{
    Body, CameraIdentity, Caption, DeviceId, GuestKey, GuestPost, GuestPostId, MediaId, Moment, OperationId,
    OriginalAdded, Plane, Retract, Verified, What, body::shift_at,
};
use rusqlite::Connection;

use crate::{
    Changes, GroupStore, Incoming, LocalCapture, MemberTable, OperationState, StoreError,
    connection::Durability,
    projection::{
        blob_use, bucket, clip, clock, guest, hold, member,
        moment::{self, Posted},
        original, retraction, thread, timeline,
    },
    table::{capture, operation, outbox},
};

impl GroupStore {
    /// Stores operations with everything that follows from them, in one transaction: all of it or nothing. What is stored
    /// already changes nothing. With own operations among them the transaction is synced to the disk before this returns.
    ///
    /// An operation that came without its payload or body may be given again with it.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was stored then.
    pub fn accept(&self, batch: Vec<Incoming>, members: Option<MemberTable>) -> Result<Changes, StoreError> {
        let durability = if batch.iter().any(|incoming| incoming.own) { Durability::Full } else { Durability::Normal };
        self.database.write(durability, |tx| {
            let mut fold = Fold::new(self, tx);
            if let Some(members) = &members {
                fold.replace_members(members)?;
            }
            for incoming in &batch {
                fold.take(incoming)?;
            }
            fold.finish()
        })
    }
}

/// A fold under way inside a transaction.
pub(crate) struct Fold<'a> {
    store: &'a GroupStore,
    db: &'a Connection,
    /// Captures to derive again, with the moment that showed each before.
    marked: BTreeMap<MediaId, Option<OperationId>>,
    /// Moments whose originals are to be derived again.
    originals: BTreeSet<OperationId>,
    /// Captures that lost reactions that were shown.
    lost_reactions: BTreeSet<MediaId>,
    /// Cameras whose clocks are to be derived again.
    cameras: BTreeSet<CameraIdentity>,
    /// Quarters of an hour in which moments came or went.
    quarters: BTreeSet<i64>,
    changes: Changes,
}

impl<'a> Fold<'a> {
    pub(crate) fn new(store: &'a GroupStore, db: &'a Connection) -> Self {
        Self {
            store,
            db,
            marked: BTreeMap::new(),
            originals: BTreeSet::new(),
            lost_reactions: BTreeSet::new(),
            cameras: BTreeSet::new(),
            quarters: BTreeSet::new(),
            changes: Changes::default(),
        }
    }

    /// Writes members and invites. Where hosts are others, what hangs on them is derived again.
    pub(crate) fn replace_members(&mut self, table: &MemberTable) -> Result<(), StoreError> {
        let changes = member::replace(self.db, table)?;
        self.changes.members |= changes.members;
        self.changes.invites |= changes.invites;
        if changes.hosts {
            self.judge_retractions()?;
            for moment in thread::captioned_by_others(self.db)?.into_iter().chain(hold::moments(self.db)?) {
                self.mark_moment(moment)?;
            }
            for guest in guest::judged_guests(self.db)? {
                self.judge_guest(guest, None)?;
            }
            self.cameras.extend(clock::set_by_others(self.db)?);
        }
        for device in changes.came_or_went {
            let moments = blob_use::moments_held_by(self.db, device)?;
            blob_use::refresh(self.db, &moments.into_iter().collect())?;
        }
        Ok(())
    }

    fn judge_retractions(&mut self) -> Result<(), StoreError> {
        for (target, author, state) in retraction::of_others(self.db)? {
            match (retraction::stands(self.db, target, author)?, state) {
                (true, OperationState::Whole) => self.take_back(target)?,
                (true, OperationState::Stripped) => {
                    operation::strip(self.db, target, OperationState::Retracted)?;
                    self.changes.new.push(target);
                }
                // The payload is gone; without a retraction that counts it is to be fetched again.
                (false, OperationState::Retracted) => {
                    operation::strip(self.db, target, OperationState::Stripped)?;
                }
                (true, OperationState::Retracted) | (false, OperationState::Whole | OperationState::Stripped) => {}
            }
        }
        Ok(())
    }

    /// Stores one operation, or what it brings to one that is stored.
    pub(crate) fn take(&mut self, incoming: &Incoming) -> Result<(), StoreError> {
        let operation = &incoming.operation;
        let id = operation.id();
        let is_new = match operation::find(self.db, id)? {
            None => {
                let state = self.state_of(operation)?;
                operation::insert(self.db, incoming, state)?;
                if incoming.own {
                    outbox::insert(self.db, id)?;
                }
                if state != OperationState::Stripped {
                    self.changes.new.push(id);
                }
                state == OperationState::Whole
            }
            Some(stored) => match stored.state {
                OperationState::Whole => stored.kind.is_none(),
                OperationState::Retracted => false,
                OperationState::Stripped => self.complete(operation)?,
            },
        };
        match &incoming.body {
            Some(body) if is_new && operation.payload().is_some() => {
                operation::set_kind(self.db, id, body.kind())?;
                self.apply(incoming, body)
            }
            _ => Ok(()),
        }
    }

    fn state_of(&self, operation: &Verified) -> Result<OperationState, StoreError> {
        let header = operation.header();
        let taken_back = header.plane == Plane::Content && retraction::stands(self.db, operation.id(), header.author)?;
        Ok(match operation.payload() {
            _ if taken_back => OperationState::Retracted,
            Some(_) => OperationState::Whole,
            None => OperationState::Stripped,
        })
    }

    /// Gives a stripped operation the payload that came at last.
    fn complete(&mut self, operation: &Verified) -> Result<bool, StoreError> {
        if operation.payload().is_none() {
            return Ok(false);
        }
        operation::complete(self.db, operation)?;
        self.changes.new.push(operation.id());
        Ok(true)
    }

    /// Stores what a body says.
    pub(crate) fn apply(&mut self, incoming: &Incoming, body: &Body) -> Result<(), StoreError> {
        let header = incoming.operation.header();
        let (id, author, seq) = (incoming.operation.id(), header.author, header.seq);
        match body {
            Body::Moment(moment) => self.post(incoming, moment, self.shift_of(incoming, moment)?, None),
            Body::ClipOpen(open) => {
                self.post(incoming, &open.moment, 0, None)?;
                clip::open(self.db, id)
            }
            Body::ClipClose(close) => {
                self.keep(close.clip, incoming.local.as_ref())?;
                clip::insert_close(self.db, (id, author, seq), close)?;
                self.originals.insert(close.clip);
                self.mark_moment(close.clip)
            }
            Body::OriginalAdded(added) => {
                self.keep(added.moment, incoming.local.as_ref())?;
                self.add_original((id, author, seq), added)
            }
            Body::Caption(caption) => {
                thread::insert_caption(self.db, id, author, caption)?;
                self.mark_moment(caption.moment)
            }
            Body::Reaction(reaction) => {
                thread::insert_reaction(self.db, (id, author, seq), reaction)?;
                self.mark_moment(reaction.moment)
            }
            Body::CameraClock(clock) => {
                clock::insert(self.db, (id, author), clock)?;
                self.cameras.insert(clock.camera.clone());
                Ok(())
            }
            Body::Hold(hold) => {
                hold::insert(self.db, id, author, hold)?;
                self.mark_moment(hold.moment)
            }
            Body::Retract(retract) => self.retract(id, author, retract),
            Body::GuestPost(post) => self.guest_post(incoming, post),
            Body::GuestVerdict(verdict) => {
                guest::insert_verdict(self.db, (id, author), verdict)?;
                self.judge_guest(verdict.guest, verdict.post)
            }
            // Membership is folded elsewhere and arrives as a table.
            Body::Genesis(_)
            | Body::Profile(_)
            | Body::InviteGrant(_)
            | Body::InviteClose(_)
            | Body::Admit(_)
            | Body::Unknown(..) => Ok(()),
        }
    }

    /// Stores what a guest said; the member at its door is the operation's author.
    fn guest_post(&mut self, incoming: &Incoming, post: &GuestPost) -> Result<(), StoreError> {
        // A body was checked before it came here.
        let Ok(said) = post.said() else { return Ok(()) };
        let (id, author) = (incoming.operation.id(), incoming.operation.header().author);
        guest::insert(self.db, (id, author), post, &said)?;
        match (&said.what, &post.moment) {
            (What::File(file), Some(moment)) => {
                self.post(incoming, moment, 0, Some(post))?;
                if !file.caption.is_empty() {
                    let caption = Caption { moment: id, replaces: None, text: file.caption.clone() };
                    thread::insert_caption(self.db, id, author, &caption)?;
                }
                self.gather_guest_post(post.guest, post.id)?;
            }
            (What::Reaction(reaction), _) => {
                thread::insert_reaction(self.db, (id, post.guest.person(), said.time_ms), reaction)?;
                self.mark_moment(reaction.moment)?;
            }
            (What::Retraction(target), _) => self.judge_guest(post.guest, Some(*target))?,
            (What::File(_), None) => {}
        }
        self.judge_guest(post.guest, Some(post.id))
    }

    /// Gives all operations of one post one capture.
    fn gather_guest_post(&mut self, guest: GuestKey, post: GuestPostId) -> Result<(), StoreError> {
        for strayed in guest::strayed(self.db, guest, post)? {
            self.mark(strayed.from)?;
            self.mark(strayed.to)?;
            if thread::hide_reactions(self.db, strayed.moment)? {
                self.lost_reactions.insert(strayed.from);
            }
            guest::move_capture(self.db, strayed)?;
        }
        Ok(())
    }

    /// Judges again what counts of a guest, or of one post, and marks what that is about.
    fn judge_guest(&mut self, guest: GuestKey, post: Option<GuestPostId>) -> Result<(), StoreError> {
        self.changes.guests = true;
        for judged in guest::judge(self.db, guest, post)? {
            self.mark_moment(judged)?;
            if let Some(moment) = thread::reacted_to(self.db, judged)? {
                self.mark_moment(moment)?;
            }
        }
        Ok(())
    }

    /// By how much the clock of a moment's camera is corrected.
    fn shift_of(&self, incoming: &Incoming, moment: &Moment) -> Result<i64, StoreError> {
        let author = incoming.operation.header().author;
        let camera = CameraIdentity { author, name: moment.camera.clone(), body: moment.camera_body };
        Ok(shift_at(&clock::find(self.db, &camera)?.shifts, moment.captured_ms))
    }

    fn post(
        &mut self,
        incoming: &Incoming,
        moment: &Moment,
        shift_ms: i64,
        guest: Option<&GuestPost>,
    ) -> Result<(), StoreError> {
        self.mark(moment.media)?;
        let id = incoming.operation.id();
        let author = incoming.operation.header().author;
        let posted = Posted {
            id,
            author,
            person: guest.map_or(author, |post| post.guest.person()),
            early: guest.is_some_and(|post| !post.is_whole()),
            received_ms: incoming.received_ms,
            own: incoming.own,
            shift_ms,
            sort_ms: self.store.sort_ms(moment.captured_ms.saturating_add_signed(shift_ms)),
        };
        self.keep(id, incoming.local.as_ref())?;
        moment::insert(self.db, &posted, moment)?;
        self.originals.insert(id);
        Ok(())
    }

    fn keep(&mut self, moment: OperationId, local: Option<&LocalCapture>) -> Result<(), StoreError> {
        let Some(local) = local else { return Ok(()) };
        capture::keep(self.db, moment, local)
    }

    fn add_original(&mut self, said: (OperationId, DeviceId, u64), added: &OriginalAdded) -> Result<(), StoreError> {
        original::insert(self.db, said, added)?;
        self.originals.insert(added.moment);
        self.mark_moment(added.moment)
    }

    fn retract(&mut self, id: OperationId, author: DeviceId, retract: &Retract) -> Result<(), StoreError> {
        let target = retract.target;
        retraction::insert(self.db, id, author, target)?;
        let Some(stored) = operation::find(self.db, target)? else {
            return Ok(());
        };
        if stored.plane == Plane::Control || !retraction::stands(self.db, target, stored.author)? {
            return Ok(());
        }
        match stored.state {
            OperationState::Whole => self.take_back(target),
            OperationState::Stripped => {
                self.changes.new.push(target);
                operation::strip(self.db, target, OperationState::Retracted)
            }
            OperationState::Retracted => Ok(()),
        }
    }

    /// Removes a payload and everything it said.
    fn take_back(&mut self, target: OperationId) -> Result<(), StoreError> {
        operation::strip(self.db, target, OperationState::Retracted)?;
        if let Some(removed) = guest::delete(self.db, target)? {
            self.take_back_said(target)?;
            thread::delete_caption(self.db, target)?;
            self.gather_guest_post(removed.guest, removed.post)?;
            return self.judge_guest(removed.guest, Some(removed.target.unwrap_or(removed.post)));
        }
        if let Some(guest) = guest::delete_verdict(self.db, target)? {
            return self.judge_guest(guest, None);
        }
        self.take_back_said(target)
    }

    /// Removes what the body of an operation that was taken back had said.
    fn take_back_said(&mut self, target: OperationId) -> Result<(), StoreError> {
        if let Some(media) = moment::media(self.db, target)? {
            self.mark(media)?;
            self.quarters.extend(timeline::set_shown(self.db, target, false)?);
            if thread::hide_reactions(self.db, target)? {
                self.lost_reactions.insert(media);
            }
            capture::forget(self.db, target)?;
            return moment::delete(self.db, target);
        }
        if let Some(moment) = original::delete(self.db, target)? {
            self.originals.insert(moment);
            return self.mark_moment(moment);
        }
        if let Some(clip) = clip::delete_close(self.db, target)? {
            self.originals.insert(clip);
            return self.mark_moment(clip);
        }
        if let Some(moment) = thread::delete_caption(self.db, target)? {
            return self.mark_moment(moment);
        }
        if let Some(camera) = clock::delete(self.db, target)? {
            self.cameras.insert(camera);
            return Ok(());
        }
        if let Some(moment) = hold::delete(self.db, target)? {
            return self.mark_moment(moment);
        }
        let Some((moment, was_shown)) = thread::delete_reaction(self.db, target)? else {
            return Ok(());
        };
        if was_shown {
            self.lost_reactions.extend(moment::media(self.db, moment)?);
        }
        self.mark_moment(moment)
    }

    /// Marks the capture of a moment, once that is known.
    fn mark_moment(&mut self, id: OperationId) -> Result<(), StoreError> {
        match moment::media(self.db, id)? {
            Some(media) => self.mark(media),
            None => Ok(()),
        }
    }

    fn mark(&mut self, media: MediaId) -> Result<(), StoreError> {
        if !self.marked.contains_key(&media) {
            self.marked.insert(media, moment::shown(self.db, media)?);
        }
        Ok(())
    }

    /// Derives everything marked.
    pub(crate) fn finish(mut self) -> Result<Changes, StoreError> {
        let hosts = member::hosts(self.db)?;
        for (media, before) in std::mem::take(&mut self.marked) {
            self.derive(media, before, &hosts)?;
        }
        // A moment whose capture became another left one and came to the other.
        let removed: BTreeSet<_> = self.changes.removed.iter().copied().collect();
        let stays: BTreeSet<_> = self.changes.added.iter().copied().filter(|id| removed.contains(id)).collect();
        self.changes.added.retain(|id| !stays.contains(id));
        self.changes.removed.retain(|id| !stays.contains(id));
        self.changes.changed.extend(stays);
        let added: BTreeSet<_> = self.changes.added.iter().copied().collect();
        for camera in std::mem::take(&mut self.cameras) {
            let moved = clock::derive(self.store, self.db, &camera)?;
            self.changes.clocks = true;
            self.quarters.extend(moved.quarters);
            self.changes.moved.extend(moved.shown.into_iter().filter(|id| !added.contains(id)));
        }
        let mut changes = self.changes;
        for start_ms in self.quarters {
            let stacked = bucket::derive(self.db, start_ms)?;
            changes.changed.extend(stacked.into_iter().filter(|id| !added.contains(id)));
        }
        for ids in
            [&mut changes.new, &mut changes.added, &mut changes.changed, &mut changes.removed, &mut changes.moved]
        {
            ids.sort_unstable();
            ids.dedup();
        }
        Ok(changes)
    }

    /// Derives a capture from all that was said of it: the first of its visible moments is shown.
    fn derive(
        &mut self,
        media: MediaId,
        before: Option<OperationId>,
        hosts: &BTreeSet<DeviceId>,
    ) -> Result<(), StoreError> {
        let mut live = moment::of_media(self.db, media)?;
        let after = live.iter().find(|moment| moment.visible).map(|moment| moment.id);
        let mut changed = self.lost_reactions.contains(&media);
        for moment in &mut live {
            let shown = Some(moment.id) == after;
            if moment.shown != shown {
                self.quarters.extend(timeline::set_shown(self.db, moment.id, shown)?);
                moment.shown = shown;
            }
            if self.originals.contains(&moment.id) {
                changed |= original::derive(self.db, moment.id)? && shown;
            }
        }
        changed |= thread::derive_caption(self.db, &live, hosts)?;
        changed |= thread::derive_reactions(self.db, &live)?;
        changed |= hold::derive(self.db, &live, hosts)?;
        if before == after {
            self.changes.changed.extend(after.filter(|_| changed));
        } else {
            self.changes.removed.extend(before);
            self.changes.added.extend(after);
        }
        Ok(())
    }
}
