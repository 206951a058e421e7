//! The configuration table: every key by itself, and the rules that hold between them.
#![allow(clippy::unwrap_used, clippy::expect_used)] // also in what tests share

use seafoam::api::value::{Accepts, is_node_name, split_host};
use seafoam::{CONFIG_KEYS, Config, ConfigKey, ErrorCode};

fn config() -> Config {
    Config::new().without_env()
}

fn refused(key: &ConfigKey, value: &str) -> String {
    let error = config().set(key.name, value).expect_err(&format!("{} = {value:?}", key.name));
    assert_eq!(error.code(), ErrorCode::InvalidConfig, "{error}");
    error.message().to_owned()
}

#[test]
fn every_default_is_accepted_and_comes_back() {
    let settings = config().resolve().unwrap();
    for key in CONFIG_KEYS {
        assert!(
            config().set(key.name, key.default).is_ok() || key.default.is_empty(),
            "{}",
            key.name
        );
        let shown = settings.get(key.name).unwrap();
        assert_eq!(shown, key.default, "{}", key.name);
    }
}

#[test]
fn every_row_is_documented_and_named_once() {
    for (index, key) in CONFIG_KEYS.iter().enumerate() {
        assert!(key.doc.ends_with('.') && key.doc.len() > 10, "{}: {:?}", key.name, key.doc);
        assert!(key.environment.starts_with("SEAFOAM_"), "{}", key.environment);
        let later = CONFIG_KEYS.iter().skip(index + 1);
        let twice =
            |other: &ConfigKey| other.name == key.name || other.environment == key.environment;
        assert!(!later.clone().any(twice), "{} is there twice", key.name);
    }
}

#[test]
fn numbers_are_taken_up_to_their_bounds_and_no_further() {
    for key in CONFIG_KEYS {
        let Accepts::Range(low, high) = key.accepts else { continue };
        for value in [low, high] {
            assert_eq!(
                config().set(key.name, &value.to_string()),
                Ok(()),
                "{} = {value}",
                key.name
            );
        }
        let above = high.checked_add(1).map(|value| value.to_string());
        let below = low.checked_sub(1).map(|value| value.to_string());
        let others = ["-1", "1.5", "0x10", "one", "18446744073709551616"].map(str::to_owned);
        for value in above.into_iter().chain(below).chain(others) {
            let text = refused(key, &value);
            let accepted = format!("it takes a whole number from {low} to {high}");
            assert!(
                text.starts_with(key.name) && text.contains(&value) && text.ends_with(&accepted),
                "{text}"
            );
        }
    }
}

#[test]
fn words_are_taken_in_any_case_and_others_name_the_choice() {
    for key in CONFIG_KEYS {
        let Accepts::OneOf(words) = key.accepts else { continue };
        for word in words {
            assert_eq!(
                config().set(key.name, &word.to_uppercase()),
                Ok(()),
                "{} = {word}",
                key.name
            );
        }
        assert!(refused(key, "neither").ends_with(&format!("one of {}", words.join(", "))));
    }
    for key in CONFIG_KEYS.iter().filter(|key| key.accepts == Accepts::Bool) {
        for word in ["true", "FALSE", "1", "0", "yes", "no", "on", "off"] {
            assert_eq!(config().set(key.name, word), Ok(()), "{} = {word}", key.name);
        }
        assert!(refused(key, "maybe").ends_with("it takes true or false"));
    }
}

#[test]
fn what_does_not_stand_yet_makes_start_fail() {
    let others = [
        ("is_lighthouse", "true"),
        ("lighthouses", "10.0.0.1:9999"),
        ("validity_rule", "all"),
        ("leader_eligible", "false"),
        ("leader_scope", "datacenter"),
        ("leader_priority", "1"),
        ("prefer_datacenters", "1,2"),
        ("leader_lease_millis", "4000"),
        ("state_dir", "state"),
        ("tags", "a=b"),
        ("hung_patience_millis", "9000"),
    ];
    for (name, value) in others {
        let key = CONFIG_KEYS.iter().find(|key| key.name == name).unwrap();
        let mut config = config();
        config.set(name, value).unwrap_or_else(|error| panic!("{name}: {error}"));
        let outcome = config.resolve().map(drop).map_err(|error| error.code());
        let expected = if key.available { Ok(()) } else { Err(ErrorCode::NotAvailable) };
        assert_eq!(outcome, expected, "{name}");
    }
    let untested: Vec<_> = CONFIG_KEYS
        .iter()
        .filter(|key| !key.available && !others.iter().any(|(name, _)| *name == key.name))
        .map(|key| key.name)
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
}

