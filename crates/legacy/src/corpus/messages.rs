//! Messages, their translations, reactions and mentions.

use super::fields::Fields;
use super::name::Name;
use super::people::username;
use super::sentences::Said;
use super::world::{HOUR, LATER, MINUTE, World};
use bson::{RawArrayBuf, RawDocumentBuf};

const EMOJI: [&str; 8] = ["👍", "❤️", "😂", "🎉", "🙏🏾", "😮", "🔥", "👏"];
/// One message in this many mentions somebody.
const MENTIONS: usize = 43;

/// The message of a mention.
pub(super) fn mentioning(at: usize) -> usize {
    at * MENTIONS
}

/// The mentioned user: the next member of the conversation.
fn mentioned(world: &World<'_>, message: usize) -> Option<usize> {
    let written = &world.layout.messages[message];
    let members = &world.layout.members[written.conversation];
    let is_mention = message.is_multiple_of(MENTIONS) && message / MENTIONS < 104;
    is_mention.then(|| members[(message + 1) % members.len()])
}

/// The text of a message, in any language.
pub(super) fn text(world: &World<'_>, message: usize, language: &str) -> String {
    let text = Said::of(&mut world.random(Name::Message, message)).in_language(language);
    match mentioned(world, message) {
        Some(user) => format!("@{} {text}", username(world, user)),
        None => text,
    }
}

pub(super) fn message(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::Message, at + 1_000_000);
    let written = &world.layout.messages[at];
    let language = world.layout.languages[written.sender];
    let created = world.time(Name::Message, at);
    let (edited, deleted) = (random.percent(4), random.percent(5));
    let changed = created + 5 * MINUTE;
    let kind = match written.attachment {
        Some(attachment) => super::attachments::kind(attachment),
        None if at.is_multiple_of(311) => "location",
        None if at.is_multiple_of(407) => "system",
        None => "text",
    };
    let fields = Fields::new(world.message(at))
        .with("conversationId", world.conversation(written.conversation))
        .with("senderId", world.user(written.sender))
        .with("content", text(world, at, language).as_str())
        .with("originalLanguage", language)
        .with("messageType", kind)
        .with("isEdited", edited)
        .maybe_date("editedAt", edited.then_some(changed))
        .with("isDeleted", deleted)
        .maybe_date("deletedAt", deleted.then_some(changed))
        .maybe("replyToId", written.reply_to.map(|message| world.message(message)));
    let later = created >= LATER;
    let fields = if later { fields.with("validatedMentions", names(world, at)) } else { fields };
    let fields = fields
        .date("createdAt", created)
        // The old program read the clock twice: for the deletion, then for the write.
        .date("updatedAt", if edited || deleted { changed + 1 } else { created });
    if later { fields.with("isEncrypted", false).done() } else { fields.done() }
}

fn names(world: &World<'_>, message: usize) -> RawArrayBuf {
    let mut names = RawArrayBuf::new();
    if let Some(user) = mentioned(world, message) {
        names.push(username(world, user).as_str());
    }
    names
}

pub(super) fn translation_time(world: &World<'_>, at: usize) -> i64 {
    world.time(Name::Message, world.layout.translations[at].0) + 800 + at as i64 % 7 * 300
}

pub(super) fn translation(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let (message, target) = world.layout.translations[at];
    let source = world.layout.languages[world.layout.messages[message].sender];
    let created = translation_time(world, at);
    let model = match at % 9 {
        0 if created < LATER => "basic|worker-2|nllb-200-distilled",
        0..=4 => "basic",
        5..=7 => "medium",
        _ => "premium",
    };
    Fields::new(world.id(Name::MessageTranslation, at))
        .with("messageId", world.message(message))
        .with("sourceLanguage", source)
        .with("targetLanguage", target)
        .with("translatedContent", text(world, message, target).as_str())
        .with("translationModel", model)
        .with("cacheKey", cache_key(world, message, source, target).as_str())
        .maybe("confidenceScore", (!at.is_multiple_of(50)).then_some(0.9))
        .date("createdAt", created)
        .date("updatedAt", created)
        .done()
}

pub(super) fn cache_key(world: &World<'_>, message: usize, source: &str, target: &str) -> String {
    format!("{}_{source}_{target}", world.message(message).to_hex())
}

/// No two reactions belong to the same message.
fn reacted(at: usize) -> usize {
    at * 3
}

pub(super) fn reaction_time(world: &World<'_>, at: usize) -> i64 {
    world.time(Name::Message, reacted(at)) + MINUTE + at as i64 % 11 * HOUR
}

pub(super) fn reaction(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let mut random = world.random(Name::Reaction, at);
    let members = &world.layout.members[world.layout.messages[reacted(at)].conversation];
    let created = reaction_time(world, at);
    Fields::new(world.id(Name::Reaction, at))
        .with("messageId", world.message(reacted(at)))
        .with("userId", world.user(members[random.below(members.len())]))
        .with("emoji", random.pick(&EMOJI))
        .date("createdAt", created)
        .date("updatedAt", created)
        .done()
}

pub(super) fn mention(world: &World<'_>, at: usize) -> RawDocumentBuf {
    let message = mentioning(at);
    let user = mentioned(world, message).unwrap_or(0);
    Fields::new(world.id(Name::Mention, at))
        .with("messageId", world.message(message))
        .with("mentionedUserId", world.user(user))
        .date("mentionedAt", world.time(Name::Message, message))
        .done()
}
