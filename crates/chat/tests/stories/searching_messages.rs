//! The search in the texts of messages, and the page around a found one.

use meeshy_chat::{
    ChatError, ConversationView, MessageEdit, NewConversation, NewMessage, PagePlace, PageRequest,
    SearchRequest,
};
use meeshy_domain::UserId;
use meeshy_harness::World;
use meeshy_store::search_index::{self, Entry};
use meeshy_store::{StoreError, Tx, Value, search_queue};
use meeshy_testkit::both_databases;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

fn everywhere(text: &str) -> SearchRequest {
    SearchRequest { text: text.into(), limit: 50, ..SearchRequest::default() }
}

async fn search(world: &World, who: UserId, request: SearchRequest) -> Vec<String> {
    let found = world.chat.messages().search(who, request).await.unwrap();
    found.messages.into_iter().map(|view| view.message.content).collect()
}

async fn found(world: &World, who: UserId, text: &str) -> Vec<String> {
    search(world, who, everywhere(text)).await
}

async fn say(world: &World, who: UserId, talk: &ConversationView, content: &str, language: &str) -> String {
    let new = NewMessage {
        conversation: talk.conversation.id.to_string(),
        content: content.into(),
        original_language: Some(language.into()),
        ..NewMessage::default()
    };
    world.chat.messages().send(who, new).await.unwrap().message.message.id.to_string()
}

#[both_databases]
async fn messages_are_found_in_any_script(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    for (text, language) in [
        ("À l’école demain", "fr"),
        ("今日は天気がいいですね", "ja"),
        ("وَالسَّلَامُ عَلَيْكُمْ", "ar"),
        ("Straße nach Köln", "de"),
    ] {
        say(&world, lea, &talk, text, language).await;
    }
    world.index_messages().await;
    for (searched, text) in [
        ("ecole", "À l’école demain"),
        ("DEMAIN école", "À l’école demain"),
        ("天気", "今日は天気がいいですね"),
        ("السلام", "وَالسَّلَامُ عَلَيْكُمْ"),
        ("strasse koln", "Straße nach Köln"),
    ] {
        assert_eq!(found(&world, carlos, searched).await, [text], "{searched}");
    }
    assert!(found(&world, carlos, "demain koln").await.is_empty(), "in different messages");
    for nothing in ["", "e", " .,' ", "\"' OR \\"] {
        let outcome = world.chat.messages().search(carlos, everywhere(nothing)).await;
        match outcome {
            Err(ChatError::Invalid { field, .. }) => assert_eq!(field, "q"),
            Ok(found) => assert!(found.messages.is_empty() && nothing.contains("OR"), "{nothing:?}"),
            Err(error) => panic!("{nothing:?}: {error}"),
        }
    }
}

#[both_databases]
async fn translations_are_found_by_those_who_read_them(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos, emma]).await;
    say(&world, lea, &talk, "Bonjour", "fr").await;
    world.translate().await;
    world.index_messages().await;
    let view = world.page(carlos, &talk).await.messages.remove(0);
    let spanish = view.translations.iter().find(|known| known.language.code() == "es").unwrap();
    let meeshy_store::translations::State::Done { content, .. } = &spanish.state else {
        panic!("{spanish:?}")
    };
    let word = content.split_whitespace().find(|word| !"Bonjour".contains(*word)).unwrap();
    assert_eq!(found(&world, carlos, word).await, ["Bonjour"], "{word}");
    assert_eq!(found(&world, carlos, "bonj").await, ["Bonjour"], "the original");
    assert!(found(&world, emma, word).await.is_empty(), "she does not read Spanish");
}

