//! A radio that loses, repeats and overtakes.

use std::time::{Duration, Instant};

use glow_api::{MomentCaption, MomentGet};
use lanbox::Lan;
use tests::control::Control;
use tests::poll;

use crate::cast::{BOUND, Cast, home};

/// Photos of a megapixel that each round posts.
const PHOTOS: u32 = 4;
const MEGAPIXELS: u32 = 1;
/// Until everything is everywhere at a third of all frames lost: TCP gives up most of its rate.
const LOSSY: Duration = Duration::from_secs(240);
/// What a word may take then.
const WORD: Duration = Duration::from_secs(10);

#[test]
fn whatever_part_of_the_frames_is_lost_everything_arrives() {
    rounds(&[0.01, 0.05, 0.1]);
}

#[test]
#[ignore = "takes minutes: npm run torture"]
fn with_a_third_of_the_frames_lost_words_come_soon_and_photos_come() {
    rounds(&[0.3]);
}

#[test]
fn frames_that_come_twice_or_overtake_each_other_make_nothing_double() {
    let Some(mut cast) = Cast::start(home(3).duplicates(0.1).jitter_ms(15.0)) else { return };
    cast.gather();
    let photos = cast.photos(0..6);
    cast.post_at_once(photos.chunks(2).map(<[_]>::to_vec).collect());
    cast.all_well(LOSSY);
    let stats = cast.lan.stats().unwrap();
    assert!(stats.duplicates > 100, "frames were repeated: {}", stats.duplicates);
    cast.exports_hold();
    cast.finish(BOUND);
}

/// One group through a round without loss and one for each of these, each from a member of its own; how much longer each took
/// is told, that everything arrives is asserted.
fn rounds(losses: &[f64]) {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    cast.gather();
    let calm = round(&mut cast, 0, 0.0);
    for (number, loss) in losses.iter().enumerate() {
        let took = round(&mut cast, 1 + number as u32, *loss);
        let factor = took.as_secs_f64() / calm.as_secs_f64();
        eprintln!("{:.0} % lost: {took:?}, {factor:.2} times the {calm:?} without", loss * 100.0);
    }
    let lan: &Lan = &cast.lan;
    lan.set_loss(None, 0.3).unwrap();
    say_something(&cast);
    lan.set_loss(None, 0.0).unwrap();
    assert!(lan.stats().unwrap().loss_drops > 0, "frames were lost");
    cast.exports_hold();
    cast.finish(BOUND);
}

fn round(cast: &mut Cast, number: u32, loss: f64) -> Duration {
    let photos =
        (number * PHOTOS..(number + 1) * PHOTOS).map(|n| cast.studio.photo_sized(100 + n, MEGAPIXELS).unwrap());
    let photos = photos.collect::<Vec<_>>();
    cast.lan.set_loss(None, loss).unwrap();
    let start = Instant::now();
    cast.post(number as usize % 3, &photos);
    cast.all_well(LOSSY);
    start.elapsed()
}

/// A caption of alice is at carol's soon, whatever part of the frames is lost.
fn say_something(cast: &Cast) {
    const TEXT: &str = "can you hear me?";
    let connect = |host: usize| Control::connect(&cast.nodes[host].data_dir()).unwrap();
    let (mut alice, mut carol) = (connect(0), connect(2));
    let groups = alice.call(glow_api::GroupList {}).unwrap();
    let group = groups["groups"][0]["id"].as_str().unwrap().to_owned();
    let timeline = cast.nodes[0].timeline().unwrap();
    let moment = timeline.iter().find(|moment| moment.mine).unwrap().id.clone();
    let caption = MomentCaption { group: group.clone(), moment: moment.clone(), text: TEXT.into() };
    alice.call(caption).unwrap();
    poll::until_true("carol reads it", WORD, || {
        let view = carol.call(MomentGet { group: group.clone(), moment: moment.clone() })?;
        Ok(view["caption"] == TEXT)
    })
    .unwrap();
}
