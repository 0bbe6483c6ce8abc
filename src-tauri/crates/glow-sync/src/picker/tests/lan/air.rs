//! Bytes on their way: they take turns on lines and channels, and windows grow until a queue is full.

use super::*;

impl Lan {
    pub(super) fn say(&mut self, from: usize, to: usize, request: Request) {
        self.send(
            from,
            to,
            Stream { lane: Lane::Now, ticket: None, left: WORD_BYTES, payload: Payload::Word(request) },
        );
    }

    pub(super) fn send(&mut self, from: usize, to: usize, stream: Stream) {
        self.connections.get_mut(&(from, to)).unwrap().streams.push(stream);
    }

    /// Lets every connection send what its window and its device's budget allow.
    pub(super) fn pump(&mut self, now_ms: u64) {
        let open = |connection: &Connection| !connection.streams.is_empty();
        let ends: Vec<Ends> = self.connections.iter().filter(|(_, one)| open(one)).map(|(ends, _)| *ends).collect();
        for ends in ends {
            while let Some(step) = self.next_step(ends, now_ms) {
                self.hop(step);
            }
        }
    }

    fn next_step(&mut self, ends: Ends, now_ms: u64) -> Option<Step> {
        let budget = &self.devices[ends.0].budget;
        let connection = self.connections.get_mut(&ends).unwrap();
        if connection.in_flight > 0 && connection.in_flight as f64 + STEP_BYTES as f64 > connection.window {
            return None;
        }
        let count = connection.streams.len();
        // The pieces that one request asks for follow each other.
        let follows = |n: usize| {
            let ticket = connection.streams[n].ticket;
            ticket.is_some() && connection.streams[..n].iter().any(|before| before.ticket == ticket)
        };
        let may = |n: &usize| budget.may_write(connection.streams[*n].lane, now_ms).is_ok() && !follows(*n);
        let lane =
            |n: &usize| (connection.streams[*n].lane, (n + count - connection.turn % count.max(1)) % count.max(1));
        let chosen = (0..count).filter(may).min_by_key(lane)?;
        connection.turn = chosen + 1;
        let stream = &mut connection.streams[chosen];
        let bytes = stream.left.min(STEP_BYTES);
        stream.left -= bytes;
        let ends_with = (stream.left == 0).then(|| connection.streams.remove(chosen).payload);
        connection.in_flight += bytes;
        Some(Step { ends, bytes, ends_with, hop: 0 })
    }

    pub(super) fn hop(&mut self, step: Step) {
        let way = (self.route)(step.ends.0, step.ends.1);
        let Some((line, turns)) = way.get(step.hop).copied() else { return self.delivered(step) };
        let line = &mut self.lines[line];
        let connection = self.connections.get_mut(&step.ends).unwrap();
        if line.free_us > self.now_us + QUEUE_US {
            if self.now_us >= connection.lost_us + QUEUE_US {
                connection.lost_us = self.now_us;
                connection.window = (connection.window * 0.7).max(FIRST_WINDOW);
                connection.ceiling = connection.window;
            }
            let again_us = self.now_us + 20_000;
            return self.at(again_us, Event::Hop(step));
        }
        let on_wire = step.bytes as f64 * WIRE;
        line.carried += on_wire as u64;
        line.free_us = line.free_us.max(self.now_us) + (on_wire * turns as f64 * 1_000.0 / line.bytes_per_ms) as u64;
        let is_last = step.hop + 1 == way.len();
        let at_us = line.free_us + if is_last { self.delay_us } else { 0 };
        self.at(at_us, Event::Hop(Step { hop: step.hop + 1, ..step }));
    }
}
