//! Converts results of `chat` to wire types.

mod address;
pub mod events;
mod files;

use address::address;
use files::attachment;
use meeshy_chat::model::{
    Conversation, Guest, LanguageCounts, Message, Preferences, Report, Session, Term, Translation,
    TranslationState as State, User,
};
use meeshy_chat::{ConversationView, Figures, MemberView, MessageView, Progress, Requested, SenderView};
use meeshy_domain::{Language, Reason, Timestamp};
use meeshy_wire::{self as wire, MissingState, ProgressStatus, TextState};

/// Up to this length the old system used its medium model; clients show the name.
const MEDIUM_CHARS: usize = 80;

pub fn user(user: &User, is_online: bool) -> wire::User {
    wire::User {
        id: user.id,
        username: user.username.clone(),
        email: user.email.clone(),
        first_name: user.first_name.clone(),
        last_name: user.last_name.clone(),
        display_name: user.display_name.clone(),
        bio: user.bio.clone(),
        avatar: address(user.avatar.as_deref()),
        banner: address(user.details.banner.as_deref()),
        phone_number: user.phone_number.clone(),
        role: user.role,
        is_active: user.is_active,
        deactivated_at: user.deactivated_at.map(Into::into),
        languages: user.languages,
        is_online,
        last_active_at: user.last_active_at.into(),
        email_verified_at: user.details.email_verified_at.map(Into::into),
        phone_verified_at: user.details.phone_verified_at.map(Into::into),
        two_factor_enabled_at: user.details.two_factor_enabled_at.map(Into::into),
        last_password_change: user.details.last_password_change.map(Into::into),
        last_login_ip: user.details.last_login_ip.clone(),
        last_login_location: user.details.last_login_location.clone(),
        last_login_device: user.details.last_login_device.clone(),
        profile_completion_rate: user.details.profile_completion_rate,
        created_at: user.created_at.into(),
        updated_at: user.updated_at.into(),
        permissions: wire::Permissions(user.role),
    }
}

pub fn challenged_user(user: User) -> wire::ChallengedUser {
    wire::ChallengedUser {
        id: user.id,
        username: user.username,
        email: user.email,
        first_name: user.first_name,
        last_name: user.last_name,
        display_name: user.display_name,
        avatar: address(user.avatar.as_deref()),
    }
}

pub fn found_user(user: User, is_online: bool) -> wire::FoundUser {
    wire::FoundUser {
        id: user.id,
        username: user.username,
        first_name: user.first_name,
        last_name: user.last_name,
        display_name: user.display_name,
        avatar: address(user.avatar.as_deref()),
        is_online,
        last_active_at: user.last_active_at.into(),
        system_language: user.languages.system_language,
    }
}

pub fn session(session: &Session) -> wire::Session {
    let agent = session.user_agent.as_deref().unwrap_or_default();
    let named = |names: &[&'static str]| {
        names.iter().find(|name| agent.contains(**name)).map(|name| (*name).to_owned())
    };
    let is_mobile = ["Mobile", "Android", "iPhone", "Meeshy-iOS"].iter().any(|name| agent.contains(name));
    wire::Session {
        id: session.id,
        device_type: session
            .user_agent
            .is_some()
            .then(|| if is_mobile { "mobile" } else { "desktop" }.to_owned()),
        // The order matters: Edge also claims to be Chrome, and Chrome to be Safari.
        browser_name: named(&["Edg", "Firefox", "Chrome", "Safari"]),
        os_name: named(&["Android", "iPhone", "Windows", "Mac OS X", "Linux"]),
        location: None,
        is_mobile,
        is_trusted: session.is_trusted,
        created_at: session.created_at.into(),
    }
}

pub fn language(language: Language) -> wire::Language {
    wire::Language {
        code: language.code(),
        name: language.english_name(),
        native_name: language.autonym(),
        direction: language.direction(),
        script: language.script(),
    }
}

