//! What a device does: decides, asks, answers, and takes in what comes.

use super::*;

impl Lan {
    /// What the author's device does: announces, with the grid preview, and asks for quiet meanwhile.
    pub(super) fn shoot(&mut self, author: usize, photo: u8) {
        let pieces = self.photos[&photo].original_pieces;
        let device = &mut self.devices[author];
        device.known.insert(photo);
        for (part, pieces) in [(0, 1), (1, screen_pieces()), (2, pieces)] {
            device.held.insert(id(photo, part), super::super::group::first(pieces));
        }
        self.hush(author, QUIET_MS);
        for to in (0..self.devices.len()).filter(|to| *to != author) {
            self.send(
                author,
                to,
                Stream { lane: Lane::Now, ticket: None, left: GRID_BYTES, payload: Payload::Offer { photo } },
            );
        }
        self.hush(author, 0);
    }

    pub(super) fn hush(&mut self, by: usize, for_ms: u64) {
        let device = &mut self.devices[by];
        device.budget.hush(device_id(by), for_ms, self.now_us / 1_000);
        device.picker.hush(device_id(by), for_ms, self.now_us / 1_000);
        for to in (0..self.devices.len()).filter(|to| *to != by) {
            self.say(by, to, Request::Hush { for_ms: for_ms as u32 });
        }
    }

    pub(super) fn decide(&mut self, n: usize, now_ms: u64) {
        self.devices[n].is_touched = false;
        if self.devices[n].is_mute {
            self.devices[n].due_ms = u64::MAX / 1_000;
            return;
        }
        for request in self.devices[n].announcer.take(now_ms) {
            for to in (0..self.devices.len()).filter(|to| *to != n) {
                self.say(n, to, request.clone());
            }
        }
        for action in self.devices[n].picker.assign(now_ms) {
            match action {
                Action::Ask(ask) => {
                    let to = usize::from(ask.peer.0[0]);
                    self.send(
                        n,
                        to,
                        Stream { lane: Lane::Now, ticket: None, left: WORD_BYTES, payload: Payload::Ask(ask) },
                    );
                }
                Action::Cancel(ticket) => {
                    for from in 0..self.devices.len() {
                        if let Some(connection) = self.connections.get_mut(&(from, n)) {
                            connection.streams.retain(|stream| stream.ticket != Some(ticket));
                        }
                    }
                }
            }
        }
        let device = &mut self.devices[n];
        let dues = [device.picker.next_wake_ms(now_ms), device.announcer.due_ms()];
        device.due_ms = dues.into_iter().flatten().min().unwrap_or(u64::MAX / 1_000).max(now_ms + 1);
    }

    pub(super) fn delivered(&mut self, step: Step) {
        let (from, to) = step.ends;
        self.at(self.now_us + self.delay_us, Event::Acknowledged(step.ends, step.bytes));
        let now_ms = self.now_us / 1_000;
        self.devices[to].is_touched |= step.ends_with.is_some();
        match step.ends_with {
            None => {}
            Some(Payload::Ask(ask)) => self.answer(from, to, ask),
            Some(Payload::Word(request)) => self.hear(to, from, request),
            Some(Payload::Offer { photo }) => self.offered(to, photo),
            Some(Payload::NotHere { ticket }) => self.devices[to].picker.ended(ticket, Ended::NotHere, now_ms),
            Some(Payload::Piece { ticket, .. }) if self.devices[from].is_liar => {
                self.lies += 1;
                self.devices[to].picker.ended(ticket, Ended::Lied, now_ms);
            }
            Some(Payload::Piece { ticket, blob, piece, is_last }) => self.arrived(to, ticket, (blob, piece), is_last),
        }
    }

