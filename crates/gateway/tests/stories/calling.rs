//! Calls over the API: what clients send, and what they get.

use meeshy_chat::{IceSettings, TurnServer};
use meeshy_gateway::{Limit, RateLimits};
use meeshy_harness::{TestServer, unlimited};
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::{Api, Person, Socket, both_databases, eventually_blocking};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;

/// Léa and Carlos, and their conversation of two.
async fn pair(server: &TestServer) -> (Person, Person, String) {
    let (lea, carlos) = (server.sign_up("lea", "fr").await, server.sign_up("carlos", "es").await);
    let body = json!({ "type": "direct", "participantIds": [carlos.id] });
    let talk = lea.create("/conversations", body).await;
    (lea, carlos, talk)
}

/// Without what differs between runs.
fn without(mut event: Value, fields: &[&str]) -> Value {
    for field in fields {
        let removed = event.as_object_mut().and_then(|event| event.remove(*field));
        assert!(removed.is_some_and(|value| !value.is_null()), "{field} is missing in {event}");
    }
    event
}

/// The code of the error of an event about a call.
async fn refused(socket: &mut Socket, event: &str, data: Value) -> String {
    socket.tell(event, data).await;
    socket.event("call:error").await["code"].as_str().unwrap().to_owned()
}

/// The events about calls that a socket has received.
async fn so_far(socket: &mut Socket) -> Vec<String> {
    let all = socket.so_far().await.into_iter().map(|(name, _)| name);
    all.filter(|name| name.starts_with("call:")).collect()
}

