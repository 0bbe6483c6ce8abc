use super::{
    known::{FIRST_DOOR_WAIT, LONGEST_WAIT, LONGEST_WAIT_LATELY, SLOW},
    *,
};

const DICE: f64 = 0.5;

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn here() -> SocketAddr {
    address("192.168.1.20:4001")
}

fn book() -> AddressBook {
    AddressBook::new(vec![Transport::Tcp, Transport::Quic])
}

fn book_with(found_by: FoundBy, now: Instant) -> AddressBook {
    let mut book = book();
    book.add(&Found::at(vec![here()], found_by), now);
    book
}

fn id(id: usize) -> ConnectionId {
    ConnectionId::new_unchecked(id)
}

fn dial(transport: Transport) -> Dial {
    Dial { address: here(), transport }
}

/// Dials whatever is due and lets it fail at once; answers what was dialled.
fn fail_what_is_due(book: &mut AddressBook, now: Instant, timed_out: bool) -> Vec<Transport> {
    let mut dialled = Vec::new();
    for number in 0.. {
        let wanted = book.anyone();
        let dials = book.due(now, &wanted);
        if dials.is_empty() {
            break;
        }
        for dial in dials {
            dialled.push(dial.transport);
            book.dialling(dial, id(number));
            book.dial_failed(dial.address, id(number), timed_out, now, DICE);
        }
    }
    dialled
}

#[test]
fn quic_follows_tcp_after_a_head_start() {
    let now = Instant::now();
    let mut book = book_with(FoundBy::Manual, now);
    assert_eq!(book.due(now, &book.anyone()), [dial(Transport::Tcp)]);
    book.dialling(dial(Transport::Tcp), id(1));
    assert_eq!(book.due(now, &book.anyone()), []);
    assert_eq!(book.next_due(&book.anyone()), Some(now + HEAD_START));
    assert_eq!(book.due(now + HEAD_START, &book.anyone()), [dial(Transport::Quic)]);
    assert_eq!(book.due(now + HEAD_START, &book.anyone()), []);
}

#[test]
fn quic_is_not_dialled_when_tcp_answers_in_time() {
    let now = Instant::now();
    let mut book = book_with(FoundBy::Manual, now);
    book.due(now, &book.anyone());
    book.dialling(dial(Transport::Tcp), id(1));
    assert!(book.answered(here(), id(1)));
    assert_eq!(book.due(now + HEAD_START, &book.anyone()), []);
}

#[test]
fn quic_is_dialled_at_once_when_tcp_is_refused() {
    let now = Instant::now();
    let mut book = book_with(FoundBy::Manual, now);
    assert_eq!(fail_what_is_due(&mut book, now, false), [Transport::Tcp, Transport::Quic]);
}

#[test]
fn an_answer_after_the_attempt_is_not_wanted() {
    let now = Instant::now();
    let mut book = book_with(FoundBy::Manual, now);
    book.due(now, &book.anyone());
    book.met(here(), PeerId::random(), now);
    assert!(!book.answered(here(), id(2)));
}

#[test]
fn a_transport_that_timed_out_is_not_tried_first_for_ten_minutes() {
    let now = Instant::now();
    let mut book = book_with(FoundBy::Manual, now);
    book.due(now, &book.anyone());
    book.dialling(dial(Transport::Tcp), id(1));
    book.due(now + HEAD_START, &book.anyone());
    book.dialling(dial(Transport::Quic), id(2));
    book.dial_failed(here(), id(1), true, now, DICE);
    book.dial_failed(here(), id(2), false, now, DICE);
    let soon = now + Duration::from_secs(120);
    assert_eq!(book.due(soon, &book.anyone()), [dial(Transport::Quic)]);
    book.met(here(), PeerId::random(), soon);
    assert_eq!(book.due(now + SLOW, &book.anyone()), [dial(Transport::Tcp)]);
}

#[test]
fn waits_double_up_to_a_minute() {
    let mut now = Instant::now();
    let mut book = book_with(FoundBy::Manual, now);
    let mut waits = Vec::new();
    for _ in 0..12 {
        assert_eq!(fail_what_is_due(&mut book, now, false).len(), 2);
        let due = book.next_due(&book.anyone()).unwrap();
        waits.push(due - now);
        now = due;
    }
    assert_eq!(waits[0], FIRST_WAIT);
    assert_eq!(waits[1], 2 * FIRST_WAIT);
    assert_eq!(waits[11], LONGEST_WAIT);
}