    pub(super) fn answer(&mut self, asker: usize, holder: usize, ask: Assignment) {
        let device = &self.devices[holder];
        if device.is_mute {
            return;
        }
        let held = device.held.get(&ask.blob).copied().unwrap_or(0);
        let lane = match ask.tier {
            Tier::Grid | Tier::Playing => Lane::Now,
            Tier::Screen | Tier::Manifest => Lane::Soon,
            Tier::Original => Lane::Bulk,
        };
        let mut pieces = ask.pieces.iter().peekable();
        while let Some(piece) = pieces.next() {
            if held & (1 << piece) == 0 {
                let payload = Payload::NotHere { ticket: ask.ticket };
                return self.send(
                    holder,
                    asker,
                    Stream { lane: Lane::Now, ticket: Some(ask.ticket), left: WORD_BYTES, payload },
                );
            }
            *self.sent.entry((holder, asker, ask.blob.0[1])).or_default() += 1;
            let left = PIECE_BYTES.min(ask.size - u64::from(*piece) * PIECE_BYTES);
            let payload =
                Payload::Piece { ticket: ask.ticket, blob: ask.blob, piece: *piece, is_last: pieces.peek().is_none() };
            self.send(holder, asker, Stream { lane, ticket: Some(ask.ticket), left, payload });
        }
    }

    pub(super) fn hear(&mut self, n: usize, from: usize, request: Request) {
        let now_ms = self.now_us / 1_000;
        let (device, from) = (&mut self.devices[n], device_id(from));
        match request {
            Request::Have { blobs } => blobs.into_iter().for_each(|blob| device.picker.holds(from, blob, now_ms)),
            Request::HavePieces { holdings } => {
                holdings.into_iter().for_each(|one| device.picker.holds_pieces(from, one.blob, one.pieces, now_ms));
            }
            Request::Hush { for_ms } => {
                device.picker.hush(from, for_ms.into(), now_ms);
                device.budget.hush(from, for_ms.into(), now_ms);
            }
            _ => unreachable!("nothing else is said here"),
        }
    }

    pub(super) fn offered(&mut self, n: usize, photo: u8) {
        let now_ms = self.now_us / 1_000;
        let Photo { author, original_pieces } = self.photos[&photo];
        self.previews_us.entry((photo, n)).or_insert(self.now_us);
        let device = &mut self.devices[n];
        if device.is_mute || !device.known.insert(photo) {
            return;
        }
        device.held.insert(id(photo, 0), 1);
        device.announcer.completed(id(photo, 0), now_ms);
        let parts = [
            (1, Tier::Screen, SCREEN_BYTES, screen_pieces()),
            (2, Tier::Original, u64::from(original_pieces) * PIECE_BYTES, original_pieces),
        ];
        for (part, tier, size, pieces) in parts {
            let missing = super::super::group::first(pieces);
            let want = Want {
                blob: id(photo, part),
                size,
                tier,
                sort_ms: photo.into(),
                missing,
                author: Some(device_id(author)),
            };
            device.picker.want(want, now_ms);
        }
    }

    pub(super) fn arrived(&mut self, n: usize, ticket: u64, (blob, piece): (BlobId, u32), is_last: bool) {
        let now_ms = self.now_us / 1_000;
        let (photo, part) = (blob.0[0], blob.0[1]);
        let pieces = if part == 1 { screen_pieces() } else { self.photos[&photo].original_pieces };
        let device = &mut self.devices[n];
        let held = device.held.entry(blob).or_default();
        self.wasted += usize::from(*held & (1 << piece) != 0);
        *held |= 1 << piece;
        if part == 2 {
            self.came.push((self.now_us / 1_000, n, photo, piece));
        }
        let is_complete = *held == super::super::group::first(pieces);
        device.picker.arrived(Some(ticket), blob, piece, now_ms);
        if is_last {
            device.picker.ended(ticket, Ended::Complete, now_ms);
        }
        if is_complete {
            device.picker.drop_want(blob);
            device.announcer.completed(blob, now_ms);
        } else if part == 2 {
            device.announcer.arrived(blob, piece, now_ms);
        }
    }
}
