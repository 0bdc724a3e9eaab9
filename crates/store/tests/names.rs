//! Names in many scripts, on SQLite and on PostgreSQL in two locales.

#![expect(clippy::unwrap_used, reason = "a test that panics says so")]

use meeshy_domain::{IdGenerator, UserId};
use meeshy_store::users::{self, ProfileChange, User};
use meeshy_store::{Store, StoreError, Tx, Value, names};
use meeshy_testkit::sample::{self, NOW};
use meeshy_testkit::{Database, every_locale};

fn user(id: UserId, username: &str, first_name: &str, last_name: &str) -> User {
    User {
        first_name: first_name.into(),
        last_name: last_name.into(),
        display_name: String::new(),
        ..sample::user(id, username)
    }
}

struct People {
    store: Store,
    ids: IdGenerator,
    me: UserId,
}

impl People {
    async fn on(database: &Database) -> Self {
        let (store, ids) = (database.open().await.unwrap(), IdGenerator::new([1; 5], 0));
        let me = ids.next(NOW).into();
        let people = Self { store, ids, me };
        people.insert(user(me, "me", "Myself", "Exclusive")).await.unwrap();
        people
    }

    async fn insert(&self, user: User) -> Result<(), StoreError> {
        self.store.write(move |tx| users::insert(tx, &user)).await
    }

    async fn add(&self, username: &str, first_name: &str, last_name: &str) -> UserId {
        let id = self.ids.next(NOW).into();
        self.insert(user(id, username, first_name, last_name)).await.unwrap();
        id
    }

    /// The usernames that a search finds, and the reported total.
    async fn find(&self, text: &str, limit: i64) -> (Vec<String>, i64) {
        let (me, text) = (self.me, text.to_owned());
        let (found, total) = self.store.read(move |tx| users::search(tx, me, &text, limit, 0)).await.unwrap();
        (found.into_iter().map(|user| user.username).collect(), total)
    }

    async fn login(&self, login: &str) -> Option<String> {
        let login = login.to_owned();
        let found = self.store.read(move |tx| users::find_by_login(tx, &login)).await.unwrap();
        found.map(|user| user.username)
    }
}

#[every_locale]
async fn users_are_found_by_name_in_any_case_and_without_accents(database: Database) {
    let people = People::on(&database).await;
    for (username, first, last) in [
        ("fedor", "Фёдор", "Щукин"),
        ("giorgos", "Γιώργος", "Σοφός"),
        ("emile", "Émile", "Zola"),
        ("oyv", "Øyvind", "Ås"),
        ("weiss", "Weiß", "Straße"),
        ("zoe", "Zoe\u{308}", "Kraft"),
        ("taro", "山田太郎", "様"),
        ("jl_2", "Jean-Luc", "O’Neill"),
        ("ming", "明", "王"),
        ("minsu", "민수", "김"),
        ("ali", "علی", "کریمی"),
    ] {
        people.add(username, first, last).await;
    }
    for (text, found) in [
        ("фёдор", "fedor"),
        ("ЩУКИН", "fedor"),
        ("щук фед", "fedor"),
        ("ΓΙΏΡΓΟΣ", "giorgos"),
        ("émile", "emile"),
        ("E\u{301}mile", "emile"),
        ("EMILE z", "emile"),
        ("øyvind", "oyv"),
        ("as", "oyv"),
        ("WEISS", "weiss"),
        ("strasse", "weiss"),
        ("Zoë", "zoe"),
        ("太郎", "taro"),
        ("王明", "ming"),
        ("明", "ming"),
        ("김민수", "minsu"),
        ("علي كريمي", "ali"),
        ("luc", "jl_2"),
        ("oneill", "jl_2"),
        ("jl_2", "jl_2"),
    ] {
        assert_eq!(people.find(text, 10).await, (vec![found.to_owned()], 1), "{text}");
    }
    for text in ["%", "_", "zola'", "mile", "--", "\u{200b}", "zola nobody", "я"] {
        let expected = if text == "zola'" { 1 } else { 0 };
        assert_eq!(people.find(text, 10).await.1, expected, "{text}");
    }
    let emile = people.store.read(|tx| users::find_by_login(tx, "emile")).await.unwrap().unwrap().id;
    let change = ProfileChange { last_name: Some("Žižek".into()), ..ProfileChange::default() };
    people.store.write(move |tx| users::update_profile(tx, emile, &change, NOW)).await.unwrap();
    assert_eq!(people.find("zizek", 10).await.1, 1);
    assert_eq!(people.find("zola", 10).await.1, 0, "the old name finds nobody");
    let ming = people.store.read(|tx| users::find_by_login(tx, "ming")).await.unwrap().unwrap().id;
    let change = ProfileChange { last_name: Some("陳".into()), ..ProfileChange::default() };
    people.store.write(move |tx| users::update_profile(tx, ming, &change, NOW)).await.unwrap();
    assert_eq!(people.find("陳明", 10).await.1, 1);
    assert_eq!(people.find("王明", 10).await.1, 0);
}

