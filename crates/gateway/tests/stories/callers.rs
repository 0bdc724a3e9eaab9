//! Every kind of caller.

use meeshy_domain::{MemberRole, Permission, Role};
use meeshy_gateway::routes::Access;
use meeshy_harness::TestServer;
use meeshy_store::{StoreError, Tx};
use meeshy_testkit::Person;
use meeshy_wire::Sender;
use serde_json::json;
use std::collections::HashMap;

/// A kind of caller.
pub struct Caller {
    pub name: &'static str,
    pub login: Login,
    role: Role,
    member: Option<MemberRole>,
    is_author: bool,
}

/// How a caller is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    No,
    /// With a session that has ended.
    Ended,
    Yes,
    /// As a guest, without an account.
    Guest(Guest),
}

/// A kind of guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guest {
    /// Of the conversation.
    Here,
    /// Of another one.
    Elsewhere,
    /// Of the conversation, by a link that was turned off since.
    Closed,
    /// Of the conversation, who has left.
    Gone,
}

impl Caller {
    /// Whether a route is for this caller. `about_message`: its body names the message.
    pub fn may_call(&self, access: Access, about_message: bool) -> bool {
        let is_user = self.login == Login::Yes;
        match access {
            Access::Anyone => true,
            // There is no file, and no token is configured.
            Access::Link | Access::Operator => false,
            Access::User | Access::Key if about_message => self.is_member(),
            Access::User | Access::Key => is_user,
            Access::UserOrGuest if about_message => self.may_read(),
            Access::UserOrGuest => {
                is_user || [Guest::Here, Guest::Elsewhere].map(Login::Guest).contains(&self.login)
            }
            Access::Participant => self.may_read(),
            Access::Permission(permission) => is_user && self.role.allows(permission),
            Access::Member(least) => is_user && self.member.is_some_and(|role| role.is_at_least(least)),
            Access::Author => self.may_edit(),
            Access::AuthorOrModerator => self.may_delete(),
        }
    }

    /// Whether an event is for this caller.
    pub fn may_send(&self, sender: Sender) -> bool {
        match sender {
            Sender::Anyone => self.login != Login::Ended,
            Sender::Member => self.is_member(),
            Sender::Author => self.may_edit(),
            Sender::AuthorOrModerator => self.may_delete(),
            // Another one has started it.
            Sender::CallerOrModerator => self.is_member() && self.moderates(),
        }
    }

    /// Whether the caller reads the conversation.
    pub fn may_read(&self) -> bool {
        self.is_member() || self.login == Login::Guest(Guest::Here)
    }

    pub fn is_member(&self) -> bool {
        self.login == Login::Yes && self.member.is_some()
    }

    pub fn may_edit(&self) -> bool {
        self.is_member() && (self.is_author || self.role.allows(Permission::ModerateContent))
    }

    pub fn may_delete(&self) -> bool {
        self.may_edit() || (self.is_member() && self.moderates())
    }

    fn moderates(&self) -> bool {
        self.member.is_some_and(|role| role.is_at_least(MemberRole::Moderator))
            || self.role.allows(Permission::ModerateContent)
    }

    /// A new session of this caller; of somebody without an account, that of a user who is not a member.
    pub async fn sign_in(&self, server: &TestServer) -> Person {
        let has_account = matches!(self.login, Login::Yes | Login::Ended);
        server.sign_in(if has_account { self.name } else { "out_user" }).await
    }
}

/// A conversation, a message in it, and everybody who may call: the author, the other members by role, users
/// who are not members by their role on the server, a member whose session has ended, and nobody.
pub struct Scene {
    pub callers: Vec<Caller>,
    pub author: Person,
    pub talk: String,
    pub message: String,
    guests: HashMap<&'static str, String>,
}

