// What the peers have in common: an account, a token, a conversation and a Socket.IO server, on the same paths and
// with the same shapes as Meeshy, so that the load generator does not know which server it talks to.

import fastify from 'fastify';
import jwt from 'jsonwebtoken';
import { randomBytes } from 'node:crypto';
import { Server } from 'socket.io';

const SECRET = required('JWT_SECRET');

export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}`);
  return value;
}

/** 24 hexadecimal characters, as Meeshy's ids. */
export const newId = () => randomBytes(12).toString('hex');

/**
 * Starts a gateway on HOST and PORT.
 *
 * @param people where people and conversations are kept: `addUser(user)`, `addConversation(id, memberIds)`,
 *   `conversationsOf(userId)`, `isMember(conversationId, userId)`; each may answer with a promise
 * @param listen what an authenticated socket listens to, besides `conversation:join`: `(io, socket) => void`
 */
export async function start(people, listen) {
  const app = fastify({ logger: false });
  app.get('/ready', async () => ({ status: 'ready' }));
  app.post('/api/v1/auth/register', async (request) => {
    const { username, firstName, lastName } = request.body;
    const user = { id: newId(), username, displayName: `${firstName} ${lastName}` };
    await people.addUser(user);
    return { success: true, data: { user, token: jwt.sign(user, SECRET, { expiresIn: '1d' }) } };
  });
  app.post('/api/v1/conversations', async (request, reply) => {
    const caller = verify(request.headers.authorization?.replace(/^Bearer /, ''));
    const id = newId();
    await people.addConversation(id, [caller.id, ...request.body.participantIds]);
    return reply.code(201).send({ success: true, data: { id } });
  });

  const io = socketServer(app.server);
  io.use((socket, next) => {
    try {
      socket.data.user = verify(socket.handshake.auth.token);
      next();
    } catch (error) {
      next(error);
    }
  });
  io.on('connection', async (socket) => {
    const { user } = socket.data;
    socket.on('conversation:join', async ({ conversationId }) => {
      if (!(await people.isMember(conversationId, user.id))) return;
      socket.join(`conversation_${conversationId}`);
      socket.emit('conversation:joined', { conversationId, userId: user.id });
    });
    listen(io, socket);
    const conversations = await people.conversationsOf(user.id);
    socket.join([`user_${user.id}`, ...conversations.map((id) => `conversation_${id}`)]);
    socket.emit('authenticated', { success: true, user: { id: user.id, language: 'en', isAnonymous: false } });
  });

  process.on('SIGTERM', () => process.exit(0));
  await app.listen({ host: required('HOST'), port: Number(required('PORT')) });
}

/** The algorithm is named, so that a token cannot choose it. */
function verify(token) {
  const { id, username, displayName } = jwt.verify(token, SECRET, { algorithms: ['HS256'] });
  return { id, username, displayName };
}

function socketServer(server) {
  const io = new Server(server, {
    transports: ['websocket'], // no upgrade from polling: one connection, one transport
    perMessageDeflate: false, // compressing costs far more than it saves for small events
    httpCompression: false, // there is no polling to compress
    serveClient: false, // the client library is not this server's to serve
    pingInterval: 25_000, // as Meeshy's
    pingTimeout: 10_000,
    maxHttpBufferSize: 256 * 1024, // as Meeshy's
  });
  // Socket.IO's own advice for memory: the first HTTP request need not be kept for the life of its socket.
  io.engine.on('connection', (connection) => {
    connection.request = null;
  });
  return io;
}
