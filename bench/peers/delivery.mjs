// What both durable peers tell of a message that is stored, as Meeshy does.

/** Acknowledges a stored message and delivers it. */
export function deliver(io, user, stored, acknowledge) {
  if (stored.error) return acknowledge({ success: false, error: stored.error });
  const createdAt = new Date(stored.createdAt).toISOString();
  acknowledge({
    success: true,
    data: { messageId: stored.id, clientMessageId: stored.clientMessageId ?? undefined, createdAt },
  });
  if (stored.repeated) return;
  io.to(`conversation_${stored.conversationId}`).emit('message:new', asMessage(user, stored, createdAt));
  for (const { user_id: userId, read_sequence: read } of stored.members) {
    if (userId === user.id) continue;
    const unread = { conversationId: stored.conversationId, unreadCount: stored.sequence - read };
    io.to(`user_${userId}`).emit('conversation:unread-updated', unread);
  }
}

/** A message as sockets receive it. */
function asMessage(user, stored, createdAt) {
  return {
    id: stored.id,
    conversationId: stored.conversationId,
    sequence: stored.sequence,
    clientMessageId: stored.clientMessageId,
    senderId: user.id,
    content: stored.content,
    originalContent: stored.content,
    originalLanguage: stored.originalLanguage,
    messageType: 'text',
    isEdited: false,
    isDeleted: false,
    createdAt,
    updatedAt: createdAt,
    validatedMentions: [],
    translations: [],
    translationStates: [],
    sender: {
      id: user.id,
      username: user.username,
      displayName: user.displayName,
      avatar: null,
      role: 'USER',
      isOnline: true,
      systemLanguage: 'en',
      regionalLanguage: 'en',
    },
    attachments: [],
    meta: { conversationStats: null },
  };
}
