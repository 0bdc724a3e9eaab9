//! The participants of a conversation, page by page, on both databases.

use meeshy_chat::{ChatError, ParticipantPage, ParticipantRequest, ParticipantView};
use meeshy_domain::{MemberRole, UserId};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx, Value, blocks};
use meeshy_testkit::both_databases;

/// All participants, as pages of names.
async fn pages(world: &World, who: UserId, talk: &str, request: ParticipantRequest) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut after = request.after;
    loop {
        let request = ParticipantRequest { after, ..request.clone() };
        let page = page(world, who, talk, request).await.unwrap();
        pages.push(page.participants.iter().map(name).collect());
        match page.next {
            Some(next) => after = Some(next.parse().unwrap()),
            None => return pages,
        }
        assert!(pages.len() < 20, "the list ends");
    }
}

async fn page(
    world: &World,
    who: UserId,
    talk: &str,
    request: ParticipantRequest,
) -> Result<ParticipantPage, ChatError> {
    world.chat.conversations().participants(who, talk, request).await
}

/// The names on the first page.
async fn names(world: &World, who: UserId, talk: &str, request: ParticipantRequest) -> Vec<String> {
    page(world, who, talk, request).await.unwrap().participants.iter().map(name).collect()
}

fn name(view: &ParticipantView) -> String {
    match view {
        ParticipantView::Member(participant, _) => participant.member.username.clone(),
        ParticipantView::Guest(guest) => guest.guest.username.clone(),
    }
}

fn at_most(limit: i64) -> ParticipantRequest {
    ParticipantRequest { limit, ..ParticipantRequest::default() }
}

fn searched(text: &str) -> ParticipantRequest {
    ParticipantRequest { search: Some(text.into()), ..at_most(50) }
}

async fn execute(world: &World, sql: &'static str, params: Vec<Value>) {
    let write = move |tx: &mut Tx<'_>| tx.execute(sql, &params);
    assert!(world.store.write::<_, StoreError>(write).await.unwrap() > 0, "{sql}");
}

/// Makes the conversation look like a large one.
async fn enlarge(world: &World, talk: &str) {
    let sql = "UPDATE conversations SET member_count = 100000 WHERE id = $1";
    execute(world, sql, vec![talk.into()]).await;
}

async fn add_guests(world: &World, talk: &str, creator: UserId) {
    let link = "INSERT INTO share_links (id, link_id, identifier, conversation_id, created_by, created_at, updated_at) \
                VALUES ('65f000000000000000000001', 'link', 'link', $1, $2, 1, 1)";
    execute(world, link, vec![talk.into(), creator.into()]).await;
    let guests = "INSERT INTO guests (id, conversation_id, share_link_id, first_name, last_name, username, session_token, \
                  last_active_at, joined_at, is_active) VALUES \
                  ('00f000000000000000000001', $1, '65f000000000000000000001', 'G', 'O', 'guest1', 't1', 1, 1, TRUE), \
                  ('00f000000000000000000002', $1, '65f000000000000000000001', 'G', 'O', 'gone', 't2', 1, 1, FALSE), \
                  ('00f000000000000000000003', $1, '65f000000000000000000001', 'G', 'O', 'guest2', 't3', 1, 1, TRUE)";
    execute(world, guests, vec![talk.into()]).await;
}

#[both_databases]
async fn every_participant_is_on_one_page_and_guests_follow_members(world: World) {
    let mut people = Vec::new();
    for name in ["lea", "carlos", "emma", "nina", "omar"] {
        people.push(world.person(name, "fr").await);
    }
    let lea = people[0];
    let talk = world.group(lea, &people[1..]).await.conversation.id.to_string();
    let shown = pages(&world, lea, &talk, at_most(2)).await;
    assert_eq!(shown, [vec!["lea", "carlos"], vec!["emma", "nina"], vec!["omar"]]);

    add_guests(&world, &talk, lea).await;
    let all = ["lea", "carlos", "emma", "nina", "omar", "guest1", "guest2"];
    for limit in 1..=8 {
        let shown = pages(&world, lea, &talk, at_most(limit)).await;
        assert_eq!(shown.concat(), all, "{limit} at once");
        let limit = usize::try_from(limit).unwrap();
        assert_eq!(shown.len(), all.len().div_ceil(limit), "no page is empty");
    }
}

#[both_databases]
async fn only_members_may_list_members(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let talk = world.group(lea, &[]).await.conversation.id.to_string();
    let refused = page(&world, carlos, &talk, at_most(5)).await;
    assert!(matches!(refused, Err(ChatError::NotAMember)), "{refused:?}");
    let missing = page(&world, lea, "nowhere", at_most(5)).await;
    assert!(matches!(missing, Err(ChatError::NotFound { .. })), "{missing:?}");
}

#[both_databases]
async fn a_list_continues_after_a_member_who_has_left_and_ends_after_an_unknown_id(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos, emma]).await.conversation.id.to_string();
    let leave = "UPDATE members SET is_active = FALSE WHERE conversation_id = $1 AND user_id = $2";
    execute(&world, leave, vec![talk.as_str().into(), carlos.into()]).await;
    let after = |id: &str| ParticipantRequest { after: Some(id.parse().unwrap()), ..at_most(5) };
    assert_eq!(names(&world, lea, &talk, after(&carlos.to_string())).await, ["emma"]);
    assert!(names(&world, lea, &talk, after(&"f".repeat(24))).await.is_empty());
    let long = page(&world, lea, &talk, searched(&"a".repeat(101))).await;
    assert!(matches!(&long, Err(ChatError::Invalid { field, .. }) if field == "search"), "{long:?}");
}

