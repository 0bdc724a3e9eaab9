//! Every event of the catalogue, sent by every kind of caller.

use crate::callers::{Caller, Login, Scene};
use meeshy_harness::{Single, TestServer};
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::{Person, Socket, both_databases};
use meeshy_wire::{EventEntry, Schemas, Sender, client_event, event_name};
use serde_json::{Map, Value, json};

/// The events by which the other members notice what somebody sends, sorted.
const NOTICED: [&str; 8] = [
    event_name::MESSAGE_DELETED.as_str(),
    event_name::MESSAGE_EDITED.as_str(),
    // Two events send a message.
    event_name::MESSAGE_NEW.as_str(),
    event_name::MESSAGE_NEW.as_str(),
    event_name::REACTION_ADDED.as_str(),
    event_name::REACTION_REMOVED.as_str(),
    event_name::TYPING_START.as_str(),
    event_name::TYPING_STOP.as_str(),
];

/// A payload with a value for each field that names something.
fn payload(
    schema: &Value,
    scene: &Scene,
    message: &str,
    (name, person): (&str, &Person),
    call: &Call,
) -> Value {
    if schema["type"] == "string" {
        return json!(message);
    }
    let mut payload = Map::new();
    for (field, _) in schema["properties"].as_object().unwrap() {
        let value = match field.as_str() {
            "conversationId" => &scene.talk,
            "messageId" => message,
            "content" => &format!("by {name}"),
            "emoji" => "👍",
            "targetLanguage" => "de",
            "sessionToken" => &person.token,
            "callId" => &call.id,
            "type" => "audio",
            "signal" => {
                let signal = json!({ "type": "offer", "from": person.id, "to": call.caller, "sdp": "v=0" });
                payload.insert(field.clone(), signal);
                continue;
            }
            "enabled" => {
                payload.insert(field.clone(), json!(true));
                continue;
            }
            _ => continue,
        };
        payload.insert(field.clone(), json!(value));
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for field in required.iter().filter_map(Value::as_str) {
        assert!(payload.contains_key(field), "the test knows no value for {field}");
    }
    Value::Object(payload)
}

/// A call, and the user who has started it.
struct Call {
    id: String,
    caller: String,
}

/// The call that is going on in the conversation, or a new one.
async fn ring(witness: &Person, talk: &str) -> Call {
    let path = format!("/conversations/{talk}/active-call");
    let id = match witness.get(&path).await.body["data"]["id"].as_str() {
        Some(known) => known.to_owned(),
        None => witness.create("/calls", json!({ "conversationId": talk, "type": "audio" })).await,
    };
    Call { id, caller: witness.id.clone() }
}

/// Codes of `call:error` that say something about the call, and nothing about the caller.
const STATES_OF_CALLS: [&str; 2] = ["CALL_ALREADY_ACTIVE", "CALL_ENDED"];

/// A socket of a caller, and a token. One whose session has ended was connected before that.
async fn connect(server: &TestServer, caller: &Caller) -> (Socket, Person) {
    let person = caller.sign_in(server).await;
    if caller.login == Login::No {
        let mut socket = Socket::connect(server, json!({})).await;
        // It is told that its handshake had no token.
        socket.replies().await;
        return (socket, person);
    }
    let socket = Socket::of(server, &person).await;
    if caller.login == Login::Ended {
        let user = person.id.clone();
        let end = move |tx: &mut Tx<'_>| {
            tx.execute("UPDATE sessions SET revoked_at = 1 WHERE user_id = $1", &[user.as_str().into()])
        };
        assert!(server.store.write::<_, StoreError>(end).await.unwrap() > 0);
    }
    (socket, person)
}

