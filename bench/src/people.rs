//! The users and rooms of a measurement, created over the servers' own API.

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::RequestBuilder;
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A user who can connect.
#[derive(Debug, Clone)]
pub struct Person {
    /// The server's id.
    pub id: String,
    /// The token to authenticate the socket.
    pub token: String,
}

/// Users, and the rooms they are in.
#[derive(Debug, Clone)]
pub struct World {
    /// All users.
    pub people: Vec<Person>,
    /// The rooms.
    pub rooms: Vec<Room>,
}

/// A conversation.
#[derive(Debug, Clone)]
pub struct Room {
    /// The server's id.
    pub id: String,
    /// Its members, as indexes into [`World::people`].
    pub members: Vec<usize>,
}

/// Concurrent registrations.
const MAX_CONCURRENT: usize = 4;

/// Creates `rooms` rooms of `size` users, each user in one room.
///
/// # Errors
/// If the server rejects a request.
pub async fn populate(address: SocketAddr, rooms: usize, size: usize) -> anyhow::Result<World> {
    let people = register_all(address, rooms * size).await?;
    let api = Api::new(address);
    let mut world = World { people, rooms: Vec::with_capacity(rooms) };
    for number in 0..rooms {
        let members: Vec<usize> = (number * size..(number + 1) * size).collect();
        let of_room: Vec<&Person> = members.iter().map(|member| &world.people[*member]).collect();
        let id = api.open_room(&of_room, &format!("Room {number}")).await?;
        world.rooms.push(Room { id, members });
    }
    Ok(world)
}

/// Registers users who all read English, so that nothing is translated.
///
/// # Errors
/// If the server rejects a request.
pub async fn register_all(address: SocketAddr, count: usize) -> anyhow::Result<Vec<Person>> {
    let api = Api::new(address);
    let registered = (0..count).map(|number| api.register(format!("person-{number}"), "en"));
    stream::iter(registered).buffered(MAX_CONCURRENT).try_collect().await
}

/// The few calls that all servers support.
pub struct Api {
    http: reqwest::Client,
    base: String,
}

#[derive(Deserialize)]
struct Registered {
    user: Identified,
    token: String,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

impl Api {
    /// The API of the server at `address`.
    pub fn new(address: SocketAddr) -> Self {
        Self { http: reqwest::Client::new(), base: format!("http://{address}/api/v1") }
    }

    /// Registers a user who reads `language`.
    ///
    /// # Errors
    /// If the server rejects the request.
    pub async fn register(&self, username: String, language: &str) -> anyhow::Result<Person> {
        let body = json!({
            "username": username,
            "email": format!("{username}@example.org"),
            "password": "only for this measurement",
            "firstName": "Person",
            "lastName": username,
            "systemLanguage": language,
            "regionalLanguage": language,
        });
        let data = self.post("/auth/register", None, &body).await?;
        let Registered { user, token } = serde_json::from_value(data)?;
        Ok(Person { id: user.id, token })
    }

    /// Creates a group of `members` as the first of them, and returns its id.
    ///
    /// # Errors
    /// If the server rejects the request, or there are no members.
    pub async fn open_room(&self, members: &[&Person], title: &str) -> anyhow::Result<String> {
        let (owner, others) = members.split_first().context("a room needs members")?;
        let ids: Vec<&str> = others.iter().map(|member| member.id.as_str()).collect();
        let body = json!({ "type": "group", "title": title, "participantIds": ids });
        let data = self.post("/conversations", Some(owner), &body).await?;
        let Identified { id } = serde_json::from_value(data)?;
        Ok(id)
    }

    /// The data of the response to a call of `caller`, without its envelope.
    ///
    /// # Errors
    /// If the server rejects the request.
    pub async fn post(&self, path: &str, caller: Option<&Person>, body: &Value) -> anyhow::Result<Value> {
        let mut answer = self.answer(path, caller, self.http.post(self.url(path)).json(body)).await?;
        Ok(answer["data"].take())
    }

    /// The response to a call of `caller`, with its envelope.
    ///
    /// # Errors
    /// If the server rejects the request.
    pub async fn get(&self, path: &str, caller: &Person) -> anyhow::Result<Value> {
        self.answer(path, Some(caller), self.http.get(self.url(path))).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn answer(
        &self,
        path: &str,
        caller: Option<&Person>,
        mut request: RequestBuilder,
    ) -> anyhow::Result<Value> {
        if let Some(person) = caller {
            request = request.bearer_auth(&person.token);
        }
        let response = request.send().await.with_context(|| format!("failed to call {path}"))?;
        let status = response.status();
        let answer: Value = response.json().await.with_context(|| format!("{path} did not return JSON"))?;
        ensure!(status.is_success(), "{path} returned {status}: {answer}");
        Ok(answer)
    }
}
