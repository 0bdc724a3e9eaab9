//! Builds the views of messages from rows of several tables, for a viewer.

use super::file_links::FileLinks;
use super::message::{MessageView, Person, SenderView, Told};
use crate::ChatError;
use crate::presence::Presence;
use meeshy_domain::{Clock, GuestId, Language, MessageId, Timestamp, UserId};
use meeshy_store::attachments::{self, Attachment};
use meeshy_store::guests::{self, Guest};
use meeshy_store::mentions::{self, Mentioned};
use meeshy_store::messages::{self, Message};
use meeshy_store::reactions::{self, Count};
use meeshy_store::system_messages::{self, SystemMessage};
use meeshy_store::translations::{self, Translation};
use meeshy_store::users::User;
use meeshy_store::visibility::Viewer;
use meeshy_store::{Queries, Query, StoreError, Tx, statuses, translation_jobs, users};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Builds views of messages.
#[derive(Clone)]
pub(crate) struct Views {
    presence: Arc<Presence>,
    file_links: Arc<FileLinks>,
    clock: Clock,
}

impl Views {
    pub fn new(presence: Arc<Presence>, file_links: Arc<FileLinks>, clock: Clock) -> Self {
        Self { presence, file_links, clock }
    }

    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// A file with links that can be followed now.
    pub fn linked(&self, file: Attachment) -> Attachment {
        self.file_links.linked(file, self.clock.now())
    }

    /// The view of one message.
    pub fn message(&self, tx: &mut Tx<'_>, row: Message, viewer: Viewer) -> Result<MessageView, ChatError> {
        self.messages(tx, vec![row], viewer)?.pop().ok_or(ChatError::NotFound { what: "message" })
    }

    /// The views of some messages, in order, with the messages they reply to.
    pub fn messages(
        &self,
        tx: &mut Tx<'_>,
        rows: Vec<Message>,
        viewer: Viewer,
    ) -> Result<Vec<MessageView>, StoreError> {
        let lens =
            Lens { presence: &self.presence, file_links: &self.file_links, viewer, now: self.clock.now() };
        let answered: BTreeSet<MessageId> = rows.iter().filter_map(|message| message.reply_to_id).collect();
        let answered: Vec<MessageId> = answered.into_iter().collect();
        let ids: BTreeSet<MessageId> =
            rows.iter().map(|message| message.id).chain(answered.clone()).collect();
        let ids: Vec<MessageId> = ids.into_iter().collect();
        let by_system: Vec<MessageId> =
            rows.iter().filter(|message| message.is_by_system()).map(|message| message.id).collect();
        let also = (
            messages::find_all_seen(&answered, &lens.viewer),
            writers_of(&rows),
            lens.viewer.separated(),
            system_messages::of_messages(&by_system),
        );
        let (mut parts, (answered, writers, separated, told)) = Parts::fetch(tx, &ids, lens, also)?;
        parts.separated = separated;
        parts.add_writers(writers);
        parts.add_told(tx, told)?;
        let is_known = |message: &&Message| {
            message.sender_id.is_none_or(|id| parts.writers.contains_key(&id))
                && message.details.guest_sender_id.is_none_or(|id| parts.guests.contains_key(&id))
        };
        let others: Vec<Message> = answered.iter().filter(|message| !is_known(message)).cloned().collect();
        let writers = tx.fetch(writers_of(&others))?;
        parts.add_writers(writers);
        let answered: HashMap<MessageId, MessageView> =
            answered.into_iter().map(|message| (message.id, parts.view(message))).collect();
        let view = |message: Message| {
            let reply_to = message.reply_to_id.and_then(|id| answered.get(&id).cloned()).map(Box::new);
            MessageView { reply_to, ..parts.view(message) }
        };
        Ok(rows.into_iter().map(view).collect())
    }
}

/// What is needed to build views.
#[derive(Clone, Copy)]
struct Lens<'a> {
    presence: &'a Presence,
    file_links: &'a FileLinks,
    /// The viewer, and the time.
    viewer: Viewer,
    now: Timestamp,
}

/// The people and the guests who wrote some messages.
fn writers_of(rows: &[Message]) -> (Query<Vec<User>>, Query<Vec<Guest>>) {
    let people: BTreeSet<UserId> = rows.iter().filter_map(|message| message.sender_id).collect();
    let guests: BTreeSet<GuestId> =
        rows.iter().filter_map(|message| message.details.guest_sender_id).collect();
    let (people, guests): (Vec<_>, Vec<_>) = (people.into_iter().collect(), guests.into_iter().collect());
    (users::find_all(&people), guests::find_all(&guests))
}

/// What is shown with messages, by their ids.
struct Parts<'a> {
    lens: Lens<'a>,
    /// Those of whose presence the viewer learns nothing.
    separated: Vec<UserId>,
    writers: HashMap<UserId, SenderView>,
    guests: HashMap<GuestId, Guest>,
    told: HashMap<MessageId, Told>,
    statuses: HashMap<MessageId, i64>,
    mentions: HashMap<MessageId, Vec<Mentioned>>,
    files: HashMap<MessageId, Vec<Attachment>>,
    translations: HashMap<MessageId, Vec<Translation>>,
    pending: HashMap<MessageId, Vec<Language>>,
    reactions: HashMap<MessageId, Vec<Count>>,
}

