// Every tab of the settings, the categories of the conversation list, and preferences for one conversation or community.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { call, data, hidden, page, refused } from "./http.mjs";
import { is } from "./objects.mjs";
import { signUpAll } from "./people.mjs";
import { shapesOf } from "./shapes.mjs";

const shaped = shapesOf("preferences");
const NOWHERE = "65a0c0ffee0123456789abcd";
let lea, carlos, group;
before(async () => {
  [lea, carlos] = await signUpAll({ Lea: "fr", Carlos: "es" });
  group = await lea.group([carlos]);
});

const on = (...names) => Object.fromEntries(names.map((name) => [name, true]));
const off = (...names) => Object.fromEntries(names.map((name) => [name, false]));

/** The categories with their defaults, a change that is possible, and some that are not. */
const CATEGORIES = {
  privacy: {
    defaults: {
      ...on(
        "showOnlineStatus",
        "showLastSeen",
        "showReadReceipts",
        "showTypingIndicator",
        "allowContactRequests",
      ),
      ...on("allowGroupInvites", "allowAnalytics", "showEncryptionStatus"),
      ...off("allowCallsFromNonContacts", "saveMediaToGallery", "shareUsageData", "blockScreenshots"),
      ...off("hideProfileFromSearch", "autoEncryptNewConversations", "warnOnUnencrypted"),
      encryptionPreference: "optional",
    },
    change: { blockScreenshots: true, encryptionPreference: "always" },
    wrong: [
      { showLastSeen: 1 },
      { showLastSeen: "yes" },
      { encryptionPreference: "never" },
      { showLastSeen: null },
    ],
  },
  audio: {
    defaults: {
      ...on("transcriptionEnabled", "noiseSuppression", "echoCancellation"),
      ...off("autoTranscribeIncoming", "audioTranslationEnabled", "ttsEnabled", "voiceProfileEnabled"),
      transcriptionSource: "auto",
      translatedAudioFormat: "mp3",
      ttsSpeed: 1,
      ttsPitch: 1,
      audioQuality: "high",
      voiceCloneQuality: "balanced",
    },
    change: { ttsSpeed: 1.5, audioQuality: "lossless" },
    wrong: [{ ttsSpeed: 2.5 }, { ttsPitch: 0.4 }, { audioQuality: "best" }, { noiseSuppression: "on" }],
  },
  message: {
    defaults: {
      ...on("sendOnEnter", "showFormattingToolbar", "enableMarkdown", "enableEmoji", "spellCheckEnabled"),
      ...on("linkPreviewEnabled", "imagePreviewEnabled", "saveDrafts"),
      ...off("autoCorrectEnabled", "autoTranslateIncoming"),
      emojiSkinTone: "default",
      draftExpirationDays: 30,
      defaultFontSize: "medium",
      defaultTextAlign: "left",
      autoTranslateLanguages: [],
      maxCharacterLimit: 5000,
    },
    change: { emojiSkinTone: "medium-dark", draftExpirationDays: 90, autoTranslateLanguages: ["es"] },
    wrong: [
      { draftExpirationDays: 91 },
      { draftExpirationDays: 1.5 },
      { maxCharacterLimit: 99 },
      { autoTranslateLanguages: "es" },
    ],
  },
  notification: {
    defaults: {
      ...on("pushEnabled", "emailEnabled", "soundEnabled", "vibrationEnabled", "newMessageEnabled"),
      ...on("missedCallEnabled", "voicemailEnabled", "systemEnabled", "conversationEnabled", "replyEnabled"),
      ...on(
        "mentionEnabled",
        "reactionEnabled",
        "contactRequestEnabled",
        "groupInviteEnabled",
        "memberJoinedEnabled",
      ),
      ...on("showPreview", "showSenderName", "groupNotifications", "notificationBadgeEnabled"),
      ...off("memberLeftEnabled", "dndEnabled"),
      dndStartTime: "22:00",
      dndEndTime: "08:00",
      dndDays: [],
    },
    change: { dndEnabled: true, dndStartTime: "23:30", dndDays: ["mon", "sun"] },
    wrong: [{ dndStartTime: "25:00" }, { dndDays: ["someday"] }, { pushEnabled: "true" }],
  },
  video: {
    defaults: {
      ...on(
        "mirrorLocalVideo",
        "showSelfView",
        "hardwareAccelerationEnabled",
        "adaptiveBitrateEnabled",
        "autoStartVideo",
      ),
      ...off("backgroundBlurEnabled", "virtualBackgroundEnabled", "autoMuteOnJoin"),
      videoQuality: "auto",
      videoFrameRate: "30",
      videoResolution: "auto",
      videoCodec: "VP8",
      videoLayout: "speaker",
      selfViewPosition: "bottom-right",
    },
    change: { videoCodec: "AV1", videoBitrate: 5000 },
    wrong: [{ videoFrameRate: 30 }, { videoBitrate: 99 }, { videoCodec: "H263" }],
  },
  document: {
    defaults: {
      ...on("autoDownloadOnWifi", "inlinePreviewEnabled", "previewPdfEnabled", "previewImagesEnabled"),
      ...on("previewVideosEnabled", "scanFilesForMalware", "allowExternalLinks"),
      ...off("autoDownloadEnabled", "autoDeleteOldFiles", "compressImagesOnUpload"),
      autoDownloadMaxSize: 10,
      storageQuota: 5000,
      fileRetentionDays: 90,
      imageCompressionQuality: 85,
    },
    change: { autoDownloadMaxSize: 100, allowedFileTypes: ["image/*"] },
    wrong: [{ autoDownloadMaxSize: 0 }, { storageQuota: 99 }, { imageCompressionQuality: 9 }],
  },
  application: {
    defaults: {
      ...on("showAvatars", "animationsEnabled", "keyboardShortcutsEnabled", "telemetryEnabled"),
      ...off(
        "compactMode",
        "reducedMotion",
        "highContrastMode",
        "screenReaderOptimized",
        "betaFeaturesEnabled",
      ),
      theme: "auto",
      accentColor: "blue",
      interfaceLanguage: "en",
      fontSize: "medium",
      fontFamily: "inter",
      lineHeight: "normal",
      sidebarPosition: "left",
      tutorialsCompleted: [],
    },
    change: { theme: "dark", tutorialsCompleted: ["welcome"] },
    wrong: [{ theme: "blue" }, { compactMode: 0 }, { tutorialsCompleted: "welcome" }],
  },
};