#[test]
fn where_a_member_was_met_lately_the_next_try_comes_within_seconds() {
    let mut now = Instant::now();
    let mut book = book_with(FoundBy::Mdns, now);
    let peer = PeerId::random();
    book.met(here(), peer, now);
    book.connected(peer);
    assert_eq!(book.due(now, &book.anyone()), [], "there is nothing to dial while connected");
    assert_eq!(book.next_due(&book.anyone()), None);
    book.lost(peer, now, DICE);
    assert!(book.next_due(&book.anyone()).unwrap() - now < FIRST_WAIT, "at once");
    now += FIRST_WAIT;
    for _ in 0..20 {
        fail_what_is_due(&mut book, now, false);
        let due = book.next_due(&book.anyone()).unwrap();
        assert!(due - now <= LONGEST_WAIT_LATELY.mul_f64(1.25));
        now = due;
    }
}

#[test]
fn an_address_where_nobody_ever_was_is_forgotten() {
    let mut now = Instant::now();
    let mut book = book_with(FoundBy::Exchange, now);
    for _ in 0..PATIENCE {
        fail_what_is_due(&mut book, now, false);
        now += 2 * LONGEST_WAIT;
    }
    assert_eq!(book.next_due(&book.anyone()), None);
    assert_eq!(book.found_by(here()), None);
}

#[test]
fn a_shut_door_waits_longer_and_asks_with_older_keys() {
    let now = Instant::now();
    let keys = [TagKey([1; 32]), TagKey([2; 32]), TagKey([3; 32])];
    let mut book = book_with(FoundBy::Manual, now);
    let mut tried = Vec::new();
    let mut at = now;
    for number in 0..4 {
        book.due(at, &book.anyone());
        book.dialling(dial(Transport::Tcp), id(number));
        book.answered(here(), id(number));
        tried.push(book.key(here(), keys[0].clone(), &keys));
        book.door_shut(here(), id(number), at, DICE);
        at = book.next_due(&book.anyone()).unwrap();
    }
    let [one, two, three] = keys;
    assert_eq!(tried, [one.clone(), two, three, one]);
    assert_eq!(at - now, FIRST_DOOR_WAIT * (1 + 2 + 4 + 8));
}

#[test]
fn the_key_whose_tag_was_announced_is_tried_first() {
    let now = Instant::now();
    let mut book = book();
    let old = TagKey([2; 32]);
    let found =
        Found { key: Some(old.clone()), peer: Some(PeerId::random()), ..Found::at(vec![here()], FoundBy::Mdns) };
    book.add(&found, now);
    assert_eq!(book.key(here(), TagKey([1; 32]), &[]), old);
}

#[test]
fn with_links_enough_only_addresses_that_people_named_are_dialled() {
    let now = Instant::now();
    for (found_by, dialled) in [(FoundBy::Mdns, false), (FoundBy::Exchange, false), (FoundBy::Manual, true)] {
        let mut book = book_with(found_by, now);
        assert_eq!(book.next_due(&Wanted::default()).is_some(), dialled);
        assert_eq!(!book.due(now, &Wanted::default()).is_empty(), dialled, "{found_by:?}");
    }
}

#[test]
fn a_device_announced_under_a_new_key_is_dialled_at_once() {
    let now = Instant::now();
    let mut book = book_with(FoundBy::Mdns, now);
    let old = PeerId::random();
    book.met(here(), old, now);
    book.connected(old);
    let found = Found { peer: Some(PeerId::random()), ..Found::at(vec![here()], FoundBy::Mdns) };
    book.add(&found, now);
    assert_eq!(book.due(now, &book.anyone()), [dial(Transport::Tcp)]);
}

#[test]
fn a_device_that_was_sent_away_is_left_alone() {
    let now = Instant::now();
    let mut book = book_with(FoundBy::Mdns, now);
    let peer = PeerId::random();
    book.met(here(), peer, now);
    book.connected(peer);
    book.lost(peer, now, DICE);
    book.send_away(peer, now);
    assert_eq!(book.next_due(&book.anyone()), Some(now + SENT_AWAY));
}

#[test]
fn a_change_of_network_makes_everything_due() {
    let now = Instant::now();
    let mut book = book_with(FoundBy::Manual, now);
    fail_what_is_due(&mut book, now, true);
    assert_eq!(book.due(now, &book.anyone()), []);
    book.hurry(now);
    assert_eq!(book.due(now, &book.anyone()), [dial(Transport::Tcp)]);
}

#[test]
fn the_book_is_bounded() {
    let now = Instant::now();
    let mut book = book();
    for port in 1..=3_000 {
        book.add(&Found::at(vec![address(&format!("10.0.0.1:{port}"))], FoundBy::Mdns), now);
    }
    assert_eq!(book.due(now, &book.anyone()).len(), ADDRESSES);
}

