//! Files attached to messages.

use super::address::address;
use meeshy_chat::model::{Attachment, FileStatus};
use meeshy_domain::web_address::runs_code;
use meeshy_wire as wire;
use serde_json::Value;

pub fn attachment(file: &Attachment) -> wire::Attachment {
    let history = &file.history;
    wire::Attachment {
        id: file.id,
        message_id: file.message_id,
        file_name: file.file_name.clone(),
        original_name: file.original_name.clone(),
        mime_type: file.mime_type.clone(),
        file_size: file.file_size,
        file_url: file.file_url.clone(),
        thumbnail_url: address(file.thumbnail_url.as_deref()),
        title: file.title.clone(),
        alt: file.alt.clone(),
        caption: file.caption.clone(),
        width: file.width,
        height: file.height,
        duration: file.duration,
        bitrate: file.bitrate,
        sample_rate: file.sample_rate,
        codec: file.codec.clone(),
        channels: file.channels,
        fps: file.fps,
        video_codec: file.video_codec.clone(),
        page_count: file.page_count,
        line_count: file.line_count,
        blur_hash: file.blur_hash.clone(),
        waveform: file.waveform.clone(),
        metadata: file.metadata.as_deref().and_then(|json| serde_json::from_str(json).ok()).map(harmless),
        uploaded_by: file.uploaded_by.clone(),
        is_anonymous: file.is_anonymous,
        is_view_once: file.is_view_once,
        is_blurred: file.is_blurred,
        is_encrypted: file.is_encrypted,
        is_forwarded: history.is_forwarded,
        forwarded_from_attachment_id: history.forwarded_from_id.clone(),
        max_view_once_count: history.max_view_once_count,
        view_once_count: history.view_once_count,
        viewed_count: history.viewed_count,
        downloaded_count: history.downloaded_count,
        consumed_count: history.consumed_count,
        scan_status: file.scan_status.clone(),
        moderation_status: file.moderation_status.clone(),
        delivered_to_all_at: history.delivered_to_all_at.map(Into::into),
        viewed_by_all_at: history.viewed_by_all_at.map(Into::into),
        downloaded_by_all_at: history.downloaded_by_all_at.map(Into::into),
        listened_by_all_at: history.listened_by_all_at.map(Into::into),
        watched_by_all_at: history.watched_by_all_at.map(Into::into),
        created_at: file.created_at.into(),
    }
}

/// What a user has done with a file.
pub fn file_status(status: FileStatus) -> wire::FileStatus {
    wire::FileStatus {
        user_id: status.user_id,
        username: status.username,
        display_name: status.display_name,
        avatar: address(status.avatar.as_deref()),
        viewed_at: status.viewed_at.map(Into::into),
        downloaded_at: status.downloaded_at.map(Into::into),
        listened_at: status.listened_at.map(Into::into),
        watched_at: status.watched_at.map(Into::into),
        listen_count: status.listen_count,
        watch_count: status.watch_count,
        listened_complete: status.listened_complete,
        watched_complete: status.watched_complete,
        last_play_position_ms: status.last_play_position_ms,
        last_watch_position_ms: status.last_watch_position_ms,
    }
}

/// File metadata stored by clients, without URLs that run code.
fn harmless(value: Value) -> Value {
    match value {
        Value::String(text) if runs_code(&text) => Value::Null,
        Value::Array(items) => items.into_iter().map(harmless).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, harmless(value))).collect(),
        value => value,
    }
}