/// A call from its start to its end, with the caller at one gateway and the other one at another one.
async fn call_from_start_to_end(here: &Api, there: &Api, lea: &Person, carlos: &Person, talk: &str) {
    let mut hers = Socket::of(here, lea).await;
    let (mut his, mut his_phone) = (Socket::of(there, carlos).await, Socket::of(there, carlos).await);
    hers.tell("call:initiate", json!({ "conversationId": talk, "type": "video" })).await;
    let initiated = hers.event("call:initiated").await;
    assert_eq!(his.event("call:initiated").await, initiated);
    assert_eq!(his_phone.event("call:initiated").await, initiated, "all his devices ring");
    let call = initiated["callId"].as_str().unwrap().to_owned();
    let participant = |person: &Person, name: &str, role: &str| {
        json!({
            "callSessionId": call, "userId": person.id, "anonymousId": null, "role": role,
            "leftAt": null, "isAudioEnabled": true, "isVideoEnabled": true, "connectionQuality": null,
            "username": name.to_lowercase(), "displayName": format!("{name} Test"), "avatar": null,
            "user": {
                "id": person.id, "username": name.to_lowercase(), "displayName": format!("{name} Test"),
                "avatar": null,
            },
        })
    };
    let varying = ["id", "joinedAt"];
    let first = without(initiated["participants"][0].clone(), &varying);
    assert_eq!(first, participant(lea, "Lea", "initiator"));
    let expected = json!({
        "callId": call, "conversationId": talk, "mode": "p2p",
        "initiator": { "userId": lea.id, "username": "lea", "displayName": "Lea Test", "avatar": null },
    });
    assert_eq!(without(initiated, &["participants"]), expected);

    his.tell("call:join", json!({ "callId": call, "settings": { "audioEnabled": true } })).await;
    let joined = his.event("call:join").await;
    assert_eq!((&joined["success"], &joined["callSession"]["status"]), (&json!(true), &json!("active")));
    assert_eq!(joined["iceServers"], json!([]), "none are configured");
    let told = hers.event("call:participant-joined").await;
    assert_eq!((&told["callId"], &told["mode"]), (&json!(call), &json!("p2p")));
    assert_eq!(without(told["participant"].clone(), &varying), participant(carlos, "Carlos", "participant"));
    assert_eq!(his.event("call:participant-joined").await["iceServers"], json!([]), "to his own socket");

    let signal = |kind: &str, from: &Person, to: &Person, more: Value| {
        let mut signal = json!({ "type": kind, "from": from.id, "to": to.id });
        signal.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "callId": call, "signal": signal })
    };
    let sdp = "é".repeat(50_000);
    let offer = signal("offer", lea, carlos, json!({ "sdp": sdp }));
    hers.tell("call:signal", offer.clone()).await;
    assert_eq!(his.event("call:signal").await, offer, "unchanged");
    let candidates: Vec<Value> = (0..20)
        .map(|number| {
            let more =
                json!({ "candidate": format!("candidate:{number}"), "sdpMLineIndex": 0, "sdpMid": "0" });
            signal("ice-candidate", carlos, lea, more)
        })
        .collect();
    for candidate in &candidates {
        his.tell("call:signal", candidate.clone()).await;
    }
    for candidate in &candidates {
        assert_eq!(hers.event("call:signal").await, *candidate, "in order");
    }

    his.tell("call:toggle-video", json!({ "callId": call, "enabled": false })).await;
    let toggled =
        json!({ "callId": call, "participantId": carlos.id, "mediaType": "video", "enabled": false });
    assert_eq!(hers.event("call:media-toggled").await, toggled);
    assert_eq!(his.event("call:media-toggled").await, toggled, "to the whole room");

    let active = carlos.get(&format!("/conversations/{talk}/active-call")).await.body["data"].clone();
    assert_eq!((&active["id"], &active["participants"][1]["isVideoEnabled"]), (&json!(call), &json!(false)));
    his.tell("call:leave", json!({ "callId": call })).await;
    let left = hers.event("call:participant-left").await;
    let expected = json!({ "callId": call, "userId": carlos.id, "mode": "p2p" });
    assert_eq!(without(left, &["participantId"]), expected);
    hers.tell("call:leave", json!({ "callId": call })).await;
    let ended = json!({ "callId": call, "conversationId": talk, "duration": 0, "endedBy": lea.id });
    assert_eq!(hers.event("call:ended").await, ended);
    assert_eq!(his.event("call:ended").await, ended);
    assert_eq!(his_phone.event("call:ended").await, ended);
    assert_eq!(so_far(&mut his_phone).await, ["call:participant-joined"], "each once, and no signals");
    let ended = lea.get(&format!("/calls/{call}")).await.body["data"].clone();
    assert_eq!((&ended["status"], &ended["metadata"]), (&json!("ended"), &json!({ "type": "video" })));
    assert_eq!(ended["conversation"]["type"], "direct");
    assert_eq!(lea.get(&format!("/conversations/{talk}/active-call")).await.body["data"], Value::Null);
}

#[both_databases]
async fn a_call_from_its_start_to_its_end(server: TestServer) {
    let (lea, carlos, talk) = pair(&server).await;
    call_from_start_to_end(&server, &server, &lea, &carlos, &talk).await;
}

#[tokio::test]
async fn a_call_between_two_gateways() {
    let [one, two] = TestServer::pair(unlimited()).await;
    let (lea, carlos, talk) = pair(&one).await;
    let also = two.also(&carlos);
    // The second gateway follows the conversation once he is connected there.
    call_from_start_to_end(&one, &two, &lea, &also, &talk).await;
}