#[test]
fn a_list_of_lighthouses_is_whole_or_refused() {
    for text in ["10.0.0.1:9999", "a=h:1,b=[::1]:2@7", "", "north=lighthouse.example"] {
        assert_eq!(config().set("lighthouses", text), Ok(()), "{text}");
    }
    let sixteen: Vec<_> = (1..=16).map(|port| format!("127.0.0.1:{port}")).collect();
    for text in ["lighthouse.example:1", "10.0.0.1", "a=h:1,a=h:2", "a=h:1@255", &sixteen.join(",")]
    {
        let error = config().set("lighthouses", text).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidConfig);
        assert!(error.message().contains("name=host:port"), "{error}");
    }
}

#[test]
fn a_secret_is_never_shown() {
    let secret = "c2VjcmV0c2VjcmV0";
    let error = config().keys(secret).resolve().unwrap_err();
    assert!(!error.to_string().contains(secret), "{error}");
    assert!(!format!("{:?}", config().keys(secret)).contains(secret));
}

#[test]
fn errors_show_enough_of_a_long_value_and_no_more() {
    let long = "x".repeat(10_000);
    let error = config().heartbeat_millis(long.as_str()).resolve().unwrap_err();
    assert!(
        error.message().contains("xxx") && error.message().len() < 300,
        "{}",
        error.message().len()
    );
    let error = config().set(&long, "1").unwrap_err();
    assert!(error.message().contains("the keys are cluster_name, "), "{error}");
}

#[test]
fn rules_between_keys_are_told() {
    let beyond: std::net::IpAddr = "192.0.2.1".parse().unwrap();
    let error = config().listen_ip(beyond).resolve().unwrap_err();
    assert_eq!(error.code(), ErrorCode::KeyRequired);
    assert!(config().listen_ip(beyond).insecure(true).resolve().is_ok());

    let six: std::net::IpAddr = "ff02::1".parse().unwrap();
    let error = config().multicast_address(six).resolve().unwrap_err();
    assert!(error.message().contains("different address families"), "{error}");
    let error = config().listen_ip(six).insecure(true).resolve().unwrap_err();
    assert!(error.message().contains("is a multicast address"), "{error}");

    let error =
        config().max_datagram_bytes(508_u32).max_broadcast_bytes(500_u32).resolve().unwrap_err();
    assert!(error.message().contains("does not fit max_datagram_bytes = 508"), "{error}");
}

#[test]
fn hosts_are_split_as_they_are_written() {
    for (text, host, port) in [
        ("host", "host", None),
        ("host:1", "host", Some(1)),
        ("a-b.example_c.org:65535", "a-b.example_c.org", Some(65_535)),
        ("10.0.0.1:9999", "10.0.0.1", Some(9999)),
        ("::1", "::1", None),
        ("[::1]", "::1", None),
        ("[2001:db8::1]:7", "2001:db8::1", Some(7)),
        ("[fe80::1%eth0]:7", "fe80::1%eth0", Some(7)),
    ] {
        assert_eq!(split_host(text), Some((host, port)), "{text}");
    }
    let long = "x".repeat(254);
    for text in [
        "",
        ":1",
        "host:",
        "host:0",
        "host:65536",
        "host:-1",
        "a b",
        "a/b",
        "1.2.3",
        "256.1.1.1",
        "[::1",
        "::1]",
        "[::1]7",
        "[::1]:",
        "[host]:1",
        "host:1:2",
        &long,
    ] {
        assert_eq!(split_host(text), None, "{text}");
    }
}

#[test]
fn node_names_are_of_their_alphabet_and_length() {
    let longest = "n".repeat(64);
    for text in ["a", "10.0.0.1:9999", "[::1]:9999", "fe80::1%eth0", "a_b-c.D", &longest] {
        assert!(is_node_name(text), "{text}");
    }
    let too_long = "n".repeat(65);
    for text in ["", "a b", "a/b", "ä", "a\n", "a,b", "a=b", "a@b", &too_long] {
        assert!(!is_node_name(text), "{text:?}");
    }
}

#[test]
fn lists_and_pairs_are_taken_as_one_text_or_as_values() {
    let seeds = config().initial_hosts("a:1, b:2 ,, c").resolve().unwrap().initial_hosts;
    assert_eq!(seeds, ["a:1", "b:2", "c"]);
    let seeds = config().initial_hosts(["a:1", "b:2"]).resolve().unwrap().initial_hosts;
    assert_eq!(seeds, ["a:1", "b:2"]);
    let key = CONFIG_KEYS.iter().find(|key| key.name == "initial_hosts").unwrap();
    let many = vec!["a"; seafoam::limits::INITIAL_HOSTS + 1].join(",");
    assert!(refused(key, &many).contains("at most 256"));
    assert!(refused(key, "a:1,b:x").contains("comma list"));
    let key = CONFIG_KEYS.iter().find(|key| key.name == "prefer_datacenters").unwrap();
    assert!(refused(key, "1,255").contains("from 0 to 254"));
}
