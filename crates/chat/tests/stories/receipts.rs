//! Who has received and read messages, and what they said before, on both databases.

use meeshy_chat::model::ReceiptFilter;
use meeshy_chat::{ChatError, Event, LeftUnread, MessageEdit, ReceiptCounts};
use meeshy_domain::UserId;
use meeshy_harness::World;
use meeshy_testkit::both_databases;

async fn who(world: &World, caller: UserId, message: &str, filter: ReceiptFilter) -> Vec<String> {
    let page = world.chat.messages().receipts(caller, message, filter, 10, 0).await.unwrap();
    assert_eq!(page.total, i64::try_from(page.receipts.len()).unwrap());
    page.receipts.into_iter().map(|receipt| receipt.username).collect()
}

#[both_databases]
async fn reading_up_to_a_message_leaves_the_rest(mut world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(carlos, &[lea, emma]).await;
    let mut said = Vec::new();
    for text in ["uno", "dos", "tres"] {
        said.push(world.say(carlos, &talk, text).await.unwrap().message.message.id.to_string());
    }
    let conversations = world.chat.conversations().clone();
    world.happened();
    assert_eq!(conversations.mark_read_to(lea, &said[1]).await.unwrap(), 2);
    assert_eq!(conversations.mark_read_to(lea, &said[0]).await.unwrap(), 0, "never backwards");
    let left = LeftUnread { last_sequence: 3, last_event: 5, count: 1 };
    let events = world.happened();
    assert!(
        matches!(&events[..], [Event::Read { user, read_sequence: 2, left: told, .. }] if *user == lea && *told == left),
        "{events:?}"
    );
    conversations.mark_delivered(emma, &said[1]).await.unwrap();
    conversations.mark_delivered(emma, &said[1]).await.unwrap();

    assert_eq!(who(&world, carlos, &said[1], ReceiptFilter::All).await, ["lea", "emma"]);
    assert_eq!(who(&world, carlos, &said[1], ReceiptFilter::Read).await, ["lea"]);
    assert_eq!(who(&world, carlos, &said[1], ReceiptFilter::Delivered).await, ["lea", "emma"]);
    assert_eq!(who(&world, emma, &said[1], ReceiptFilter::Unread).await, ["emma"]);
    assert_eq!(who(&world, carlos, &said[2], ReceiptFilter::Read).await, [""; 0]);
    let counts = world.chat.messages().receipt_counts(carlos, &said[1]).await.unwrap();
    assert_eq!(counts, ReceiptCounts { members: 2, delivered: 2, read: 1 });
    let ids = said.iter().map(|id| id.parse().unwrap()).collect();
    let place = talk.conversation.id.to_string();
    let of_all = world.chat.messages().receipt_counts_of(carlos, &place, ids).await.unwrap();
    let mut read: Vec<i64> = of_all.iter().map(|(_, counts)| counts.read).collect();
    read.sort_unstable();
    assert_eq!(read, [0, 1, 1]);

    // Who hides what they read is not told of.
    world.set(lea, "hides_read_receipts", true).await;
    assert_eq!(who(&world, carlos, &said[1], ReceiptFilter::Read).await, [""; 0]);
    assert_eq!(who(&world, carlos, &said[1], ReceiptFilter::Delivered).await, ["emma"]);

    // Who joins later is no reader of it, although they have nothing left to read.
    let nico = world.person("nico", "en").await;
    world.hand.advance(std::time::Duration::from_secs(1));
    conversations.add_member(carlos, &place, &nico.to_string()).await.unwrap();
    let counts = world.chat.messages().receipt_counts(carlos, &said[1]).await.unwrap();
    assert_eq!(counts, ReceiptCounts { members: 2, delivered: 1, read: 0 });

    let own = conversations.mark_read_to(carlos, &said[1]).await;
    assert!(matches!(own, Err(ChatError::Invalid { .. })), "{own:?}");
    let mallory = world.person("mallory", "en").await;
    let refused = world.chat.messages().receipts(mallory, &said[1], ReceiptFilter::All, 10, 0).await;
    assert!(matches!(refused, Err(ChatError::NotFound { .. })), "{refused:?}");
    let refused = conversations.mark_read_to(mallory, &said[1]).await;
    assert!(matches!(refused, Err(ChatError::NotFound { .. })), "{refused:?}");
}

#[both_databases]
async fn authors_and_moderators_see_the_earlier_texts(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos, emma]).await;
    let id = world.say(carlos, &talk, "uno").await.unwrap().message.message.id.to_string();
    let edit = async |content: &str| {
        let edit = MessageEdit { message: id.clone(), content: content.into(), ..MessageEdit::default() };
        world.chat.messages().edit(carlos, edit).await.unwrap();
    };
    for text in ["dos", "tres"] {
        edit(text).await;
    }
    for reader in [lea, carlos] {
        let history = world.chat.messages().history(reader, &id).await.unwrap();
        let texts: Vec<&str> = history.revisions.iter().map(|earlier| earlier.content.as_str()).collect();
        assert_eq!((texts, history.message.content.as_str()), (vec!["uno", "dos"], "tres"));
        assert_eq!(history.revisions[0].written_at, history.message.created_at);
    }
    let refused = world.chat.messages().history(emma, &id).await;
    assert!(matches!(refused, Err(ChatError::Forbidden(_))), "{refused:?}");

    for number in 0..60 {
        edit(&format!("texto {number}")).await;
    }
    let history = world.chat.messages().history(carlos, &id).await.unwrap();
    assert_eq!((history.revisions.len(), history.revisions[49].content.as_str()), (50, "texto 58"));
    world.chat.messages().delete(carlos, &id, None).await.unwrap();
    assert!(world.chat.messages().history(carlos, &id).await.is_err(), "nothing is left");
}
