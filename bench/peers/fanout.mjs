// Peer of B1 and B2: everything in memory, and `typing:start` relayed to a room.

import { start } from './gateway.mjs';

const conversations = new Map();
const memberships = new Map();

const people = {
  addUser: ({ id }) => memberships.set(id, []),
  addConversation(id, memberIds) {
    conversations.set(id, new Set(memberIds));
    for (const memberId of memberIds) memberships.get(memberId).push(id);
  },
  conversationsOf: (userId) => memberships.get(userId) ?? [],
  isMember: (conversationId, userId) => conversations.get(conversationId)?.has(userId) ?? false,
};

await start(people, (io, socket) => {
  const { id: userId, displayName: username } = socket.data.user;
  socket.on('typing:start', ({ conversationId }) => {
    const room = `conversation_${conversationId}`;
    // Everybody in the room is a member, as in Meeshy.
    if (!socket.rooms.has(room)) return;
    socket.to(room).emit('typing:start', { userId, username, conversationId, isTyping: true });
  });
});