impl Scene {
    /// `others` are members, too.
    pub async fn on(server: &TestServer, text: &str, others: &[&Person]) -> Self {
        let author = server.sign_up("author", "fr").await;
        let caller = |name, role, member| Caller { name, login: Login::Yes, role, member, is_author: false };
        let member = |name, role| caller(name, Role::User, Some(role));
        let mut callers = vec![
            // The user who created the conversation is its creator.
            Caller { is_author: true, ..member("author", MemberRole::Creator) },
            member("in_creator", MemberRole::Creator),
            member("in_admin", MemberRole::Admin),
            member("in_moderator", MemberRole::Moderator),
            member("in_member", MemberRole::Member),
            caller("in_and_moderator", Role::Moderator, Some(MemberRole::Member)),
            Caller { login: Login::Ended, ..member("ended_session", MemberRole::Member) },
            caller("out_user", Role::User, None),
            caller("out_admin", Role::Admin, None),
            caller("out_moderator", Role::Moderator, None),
            caller("out_bigboss", Role::BigBoss, None),
            caller("out_audit", Role::Audit, None),
            caller("out_analyst", Role::Analyst, None),
        ];
        let mut members: Vec<Person> = others.iter().map(|person| (*person).clone()).collect();
        let mut roles = Vec::new();
        for caller in &callers[1..] {
            let person = server.sign_up(caller.name, "fr").await;
            server.chat.administration().set_role(caller.name, caller.role).await.unwrap();
            if let Some(role) = caller.member {
                roles.push((role, person.id.clone()));
                members.push(person);
            }
        }
        let talk = author.group(&members.iter().collect::<Vec<_>>()).await;
        let message = author.say(&talk, text).await;
        for (role, id) in roles {
            let values = [role.name().into(), talk.as_str().into(), id.as_str().into()];
            let sql = "UPDATE members SET role = $1 WHERE conversation_id = $2 AND user_id = $3";
            let change = move |tx: &mut Tx<'_>| tx.execute(sql, &values);
            assert_eq!(server.store.write::<_, StoreError>(change).await.unwrap(), 1);
        }
        callers.push(Caller { login: Login::No, ..caller("nobody", Role::User, None) });
        let elsewhere = author.group(&[]).await;
        let mut guests = HashMap::new();
        for (name, kind) in [
            ("guest", Guest::Here),
            ("guest_elsewhere", Guest::Elsewhere),
            ("guest_of_closed_link", Guest::Closed),
            ("guest_who_left", Guest::Gone),
        ] {
            let place = if kind == Guest::Elsewhere { &elsewhere } else { &talk };
            guests.insert(name, guest(server, &author, place, name, kind).await);
            callers.push(Caller { login: Login::Guest(kind), ..caller(name, Role::User, None) });
        }
        Self { callers, author, talk, message, guests }
    }

    /// All callers but guests.
    pub fn users(&self) -> impl Iterator<Item = &Caller> {
        self.callers.iter().filter(|caller| !matches!(caller.login, Login::Guest(_)))
    }

    /// The secret of a guest.
    pub fn secret(&self, caller: &Caller) -> &str {
        &self.guests[caller.name]
    }

    /// The names of all callers.
    pub fn names(&self) -> String {
        self.callers.iter().map(|caller| caller.name).collect::<Vec<_>>().join(", ")
    }
}

/// The secret of a new guest of a conversation.
async fn guest(server: &TestServer, author: &Person, talk: &str, name: &str, kind: Guest) -> String {
    let made = author.post(&format!("/conversations/{talk}/new-link"), json!({})).await;
    let link = made.body["data"]["code"].as_str().unwrap().to_owned();
    let who = json!({ "firstName": "Anna", "lastName": "Lind", "username": name });
    let joined = server.post(&format!("/api/v1/anonymous/join/{link}"), who).await;
    let secret = joined.body["data"]["sessionToken"].as_str().unwrap().to_owned();
    let ended = match kind {
        Guest::Here | Guest::Elsewhere => return secret,
        Guest::Closed => author.patch(&format!("/links/{link}/toggle"), json!({ "isActive": false })).await,
        Guest::Gone => server.post("/api/v1/anonymous/leave", json!({ "sessionToken": secret })).await,
    };
    assert_eq!(ended.status, 200);
    secret
}
