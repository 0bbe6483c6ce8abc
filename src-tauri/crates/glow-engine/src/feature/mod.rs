//! What hosts can ask, one file a noun. Features do not know each other; they share the group and the views.

mod album;
mod app;
mod clip;
mod clock;
mod diagnostics;
mod favourite;
mod group;
mod guest;
mod invite;
mod member;
mod moment;
mod screen;
mod storage;
mod timeline;
mod venue;
mod watch;

pub(crate) use app::profile;
use glow_api::{ApiError, ErrorCode, GuestTicket, Reply, Request, TimelineFilter};
use glow_model::limits;

use crate::{
    engine::Engine,
    error::{ApiResult, bad_request},
    guest::Visit,
    view::Viewer,
};

macro_rules! reply {
    ($variant:ident, $answer:expr) => {
        $answer.await.map(|view| Reply::$variant(Box::new(view)))
    };
}

/// Lets the feature of the request's noun answer the owner of the device.
pub(crate) async fn answer(engine: &Engine, request: Request) -> ApiResult<Reply> {
    match request {
        Request::StatusGet(_) => reply!(StatusGet, app::status(engine)),
        Request::DiagnosticsGet(_) => reply!(DiagnosticsGet, diagnostics::get(engine)),
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
        Request::InviteCard(card) => reply!(InviteCard, invite::card(engine, card)),
        Request::GuestOpen(open) => reply!(GuestOpen, guest::open(engine, open)),
        Request::GuestClose(close) => reply!(GuestClose, guest::close(engine, close)),
        Request::GuestList(list) => reply!(GuestList, guest::list(engine, list)),
        Request::GuestJudge(judge) => reply!(GuestJudge, guest::judge(engine, judge)),
        Request::GuestEnter(_)
        | Request::GuestMedia(_)
        | Request::GuestSay(_)
        | Request::GuestUpload(_)
        | Request::GuestShow(_)
        | Request::GuestFinish(_)
        | Request::GuestAbort(_) => Err(bad_request("only guests ask that")),
        Request::MemberList(list) => reply!(MemberList, member::list(engine, list)),
        Request::PeerList(list) => reply!(PeerList, member::peers(engine, list)),
        Request::AlbumGet(get) => reply!(AlbumGet, album::get(engine, get)),
        Request::AlbumShare(asked) => reply!(AlbumShare, album::share(engine, asked)),
        Request::JobGet(get) => reply!(JobGet, album::job(engine, get)),
        Request::JobStop(stop) => reply!(JobStop, album::stop(engine, stop)),
        Request::ImmichStart(start) => reply!(ImmichStart, album::immich(engine, start)),
        Request::StorageGet(get) => reply!(StorageGet, storage::get(engine, get)),
        Request::StorageSet(set) => reply!(StorageSet, storage::set(engine, set)),
        Request::TimelineQuery(query) => reply!(TimelineQuery, timeline::page(engine, Viewer::Owner, query)),
        Request::TimelineBuckets(buckets) => {
            reply!(TimelineBuckets, timeline::buckets(engine, buckets))
        }
        Request::TimelineStack(stack) => reply!(TimelineStack, timeline::stack(engine, stack)),
        Request::TimelinePlaces(places) => reply!(TimelinePlaces, timeline::places(engine, places)),
        Request::TimelineSeen(seen) => reply!(TimelineSeen, timeline::seen(engine, seen)),
        Request::MomentGet(get) => reply!(MomentGet, moment::get(engine, Viewer::Owner, get)),
        Request::MomentCaption(caption) => reply!(MomentCaption, moment::caption(engine, caption)),
        Request::MomentReact(react) => reply!(MomentReact, moment::react(engine, react)),
        Request::MomentFavourite(favourite) => reply!(MomentFavourite, favourite::set(engine, favourite)),
        Request::MomentHold(hold) => reply!(MomentHold, moment::hold(engine, hold)),
        Request::MomentPrint(print) => reply!(MomentPrint, venue::print(engine, print)),
        Request::MomentRetract(retract) => reply!(MomentRetract, moment::retract(engine, retract)),
        Request::MomentShare(share) => reply!(MomentShare, moment::share(engine, share)),
        Request::BoxGet(_) => reply!(BoxGet, venue::get(engine)),
        Request::BoxSet(set) => reply!(BoxSet, venue::set(engine, set)),
        Request::ScreenGet(get) => reply!(ScreenGet, screen::get(engine, get)),
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

/// Lets the feature of the request's noun answer a guest: what is not named here a guest may not ask.
pub(crate) async fn answer_guest(engine: &Engine, ticket: GuestTicket, request: Request) -> ApiResult<Reply> {
    if let Request::GuestEnter(enter) = request {
        return reply!(GuestEnter, guest::enter(engine, ticket, enter));
    }
    let visit = engine.visit(ticket).await?;
    let viewer = Viewer::Guest(visit.key);
    match request {
        Request::TimelineQuery(mut query) => {
            require_here(&visit, &query.group)?;
            query.limit = query.limit.min(limits::GUEST_PAGE);
            query.filter = public(query.filter);
            reply!(TimelineQuery, timeline::page(engine, viewer, query))
        }
        Request::TimelineBuckets(mut buckets) => {
            require_here(&visit, &buckets.group)?;
            buckets.filter = public(buckets.filter);
            reply!(TimelineBuckets, timeline::buckets(engine, buckets))
        }
        Request::MomentGet(get) => {
            require_here(&visit, &get.group)?;
            reply!(MomentGet, moment::get(engine, viewer, get))
        }
        Request::ScreenGet(get) => {
            require_here(&visit, &get.group)?;
            reply!(ScreenGet, screen::get_at_door(&visit))
        }
        Request::GuestMedia(media) => {
            require_here(&visit, &media.group)?;
            reply!(GuestMedia, guest::media(&visit, media))
        }
        Request::GuestSay(say) => {
            require_here(&visit, &say.group)?;
            reply!(GuestSay, guest::say(&visit, say))
        }
        Request::GuestUpload(upload) => {
            require_here(&visit, &upload.group)?;
            reply!(GuestUpload, guest::upload(&visit, upload))
        }
        Request::GuestShow(show) => {
            require_here(&visit, &show.group)?;
            reply!(GuestShow, guest::show(&visit, show))
        }
        Request::GuestFinish(finish) => {
            require_here(&visit, &finish.group)?;
            reply!(GuestFinish, guest::finish(engine, &visit, finish))
        }
        Request::GuestAbort(abort) => {
            require_here(&visit, &abort.group)?;
            reply!(GuestAbort, guest::abort(&visit, abort))
        }
        other => Err(ApiError::new(ErrorCode::NotAllowed, format!("guests may not ask {}", other.name()))),
    }
}

fn require_here(visit: &Visit, group: &str) -> ApiResult<()> {
    if visit.group.id.to_string() == group {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::NotAllowed, "a guest sees the group whose door it came through, and no other"))
}

/// A filter without what only the owner of the device knows.
fn public(filter: TimelineFilter) -> TimelineFilter {
    TimelineFilter { favourites: false, stacked: false, received_after_ms: None, ..filter }
}
