-- SHA-256 of the address that an account had before it was changed, in hexadecimal. Until `email_recovers_from`, it still names the account
-- in a recovery by telephone.
ALTER TABLE users ADD COLUMN replaced_email_hash TEXT;