pub fn message(view: &MessageView) -> wire::Message {
    let message = &view.message;
    let details = &message.details;
    let reactions: i64 = view.reactions.iter().map(|reaction| reaction.total).sum();
    wire::Message {
        id: message.id,
        conversation_id: message.conversation_id,
        sequence: message.sequence,
        revision: message.revision,
        client_message_id: message.client_message_id.clone(),
        sender_id: message.sender_id,
        anonymous_sender_id: details.guest_sender_id.clone(),
        content: message.content.clone(),
        original_content: message.content.clone(),
        original_language: message.original_language,
        message_type: message_type(message),
        message_source: message.message_source.clone(),
        is_edited: message.edited_at.is_some(),
        edited_at: message.edited_at.map(Into::into),
        is_deleted: false,
        deleted_at: None,
        reply_to_id: message.reply_to_id,
        forwarded_from_id: details.forwarded_from_id.as_deref().and_then(|id| id.parse().ok()),
        forwarded_from_conversation_id: details
            .forwarded_from_conversation_id
            .as_deref()
            .and_then(|id| id.parse().ok()),
        is_view_once: details.is_view_once,
        max_view_once_count: details.max_view_once_count,
        view_once_count: details.view_once_count,
        is_blurred: details.is_blurred,
        expires_at: details.expires_at.map(Into::into),
        pinned_at: details.pinned_at.map(Into::into),
        pinned_by: details.pinned_by.as_deref().and_then(|id| id.parse().ok()),
        delivered_to_all_at: details.delivered_to_all_at.map(Into::into),
        received_by_all_at: details.received_by_all_at.map(Into::into),
        read_by_all_at: details.read_by_all_at.map(Into::into),
        delivered_count: details.delivered_count,
        read_count: details.read_count,
        reaction_summary: (view.reactions.iter())
            .map(|reaction| (reaction.emoji.clone(), reaction.total))
            .collect(),
        reaction_count: reactions,
        current_user_reactions: (view.reactions.iter())
            .filter(|reaction| reaction.is_own)
            .map(|reaction| reaction.emoji.clone())
            .collect(),
        is_encrypted: details.is_encrypted,
        encryption_mode: details.encryption_mode.clone(),
        created_at: message.created_at.into(),
        updated_at: message.updated_at.into(),
        validated_mentions: view.mentions.clone(),
        sender: view.sender.as_ref().map(sender),
        anonymous_sender: view.guest.as_ref().map(guest),
        attachments: view.attachments.iter().map(attachment).collect(),
        translations: texts(view),
        translation_states: states(view),
        reply_to: view.reply_to.as_deref().map(reply).map(Box::new),
        count: wire::Counts { reactions, status_entries: view.status_entries },
        event_number: None,
    }
}

/// System messages also have their own message type on the wire.
fn message_type(message: &Message) -> String {
    if message.is_by_system() { "system".to_owned() } else { message.message_type.clone() }
}

fn guest(guest: &Guest) -> wire::Guest {
    wire::Guest {
        id: guest.id.clone(),
        username: guest.username.clone(),
        first_name: guest.first_name.clone(),
        last_name: guest.last_name.clone(),
        language: guest.language,
    }
}

fn sender(sender: &SenderView) -> wire::MessageSender {
    wire::MessageSender {
        id: sender.id,
        username: sender.username.clone(),
        display_name: sender.display_name.clone(),
        first_name: sender.first_name.clone(),
        last_name: sender.last_name.clone(),
        email: "",
        avatar: address(sender.avatar.as_deref()),
        role: sender.role,
        is_online: sender.is_online,
        is_active: true,
        last_active_at: sender.last_active_at.into(),
        languages: sender.languages,
    }
}

fn reply(view: &MessageView) -> wire::Reply {
    let message = &view.message;
    wire::Reply {
        id: message.id,
        conversation_id: message.conversation_id,
        sender_id: message.sender_id,
        anonymous_sender_id: message.details.guest_sender_id.clone(),
        content: message.content.clone(),
        original_language: message.original_language,
        message_type: message_type(message),
        created_at: message.created_at.into(),
        validated_mentions: view.mentions.clone(),
        sender: view.sender.as_ref().map(sender),
        anonymous_sender: view.guest.as_ref().map(guest),
        translations: texts(view),
    }
}

fn texts(view: &MessageView) -> Vec<wire::Translation> {
    view.translations.iter().filter_map(|known| translation(known, view.message.original_language)).collect()
}

fn states(view: &MessageView) -> Vec<wire::TranslationState> {
    let reason_of = |known: &Translation| Some((known.language, reason(&known.state)?.clone()));
    let reasons = || view.translations.iter().filter_map(reason_of);
    let pending = view.pending.iter().map(|language| {
        let delays = |(of, reason): &(Language, Reason)| of == language && reason.code.is_temporary();
        translation_state(*language, MissingState::Pending, reasons().find(delays).map(|(_, reason)| reason))
    });
    let ended = view.translations.iter().filter(|known| !view.pending.contains(&known.language));
    let ended = ended.filter_map(|known| {
        let (language, reason) = reason_of(known)?;
        Some(translation_state(language, missing_state(&known.state)?, Some(reason)))
    });
    pending.chain(ended).collect()
}