#[both_databases]
async fn calls_are_started_and_ended_over_rest(server: TestServer) {
    let (lea, carlos, talk) = pair(&server).await;
    let emma = server.sign_up("emma", "en").await;
    let mut his = Socket::of(&server, &carlos).await;
    let new = |kind: &str| json!({ "conversationId": talk, "type": kind });
    assert_eq!(lea.post("/calls", new("smoke")).await.code(), "VALIDATION_ERROR");
    assert_eq!(emma.post("/calls", new("audio")).await.code(), "NOT_A_PARTICIPANT");
    let nowhere = json!({ "conversationId": "65a0c0ffee0123456789abcd", "type": "audio" });
    assert_eq!(emma.post("/calls", nowhere).await.code(), "CONVERSATION_NOT_FOUND");
    let public = json!({ "conversationId": "meeshy", "type": "video" });
    assert_eq!(lea.post("/calls", public).await.code(), "VIDEO_CALLS_NOT_SUPPORTED");
    let started = lea.post("/calls", new("audio")).await;
    assert_eq!((started.status, &started.body["data"]["status"]), (201, &json!("initiated")));
    let call = his.event("call:initiated").await["callId"].as_str().unwrap().to_owned();
    assert_eq!(carlos.post("/calls", new("audio")).await.code(), "CALL_ALREADY_ACTIVE");
    assert_eq!(emma.get(&format!("/calls/{call}")).await.code(), "CALL_NOT_FOUND");
    let joined = carlos.post(&format!("/calls/{call}/participants"), json!({})).await;
    assert_eq!((joined.status, &joined.body["data"]["status"]), (200, &json!("active")));
    let refused = carlos.delete(&format!("/calls/{call}")).await;
    assert_eq!((refused.status, refused.code()), (403, "PERMISSION_DENIED"));
    let hers = &joined.body["data"]["participants"][0]["id"];
    let refused = carlos.delete(&format!("/calls/{call}/participants/{}", hers.as_str().unwrap())).await;
    assert_eq!((refused.status, refused.code()), (403, "PERMISSION_DENIED"));
    let left = carlos.delete(&format!("/calls/{call}/participants/{}", carlos.id)).await;
    assert_eq!((left.status, left.body["data"]["participants"][1]["leftAt"].is_string()), (200, true));
    let ended = lea.delete(&format!("/calls/{call}")).await;
    assert_eq!((ended.status, &ended.body["data"]["status"]), (200, &json!("ended")));
    assert_eq!(his.event("call:ended").await["endedBy"], json!(lea.id));
    assert_eq!(lea.delete(&format!("/calls/{call}")).await.code(), "CALL_ENDED");
}

#[both_databases]
async fn errors_of_calls_have_their_codes(server: TestServer) {
    let (lea, carlos, talk) = pair(&server).await;
    let emma = server.sign_up("emma", "en").await;
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    let mut emmas = Socket::of(&server, &emma).await;
    let new = json!({ "conversationId": talk, "type": "audio" });
    assert_eq!(refused(&mut emmas, "call:initiate", new.clone()).await, "NOT_A_PARTICIPANT");
    hers.tell("call:initiate", new.clone()).await;
    let call = his.event("call:initiated").await["callId"].as_str().unwrap().to_owned();
    assert_eq!(refused(&mut his, "call:initiate", new).await, "CALL_ALREADY_ACTIVE");
    let this = || json!({ "callId": call });
    assert_eq!(refused(&mut emmas, "call:join", this()).await, "CALL_NOT_FOUND");
    assert_eq!(refused(&mut his, "call:end", this()).await, "PERMISSION_DENIED");
    let signal = |more: Value| json!({ "callId": call, "signal": more });
    let offer = |from: &Person, to: &Person, sdp: &str| {
        signal(json!({ "type": "offer", "from": from.id, "to": to.id, "sdp": sdp }))
    };
    let cases = [
        (signal(json!({ "type": "shout", "from": lea.id, "to": carlos.id })), "VALIDATION_ERROR"),
        (signal(json!({ "type": "offer", "from": lea.id, "to": carlos.id })), "INVALID_SIGNAL"),
        (offer(&lea, &carlos, &"x".repeat(50_001)), "INVALID_SIGNAL"),
        (offer(&carlos, &lea, "v=0"), "SIGNAL_SENDER_MISMATCH"),
        (offer(&lea, &carlos, "v=0"), "TARGET_NOT_FOUND"),
    ];
    for (signal, code) in cases {
        assert_eq!(refused(&mut hers, "call:signal", signal).await, code);
    }
    assert_eq!(refused(&mut his, "call:signal", offer(&carlos, &lea, "v=0")).await, "NOT_A_PARTICIPANT");
    let toggle = json!({ "callId": call, "enabled": true });
    assert_eq!(refused(&mut his, "call:toggle-audio", toggle).await, "NOT_A_PARTICIPANT");
    let mut nobody = Socket::connect(&server, json!({})).await;
    assert_eq!(refused(&mut nobody, "call:join", this()).await, "NOT_AUTHENTICATED");
    // Declined: both stop ringing.
    his.tell("call:reject", this()).await;
    assert_eq!(hers.event("call:ended").await["endedBy"], json!(carlos.id));
    assert_eq!(lea.get(&format!("/calls/{call}")).await.body["data"]["status"], "rejected");
    assert_eq!(refused(&mut his, "call:accept", this()).await, "CALL_ENDED");
    his.event("call:ended").await;
    his.tell("call:force-leave", json!({ "conversationId": talk })).await;
    assert_eq!(so_far(&mut his).await, [""; 0], "he is in no call");
}