#[both_databases]
async fn blocked_members_are_listed_and_deleted_accounts_are_not(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let (emma, nina) = (world.person("emma", "en").await, world.person("nina", "en").await);
    let talk = world.group(lea, &[carlos, emma, nina]).await.conversation.id.to_string();
    world.store.write(move |tx| blocks::set(tx, lea, &[carlos])).await.unwrap();
    execute(&world, "UPDATE users SET deleted_at = 1 WHERE id = $1", vec![emma.into()]).await;
    world.chat.administration().set_active("nina", false).await.unwrap();
    let shown = world.chat.conversations().get(lea, &talk).await.unwrap().members;
    let shown: Vec<_> = shown.iter().map(|view| view.member.username.clone()).collect();
    assert_eq!(names(&world, lea, &talk, at_most(5)).await, shown, "as in the conversation");
    assert_eq!(shown, ["lea", "carlos"]);
    assert_eq!(names(&world, carlos, &talk, searched("lea")).await, ["lea"]);
}

#[both_databases]
async fn members_are_found_by_role_name_and_presence(world: World) {
    let mut people = Vec::new();
    for name in ["lea", "carlos", "carla", "nina"] {
        people.push(world.person(name, "fr").await);
    }
    let [lea, carlos, carla, nina] = people[..] else { panic!() };
    let stranger = world.person("carmen", "es").await;
    let talk = world.group(lea, &[carlos, carla, nina]).await.conversation.id.to_string();
    add_guests(&world, &talk, lea).await;
    for user in [carla, stranger, nina] {
        world.chat.presence().connect(user);
    }
    for size in ["small", "large"] {
        let of = async |request| names(&world, lea, &talk, request).await;
        let what = format!("in a {size} conversation");
        let creator = ParticipantRequest { role: Some(MemberRole::Creator), ..at_most(5) };
        assert_eq!(of(creator.clone()).await, ["lea"], "{what}");
        let members = ParticipantRequest { role: Some(MemberRole::Member), ..at_most(5) };
        assert_eq!(of(members).await, ["carlos", "carla", "nina", "guest1", "guest2"], "{what}");
        assert_eq!(of(searched("Cár")).await, ["carlos", "carla"], "{what}");
        assert_eq!(of(searched("test carl")).await, ["carlos", "carla"], "{what}: both words");
        assert!(of(searched("c")).await.is_empty(), "{what}: too short");
        assert!(of(searched("!!")).await.is_empty(), "{what}: no word");
        assert!(of(ParticipantRequest { search: Some("car".into()), ..creator }).await.is_empty(), "{what}");
        let online = ParticipantRequest { online_only: true, ..at_most(1) };
        let shown = pages(&world, lea, &talk, online.clone()).await;
        assert_eq!(shown, [["carla"], ["nina"]], "{what}");
        assert_eq!(of(ParticipantRequest { search: Some("ni".into()), ..online }).await, ["nina"], "{what}");
        let paged = pages(&world, lea, &talk, ParticipantRequest { limit: 1, ..searched("car") }).await;
        assert_eq!(paged, [["carlos"], ["carla"]], "{what}");
        enlarge(&world, &talk).await;
    }
}

#[both_databases]
async fn the_presence_of_a_blocked_user_is_hidden_from_whoever_blocked_them(world: World) {
    let (lea, carlos) = (world.person("lea", "fr").await, world.person("carlos", "es").await);
    let emma = world.person("emma", "en").await;
    let talk = world.group(lea, &[carlos, emma]).await.conversation.id.to_string();
    world.store.write(move |tx| blocks::set(tx, lea, &[carlos])).await.unwrap();
    execute(&world, "UPDATE users SET last_active_at = last_active_at + 60000", vec![]).await;
    for user in [lea, carlos, emma] {
        world.chat.presence().connect(user);
    }
    let online = ParticipantRequest { online_only: true, ..at_most(5) };
    for size in ["small", "large"] {
        for (who, expected) in [(lea, &["emma", "lea"][..]), (emma, &["carlos", "emma", "lea"])] {
            let sorted = |mut names: Vec<String>| {
                names.sort();
                names
            };
            let view = world.chat.conversations().get(who, &talk).await.unwrap();
            let shown = view.members.iter().filter(|view| view.seen.is_online);
            let shown = sorted(shown.map(|view| view.member.username.clone()).collect());
            assert_eq!(shown, expected, "the members of a {size} conversation");
            let figures = view.figures.unwrap().online;
            let figures = sorted(figures.into_iter().map(|member| member.username).collect());
            assert_eq!(figures, expected, "the figures of a {size} conversation");
            let (_, figures) = world.chat.conversations().figures(who, &talk).await.unwrap();
            let figures = sorted(figures.online.into_iter().map(|member| member.username).collect());
            assert_eq!(figures, expected, "the statistics of a {size} conversation");
            let found = sorted(names(&world, who, &talk, online.clone()).await);
            assert_eq!(found, expected, "those online in a {size} conversation");
            for view in page(&world, who, &talk, at_most(5)).await.unwrap().participants {
                let ParticipantView::Member(participant, seen) = view else { continue };
                let member = participant.member;
                let is_shown = expected.contains(&member.username.as_str());
                assert_eq!(seen.is_online, is_shown, "{} in a {size} conversation", member.username);
                assert_eq!(seen.last_active_at > Some(member.joined_at), is_shown, "{}", member.username);
            }
        }
        enlarge(&world, &talk).await;
    }
}
