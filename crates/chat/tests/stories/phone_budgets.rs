//! How many messages and answers about a number there are, so that nobody uses up what its owner needs, on both databases.

use crate::phones::{NUMBER, at, other_code, owner, refusal, text};
use meeshy_domain::{Network, PhoneRefusal, UserId};
use meeshy_harness::World;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::{Database, OnDatabase, both_databases, eventually_blocking};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

async fn people<const N: usize>(world: &World, usernames: [&str; N]) -> [UserId; N] {
    let mut people = Vec::new();
    for username in usernames {
        people.push(world.person(username, "fr").await);
    }
    people.try_into().unwrap()
}

/// Asks for a code with which somebody claims the number.
async fn code_for(world: &World, who: UserId, from: Network) -> String {
    world.chat.phones().request_change(who, NUMBER, from).await.unwrap();
    text(world).await.code()
}

/// What an answer is refused with.
async fn refused(world: &World, who: UserId, code: &str, from: Network) -> PhoneRefusal {
    refusal(world.chat.phones().confirm_change(who, code, from).await)
}

/// The code with which the owner goes on after she was named.
async fn begun_recovery(world: &World, username: &str, from: Network) -> (String, String) {
    let phones = world.chat.phones();
    let begun = phones.begin_recovery(NUMBER, None).await.unwrap();
    let email = format!("{username}@example.org");
    let named = phones.verify_identity(&begun.id, username, &email, from).await.unwrap();
    assert_eq!(named.refusal, None);
    (begun.id, text(world).await.code())
}

#[both_databases]
async fn nobody_uses_up_the_messages_to_a_number(world: World) {
    let phones = world.chat.phones();
    let limited = PhoneRefusal::RateLimited;
    owner(&world, "lea", NUMBER).await;
    world.hand.advance(HOUR);
    let [carlos, emma, omar] = people(&world, ["carlos", "emma", "omar"]).await;
    // Somebody without an account sends nothing, and takes nothing from those who do.
    for network in 10..12 {
        for _ in 0..3 {
            phones.send_code(NUMBER, None, at(network)).await.unwrap();
        }
        assert_eq!(refusal(phones.send_code(NUMBER, None, at(network)).await), limited);
    }
    assert_eq!(
        refusal(phones.send_code(NUMBER, None, at(12)).await),
        limited,
        "as for a number that is sent codes"
    );
    assert!(world.texts().await.is_empty());
    // One account has half, from wherever it asks, and so has a network, for whichever account.
    for network in 1..4 {
        code_for(&world, carlos, at(network)).await;
    }
    assert_eq!(refusal(phones.request_change(carlos, NUMBER, at(4)).await), limited);
    for _ in 0..2 {
        code_for(&world, emma, at(1)).await;
    }
    assert_eq!(refusal(phones.request_change(omar, NUMBER, at(1)).await), limited);
    code_for(&world, emma, at(5)).await;
    assert_eq!(refusal(phones.request_change(omar, NUMBER, at(6)).await), limited, "all of them together");
    // That was for those who claim the number.
    let (id, code) = begun_recovery(&world, "lea", at(7)).await;
    phones.verify_recovery(&id, &code, at(7)).await.unwrap();
}

