//! Settings from all sources, and those that are refused.

use super::*;

fn loaded(toml: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let variables: Vec<_> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let variable = |name: &str| variables.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    load(Some(("meeshy.toml".into(), toml.to_owned())), variable)
        .map(|(config, _)| config)
        .map_err(|e| e.to_string())
}

#[test]
fn defaults_are_a_complete_configuration() {
    let config = loaded("", &[]).unwrap();
    assert_eq!((config.server.port, config.data.dir), (3000, PathBuf::from("data")));
    assert_eq!(config.database.url, None);
}

#[test]
fn the_environment_overrides_the_file_and_old_names_are_accepted() {
    let config = loaded("[server]\nport = 4000\n", &[("GATEWAY_PORT", "5000")]).unwrap();
    assert_eq!(config.server.port, 5000);
    let config =
        loaded("", &[("CORS_ORIGINS", "http://a.example, http://b.example"), ("RATE_LIMITS", "off")])
            .unwrap();
    assert_eq!(config.server.cors_origins, ["http://a.example", "http://b.example"]);
    assert!(!config.limits.rate_limits);
}

#[test]
fn the_name_of_a_gateway_fits_into_the_ids_of_its_sockets() {
    let name = |name: &str| loaded("", &[("GATEWAY_NAME", name)]).map(|config| config.server.name);
    assert_eq!(name("gw1"), Ok(Some("gw1".to_owned())));
    for bad in ["a-b", "a b", "é", &"a".repeat(33)] {
        assert!(name(bad).unwrap_err().contains("GATEWAY_NAME"), "{bad}");
    }
}

#[test]
fn calls_use_the_stun_servers_of_the_old_system_unless_they_are_turned_off() {
    let ice = |variables: &[(&str, &str)]| loaded("", variables).map(|config| config.calls().ice);
    assert_eq!(ice(&[]).unwrap().stun_urls.len(), 3);
    let off = ice(&[("STUN_URLS", "none")]).unwrap();
    assert!(off.stun_urls.is_empty() && off.turn.is_none());
    let both =
        [("TURN_URLS", "turn:a.example:3478, turns:a.example:5349"), ("TURN_SECRET", "0123456789abcdef")];
    assert_eq!(ice(&both).unwrap().turn.unwrap().urls, ["turn:a.example:3478", "turns:a.example:5349"]);
    let refused: [(&[_], _); 6] = [
        (&both[..1], "go together"),
        (&both[1..], "go together"),
        (&[both[0], ("TURN_SECRET", "short")], "at least 16 bytes"),
        (&[("STUN_URLS", "https://a.example")], "STUN_URLS"),
        (&[("TURN_LIFETIME", "59")], "TURN_LIFETIME"),
        (&[("CALL_RING_SECONDS", "4")], "5 to 600"),
    ];
    for (variables, problem) in refused {
        assert!(ice(variables).unwrap_err().contains(problem), "{variables:?}");
    }
}

#[test]
fn trust_proxy_is_a_number_or_a_switch() {
    let hops = |toml: &str, variables: &[(&str, &str)]| {
        loaded(toml, variables).map(|config| config.forwarding().trusted_hops)
    };
    assert_eq!(hops("", &[]), Ok(0));
    for (value, expected) in [("true", 1), ("on", 1), ("1", 1), ("2", 2), ("false", 0), ("0", 0)] {
        assert_eq!(hops("", &[("TRUST_PROXY", value)]), Ok(expected), "{value}");
    }
    assert_eq!(hops("[server]\ntrust_proxy = true\n", &[]), Ok(1));
    assert_eq!(hops("[server]\ntrust_proxy = 2\n", &[]), Ok(2));
    assert!(hops("", &[("TRUST_PROXY", "10.0.0.1")]).unwrap_err().contains("a number of proxies"));
    assert!(hops("", &[("PROXY_HEADER", "x-real-ip")]).is_err());
}

#[test]
fn connection_limits_reserve_file_descriptors() {
    let connections = |variables: &[(&str, &str)], descriptors| {
        let limits = loaded("", variables).unwrap().connections(descriptors);
        (limits.connections, limits.connections_per_address)
    };
    assert_eq!(connections(&[], 1 << 20), (20_000, Some(500)));
    assert_eq!(connections(&[], 1024), (768, Some(500)));
    assert_eq!(connections(&[], 100), (50, Some(500)));
    assert_eq!(connections(&[("MAX_CONNECTIONS_PER_ADDRESS", "0")], 1 << 20).1, None);
    assert_eq!(connections(&[("TRUST_PROXY", "1")], 1 << 20).1, None, "all come from the proxy");
}

#[test]
fn engine_settings_reach_the_engines() {
    let timeout = |toml, variables| {
        let config = loaded(toml, variables).unwrap().translation();
        (config.apertium_timeout_seconds, config.model_idle_seconds)
    };
    assert_eq!(timeout("", &[]), (20, 900));
    let toml = "[translation]\napertium_timeout_seconds = 5\nmodel_idle_seconds = 60\n";
    assert_eq!(timeout(toml, &[]), (5, 60));
    let variables = [("APERTIUM_TIMEOUT_SECONDS", "7"), ("MODEL_IDLE_SECONDS", "8")];
    assert_eq!(timeout(toml, &variables), (7, 8));
}

