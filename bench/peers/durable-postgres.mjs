// Peer of B3 on PostgreSQL: a message is authorised, stored, committed, acknowledged and delivered. A pool of connections,
// statements that are prepared once, and one transaction for each message, which begins with the row that orders them.

import pg from 'pg';
import { deliver } from './delivery.mjs';
import { newId, required, start } from './gateway.mjs';

// As many connections as Meeshy has.
const pool = new pg.Pool({ connectionString: required('DATABASE_URL'), max: 8 });
await pool.query(`
  CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS conversations (id TEXT PRIMARY KEY, last_sequence BIGINT NOT NULL DEFAULT 0);
  CREATE TABLE IF NOT EXISTS members (
    conversation_id TEXT NOT NULL REFERENCES conversations,
    user_id TEXT NOT NULL REFERENCES users,
    read_sequence BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation_id, user_id)
  );
  CREATE INDEX IF NOT EXISTS members_by_user ON members (user_id);
  CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations,
    sequence BIGINT NOT NULL,
    sender_id TEXT NOT NULL REFERENCES users,
    client_message_id TEXT,
    content TEXT NOT NULL,
    original_language TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (conversation_id, sequence),
    UNIQUE (sender_id, client_message_id)
  );
`);
pg.types.setTypeParser(pg.types.builtins.INT8, Number); // numbers of messages are far from 2^53

/** A statement with a name is prepared once on each connection. */
const prepared = (name, text) => (client, ...values) => client.query({ name, text, values }).then(({ rows }) => rows);

const insertUser = prepared('insert_user', 'INSERT INTO users (id, username, display_name) VALUES ($1, $2, $3)');
const insertConversation = prepared('insert_conversation', 'INSERT INTO conversations (id) VALUES ($1)');
const insertMembers = prepared(
  'insert_members',
  'INSERT INTO members (conversation_id, user_id) SELECT $1, unnest($2::text[])',
);
const selectConversations = prepared('select_conversations', 'SELECT conversation_id FROM members WHERE user_id = $1');
const selectMember = prepared(
  'select_member',
  'SELECT 1 FROM members WHERE conversation_id = $1 AND user_id = $2',
);
const selectMembers = prepared(
  'select_members',
  'SELECT user_id, read_sequence FROM members WHERE conversation_id = $1',
);
const selectSent = prepared(
  'select_sent',
  'SELECT id, created_at FROM messages WHERE sender_id = $1 AND client_message_id = $2',
);
const nextSequence = prepared(
  'next_sequence',
  'UPDATE conversations SET last_sequence = last_sequence + 1 WHERE id = $1 RETURNING last_sequence',
);
const insertMessage = prepared(
  'insert_message',
  `INSERT INTO messages (id, conversation_id, sequence, sender_id, client_message_id, content, original_language, created_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
);
const moveCursor = prepared(
  'move_cursor',
  'UPDATE members SET read_sequence = $1 WHERE conversation_id = $2 AND user_id = $3',
);

async function transaction(work) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const outcome = await work(client);
    await client.query('COMMIT');
    return outcome;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const people = {
  addUser: ({ id, username, displayName }) => insertUser(pool, id, username, displayName),
  addConversation: (id, memberIds) =>
    transaction(async (client) => {
      await insertConversation(client, id);
      await insertMembers(client, id, memberIds);
    }),
  conversationsOf: async (userId) => (await selectConversations(pool, userId)).map((row) => row.conversation_id),
  isMember: async (conversationId, userId) => (await selectMember(pool, conversationId, userId)).length > 0,
};

const UNIQUE_VIOLATION = '23505';

/** Stores a message, with its place in the conversation and its sender's cursor. */
async function store(user, { conversationId, content, originalLanguage = 'en', clientMessageId = null }) {
  if (typeof content !== 'string' || content.trim() === '' || content.length > 4000) {
    return { error: 'the message is empty or too long' };
  }
  const message = { id: newId(), conversationId, content, originalLanguage, clientMessageId, createdAt: Date.now() };
  try {
    return await transaction(async (client) => {
      const members = await selectMembers(client, conversationId);
      if (!members.some((member) => member.user_id === user.id)) return { error: 'not a member' };
      const [{ last_sequence: sequence }] = await nextSequence(client, conversationId);
      await insertMessage(
        client,
        message.id,
        conversationId,
        sequence,
        user.id,
        clientMessageId,
        content,
        originalLanguage,
        message.createdAt,
      );
      await moveCursor(client, sequence, conversationId, user.id);
      return { ...message, sequence, members };
    });
  } catch (error) {
    // It may have been sent before, which is rare, so it is looked for only now.
    if (error.code !== UNIQUE_VIOLATION || clientMessageId === null) throw error;
    const [earlier] = await selectSent(pool, user.id, clientMessageId);
    return { id: earlier.id, createdAt: earlier.created_at, repeated: true };
  }
}

await start(people, (io, socket) => {
  const { user } = socket.data;
  socket.on('message:send', async (data, acknowledge) => {
    try {
      deliver(io, user, await store(user, data), acknowledge);
    } catch (error) {
      acknowledge({ success: false, error: String(error) });
    }
  });
});
