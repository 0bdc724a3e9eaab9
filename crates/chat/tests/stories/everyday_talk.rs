//! What people do in conversations, for the story that explains its statements.

use meeshy_chat::model::ReceiptFilter;
use meeshy_chat::{
    CallSignal, ConversationPatch, Disclosure, FileRequest, Media, MessageEdit, NewCall, NewMessage,
    NewReport, NewShareLink, NewTerm, PagePlace, PageRequest, ParticipantRequest, Progress, SearchRequest,
};
use meeshy_domain::{CallType, FileKind, MediaType, MemberRole, Timestamp, UserId};
use meeshy_harness::World;
use meeshy_testkit::eventually;
use tokio::sync::oneshot;

/// Writes, edits, reads and deletes messages.
pub async fn people_talk(world: &World, lea: UserId, carlos: UserId, talk: &str) {
    let chat = &world.chat;
    let new = NewMessage {
        conversation: talk.to_owned(),
        content: "¿Vienes, @lea?".into(),
        original_language: Some("es".into()),
        client_message_id: Some("one".into()),
        ..NewMessage::default()
    };
    let undeclared = NewMessage { original_language: None, client_message_id: None, ..new.clone() };
    chat.messages().send(carlos, undeclared).await.unwrap();
    let sent = chat.messages().send(carlos, new.clone()).await.unwrap();
    assert!(chat.messages().send(carlos, new.clone()).await.unwrap().repeated);
    let id = sent.message.message.id.to_string();
    let reply = NewMessage { reply_to_id: Some(id.clone()), client_message_id: None, ..new.clone() };
    chat.messages().send(lea, reply).await.unwrap();
    chat.translations().request(lea, &id, "de").await.unwrap();
    translate_until_ended(world, lea, &id, "de").await;
    let report = NewReport {
        message: id.clone(),
        language: "de".into(),
        reason: "wrong".into(),
        comment: None,
        wants_another: true,
    };
    chat.reports().add(lea, report).await.unwrap();
    let _ = chat.translations().cancel(lea, &id, "it").await.unwrap();
    let edit = MessageEdit { message: id.clone(), content: "¿Vienes?".into(), ..MessageEdit::default() };
    chat.messages().edit(carlos, edit).await.unwrap();
    chat.messages().get(lea, &id).await.unwrap();
    people_search(world, lea, talk).await;
    people_pass_on(world, lea, carlos, &id, talk).await;
    people_react(world, lea, carlos, &id).await;
    people_see_who_has_read(world, lea, carlos, &id, talk).await;
    people_tidy_up(world, lea, &id, talk).await;
    chat.messages().mentions(lea, &id).await.unwrap();
    chat.messages().mentions_of_caller(lea, 50).await.unwrap();
    for name in ["", "car", "filler7 f"] {
        chat.messages().mention_suggestions(lea, talk, name).await.unwrap();
    }
    let gone = NewMessage { client_message_id: None, ..new.clone() };
    let gone = chat.messages().send(carlos, gone).await.unwrap().message.message.id.to_string();
    let known = chat.conversations().get(lea, talk).await.unwrap().conversation.last_event;
    chat.messages().delete(carlos, &gone, Some(talk)).await.unwrap();
    chat.events().after(lea, talk, known, 100).await.unwrap();
    let newest = PageRequest { limit: 50, ..PageRequest::default() };
    for request in [
        newest.clone(),
        PageRequest { place: PagePlace::Before(id.clone()), ..newest.clone() },
        PageRequest { place: PagePlace::After(id.clone()), ..newest.clone() },
        PageRequest { place: PagePlace::Around(id), ..newest },
    ] {
        for who in [lea, carlos] {
            chat.messages().page(who, talk, request.clone(), || true).await.unwrap();
        }
    }
    chat.conversations().get(lea, talk).await.unwrap();
    chat.conversations().membership(lea, talk).await.unwrap();
    chat.conversations().mark_read(lea, talk).await.unwrap();
    chat.activity().touch(lea).await;
    if let Ok(term) =
        chat.glossary().add(lea, talk, NewTerm { text: "Trip".into(), ..NewTerm::default() }).await
    {
        chat.glossary().list(lea, talk).await.unwrap();
        chat.glossary().retranslate(lea, talk, &term.id.to_string(), None).await.unwrap();
        chat.glossary().remove(lea, talk, &term.id.to_string()).await.unwrap();
        for is_accepted in [false, true] {
            let new = NewTerm { text: "Trip".into(), ..NewTerm::default() };
            let id = chat.glossary().propose(lea, talk, new).await.unwrap().id.to_string();
            chat.glossary().proposals(lea, talk).await.unwrap();
            chat.glossary().proposals(carlos, talk).await.unwrap();
            if is_accepted {
                chat.glossary().accept(lea, talk, &id).await.unwrap();
            } else {
                chat.glossary().dismiss(lea, talk, &id).await.unwrap();
            }
        }
    }
    let file = FileRequest { caller: Some(lea.into()), signature: None };
    let _ = chat.files().get("65f000000000000015000001", false, file.clone()).await;
    let _ = chat.files().at_path("f/1", file).await;
}

