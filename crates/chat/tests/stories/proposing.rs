//! Proposals for glossaries, and new translations of earlier messages, on both databases.

use crate::hidden::block;
use meeshy_chat::{ChatError, ConversationView, Event, NewConversation, NewTerm};
use meeshy_domain::{Role, UserId, limits};
use meeshy_harness::World;
use meeshy_store::translations::State;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::both_databases;
use std::collections::HashMap;

fn term(text: &str, language: Option<&str>, translation: Option<&str>) -> NewTerm {
    NewTerm {
        text: text.into(),
        language: language.map(str::to_owned),
        translation: translation.map(str::to_owned),
    }
}

/// Where a proposal is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Group,
    Direct,
}

/// What has happened to the proposal of the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Waits,
    Accepted,
    Declined,
}

#[derive(Debug, Clone, Copy)]
enum Does {
    List,
    /// The same term with another translation.
    ProposeAgain,
    /// The same term without another translation.
    Repeat,
    ProposeNonsense,
    Accept,
    Dismiss,
    Retranslate,
}

use Before::{Accepted, Declined, Waits};
use Does::{Accept, Dismiss, List, ProposeAgain, ProposeNonsense, Repeat, Retranslate};
use Place::{Direct, Group};

/// Who does what, the outcome, and then the number of proposals and of terms.
const CASES: [(&str, Place, Before, Does, &str, usize, usize); 40] = [
    ("member", Group, Waits, List, "done", 1, 0),
    ("other", Group, Waits, List, "done", 1, 0),
    ("muted", Group, Waits, List, "done", 1, 0),
    ("stranger", Group, Waits, List, "no member", 1, 0),
    ("former", Group, Waits, List, "no member", 1, 0),
    ("member", Group, Waits, ProposeAgain, "done", 1, 0),
    ("other", Group, Waits, ProposeAgain, "done", 2, 0),
    ("creator", Group, Waits, ProposeAgain, "done", 2, 0),
    ("muted", Group, Waits, ProposeAgain, "forbidden", 1, 0),
    ("stranger", Group, Waits, ProposeAgain, "no member", 1, 0),
    ("former", Group, Waits, ProposeAgain, "no member", 1, 0),
    ("member", Group, Waits, ProposeNonsense, "invalid", 1, 0),
    ("member", Group, Accepted, ProposeAgain, "done", 1, 1),
    ("member", Group, Declined, ProposeAgain, "done", 1, 0),
    ("member", Group, Waits, Repeat, "done", 1, 0),
    ("other", Group, Waits, Repeat, "done", 2, 0),
    ("member", Group, Accepted, Repeat, "invalid", 0, 1),
    ("member", Group, Declined, Repeat, "done", 1, 0),
    ("member", Group, Waits, Accept, "forbidden", 1, 0),
    ("other", Group, Waits, Accept, "forbidden", 1, 0),
    ("creator", Group, Waits, Accept, "done", 0, 1),
    ("moderator", Group, Waits, Accept, "done", 0, 1),
    ("manager", Group, Waits, Accept, "done", 0, 1),
    ("stranger", Group, Waits, Accept, "no member", 1, 0),
    ("creator", Group, Accepted, Accept, "missing", 0, 1),
    ("creator", Group, Declined, Accept, "missing", 0, 0),
    ("member", Group, Waits, Dismiss, "done", 0, 0),
    ("other", Group, Waits, Dismiss, "forbidden", 1, 0),
    ("muted", Group, Waits, Dismiss, "forbidden", 1, 0),
    ("moderator", Group, Waits, Dismiss, "done", 0, 0),
    ("stranger", Group, Waits, Dismiss, "no member", 1, 0),
    ("moderator", Group, Accepted, Dismiss, "missing", 0, 1),
    ("member", Group, Declined, Dismiss, "missing", 0, 0),
    ("creator", Group, Accepted, Retranslate, "done", 0, 1),
    ("member", Group, Accepted, Retranslate, "forbidden", 0, 1),
    ("stranger", Group, Accepted, Retranslate, "no member", 0, 1),
    ("creator", Group, Waits, Retranslate, "missing", 1, 0),
    ("member", Direct, Waits, Accept, "done", 0, 1),
    ("creator", Direct, Waits, Dismiss, "done", 0, 0),
    ("other", Direct, Waits, Accept, "no member", 1, 0),
];

type People = HashMap<&'static str, UserId>;

