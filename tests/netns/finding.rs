//! How members find and reach each other: three nodes, one way left open at a time.

use crate::cast::{BOUND, Cast, home, without_addresses};

#[test]
fn three_nodes_find_each_other_by_mdns_alone() {
    let Some(mut cast) = Cast::start(home(3)) else { return };
    let link = without_addresses(&cast.start_group());
    for node in &cast.nodes[1..] {
        node.call(&["join", &link]).unwrap();
    }
    each_posts_one(&mut cast);
    let found_by = ways(&cast, "found_by");
    assert!(found_by.iter().any(|way| way == "mdns"), "{found_by:?}");
    assert!(!found_by.iter().any(|way| way == "invite" || way == "manual"), "{found_by:?}");
    cast.finish(BOUND);
}

#[test]
fn with_multicast_blocked_the_address_in_the_invite_leads_in() {
    let Some(mut cast) = Cast::start_after(home(3), |lan| lan.block_multicast(true).unwrap()) else { return };
    cast.gather();
    each_posts_one(&mut cast);
    let found_by = ways(&cast, "found_by");
    assert!(!found_by.iter().any(|way| way == "mdns"), "multicast is blocked: {found_by:?}");
    cast.finish(BOUND);
}

#[test]
fn with_udp_blocked_everything_goes_over_tcp() {
    let block = |lan: &lanbox::Lan| {
        lan.block_udp(true).unwrap();
        lan.block_multicast(true).unwrap();
    };
    let Some(mut cast) = Cast::start_after(home(3), block) else { return };
    cast.gather();
    each_posts_one(&mut cast);
    let transports = ways(&cast, "transport");
    assert!(!transports.is_empty() && transports.iter().all(|way| way == "tcp"), "{transports:?}");
    cast.finish(BOUND);
}

#[test]
fn without_tcp_everything_goes_over_quic() {
    let Some(mut cast) = Cast::start_with(home(3), &["--no-tcp"]) else { return };
    cast.gather();
    each_posts_one(&mut cast);
    let transports = ways(&cast, "transport");
    assert!(!transports.is_empty() && transports.iter().all(|way| way == "quic"), "{transports:?}");
    cast.finish(BOUND);
}

fn each_posts_one(cast: &mut Cast) {
    for host in 0..cast.nodes.len() {
        let number = [1, 5, 11][host];
        let photo = cast.studio.photo(number).unwrap();
        cast.post(host, &[photo]);
    }
    cast.all_well(BOUND);
    cast.exports_hold();
}

/// One property of every live connection of every node.
fn ways(cast: &Cast, property: &str) -> Vec<String> {
    let all = (0..cast.nodes.len()).flat_map(|host| cast.peers(host));
    all.map(|peer| peer[property].as_str().unwrap().to_owned()).collect()
}
