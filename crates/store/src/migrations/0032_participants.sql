-- The members of a conversation with a role, and its guests, page by page in order of their ids.
CREATE INDEX members_role ON members (conversation_id, role, user_id) WHERE is_active;
CREATE INDEX guests_page ON guests (conversation_id, id) WHERE is_active;