#[test]
fn where_a_device_was_before_it_restarted_it_is_forgotten() {
    let mut now = Instant::now();
    let mut book = book_with(FoundBy::Mdns, now);
    let old = PeerId::random();
    book.met(here(), old, now);
    book.connected(old);
    book.lost(old, now, DICE);
    book.replaced(old);
    for _ in 0..PATIENCE {
        now += 2 * LONGEST_WAIT;
        fail_what_is_due(&mut book, now, false);
    }
    assert_eq!(book.found_by(here()), None);
}

#[test]
fn who_announces_itself_again_is_dialled_soon() {
    let mut now = Instant::now();
    let mut book = book_with(FoundBy::Mdns, now);
    for _ in 0..PATIENCE - 2 {
        fail_what_is_due(&mut book, now, false);
        now = book.next_due(&book.anyone()).unwrap();
    }
    fail_what_is_due(&mut book, now, false);
    assert_eq!(book.next_due(&book.anyone()), Some(now + LONGEST_WAIT));
    book.add(&Found::at(vec![here()], FoundBy::Mdns), now);
    assert_eq!(book.next_due(&book.anyone()), Some(now + LONGEST_WAIT_LATELY));
}

#[test]
fn of_addresses_where_nobody_is_known_only_so_many_are_tried_at_a_time() {
    let now = Instant::now();
    let mut book = book();
    let addresses: Vec<SocketAddr> = (1..=20).map(|port| address(&format!("10.0.0.1:{port}"))).collect();
    book.add(&Found::at(addresses.clone(), FoundBy::Remembered), now);
    let three = Wanted { peers: BTreeSet::new(), strangers: 3 };
    let dials = book.due(now, &three);
    assert_eq!(dials.len(), 3);
    assert_eq!(book.due(now, &three), [], "three are tried");
    book.dialling(dials[0], id(1));
    book.met(dials[0].address, PeerId::random(), now);
    assert_eq!(book.due(now, &three).len(), 1, "another one in the place of the one that was met");
}

#[test]
fn of_those_announced_only_the_wanted_are_dialled() {
    let now = Instant::now();
    let mut book = book();
    let peers: Vec<PeerId> = (0..4).map(|_| PeerId::random()).collect();
    for (port, peer) in (1..).zip(&peers) {
        let at = vec![address(&format!("10.0.0.1:{port}"))];
        book.add(&Found { peer: Some(*peer), ..Found::at(at, FoundBy::Mdns) }, now);
    }
    let dials = book.due(now, &Wanted { peers: [peers[2]].into(), strangers: 9 });
    assert_eq!(dials.iter().map(|dial| dial.address.port()).collect::<Vec<_>>(), [3]);
}

#[test]
fn what_others_tell_counts_when_it_is_newer() {
    let now = Instant::now();
    let mut book = book();
    let (old, new) = (PeerId::random(), PeerId::random());
    let told = |peer, seen| Found { peer: Some(peer), seen: Some(seen), ..Found::at(vec![here()], FoundBy::Exchange) };
    let at = |seconds| now + Duration::from_secs(seconds);
    book.add(&told(new, at(60)), at(70));
    book.add(&told(old, at(50)), at(70));
    assert_eq!(book.sightings(at(70)).map(|sighting| sighting.peer).collect::<Vec<_>>(), [new]);
    fail_what_is_due(&mut book, at(71), false);
    assert_eq!(book.sightings(at(72)).count(), 0, "whoever did not answer is not recommended");
    book.add(&told(new, at(60)), at(72));
    assert_eq!(book.sightings(at(72)).count(), 0, "that was before");
    book.add(&told(new, at(75)), at(76));
    assert_eq!(book.sightings(at(76)).count(), 1, "somebody has met it since");
    assert_eq!(book.sightings(at(76) + FRESH).count(), 0, "what is long ago is not passed on");
}

#[test]
fn the_transport_that_was_faster_there_is_tried_first() {
    let now = Instant::now();
    let mut book = book_with(FoundBy::Manual, now);
    book.measured(here(), Transport::Quic, 9_000_000);
    assert_eq!(book.due(now, &book.anyone()), [dial(Transport::Tcp)], "as long as nothing is known of TCP");
    book.measured(here(), Transport::Tcp, 1_000_000);
    book.met(here(), PeerId::random(), now);
    assert_eq!(book.due(now, &book.anyone()), [dial(Transport::Quic)]);
}
