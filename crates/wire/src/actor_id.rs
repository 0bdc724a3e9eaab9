//! The id of a user or a guest.

use meeshy_domain::{Actor, GuestId, UserId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The id of a user or, where a guest acts, of a guest. The two never have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorId(pub Actor);

impl From<UserId> for ActorId {
    fn from(id: UserId) -> Self {
        Self(id.into())
    }
}

impl From<GuestId> for ActorId {
    fn from(id: GuestId) -> Self {
        Self(id.into())
    }
}

impl From<Actor> for ActorId {
    fn from(actor: Actor) -> Self {
        Self(actor)
    }
}

impl Serialize for ActorId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.id())
    }
}

impl JsonSchema for ActorId {
    fn schema_name() -> Cow<'static, str> {
        "ActorId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The id of a user or a guest.",
            "pattern": "^[0-9a-f]{24}$",
        })
    }
}