#[both_databases]
async fn only_what_one_sees_is_found(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let emma = world.person("emma", "fr").await;
    let talk = world.group(lea, &[carlos]).await;
    let edited = say(&world, lea, &talk, "une pomme rouge", "fr").await;
    let deleted = say(&world, lea, &talk, "une pomme verte", "fr").await;
    let hidden = say(&world, lea, &talk, "une pomme jaune", "fr").await;
    world.index_messages().await;
    assert_eq!(found(&world, carlos, "pomme").await.len(), 3);
    assert!(found(&world, emma, "pomme").await.is_empty(), "not a member");
    let in_talk =
        SearchRequest { conversation: Some(talk.conversation.id.to_string()), ..everywhere("pomme") };
    assert!(matches!(
        world.chat.messages().search(emma, in_talk.clone()).await,
        Err(ChatError::NotAMember | ChatError::NotFound { .. })
    ));
    assert_eq!(search(&world, carlos, in_talk).await.len(), 3);

    let edit = MessageEdit { message: edited, content: "une poire rouge".into(), ..MessageEdit::default() };
    world.chat.messages().edit(lea, edit).await.unwrap();
    world.chat.messages().delete(lea, &deleted, None).await.unwrap();
    world.chat.messages().delete_for_me(carlos, &hidden).await.unwrap();
    assert!(found(&world, carlos, "pomme").await.is_empty(), "at once, although the index is as it was");
    world.index_messages().await;
    assert_eq!(found(&world, carlos, "poire").await, ["une poire rouge"]);
    assert_eq!(found(&world, lea, "pomme").await, ["une pomme jaune"]);
    let entries = world
        .store
        .read::<i64, StoreError>(|tx: &mut Tx<'_>| tx.fetch_one("SELECT count(*) FROM search_entries", &[]));
    assert_eq!(entries.await.unwrap(), 2, "a deleted message has no entry");

    world.chat.conversations().leave(carlos, &talk.conversation.id.to_string()).await.unwrap();
    assert!(found(&world, carlos, "poire").await.is_empty());
}

#[both_databases]
async fn results_come_page_by_page(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    let other = world.group(carlos, &[lea]).await;
    for number in 0..25 {
        say(&world, lea, if number % 2 == 0 { &talk } else { &other }, &format!("numero {number:02}"), "fr")
            .await;
    }
    world.index_messages().await;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let request = SearchRequest { after, limit: 10, ..everywhere("numero") };
        let page = world.chat.messages().search(carlos, request).await.unwrap();
        all.extend(page.messages.into_iter().map(|view| view.message.content));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<String> = (0..25).rev().map(|number| format!("numero {number:02}")).collect();
    assert_eq!(all, expected);
}

#[both_databases]
async fn somebody_in_many_conversations_finds_the_same(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let mut talks = Vec::new();
    for number in 0..70 {
        let new = NewConversation {
            kind: "group".into(),
            title: Some(format!("Group {number}")),
            participant_ids: if number < 66 { vec![carlos.to_string()] } else { Vec::new() },
            ..NewConversation::default()
        };
        talks.push(world.chat.conversations().create(lea, new).await.unwrap());
    }
    for number in [0, 65, 69] {
        say(&world, lea, &talks[number], &format!("cerise {number}"), "fr").await;
    }
    world.index_messages().await;
    assert_eq!(found(&world, lea, "cerise").await, ["cerise 69", "cerise 65", "cerise 0"]);
    assert_eq!(found(&world, carlos, "cerise").await, ["cerise 65", "cerise 0"]);
    world.chat.conversations().leave(carlos, &talks[0].conversation.id.to_string()).await.unwrap();
    assert_eq!(found(&world, carlos, "cerise").await, ["cerise 65"]);
}

#[both_databases]
async fn a_page_around_a_message(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let mut ids = Vec::new();
    for number in 1..=9 {
        ids.push(say(&world, lea, &talk, &number.to_string(), "fr").await);
    }
    let page = async |place: PagePlace, limit: i64| {
        let id = talk.conversation.id.to_string();
        let page = world.chat.messages().page(lea, &id, PageRequest { place, limit }, || true).await.unwrap();
        let texts: String = page.messages.iter().map(|view| view.message.content.as_str()).collect();
        (texts, page.has_older, page.has_newer)
    };
    let at = |number: usize| ids[number - 1].clone();
    assert_eq!(page(PagePlace::Around(at(5)), 4).await, ("7654".into(), true, true));
    assert_eq!(page(PagePlace::Around(at(9)), 4).await, ("98".into(), true, false));
    assert_eq!(page(PagePlace::Around(at(1)), 4).await, ("321".into(), false, true));
    assert_eq!(page(PagePlace::Around(at(5)), 50).await, ("987654321".into(), false, false));
    assert_eq!(page(PagePlace::After(at(5)), 2).await, ("76".into(), true, true));
    assert_eq!(page(PagePlace::After(at(7)), 2).await, ("98".into(), true, false));
    assert_eq!(page(PagePlace::After(at(9)), 2).await, (String::new(), true, false));
    assert_eq!(page(PagePlace::Before(at(3)), 2).await, ("21".into(), false, true));
    assert_eq!(page(PagePlace::default(), 2).await, ("98".into(), true, false));
    world.chat.messages().delete(lea, &at(5), None).await.unwrap();
    assert_eq!(
        page(PagePlace::Around(at(5)), 4).await,
        ("7643".into(), true, true),
        "a deleted one has a place"
    );
    assert_eq!(page(PagePlace::Before(at(5)), 2).await, ("43".into(), true, true));
}

/// A search finds exactly the messages in whose texts the words are, whatever was written, edited and deleted.
#[both_databases]
async fn the_index_agrees_with_the_texts(world: World) {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let lea = world.person("lea", "fr").await;
    let texts = prop::collection::vec("[a-c今日ひ ’é]{1,12}[xy]", 40);
    let texts = texts.new_tree(&mut runner).unwrap().current();
    let talk = world.group(lea, &[]).await;
    let mut ids = Vec::new();
    for text in &texts {
        ids.push(say(&world, lea, &talk, text, "fr").await);
    }
    world.index_messages().await;
    let mut now = texts.clone();
    for (number, text) in texts.iter().enumerate().filter(|(number, _)| number % 3 == 0) {
        let content: String = text.chars().rev().collect();
        let edit =
            MessageEdit { message: ids[number].clone(), content: content.clone(), ..MessageEdit::default() };
        world.chat.messages().edit(lea, edit).await.unwrap();
        now[number] = content;
    }
    for number in (0..texts.len()).filter(|number| number % 7 == 0) {
        world.chat.messages().delete(lea, &ids[number], None).await.unwrap();
        now[number].clear();
    }
    world.index_messages().await;
    for searched in ["ab", "abc", "今", "今日", "a b", "cx", "x", "éa", "ba 日", "bca"] {
        let Some(search) = meeshy_domain::text::TextSearch::new(searched) else { continue };
        if !meeshy_domain::text::is_enough_to_search(searched) {
            continue;
        }
        let mut expected: Vec<String> = now.iter().filter(|text| search.finds(text)).cloned().collect();
        expected.reverse();
        assert_eq!(found(&world, lea, searched).await, expected, "{searched}");
    }
}

/// What indexes the messages of a release that knows nothing of the index.
#[both_databases]
async fn messages_of_an_older_release_are_indexed(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let (room, id) = (talk.conversation.id, "65d0000000000000000000a1");
    world.index_messages().await;
    // The statements of that release.
    let send = move |tx: &mut Tx<'_>| {
        let message: [Value; 3] = [id.into(), room.into(), lea.into()];
        tx.execute(
            "INSERT INTO messages (id, conversation_id, sequence, sender_id, content, original_language, message_type, created_at, updated_at) \
             VALUES ($1, $2, 900, $3, 'une mirabelle', 'fr', 'text', 1, 1)",
            &message,
        )?;
        let log = "INSERT INTO conversation_events (conversation_id, number, kind, subject, at) VALUES ($1, $3, 'message', $2, 1)";
        tx.execute(log, &[room.into(), id.into(), 900_i64.into()])
    };
    world.store.write::<_, StoreError>(send).await.unwrap();
    world.index_messages().await;
    assert_eq!(found(&world, lea, "mirabelle").await, ["une mirabelle"]);

    let translate = move |tx: &mut Tx<'_>| {
        tx.execute(
            "INSERT INTO translations (message_id, language, revision, state, content, engine, created_at, updated_at) \
             VALUES ($1, 'fr', 1, 'done', 'une reine-claude', 'test', 1, 1)",
            &[id.into()],
        )?;
        let log = "INSERT INTO conversation_events (conversation_id, number, kind, subject, at) VALUES ($1, $3, 'translation', $2, 1)";
        tx.execute(log, &[room.into(), format!("{id} fr").into(), 901_i64.into()])
    };
    world.store.write::<_, StoreError>(translate).await.unwrap();
    world.index_messages().await;
    assert_eq!(found(&world, lea, "claude").await, ["une mirabelle"]);
}