#[both_databases]
async fn the_owner_recovers_while_strangers_have_used_up_everything(world: World) {
    let phones = world.chat.phones();
    let lea = owner(&world, "lea", NUMBER).await;
    world.hand.advance(HOUR);
    let [carlos, emma, omar] = people(&world, ["carlos", "emma", "omar"]).await;
    // Half of the wrong answers of a day for an account and for a network, with however many codes.
    let guess = async |who: UserId, from: Network| {
        let code = code_for(&world, who, from).await;
        for _ in 0..5 {
            assert_eq!(refused(&world, who, &other_code(&code), from).await, PhoneRefusal::InvalidCode);
        }
    };
    for (who, network) in [(carlos, 1), (emma, 2)] {
        guess(who, at(network)).await;
        guess(who, at(network)).await;
        let code = code_for(&world, who, at(network)).await;
        assert_eq!(refused(&world, who, &code, at(network)).await, PhoneRefusal::TooManyAnswers);
    }
    assert_eq!(refusal(phones.request_change(omar, NUMBER, at(3)).await), PhoneRefusal::RateLimited);
    world.hand.advance(HOUR);
    let code = code_for(&world, omar, at(3)).await;
    assert_eq!(
        refused(&world, omar, &code, at(3)).await,
        PhoneRefusal::TooManyAnswers,
        "all of them together"
    );

    // A network has half of the answers in recoveries, too.
    for _ in 0..2 {
        let (id, code) = begun_recovery(&world, "lea", at(4)).await;
        for _ in 0..5 {
            let answered = phones.verify_recovery(&id, &other_code(&code), at(4)).await;
            assert_eq!(refusal(answered), PhoneRefusal::InvalidCode);
        }
    }
    let (id, code) = begun_recovery(&world, "lea", at(4)).await;
    let answered = phones.verify_recovery(&id, &code, at(4)).await;
    assert_eq!(refusal(answered), PhoneRefusal::TooManyAnswers);
    assert_eq!(refusal(phones.resend(&id, at(4)).await), PhoneRefusal::RateLimited);
    let (id, code) = begun_recovery(&world, "lea", at(5)).await;
    phones.verify_recovery(&id, &code, at(5)).await.unwrap();

    // A day later, others can claim the number again.
    world.hand.advance(HOUR * 24);
    let code = code_for(&world, carlos, at(1)).await;
    phones.confirm_change(carlos, &code, at(1)).await.unwrap();
    assert_eq!(crate::phones::number(&world, lea).await, None);
}

#[both_databases]
async fn an_account_has_half_of_the_wrong_answers_wherever_it_is(world: World) {
    let [carlos, emma] = people(&world, ["carlos", "emma"]).await;
    for _ in 0..2 {
        let code = code_for(&world, carlos, at(1)).await;
        for network in 1..6 {
            let answer = refused(&world, carlos, &other_code(&code), at(network)).await;
            assert_eq!(answer, PhoneRefusal::InvalidCode);
        }
    }
    let code = code_for(&world, carlos, at(6)).await;
    assert_eq!(refused(&world, carlos, &code, at(6)).await, PhoneRefusal::TooManyAnswers);
    let code = code_for(&world, emma, at(7)).await;
    world.chat.phones().confirm_change(emma, &code, at(7)).await.unwrap();
    // Right answers are not counted.
    let [omar, zoe] = people(&world, ["omar", "zoe"]).await;
    for turn in 0..12 {
        world.hand.advance(HOUR);
        let who = if turn % 2 == 0 { omar } else { zoe };
        let code = code_for(&world, who, at(8)).await;
        world.chat.phones().confirm_change(who, &code, at(8)).await.unwrap();
    }
}

/// Whoever confirms a number ends the codes of others for it. Two who did so at once must not wait for each other, so one who
/// waits for the other's answer has locked nothing that the other one needs.
#[tokio::test]
async fn an_answer_that_waits_for_another_one_has_locked_no_code() {
    let world = World::on(Database::postgres()).await;
    let [lea, carlos] = people(&world, ["lea", "carlos"]).await;
    let hers = code_for(&world, lea, at(1)).await;
    let his = code_for(&world, carlos, at(2)).await;
    for (who, code, network) in [(lea, &hers, 1), (carlos, &his, 2)] {
        refused(&world, who, &other_code(code), at(network)).await;
    }
    let (locked, mut is_locked) = tokio::sync::mpsc::channel(1);
    // As far as his answer comes, and then what it removes.
    let other = world.store.write::<_, StoreError>(move |tx: &mut Tx<'_>| {
        tx.execute("UPDATE call_counts SET calls = calls WHERE limit_name = 'sms_answers'", &[])?;
        locked.try_send(()).unwrap();
        eventually_blocking("her answer waits", || {
            let sql = "SELECT count(*) AS waiting FROM pg_locks \
                       WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))";
            tx.fetch_one::<i64>(sql, &[]).unwrap() > 0
        });
        tx.fetch_all::<String>("SELECT id FROM phone_codes FOR UPDATE NOWAIT", &[])
    });
    let answer = async {
        is_locked.recv().await.unwrap();
        world.chat.phones().confirm_change(lea, &hers, at(1)).await
    };
    let (other, answer) = tokio::join!(other, answer);
    assert_eq!(other.unwrap().len(), 2, "both codes are free");
    assert_eq!(answer.unwrap(), NUMBER);
    assert_eq!(refused(&world, carlos, &his, at(2)).await, PhoneRefusal::InvalidCode, "it has ended");
}
