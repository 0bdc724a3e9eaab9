// Peer of B3 and B12: a message is authorised, stored, synced to the disk, acknowledged and delivered.
//
// GROUP_COMMIT=1 stores all messages that have come in the same turn of the event loop in one transaction. It is not how
// people write with this library, but it is what Meeshy does, so it is the harder peer.

import Database from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { deliver } from './delivery.mjs';
import { newId, start } from './gateway.mjs';

const folder = process.env.DATA_DIR ?? '.';
mkdirSync(folder, { recursive: true });
const database = new Database(join(folder, 'peer.db'));
database.pragma('journal_mode = WAL'); // a commit appends to one file: one sync, and readers do not wait
database.pragma('synchronous = FULL'); // the log is synced at every commit, as in Meeshy
database.pragma('foreign_keys = ON'); // as in Meeshy
database.exec(`
  CREATE TABLE IF NOT EXISTS users (id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS conversations (id TEXT PRIMARY KEY, last_sequence INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE IF NOT EXISTS members (
    conversation_id TEXT NOT NULL REFERENCES conversations,
    user_id TEXT NOT NULL REFERENCES users,
    read_sequence INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (conversation_id, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS members_by_user ON members (user_id);
  CREATE TABLE IF NOT EXISTS messages (
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations,
    sequence INTEGER NOT NULL,
    sender_id TEXT NOT NULL REFERENCES users,
    client_message_id TEXT,
    content TEXT NOT NULL,
    original_language TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (conversation_id, sequence),
    UNIQUE (sender_id, client_message_id)
  ) STRICT;
`);

// Prepared once: parsing SQL for every message would be work that Meeshy does not do either.
const insertUser = database.prepare('INSERT INTO users (id, username, display_name) VALUES (?, ?, ?)');
const insertConversation = database.prepare('INSERT INTO conversations (id) VALUES (?)');
const insertMember = database.prepare('INSERT INTO members (conversation_id, user_id) VALUES (?, ?)');
const selectConversations = database.prepare('SELECT conversation_id FROM members WHERE user_id = ?').pluck();
const selectMember = database.prepare('SELECT 1 FROM members WHERE conversation_id = ? AND user_id = ?').pluck();
const selectMembers = database.prepare('SELECT user_id, read_sequence FROM members WHERE conversation_id = ?');
const selectSent = database.prepare('SELECT id, created_at FROM messages WHERE sender_id = ? AND client_message_id = ?');
const nextSequence = database
  .prepare('UPDATE conversations SET last_sequence = last_sequence + 1 WHERE id = ? RETURNING last_sequence')
  .pluck();
const insertMessage = database.prepare(
  `INSERT INTO messages (id, conversation_id, sequence, sender_id, client_message_id, content, original_language, created_at)
   VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
);
const moveCursor = database.prepare(
  'UPDATE members SET read_sequence = ? WHERE conversation_id = ? AND user_id = ?',
);

const people = {
  addUser: ({ id, username, displayName }) => insertUser.run(id, username, displayName),
  addConversation: database.transaction((id, memberIds) => {
    insertConversation.run(id);
    for (const memberId of memberIds) insertMember.run(id, memberId);
  }),
  conversationsOf: (userId) => selectConversations.all(userId),
  isMember: (conversationId, userId) => selectMember.get(conversationId, userId) === 1,
};

/** Stores a message, with its place in the conversation and its sender's cursor; runs inside a transaction. */
function store(user, { conversationId, content, originalLanguage = 'en', clientMessageId = null }) {
  if (typeof content !== 'string' || content.trim() === '' || content.length > 4000) {
    return { error: 'the message is empty or too long' };
  }
  const earlier = clientMessageId === null ? undefined : selectSent.get(user.id, clientMessageId);
  if (earlier) return { id: earlier.id, createdAt: earlier.created_at, repeated: true };
  const members = selectMembers.all(conversationId);
  if (!members.some((member) => member.user_id === user.id)) return { error: 'not a member' };
  const message = { id: newId(), conversationId, content, originalLanguage, clientMessageId, createdAt: Date.now() };
  message.sequence = nextSequence.get(conversationId);
  insertMessage.run(
    message.id,
    conversationId,
    message.sequence,
    user.id,
    clientMessageId,
    content,
    originalLanguage,
    message.createdAt,
  );
  moveCursor.run(message.sequence, conversationId, user.id);
  return { ...message, members };
}

const storeAlone = database.transaction(store);
const storeGroup = database.transaction((group) => group.map(({ user, data }) => store(user, data)));

let waiting = [];

function storeWaiting(io) {
  const group = waiting;
  waiting = [];
  const stored = storeGroup(group);
  group.forEach(({ user, acknowledge }, index) => deliver(io, user, stored[index], acknowledge));
}

await start(people, (io, socket) => {
  const { user } = socket.data;
  if (process.env.GROUP_COMMIT === '1') {
    socket.on('message:send', (data, acknowledge) => {
      if (waiting.push({ user, data, acknowledge }) === 1) setImmediate(storeWaiting, io);
    });
  } else {
    // The driver is synchronous: the commit is on disk when this returns.
    socket.on('message:send', (data, acknowledge) => deliver(io, user, storeAlone(user, data), acknowledge));
  }
});
