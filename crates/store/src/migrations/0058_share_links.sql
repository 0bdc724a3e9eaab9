-- Who has joined by which link, so that nobody is counted twice.
CREATE TABLE share_link_uses (
  share_link_id TEXT NOT NULL REFERENCES share_links (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (share_link_id, user_id)
);
CREATE INDEX share_link_uses_user ON share_link_uses (user_id);

-- The links of a conversation, and of one member to it, are listed from the newest on.
CREATE INDEX share_links_newest ON share_links (conversation_id, created_at);
CREATE INDEX share_links_own ON share_links (conversation_id, created_by, created_at);
-- The guests who came by a link are counted.
CREATE INDEX guests_link ON guests (share_link_id);
