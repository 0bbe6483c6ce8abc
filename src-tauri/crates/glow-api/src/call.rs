//! The list of all requests: one line a call. The enums, the trait and the TypeScript all come from it.

use serde::{Deserialize, Serialize};

use crate::{
    AlbumGet, AlbumShare, AlbumView, AppStatus, BoxGet, BoxSet, BoxView, BucketPage, CardView, ClipAbort, ClipClose,
    ClipGet, ClipReceipt, ClockFace, ClockList, ClockPage, ClockPhotos, ClockSet, ClockShow, ClockUndo, DiagnosticsGet,
    DiagnosticsView, FavouriteView, GroupCreate, GroupGet, GroupJoin, GroupLeave, GroupList, GroupLocation, GroupPage,
    GroupView, GuestAbort, GuestClose, GuestEnter, GuestFinish, GuestJudge, GuestList, GuestMedia, GuestMediaPage,
    GuestOpen, GuestPage, GuestSaidView, GuestSay, GuestShow, GuestUpload, GuestUploadView, GuestWelcome, ImmichStart,
    InviteCard, InviteCreate, InviteInspect, InviteList, InvitePage, InvitePreview, InviteRevoke, InviteView, JobGet,
    JobPage, JobStop, MemberList, MemberPage, MomentCaption, MomentFavourite, MomentGet, MomentHold, MomentPrint,
    MomentReact, MomentRetract, MomentShare, MomentView, PeerList, PeerPage, PlacePage, PostReceipt, Printing, Profile,
    ProfileSet, ScreenGet, ScreenView, SeenView, ShareView, StackPage, StatusGet, StorageGet, StorageSet, StorageView,
    TimelineBuckets, TimelinePage, TimelinePlaces, TimelineQuery, TimelineSeen, TimelineStack, WatchExisting, WatchGet,
    WatchHold, WatchOff, WatchView,
};

/// One request type: it knows its name on the wire and the type of its reply.
pub trait Call: Into<Request> {
    /// What the engine answers.
    type View;
    /// The name on the wire, `noun.verb`.
    const NAME: &'static str;
    /// The view inside a reply to this request; nothing when the reply belongs to another request.
    fn view(reply: Reply) -> Option<Self::View>;
}

/// Who asks. The engine decides by it what is allowed; hosts only pass it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// The owner of this device: may do everything.
    Owner,
    /// Somebody in a browser, let in at the door of one group: may do what that door and the group allow.
    Guest(GuestTicket),
}

/// One session of a guest, as the engine gave it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuestTicket(pub u64);

macro_rules! calls {
    ($( $name:literal $request:ident => $reply:ident ),+ $(,)?) => {
        /// Every request a host can make.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "call", content = "args")]
        pub enum Request {
            $(
                #[doc = concat!("`", $name, "`")]
                #[serde(rename = $name)]
                $request($request),
            )+
        }

        /// What the engine answers, one variant a request. In JSON it is the bare view.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(untagged)]
        pub enum Reply {
            $(
                #[doc = concat!("The reply to `", $name, "`")]
                $request(Box<$reply>),
            )+
        }

        impl Request {
            /// The name on the wire, for logs.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self { $( Request::$request(_) => $name, )+ }
            }
        }

        $(
            impl From<$request> for Request {
                fn from(request: $request) -> Self { Request::$request(request) }
            }

            impl Call for $request {
                type View = $reply;
                const NAME: &'static str = $name;
                fn view(reply: Reply) -> Option<$reply> {
                    match reply {
                        Reply::$request(view) => Some(*view),
                        _ => None,
                    }
                }
            }
        )+

        #[cfg(test)]
        pub(crate) fn calls_typescript() -> String {
            use ts_rs::TS;
            let config = crate::typescript::config();
            let mut out = String::from("export interface Calls {\n");
            $( out += &format!("  \"{}\": {{ args: {}; reply: {} }};\n", $name, <$request>::name(&config), <$reply>::name(&config)); )+
            out + "}\n"
        }
    };
}

calls! {
    "app.status" StatusGet => AppStatus,
    "app.diagnostics" DiagnosticsGet => DiagnosticsView,
    "profile.set" ProfileSet => Profile,
    "group.create" GroupCreate => GroupView,
    "group.list" GroupList => GroupPage,
    "group.get" GroupGet => GroupView,
    "group.join" GroupJoin => GroupView,
    "group.leave" GroupLeave => GroupPage,
    "group.location" GroupLocation => GroupView,
    "invite.create" InviteCreate => InviteView,
    "invite.list" InviteList => InvitePage,
    "invite.revoke" InviteRevoke => InvitePage,
    "invite.inspect" InviteInspect => InvitePreview,
    "invite.card" InviteCard => CardView,
    "guest.open" GuestOpen => GuestPage,
    "guest.close" GuestClose => GuestPage,
    "guest.list" GuestList => GuestPage,
    "guest.judge" GuestJudge => GuestPage,
    "guest.enter" GuestEnter => GuestWelcome,
    "guest.media" GuestMedia => GuestMediaPage,
    "guest.say" GuestSay => GuestSaidView,
    "guest.upload" GuestUpload => GuestUploadView,
    "guest.show" GuestShow => GuestUploadView,
    "guest.finish" GuestFinish => GuestUploadView,
    "guest.abort" GuestAbort => GuestUploadView,
    "member.list" MemberList => MemberPage,
    "peer.list" PeerList => PeerPage,
    "album.get" AlbumGet => AlbumView,
    "album.share" AlbumShare => ShareView,
    "album.job" JobGet => JobPage,
    "album.stop" JobStop => JobPage,
    "album.immich" ImmichStart => JobPage,
    "storage.get" StorageGet => StorageView,
    "storage.set" StorageSet => StorageView,
    "timeline.page" TimelineQuery => TimelinePage,
    "timeline.buckets" TimelineBuckets => BucketPage,
    "timeline.stack" TimelineStack => StackPage,
    "timeline.places" TimelinePlaces => PlacePage,
    "timeline.seen" TimelineSeen => SeenView,
    "moment.get" MomentGet => MomentView,
    "moment.caption" MomentCaption => MomentView,
    "moment.react" MomentReact => MomentView,
    "moment.favourite" MomentFavourite => FavouriteView,
    "moment.hold" MomentHold => MomentView,
    "moment.print" MomentPrint => Printing,
    "moment.retract" MomentRetract => MomentView,
    "moment.share" MomentShare => MomentView,
    "box.get" BoxGet => BoxView,
    "box.set" BoxSet => BoxView,
    "screen.get" ScreenGet => ScreenView,
    "clip.get" ClipGet => ClipReceipt,
    "clip.close" ClipClose => PostReceipt,
    "clip.abort" ClipAbort => ClipReceipt,
    "clock.list" ClockList => ClockPage,
    "clock.set" ClockSet => ClockPage,
    "clock.undo" ClockUndo => ClockPage,
    "clock.photos" ClockPhotos => ClockPage,
    "clock.show" ClockShow => ClockFace,
    "watch.get" WatchGet => WatchView,
    "watch.off" WatchOff => WatchView,
    "watch.existing" WatchExisting => WatchView,
    "watch.hold" WatchHold => WatchView,
}
