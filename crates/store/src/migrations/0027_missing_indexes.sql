-- Each sign-in ends a person's challenges and those whose time is over.
CREATE INDEX sign_in_challenges_user ON sign_in_challenges (user_id);
CREATE INDEX sign_in_challenges_expires ON sign_in_challenges (expires_at);
-- Texts are taken in the order in which they came, and go when they are old.
CREATE INDEX text_requests_created ON text_requests (created_at, id);
CREATE INDEX text_requests_waiting ON text_requests (created_at, id) WHERE state IS NULL;