/** The fields of `value` that `expected` names. */
const part = (value, expected) =>
  Object.fromEntries(Object.keys(expected).map((name) => [name, value[name]]));

for (const [category, { defaults, change, wrong }] of Object.entries(CATEGORIES)) {
  const path = `/me/preferences/${category}`;

  test(`${category} begins with its defaults, also with a slash at the end`, async () => {
    const saved = shaped(`GET ${path}`, data(await lea.get(path)));
    assert.deepEqual(part(saved, defaults), defaults);
    assert.deepEqual(data(await lea.get(`${path}/`)), saved);
  });

  test(`${category} is changed in part, and as a whole`, async () => {
    const merged = data(await lea.patch(path, change));
    assert.deepEqual(part(merged, change), change);
    assert.deepEqual(part(data(await lea.get(path)), { ...defaults, ...change }), { ...defaults, ...change });
    const replaced = data(await lea.put(path, {}));
    assert.deepEqual(part(replaced, defaults), defaults, "what is missing takes its default");
    data(await lea.patch(path, change));
    const answer = await lea.delete(path);
    data(answer);
    assert.equal(typeof answer.body.message, "string", "at the top level");
    assert.deepEqual(part(data(await lea.get(path)), defaults), defaults);
  });

  test(`${category} refuses impossible values, and names the field`, async () => {
    for (const value of wrong)
      for (const method of ["patch", "put"]) {
        const { message, details } = refused(await lea[method](path, value), 400);
        assert.ok(message);
        assert.equal(details[0].field, Object.keys(value)[0]);
      }
    assert.deepEqual(part(data(await lea.get(path)), defaults), defaults);
  });
}

test("all categories at once, and back to their defaults", async () => {
  data(await lea.patch("/me/preferences/application", { theme: "light" }));
  for (const path of ["/me/preferences", "/me/preferences/", "/users/me/preferences"]) {
    const all = data(await lea.get(path));
    assert.deepEqual(
      Object.keys(all)
        .filter((name) => name in CATEGORIES)
        .sort(),
      Object.keys(CATEGORIES).sort(),
    );
    assert.equal(all.application.theme, "light");
  }
  const answer = await lea.delete("/me/preferences");
  assert.equal(typeof answer.body.message, "string", answer.where);
  assert.equal(data(await lea.get("/me/preferences")).application.theme, "auto");
});

test("preferences are for users", async () => {
  refused(await call("GET", "/me/preferences/privacy"), 401, "AUTH_REQUIRED");
});

