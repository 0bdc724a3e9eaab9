-- Communities that are used. The number of members is counted when it changes; those that are there are counted after this
-- migration (`community_names.rs`).
ALTER TABLE communities ADD COLUMN member_count BIGINT NOT NULL DEFAULT 0;
CREATE INDEX communities_creator ON communities (created_by) WHERE is_active;
CREATE INDEX communities_public ON communities (created_at, id) WHERE is_active AND NOT is_private;
CREATE INDEX conversations_in_community ON conversations (community_id, id) WHERE community_id IS NOT NULL AND is_active;

-- Who was banned from a community, and since when.
ALTER TABLE community_members ADD COLUMN banned_at BIGINT;
CREATE INDEX community_members_joined ON community_members (community_id, joined_at, id) WHERE is_active;

-- Words of the names of communities, folded as in `name_words`.
CREATE TABLE community_name_words (
  word BYTEA NOT NULL,
  community_id TEXT NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
  PRIMARY KEY (word, community_id)
);
CREATE INDEX community_name_words_community ON community_name_words (community_id);

-- Invitations: whoever has the token joins. Only its hash is kept.
CREATE TABLE community_invites (
  token_hash TEXT PRIMARY KEY,
  community_id TEXT NOT NULL REFERENCES communities (id) ON DELETE CASCADE,
  created_by TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX community_invites_community ON community_invites (community_id, created_at);