#[both_databases]
async fn a_participant_who_reloads_takes_part_again_and_the_other_is_told(server: TestServer) {
    let (lea, carlos, talk) = pair(&server).await;
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    hers.tell("call:initiate", json!({ "conversationId": talk, "type": "audio" })).await;
    let call = his.event("call:initiated").await["callId"].as_str().unwrap().to_owned();
    let this = || json!({ "callId": call });
    his.tell("call:join", this()).await;
    hers.event("call:participant-joined").await;
    drop(his);
    let mut his = Socket::of(&server, &carlos).await;
    his.tell("call:join", this()).await;
    let again = hers.event("call:participant-joined").await;
    assert_eq!(again["participant"]["userId"], json!(carlos.id));
    let offer = json!({ "type": "offer", "from": lea.id, "to": carlos.id, "sdp": "v=0" });
    hers.tell("call:signal", json!({ "callId": call, "signal": offer })).await;
    assert_eq!(his.event("call:signal").await["signal"], offer);
    let view = lea.get(&format!("/calls/{call}")).await.body["data"].clone();
    assert_eq!(view["participants"].as_array().unwrap().len(), 2, "one participation of each");
}

/// Another gateway tells late that somebody has left, who has joined again here meanwhile.
#[tokio::test]
async fn a_late_departure_does_not_take_out_who_has_come_back() {
    let [server, _other] = TestServer::pair(unlimited()).await;
    let (lea, carlos, talk) = pair(&server).await;
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    hers.tell("call:initiate", json!({ "conversationId": talk, "type": "audio" })).await;
    let call = his.event("call:initiated").await["callId"].as_str().unwrap().to_owned();
    let this = || json!({ "callId": call });
    his.tell("call:join", this()).await;
    hers.event("call:participant-joined").await;
    his.tell("call:leave", this()).await;
    hers.event("call:participant-left").await;
    let mut phone = Socket::of(&server, &carlos).await;
    phone.tell("call:join", this()).await;
    hers.event("call:participant-joined").await;
    // As if he had left there. What she does there afterwards shows that it was read.
    let lea_id = lea.id.clone();
    let elsewhere = move |tx: &mut Tx<'_>| {
        let moved = "UPDATE call_events SET gateway_id = 'another' WHERE number = 3";
        assert_eq!(tx.execute(moved, &[])?, 1);
        let toggled = "INSERT INTO call_events (call_id, number, gateway_id, payload, created_at) \
            SELECT call_id, 900, 'another', replace($1, 'CALL', call_id), created_at FROM call_events WHERE number = 3";
        let event = json!({
            "call_id": "CALL", "conversation_id": talk, "mode": "p2p",
            "change": { "Media": { "user": lea_id, "media": "audio", "is_enabled": false } },
        });
        tx.execute(toggled, &[event.to_string().into()])
    };
    server.store.write::<_, StoreError>(elsewhere).await.unwrap();
    phone.event("call:media-toggled").await;
    let offer = json!({ "type": "offer", "from": lea.id, "to": carlos.id, "sdp": "v=0" });
    hers.tell("call:signal", json!({ "callId": call, "signal": offer })).await;
    assert_eq!(phone.event("call:signal").await["signal"], offer);
    assert!(!so_far(&mut hers).await.contains(&"call:participant-left".to_owned()), "it is old news");
}