pub async fn people_come_and_go(world: &World, lea: UserId, carlos: UserId) {
    let conversations = world.chat.conversations();
    let nico = world.person("nico", "en").await;
    let talk = world.group(lea, &[carlos]).await;
    let place = talk.conversation.id.to_string();
    let known = talk.conversation.last_event;
    for is_ban in [false, true] {
        conversations.add_member(lea, &place, &nico.to_string()).await.unwrap();
        let role = MemberRole::Moderator;
        conversations.set_member_role(lea, &place, &nico.to_string(), role).await.unwrap();
        conversations.remove_member(lea, &place, &nico.to_string(), is_ban).await.unwrap();
    }
    conversations.add_member(lea, &place, &nico.to_string()).await.unwrap();
    let patch = ConversationPatch { slow_mode_seconds: Some(60), ..ConversationPatch::default() };
    conversations.update(lea, &place, patch).await.unwrap();
    world.say(carlos, &talk, "Hola").await.unwrap();
    world.chat.events().after(carlos, &place, known, 100).await.unwrap();
    people_follow_links(world, lea, carlos, &place).await;
    conversations.leave(lea, &place).await.unwrap();
    conversations.close(carlos, &place).await.unwrap();
}

/// Creates links, lists them, and joins by one.
async fn people_follow_links(world: &World, lea: UserId, carlos: UserId, place: &str) {
    let links = world.chat.share_links();
    let created = links.create(lea, place, NewShareLink::default()).await.unwrap();
    for who in [lea, carlos] {
        links.list(who, place).await.unwrap();
    }
    let olga = world.person("olga", "en").await;
    links.join(olga, &created.link.link_id).await.unwrap();
}

async fn people_see_who_has_read(world: &World, lea: UserId, carlos: UserId, id: &str, talk: &str) {
    let (messages, conversations) = (world.chat.messages(), world.chat.conversations());
    for kind in [None, Some(FileKind::Image)] {
        world.chat.files().of_conversation(lea, talk, kind, (50, 0)).await.unwrap();
    }
    conversations.mark_delivered(lea, id).await.unwrap();
    conversations.mark_read_to(lea, id).await.unwrap();
    messages.history(carlos, id).await.unwrap();
    let filters = [ReceiptFilter::All, ReceiptFilter::Delivered, ReceiptFilter::Read, ReceiptFilter::Unread];
    for filter in filters {
        messages.receipts(carlos, id, filter, 10, 0).await.unwrap();
    }
    messages.receipt_counts(carlos, id).await.unwrap();
    messages.read_status(carlos, id, 10).await.unwrap();
    messages.receipt_counts_of(carlos, talk, vec![id.parse().unwrap()]).await.unwrap();
}

async fn people_search(world: &World, lea: UserId, talk: &str) {
    world.index_messages().await;
    let everywhere = SearchRequest { text: "vienes".into(), limit: 10, ..SearchRequest::default() };
    world.chat.messages().search(lea, everywhere.clone()).await.unwrap();
    let here = SearchRequest {
        conversation: Some(talk.to_owned()),
        after: Some("100".into()),
        ..everywhere.clone()
    };
    world.chat.messages().search(lea, here).await.unwrap();
}

async fn people_pass_on(world: &World, lea: UserId, carlos: UserId, id: &str, talk: &str) {
    let messages = world.chat.messages();
    // Only moderators may pin; here somebody is.
    for is_pinned in [true, false] {
        let _ = messages.pin(carlos, id, is_pinned).await;
    }
    messages.pinned(carlos, talk).await.unwrap();
    let once = Disclosure { is_view_once: true, ..Disclosure::default() };
    let new = NewMessage {
        conversation: talk.to_owned(),
        content: "Una vez".into(),
        disclosure: once,
        ..NewMessage::default()
    };
    let hidden = messages.send(lea, new).await.unwrap().message.message.id.to_string();
    messages.view_once(carlos, &hidden).await.unwrap();
    messages.forward(carlos, id, talk).await.unwrap();
    messages.latest_reactions(carlos, talk, 50).await.unwrap();
    messages.latest_receipts(carlos, talk, 20, 100).await.unwrap();
    world.chat.conversations().mark_all_delivered(carlos, talk).await.unwrap();
    world.chat.conversations().open_to_all("meeshy").await.unwrap();
}