/// Of another release: folded by older rules, so nothing of today's rules finds it.
#[both_databases]
async fn a_new_way_of_folding_indexes_again_in_batches(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    for number in 0..250 {
        say(&world, lea, &talk, &format!("prune {number:03}"), "fr").await;
    }
    world.index_messages().await;
    let outdate = |tx: &mut Tx<'_>| tx.execute("UPDATE search_entries SET fold_version = 0", &[]);
    assert_eq!(world.store.write::<_, StoreError>(outdate).await.unwrap(), 250);
    assert_eq!(
        found(&world, lea, "prune 249").await,
        ["prune 249"],
        "what is indexed can be found meanwhile"
    );
    let outdated = async || {
        let sql = "SELECT count(*) FROM search_entries WHERE fold_version = 0";
        world.store.read::<i64, StoreError>(move |tx| tx.fetch_one(sql, &[])).await.unwrap()
    };
    let take = |tx: &mut Tx<'_>| search_queue::take(tx, 100);
    assert_eq!(world.store.write::<_, StoreError>(take).await.unwrap().len(), 100, "a bounded batch");
    assert_eq!(outdated().await, 250, "taken, but not indexed: as after a crash");
    world.index_messages().await;
    assert_eq!(outdated().await, 0);
    assert_eq!(found(&world, lea, "prune 000").await, ["prune 000"]);
}

