//! One moment: captions, reactions, taking back, and the question whether to share an original.

use std::sync::Arc;

use glow_api::{
    ApiError, ErrorCode, MomentCaption, MomentGet, MomentHold, MomentReact, MomentRetract, MomentShare, MomentView,
    ShareChoice,
};
use glow_model::{Body, Caption, Hold, ModelError, OperationId, OriginalAdded, Reaction, Retract, clean_text, limits};
use glow_store::{LocalCapture, MomentRow, Part};

use crate::{
    engine::Engine,
    error::{ApiResult, IntoApi, bad_request, blocking},
    group::Group,
    pipeline::seal,
    view::{self, Beside, Viewer},
};

pub(super) async fn get(engine: &Engine, viewer: Viewer, get: MomentGet) -> ApiResult<MomentView> {
    let (group, id) = find(engine, &get.group, &get.moment)?;
    view_for(&group, viewer, id).await
}

pub(super) async fn caption(engine: &Engine, caption: MomentCaption) -> ApiResult<MomentView> {
    let (group, id) = find(engine, &caption.group, &caption.moment)?;
    let text = clean_text(&caption.text, limits::CAPTION_CHARS).ok_or_else(|| {
        ApiError::new(ErrorCode::BadText, "the caption is longer than 2,000 characters")
            .with("max", limits::CAPTION_CHARS)
    })?;
    let row = row(&group, id).await?;
    require_author_or_host(&group, &row, "write a caption")?;
    if row.caption != text {
        group.author(Body::Caption(Caption { moment: id, replaces: row.caption_head, text }), None).await?;
    }
    view_of(&group, id).await
}

pub(super) async fn react(engine: &Engine, react: MomentReact) -> ApiResult<MomentView> {
    let (group, id) = find(engine, &react.group, &react.moment)?;
    row(&group, id).await?;
    let emoji = clean_text(&react.emoji, limits::EMOJI_BYTES).unwrap_or_default();
    let body = Body::Reaction(Reaction { moment: id, emoji: emoji.clone(), on: react.on });
    if matches!(body.check(), Err(ModelError::Invalid { .. } | ModelError::TooLarge { .. })) {
        return Err(ApiError::new(ErrorCode::BadText, "a reaction is one emoji"));
    }
    let this = group.clone();
    let given = blocking(move || this.store.reactions(&[id])).await?;
    let stands = given.iter().any(|reaction| reaction.author == group.me && reaction.emoji == emoji);
    if stands != react.on {
        group.author(body, None).await?;
    }
    view_of(&group, id).await
}

pub(super) async fn hold(engine: &Engine, hold: MomentHold) -> ApiResult<MomentView> {
    let (group, id) = find(engine, &hold.group, &hold.moment)?;
    let row = row(&group, id).await?;
    require_author_or_host(&group, &row, "hold it back from screens")?;
    let (replaces, stands) = if group.membership().is_host(group.me) {
        (row.hold.host_head, row.hold.by_hosts)
    } else {
        (row.hold.author_head, row.hold.by_author)
    };
    if stands != hold.on {
        group.author(Body::Hold(Hold { moment: id, replaces, on: hold.on }), None).await?;
    }
    view_of(&group, id).await
}

pub(super) async fn retract(engine: &Engine, retract: MomentRetract) -> ApiResult<MomentView> {
    let (group, id) = find(engine, &retract.group, &retract.moment)?;
    let row = row(&group, id).await?;
    let this = group.clone();
    // Where another's moment stands in front of the same capture of ours, ours is what we can take back.
    let twin = blocking(move || this.store.own_twin(id)).await?;
    let target = match twin {
        Some(twin) => twin,
        None => {
            require_author_or_host(&group, &row, "take it back")?;
            id
        }
    };
    let mut view = view_of(&group, id).await?;
    group.author(Body::Retract(Retract { target }), None).await?;
    view.retracted = true;
    Ok(view)
}

pub(super) async fn share(engine: &Engine, share: MomentShare) -> ApiResult<MomentView> {
    let (group, id) = find(engine, &share.group, &share.moment)?;
    let row = row(&group, id).await?;
    if !row.needs_choice || row.author != group.me {
        return Err(bad_request("nothing is asked about this moment"));
    }
    let this = group.clone();
    let (added, local) = blocking(move || held_back(&this, id)).await?;
    match share.choice {
        ShareChoice::PreviewsOnly => {
            let this = group.clone();
            blocking(move || this.store.keep_capture(id, &local)).await?;
        }
        ShareChoice::Original => {
            group.author(Body::OriginalAdded(added), Some(local)).await?;
        }
    }
    view_of(&group, id).await
}

/// What was kept back of a moment, as an operation tells it, and what stays known of it here once its owner has answered.
fn held_back(group: &Group, id: OperationId) -> ApiResult<(OriginalAdded, LocalCapture)> {
    let missing = || ApiError::new(ErrorCode::NotHere, "the original is not on this device");
    let row = group.store.moment(id).map_err(IntoApi::into_api)?.ok_or_else(unknown)?;
    let mut capture = group.store.capture(id).map_err(IntoApi::into_api)?.ok_or_else(missing)?;
    let segments =
        |wanted| capture.parts.iter().find(|kept| kept.part == wanted).and_then(|kept| kept.held_back.clone());
    let (original, mut local) = seal::original(group, row.media_type, segments(Part::Original).ok_or_else(missing)?)?;
    let motion = match segments(Part::Motion) {
        None => None,
        Some(segments) => {
            let (motion, written) = seal::original(group, "video/quicktime".to_owned(), segments)?;
            local.held.extend(written.held);
            Some(motion)
        }
    };
    capture.needs_choice = false;
    capture.held = local.held;
    Ok((OriginalAdded { moment: id, original, motion }, capture))
}

fn find(engine: &Engine, group: &str, moment: &str) -> ApiResult<(Arc<Group>, OperationId)> {
    let group = engine.group(group)?;
    Ok((group, moment.parse().map_err(|_| bad_request("the moment id is malformed"))?))
}

async fn row(group: &Arc<Group>, id: OperationId) -> ApiResult<MomentRow> {
    let this = group.clone();
    blocking(move || this.store.moment(id)).await?.ok_or_else(unknown)
}

async fn view_of(group: &Arc<Group>, id: OperationId) -> ApiResult<MomentView> {
    view_for(group, Viewer::Owner, id).await
}

async fn view_for(group: &Arc<Group>, viewer: Viewer, id: OperationId) -> ApiResult<MomentView> {
    let row = row(group, id).await?;
    let (this, shown) = (group.clone(), row.id);
    let beside = blocking(move || Beside::read(&this.store, &[shown])).await?;
    view::moments(group, viewer, vec![row], &beside).pop().ok_or_else(unknown)
}

fn require_author_or_host(group: &Group, row: &MomentRow, what: &str) -> ApiResult<()> {
    if row.author == group.me || group.membership().is_host(group.me) {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::NotAllowed, format!("only the one who posted it and hosts can {what}")))
}

fn unknown() -> ApiError {
    ApiError::new(ErrorCode::UnknownMoment, "there is no such moment")
}
