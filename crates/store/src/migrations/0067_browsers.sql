-- A device gets push notifications as long as the session lasts that has registered it. Rows of the old system have none.
ALTER TABLE push_tokens ADD COLUMN session_id TEXT;
-- What delivers to it, if `type` must not say so: the release before and the constraint of the column do not know Web Push.
ALTER TABLE push_tokens ADD COLUMN service TEXT;
