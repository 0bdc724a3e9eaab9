"""The same import as a script would do it, with less: no checks, no archive, no report, eleven tables.

    pip install pymongo
    python3 bench/peers/import.py DUMP/DATABASE OUT.db

Reads a plain folder of mongodump with `bson`, writes SQLite, and prints the seconds it took.
"""

import pathlib
import sqlite3
import sys
import time

import bson

TABLES = {
    "User": ["username", "email", "password", "firstName", "lastName", "displayName", "bio", "avatar", "role",
             "isActive", "systemLanguage", "regionalLanguage", "lastActiveAt", "createdAt", "updatedAt"],
    "Conversation": ["identifier", "type", "title", "description", "avatar", "communityId", "isActive",
                     "lastMessageAt", "createdAt", "updatedAt"],
    "ConversationMember": ["conversationId", "userId", "role", "canSendMessage", "joinedAt", "leftAt", "isActive"],
    "Message": ["conversationId", "senderId", "content", "originalLanguage", "messageType", "isEdited", "isDeleted",
                "replyToId", "createdAt", "updatedAt"],
    "MessageTranslation": ["messageId", "sourceLanguage", "targetLanguage", "translatedContent", "translationModel",
                           "confidenceScore", "createdAt"],
    "MessageAttachment": ["messageId", "fileName", "originalName", "mimeType", "fileSize", "filePath", "fileUrl",
                          "uploadedBy", "createdAt"],
    "MessageStatus": ["messageId", "conversationId", "userId", "receivedAt", "readAt"],
    "Reaction": ["messageId", "userId", "emoji", "createdAt"],
    "Mention": ["messageId", "mentionedUserId", "mentionedAt"],
    "FriendRequest": ["senderId", "receiverId", "message", "status", "createdAt"],
    "Notification": ["userId", "type", "title", "content", "data", "priority", "isRead", "createdAt", "senderId",
                     "messagePreview", "conversationId", "messageId"],
}


def plain(value):
    """Converts a value for sqlite3."""
    if value is None or isinstance(value, (str, int, float, bytes)):
        return value
    return str(value)


def main(folder, out):
    begun = time.perf_counter()
    database = sqlite3.connect(out)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    total = 0
    for name, fields in TABLES.items():
        columns = ", ".join(f'"{field}"' for field in ["_id", *fields])
        database.execute(f'CREATE TABLE "{name}" ({columns}, PRIMARY KEY ("_id"))')
        places = ", ".join("?" * (len(fields) + 1))
        with open(pathlib.Path(folder, f"{name}.bson"), "rb") as file:
            # Some dates of the corpus are out of range for Python.
            options = bson.CodecOptions(datetime_conversion=bson.DatetimeConversion.DATETIME_MS)
            documents = bson.decode_file_iter(file, options)
            rows = ([plain(document.get(field)) for field in ["_id", *fields]] for document in documents)
            total += database.executemany(f'INSERT INTO "{name}" VALUES ({places})', rows).rowcount
    database.commit()
    database.close()
    print(f"{total} documents in {time.perf_counter() - begun:.2f} s")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