#[both_databases]
async fn who_is_signed_out_leaves_the_call(server: TestServer) {
    let (lea, carlos, talk) = pair(&server).await;
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    hers.tell("call:initiate", json!({ "conversationId": talk, "type": "audio" })).await;
    let call = his.event("call:initiated").await["callId"].as_str().unwrap().to_owned();
    his.tell("call:join", json!({ "callId": call })).await;
    hers.event("call:participant-joined").await;
    // Time stands still, so the call does not wait for him.
    carlos.post("/auth/logout", json!({})).await;
    assert_eq!(hers.event("call:participant-left").await["userId"], json!(carlos.id));
}

/// The session ends while the call that is joined is looked up: the socket has no call yet.
#[tokio::test]
async fn who_is_signed_out_while_joining_leaves_the_call() {
    let [server, other] = TestServer::pair(unlimited()).await;
    let (lea, carlos, talk) = pair(&server).await;
    let (mut hers, mut his) = (Socket::of(&server, &lea).await, Socket::of(&server, &carlos).await);
    hers.tell("call:initiate", json!({ "conversationId": talk, "type": "audio" })).await;
    let call = his.event("call:initiated").await["callId"].as_str().unwrap().to_owned();
    let (locked, is_locked) = oneshot::channel();
    let (waits, is_waiting) = oneshot::channel();
    let (go_on, going_on) = std::sync::mpsc::channel::<()>();
    let (mut locked, mut waits) = (Some(locked), Some(waits));
    let blocking = other.store.write::<_, StoreError>(move |tx: &mut Tx<'_>| {
        tx.execute("LOCK TABLE call_sessions IN ACCESS EXCLUSIVE MODE", &[])?;
        locked.take().into_iter().for_each(|locked| locked.send(()).unwrap());
        eventually_blocking("he is joining", || {
            let sql = "SELECT count(*) AS waiting FROM pg_locks \
                       WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))";
            tx.fetch_one::<i64>(sql, &[]).unwrap() > 0
        });
        waits.take().into_iter().for_each(|waits| waits.send(()).unwrap());
        let _ = going_on.recv();
        Ok(())
    });
    let signing_out = async {
        is_locked.await.unwrap();
        his.tell("call:join", json!({ "callId": call })).await;
        is_waiting.await.unwrap();
        assert_eq!(carlos.post("/auth/logout", json!({})).await.status, 200);
        his.event("error").await;
        go_on.send(()).unwrap();
    };
    let (blocked, ()) = tokio::join!(blocking, signing_out);
    blocked.unwrap();
    // Time stands still, so the call does not wait for him.
    assert_eq!(hers.event("call:participant-left").await["userId"], json!(carlos.id));
}

#[tokio::test]
async fn who_joins_gets_credentials_for_the_turn_server() {
    let server = TestServer::adjusted(|settings| {
        settings.calls.ice = IceSettings {
            stun_urls: vec!["stun:stun.example.org".into()],
            turn: Some(TurnServer {
                urls: vec!["turn:turn.example.org:3478".into()],
                secret: "0123456789abcdef".to_owned().into(),
                lifetime: Duration::from_secs(3_600),
            }),
        };
    })
    .await;
    let (lea, carlos, talk) = pair(&server).await;
    let mut his = Socket::of(&server, &carlos).await;
    lea.create("/calls", json!({ "conversationId": talk, "type": "audio" })).await;
    let call = his.event("call:initiated").await["callId"].clone();
    his.tell("call:join", json!({ "callId": call })).await;
    let servers = his.event("call:join").await["iceServers"].clone();
    assert_eq!(servers[0], json!({ "urls": ["stun:stun.example.org"] }));
    let username = servers[1]["username"].as_str().unwrap();
    let (expires, user) = username.split_once(':').unwrap();
    let now = server.chat.now().millis() / 1_000;
    assert_eq!((expires.parse::<i64>().unwrap() - now, user), (3_600, carlos.id.as_str()));
    assert_eq!(servers[1]["credential"].as_str().unwrap().len(), 28, "base64 of 20 bytes");
}

