-- Since when a confirmed telephone number or a changed address can be used to choose a new password; NULL is from the start.
ALTER TABLE users ADD COLUMN phone_recovers_from BIGINT;
ALTER TABLE users ADD COLUMN email_recovers_from BIGINT;
-- Answers by nobody who was signed in, which do not use up those of the owner.
ALTER TABLE phone_codes ADD COLUMN open_attempts BIGINT NOT NULL DEFAULT 0;