async fn people(world: &World) -> People {
    let mut people = People::new();
    for name in ["creator", "moderator", "member", "other", "muted", "former", "manager", "stranger"] {
        // Some of these names are reserved.
        people.insert(name, world.person(&format!("the-{name}"), "fr").await);
    }
    world.chat.administration().set_role("the-manager", Role::BigBoss).await.unwrap();
    people
}

async fn place(world: &World, people: &People, place: Place) -> ConversationView {
    let creator = people["creator"];
    if place == Direct {
        let participant_ids = vec![people["member"].to_string()];
        let new = NewConversation { kind: "direct".into(), participant_ids, ..NewConversation::default() };
        return world.chat.conversations().create(creator, new).await.unwrap();
    }
    let others = ["moderator", "member", "other", "muted", "former", "manager"].map(|name| people[name]);
    let talk = world.group(creator, &others).await;
    let (id, people) = (talk.conversation.id, people.clone());
    let set = move |tx: &mut Tx<'_>| {
        for (name, change) in [
            ("moderator", "role = 'moderator'"),
            ("muted", "can_send_message = FALSE"),
            ("former", "is_active = FALSE"),
        ] {
            let sql = format!("UPDATE members SET {change} WHERE conversation_id = $1 AND user_id = $2");
            tx.execute(&sql, &[id.into(), people[name].into()])?;
        }
        Ok::<_, StoreError>(())
    };
    world.store.write(set).await.unwrap();
    talk
}

fn outcome<T>(result: Result<T, ChatError>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(ChatError::Forbidden(_)) => "forbidden",
        Err(ChatError::NotAMember) => "no member",
        Err(ChatError::NotFound { .. }) => "missing",
        Err(ChatError::Invalid { .. }) => "invalid",
        Err(other) => panic!("{other}"),
    }
}