test("voices need a consent", async () => {
  data(await lea.patch("/me/preferences/audio", { transcriptionEnabled: false }));
  const { error, violations } = refused(
    await lea.patch("/me/preferences/audio", { transcriptionEnabled: true, voiceProfileEnabled: true }),
    403,
  );
  assert.equal(error, "CONSENT_REQUIRED");
  assert.deepEqual(violations.map(({ field }) => field).sort(), [
    "transcriptionEnabled",
    "voiceProfileEnabled",
  ]);
  shaped("PATCH /me/preferences/audio without a consent", violations);
});

test("the other paths of two categories", async () => {
  data(await lea.put("/user-preferences/messages", { sendOnEnter: false }));
  assert.equal(data(await lea.get("/me/preferences/message")).sendOnEnter, false);
  assert.equal(data(await lea.get("/user-preferences/messages")).sendOnEnter, false);
  data(await lea.delete("/me/preferences/audio"));
  data(await lea.put("/user-features/configuration", { ttsSpeed: 0.5 }));
  assert.equal(data(await lea.get("/user-features/configuration")).ttsSpeed, 0.5);
});

test("the font is kept under a key", async () => {
  data(await lea.post("/user-preferences", { key: "font-family", value: "nunito" }));
  assert.ok(
    JSON.stringify(
      shaped("GET /user-preferences/:key", data(await lea.get("/user-preferences/font-family"))),
    ).includes("nunito"),
  );
});

// Categories of conversations.

const make = async (fields) => data(await lea.post("/me/preferences/categories", fields));

test("a category is made, at the end of the list", async () => {
  const first = is(
    shaped(
      "POST /me/preferences/categories",
      await make({ name: "Famille", color: "#ff0000", icon: "home" }),
    ),
    "Category",
  );
  assert.deepEqual(
    [first.name, first.color, first.icon, first.isExpanded, first.userId],
    ["Famille", "#ff0000", "home", true, lea.id],
  );
  const second = await make({ name: "Travail" });
  assert.ok(second.order > first.order);
  assert.deepEqual([second.color, second.icon], [null, null]);
});

test("categories are listed in their order, and read one by one", async () => {
  const answer = await lea.get("/me/preferences/categories?limit=50&offset=0");
  const list = is(data(answer), "Category[]");
  is(answer.body.pagination, "{total:count limit:count offset:count}");
  const orders = list.map(({ order }) => order);
  assert.deepEqual(
    orders,
    [...orders].sort((one, other) => one - other),
  );
  assert.deepEqual(data(await lea.get(`/me/preferences/categories/${list[0].id}`)), list[0]);
});

test("a category of somebody else, or none, is not found", async () => {
  const { id } = await make({ name: "À moi" });
  for (const answer of [
    await carlos.get(`/me/preferences/categories/${id}`),
    await lea.get(`/me/preferences/categories/${NOWHERE}`),
  ])
    refused(answer, 404, "NOT_FOUND");
  refused(await carlos.patch(`/me/preferences/categories/${id}`, { name: "Mía" }), 404);
  refused(await carlos.delete(`/me/preferences/categories/${id}`), 404);
});

test("a category is changed in part, and needs a name", async () => {
  const { id, color } = await make({ name: "Avant", color: "#00ff00" });
  const changed = data(
    await lea.patch(`/me/preferences/categories/${id}`, { name: "Après", isExpanded: false }),
  );
  assert.deepEqual([changed.name, changed.isExpanded, changed.color], ["Après", false, color]);
  refused(await lea.post("/me/preferences/categories", {}), 400, "VALIDATION_ERROR");
  refused(await lea.patch(`/me/preferences/categories/${id}`, { name: "" }), 400, "VALIDATION_ERROR");
});

test("categories are put into another order", async () => {
  const [one, two] = [await make({ name: "Un" }), await make({ name: "Deux" })];
  const updates = [
    { categoryId: one.id, order: 51 },
    { categoryId: two.id, order: 50 },
  ];
  const answer = await lea.post("/me/preferences/categories/reorder", { updates });
  data(answer);
  assert.ok(answer.body.message ?? answer.body.data.message);
  const ids = data(await lea.get("/me/preferences/categories?limit=100")).map(({ id }) => id);
  assert.deepEqual(ids.slice(-2), [two.id, one.id]);
});