fn translation_state(
    target_language: Language,
    state: MissingState,
    reason: Option<Reason>,
) -> wire::TranslationState {
    let (reason_code, reason) = reason.map(|reason| (reason.code, reason.text)).unzip();
    wire::TranslationState { target_language, state, reason, reason_code }
}

/// What clients call a state without a text: what will pass is pending.
pub fn missing_state(state: &State) -> Option<MissingState> {
    match state {
        State::Unavailable { reason } if reason.code.is_temporary() => Some(MissingState::Pending),
        State::Unavailable { .. } => Some(MissingState::Unavailable),
        State::Failed { .. } => Some(MissingState::Failed),
        State::Done { .. } | State::Identical { .. } => None,
    }
}

/// Why there is no text, if there is none.
pub fn reason(state: &State) -> Option<&Reason> {
    match state {
        State::Unavailable { reason } | State::Failed { reason } => Some(reason),
        State::Done { .. } | State::Identical { .. } => None,
    }
}

/// A translation as shown on the wire, if it has a text.
pub fn translation(known: &Translation, source_language: Language) -> Option<wire::Translation> {
    let (state, content, engine, score) = match &known.state {
        State::Done { content, engine, score } => (TextState::Done, content, Some(engine.clone()), *score),
        State::Identical { content } => (TextState::Identical, content, None, None),
        State::Unavailable { .. } | State::Failed { .. } => return None,
    };
    let (message_id, target) = (known.message_id, known.language);
    let mut edition = if known.revision > 1 { format!("-r{}", known.revision) } else { String::new() };
    if known.updated_at > known.created_at {
        edition += &format!("-{}", known.updated_at.millis());
    }
    Some(wire::Translation {
        id: format!("{message_id}-{target}{edition}"),
        message_id,
        revision: known.revision,
        source_language,
        target_language: target,
        translated_content: content.clone(),
        translation_model: if content.chars().nth(MEDIUM_CHARS).is_none() { "medium" } else { "premium" },
        state,
        engine,
        confidence_score: score,
        cache_key: format!("{message_id}_{source_language}_{target}"),
        cached: false,
        is_encrypted: false,
        created_at: known.created_at.into(),
        updated_at: known.updated_at.into(),
    })
}

/// The progress of a requested translation.
pub fn progress(requested: &Requested) -> wire::TranslationProgress {
    let Requested { message, target, progress } = requested;
    let (status, text, ended) = match progress {
        Progress::Pending => (ProgressStatus::Processing, "The translation is pending", None),
        Progress::Ended(known) => match &known.state {
            State::Unavailable { reason } if reason.code.is_temporary() => (
                ProgressStatus::Processing,
                "The translation is waiting for a model to download",
                Some(known),
            ),
            State::Done { .. } | State::Identical { .. } => {
                (ProgressStatus::Completed, "The translation is complete", Some(known))
            }
            State::Unavailable { .. } => {
                (ProgressStatus::Unavailable, "No translation is available", Some(known))
            }
            State::Failed { .. } => (ProgressStatus::Failed, "The translation failed", Some(known)),
        },
    };
    let translation = ended.and_then(|known| translation(known, message.original_language));
    let why = ended.and_then(|known| reason(&known.state));
    wire::TranslationProgress {
        message: text.to_owned(),
        message_id: message.id,
        job_id: format!("{}-{target}", message.id),
        target_language: *target,
        status,
        reason: why.map(|reason| reason.text.clone()),
        reason_code: why.map(|reason| reason.code),
        translation: translation.map(|translation| wire::StatusTranslation {
            translated_text: translation.translated_content.clone(),
            model_type: translation.translation_model,
            translation,
        }),
    }
}

/// A glossary term.
pub fn term(term: Term) -> wire::GlossaryTerm {
    wire::GlossaryTerm {
        id: term.id,
        term: term.text,
        language: term.language,
        translation: term.translation,
        created_by: term.created_by,
        created_at: term.created_at.into(),
    }
}

/// A report of a translation.
pub fn report(report: Report) -> wire::TranslationReport {
    wire::TranslationReport {
        id: report.id,
        message_id: report.message_id,
        target_language: report.language,
        translated_content: report.content,
        engine: report.engine,
        reporter_id: report.reporter_id,
        reason: report.reason,
        comment: report.comment,
        wants_another: report.wants_another,
        created_at: report.created_at.into(),
    }
}

/// A conversation, with its statistics if it is requested alone.
pub fn conversation(view: &ConversationView, now: Timestamp) -> wire::Conversation {
    let stats = view.figures.as_ref().map(|figures| stats(&view.conversation, figures, now));
    wire::Conversation {
        meta: stats.map(|conversation_stats| wire::ConversationMeta { conversation_stats }),
        ..columns(view)
    }
}

