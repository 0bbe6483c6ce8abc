//! What hosts can ask, one file a noun. Features do not know each other; they share the group and the views.

mod app;
mod clip;
mod clock;
mod favourite;
mod group;
mod invite;
mod member;
mod moment;
mod storage;
mod timeline;
mod watch;

pub(crate) use app::profile;
use glow_api::{Reply, Request};

use crate::{engine::Engine, error::ApiResult};

/// Lets the feature of the request's noun answer.
pub(crate) async fn answer(engine: &Engine, request: Request) -> ApiResult<Reply> {
    macro_rules! reply {
        ($variant:ident, $answer:expr) => {
            $answer.await.map(|view| Reply::$variant(Box::new(view)))
        };
    }
    match request {
        Request::StatusGet(_) => reply!(StatusGet, app::status(engine)),
        Request::ProfileSet(set) => reply!(ProfileSet, app::set_profile(engine, set)),
        Request::GroupCreate(create) => reply!(GroupCreate, group::create(engine, create)),
        Request::GroupList(_) => reply!(GroupList, group::list(engine)),
        Request::GroupGet(get) => reply!(GroupGet, group::get(engine, get)),
        Request::GroupJoin(join) => reply!(GroupJoin, group::join(engine, join)),
        Request::GroupLeave(leave) => reply!(GroupLeave, group::leave(engine, leave)),
        Request::GroupLocation(location) => reply!(GroupLocation, group::set_location(engine, location)),
        Request::InviteCreate(create) => reply!(InviteCreate, invite::create(engine, create)),
        Request::InviteList(list) => reply!(InviteList, invite::list(engine, list)),
        Request::InviteRevoke(revoke) => reply!(InviteRevoke, invite::revoke(engine, revoke)),
        Request::InviteInspect(inspect) => reply!(InviteInspect, invite::inspect(engine, inspect)),
        Request::MemberList(list) => reply!(MemberList, member::list(engine, list)),
        Request::PeerList(list) => reply!(PeerList, member::peers(engine, list)),
        Request::StorageGet(get) => reply!(StorageGet, storage::get(engine, get)),
        Request::StorageSet(set) => reply!(StorageSet, storage::set(engine, set)),
        Request::TimelineQuery(query) => reply!(TimelineQuery, timeline::page(engine, query)),
        Request::TimelineBuckets(buckets) => {
            reply!(TimelineBuckets, timeline::buckets(engine, buckets))
        }
        Request::TimelineStack(stack) => reply!(TimelineStack, timeline::stack(engine, stack)),
        Request::TimelinePlaces(places) => reply!(TimelinePlaces, timeline::places(engine, places)),
        Request::TimelineSeen(seen) => reply!(TimelineSeen, timeline::seen(engine, seen)),
        Request::MomentGet(get) => reply!(MomentGet, moment::get(engine, get)),
        Request::MomentCaption(caption) => reply!(MomentCaption, moment::caption(engine, caption)),
        Request::MomentReact(react) => reply!(MomentReact, moment::react(engine, react)),
        Request::MomentFavourite(favourite) => reply!(MomentFavourite, favourite::set(engine, favourite)),
        Request::MomentRetract(retract) => reply!(MomentRetract, moment::retract(engine, retract)),
        Request::MomentShare(share) => reply!(MomentShare, moment::share(engine, share)),
        Request::ClipGet(get) => reply!(ClipGet, clip::get(engine, get)),
        Request::ClipClose(close) => reply!(ClipClose, clip::close(engine, close)),
        Request::ClipAbort(abort) => reply!(ClipAbort, clip::abort(engine, abort)),
        Request::ClockList(list) => reply!(ClockList, clock::list(engine, list)),
        Request::ClockSet(set) => reply!(ClockSet, clock::set(engine, set)),
        Request::ClockUndo(undo) => reply!(ClockUndo, clock::undo(engine, undo)),
        Request::ClockPhotos(photos) => reply!(ClockPhotos, clock::photos(engine, photos)),
        Request::ClockShow(show) => reply!(ClockShow, clock::show(engine, show)),
        Request::WatchGet(get) => reply!(WatchGet, watch::get(engine, get)),
        Request::WatchOff(off) => reply!(WatchOff, watch::off(engine, off)),
        Request::WatchExisting(existing) => reply!(WatchExisting, watch::existing(engine, existing)),
        Request::WatchHold(hold) => reply!(WatchHold, watch::hold(engine, hold)),
    }
}
