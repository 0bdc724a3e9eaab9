use super::*;
use serde_json::json;

fn object(value: Value) -> Values {
    let Value::Object(values) = value else { panic!("{value} is no object") };
    values
}

#[test]
fn fields_are_named_as_clients_name_them() {
    fn check<C: Category>() {
        let names: Vec<String> = C::FIELDS.iter().map(|field| wire_name(field)).collect();
        let schema = schemars::schema_for!(C).to_value();
        let described: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names.len(), described.len());
        assert!(described.into_iter().all(|name| names.contains(name)), "{}", C::NAME);
        // What is missing, and only that, has its default.
        assert_eq!(parse::<C>(Values::new()), Ok(C::default()));
        assert_eq!(parse::<C>(values_of(&C::default())), Ok(C::default()));
    }
    check::<Privacy>();
    check::<Audio>();
    check::<Message>();
    check::<Notification>();
    check::<Video>();
    check::<Document>();
    check::<Application>();
    assert_eq!(values_of(&Audio::default())["ttsSpeed"], 1.0);
    assert_eq!(wire_name("allow_calls_from_non_contacts"), "allowCallsFromNonContacts");
}

#[test]
fn a_value_that_is_not_possible_is_reported_with_its_field() {
    fn refused<C: Category>(values: Value, field: &str) {
        let invalid = parse::<C>(object(values.clone())).unwrap_err();
        assert_eq!(invalid.field, field, "{values}: {invalid}");
        assert!(!invalid.problem.is_empty());
    }
    refused::<Privacy>(json!({ "showLastSeen": "yes" }), "showLastSeen");
    refused::<Privacy>(json!({ "showLastSeen": null }), "showLastSeen");
    refused::<Privacy>(json!({ "encryptionPreference": "sometimes" }), "encryptionPreference");
    refused::<Audio>(json!({ "ttsSpeed": 2.1 }), "ttsSpeed");
    refused::<Audio>(json!({ "ttsVoice": "x".repeat(101) }), "ttsVoice");
    refused::<Message>(json!({ "draftExpirationDays": 91 }), "draftExpirationDays");
    refused::<Message>(json!({ "autoTranslateLanguages": vec!["fr"; 101] }), "autoTranslateLanguages");
    for time in ["24:00", "7:00", "12:60", "aa:00", "12-00", ""] {
        refused::<Notification>(json!({ "dndStartTime": time }), "dndStartTime");
    }
    refused::<Notification>(json!({ "dndDays": ["mon", "someday"] }), "dndDays");
    refused::<Video>(json!({ "virtualBackgroundUrl": "javascript:alert(1)" }), "virtualBackgroundUrl");
    let set =
        json!({ "videoBitrate": 100, "dndDays": 7, "virtualBackgroundUrl": "https://example.org/a.png" });
    let video: Video = parse(object(set)).unwrap();
    assert_eq!(video.video_bitrate, Some(Whole(100)), "unknown keys are ignored");
    assert_eq!(parse::<Video>(object(json!({ "videoBitrate": null }))), Ok(Video::default()));
}

#[test]
fn stored_values_that_are_not_possible_have_their_default() {
    let stored =
        json!({ "theme": "sepia", "fontSize": "large", "compactMode": 1, "dataConsentAt": "2025-01-01" });
    let read: Application = read(Some(&stored.to_string()));
    assert_eq!(read, Application { font_size: FontSize::Large, ..Application::default() });
    for none in [None, Some(""), Some("[]"), Some("7"), Some("{")] {
        assert_eq!(super::read::<Application>(none), Application::default(), "{none:?}");
    }
    // A change keeps what is stored, except for what was not possible.
    let merged = merged::<Application>(Some(&stored.to_string()), object(json!({ "theme": "dark" })));
    let changed: Application = parse(merged).unwrap();
    assert_eq!((changed.theme, changed.font_size), (Theme::Dark, FontSize::Large));
    let kept: Value = serde_json::from_str(&document(Some(&stored.to_string()), &changed)).unwrap();
    assert_eq!((&kept["dataConsentAt"], &kept["theme"]), (&json!("2025-01-01"), &json!("dark")));
    let voice = json!({ "ttsVoice": "Ana" }).to_string();
    assert!(!document(Some(&voice), &Audio::default()).contains("ttsVoice"));
}

#[test]
fn a_feature_that_is_turned_on_needs_consent() {
    let off = Audio { transcription_enabled: false, ..Audio::default() };
    let on = Audio { voice_profile_enabled: true, ..Audio::default() };
    let missing = unconsented(&off, &on, &[]);
    let profile = vec![Consent::VoiceData, Consent::VoiceProfile];
    assert_eq!(
        missing,
        [("transcriptionEnabled", vec![Consent::VoiceData]), ("voiceProfileEnabled", profile)]
    );
    let given = unconsented(&off, &on, &[Consent::VoiceData]);
    assert_eq!(given, [("voiceProfileEnabled", vec![Consent::VoiceProfile])]);
    assert_eq!(unconsented(&on, &on, &[]), [], "it was on before");
    assert_eq!(unconsented(&Privacy::default(), &Privacy::default(), &[]), []);
}