#[test]
fn remote_servers_are_tables_in_the_file_or_inline_in_a_variable() {
    let toml = "[[translation.remote]]\nkind = \"libretranslate\"\nurl = \"http://a\"\n";
    assert_eq!(loaded(toml, &[]).unwrap().translation().remote[0].name(), "libretranslate");
    let line = r#"[{kind = "meeshy", url = "http://b"}, {kind = "openai", url = "http://c", name = "llm"}]"#;
    let config = loaded(toml, &[("TRANSLATION_REMOTE", line)]).unwrap();
    let names: Vec<&str> = config.translation.remote.iter().map(RemoteConfig::name).collect();
    assert_eq!(names, ["meeshy", "llm"]);
}

#[test]
fn errors_name_the_setting_and_its_source() {
    for (toml, variables, message) in [
        (
            "[server]\nprot = 1\n",
            &[][..],
            "unknown key `server.prot` in meeshy.toml; did you mean `server.port`?",
        ),
        (
            "[server]\nport = \"x\"\n",
            &[],
            "server.port: expected an integer up to 2147483647, found `x` (from meeshy.toml)",
        ),
        ("", &[("PORT", "99999")], "server.port"),
        ("", &[("TRANSLATION_CACHE_MIB", "99999999999999")], "up to 2147483647, found `99999999999999`"),
        ("[translation]\nmodel_idle_seconds = -1\n", &[], "up to 2147483647, found `-1`"),
        (
            "",
            &[("PORT", "x")],
            "server.port: expected an integer up to 2147483647, found `x` (from the variable PORT)",
        ),
        ("", &[("JWT_SECRET", "short")], "at least 32 bytes"),
        ("", &[("JWT_SECRET", "change-me-change-me-change-me-change-me")], "looks like a placeholder"),
        ("", &[("JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")], "looks like a placeholder"),
        ("", &[("JWT_SECRET_FILE", "/nowhere/at/all")], "/nowhere/at/all"),
        ("", &[("DATABASE_URL", "mongodb://database:27017/meeshy")], "old MongoDB"),
        (
            "[translation_api]\napi_keys = [\"key\", \" \"]\n",
            &[],
            "translation_api.api_keys contains an empty key",
        ),
        ("", &[("DATABASE_URL", "mysql://x")], "must start with `postgres://`"),
        ("[[", &[], "meeshy.toml"),
        ("", &[("METRICS_TOKEN", "short")], "at least 16 bytes"),
        ("", &[("SMTP_URL", "smtp://lea:secret@mail.example.org")], "`smtp://` needs `?tls=required`"),
        ("", &[("MAIL_FROM", "Meeshy")], "the sender must be an address"),
        ("", &[("SMS_URL", "http://sms.example.org")], "must start with `https://`"),
        ("", &[("SMS_URL", "https://sms.example.org"), ("SMS_BODY", "To={to}")], "`{to}` and `{text}`"),
        ("", &[("PUBLIC_URL", "meeshy.example.org")], "server.public_url (PUBLIC_URL) must be a URL"),
        ("", &[("IDLE_TIMEOUT", "0")], "limits.idle_seconds must be at least 1"),
        ("", &[("APERTIUM_TIMEOUT_SECONDS", "0")], "apertium_timeout_seconds must be at least 1"),
        ("[[translation.remote]]\nkind = \"deepl\"\n", &[], "unknown variant `deepl`"),
        (
            "[[translation.remote]]\nkind = \"meeshy\"\nurl = \"http://a\"\nkey = 1\n",
            &[],
            "unknown field `key`",
        ),
        (
            "",
            &[("TRANSLATION_REMOTE", "[{api_key = \"sesame\"")],
            "tables such as `[{key = \"value\"}]`, found `something else`",
        ),
    ] {
        let error = loaded(toml, variables).unwrap_err();
        assert!(error.contains(message), "expected `{message}` in `{error}`");
    }
}

#[test]
fn secrets_are_masked_in_all_output() {
    let toml = "[translation]\nindex_url = [\"https://me:CANARY@mirror.example/CANARY/models.json\"]\n\
        [[translation.remote]]\nkind = \"meeshy\"\nurl = \"https://me:CANARY@b.example/CANARY/v1?key=CANARY\"\napi_key = \"CANARY\"\n\
        [[translation.remote]]\nkind = \"libretranslate\"\nurl = \"https://CANARY@c.example\"\n\
        [translation_api]\napi_keys = [\"CANARY\"]\n";
    let variables = [
        ("DATABASE_URL", "postgres://me:CANARY@db.example/meeshy?password=CANARY"),
        ("JWT_SECRET", "CANARY-0123456789-abcdefghijklmnop"),
        ("JWT_PRIVATE_KEY", "CANARY"),
        ("METRICS_TOKEN", "CANARY-0123456789-abcdefghijklmnop"),
        ("JWT_PUBLIC_KEY", "public"),
    ];
    let variable =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let (config, effective) = load(Some(("meeshy.toml".into(), toml.to_owned())), variable).unwrap();
    let location = config.location();
    for shown in [
        format!("{config:?}"),
        format!("{effective:#?}"),
        format!("{location:?} {location}"),
        format!("{:?}", config.translation()),
        format!("{:?}", effective.iter().map(Effective::shown).collect::<Vec<_>>()),
    ] {
        assert!(!shown.contains("CANARY"), "{shown}");
    }
    // Nor do errors about a file that cannot be parsed.
    for broken in ["[auth]\njwt_secret = CANARY\n", "[auth]\njwt_secret = \"CANARY\n", "CANARY"] {
        let said = loaded(broken, &[]).unwrap_err();
        assert!(!said.contains("CANARY"), "{said}");
    }
}

#[test]
fn the_checked_in_reference_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(checked_in, settings::reference(), "run `meeshy config --reference > docs/configuration.md`");
}