#[both_databases]
async fn after_an_import_everything_is_indexed_in_batches(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    for number in 0..25 {
        say(&world, lea, &talk, &format!("prune {number:02}"), "fr").await;
    }
    let forget = |tx: &mut Tx<'_>| {
        tx.execute("DELETE FROM search_queue", &[])?;
        tx.execute("UPDATE search_state SET backfilled = ''", &[])?;
        let sizes: Result<Vec<usize>, StoreError> =
            (0..3).map(|_| Ok(search_queue::take(tx, 10)?.len())).collect();
        let sizes = sizes?;
        tx.execute("UPDATE search_state SET backfilled = ''", &[])?;
        Ok(sizes)
    };
    assert_eq!(world.store.write::<_, StoreError>(forget).await.unwrap(), [10, 10, 5]);
    world.index_messages().await;
    assert_eq!(found(&world, lea, "prune").await.len(), 25);
}

/// Indexes messages with this text in a conversation of others.
async fn index_elsewhere(world: &World, text: &str, count: u64) {
    for from in (0..count).step_by(500) {
        let entry = |number: u64| Entry {
            message: format!("65d1{number:020x}").parse().unwrap(),
            conversation: "65d20000000000000000000a".parse().unwrap(),
            grams: meeshy_domain::text::grams(text),
        };
        let entries: Vec<Entry> = (from..from + 500).map(entry).collect();
        let messages = entries.iter().map(|entry| entry.message).collect();
        let write = move |tx: &mut Tx<'_>| search_index::replace(tx, &messages, &entries);
        world.store.write(write).await.unwrap();
    }
}

/// A frequent word that is in none of somebody's many conversations does not make one request walk the whole index.
#[both_databases]
async fn the_work_of_one_request_is_bounded(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "fr").await);
    let talk = world.group(lea, &[carlos]).await;
    for _ in 0..66 {
        world.group(lea, &[]).await;
    }
    say(&world, carlos, &talk, "une framboise", "fr").await;
    world.index_messages().await;
    index_elsewhere(&world, "des framboises", 13_000).await;
    assert_eq!(found(&world, carlos, "framboise").await, ["une framboise"], "he is in few conversations");
    let first = world.chat.messages().search(lea, everywhere("framboise")).await.unwrap();
    assert!(first.messages.is_empty() && first.next.is_some(), "it goes on");
    let request = SearchRequest { after: first.next, ..everywhere("framboise") };
    assert_eq!(search(&world, lea, request).await, ["une framboise"]);
}

#[both_databases]
async fn a_page_continues_after_a_message_that_was_deleted(world: World) {
    let lea = world.person("lea", "fr").await;
    let talk = world.group(lea, &[]).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(say(&world, lea, &talk, &format!("cassis {number}"), "fr").await);
    }
    world.index_messages().await;
    let two = SearchRequest { limit: 2, ..everywhere("cassis") };
    let page = world.chat.messages().search(lea, two.clone()).await.unwrap();
    world.chat.messages().delete(lea, &ids[3], None).await.unwrap();
    world.index_messages().await;
    let rest = SearchRequest { after: page.next, limit: 10, ..two };
    assert_eq!(search(&world, lea, rest).await, ["cassis 2", "cassis 1", "cassis 0"]);
    for malformed in ["nonsense", "65d000000000000000000001", "9999999999999999999999"] {
        let request = SearchRequest { after: Some(malformed.into()), ..everywhere("cassis") };
        let refused = world.chat.messages().search(lea, request).await;
        assert!(
            matches!(&refused, Err(ChatError::Invalid { field, .. }) if field == "after"),
            "{malformed}: {refused:?}"
        );
    }
}