fn columns(view: &ConversationView) -> wire::Conversation {
    let conversation = &view.conversation;
    let details = &conversation.details;
    wire::Conversation {
        id: conversation.id,
        identifier: conversation.identifier.clone(),
        title: view.title.clone(),
        kind: conversation.kind,
        description: conversation.description.clone(),
        avatar: address(conversation.avatar.as_deref()),
        banner: address(details.banner.as_deref()),
        image: address(conversation.avatar.as_deref()),
        is_active: conversation.is_active,
        community_id: details.community_id.clone(),
        member_count: conversation.member_count,
        default_write_role: details.default_write_role.clone().unwrap_or_else(|| "everyone".to_owned()),
        is_announcement_channel: details.is_announcement_channel,
        slow_mode_seconds: details.slow_mode_seconds,
        auto_translate_enabled: true,
        encryption_mode: details.encryption_mode.clone(),
        last_message_at: conversation.last_message_at.into(),
        created_at: conversation.created_at.into(),
        updated_at: conversation.updated_at.into(),
        members: view.members.iter().map(member).collect(),
        user_preferences: view.preferences.as_ref().map(preferences).into_iter().collect(),
        last_message: view.last_message.as_ref().map(last_message),
        unread_count: view.unread_count,
        last_event_number: view.conversation.last_event,
        meta: None,
    }
}

fn preferences(set: &Preferences) -> wire::ConversationPreferences {
    wire::ConversationPreferences {
        is_pinned: set.is_pinned,
        is_muted: set.is_muted,
        is_archived: set.is_archived,
        is_deleted_for_user: false,
        custom_name: set.custom_name.clone(),
        reaction: set.reaction.clone(),
    }
}

fn member(view: &MemberView) -> wire::Member {
    let member = &view.member;
    wire::Member {
        id: member.id,
        conversation_id: member.conversation_id,
        user_id: member.user_id,
        role: member.role,
        nickname: member.nickname.clone(),
        joined_at: member.joined_at.into(),
        is_active: true,
        can_send_message: member.can_send_message,
        user: wire::MemberUser {
            id: member.user_id,
            username: member.username.clone(),
            display_name: member.display_name.clone(),
            first_name: member.first_name.clone(),
            last_name: member.last_name.clone(),
            avatar: address(member.avatar.as_deref()),
            is_online: view.is_online,
            last_active_at: member.last_active_at.into(),
            system_language: member.languages.system_language,
        },
    }
}

fn last_message(view: &MessageView) -> wire::LastMessage {
    let message = &view.message;
    wire::LastMessage {
        id: message.id,
        content: message.content.clone(),
        original_language: message.original_language,
        created_at: message.created_at.into(),
        sender_id: message.sender_id,
        anonymous_sender_id: message.details.guest_sender_id.clone(),
        message_type: message_type(message),
        sequence: message.sequence,
        revision: message.revision,
        is_view_once: message.details.is_view_once,
        is_blurred: message.details.is_blurred,
        is_encrypted: message.details.is_encrypted,
        sender: view.sender.as_ref().map(|sender| wire::LastMessageSender {
            id: sender.id,
            username: sender.username.clone(),
            display_name: sender.display_name.clone(),
            avatar: address(sender.avatar.as_deref()),
        }),
        anonymous_sender: view.guest.as_ref().map(guest),
        attachments: view.attachments.iter().take(1).map(attachment).collect(),
        translations: texts(view),
        translation_states: states(view),
    }
}

/// The statistics of a conversation.
pub fn stats(conversation: &Conversation, figures: &Figures, now: Timestamp) -> wire::ConversationStats {
    let online = figures.online.iter().map(|member| wire::OnlineUser {
        id: member.user_id,
        username: member.username.clone(),
        first_name: member.first_name.clone(),
        last_name: member.last_name.clone(),
        display_name: member.display_name.clone(),
        avatar: address(member.avatar.as_deref()),
        system_language: member.languages.system_language,
    });
    let by_language = |count: fn(&LanguageCounts) -> i64| {
        let counts = figures.counts.iter().map(|counts| (counts.language, count(counts)));
        counts.filter(|(_, count)| *count > 0).collect()
    };
    wire::ConversationStats {
        messages_per_language: by_language(|counts| counts.messages),
        participant_count: conversation.member_count,
        participants_per_language: by_language(|counts| counts.members),
        online_users: online.collect(),
        updated_at: now.into(),
    }
}