#[both_databases]
async fn members_propose_and_moderators_decide(world: World) {
    let people = people(&world).await;
    let (creator, member) = (people["creator"], people["member"]);
    let glossary = world.chat.glossary();
    let mut wrong = Vec::new();
    for case @ (who, kind, before, does, expected, proposals, terms) in CASES {
        let talk = place(&world, &people, kind).await.conversation.id.to_string();
        let id = glossary.propose(member, &talk, term("sprint", None, None)).await.unwrap().id.to_string();
        match before {
            Waits => {}
            Accepted => assert_eq!(glossary.accept(creator, &talk, &id).await.unwrap().id.to_string(), id),
            Declined => glossary.dismiss(creator, &talk, &id).await.unwrap(),
        }
        let caller = people[who];
        let again = term("sprint", None, Some("étape"));
        let found = match does {
            List => outcome(glossary.proposals(caller, &talk).await),
            ProposeAgain => outcome(glossary.propose(caller, &talk, again).await),
            Repeat => outcome(glossary.propose(caller, &talk, term(" sprint ", None, None)).await),
            ProposeNonsense => outcome(glossary.propose(caller, &talk, term("!?", None, None)).await),
            Accept => outcome(glossary.accept(caller, &talk, &id).await),
            Dismiss => outcome(glossary.dismiss(caller, &talk, &id).await),
            Retranslate => outcome(glossary.retranslate(caller, &talk, &id, None).await),
        };
        let left = glossary.proposals(creator, &talk).await.unwrap().proposals.len();
        let kept = glossary.list(creator, &talk).await.unwrap().len();
        if (found, left, kept) != (expected, proposals, terms) {
            wrong.push((case, found, left, kept));
        }
        // Leaves no glossary behind: some of them are shared by the two people of a direct conversation.
        for proposal in glossary.proposals(creator, &talk).await.unwrap().proposals {
            glossary.dismiss(creator, &talk, &proposal.id.to_string()).await.unwrap();
        }
        for term in glossary.list(creator, &talk).await.unwrap() {
            glossary.remove(creator, &talk, &term.id.to_string()).await.unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[both_databases]
async fn an_accepted_term_ends_all_proposals_of_it(mut world: World) {
    let people = people(&world).await;
    let talk = place(&world, &people, Group).await.conversation.id.to_string();
    let glossary = world.chat.glossary().clone();
    let (creator, member, other) = (people["creator"], people["member"], people["other"]);
    world.happened();
    let first = glossary.propose(member, &talk, term("sprint", Some("fr"), Some("étape"))).await.unwrap();
    glossary.propose(other, &talk, term("sprint", Some("fr"), Some("course"))).await.unwrap();
    glossary.propose(other, &talk, term("sprint", Some("es"), Some("etapa"))).await.unwrap();
    let seen = glossary.proposals(member, &talk).await.unwrap();
    assert_eq!((seen.proposals.len(), seen.can_propose, seen.can_decide), (3, true, false));
    assert!(!glossary.proposals(people["muted"], &talk).await.unwrap().can_propose);
    assert_eq!(seen.proposals[0].proposer, "The-Member Test", "{seen:?}");
    assert!(glossary.proposals(creator, &talk).await.unwrap().can_decide);

    let accepted = glossary.accept(creator, &talk, &first.id.to_string()).await.unwrap();
    assert_eq!((accepted.created_by, accepted.translation.as_deref()), (member, Some("étape")));
    let left = glossary.proposals(member, &talk).await.unwrap().proposals;
    assert_eq!(left.iter().map(|one| one.language.unwrap().code()).collect::<Vec<_>>(), ["es"]);
    let told = world.happened();
    let changes = told.iter().filter(|event| matches!(event, Event::GlossaryChanged { .. })).count();
    assert_eq!(changes, 4);
}

#[both_databases]
async fn nobody_decides_on_a_translation_they_have_not_seen(world: World) {
    let people = people(&world).await;
    let talk = place(&world, &people, Group).await.conversation.id.to_string();
    let glossary = world.chat.glossary();
    let (creator, member) = (people["creator"], people["member"]);
    let propose = |translation| glossary.propose(member, &talk, term("re\u{301}union", None, translation));
    let first = propose(None).await.unwrap();
    assert_eq!(first.text, "r\u{e9}union", "composed");
    let same = glossary.propose(member, &talk, term("réunion", None, None)).await.unwrap();
    assert_eq!(same.id, first.id, "nothing has changed");
    let corrected = propose(Some("meeting")).await.unwrap();
    assert_ne!(corrected.id, first.id);
    assert_eq!(propose(Some("meeting")).await.unwrap().id, corrected.id);
    assert_eq!(outcome(glossary.accept(creator, &talk, &first.id.to_string()).await), "missing");
    let accepted = glossary.accept(creator, &talk, &corrected.id.to_string()).await.unwrap();
    assert_eq!(accepted.translation.as_deref(), Some("meeting"));
}

#[both_databases]
async fn people_who_have_blocked_each_other_do_not_show_each_other_words(world: World) {
    let people = people(&world).await;
    let (creator, member, other) = (people["creator"], people["member"], people["other"]);
    let pair = place(&world, &people, Direct).await.conversation.id.to_string();
    let group = place(&world, &people, Group).await.conversation.id.to_string();
    let glossary = world.chat.glossary();
    let mut ids = Vec::new();
    for talk in [&pair, &group] {
        ids.push(glossary.propose(member, talk, term("sprint", None, None)).await.unwrap().id.to_string());
    }
    let added = glossary.add(member, &pair, term("gig", None, None)).await.unwrap().id.to_string();
    block(&world, creator, member).await;
    block(&world, other, member).await;
    for who in [creator, member] {
        assert_eq!(outcome(glossary.propose(who, &pair, term("time", None, None)).await), "forbidden");
        assert_eq!(outcome(glossary.add(who, &pair, term("time", None, None)).await), "forbidden");
        assert_eq!(outcome(glossary.accept(who, &pair, &ids[0]).await), "forbidden");
        let seen = glossary.proposals(who, &pair).await.unwrap();
        assert_eq!((seen.proposals.len(), seen.can_propose, seen.can_decide), (1, false, true));
    }
    assert_eq!(outcome(glossary.dismiss(creator, &pair, &ids[0]).await), "done", "it can be cleaned up");
    assert_eq!(outcome(glossary.remove(creator, &pair, &added).await), "done");

    // In a group, they go on; who has blocked the member sees the proposal only to decide on it.
    for (who, seen) in [(creator, 1), (other, 0), (people["muted"], 1), (member, 1)] {
        assert_eq!(glossary.proposals(who, &group).await.unwrap().proposals.len(), seen);
    }
    assert_eq!(outcome(glossary.accept(creator, &group, &ids[1]).await), "done");
}

#[both_databases]
async fn proposals_are_bounded_by_person_and_by_glossary(world: World) {
    let people = people(&world).await;
    let talk = place(&world, &people, Group).await;
    let id = talk.conversation.id.to_string();
    let glossary = world.chat.glossary();
    let (creator, member) = (people["creator"], people["member"]);
    let mut ids = Vec::new();
    for n in 0..limits::OWN_GLOSSARY_PROPOSALS {
        let new = term(&format!("term {n}"), None, None);
        ids.push(glossary.propose(member, &id, new).await.unwrap().id.to_string());
    }
    let one_more = || glossary.propose(member, &id, term("one more", None, None));
    assert_eq!(outcome(one_more().await), "invalid");
    // A correction is no further one.
    let corrected = glossary.propose(member, &id, term("term 0", None, Some("terme 0"))).await.unwrap();
    glossary.dismiss(member, &id, &corrected.id.to_string()).await.unwrap();
    assert_eq!(outcome(one_more().await), "done");

    let fill = move |tx: &mut Tx<'_>| {
        for n in 0..limits::GLOSSARY_PROPOSALS - limits::OWN_GLOSSARY_PROPOSALS {
            tx.execute(
                "INSERT INTO glossary_proposals (id, owner_id, term, language, proposed_by, created_at) \
                 VALUES ($1, $2, 'word', $1, $3, 1)",
                &[format!("{n:024x}").into(), talk.conversation.id.into(), creator.into()],
            )?;
        }
        Ok::<_, StoreError>(())
    };
    world.store.write(fill).await.unwrap();
    let full = glossary.propose(people["other"], &id, term("sprint", None, None)).await;
    assert_eq!(outcome(full), "invalid");
    glossary.dismiss(creator, &id, &ids[1]).await.unwrap();
    let last = glossary.propose(people["other"], &id, term("sprint", None, None)).await;
    assert_eq!(outcome(last), "done");
}

/// The translations into French that a user sees, the oldest first.
async fn in_french(world: &World, who: UserId, talk: &ConversationView) -> Vec<String> {
    let mut texts: Vec<(i64, String)> = Vec::new();
    for view in world.page(who, talk).await.messages {
        for known in &view.translations {
            if let State::Done { content, .. } = &known.state
                && known.language.code() == "fr"
            {
                texts.push((view.message.sequence, content.clone()));
            }
        }
    }
    texts.sort();
    texts.into_iter().map(|(_, text)| text).collect()
}

#[both_databases]
async fn earlier_messages_with_the_term_are_translated_again(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = talk.conversation.id.to_string();
    for text in ["el sprint", "los sprints", "Sprint, ¿no?", "otra cosa"] {
        world.say(carlos, &talk, text).await.unwrap();
    }
    world.translate().await;
    assert_eq!(in_french(&world, lea, &talk).await.len(), 4);

    let glossary = world.chat.glossary();
    let proposal = glossary.propose(carlos, &id, term("sprint", None, Some("étape"))).await.unwrap();
    let accepted = glossary.accept(lea, &id, &proposal.id.to_string()).await.unwrap();
    let before = world.engine.glossaries.lock().unwrap().len();
    let again = glossary.retranslate(lea, &id, &accepted.id.to_string(), None).await.unwrap();
    assert_eq!((again.translations, again.next), (2, None), "whole words");
    assert_eq!(in_french(&world, lea, &talk).await.len(), 4, "readers keep what they have");
    world.translate().await;
    let used = world.engine.glossaries.lock().unwrap().split_off(before);
    assert!(
        !used.is_empty() && used.iter().all(|glossary| **glossary != meeshy_translation::Glossary::default())
    );
    assert_eq!(in_french(&world, lea, &talk).await.len(), 4);

    // For another language, there is nothing to do.
    let german = glossary.add(lea, &id, term("sprint", Some("de"), Some("Etappe"))).await.unwrap();
    let none = glossary.retranslate(lea, &id, &german.id.to_string(), None).await.unwrap();
    assert_eq!(none.translations, 0);
}

#[both_databases]
async fn a_long_conversation_is_searched_page_by_page(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[carlos]).await;
    let id = talk.conversation.id.to_string();
    world.say(carlos, &talk, "el sprint").await.unwrap();
    for _ in 0..limits::SEARCHED_MESSAGES {
        world.say(lea, &talk, "la suite").await.unwrap();
    }
    world.say(carlos, &talk, "otro sprint").await.unwrap();
    world.translate().await;
    let glossary = world.chat.glossary();
    let added = glossary.add(lea, &id, term("sprint", None, None)).await.unwrap().id.to_string();
    let first = glossary.retranslate(lea, &id, &added, None).await.unwrap();
    assert_eq!((first.translations, first.next), (1, Some(3)));
    let rest = glossary.retranslate(lea, &id, &added, first.next).await.unwrap();
    assert_eq!((rest.translations, rest.next), (1, None));
}
