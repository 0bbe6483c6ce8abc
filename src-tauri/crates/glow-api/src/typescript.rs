//! Generates `ui/src/ipc/contract.ts` from the types and fails when it is not up to date.
#![allow(clippy::unwrap_used)]

use ts_rs::{Config, TS};

use crate::*;

pub(crate) fn config() -> Config {
    Config::default()
}

fn typescript() -> String {
    let config = config();
    let mut out = String::from(
        "// Generated from src-tauri/crates/glow-api by `npm run contract`. Do not edit.\n/* eslint-disable */\n\n",
    );
    macro_rules! declare {
        ($($t:ty),+ $(,)?) => { $(
            if let Some(docs) = <$t as TS>::docs() { out += &docs; }
            out += "export ";
            out += &<$t as TS>::decl(&config);
            out += "\n\n";
        )+ };
    }
    declare!(
        AppStatus,
        SecretsAt,
        Profile,
        ProfileSet,
        StatusGet,
        GroupCreate,
        GroupList,
        GroupGet,
        GroupJoin,
        GroupLeave,
        GroupLocation,
        GroupPage,
        GroupView,
        GroupPhase,
        InviteCreate,
        InviteList,
        InviteRevoke,
        InviteInspect,
        InvitePreview,
        InvitePage,
        InviteView,
        MemberList,
        MemberPage,
        MemberView,
        Role,
        Presence,
        PeerList,
        PeerPage,
        PeerView,
        StorageGet,
        StorageSet,
        StoragePolicy,
        Keep,
        StorageView,
        Outstanding,
        Blocked,
        TransferView,
        CopiesView,
        TakebackView,
        MomentGet,
        MomentCaption,
        MomentReact,
        MomentFavourite,
        FavouriteView,
        MomentRetract,
        MomentShare,
        ShareChoice,
        MomentKind,
        MediaPart,
        Held,
        MomentView,
        ReactionView,
        StackView,
        Place,
        TimelineQuery,
        TimelineFilter,
        TimelinePage,
        TimelineBuckets,
        BucketPage,
        Bucket,
        TimelineStack,
        StackPage,
        TimelinePlaces,
        PlacePage,
        PlacedMoment,
        TimelineSeen,
        SeenView,
        UploadTarget,
        PostReceipt,
        PostFailure,
        ClipTarget,
        ClipGet,
        ClipClose,
        ClipAbort,
        ClipReceipt,
        LiveClip,
        ClockList,
        ClockSet,
        ClockUndo,
        ClockPhotos,
        ClockShow,
        ClockFace,
        ClockPage,
        CameraView,
        ClockShiftView,
        ClockPhoto,
        WatchGet,
        WatchOff,
        WatchExisting,
        WatchHold,
        WatchView,
        WatchState,
        WatchFile,
        Event,
        JoinStage,
        ApiError,
        ErrorCode
    );
    out + &call::calls_typescript()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the generator is a test: it reads and writes the generated file")]
fn typescript_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../ui/src/ipc/contract.ts");
    let wanted = typescript();
    if std::env::var_os("UPDATE_CONTRACT").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "ui/src/ipc/contract.ts differs from the Rust types: run `npm run contract`");
}