/// Sends an event without asking for an acknowledgement; returns the code of the error, if it is refused.
async fn send(socket: &mut Socket, event: &EventEntry, payload: Value) -> Option<String> {
    socket.tell(event.name, payload).await;
    let mut replies = socket.replies().await;
    if event.name == client_event::REQUEST_TRANSLATION.as_str()
        && !replies.iter().any(|(name, _)| name == "error")
    {
        // Answered when the translation is there.
        let answers = [event_name::TRANSLATION_RECEIVED.as_str(), event_name::TRANSLATION_ERROR.as_str()];
        while !replies.iter().any(|(name, _)| answers.contains(&name.as_str())) {
            replies.extend(socket.replies().await);
        }
    }
    let errors = ["error", event_name::TRANSLATION_ERROR.as_str(), event_name::CALL_ERROR.as_str()];
    let (_, error) = replies.iter().find(|(name, _)| errors.contains(&name.as_str()))?;
    let code = error["code"].as_str().unwrap_or("refused");
    (!STATES_OF_CALLS.contains(&code)).then(|| code.to_owned())
}

/// What the watcher notices until the author has sent another message.
async fn noticed(watcher: &mut Socket, author: &Person, talk: &str) -> Vec<String> {
    let last = author.say(talk, "next").await;
    let mut messages = 0;
    while watcher.event(event_name::MESSAGE_NEW.as_str()).await["id"] != json!(last) {
        messages += 1;
    }
    let others = watcher.so_far().await.into_iter().map(|(name, _)| name);
    let new = std::iter::repeat_n(event_name::MESSAGE_NEW.as_str().to_owned(), messages);
    let mut all: Vec<String> = new.chain(others.filter(|name| NOTICED.contains(&name.as_str()))).collect();
    all.sort_unstable();
    all
}

#[both_databases]
async fn every_event_is_for_those_whom_it_names(Single(server): Single) {
    let mut schemas = Schemas::default();
    let events = meeshy_wire::client_events(&mut schemas);
    let schemas = schemas.into_definitions();
    let witness = server.sign_up("witness", "fr").await;
    let scene = Scene::on(&server, "bonjour", &[&witness]).await;
    let mut watcher = Socket::of(&server, &witness).await;
    let mut doomed = Vec::new();
    for _ in scene.users() {
        doomed.push(scene.author.say(&scene.talk, "bonjour").await);
    }
    noticed(&mut watcher, &scene.author, &scene.talk).await;
    let mut rows: Vec<Vec<String>> = vec![Vec::new(); events.len()];
    for caller in scene.users() {
        let (mut socket, mut person) = connect(&server, caller).await;
        let call = ring(&witness, &scene.talk).await;
        for (event, row) in events.iter().zip(&mut rows) {
            if caller.login != Login::Yes {
                (socket, person) = connect(&server, caller).await;
            }
            let schema = &schemas[event.payload["$ref"].as_str().unwrap().rsplit('/').next().unwrap()];
            let message = match event.name == client_event::MESSAGE_DELETE.as_str() {
                true => doomed.pop().unwrap(),
                false => scene.message.clone(),
            };
            let payload = payload(schema, &scene, &message, (caller.name, &person), &call);
            let refused = send(&mut socket, event, payload).await;
            let may_send = caller.may_send(event.sender.unwrap());
            // One who is not typing cannot stop; the event is dropped, unless the socket is closed just then.
            let is_stop = event.name == client_event::TYPING_STOP.as_str() && !may_send;
            let is_ignored = is_stop && (refused.is_none() || caller.login == Login::Ended);
            assert!(
                is_ignored || refused.is_none() == may_send,
                "{} by {}: {refused:?}",
                event.name,
                caller.name
            );
            row.push(match refused {
                _ if is_ignored => "ignored".to_owned(),
                Some(code) => code,
                None => "yes".to_owned(),
            });
        }
        let noticed = noticed(&mut watcher, &scene.author, &scene.talk).await;
        let expected: Vec<&str> = NOTICED
            .into_iter()
            .filter(|name| match *name {
                "message:edited" => caller.may_edit(),
                "message:deleted" => caller.may_delete(),
                _ => caller.is_member(),
            })
            .collect();
        assert_eq!(noticed, expected, "{}", caller.name);
    }
    let mut matrix =
        format!("event: {}\n", scene.users().map(|caller| caller.name).collect::<Vec<_>>().join(", "));
    for (event, row) in events.iter().zip(&rows) {
        let sender = event.sender.map_or("", Sender::describe);
        matrix += &format!("{} ({sender}): {}\n", event.name, row.join(", "));
    }
    insta::assert_snapshot!("events", matrix);
}
