-- For what is removed of a deleted account in other people's rows.
CREATE INDEX notifications_sender ON notifications (sender_id) WHERE sender_id IS NOT NULL;
CREATE INDEX tracking_link_clicks_user ON tracking_link_clicks (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_log_entity ON audit_log (entity_id);
CREATE INDEX audit_log_user ON audit_log (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX affiliate_relations_affiliate ON affiliate_relations (affiliate_user_id);
CREATE INDEX affiliate_relations_referred ON affiliate_relations (referred_user_id);
CREATE INDEX conversation_settings_user ON conversation_settings (user_id);
CREATE INDEX community_invites_creator ON community_invites (created_by);
CREATE INDEX glossary_proposals_proposer ON glossary_proposals (proposed_by);
CREATE INDEX translation_reports_reporter ON translation_reports (reporter_id);
CREATE INDEX dma_pre_keys_user ON dma_pre_keys (used_by) WHERE used_by IS NOT NULL;
CREATE INDEX users_transferred_from ON users (phone_transferred_from_user_id)
  WHERE phone_transferred_from_user_id IS NOT NULL;
CREATE INDEX legacy_documents_kept ON legacy_documents (kept_id) WHERE kept_id IS NOT NULL;
