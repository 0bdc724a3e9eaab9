//! What guests do, and those who invite them, for the story that explains its statements.

use meeshy_chat::{
    MessageEdit, NewGuest, NewMessage, NewShareLink, PageRequest, ParticipantRequest, ShareLinkPatch,
};
use meeshy_domain::{UserId, limits};
use meeshy_harness::World;

/// Creates, changes and removes links, and takes part by them.
pub async fn people_invite_guests(world: &World, lea: UserId, talk: &str) {
    let (links, guests, messages) = (world.chat.share_links(), world.chat.guests(), world.chat.messages());
    let new = || NewShareLink::default();
    let link = links.create(lea, talk, new()).await.unwrap().link;
    links.info(&link.link_id).await.unwrap();
    links.is_available("mshy_nothing").await.unwrap();
    links.own(lea, 10, 0).await.unwrap();
    let rename = ShareLinkPatch { name: Some(Some("Open day".into())), ..ShareLinkPatch::default() };
    links.change(lea, &link.id.to_string(), rename).await.unwrap();
    let on = ShareLinkPatch { is_active: Some(true), ..ShareLinkPatch::default() };
    links.change(lea, &link.link_id, on).await.unwrap();
    let named = |name: &str| NewGuest {
        first_name: "Anna".into(),
        last_name: "Lind".into(),
        username: Some(name.into()),
        ..NewGuest::default()
    };
    let joined = guests.join(&link.link_id, named("anna of the garden")).await.unwrap();
    let anna = joined.caller.id();
    guests.authenticate(&joined.secret).await.unwrap();
    guests.confirm(anna).await.unwrap();
    guests.place(anna, talk).await.unwrap();
    guests.link_page(anna, &link.link_id).await.unwrap();
    world.chat.conversations().get(anna, talk).await.unwrap();
    world.chat.conversations().figures(anna, talk).await.unwrap();
    let all = ParticipantRequest { limit: 10, ..ParticipantRequest::default() };
    world.chat.conversations().participants(anna, talk, all).await.unwrap();
    let new = || NewMessage {
        conversation: talk.to_owned(),
        content: "bonjour".into(),
        client_message_id: Some("of a guest".into()),
        ..NewMessage::default()
    };
    let sent = messages.send(anna, new()).await.unwrap().message.message.id.to_string();
    messages.send(anna, new()).await.unwrap();
    let edit = MessageEdit { message: sent.clone(), content: "bonsoir".into(), ..MessageEdit::default() };
    messages.edit(anna, edit).await.unwrap();
    messages.page(anna, talk, PageRequest { limit: 5, ..PageRequest::default() }, || true).await.unwrap();
    world.chat.reactions().add(anna, &sent, "👍").await.unwrap();
    world.chat.reactions().of_message(anna, &sent).await.unwrap();
    world.chat.reactions().remove(anna, &sent, "👍").await.unwrap();
    let mut upload = world.chat.uploads().begin(anna).await.unwrap();
    upload.file(Some("a.txt"), None).await.unwrap();
    upload.write(b"a text").await.unwrap();
    let file = upload.finish().await.unwrap().remove(0).id.to_string();
    world.chat.files().remove(anna, &file).await.unwrap();
    messages.delete(anna, &sent, None).await.unwrap();
    world.hand.advance(limits::GUEST_ONLINE);
    guests.ended(vec![anna]).await.unwrap();
    guests.leave(&joined.secret).await.unwrap();
    guests.join(&link.link_id, named("eva of the garden")).await.unwrap();
    links.remove(lea, &link.link_id).await.unwrap();
    world.finish_jobs().await;
}
