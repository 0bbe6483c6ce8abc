//! Time that is right: whatever a camera's clock says, its photos stand where they belong, on every device.

use glow_api::{
    CameraView, ClockList, ClockPage, ClockPhotos, ClockSet, ClockShow, ClockUndo, ErrorCode, MomentView, PostReceipt,
};
use tests::media::Shot;

use crate::cast::{Person, Play, eventually};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// `2026:06:20 10:00:00`, as a camera at UTC writes a time.
fn written(ms: i64) -> String {
    let (days, seconds) = (ms.div_euclid(DAY), ms.rem_euclid(DAY) / 1_000);
    // Civil from days, by Howard Hinnant's algorithm.
    let z = days + 719_468;
    let (era, day_of_era) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}:{month:02}:{day:02} {:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// A camera, and by how much its clock is wrong: what is to be added to it.
struct Nikon {
    serial: &'static str,
    slow_ms: i64,
}

impl Nikon {
    fn shot(&self, number: u32, really_ms: i64) -> Shot {
        Shot {
            number,
            model: "D750".into(),
            serial: Some(self.serial.into()),
            time: written(really_ms - self.slow_ms),
            offset: Some("+00:00".into()),
            code: None,
        }
    }
}

async fn post(play: &Play, person: &Person, name: &str, shot: &Shot) -> PostReceipt {
    let path = play.file(name, &shot.jpeg().unwrap());
    let receipt = person.try_post(&[&path]).await;
    assert!(receipt.failures.is_empty(), "{:?}", receipt.failures);
    receipt
}

async fn clocks(person: &Person) -> ClockPage {
    person.must(ClockList { group: person.group.clone() }).await
}

async fn cameras(person: &Person) -> Vec<CameraView> {
    clocks(person).await.cameras
}

fn names(moments: &[MomentView]) -> Vec<&str> {
    moments.iter().map(|moment| moment.file_name.as_str()).collect()
}

/// Waits until a device lists these files in this order.
async fn lists(person: &Person, wanted: &[&str]) -> Vec<MomentView> {
    let what = format!("{} lists {wanted:?}", person.name);
    eventually(&what, || async {
        let timeline = person.timeline().await;
        (names(&timeline) == wanted).then_some(timeline)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_photo_of_the_groups_clock_puts_a_camera_right_for_everybody() {
    let play = Play::new();
    let [alice, bob, carol] = play.three().await;
    let shown = alice.must(ClockShow { group: alice.group.clone() }).await;
    let now = shown.at_ms / 1_000 * 1_000;
    let nikon = Nikon { serial: "3001", slow_ms: HOUR + 3 * 60_000 };
    let phone = Shot { model: "Phone".into(), serial: None, ..Nikon { serial: "", slow_ms: 0 }.shot(1, now - HOUR) };
    post(&play, &bob, "before.jpg", &nikon.shot(2, now - HOUR / 2)).await;
    post(&play, &carol, "phone.jpg", &phone).await;
    lists(&alice, &["phone.jpg", "before.jpg"]).await;

    let clock = Shot { code: Some(shown.text), ..nikon.shot(3, now) };
    let receipt = post(&play, &bob, "clock.jpg", &clock).await;
    assert_eq!(receipt.moments, Vec::<String>::new(), "the photo of the clock is not posted");
    let found = &receipt.clocks[0];
    assert!((found.offset_ms - nikon.slow_ms).abs() < 1_000, "{}", found.offset_ms);
    assert!(found.set && found.camera_name == "Lumen D750", "{found:?}");

    post(&play, &bob, "after.jpg", &nikon.shot(4, now - HOUR / 4)).await;
    for person in [&alice, &bob, &carol] {
        let timeline = lists(person, &["after.jpg", "before.jpg", "phone.jpg"]).await;
        assert!((timeline[1].captured_at_ms - (now - HOUR / 2)).abs() < 1_000, "where it belongs");
        assert_eq!(timeline[1].shift_ms, Some(found.offset_ms), "what the camera said is known, too");
        assert_eq!(timeline[2].shift_ms, None);
    }
    let again = post(&play, &bob, "clock.jpg", &clock).await;
    assert!(!again.clocks[0].set, "it was known");

    bob.must(ClockUndo { group: bob.group.clone(), camera: found.camera.clone() }).await;
    lists(&carol, &["phone.jpg", "after.jpg", "before.jpg"]).await;
    bob.must(ClockUndo { group: bob.group.clone(), camera: found.camera.clone() }).await;
    lists(&alice, &["after.jpg", "before.jpg", "phone.jpg"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_of_the_clock_is_posted_only_when_that_was_chosen_and_only_of_this_group() {
    let play = Play::new();
    let mut alice = play.person("alice").await;
    alice.start_group("Anna & Ben").await;
    let ours = alice.must(ClockShow { group: alice.group.clone() }).await;
    let ours_group = alice.group.clone();
    alice.start_group("Another").await;
    let theirs = alice.must(ClockShow { group: alice.group.clone() }).await;
    alice.group = ours_group;
    let nikon = Nikon { serial: "3001", slow_ms: -10 * DAY };
    let other = Shot { code: Some(theirs.text), ..nikon.shot(1, theirs.at_ms) };
    let receipt = post(&play, &alice, "other.jpg", &other).await;
    assert_eq!(
        (receipt.moments.len(), receipt.clocks.len()),
        (1, 0),
        "another group's clock is a photo like any other"
    );
    let page = alice.must(ClockPhotos { group: alice.group.clone(), post: true }).await;
    assert!(page.posts_photos);
    let photo = Shot { code: Some(ours.text), ..nikon.shot(2, ours.at_ms) };
    let receipt = post(&play, &alice, "ours.jpg", &photo).await;
    assert_eq!((receipt.moments.len(), receipt.clocks.len()), (1, 1));
    let moment = alice.moment("ours.jpg").await.unwrap();
    assert!((moment.captured_at_ms - ours.at_ms).abs() < 2_000, "it stands where it belongs itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cameras_of_one_model_are_told_apart_and_their_serial_numbers_stay_home() {
    let play = Play::new();
    let [alice, bob, carol] = play.three().await;
    let base = 1_781_942_400_000;
    let (first, second) = (Nikon { serial: "SN-7001", slow_ms: 0 }, Nikon { serial: "SN-7002", slow_ms: 10 * DAY });
    post(&play, &bob, "first.jpg", &first.shot(1, base)).await;
    post(&play, &bob, "second.jpg", &second.shot(2, base + 60_000)).await;
    let listed = cameras(&bob).await;
    assert_eq!(listed.iter().map(|camera| camera.number).collect::<Vec<_>>(), [Some(1), Some(2)]);
    let wrong = listed.iter().find(|camera| camera.samples[0].file_name == "second.jpg").unwrap();
    let set = ClockSet {
        group: bob.group.clone(),
        camera: wrong.id.clone(),
        offset_ms: second.slow_ms,
        from_ms: None,
        until_ms: None,
    };
    bob.must(set.clone()).await;
    for person in [&alice, &carol] {
        lists(person, &["second.jpg", "first.jpg"]).await;
    }
    let refused = carol.ask(ClockSet { group: carol.group.clone(), ..set.clone() }).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::UnknownCamera, "it is not Carol's to set");
    alice.must(ClockSet { group: alice.group.clone(), offset_ms: 0, ..set }).await;
    lists(&bob, &["first.jpg", "second.jpg"]).await;
    let listed = cameras(&bob).await;
    let wrong = listed.iter().find(|camera| camera.id == wrong.id).unwrap();
    assert_eq!(wrong.set_by.as_deref(), Some("alice"), "a host may, and it is said");
    for (name, shot) in [("first.jpg", first.shot(1, base)), ("second.jpg", second.shot(2, base + 60_000))] {
        let moment = carol.sees(name, |moment| moment.original == glow_api::Held::Complete).await;
        let shared = carol.bytes(&moment.id, glow_api::MediaPart::Original).await;
        for secret in shot.secrets() {
            assert!(!shared.windows(secret.len()).any(|window| window == secret), "{name} tells a secret");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn zones_wrong_clocks_and_a_clock_that_jumps_end_up_in_one_order() {
    let play = Play::new();
    let [alice, bob, carol] = play.three().await;
    let base = 1_781_942_400_000;
    // The same hour, told in three zones: order never follows the wall clock.
    let in_zone = |number: u32, really_ms: i64, hours: i64, offset: &str| Shot {
        number,
        model: format!("Zone {offset}"),
        serial: None,
        time: written(really_ms + hours * HOUR),
        offset: Some(offset.into()),
        code: None,
    };
    post(&play, &carol, "tokyo.jpg", &in_zone(1, base, 9, "+09:00")).await;
    post(&play, &carol, "lima.jpg", &in_zone(2, base + 60_000, -5, "-05:00")).await;
    post(&play, &carol, "berlin.jpg", &in_zone(3, base + 120_000, 2, "+02:00")).await;
    // Ten days fast, then its battery was changed and it began again in 2015.
    let fast = Nikon { serial: "1", slow_ms: -10 * DAY };
    let reset = Nikon { serial: "1", slow_ms: base - 1_420_070_400_000 };
    post(&play, &bob, "fast.jpg", &fast.shot(4, base + 30_000)).await;
    post(&play, &bob, "reset.jpg", &reset.shot(5, base + 90_000)).await;
    lists(&alice, &["fast.jpg", "berlin.jpg", "lima.jpg", "tokyo.jpg", "reset.jpg"]).await;
    let camera = cameras(&bob).await.remove(0).id;
    let set = |offset_ms, from_ms, until_ms| ClockSet {
        group: bob.group.clone(),
        camera: camera.clone(),
        offset_ms,
        from_ms,
        until_ms,
    };
    let year_2020 = 1_577_836_800_000;
    bob.must(set(fast.slow_ms, Some(year_2020), None)).await;
    bob.must(set(reset.slow_ms, None, Some(year_2020))).await;
    for person in [&alice, &bob, &carol] {
        let timeline = lists(person, &["berlin.jpg", "reset.jpg", "lima.jpg", "fast.jpg", "tokyo.jpg"]).await;
        assert_eq!(timeline[3].captured_at_ms, base + 30_000);
    }
}