#[tokio::test]
async fn the_pace_of_calls_is_limited() {
    let limit = |name, calls| Some(Limit::new(name, calls, Duration::from_secs(60)));
    let rate_limits = RateLimits {
        call_starts: limit("call_starts", 1),
        call_signals: limit("call_signals", 2),
        ..RateLimits::off()
    };
    let mut config = unlimited();
    config.rate_limits = rate_limits;
    let server = TestServer::single(config).await;
    let (lea, _, talk) = pair(&server).await;
    let mut hers = Socket::of(&server, &lea).await;
    let new = json!({ "conversationId": talk, "type": "audio" });
    hers.tell("call:initiate", new.clone()).await;
    let call = hers.event("call:initiated").await["callId"].clone();
    hers.tell("call:initiate", new.clone()).await;
    let error = hers.event("call:error").await;
    assert_eq!((&error["code"], error["retryAfter"].is_u64()), (&json!("RATE_LIMIT_EXCEEDED"), true));
    assert_eq!(lea.post("/calls", new).await.status, 429);
    let signal = json!({ "type": "offer", "from": lea.id, "to": lea.id, "sdp": "v=0" });
    for code in ["TARGET_NOT_FOUND", "TARGET_NOT_FOUND", "RATE_LIMIT_EXCEEDED"] {
        let signal = json!({ "callId": call, "signal": signal });
        assert_eq!(refused(&mut hers, "call:signal", signal).await, code);
    }
}

#[both_databases]
async fn imported_calls_are_shown_as_they_were(server: TestServer) {
    let (lea, carlos, talk) = pair(&server).await;
    let (conversation, caller, called) = (talk.clone(), lea.id.clone(), carlos.id.clone());
    let import = move |tx: &mut meeshy_store::Tx<'_>| {
        tx.execute(
            "INSERT INTO call_sessions (id, conversation_id, mode, status, initiator_id, started_at, answered_at, ended_at, \
               duration, metadata) VALUES ('65d0000000000000000000c1', $1, 'sfu', 'ended', $2, 1000, 2000, 62000, 60, $3)",
            &[conversation.as_str().into(), caller.as_str().into(), r#"{"type":"video"}"#.into()],
        )?;
        tx.execute(
            "INSERT INTO call_participants (id, call_session_id, user_id, joined_at, left_at, is_video_enabled, \
               connection_quality) VALUES ('65d0000000000000000000c2', '65d0000000000000000000c1', $1, 2000, 62000, FALSE, $2)",
            &[called.as_str().into(), r#"{"rtt":42}"#.into()],
        )
    };
    server.store.write::<_, meeshy_store::StoreError>(import).await.unwrap();
    let shown = carlos.get("/calls/65d0000000000000000000c1").await.body["data"].clone();
    let user = |person: &Person, name: &str| {
        json!({
            "id": person.id, "username": name.to_lowercase(), "displayName": format!("{name} Test"),
            "avatar": null,
        })
    };
    let participant = json!({
        "id": "65d0000000000000000000c2", "callSessionId": "65d0000000000000000000c1", "userId": carlos.id,
        "anonymousId": null, "role": "participant", "joinedAt": "1970-01-01T00:00:02.000Z",
        "leftAt": "1970-01-01T00:01:02.000Z", "isAudioEnabled": true, "isVideoEnabled": false,
        "connectionQuality": { "rtt": 42 }, "username": "carlos", "displayName": "Carlos Test",
        "avatar": null, "user": user(&carlos, "Carlos"),
    });
    let expected = json!({
        "id": "65d0000000000000000000c1", "conversationId": talk, "mode": "sfu", "status": "ended",
        "initiatorId": lea.id, "startedAt": "1970-01-01T00:00:01.000Z",
        "answeredAt": "1970-01-01T00:00:02.000Z", "endedAt": "1970-01-01T00:01:02.000Z", "duration": 60,
        "metadata": { "type": "video" }, "initiator": user(&lea, "Lea"), "participants": [participant],
    });
    assert_eq!(without(shown, &["conversation"]), expected);
}