#[every_locale]
async fn users_with_a_matching_username_come_first(database: Database) {
    let people = People::on(&database).await;
    people.add("zz", "Anna", "Maria").await;
    people.add("annabel", "B", "C").await;
    people.add("ann", "Annette", "Ann").await;
    let all = ["ann", "annabel", "zz"].map(str::to_owned).to_vec();
    assert_eq!(people.find("ANN", 10).await, (all, 3));
    assert_eq!(people.find("ann", 1).await, (vec!["ann".to_owned()], 3));
}

#[every_locale]
async fn names_and_addresses_are_compared_case_folded(database: Database) {
    let people = People::on(&database).await;
    people.add("Фёдор", "F", "S").await;
    let other = User {
        email: "le\u{301}a@bücher.example".into(),
        ..user(people.ids.next(NOW).into(), "lea", "Lea", "Test")
    };
    people.insert(other).await.unwrap();
    for name in ["Фёдор", "ФЁДОР", "Фе\u{308}дор", "LEA", "ｌｅａ", "le\u{200b}a"] {
        let taken = move |tx: &mut Tx<'_>| names::username_is_taken(tx, name);
        assert!(people.store.read(taken).await.unwrap(), "{name}");
        assert!(people.login(name).await.is_some(), "{name}");
    }
    for address in ["LÉA@bücher.example", "léa@xn--bcher-kva.example", "léa@BÜCHER.example"] {
        let taken = move |tx: &mut Tx<'_>| names::email_is_taken(tx, address);
        assert!(people.store.read(taken).await.unwrap(), "{address}");
        assert_eq!(people.login(address).await.as_deref(), Some("lea"), "{address}");
    }
    for nobody in ["", " ", "\u{200b}", "le", "lea@example.org"] {
        assert_eq!(people.login(nobody).await, None, "{nobody:?}");
    }
    let again = people.insert(user(people.ids.next(NOW).into(), "ФЁДОР", "F", "S")).await;
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
}

#[every_locale]
async fn accounts_without_an_address_do_not_share_one(database: Database) {
    let people = People::on(&database).await;
    for name in ["ann", "bob"] {
        let user = User { email: String::new(), ..user(people.ids.next(NOW).into(), name, "A", "B") };
        people.insert(user).await.unwrap();
    }
    assert_eq!(people.login("").await, None);
}

/// Earlier versions stored no folded names. Two of the accounts may now have the same name.
#[every_locale]
async fn unfolded_names_are_folded_when_the_database_is_opened(database: Database) {
    let people = People::on(&database).await;
    // More than are folded at once.
    for number in 0..520 {
        people.add(&format!("person{number}"), "Jean", "Dupont").await;
    }
    people.add("Фёдор", "Фёдор", "Щукин").await;
    people.add("other", "Second", "Person").await;
    let forget = |tx: &mut Tx<'_>| {
        for sql in [
            "UPDATE users SET username_key = NULL, email_key = NULL",
            "UPDATE users SET username = 'ФЁДОР' WHERE username = 'other'",
            "DELETE FROM name_words",
            "DELETE FROM name_folding",
        ] {
            tx.execute(sql, &[])?;
        }
        Ok::<_, StoreError>(())
    };
    people.store.write(forget).await.unwrap();
    let People { store, me, ids } = people;
    drop(store);
    let store = database.reopen().await.unwrap();
    let people = People { store, me, ids };
    assert_eq!(people.find("dupont jean", 10).await.1, 520);
    assert_eq!(people.login("PERSON519").await.as_deref(), Some("person519"));
    for (login, found) in [("фёдор", "Фёдор"), ("Фёдор", "Фёдор"), ("ФЁДОР", "ФЁДОР")]
    {
        assert_eq!(people.login(login).await.as_deref(), Some(found), "the oldest account has the name");
    }
    let twins = "SELECT count(*) AS total FROM users WHERE name_twin <> ''";
    let count = move |tx: &mut Tx<'_>| tx.fetch_one::<i64>(twins, &[]);
    assert_eq!(people.store.read(count).await.unwrap(), 1);
    let unfolded = |tx: &mut Tx<'_>| {
        let sql = "SELECT count(*) AS total FROM name_folding WHERE position IS NULL AND version > $1";
        tx.fetch_one::<i64>(sql, &[Value::from(0)])
    };
    assert_eq!(people.store.read(unfolded).await.unwrap(), 1, "it is done");
}