async fn people_tidy_up(world: &World, lea: UserId, id: &str, talk: &str) {
    let (messages, conversations) = (world.chat.messages(), world.chat.conversations());
    messages.delete_for_me(lea, id).await.unwrap();
    messages.restore_for_me(lea, id).await.unwrap();
    conversations.delete_for_me(lea, talk).await.unwrap();
    conversations.deleted_for_me(lea).await.unwrap();
    conversations.restore_for_me(lea, talk).await.unwrap();
    conversations.clear_history(lea, talk, Some(Timestamp::from_millis(1))).await.unwrap();
}

/// Calls somebody, in every way.
pub async fn people_call(world: &World, lea: UserId, carlos: UserId, talk: &str) {
    let calls = world.chat.calls();
    let (from, to) = (lea.to_string(), carlos.to_string());
    let new = |conversation: &str| NewCall {
        id: calls.new_id(),
        conversation: conversation.to_owned(),
        call_type: CallType::Audio,
        media: Media::default(),
        socket: Some("hers".into()),
    };
    calls.start(lea, new("meeshy")).await.unwrap_err();
    for end in 0..3 {
        let call = calls.start(lea, new(talk)).await.unwrap().call.id;
        let id = call.to_string();
        for _ in 0..2 {
            let media = Media { audio: Some(true), video: Some(true) };
            calls.join(carlos, &id, media, Some("his".into())).await.unwrap();
            calls.leave(carlos, &id).await.unwrap();
        }
        calls.join(carlos, &id, Media::default(), None).await.unwrap();
        calls.signal(lea, &id, &from, &to, CallSignal::Offer("v=0".into())).await.unwrap();
        for media in [MediaType::Audio, MediaType::Video] {
            calls.set_media(lea, &id, media, true).await.unwrap();
        }
        calls.active(lea, talk).await.unwrap();
        calls.disconnected(lea, "hers", false).await.unwrap();
        match end {
            0 => drop(calls.end(lea, &id).await.unwrap()),
            1 => calls.leave_conversation(lea, talk).await.unwrap(),
            // It goes on when the jobs run.
            _ => return,
        }
        if end == 1 {
            calls.leave(carlos, &id).await.unwrap();
        }
    }
}

async fn people_react(world: &World, lea: UserId, carlos: UserId, message: &str) {
    let reactions = world.chat.reactions();
    for who in [lea, carlos] {
        reactions.add(who, message, "👍").await.unwrap();
    }
    reactions.of_messages(lea, vec![message.to_owned()]).await.unwrap();
    reactions.latest(lea).await.unwrap();
    reactions.remove(lea, message, "👍").await.unwrap();
}

/// Lists the members of a conversation in every way.
pub async fn people_look_around(world: &World, lea: UserId, talk: &str) {
    let all = ParticipantRequest { limit: 2, ..ParticipantRequest::default() };
    let after = Some("65f000000000000015000001".parse().unwrap());
    let role = Some(MemberRole::Member);
    let filters = [
        (None, false),
        (Some("lea"), false),
        (Some("filler7 f"), false),
        (None, true),
        (Some("le te"), true),
    ];
    for (search, online_only) in filters {
        let search = search.map(str::to_owned);
        let some = ParticipantRequest { search, online_only, ..all.clone() };
        let (later, by_role) =
            (ParticipantRequest { after, ..some.clone() }, ParticipantRequest { role, ..some.clone() });
        for request in [some, later, by_role] {
            world.chat.conversations().participants(lea, talk, request).await.unwrap();
        }
    }
}

/// Runs the worker until a translation has finished.
async fn translate_until_ended(world: &World, reader: UserId, message: &str, language: &str) {
    let (stop, stopping) = oneshot::channel::<()>();
    let chat = world.chat.clone();
    let worker = tokio::spawn(async move { chat.worker().run(async { drop(stopping.await) }).await });
    eventually("the translation has ended", async || {
        world.chat.translations().progress(reader, message, language).await.unwrap().progress
            != Progress::Pending
    })
    .await;
    drop(stop);
    worker.await.unwrap();
}
