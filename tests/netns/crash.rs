//! A node that ends without warning, in the middle of everything.

use std::time::Duration;

use tests::poll;

use crate::cast::{BOUND, Cast, home};

const TRANSFER: Duration = Duration::from_secs(90);

#[test]
fn a_receiver_killed_in_the_middle_completes_after_its_restart() {
    // Slow enough that the middle is not over before it is noticed.
    let Some(mut cast) = Cast::start(home(3).rate_up_mbit(20.0)) else { return };
    cast.gather();
    let photos = cast.photos(0..10);
    cast.post(0, &photos);
    let some = |cast: &Cast| {
        Ok(cast.nodes[2].timeline()?.iter().any(|moment| matches!(moment.original, glow_api::Held::Complete)))
    };
    poll::until_true("carol has one original", BOUND, || some(&cast)).unwrap();
    cast.nodes[2].kill().unwrap();

    cast.nodes[2].start().unwrap();
    cast.all_well(TRANSFER);
    cast.exports_hold();
    cast.finish(BOUND);
}

#[test]
fn an_author_killed_while_posting_loses_nothing_acknowledged() {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    cast.gather();
    let photos = cast.photos(10..20);
    let paths = photos.iter().map(|photo| photo.path.display().to_string()).collect::<Vec<_>>();
    let mut arguments = vec!["post"];
    arguments.extend(paths.iter().map(String::as_str));
    let mut posting = cast.nodes[0].command(&arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
    poll::until_true("two are on the timeline", BOUND, || Ok(cast.nodes[0].timeline()?.len() >= 2)).unwrap();
    let acknowledged = cast.nodes[0].timeline().unwrap();
    cast.nodes[0].kill().unwrap();
    posting.wait().unwrap();

    cast.nodes[0].start().unwrap();
    let kept = cast.nodes[0].timeline().unwrap();
    for moment in &acknowledged {
        assert!(kept.iter().any(|other| other.id == moment.id), "{} was shown and is lost", moment.file_name);
    }
    // Posting again adds what is missing, and nothing twice.
    cast.posted[0].clear();
    cast.post(0, &photos);
    cast.all_well(TRANSFER);
    cast.exports_hold();
    cast.finish(BOUND);
}