impl<'a> Parts<'a> {
    /// Asks for the parts of some messages, and at the same time for `also`.
    fn fetch<Q: Queries>(
        tx: &mut Tx<'_>,
        ids: &[MessageId],
        lens: Lens<'a>,
        also: Q,
    ) -> Result<(Self, Q::Answers), StoreError> {
        let viewer = lens.viewer.user();
        let (also, statuses, mentions, files, translations, pending, reactions) = tx.fetch((
            also,
            statuses::counts(ids),
            mentions::of_messages(ids),
            attachments::of_messages(ids),
            translations::list(ids),
            translation_jobs::pending(ids),
            reactions::counts(ids, lens.viewer.actor()),
        ))?;
        let files = files.into_iter().filter(|(_, file)| file.concealed(viewer).is_none());
        let translations = translations.into_iter().map(|translation| (translation.message_id, translation));
        let parts = Self {
            lens,
            separated: Vec::new(),
            writers: HashMap::new(),
            guests: HashMap::new(),
            told: HashMap::new(),
            statuses: statuses.into_iter().collect(),
            mentions: grouped(mentions),
            files: grouped(files.map(|(message, file)| (message, lens.file_links.linked(file, lens.now)))),
            translations: grouped(translations),
            pending: grouped(pending),
            reactions: grouped(reactions),
        };
        Ok((parts, also))
    }

    fn add_writers(&mut self, (people, guests): (Vec<User>, Vec<Guest>)) {
        let presence = self.lens.presence;
        for user in people {
            let is_hidden = self.separated.contains(&user.id);
            self.writers.insert(user.id, SenderView::of_user(user, presence, is_hidden));
        }
        self.guests.extend(guests.into_iter().map(|guest| (guest.id, guest)));
    }

    /// Adds what system messages tell, with the people in it.
    fn add_told(&mut self, tx: &mut Tx<'_>, told: Vec<SystemMessage>) -> Result<(), StoreError> {
        let people: BTreeSet<UserId> =
            told.iter().flat_map(|told| std::iter::once(told.actor_id).chain(told.target_id)).collect();
        let people: Vec<UserId> = people.into_iter().filter(|id| !self.writers.contains_key(id)).collect();
        let people = tx.fetch(users::find_all(&people))?;
        self.add_writers((people, Vec::new()));
        let person = |id: UserId| {
            let display_name = self.writers.get(&id).map(|writer| writer.display_name.clone());
            Person { id, display_name: display_name.unwrap_or_default() }
        };
        self.told = (told.into_iter())
            .map(|SystemMessage { message_id, event, actor_id, target_id, value }| {
                let told = Told { event, actor: person(actor_id), target: target_id.map(person), value };
                (message_id, told)
            })
            .collect();
        Ok(())
    }

    /// A message as its viewer sees it, without what it answers. Clients without words of their own for a system message
    /// show a sentence, as if its actor had written it.
    fn view(&self, mut message: Message) -> MessageView {
        let id = message.id;
        let told = self.told.get(&id).cloned();
        if let Some(told) = &told {
            (message.sender_id, message.content) = (Some(told.actor.id), told.sentence());
        }
        let view = MessageView {
            sender: message.sender_id.and_then(|id| self.writers.get(&id).cloned()),
            told,
            guest: message.details.guest_sender_id.and_then(|id| self.guests.get(&id).cloned()),
            status_entries: self.statuses.get(&id).copied().unwrap_or(0),
            mentions: self.mentions.get(&id).cloned().unwrap_or_default(),
            attachments: self.files.get(&id).cloned().unwrap_or_default(),
            // A translation of an older text is not shown with this text.
            translations: (self.translations.get(&id).into_iter().flatten())
                .filter(|translation| translation.revision == message.revision)
                .cloned()
                .collect(),
            pending: self.pending.get(&id).cloned().unwrap_or_default(),
            reactions: self.reactions.get(&id).cloned().unwrap_or_default(),
            reply_to: None,
            message,
        };
        shown_to(self.lens.viewer.user(), view)
    }
}

/// A message as seen by a viewer; of a hidden one, only that it exists.
pub(crate) fn shown_to(viewer: Option<UserId>, mut view: MessageView) -> MessageView {
    if let Some(concealed) = view.message.concealed(viewer) {
        view.message.content = concealed.placeholder().to_owned();
        view.mentions.clear();
        view.attachments.clear();
        view.translations.clear();
        view.pending.clear();
    }
    view
}

fn grouped<T>(pairs: impl IntoIterator<Item = (MessageId, T)>) -> HashMap<MessageId, Vec<T>> {
    let mut groups: HashMap<MessageId, Vec<T>> = HashMap::new();
    for (id, value) in pairs {
        groups.entry(id).or_default().push(value);
    }
    groups
}