test("a deleted category leaves its conversations", async () => {
  const { id } = await make({ name: "Brève" });
  const path = `/user-preferences/conversations/${group.id}`;
  const sorted = data(await lea.put(path, { categoryId: id, orderInCategory: 3 }));
  assert.deepEqual([sorted.category.name, sorted.orderInCategory], ["Brève", 3]);
  const answer = await lea.delete(`/me/preferences/categories/${id}`);
  assert.equal(typeof answer.body.message, "string", answer.where);
  assert.deepEqual(part(data(await lea.get(path)), { categoryId: 0, category: 0 }), {
    categoryId: null,
    category: null,
  });
});

test("the iOS client finds the categories under the old path", async () => {
  assert.deepEqual(
    data(await lea.get("/user-preferences/categories")),
    data(await lea.get("/me/preferences/categories")),
  );
});

// One conversation.

test("a conversation begins without preferences", async () => {
  const other = await lea.group([]);
  const none = is(
    data(await lea.get(`/user-preferences/conversations/${other.id}`)),
    "ConversationPreferences",
  );
  shaped("GET /user-preferences/conversations/:id, none", none);
  assert.deepEqual(
    [none.id, none.isDefault, none.createdAt, none.isPinned, none.tags],
    [null, true, null, false, []],
  );
});

test("a conversation is pinned, muted, archived, tagged and named", async () => {
  const path = `/user-preferences/conversations/${group.id}`;
  const fields = {
    isPinned: true,
    isMuted: true,
    isArchived: true,
    tags: ["a", "b"],
    customName: "Nous",
    reaction: "❤️",
  };
  const saved = is(
    shaped("PUT /user-preferences/conversations/:id", data(await lea.put(path, fields))),
    "ConversationPreferences",
  );
  assert.deepEqual(part(saved, fields), fields);
  assert.equal(saved.isDefault, false);
  const { userPreferences } = await lea.entry(group.id);
  assert.deepEqual(
    userPreferences.map(({ isPinned, isMuted, isArchived }) => [isPinned, isMuted, isArchived]),
    [[true, true, true]],
  );
  assert.ok(
    page(await lea.get("/user-preferences/conversations")).some(
      ({ conversationId }) => conversationId === group.id,
    ),
  );
  const cleared = data(await lea.put(path, { customName: null, reaction: null, isArchived: false }));
  assert.deepEqual(
    [cleared.customName, cleared.reaction, cleared.isArchived, cleared.isPinned],
    [null, null, false, true],
  );
  is(data(await lea.delete(path)), "{message:text}");
  refused(await lea.delete(path), 404);
  assert.equal(data(await lea.get(path)).isDefault, true);
});

test("the preferences of one member are not those of another", async () => {
  const path = `/user-preferences/conversations/${group.id}`;
  data(await lea.put(path, { isPinned: true }));
  assert.equal(data(await carlos.get(path)).isPinned, false);
});

test("a conversation of others has no preferences", async () => {
  const other = await carlos.group([]);
  hidden(await lea.put(`/user-preferences/conversations/${other.id}`, { isPinned: true }));
});

test("conversations are put into another order", async () => {
  const other = await lea.group([]);
  const updates = [
    { conversationId: other.id, orderInCategory: 2 },
    { conversationId: group.id, orderInCategory: 1 },
  ];
  data(await lea.post("/user-preferences/reorder", { updates }));
  assert.equal(data(await lea.get(`/user-preferences/conversations/${other.id}`)).orderInCategory, 2);
});

// One community.

test("a community is pinned, hidden and muted", async () => {
  const { id } = data(await lea.post("/communities", { name: "Jardins" }), 201);
  const path = `/user-preferences/communities/${id}`;
  const none = data(await lea.get(path));
  assert.deepEqual([none.isDefault, none.isHidden, none.notificationLevel], [true, false, "all"]);
  const fields = {
    isPinned: true,
    isMuted: true,
    isArchived: true,
    isHidden: true,
    notificationLevel: "mentions",
    customName: "Vert",
  };
  const saved = shaped("PUT /user-preferences/communities/:id", data(await lea.put(path, fields)));
  assert.deepEqual(part(saved, fields), fields);
  assert.ok(
    page(await lea.get("/user-preferences/communities")).some(({ communityId }) => communityId === id),
  );
  refused(await lea.put(path, { notificationLevel: "some" }), 400, "VALIDATION_ERROR");
  data(
    await lea.post("/user-preferences/communities/reorder", {
      updates: [{ communityId: id, orderInCategory: 4 }],
    }),
  );
  assert.equal(data(await lea.get(path)).orderInCategory, 4);
  data(await lea.delete(path));
  refused(await lea.delete(path), 404);
});
